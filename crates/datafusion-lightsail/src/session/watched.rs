//! The rows of a statement, watched to their end: an answer of which nothing is left is none, and a LIMIT that has its rows
//! misses no others.

use std::sync::Arc;

use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, stream};

use crate::scan::{Needless, Record};

/// What is watched.
struct Watched {
    rows: SendableRecordBatchStream,
    record: Arc<Record>,
    /// Rows that the LIMIT over the statement still wants; `None` without one.
    wanted: Option<usize>,
    needless: Arc<Needless>,
}

/// The same rows, with the failure behind the last of them where every target failed and that was allowed.
///
/// `limit` is the LIMIT over the whole statement, if it has one: with so many rows the scans in `needless` miss nothing.
pub(super) fn watched(
    rows: SendableRecordBatchStream,
    record: Arc<Record>,
    limit: Option<usize>,
    needless: Arc<Needless>,
) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let watched = Watched { rows, record, wanted: limit, needless };
    let rows = stream::unfold(Some(watched), async |watched| {
        let mut watched = watched?;
        match watched.rows.next().await {
            Some(Ok(batch)) => {
                watched.wanted = watched.wanted.map(|wanted| wanted.saturating_sub(batch.num_rows()));
                Some((Ok(batch), Some(watched)))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => {
                let Watched { rows, record, wanted, needless } = watched;
                // Its readers write no more.
                drop(rows);
                if wanted == Some(0) {
                    needless.have_enough();
                }
                record.total_failure().map(|error| (Err(error.into()), None))
            }
        }
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}
