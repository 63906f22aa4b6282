"""Questions to an Amazon Lightsail fleet in SQL: complete or loud, with the fewest calls.

>>> import lightsail_sql
>>> fleet = lightsail_sql.connect(demo=True)
>>> fleet.sql("SELECT count(*) AS n FROM regions").fetchall()
[(8,)]
"""

from ._connection import Connection, Explanation, connect
from ._errors import (
    ApiError,
    CancelledError,
    CredentialsError,
    InternalError,
    LightsailSqlError,
    PartialError,
    SqlError,
    UsageError,
)
from ._result import Result

__all__ = [
    "ApiError",
    "CancelledError",
    "Connection",
    "CredentialsError",
    "Explanation",
    "InternalError",
    "LightsailSqlError",
    "PartialError",
    "Result",
    "SqlError",
    "UsageError",
    "connect",
]
