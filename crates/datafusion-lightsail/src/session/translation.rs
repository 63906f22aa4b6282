//! Errors to and fro: ours through DataFusion's and Arrow's, and out again as what they were.
//!
//! A scan fails with one of ours in the middle of a plan that knows only DataFusion's. It travels as `External` and may
//! be wrapped on the way, in a context, in Arrow's error, or in an `Arc` where several readers are told of one failure.

pub(crate) mod plain;
pub mod unknown;

use std::error::Error as StdError;

use arrow::error::ArrowError;
use datafusion::common::DataFusionError;

use crate::error::{Error, Kind};

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

/// The [`Error`] that was put into DataFusion's comes out again; any other is an SQL error.
impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => Self::from(*inner),
            DataFusionError::External(inner) => from_boxed(inner),
            DataFusionError::ArrowError(inner, _) => Self::from(*inner),
            DataFusionError::Shared(inner) => from_shared(&inner),
            DataFusionError::ResourcesExhausted(what) => exhausted(&what),
            other => Self::new(Kind::Sql, other.strip_backtrace()),
        }
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::ExternalError(inner) => from_boxed(inner),
            ArrowError::DivideByZero => {
                Self::new(Kind::Sql, ArrowError::DivideByZero.to_string()).with_sql_state("22012")
            }
            other => Self::new(Kind::Sql, other.to_string()),
        }
    }
}

/// Copies what a shared error holds, because it cannot be taken apart.
fn from_shared(error: &DataFusionError) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(own) = current.downcast_ref::<Error>() {
            return own.retold();
        }
        if let Some(DataFusionError::ResourcesExhausted(what)) = current.downcast_ref::<DataFusionError>() {
            return exhausted(what);
        }
        cause = current.source();
    }
    Error::new(Kind::Sql, error.strip_backtrace())
}

/// More memory or disk than there is for a statement. DataFusion lists who holds how much, and says in the last line who
/// wanted more.
fn exhausted(what: &str) -> Error {
    let last = what.trim_end().lines().next_back().unwrap_or_default();
    let last = last.strip_prefix("Error: ").unwrap_or(last);
    // Behind it stands what is left of all.
    let last = last.split(" - ").next().unwrap_or(last);
    Error::new(Kind::Sql, format!("there is no room for what the statement holds: {last}"))
        .with_hint("raise lightsail.memory_limit (--memory-limit), or ask for fewer rows or columns")
        .with_sql_state("53200")
}

fn from_boxed(error: Box<dyn StdError + Send + Sync>) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => *own,
        Err(other) => match other.downcast::<DataFusionError>() {
            Ok(inner) => Error::from(*inner),
            Err(other) => Error::new(Kind::Sql, other.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Each way in which an error is wrapped.
    fn wrapped(error: &Error) -> [DataFusionError; 6] {
        let own = || DataFusionError::from(error.retold());
        let arrow = || ArrowError::ExternalError(Box::new(error.retold()));
        [
            own(),
            DataFusionError::Context("while scanning".into(), Box::new(own())),
            DataFusionError::Shared(Arc::new(own())),
            DataFusionError::Shared(Arc::new(DataFusionError::Context("again".into(), Box::new(own())))),
            DataFusionError::External(Box::new(own())),
            DataFusionError::ArrowError(Box::new(arrow()), None),
        ]
    }

    #[test]
    fn our_errors_come_out_of_datafusion_as_they_went_in() {
        let error = Error::new(Kind::Api, "GetInstances failed").with_hint("try again");
        for wrapped in wrapped(&error) {
            let name = format!("{wrapped:?}");
            let back = Error::from(wrapped);
            assert_eq!((back.kind(), back.to_string()), (error.kind(), error.to_string()), "{name}");
        }
        let through_arrow = ArrowError::ExternalError(Box::new(DataFusionError::from(error.retold())));
        assert_eq!(Error::from(through_arrow).exit_code(), 254);
    }

    #[test]
    fn theirs_are_about_the_sql() {
        for theirs in [
            Error::from(DataFusionError::Plan("no such thing".into())),
            Error::from(ArrowError::CastError("no such thing".into())),
            Error::from(DataFusionError::External("no such thing".into())),
            Error::from(DataFusionError::Shared(Arc::new(DataFusionError::Plan("no such thing".into())))),
        ] {
            assert_eq!(theirs.kind(), Kind::Sql);
            assert!(theirs.message().ends_with("no such thing"), "{theirs}");
        }
    }
}
