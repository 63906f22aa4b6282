//! Panics of the libraries beneath, caught where a statement is run: it fails, and its session goes on.
//!
//! Arrow and DataFusion panic where a column of texts or lists would hold more than 2 GB, for their offsets are of 32 bits.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{FutureExt, StreamExt, stream};

use crate::error::{Error, Kind};

/// What they say where a column grows too large; a test makes them say each.
const TOO_LARGE: [&str; 2] = ["offset overflow", "capacity overflow"];

/// Whether a panic with these words is the libraries' way to say that a column is too large.
pub fn is_too_large(words: &str) -> bool {
    TOO_LARGE.iter().any(|known| words.contains(known))
}

/// What comes of the work.
///
/// # Errors
/// Its own; [`Kind::Sql`] when it panics because a column is too large, and [`Kind::Internal`] when it panics otherwise.
pub(crate) async fn catch<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(error(panic)))
}

/// The rows, and the error behind the last of them if making more panics.
pub(crate) fn watch(rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let rows = stream::unfold(Some(rows), async |rows| {
        let mut rows = rows?;
        match AssertUnwindSafe(rows.next()).catch_unwind().await {
            Ok(batch) => Some((batch?, Some(rows))),
            Err(panic) => Some((Err(error(panic)), None)),
        }
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}

fn error(panic: Box<dyn Any + Send>) -> DataFusionError {
    let words = match panic.downcast::<String>() {
        Ok(words) => *words,
        Err(panic) => {
            panic.downcast::<&str>().map_or_else(|_| "a panic".to_owned(), |words| (*words).to_owned())
        }
    };
    let error = if is_too_large(&words) {
        Error::new(Kind::Sql, "a column of the statement would hold more than the 2 GB that it can")
            .with_hint("make its texts or lists shorter, or read fewer rows at once")
    } else {
        Error::bug(words)
    };
    error.into()
}
