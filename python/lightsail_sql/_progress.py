"""How far a result has come: a bar of tqdm in a notebook, a line on a terminal, and nothing anywhere else."""

from __future__ import annotations

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
        from tqdm.notebook import tqdm

        self.bar: Any = tqdm(unit="target", leave=False)

    def show(self, done: int, targets: int, pages: int, rows: int) -> None:
        self.bar.total, self.bar.n = targets, done
        self.bar.set_postfix_str(f"{pages} pages, {rows} rows")

    def close(self) -> None:
        self.bar.close()


class _Line:
    def show(self, done: int, targets: int, pages: int, rows: int) -> None:
        sys.stderr.write(f"\r\x1b[K{done} of {targets} targets, {pages} pages, {rows} rows")
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
        self.begun = time.monotonic()

    def __call__(self, done: int, targets: int, pages: int, rows: int) -> None:
        if self.own is not None:
            self.own(done, targets, pages, rows)
            return
        if not self.is_wanted or time.monotonic() - self.begun < PATIENCE:
            return
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
