//! A scan's place in a page log, and the task that takes it one page on.

use std::sync::Arc;

use datafusion::common::runtime::SpawnedTask;
use futures::future::BoxFuture;

use super::pages::{PageLog, Read};
use super::work::Work;
use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::error::{Error, Kind, Result};

/// A place in a page log.
pub(super) struct Cursor {
    pub(super) log: Arc<PageLog>,
    pub(super) work: Work,
    /// The number of the page that is read next.
    pub(super) index: usize,
    /// Items of that page to pass over.
    pub(super) skip: usize,
    /// Where the query keeps its record.
    pub(super) record: usize,
}

/// Something to do for a scan.
pub(super) enum Step {
    /// Find the targets of a profile.
    Find(Profile),
    /// Read a page.
    Read(Cursor),
}

/// What came of it.
pub(super) enum Done {
    Found(Profile, Result<Vec<Target>>),
    /// A page, the end of the log, or a failure.
    Read(Cursor, Result<Option<Read>>),
}

pub(super) type Turn = BoxFuture<'static, Done>;

impl Step {
    /// Does it in a task of its own: a reader that is not polled for a while, because its join waits for another reader
    /// of the same log, must not keep that one waiting for a fetch that nobody drives. Dropped, it is given up.
    pub(super) fn start(self, clients: &Arc<Clients>, regions: &Arc<[String]>) -> Turn {
        let bug = |error| Error::new(Kind::Internal, format!("this is a bug: {error}"));
        match self {
            Self::Find(profile) => {
                let (clients, regions, asked) = (Arc::clone(clients), Arc::clone(regions), profile.clone());
                let found = SpawnedTask::spawn(async move { clients.targets(&asked, &regions).await });
                Box::pin(async move {
                    Done::Found(profile, found.join().await.unwrap_or_else(|error| Err(bug(error))))
                })
            }
            Self::Read(cursor) => {
                let (log, index) = (Arc::clone(&cursor.log), cursor.index);
                let page = SpawnedTask::spawn(async move { log.page(index).await });
                Box::pin(async move {
                    Done::Read(cursor, page.join().await.unwrap_or_else(|error| Err(bug(error))))
                })
            }
        }
    }
}
