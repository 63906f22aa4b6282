//! Errors of the engine as exceptions of Python.

use datafusion_lightsail::error::{Error, Kind};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The class of `lightsail_sql` that a kind of error is.
fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Sql => "SqlError",
        Kind::Usage | Kind::Found => "UsageError",
        // COPY TO a file, onto a full disk for instance.
        Kind::Output | Kind::ClosedPipe => "OperationalError",
        Kind::Credentials => "CredentialsError",
        Kind::Api => "ApiError",
        Kind::Partial => "PartialError",
        Kind::Interrupted | Kind::Terminated => "CancelledError",
        Kind::Internal => "InternalError",
    }
}

/// The exception that an error is.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let made = || -> PyResult<PyErr> {
        let fields = PyDict::new(py);
        fields.set_item("hint", error.hint())?;
        let fault = error.fault();
        fields.set_item("operation", fault.map(|fault| fault.operation))?;
        fields.set_item("region", fault.map(|fault| fault.region.as_str()))?;
        fields.set_item("profile", fault.map(|fault| fault.profile.as_str()))?;
        fields.set_item("code", fault.and_then(|fault| fault.code.as_deref()))?;
        fields.set_item("request_id", fault.and_then(|fault| fault.request_id.as_deref()))?;
        let (line, column) = error.location().unzip();
        fields.set_item("line", line)?;
        fields.set_item("column", column)?;
        let text = match error.excerpt() {
            Some(excerpt) => format!("{}\n{excerpt}", error.message()),
            None => error.message().to_owned(),
        };
        let class = py.import("lightsail_sql._errors")?.getattr(class(error.kind()))?;
        Ok(PyErr::from_value(class.call((text,), Some(&fields))?))
    };
    made().unwrap_or_else(|error| error)
}

/// Results whose error is one of the engine.
pub(crate) trait OrRaise<T> {
    /// The value.
    ///
    /// # Errors
    /// The exception that the error is.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, Error> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error))
    }
}

/// The error of what was cancelled.
pub(crate) fn cancelled() -> Error {
    Error::new(Kind::Interrupted, "the query was cancelled")
}

/// Whether an exception is Ctrl-C.
pub(crate) fn is_interrupt(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyKeyboardInterrupt>(py)
}
