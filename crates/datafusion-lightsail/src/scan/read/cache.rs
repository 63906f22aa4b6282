//! Snapshots that outlive a statement: those of a cache that sessions share, and that of one batch run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::aws::Clients;
use crate::scan::moment::Moment;
use crate::scan::plan::requests::Request;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::pages::{Budget, PageLog};
#[cfg(feature = "cluster")]
use crate::scan::read::retention::{Lease, Retention};
use crate::scan::read::snapshot::{Asked, Found, Logs, Snapshot, key};

/// Pages that are read again while they are younger than `lightsail.cache_ttl`. Sessions that share it read each
/// other's, where they agree on the age and on `lightsail.page_memory`; those that differ in the age alone have one
/// `lightsail.page_memory` together.
#[derive(Debug)]
pub struct PageCache {
    clients: Arc<Clients>,
    pages: Mutex<HashMap<(Duration, usize), Arc<CachedPages>>>,
    /// What workers know their pages of it by.
    #[cfg(feature = "cluster")]
    lease: Mutex<Arc<Lease>>,
}

impl PageCache {
    /// An empty cache of pages that come through `clients`.
    pub fn new(clients: Arc<Clients>) -> Self {
        Self {
            clients,
            pages: Mutex::default(),
            #[cfg(feature = "cluster")]
            lease: Mutex::new(Lease::new()),
        }
    }

    /// Forgets all pages, for all statements that begin from now on.
    pub fn refresh(&self) {
        self.pages().clear();
        #[cfg(feature = "cluster")]
        {
            *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Lease::new();
        }
    }

    /// The snapshot of a statement over pages that may be so old and take so many bytes. It changes nothing that other
    /// statements see.
    pub(in crate::scan) fn snapshot(&self, ttl: Duration, page_memory: usize) -> Arc<Snapshot> {
        let mut pages = self.pages();
        let budget = pages.iter().find(|((_, memory), _)| *memory == page_memory);
        let budget = budget.map(|(_, cached)| Arc::clone(cached.budget()));
        let begin = || {
            let budget = budget.unwrap_or_else(|| Arc::new(Budget::new(page_memory)));
            Arc::new(CachedPages::new(Arc::clone(&self.clients), ttl, budget))
        };
        let cached = Arc::clone(pages.entry((ttl, page_memory)).or_insert_with(begin));
        drop(pages);
        let snapshot = Snapshot::of_cache(Arc::clone(&self.clients), cached);
        #[cfg(feature = "cluster")]
        let snapshot = snapshot.with_retention(Retention::Cache(Arc::clone(
            &self.lease.lock().unwrap_or_else(PoisonError::into_inner),
        )));
        Arc::new(snapshot)
    }

    /// Gives up the pages that are too old for a statement that begins `at`. Statements under way keep those that they have
    /// seen.
    pub(in crate::scan) fn give_up(&self, at: Moment) {
        self.pages().retain(|_, cached| {
            cached.give_up(at);
            // What a statement under way asks for shall be here for those after it.
            Arc::strong_count(cached) > 1 || !cached.is_empty()
        });
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<(Duration, usize), Arc<CachedPages>>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The logs and targets of a [`PageCache`] that may be equally old. Each statement takes them into a [`Snapshot`] of its
/// own; here they are replaced where they are too old, or have failed, for another statement.
#[derive(Debug)]
pub(in crate::scan) struct CachedPages {
    clients: Arc<Clients>,
    ttl: Duration,
    budget: Arc<Budget>,
    logs: Mutex<Logs>,
    /// The targets that profiles and regions came to, and when they were first asked for.
    targets: Mutex<HashMap<Asked, (Moment, Arc<Found>)>>,
}

impl CachedPages {
    fn new(clients: Arc<Clients>, ttl: Duration, budget: Arc<Budget>) -> Self {
        Self { clients, ttl, budget, logs: Mutex::default(), targets: Mutex::default() }
    }

    /// What its logs may hold, with those of other ages.
    pub(in crate::scan) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// The log of a request for a statement that began `at`: a new one where that of the cache is too old, and one that
    /// goes on where it has failed.
    pub(in crate::scan) fn log(&self, request: Request, at: Moment) -> Arc<PageLog> {
        let mut logs = self.logs();
        let logs = logs.entry(key(&request)).or_default();
        logs.retain(|log| self.is_fresh(log.begun_at(), at));
        if let Some(log) = logs.iter_mut().find(|log| log.serves(&request)) {
            if let Some(continued) = log.continued() {
                *log = Arc::new(continued);
            }
            return Arc::clone(log);
        }
        let log = PageLog::new(request, Arc::clone(&self.clients), None, Arc::clone(&self.budget));
        let log = Arc::new(log);
        logs.push(Arc::clone(&log));
        log
    }

    /// The log that has the whole of a listing, young enough for a statement that began `at`.
    pub(in crate::scan) fn whole(&self, listing: &Request, at: Moment) -> Option<Arc<PageLog>> {
        let logs = self.logs();
        let serves =
            |log: &&Arc<PageLog>| log.serves(listing) && self.is_fresh(log.begun_at(), at) && log.has_all();
        logs.get(&key(listing))?.iter().find(serves).cloned()
    }

    /// The targets that were found, or will be, for a statement that began `at`.
    pub(in crate::scan) fn found(&self, asked: Asked, at: Moment) -> Arc<Found> {
        let mut targets = self.targets();
        let new = || (Moment::now(), Arc::default());
        let known = targets.entry(asked).or_insert_with(new);
        let has_failed = known.1.get().is_some_and(Result::is_err);
        if has_failed || !self.is_fresh(known.0, at) {
            *known = new();
        }
        Arc::clone(&known.1)
    }

    fn give_up(&self, at: Moment) {
        self.logs().retain(|_, logs| {
            logs.retain(|log| self.is_fresh(log.begun_at(), at));
            !logs.is_empty()
        });
        self.targets().retain(|_, (begun_at, _)| self.is_fresh(*begun_at, at));
    }

    fn is_empty(&self) -> bool {
        self.logs().is_empty() && self.targets().is_empty()
    }

    /// Whether what was begun at one time is young enough for a statement that began `at`.
    fn is_fresh(&self, begun_at: Moment, at: Moment) -> bool {
        // What the statement itself began is younger than the statement.
        begun_at > at || begun_at.age_at(at) < self.ttl
    }

    fn logs(&self) -> MutexGuard<'_, Logs> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn targets(&self) -> MutexGuard<'_, HashMap<Asked, (Moment, Arc<Found>)>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
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
    foreseen: Vec<ScanSpec>,
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
        held.snapshot
            .as_ref()
            .filter(|snapshot| snapshot.has_pages())
            .map(|snapshot| snapshot.taken_at().time)
    }

    /// Takes note of what a later statement of the run reads.
    pub(in crate::scan) fn foresee(&self, scans: impl IntoIterator<Item = ScanSpec>) {
        self.held().foreseen.extend(scans);
    }

    /// What the statements of the run read.
    pub(in crate::scan) fn foreseen(&self) -> Vec<ScanSpec> {
        self.held().foreseen.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::calls::Caller;
    use crate::aws::target::Profile;
    use crate::aws::{Settings, Target};
    use crate::catalog::operation::Needs;
    use crate::catalog::resources::block_disks::GET_DISKS;

    const TTL: Duration = Duration::from_secs(60);

    /// A cache whose calls reach nobody.
    fn cache() -> PageCache {
        let settings = Settings { max_attempts: Some(1), ..Settings::default() };
        PageCache::new(Arc::new(Clients::new(settings.for_demo("http://127.0.0.1:9", "key"))))
    }

    fn target() -> Target {
        Target { profile: Profile { name: "p".into(), is_explicit: true }, region: "us-east-1".into() }
    }

    fn disks() -> Request {
        Request {
            target: target(),
            operation: &GET_DISKS,
            needs: Needs::NONE,
            parameters: Arc::default(),
            is_lookup: false,
            from: None,
        }
    }

    fn after(seconds: u64) -> Moment {
        Moment::after(Duration::from_secs(seconds))
    }

    #[test]
    fn a_statement_keeps_the_logs_that_it_has_seen() {
        let cache = cache();
        let (first, second) = (cache.snapshot(TTL, 1 << 20), cache.snapshot(TTL, 1 << 20));
        let (early, late) = (after(59), after(61));
        let log = first.log(disks(), Moment::now());
        assert!(Arc::ptr_eq(&log, &second.log(disks(), early)), "young enough is read again");
        let third = cache.snapshot(TTL, 1 << 20);
        let newer = third.log(disks(), late);
        assert!(!Arc::ptr_eq(&log, &newer), "too old for a statement that begins now");
        assert!(Arc::ptr_eq(&log, &second.log(disks(), early)), "the other half of a join");
        cache.give_up(after(1000));
        cache.refresh();
        assert!(Arc::ptr_eq(&log, &second.log(disks(), early)));
        assert!(Arc::ptr_eq(&newer, &third.log(disks(), late)));
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_readers_of_a_statement_and_to_no_other_statement() {
        let (cache, caller) = (cache(), Caller::default());
        let first = cache.snapshot(TTL, 1 << 20);
        let at = Moment::now();
        first.log(disks(), at).page(&caller, 0).await.unwrap_err();
        let calls = caller.calls();
        let second = cache.snapshot(TTL, 1 << 20);
        let retry = second.log(disks(), at);
        first.log(disks(), at).page(&caller, 0).await.unwrap_err();
        assert_eq!(caller.calls(), calls, "what one half was told, the other is");
        retry.page(&caller, 0).await.unwrap_err();
        assert!(caller.calls() > calls, "a new statement asks again");
    }

    #[test]
    fn targets_grow_old_and_stay_a_statements_own() {
        let pages = CachedPages::new(cache().clients, TTL, Arc::new(Budget::new(0)));
        let asked = || (target().profile, Arc::from(["us-*".to_owned()]));
        let found = pages.found(asked(), Moment::now());
        assert!(Arc::ptr_eq(&found, &pages.found(asked(), after(59))));
        let newer = pages.found(asked(), after(61));
        assert!(!Arc::ptr_eq(&found, &newer), "they age like logs");
        let error = crate::error::Error::new(crate::error::Kind::Credentials, "no");
        newer.set(Err(error)).unwrap();
        assert!(!Arc::ptr_eq(&newer, &pages.found(asked(), Moment::now())), "a failure is tried again");
    }

    #[test]
    fn pages_of_all_ages_have_one_budget() {
        let cache = cache();
        let budget = |ttl, memory| {
            cache.snapshot(ttl, memory);
            Arc::clone(cache.pages()[&(ttl, memory)].budget())
        };
        let first = budget(TTL, 1 << 20);
        assert!(Arc::ptr_eq(&first, &budget(TTL * 2, 1 << 20)));
        assert!(!Arc::ptr_eq(&first, &budget(TTL, 1 << 10)));
    }

    #[test]
    fn pages_that_no_statement_can_use_any_more_are_dropped() {
        let cache = cache();
        let snapshot = cache.snapshot(TTL, 1 << 20);
        let log = Arc::downgrade(&snapshot.log(disks(), Moment::now()));
        let count = || cache.pages().len();
        drop(snapshot);
        cache.give_up(after(59));
        assert_eq!((count(), log.strong_count()), (1, 1), "a session that shares it may want them");
        cache.give_up(after(61));
        assert_eq!((count(), log.strong_count()), (0, 0));
        let running = cache.snapshot(TTL, 1 << 20);
        cache.give_up(after(61));
        assert_eq!(count(), 1, "what it asks for is for those after it");
        drop(running);
    }
}
