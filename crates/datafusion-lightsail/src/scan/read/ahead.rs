//! Reading both sides of a join at the same time.
//!
//! A join reads one side to its end before it polls the other, and two operations would be read one after the other.
//! Where the calls of the second cannot depend on what the join finds out, its reader runs in a task of its own from
//! the moment on in which anything of the query is read, and what it reads waits in a queue.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::Result;
use datafusion::common::runtime::SpawnedTask;
use futures::{Stream, stream};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::scan::read::reader::Reader;

/// How many pages of rows may wait. Beyond that the reader pauses, and memory stays flat.
const QUEUE: usize = 1024;

/// The batches of a reader that begins to read when its query does.
pub(in crate::scan) fn batches(mut reader: Reader) -> impl Stream<Item = Result<RecordBatch>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let record = Arc::clone(reader.record());
    let (asked, end) = (Arc::clone(&record), reader.at_end().clone());
    let reading = SpawnedTask::spawn(async move {
        record.started().await;
        while let Some(batch) = reader.next().await.transpose() {
            let is_end = batch.is_err();
            if sender.send(batch).await.is_err() || is_end {
                break;
            }
        }
    });
    stream::unfold(Some((receiver, reading)), move |state| {
        let (asked, end) = (Arc::clone(&asked), end.clone());
        async move {
            let (mut receiver, reading) = state?;
            asked.start();
            if let Some(batch) = receiver.recv().await {
                return Some((batch, Some((receiver, reading))));
            }
            // A reader that broke down must not look like one that came to its end.
            let Err(error) = reading.join().await else {
                end.reach();
                return None;
            };
            let bug = Error::bug(error);
            Some((Err(bug.into()), None))
        }
    })
}
