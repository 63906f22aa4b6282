//! A snapshot: the page logs of one statement or of one run, which see the fleet as it was when they first asked.
//!
//! The snapshot of a statement that reads a cache takes logs and targets from there and keeps them: half of a join must not
//! read another fleet than the other half, nor miss another failure, whatever other statements do meanwhile.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::aws::calls::Caller;
use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::catalog::operation::Needs;
use crate::error::Result;
use crate::scan::moment::Moment;
use crate::scan::plan::requests::Request;
use crate::scan::read::cache::CachedPages;
use crate::scan::read::pages::{Budget, PageLog};
#[cfg(feature = "cluster")]
use crate::scan::read::retention::{Lease, Retention};

/// A profile, and the names and patterns of its regions.
pub(in crate::scan) type Asked = (Profile, Arc<[String]>);

/// What finding the targets of a profile came to.
pub(in crate::scan) type Found = OnceCell<Result<Vec<Target>>>;

/// The logs of each request, by what they were asked for beyond what it answers by itself.
pub(in crate::scan) type Logs = HashMap<Request, Vec<Arc<PageLog>>>;

/// What the logs of a request are found by: they differ in what they need.
pub(in crate::scan) fn key(request: &Request) -> Request {
    Request { needs: Needs::NONE, ..request.clone() }
}

/// The page logs that the scans of a statement, or of several, share.
#[derive(Debug)]
pub struct Snapshot {
    clients: Arc<Clients>,
    /// A request without logs is one of which the cache had no whole listing when it was first looked for.
    logs: Mutex<Logs>,
    /// The targets that profiles and regions came to. What one scan was told, all are, failures too.
    targets: Mutex<HashMap<Asked, Arc<Found>>>,
    taken_at: Moment,
    budget: Arc<Budget>,
    /// How many scans read each operation; `None` if later statements may come, and pages are kept for them.
    readers: Option<HashMap<&'static str, usize>>,
    /// Where it takes what it does not have yet.
    cache: Option<Arc<CachedPages>>,
    /// For how long workers keep what they read for it.
    #[cfg(feature = "cluster")]
    retention: Retention,
}

impl Snapshot {
    /// A snapshot for any number of statements, of at most `page_memory` bytes of pages.
    pub fn lasting(clients: Arc<Clients>, page_memory: usize) -> Self {
        Self::new(clients, Arc::new(Budget::new(page_memory)))
    }

    /// A snapshot for one statement, of which so many scans read each operation: pages are given up when all have.
    pub fn of_one_query(
        clients: Arc<Clients>,
        page_memory: usize,
        readers: HashMap<&'static str, usize>,
    ) -> Self {
        Self {
            readers: Some(readers),
            #[cfg(feature = "cluster")]
            retention: Retention::Statement,
            ..Self::lasting(clients, page_memory)
        }
    }

    /// A snapshot for one statement, which takes from a cache what is there and leaves there what it asks for.
    pub(in crate::scan) fn of_cache(clients: Arc<Clients>, cache: Arc<CachedPages>) -> Self {
        let budget = Arc::clone(cache.budget());
        Self { cache: Some(cache), ..Self::new(clients, budget) }
    }

    /// The snapshot as one whose pages workers keep for so long.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn with_retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// For how long workers keep what they read for it.
    #[cfg(feature = "cluster")]
    pub(in crate::scan) fn retention(&self) -> &Retention {
        &self.retention
    }

    fn new(clients: Arc<Clients>, budget: Arc<Budget>) -> Self {
        Self {
            clients,
            logs: Mutex::default(),
            targets: Mutex::default(),
            taken_at: Moment::now(),
            budget,
            readers: None,
            cache: None,
            #[cfg(feature = "cluster")]
            retention: Retention::Batch(Lease::new()),
        }
    }

    /// When it was begun.
    pub fn taken_at(&self) -> Moment {
        self.taken_at
    }

    /// Whether anybody has read from it.
    pub(in crate::scan) fn has_pages(&self) -> bool {
        #[cfg(feature = "cluster")]
        if self.retention.lease().is_some_and(|lease| lease.is_held()) {
            return true;
        }
        self.logs().values().any(|logs| !logs.is_empty())
    }

    /// Finds the targets of a profile; a call that this takes is the `caller`'s that comes first.
    ///
    /// # Errors
    /// As [`Clients::targets`]; the same for all scans that ask.
    pub(in crate::scan) async fn targets(
        &self,
        caller: &Caller,
        profile: &Profile,
        regions: &Arc<[String]>,
    ) -> Result<Vec<Target>> {
        let found = self.found((profile.clone(), Arc::clone(regions)));
        let found = found.get_or_init(|| self.clients.targets(caller, profile, regions)).await;
        match found {
            Ok(targets) => Ok(targets.clone()),
            Err(error) => Err(error.retold()),
        }
    }

    fn found(&self, asked: Asked) -> Arc<Found> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let take = |asked: &Asked| match &self.cache {
            Some(cache) => cache.found(asked.clone(), self.taken_at),
            None => Arc::default(),
        };
        Arc::clone(targets.entry(asked).or_insert_with_key(take))
    }

    /// The log of a request for a statement that began `at`, the same for all scans that ask.
    ///
    /// A log with health checks serves those who do not need them as well.
    pub fn log(&self, request: Request, at: Moment) -> Arc<PageLog> {
        let mut logs = self.logs();
        let logs = logs.entry(key(&request)).or_default();
        logs.retain(|log| log.is_whole());
        if let Some(log) = logs.iter().find(|log| log.serves(&request)) {
            return Arc::clone(log);
        }
        let log = match &self.cache {
            Some(cache) => cache.log(request, at),
            None => {
                let readers = self.readers.as_ref();
                let readers =
                    readers.map(|readers| readers.get(request.operation.name).copied().unwrap_or(1));
                let (clients, budget) = (Arc::clone(&self.clients), Arc::clone(&self.budget));
                Arc::new(PageLog::new(request, clients, readers, budget))
            }
        };
        logs.push(Arc::clone(&log));
        log
    }

    /// Says that a reader is done with a page of a log, and gives the log up when all are done with all of it: a query
    /// that asks about each of 100,000 items has as many.
    pub(in crate::scan) fn release(&self, log: &Arc<PageLog>, index: usize) {
        if !log.release(index) {
            return;
        }
        if let Entry::Occupied(mut known) = self.logs().entry(key(log.request())) {
            known.get_mut().retain(|known| !Arc::ptr_eq(known, log));
            if known.get().is_empty() {
                known.remove();
            }
        }
    }

    /// Whether the whole of a listing is here for a statement that began `at`, so that nothing of it need be asked for.
    ///
    /// The cache is looked into once: the scans of a statement agree on whether they read its listing.
    pub fn has_all_of(&self, listing: &Request, at: Moment) -> bool {
        let mut logs = self.logs();
        let logs = match (logs.entry(key(listing)), &self.cache) {
            (Entry::Occupied(known), _) => known.into_mut(),
            (Entry::Vacant(_), None) => return false,
            (Entry::Vacant(new), Some(cache)) => new.insert(cache.whole(listing, at).into_iter().collect()),
        };
        logs.iter().any(|log| log.serves(listing) && log.has_all())
    }

    fn logs(&self) -> MutexGuard<'_, Logs> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
