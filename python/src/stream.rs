//! Runs as Arrow's C streams, and batches as its C arrays.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use arrow::array::{Array, RecordBatch, RecordBatchReader, StructArray};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowSchema, to_ffi};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use datafusion_lightsail::error::Error;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::errors::{cancelled, is_interrupt};
use crate::home::lock;
use crate::run::Run;

/// Reads a run for a consumer outside of Python.
pub(crate) struct Stream {
    run: Arc<Run>,
    schema: SchemaRef,
    /// The run that its answer tells of.
    newest: Arc<Mutex<Option<Arc<Run>>>>,
    /// The thread of Python that it was made for. It may hold the GIL, or take it. Threads that are the consumer's own must
    /// not: whoever holds the GIL may wait for them.
    thread: ThreadId,
    has_begun: bool,
}

impl Stream {
    pub(crate) fn new(run: Arc<Run>, schema: SchemaRef, newest: Arc<Mutex<Option<Arc<Run>>>>) -> Self {
        Self { run, schema, newest, thread: thread::current().id(), has_begun: false }
    }

    /// It as a capsule.
    pub(crate) fn capsule(self, py: Python<'_>) -> PyResult<Bound<'_, PyCapsule>> {
        let stream = FFI_ArrowArrayStream::new(Box::new(self));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn pull(&self) -> Result<Option<RecordBatch>, ArrowError> {
        let is_own = thread::current().id() == self.thread;
        let pulled = self.run.next(1, |wait| {
            if !is_own {
                return Ok(wait.for_a_moment());
            }
            Python::attach(|py| {
                let pulled = py.detach(move || wait.for_a_moment());
                py.check_signals().inspect_err(|error| interrupt_again(py, error))?;
                Ok::<_, PyErr>(pulled)
            })
        });
        match pulled {
            Ok(Ok(batch)) => Ok(batch),
            Ok(Err(error)) => Err(external(error)),
            // Not the exception itself: its text would be asked of Python, and there Ctrl-C be raised and lost.
            Err(_) => Err(external(cancelled())),
        }
    }
}

/// Left before its end, it asks for no more.
impl Drop for Stream {
    fn drop(&mut self) {
        self.run.cancel();
    }
}

/// What waits behind this knows no exceptions of Python: Ctrl-C is raised anew as soon as it has returned.
fn interrupt_again(py: Python<'_>, error: &PyErr) {
    if is_interrupt(py, error) {
        // It cannot fail; if it did, the consumer's own exception is raised.
        let _ = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
    }
}

fn external(error: Error) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

impl Iterator for Stream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.has_begun {
            self.has_begun = true;
            *lock(&self.newest) = Some(Arc::clone(&self.run));
        }
        self.pull().transpose()
    }
}

impl RecordBatchReader for Stream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// A schema as a capsule.
pub(crate) fn schema_capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema.as_ref()).map_err(arrow_error)?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

/// A batch as two capsules.
pub(crate) fn array_capsules<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let rows = StructArray::from(batch.clone());
    let (array, _) = to_ffi(&rows.to_data()).map_err(arrow_error)?;
    Ok((schema_capsule(py, &batch.schema())?, PyCapsule::new_with_value(py, array, c"arrow_array")?))
}

pub(crate) fn arrow_error(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
