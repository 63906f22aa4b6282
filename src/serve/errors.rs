//! Errors and notes in the terms of Postgres: a severity, a code of five letters, a hint, a position.

use pgwire::error::{ErrorInfo, PgWireError};

use datafusion_lightsail::error::{Error, Kind};

/// Why a statement was ended before it was done.
pub(super) const CANCELED: &str = "57014";

/// Why a statement has no more memory, and what its client may know of that.
const NO_MEMORY: &str = "53200";
const ABOUT_MEMORY: &str = "ask for fewer rows or columns; --max-memory of the server says what the statements of one client may hold, \
                            --memory-limit what those of all may";

/// The error of a message that a client must not send now.
pub(super) fn protocol(what: impl Into<String>) -> PgWireError {
    state("08P01", what)
}

/// An error of ours with one of Postgres' codes.
pub(super) fn state(code: &str, what: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("ERROR".into(), code.into(), what.into())))
}

/// The same, with what to do.
pub(super) fn state_with_hint(code: &str, what: impl Into<String>, hint: &str) -> PgWireError {
    let mut info = ErrorInfo::new("ERROR".into(), code.into(), what.into());
    info.hint = Some(hint.to_owned());
    PgWireError::UserError(Box::new(info))
}

/// An error behind which the connection ends.
pub(super) fn fatal(code: &str, what: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("FATAL".into(), code.into(), what.into())))
}

/// An error of the engine, in a statement of this text.
pub(super) fn of_engine(error: &Error, sql: &str) -> PgWireError {
    let code = error.sql_state().unwrap_or(match error.kind() {
        Kind::Sql => "42000",
        Kind::Output => "58030",
        Kind::Usage => "0A000",
        // As foreign data wrappers call them: the other side failed, or would not let us in.
        Kind::Api | Kind::Partial | Kind::Found => "HV000",
        Kind::Credentials => "HV00N",
        Kind::Interrupted | Kind::Terminated | Kind::ClosedPipe => CANCELED,
        Kind::Internal => "XX000",
    });
    let mut info = ErrorInfo::new("ERROR".into(), code.into(), without_place(error.message()).into());
    // Clients are told where by number, if anybody knows.
    if let Some((line, column)) = error.location() {
        info.position = position(sql, line, column).map(|at| at.to_string());
    }
    info.hint = match code {
        NO_MEMORY => Some(ABOUT_MEMORY.to_owned()),
        _ => error.hint().map(ToOwned::to_owned),
    };
    if let Some(fault) = error.fault() {
        let mut detail =
            format!("operation {}, region {}, profile {}", fault.operation, fault.region, fault.profile);
        for (what, value) in [("code", &fault.code), ("request id", &fault.request_id)] {
            if let Some(value) = value {
                detail += &format!(", {what} {value}");
            }
        }
        info.detail = Some(detail);
    }
    PgWireError::UserError(Box::new(info))
}

/// A message without the place of its statement, `sql:1:8: `.
fn without_place(message: &str) -> &str {
    let rest = message.strip_prefix(super::SQL).and_then(|rest| rest.strip_prefix(':'));
    let parts = rest.map(|rest| rest.splitn(3, ':').collect::<Vec<_>>());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_deref() {
        Some([line, column, rest]) if is_number(line) && is_number(column) => rest.trim_start(),
        _ => message,
    }
}

/// The number of the character at a line and a column of a text, from 1.
fn position(sql: &str, line: u64, column: u64) -> Option<usize> {
    let lines = usize::try_from(line).ok()?.checked_sub(1)?;
    let before: usize = sql.split_inclusive('\n').take(lines).map(|line| line.chars().count()).sum();
    Some(before + usize::try_from(column).ok()?)
}

/// An error of arrow-pg as it is told to a client: what is ours in it, else its own text under a code of its own.
pub(super) fn told(error: PgWireError) -> PgWireError {
    match error {
        PgWireError::UserError(info) => PgWireError::UserError(info),
        other => state("22000", other.to_string()),
    }
}

/// What a client hears beside the rows: `level` is WARNING or NOTICE.
pub(super) fn notice(level: &str, code: &str, text: &str) -> ErrorInfo {
    ErrorInfo::new(level.into(), code.into(), text.into())
}

/// The code that a client is told.
pub(super) fn code(error: &PgWireError) -> String {
    match error {
        PgWireError::UserError(info) => info.code.clone(),
        PgWireError::QueryCanceled => CANCELED.into(),
        _ => "08P01".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_the_statement_is_left_out() {
        assert_eq!(without_place("sql:1:8: there is no column a: b"), "there is no column a: b");
        for other in ["sql: a", "sql:1: a", "there is no column sql:a:b"] {
            assert_eq!(without_place(other), other);
        }
    }

    #[test]
    fn a_place_is_the_number_of_its_character() {
        assert_eq!(position("SELECT ä\nFROM x", 2, 6), Some(15));
        assert_eq!(position("SELECT x", 1, 8), Some(8));
    }
}
