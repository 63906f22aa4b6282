//! A statement that is planned. Each reading of it is a run of its own; it tells of the newest that has begun.

use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use datafusion_lightsail::catalog::table::type_name;
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::scan::Record;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use crate::cells;
use crate::errors::{OrRaise, exception};
use crate::home::{Home, lock};
use crate::run::{Question, Run};
use crate::stream::{Stream, array_capsules, schema_capsule};

/// A statement that is planned.
#[pyclass(frozen, module = "lightsail_sql._lightsail_sql")]
#[derive(Debug)]
pub(crate) struct Answer {
    home: Arc<Home>,
    question: Arc<Question>,
    schema: SchemaRef,
    newest: Arc<Mutex<Option<Arc<Run>>>>,
    /// The only run of a statement without rows, which is done.
    done: Option<Arc<Run>>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("statement", &self.statement.text).finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn new(home: Arc<Home>, question: Question, schema: SchemaRef) -> Self {
        Self { home, question: Arc::new(question), schema, newest: Arc::default(), done: None }
    }

    /// The answer to a statement without rows, with the record of what it did.
    pub(crate) fn done(home: Arc<Home>, question: Question, schema: SchemaRef, record: Arc<Record>) -> Self {
        let answer = Self::new(home, question, schema);
        let done = Run::done(&answer.home, &answer.question, record);
        *lock(&answer.newest) = Some(Arc::clone(&done));
        Self { done: Some(done), ..answer }
    }

    /// A run to read.
    fn new_run(&self) -> Arc<Run> {
        self.done.clone().unwrap_or_else(|| Run::new(&self.home, &self.question))
    }

    /// The run that it tells of.
    fn run(&self) -> Option<Arc<Run>> {
        lock(&self.newest).clone()
    }

    /// The run that it tells of, if it has been read to its end.
    fn finished(&self, py: Python<'_>) -> PyResult<Arc<Run>> {
        let run = self.run().filter(|run| run.is_finished());
        let early = || match self.run().and_then(|run| run.error()) {
            Some(error) => error,
            None => {
                Error::new(Kind::Partial, "the result is not read to its end: nobody knows what is missing")
                    .with_hint("read all of its rows first, as fetchall() and to_pandas() do")
            }
        };
        run.ok_or_else(|| exception(py, &early()))
    }
}

#[pymethods]
impl Answer {
    /// The columns: name, type.
    #[getter]
    fn columns(&self) -> Vec<(String, String)> {
        let fields = self.schema.fields().iter();
        fields.map(|field| (field.name().clone(), type_name(field.data_type()))).collect()
    }

    /// The text of the statement.
    #[getter]
    fn text(&self) -> &str {
        &self.question.statement.text
    }

    /// The schema, as Arrow's C data interface has it.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    /// A run as Arrow's C stream, which begins when its first batch is asked for.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Consumers cast what they want otherwise.
        let _ = requested_schema;
        let run = self.new_run();
        Stream::new(run, Arc::clone(&self.schema), Arc::clone(&self.newest)).capsule(py)
    }

    /// A run that is read by hand.
    fn read(&self) -> Reader {
        let run = self.new_run();
        *lock(&self.newest) = Some(Arc::clone(&run));
        Reader { run }
    }

    /// Ends the newest run.
    fn cancel(&self) {
        if let Some(run) = self.run() {
            run.cancel();
        }
    }

    /// Whether the newest run was read to its end.
    #[getter]
    fn is_finished(&self) -> bool {
        self.run().is_some_and(|run| run.is_finished())
    }

    /// Whether every row is there that the statement wants.
    #[getter]
    fn complete(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.finished(py)?.record.completeness().is_complete())
    }

    /// Why rows of some targets are missing: an exception for each.
    #[getter]
    fn missing<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let missing = self.finished(py)?.record.completeness().missing;
        Ok(missing
            .iter()
            .map(|error| exception(py, error).into_value(py).into_bound(py).into_any())
            .collect())
    }

    /// What is to be known of the newest run so far.
    #[getter]
    fn notes(&self) -> Vec<String> {
        let Some(run) = self.run() else { return Vec::new() };
        run.record.all_notes()
    }

    /// What is to be known of a statement that was explained.
    #[getter]
    fn foreseen(&self) -> Vec<String> {
        let Some(run) = self.run() else { return Vec::new() };
        let notes = run.record.foreseen();
        notes.warnings().chain(notes.lines()).collect()
    }

    /// When the oldest of the pages was read that the rows are made of.
    #[getter]
    fn as_of(&self) -> Option<DateTime<Utc>> {
        self.run()?.record.completeness().taken_at.map(DateTime::from)
    }

    /// How many calls the newest run has made.
    #[getter]
    fn api_calls(&self) -> u64 {
        self.run().map_or(0, |run| run.record.calls())
    }

    /// Why the newest run failed.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let error = self.run()?.error()?;
        Some(exception(py, &error).into_value(py).into_bound(py).into_any())
    }
}

/// A run that is read by hand.
#[pyclass(frozen, module = "lightsail_sql._lightsail_sql")]
#[derive(Debug)]
pub(crate) struct Reader {
    run: Arc<Run>,
}

#[pymethods]
impl Reader {
    /// The next rows, or None: a batch as it comes, or as many of them as have so many rows together. While it waits,
    /// `progress` is called with: targets that are done, targets, pages, rows.
    #[pyo3(signature = (progress = None, rows = 1))]
    fn next(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
        rows: usize,
    ) -> PyResult<Option<Batch>> {
        let pulled = self.run.next(rows, |wait| {
            let pulled = py.detach(move || wait.for_a_moment());
            py.check_signals()?;
            if let (None, Some(progress)) = (&pulled, progress) {
                progress.call1(self.state())?;
            }
            Ok::<_, PyErr>(pulled)
        })?;
        Ok(pulled.or_raise(py)?.map(|batch| Batch { batch }))
    }

    /// Ends it.
    fn cancel(&self) {
        self.run.cancel();
    }
}

/// Left before its end, it asks for no more.
impl Drop for Reader {
    fn drop(&mut self) {
        self.run.cancel();
    }
}

impl Reader {
    fn state(&self) -> (usize, usize, usize, usize) {
        let scans = self.run.record.scans();
        let done = scans.iter().filter(|scan| scan.open == 0 || scan.error.is_some()).count();
        let pages = scans.iter().map(|scan| scan.pages).sum();
        (done, scans.len(), pages, self.run.record.notes().rows)
    }
}

/// Some rows.
#[pyclass(frozen, module = "lightsail_sql._lightsail_sql")]
#[derive(Debug)]
pub(crate) struct Batch {
    batch: RecordBatch,
}

#[pymethods]
impl Batch {
    /// How many rows there are.
    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    /// The rows as tuples.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        cells::rows(py, &self.batch)
    }

    /// The schema, as Arrow's C data interface has it.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.batch.schema())
    }

    /// The rows, as Arrow's C data interface has them.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        array_capsules(py, &self.batch)
    }
}
