"""The result of a statement: planned, not yet run, and read as often as one likes."""

from __future__ import annotations

import contextlib
import html
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable

from ._errors import LightsailSqlError, UsageError
from ._lightsail_sql import Answer, Batch
from ._progress import Progress

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

# How many rows are shown unless somebody asks for more.
SHOWN = 40
# How many rows at least are handed on together where all are wanted: pages are small.
TOGETHER = 8192


class Result:
    """What a statement answers.

    Nothing is asked of the service before its rows are wanted. Each reading is a run of its own: pages that are younger than
    the connection's `cache_ttl` are not asked for again. Everything with the Arrow PyCapsule interface takes it as it is:
    `polars.DataFrame(result)`, `duckdb.sql("FROM result")`, `pyarrow.table(result)`, `pandas.DataFrame.from_arrow(result)`.
    """

    def __init__(self, answer: Answer, progress: bool | Callable[[int, int, int, int], object]) -> None:
        self._answer = answer
        self._progress = progress

    # Its rows.

    def __arrow_c_schema__(self) -> object:
        """Its schema, for what reads Arrow."""
        return self._answer.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A run as an Arrow stream, which asks nothing before its first batch is wanted."""
        return self._answer.__arrow_c_stream__(requested_schema)

    def batches(self) -> Iterator[Batch]:
        """Its rows as they come, as Arrow arrays: `pyarrow.record_batch(batch)`, `polars.DataFrame(batch)`."""
        return self._batches(1)

    def _batches(self, rows: int) -> Iterator[Batch]:
        """Its rows, so many of them together where that is not one batch."""
        reader = self._answer.read()
        with Progress(self._progress) as progress:
            while (batch := reader.next(progress, rows)) is not None:
                if len(batch):
                    yield batch

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Its rows as tuples, as they come."""
        for batch in self.batches():
            yield from batch.rows()

    __iter__ = rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples."""
        return list(self.rows())

    def to_arrow(self) -> pyarrow.Table:
        """All rows as a `pyarrow.Table`."""
        import pyarrow

        batches = [pyarrow.record_batch(batch) for batch in self._batches(TOGETHER)]
        return pyarrow.Table.from_batches(batches, schema=pyarrow.schema(self))

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """All rows as a `pandas.DataFrame`; the options are those of `pyarrow.Table.to_pandas`."""
        import pyarrow

        # The first frame of a process takes as long as a dozen pages, pandas' own import much longer: that is done while the
        # pages are on their way.
        first = threading.Thread(target=_make_frame, args=(pyarrow.schema(self),))
        first.start()
        # Ctrl-C does not wait for an import.
        table = self.to_arrow()
        first.join()
        return table.to_pandas(**{"maps_as_pydicts": "strict", **options})

    def to_polars(self) -> polars.DataFrame:
        """All rows as a `polars.DataFrame`. It has no type for intervals of days and months, which differ in length."""
        import polars

        for name, kind in self.columns:
            if kind.upper().startswith("INTERVAL"):
                hint = f'CAST({name} AS VARCHAR) makes a text of it'
                raise UsageError(f"the column {name} is an interval, which polars has no type for", hint=hint)
        frames = [polars.DataFrame(batch) for batch in self._batches(TOGETHER)]
        return polars.concat(frames) if frames else polars.DataFrame(_Empty(self))

    def show(self, rows: int = SHOWN) -> None:
        """Prints the first rows. What comes after them is not asked for."""
        print(self._text(rows))

    def _first(self, count: int) -> tuple[list[tuple[Any, ...]], bool]:
        """The first rows, and whether there are more."""
        reader = self._answer.read()
        found: list[tuple[Any, ...]] = []
        with Progress(self._progress) as progress:
            while len(found) <= count:
                batch = reader.next(progress)
                if batch is None:
                    return found, False
                found += batch.rows()
        reader.cancel()
        return found[:count], True

    def _text(self, count: int) -> str:
        rows, has_more = self._first(count)
        cells = [self.column_names, *([_cell(value) for value in row] for row in rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*lines, *self._remarks(len(rows), has_more)])

    def _repr_html_(self) -> str:
        """The first rows, for a notebook. What comes after them is not asked for."""
        try:
            rows, has_more = self._first(SHOWN)
        except LightsailSqlError as error:
            return f"<pre>{html.escape(f'{type(error).__name__}: {error}')}</pre>"
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.column_names)
        body = ("".join(f"<td>{html.escape(_cell(value))}</td>" for value in row) for row in rows)
        table = "".join(f"<tr>{row}</tr>" for row in body)
        remarks = "".join(f"<p>{html.escape(remark)}</p>" for remark in self._remarks(len(rows), has_more))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{table}</tbody></table>{remarks}"

    def _remarks(self, count: int, has_more: bool) -> list[str]:
        if has_more:
            return [f"the first {count} rows: what comes after them was not asked for"]
        missing = [] if self.complete else ["PARTIAL: rows are missing"]
        missing += [f"missing: {error}" for error in self.missing]
        return [f"{count} row{'' if count == 1 else 's'}", *missing, *self.notes]

    def __repr__(self) -> str:
        names = ", ".join(self.column_names)
        state = "failed" if self.error else "read" if self._answer.is_finished else "not read yet"
        return f"<lightsail_sql.Result: {names}; {state}>"

    # What is known of it.

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Its columns: name and type."""
        return self._answer.columns

    @property
    def column_names(self) -> list[str]:
        """The names of its columns."""
        return [name for name, _ in self._answer.columns]

    @property
    def complete(self) -> bool:
        """Whether every row is there that the statement wants. Raises `PartialError` before the end of its rows."""
        return self._answer.complete

    @property
    def missing(self) -> list[LightsailSqlError]:
        """Why rows of some targets are missing: an error for each. Raises `PartialError` before the end of its rows."""
        return self._answer.missing

    @property
    def notes(self) -> list[str]:
        """What else is to be known of the newest run, so far."""
        return self._answer.notes

    @property
    def as_of(self) -> datetime | None:
        """When the oldest of the pages was read that its rows are made of; None if none was."""
        return self._answer.as_of

    @property
    def api_calls(self) -> int:
        """How many calls the newest run has made."""
        return self._answer.api_calls

    @property
    def error(self) -> LightsailSqlError | None:
        """Why the newest run failed: what pandas, polars or DuckDB raise has but its text."""
        return self._answer.error

    def cancel(self) -> None:
        """Ends the newest run, from any thread: whoever waits for its rows gets a `CancelledError`."""
        self._answer.cancel()


def _make_frame(schema: pyarrow.Schema) -> None:
    """Makes a frame without rows, for what pandas and Arrow set up on the way."""
    # What is wrong comes again with the rows, where somebody hears it.
    with contextlib.suppress(Exception):
        schema.empty_table().to_pandas()


class _Empty:
    """A result without rows, that is not run again for its schema."""

    def __init__(self, result: Result) -> None:
        self.result = result

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        import pyarrow

        return pyarrow.schema(self.result).empty_table().__arrow_c_stream__(requested_schema)


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    # What a name of the service holds is shown, and not obeyed.
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
