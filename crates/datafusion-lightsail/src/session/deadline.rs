//! The time that a statement may take.

use std::time::Duration;

use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Kind};

/// The error of a statement that takes longer than this, which `lightsail.query_timeout` lets it.
pub fn out_of_time(after: Duration) -> Error {
    let after = after.as_secs_f64();
    Error::new(
        Kind::Sql,
        format!("the statement takes longer than lightsail.query_timeout lets it: {after} s"),
    )
    .with_hint("raise it (--query-timeout), or ask for less")
    .with_sql_state("57014")
}

/// When a statement is given up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    /// So long from now; never where that is beyond what a clock can say.
    pub(super) fn in_time(after: Duration) -> Option<Self> {
        Some(Self { at: Instant::now().checked_add(after)?, after })
    }

    /// What comes of it in time.
    ///
    /// # Errors
    /// [`Kind::Sql`], when it takes longer.
    pub(super) async fn wait<T>(self, work: impl Future<Output = T>) -> Result<T> {
        timeout_at(self.at, work).await.map_err(|_| out_of_time(self.after).into())
    }

    /// The rows that come in time, and then the error.
    pub(super) fn watch(self, rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
        let schema = rows.schema();
        let rows = stream::unfold(Some(rows), move |rows| async move {
            let mut rows = rows?;
            match self.wait(rows.next()).await {
                Ok(batch) => Some((batch?, Some(rows))),
                Err(late) => Some((Err(late), None)),
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, rows))
    }
}
