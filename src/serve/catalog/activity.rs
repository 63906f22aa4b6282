//! `pg_stat_activity`: the connections, with what everybody may know of them.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use arrow::array::{
    ArrayRef, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::Result;

use crate::serve::{Backends, DATABASE, locked};

/// What it is called.
pub(super) const NAME: &str = "pg_stat_activity";

/// Its columns of texts that say nothing: who the others are and what they ask is nobody's to see.
const UNSAID: &[&str] = &[
    "usename",
    "application_name",
    "client_addr",
    "client_hostname",
    "wait_event_type",
    "wait_event",
    "query",
];

/// Where the connections are found.
#[derive(Debug)]
pub(super) struct Activity(Arc<Backends>);

impl Activity {
    pub(super) fn new(backends: Arc<Backends>) -> Self {
        Self(backends)
    }

    /// The connections that are in now.
    ///
    /// # Errors
    /// None that is known.
    pub(super) fn table(&self) -> Result<Arc<dyn TableProvider>> {
        let mut rows: Vec<_> = locked(&self.0)
            .iter()
            .map(|((pid, _), backend)| {
                let since = backend.since.duration_since(UNIX_EPOCH).unwrap_or_default();
                let since = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
                (*pid, since, if backend.running().is_some() { "active" } else { "idle" })
            })
            .collect();
        rows.sort_unstable();
        let column = |name: &str, array: ArrayRef| (Field::new(name, array.data_type().clone(), true), array);
        let text = |text: &'static str| Arc::new(StringArray::from(vec![text; rows.len()])) as ArrayRef;
        let since = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|(_, since, _)| *since));
        let unsaid = UNSAID.iter().map(|name| column(name, new_null_array(&DataType::Utf8, rows.len())));
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let columns = [
            column("datname", text(DATABASE)),
            column("pid", Arc::new(rows.iter().map(|(pid, ..)| Some(*pid)).collect::<Int32Array>())),
            column("backend_start", Arc::new(since.with_timezone("UTC"))),
            column("query_start", new_null_array(&time, rows.len())),
            column("state", Arc::new(rows.iter().map(|(.., state)| Some(*state)).collect::<StringArray>())),
            column("backend_type", text("client backend")),
        ];
        let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().chain(unsaid).unzip();
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
        Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
    }
}
