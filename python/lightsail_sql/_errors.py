"""The exceptions: one tree, which is that of PEP 249 too."""

from __future__ import annotations


class LightsailSqlError(Exception):
    """What went wrong; `hint` says what to do next, and the rest where it happened, as far as it is known."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        operation: str | None = None,
        region: str | None = None,
        profile: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.operation = operation
        self.region = region
        self.profile = profile
        self.code = code
        self.request_id = request_id
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"

    def __reduce__(self):
        return _made_again, (type(self), self.message, {k: v for k, v in vars(self).items() if k != "message"})


def _made_again(kind: type[LightsailSqlError], message: str, fields: dict) -> LightsailSqlError:
    return kind(message, **fields)


class InterfaceError(LightsailSqlError):
    """A cursor is used in a way that makes no sense."""


class DatabaseError(LightsailSqlError):
    """What the statement, or the service, is to blame for."""


class ProgrammingError(DatabaseError):
    """The statement or a call is wrong."""


class OperationalError(DatabaseError):
    """The service, or the way there, is to blame."""


class DataError(DatabaseError):
    """Never raised: PEP 249 wants it to be there."""


class IntegrityError(DatabaseError):
    """Never raised: PEP 249 wants it to be there."""


class NotSupportedError(DatabaseError):
    """What a source that is only read cannot do."""


class InternalError(DatabaseError):
    """A fault of this package."""


class SqlError(ProgrammingError):
    """The SQL does not parse, does not plan, or failed while it ran; `line` and `column` say where."""


class UsageError(ProgrammingError):
    """An argument or a setting is wrong, or a connection is closed."""


class CredentialsError(OperationalError):
    """Credentials, a profile or a region cannot be found, or have expired."""


class ApiError(OperationalError):
    """The API refused, failed, timed out or answered nonsense."""


class PartialError(OperationalError):
    """Rows are missing, or may be: the result is not read to its end."""


class CancelledError(OperationalError):
    """The query was cancelled."""
