"""Connections: a session of one's own, and the statements that it is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Callable
from uuid import UUID

from ._errors import UsageError
from ._lightsail_sql import Session, queries
from ._result import Result


@dataclass(frozen=True)
class Explanation:
    """What a statement would do."""

    #: About how many calls it would make.
    calls: int
    #: A predicate that makes fewer of them, and about how many.
    cheaper: str | None
    #: What a run would say beside its rows.
    notes: list[str]
    #: How it is run.
    plan: str

    def __str__(self) -> str:
        return self.plan


def connect(
    profile: str | Iterable[str] | None = None,
    region: str | Iterable[str] | None = None,
    *,
    captures: str | os.PathLike[str] | None = None,
    at: str | date | None = None,
    demo: bool = False,
    demo_today: str | date | None = None,
    cache_ttl: str | float | timedelta = 60,
    allow_partial: bool = False,
    endpoint_url: str | None = None,
    insecure_endpoint: bool = False,
    ca_bundle: str | os.PathLike[str] | None = None,
    connect_timeout: float | None = None,
    read_timeout: float | None = None,
    max_attempts: int | None = None,
    progress: bool | Callable[[int, int, int, int], object] = True,
    **settings: Any,
) -> Connection:
    """Opens a connection. Nothing is asked before rows of a result are wanted.

    Credentials and the region are found where the AWS CLI finds them; the configuration file of the program `lightsail-sql` is
    not read.

    profile: names of AWS profiles, globs or !exclusions.
    region: names of regions, globs, !exclusions, or "all".
    captures: a folder of captures, which answer instead of AWS, without a call or credentials: the newest, or the newest that is
        not later than `at`, such as "2026-11-25", "yesterday" or "-7d".
    demo: asks the fleet of an endpoint within this process instead of AWS; `demo_today` pins its day.
    cache_ttl: how old pages may be that are read again, in seconds; 0 asks anew for each reading.
    allow_partial: rows from the targets that answer, instead of an error; `Result.missing` says what is missing.
    endpoint_url, ca_bundle, connect_timeout, read_timeout (seconds), max_attempts: as the AWS CLI names them.
    progress: a bar or a line after half a second, in notebooks (with tqdm) and on terminals; or a function of the numbers of
        targets that are done, targets, pages and rows.
    settings: any other `lightsail.*` setting by its name: `max_items=100`, `concurrency=16`, `query_timeout="30s"`.
    """
    own = {"profiles": _listed(profile), "regions": _listed(region), "cache_ttl": cache_ttl, "allow_partial": allow_partial}
    given = {name: value for name, value in {**own, **settings}.items() if value is not None}
    today = demo_today or os.environ.get("LIGHTSAIL_SQL_DEMO_TODAY", "")
    return Connection(
        Session(
            [(name, _setting(value)) for name, value in given.items()],
            captures=captures,
            at=None if at is None else str(at),
            demo=str(today) if demo else None,
            endpoint_url=endpoint_url,
            insecure_endpoint=insecure_endpoint,
            ca_bundle=ca_bundle,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            max_attempts=max_attempts,
        ),
        progress,
    )


def _listed(value: str | Iterable[str] | None) -> str | None:
    return value if value is None or isinstance(value, str) else ",".join(value)


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        value = value.total_seconds()
    return repr(value) if isinstance(value, float) else str(value)


def _parameter(value: Any) -> Any:
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        if value.dtype.kind == "m":
            value = value.astype("timedelta64[us]")
        # A time, or a length of time, of nanoseconds would be a number.
        value = (value.astype("datetime64[us]") if value.dtype.kind == "M" else value).item()
    if isinstance(value, timedelta):
        raise UsageError("a length of time is no parameter", hint="write now() - $days * INTERVAL '1 day'")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        # A time without a zone is one of UTC, as everywhere here.
        return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).astimezone(timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _parameters(given: dict[str, Any]) -> dict[str, Any]:
    return {name: _parameter(value) for name, value in given.items()}


class Connection:
    """A session with all tables of Lightsail. It may be used by many threads at the same time; not across a fork."""

    def __init__(self, session: Session, progress: bool | Callable[[int, int, int, int], object]) -> None:
        self._session = session
        self._progress = progress

    def sql(self, text: str, /, **parameters: Any) -> Result:
        """Plans a statement: what is wrong with it is raised at once, its rows are asked for when they are wanted.

        parameters: the values of its `$parameters`. Each takes the type of what it is compared with.
        """
        return self._asked(text, parameters)

    def _asked(self, text: str, parameters: dict[str, Any]) -> Result:
        return Result(self._session.sql(text, _parameters(parameters)), self._progress)

    def run(self, name: str, /, **parameters: Any) -> Result:
        """Plans a saved query: `run("stopped_instances")`, `run("instances_by_age", days=30)`."""
        return Result(self._session.saved(name, _parameters(parameters)), self._progress)

    def explain(self, text: str, /, **parameters: Any) -> Explanation:
        """What a statement would do, without a call."""
        values = _parameters(parameters)
        calls, cheaper = self._session.estimate(text, values)
        plan = Result(self._session.sql(f"EXPLAIN {text}", values), False)
        lines = [row[-1] for row in plan.rows()]
        return Explanation(calls, cheaper, plan._answer.foreseen, "\n".join(lines))

    def tables(self, like: str = "") -> Result:
        """The tables with a word in their names or descriptions."""
        return self.sql(
            "SELECT name, description, calls FROM system.tables"
            " WHERE name ILIKE $like OR description ILIKE $like ORDER BY name",
            like=f"%{like}%",
        )

    def describe(self, table: str) -> Result:
        """The columns of a table or a view: name, type, description, and what a predicate does."""
        # What is misspelt is said as of any other query.
        self.sql(f"SELECT * FROM {table}")
        # Names in quotes are as they stand, others are folded.
        parts = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', table)
        *schemas, name = [quoted.replace('""', '"') if quoted else plain.strip().lower() for quoted, plain in parts]
        schema = schemas[-1] if schemas else ""
        if not schema:
            return self.sql(
                'SELECT "column", type, description, pushdown FROM system.columns WHERE "table" = $name', name=name
            )
        return self.sql(
            "SELECT column_name AS \"column\", data_type AS type, NULL AS description, NULL AS pushdown"
            " FROM information_schema.columns WHERE table_schema = $schema AND table_name = $name",
            schema=schema,
            name=name,
        )

    def queries(self) -> dict[str, str]:
        """The saved queries: the text of each by its name."""
        return {name: text for _, name, text in queries()}

    @property
    def api_calls(self) -> int:
        """How many calls the connection has made."""
        return self._session.api_calls

    def close(self) -> None:
        """Cancels what is running, and ends the connection. Rows that were read stay."""
        self._session.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self):
        raise UsageError("a connection cannot be sent to another process", hint="call lightsail_sql.connect there")
