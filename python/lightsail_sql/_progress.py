"""How far a result has come: a bar of tqdm in a notebook, a line on a terminal, and nothing anywhere else."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any, Callable

# Who gets an answer sooner sees nothing.
PATIENCE = 0.5


def _is_notebook() -> bool:
    shell = sys.modules.get("IPython")
    shell = shell.get_ipython() if shell else None
    return type(shell).__name__ == "ZMQInteractiveShell"


class _Bar:
    def __init__(self) -> None:
        try:
            # tqdm looks for it too late: what it has half made by then complains in the notebook when it goes.
            import ipywidgets  # noqa: F401
            from tqdm.notebook import tqdm
        except ImportError:
            from tqdm import tqdm

        self.make = tqdm
        self.bar: Any = None

    def show(self, done: int, targets: int, pages: int, rows: int) -> None:
        if self.bar is None:
            self.bar = self.make(total=targets, unit="target", leave=False)
        if self.bar.total != targets:
            self.bar.reset(total=targets)
        self.bar.n = done
        self.bar.set_postfix_str(f"{pages} pages, {rows} rows")

    def close(self) -> None:
        if self.bar is not None:
            # One that is not full stays, in red.
            self.bar.total = self.bar.n
            self.bar.close()


class _Line:
    def show(self, done: int, targets: int, pages: int, rows: int) -> None:
        line = f"{done} of {targets} target{'' if targets == 1 else 's'}, {pages} pages, {rows} rows"
        # A line that wraps is not wiped out as one.
        sys.stderr.write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _made() -> _Bar | _Line | None:
    if _is_notebook():
        try:
            return _Bar()
        except ImportError:
            return None
    return _Line() if sys.stderr is not None and sys.stderr.isatty() else None


class Progress:
    """Calls of one result. Used as a context: its end wipes out what it showed."""

    def __init__(self, is_wanted: bool | Callable[[int, int, int, int], object]) -> None:
        self.own = is_wanted if callable(is_wanted) else None
        self.is_wanted = bool(is_wanted)
        self.shown: _Bar | _Line | None = None
        self.state: tuple[int, int, int, int] | None = None
        self.begun = time.monotonic()

    def __call__(self, done: int, targets: int, pages: int, rows: int) -> None:
        if self.own is not None:
            self.own(done, targets, pages, rows)
            return
        state = (done, targets, pages, rows)
        # What is written anew without being other flickers, and nothing is to be said before it is known whom to ask.
        if not self.is_wanted or not targets or state == self.state or time.monotonic() - self.begun < PATIENCE:
            return
        self.state = state
        if self.shown is None:
            self.shown = _made()
            self.is_wanted = self.shown is not None
        if self.shown is not None:
            self.shown.show(done, targets, pages, rows)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown is not None:
            self.shown.close()
            self.shown = None
