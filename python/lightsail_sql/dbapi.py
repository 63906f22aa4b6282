"""DB-API 2.0 (PEP 249) over a connection, for pandas.read_sql and what else expects it. It only reads.

Parameters stand in a statement as `$name`, with values in a dict, or as `$1`, with values in a sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from . import _connection
from ._errors import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    LightsailSqlError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)
from ._result import Result

apilevel = "2.0"
# Threads may share the module and connections.
threadsafety = 2
# Not one of PEP 249's: `$1` and `$name`, as SQLAlchemy calls the first.
paramstyle = "numeric_dollar"

Error = LightsailSqlError


class Warning(Exception):  # noqa: A001 (the name is PEP 249's)
    """Never raised: PEP 249 wants it to be there."""


class _Kind:
    """What the types of some columns are equal to: `cursor.description[0][1] == NUMBER`."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __eq__(self, other: object) -> bool:
        return other is self or isinstance(other, str) and other.startswith(self._names)

    __hash__ = object.__hash__


STRING = _Kind("Utf8", "LargeUtf8")
BINARY = _Kind("Binary", "LargeBinary", "FixedSizeBinary")
NUMBER = _Kind("Int8", "Int16", "Int32", "Int64", "UInt", "Float", "Decimal")
DATETIME = _Kind("Timestamp", "Date", "Time")
#: Equal to no type: rows have no ids.
ROWID = _Kind()

Date, Time, Timestamp, Binary = date, time, datetime, bytes
DateFromTicks = date.fromtimestamp
TimestampFromTicks = datetime.fromtimestamp


def TimeFromTicks(ticks: float) -> time:  # noqa: N802 (the name is PEP 249's)
    """The time of the day at so many seconds since 1970."""
    return datetime.fromtimestamp(ticks).time()


__all__ = [
    "BINARY",
    "Binary",
    "Connection",
    "Cursor",
    "DATETIME",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NUMBER",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "ROWID",
    "STRING",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]


def connect(*args: Any, **options: Any) -> Connection:
    """Opens a connection; the arguments are those of `lightsail_sql.connect`."""
    return Connection(_connection.connect(*args, **options))


class Connection:
    """A connection of PEP 249. There is nothing to commit."""

    Error = Error
    DatabaseError = DatabaseError
    OperationalError = OperationalError
    ProgrammingError = ProgrammingError
    NotSupportedError = NotSupportedError
    InterfaceError = InterfaceError

    def __init__(self, connection: _connection.Connection) -> None:
        self._connection = connection
        self._is_closed = False

    def cursor(self) -> Cursor:
        """A new cursor."""
        self._check()
        return Cursor(self)

    def _check(self) -> None:
        if self._is_closed:
            raise InterfaceError("the connection is closed", hint="lightsail_sql.dbapi.connect makes another")

    def execute(self, text: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Cursor:
        """A new cursor that has executed a statement."""
        return self.cursor().execute(text, parameters)

    def commit(self) -> None:
        """Does nothing: nothing is ever written."""
        self._check()

    def rollback(self) -> None:
        """Does nothing: nothing is ever written."""
        self._check()

    def close(self) -> None:
        """Ends the connection."""
        self._is_closed = True
        self._connection.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Cursor:
    """A cursor of PEP 249. Rows are read as they are fetched."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.arraysize = 1000
        self.result: Result | None = None
        self._rows: Iterator[tuple[Any, ...]] | None = None
        self._is_closed = False

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        """The columns of the newest statement: name, type, and five times None."""
        if self.result is None or not self.result.columns:
            return None
        return [(name, kind, None, None, None, None, None) for name, kind in self.result.columns]

    @property
    def rowcount(self) -> int:
        """Always -1: nobody knows before all rows are fetched."""
        return -1

    def execute(self, text: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> Cursor:
        """Plans a statement; its rows are asked for when they are fetched."""
        self._check()
        if parameters is None:
            parameters = {}
        if isinstance(parameters, str):
            raise InterfaceError("the parameters are a text", hint="give them as a list or a dict")
        if not isinstance(parameters, Mapping):
            parameters = {str(number): value for number, value in enumerate(parameters, 1)}
        self.result = self.connection._connection._asked(text, dict(parameters))
        self._rows = self.result.rows()
        return self

    def executemany(self, text: str, parameters: object) -> None:
        """Raises: nothing is ever written."""
        raise NotSupportedError("executemany is for what writes, and here all is read")

    def callproc(self, name: str, parameters: object = ()) -> None:
        """Raises: there are no procedures."""
        raise NotSupportedError("there are no procedures")

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        return next(self._fetched(), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """The next rows."""
        rows = self._fetched()
        return [row for _, row in zip(range(self.arraysize if size is None else size), rows)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        return list(self._fetched())

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._fetched()

    def _check(self) -> None:
        self.connection._check()
        if self._is_closed:
            raise InterfaceError("the cursor is closed", hint="connection.cursor() makes another")

    def _fetched(self) -> Iterator[tuple[Any, ...]]:
        self._check()
        if self._rows is None:
            raise InterfaceError("there is no result", hint="execute a statement first")
        return self._rows

    def setinputsizes(self, sizes: object) -> None:
        """Does nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing, as PEP 249 allows."""

    def close(self) -> None:
        """Ends what is running."""
        if self.result is not None and self._rows is not None:
            self.result.cancel()
        self.result = self._rows = None
        self._is_closed = True
