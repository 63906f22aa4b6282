//! A scan's place in a page log, and the task that takes it one page on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use datafusion::common::runtime::SpawnedTask;
use futures::future::BoxFuture;

use crate::aws::Target;
use crate::aws::calls::Caller;
use crate::aws::target::Profile;
use crate::error::{Error, Result};
use crate::scan::plan::requests::Work;
use crate::scan::read::order::Place;
use crate::scan::read::pages::{PageLog, Read};
use crate::scan::read::seen::Seen;
use crate::scan::read::snapshot::Snapshot;

/// A place in a page log.
pub(in crate::scan) struct Cursor {
    pub(in crate::scan) log: Arc<PageLog>,
    pub(in crate::scan) work: Work,
    /// The number of the page that is read next.
    pub(in crate::scan) index: usize,
    /// Items of that page to pass over.
    pub(in crate::scan) skip: usize,
    /// Where the query keeps its record.
    pub(in crate::scan) record: usize,
    /// Its place among the requests of the scan.
    pub(in crate::scan) place: Place,
    /// What was on the pages before.
    pub(in crate::scan) seen: Box<Seen>,
    /// How many pages the reader has taken.
    pub(in crate::scan) taken: Arc<AtomicUsize>,
    /// The page, if it is fetched already.
    pub(in crate::scan) started: Option<SpawnedTask<Fetched>>,
}

impl Cursor {
    /// The place of the page that is read next. Those of a parent's items are between its pages.
    pub(in crate::scan) fn turn(&self) -> Place {
        let mut turn = self.place.clone();
        turn.extend((!self.work.below.is_empty()).then_some(self.index));
        turn
    }
}

/// A page, and the one after it on its way.
pub(in crate::scan) struct Fetched {
    page: Result<Option<Read>>,
    next: Option<SpawnedTask<Fetched>>,
}

/// Fetches a page, and prefetches the next one while the reader only waits.
///
/// Prefetches at most one page, and never page two: page one's rows go out before the next call.
fn fetch(
    log: Arc<PageLog>,
    caller: Arc<Caller>,
    index: usize,
    taken: Arc<AtomicUsize>,
    is_waiting: Option<Arc<AtomicBool>>,
) -> BoxFuture<'static, Fetched> {
    Box::pin(async move {
        let page = log.page(&caller, index).await;
        let has_next = matches!(&page, Ok(Some(read)) if read.next.is_some());
        let is_wanted = |is_waiting: &Arc<AtomicBool>| is_waiting.load(Ordering::Relaxed);
        let goes_on = has_next
            && index > 0
            && taken.load(Ordering::Relaxed) == index
            && is_waiting.as_ref().is_some_and(is_wanted);
        let next = goes_on.then(|| SpawnedTask::spawn(fetch(log, caller, index + 1, taken, is_waiting)));
        Fetched { page, next }
    })
}

/// Something to do for a scan.
pub(in crate::scan) enum Step {
    /// Find the targets of the profile with this number.
    Find(usize, Profile),
    /// Read a page.
    Read(Cursor),
}

/// What came of it.
pub(in crate::scan) enum Done {
    Found(usize, Profile, Result<Vec<Target>>),
    /// A page, the end of the log, or a failure.
    Read(Cursor, Result<Option<Read>>),
}

pub(in crate::scan) type Turn = BoxFuture<'static, Done>;

impl Step {
    /// Its place among all steps of the scan.
    pub(in crate::scan) fn turn(&self) -> Place {
        match self {
            Self::Find(number, _) => vec![*number],
            Self::Read(cursor) => cursor.turn(),
        }
    }

    /// Does it in a task of its own: a reader that is not polled for a while, because its join waits for another reader
    /// of the same log, must not keep that one waiting for a fetch that nobody drives. Dropped, it is given up.
    ///
    /// With `is_waiting`, which says whether the reader waits, a page may be fetched ahead of it.
    pub(in crate::scan) fn start(
        self,
        snapshot: &Arc<Snapshot>,
        caller: &Arc<Caller>,
        regions: &Arc<[String]>,
        is_waiting: Option<&Arc<AtomicBool>>,
    ) -> Turn {
        let caller = Arc::clone(caller);
        match self {
            Self::Find(number, profile) => {
                let (snapshot, regions, asked) = (Arc::clone(snapshot), Arc::clone(regions), profile.clone());
                let found =
                    SpawnedTask::spawn(async move { snapshot.targets(&caller, &asked, &regions).await });
                Box::pin(async move {
                    Done::Found(
                        number,
                        profile,
                        found.join().await.unwrap_or_else(|error| Err(Error::bug(error))),
                    )
                })
            }
            Self::Read(mut cursor) => {
                let started = cursor.started.take().unwrap_or_else(|| {
                    let (log, taken) = (Arc::clone(&cursor.log), Arc::clone(&cursor.taken));
                    SpawnedTask::spawn(fetch(log, caller, cursor.index, taken, is_waiting.cloned()))
                });
                Box::pin(async move {
                    let fetched = started.join().await;
                    let Fetched { page, next } =
                        fetched.unwrap_or_else(|error| Fetched { page: Err(Error::bug(error)), next: None });
                    cursor.taken.store(cursor.index + 1, Ordering::Relaxed);
                    cursor.started = next;
                    Done::Read(cursor, page)
                })
            }
        }
    }
}
