//! A snapshot: the page logs of one run. Whoever reads from it sees the fleet as it was when it was first asked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::scan::read::pages::{Budget, PageLog, Request};
use tokio::sync::OnceCell;

use crate::aws::calls::Caller;
use crate::aws::target::Profile;
use crate::aws::{Clients, Target};
use crate::catalog::operation::Needs;
use crate::error::Result;

/// A profile, and the names and patterns of its regions.
type Asked = (Profile, Arc<[String]>);

/// What finding the targets of a profile came to.
type Found = OnceCell<Result<Vec<Target>>>;

/// The page logs that the scans of a query, or of several, share.
#[derive(Debug)]
pub struct Snapshot {
    clients: Arc<Clients>,
    /// The logs of each request, by what they were asked for beyond what it answers by itself.
    logs: Mutex<HashMap<Request, Vec<Arc<PageLog>>>>,
    /// The targets that profiles and regions came to. What one scan was told, all are, failures too.
    targets: Mutex<HashMap<Asked, Arc<Found>>>,
    taken_at: SystemTime,
    budget: Arc<Budget>,
    /// How old a log may be for a query that begins; none if it never grows old.
    ttl: Option<Duration>,
    /// How many scans read each operation; none if later queries may come, and pages are kept for them.
    readers: Option<HashMap<&'static str, usize>>,
}

impl Snapshot {
    /// A snapshot for any number of queries, of at most `page_memory` bytes of pages.
    pub fn lasting(clients: Arc<Clients>, page_memory: usize) -> Self {
        Self {
            clients,
            logs: Mutex::default(),
            targets: Mutex::default(),
            taken_at: SystemTime::now(),
            budget: Arc::new(Budget::new(page_memory)),
            ttl: None,
            readers: None,
        }
    }

    /// A lasting snapshot whose logs are begun anew for a query that finds them older than `ttl`.
    pub fn caching(clients: Arc<Clients>, page_memory: usize, ttl: Duration) -> Self {
        Self { ttl: Some(ttl), ..Self::lasting(clients, page_memory) }
    }

    /// A snapshot for one query, of which so many scans read each operation: pages are given up when all have.
    pub fn of_one_query(
        clients: Arc<Clients>,
        page_memory: usize,
        readers: HashMap<&'static str, usize>,
    ) -> Self {
        Self { readers: Some(readers), ..Self::lasting(clients, page_memory) }
    }

    /// When it was begun.
    pub fn taken_at(&self) -> SystemTime {
        self.taken_at
    }

    /// Whether anybody has read from it.
    pub(in crate::scan) fn has_pages(&self) -> bool {
        !self.logs().is_empty()
    }

    /// The targets of a profile; a call that this takes is the `caller`'s that comes first.
    ///
    /// # Errors
    /// Those of [`Clients::targets`]; the same for all who ask.
    pub(in crate::scan) async fn targets(
        &self,
        caller: &Caller,
        profile: &Profile,
        regions: &Arc<[String]>,
    ) -> Result<Vec<Target>> {
        let found = {
            let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(targets.entry((profile.clone(), Arc::clone(regions))).or_default())
        };
        let found = found.get_or_init(|| self.clients.targets(caller, profile, regions)).await;
        match found {
            Ok(targets) => Ok(targets.clone()),
            Err(error) => Err(error.retold()),
        }
    }

    /// The log of a request for a query that began `at`; the same for all who ask.
    ///
    /// A log with health checks serves those who do not need them as well.
    pub fn log(&self, request: Request, at: SystemTime) -> Arc<PageLog> {
        let mut logs = self.logs();
        let logs = match logs.entry(Request { needs: Needs::NONE, ..request.clone() }) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Vec::new()),
        };
        logs.retain(|log| log.is_whole() && self.is_fresh(log, at));
        if let Some(log) = logs.iter().find(|log| log.request().needs.contains(request.needs)) {
            return Arc::clone(log);
        }
        let readers =
            self.readers.as_ref().map(|readers| readers.get(request.operation.name).copied().unwrap_or(1));
        let log = PageLog::new(request, Arc::clone(&self.clients), readers, Arc::clone(&self.budget));
        let log = Arc::new(log);
        logs.push(Arc::clone(&log));
        log
    }

    /// Says that a reader is done with a page of a log, and gives the log up when all are done with all of it: a query
    /// that asks about each of 100,000 items has as many.
    pub(in crate::scan) fn release(&self, log: &Arc<PageLog>, index: usize) {
        if !log.release(index) {
            return;
        }
        let key = Request { needs: Needs::NONE, ..log.request().clone() };
        if let Entry::Occupied(mut known) = self.logs().entry(key) {
            known.get_mut().retain(|known| !Arc::ptr_eq(known, log));
            if known.get().is_empty() {
                known.remove();
            }
        }
    }

    /// Whether the whole of a listing is here, so that nothing of it need be asked for.
    pub fn has_all_of(&self, listing: &Request, at: SystemTime) -> bool {
        let logs = self.logs();
        let logs = logs.get(&Request { needs: Needs::NONE, ..listing.clone() });
        let serves = |log: &Arc<PageLog>| {
            log.request().needs.contains(listing.needs) && self.is_fresh(log, at) && log.has_all()
        };
        logs.is_some_and(|logs| logs.iter().any(serves))
    }

    /// Lets a new query try again where a call failed, and gives up what is too old for it.
    pub(in crate::scan) fn renew(&self) {
        let now = SystemTime::now();
        let mut logs = self.logs();
        logs.values_mut().for_each(|logs| logs.retain(|log| self.is_fresh(log, now)));
        logs.retain(|_, logs| !logs.is_empty());
        logs.values().flatten().for_each(|log| log.forgive());
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets.retain(|_, found| found.get().is_none_or(Result::is_ok));
    }

    fn is_fresh(&self, log: &PageLog, at: SystemTime) -> bool {
        let Some(ttl) = self.ttl else { return true };
        // A log that the same query began is younger than the query.
        !at.duration_since(log.begun_at()).is_ok_and(|age| age >= ttl)
    }

    fn logs(&self) -> MutexGuard<'_, HashMap<Request, Vec<Arc<PageLog>>>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
