//! Snapshots that outlive a statement: those of a cache that sessions share, and that of one batch run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::aws::Clients;
use crate::scan::plan::spec::Group;
use crate::scan::read::snapshot::Snapshot;

/// Pages that are read again while they are younger than `lightsail.cache_ttl`. Sessions that share it read each
/// other's, where they agree on the age and on `lightsail.page_memory`.
#[derive(Debug)]
pub struct PageCache {
    clients: Arc<Clients>,
    snapshots: Mutex<HashMap<(Duration, usize), Arc<Snapshot>>>,
}

impl PageCache {
    /// An empty cache of pages that come through `clients`.
    pub fn new(clients: Arc<Clients>) -> Self {
        Self { clients, snapshots: Mutex::default() }
    }

    /// Forgets all pages, for all sessions.
    pub fn refresh(&self) {
        self.snapshots().clear();
    }

    /// The snapshot of pages that may be so old and take so many bytes. Others whose pages are all too old are dropped.
    pub(in crate::scan) fn snapshot(&self, ttl: Duration, page_memory: usize) -> Arc<Snapshot> {
        let mut snapshots = self.snapshots();
        let begin = || Arc::new(Snapshot::caching(Arc::clone(&self.clients), page_memory, ttl));
        let snapshot = Arc::clone(snapshots.entry((ttl, page_memory)).or_insert_with(begin));
        snapshots.retain(|_, kept| {
            kept.renew();
            kept.has_pages() || Arc::ptr_eq(kept, &snapshot)
        });
        snapshot
    }

    fn snapshots(&self) -> MutexGuard<'_, HashMap<(Duration, usize), Arc<Snapshot>>> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one snapshot that all statements of a batch run read, if they do.
#[derive(Debug, Default)]
pub(in crate::scan) struct HeldSnapshot(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    is_held: bool,
    snapshot: Option<Arc<Snapshot>>,
    /// What the statements of the run read.
    foreseen: HashMap<&'static str, Group>,
}

impl HeldSnapshot {
    /// Begins a run: its statements read one snapshot, which the first of them begins.
    pub(in crate::scan) fn begin(&self) {
        *self.held() = Held { is_held: true, ..Held::default() };
    }

    /// Lets the next statement begin the snapshot anew.
    pub(in crate::scan) fn refresh(&self) {
        self.held().snapshot = None;
    }

    /// The run's snapshot, begun by `begin` if it is not there yet; `None` outside of a run.
    pub(in crate::scan) fn snapshot(&self, begin: impl FnOnce() -> Snapshot) -> Option<Arc<Snapshot>> {
        let mut held = self.held();
        held.is_held.then(|| Arc::clone(held.snapshot.get_or_insert_with(|| Arc::new(begin()))))
    }

    /// When the run's snapshot was begun, if a statement has read from it.
    pub(in crate::scan) fn since(&self) -> Option<SystemTime> {
        let held = self.held();
        held.snapshot.as_ref().filter(|snapshot| snapshot.has_pages()).map(|snapshot| snapshot.taken_at())
    }

    /// Takes note of what a later statement of the run reads.
    pub(in crate::scan) fn foresee(&self, groups: HashMap<&'static str, Group>) {
        let mut held = self.held();
        for (operation, group) in groups {
            let foreseen = held.foreseen.entry(operation).or_default();
            let scans = foreseen.scans + group.scans;
            foreseen.foresee(&group);
            foreseen.scans = scans;
        }
    }

    /// Adds what the statements of the run read to what one of them does.
    pub(in crate::scan) fn add_foreseen(&self, groups: &mut HashMap<&'static str, Group>) {
        let held = self.held();
        for (operation, group) in groups {
            held.foreseen.get(operation).into_iter().for_each(|foreseen| group.foresee(foreseen));
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
