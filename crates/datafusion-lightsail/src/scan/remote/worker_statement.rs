//! What the scans of one statement have in common at a worker: pages, limits, and the record of each part of the plan.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::message::PageLease;
use super::page_store::PageStore;
use crate::aws::Clients;
use crate::aws::target::Profile;
use crate::error::{Error, Kind, Result};
use crate::options::LightsailOptions;
use crate::scan::context::ScanContext;
use crate::scan::plan::groups::{Groups, groups_with};
use crate::scan::plan::near::RegionShares;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::cache::PageCache;
use crate::scan::read::shared::Shared;
use crate::scan::read::snapshot::Snapshot;
use crate::scan::record::Record;

/// The statements that a worker has a part in.
#[derive(Debug)]
pub(crate) struct WorkerStatements {
    clients: Arc<Clients>,
    /// The profiles that may be asked.
    pub(super) offered: Vec<Profile>,
    /// The build of this program, which must be the coordinator's.
    pub(super) build: String,
    /// What tells this process from another that is the same worker.
    process: Arc<str>,
    /// How much a statement may hold of pages, whatever its coordinator wants.
    page_memory: usize,
    statements: Mutex<HashMap<Vec<u8>, Weak<WorkerStatement>>>,
}

/// A statement at this worker, for as long as one of its parts is.
#[derive(Debug)]
pub(super) struct WorkerStatement {
    pub(super) context: ScanContext,
    snapshot: Arc<Snapshot>,
    groups: Arc<Groups>,
}

impl WorkerStatements {
    pub(crate) fn new(
        clients: Arc<Clients>,
        offered: Vec<Profile>,
        build: String,
        process: Arc<str>,
        page_memory: usize,
    ) -> Self {
        Self { clients, offered, build, process, page_memory, statements: Mutex::default() }
    }

    /// The statement by this id, which begins with its first part.
    ///
    /// # Errors
    /// [`Kind::Api`] when pages that it goes on with are not here any more.
    fn enter(
        &self,
        id: &[u8],
        reads: &StatementScans,
        options: &LightsailOptions,
        kept: &PageStore,
    ) -> Result<Arc<WorkerStatement>> {
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        statements.retain(|_, known| known.strong_count() > 0);
        if let Some(known) = statements.get(id).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let groups = groups_with(&reads.scans, &reads.foreseen);
        let clients = &self.clients;
        let mut cache = Arc::new(PageCache::new(Arc::clone(clients)));
        let snapshot = match &reads.kept {
            None => {
                let readers =
                    groups.iter().map(|(operation, group)| (*operation, group.tables.len())).collect();
                Arc::new(Snapshot::of_one_query(Arc::clone(clients), options.page_memory, readers))
            }
            Some(PageLease { lease, is_batch: true, is_held }) => {
                let begin = || Arc::new(Snapshot::lasting(Arc::clone(clients), options.page_memory));
                kept.batch(lease, *is_held, begin)?
            }
            Some(PageLease { lease, .. }) => {
                cache = kept.cache(lease, cache);
                cache.snapshot(options.cache_ttl, options.page_memory)
            }
        };
        let context = ScanContext::new(Arc::clone(clients), cache);
        let statement = Arc::new(WorkerStatement { context, snapshot, groups: Arc::new(groups) });
        statements.insert(id.to_vec(), Arc::downgrade(&statement));
        Ok(statement)
    }
}

/// What a statement reads, and for how long its pages are kept.
#[derive(Debug)]
pub(super) struct StatementScans {
    pub(super) scans: Vec<ScanSpec>,
    /// The scans of the statements that read the same pages later.
    pub(super) foreseen: Vec<ScanSpec>,
    /// What its pages are kept for beyond the statement.
    pub(super) kept: Option<PageLease>,
}

/// A part of a statement at this worker, as an extension of its session's configuration.
#[derive(Debug)]
pub(crate) struct Task {
    statements: Arc<WorkerStatements>,
    /// The pages that its coordinator's statements may read again.
    kept: Arc<PageStore>,
    part: OnceLock<Part>,
}

/// What is known of it once its first scan is.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) statement: Arc<WorkerStatement>,
    pub(super) record: Arc<Record>,
    pub(super) options: LightsailOptions,
    pub(super) profiles: Vec<Profile>,
    pub(super) in_order: bool,
    pub(super) process: Arc<str>,
}

impl Task {
    pub(crate) fn new(statements: Arc<WorkerStatements>, kept: Arc<PageStore>) -> Self {
        Self { statements, kept, part: OnceLock::new() }
    }

    /// Finds out that this worker may run what another build sent, and asks the profiles that it names.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another build, [`Kind::Credentials`] for a profile that is not this worker's to ask.
    pub(super) fn check<'a>(
        &self,
        build: &str,
        profiles: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Profile>> {
        if build != self.statements.build {
            let what = format!("this worker is {}, and the coordinator is {build}", self.statements.build);
            return Err(Error::new(Kind::Usage, what).with_hint("both must be of the same build"));
        }
        let offered = |name: &str| {
            let found = self.statements.offered.iter().find(|profile| profile.name == name);
            found.cloned().ok_or_else(|| {
                Error::new(
                    Kind::Credentials,
                    format!("profile {name} is not among those that this worker asks"),
                )
            })
        };
        profiles.into_iter().map(offered).collect()
    }

    /// The part, which its first scan begins.
    ///
    /// # Errors
    /// [`Kind::Api`] when pages that it goes on with are not here any more.
    pub(super) fn begin(
        &self,
        statement: &[u8],
        reads: StatementScans,
        mut options: LightsailOptions,
        profiles: Vec<Profile>,
        in_order: bool,
    ) -> Result<&Part> {
        if let Some(part) = self.part.get() {
            return Ok(part);
        }
        options.page_memory = options.page_memory.min(self.statements.page_memory);
        let entered = self.statements.enter(statement, &reads, &options, &self.kept)?;
        let (record, process) = (entered.context.begin(), Arc::clone(&self.statements.process));
        Ok(self.part.get_or_init(|| Part {
            record,
            statement: entered,
            options,
            profiles,
            in_order,
            process,
        }))
    }

    /// The part; `None` if nothing of it asks.
    pub(super) fn part(&self) -> Option<&Part> {
        self.part.get()
    }
}

impl Part {
    /// What a scan of it shares with the others. It asks the targets that `near` says, and is the one at this
    /// place in the plan of its statement.
    pub(super) fn shared(&self, near: RegionShares, place: usize) -> Shared {
        Shared {
            record: Arc::clone(&self.record),
            snapshot: Arc::clone(&self.statement.snapshot),
            groups: Arc::clone(&self.statement.groups),
            targets: "".into(),
            is_beside: false,
            in_order: self.in_order,
            needless: None,
            is_part: true,
            near: Arc::new(near),
            place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_build_and_a_strange_profile_are_refused() {
        let profile = |name: &str| Profile { name: name.into(), is_explicit: true };
        let clients = Arc::new(Clients::new(crate::aws::Settings::default()));
        let statements =
            WorkerStatements::new(clients, vec![profile("a"), profile("b")], "one".into(), "p".into(), 0);
        let task = Task::new(Arc::new(statements), Arc::default());
        assert_eq!(task.check("one", ["b"]).unwrap(), [profile("b")]);
        assert_eq!(task.check("two", ["b"]).unwrap_err().kind(), Kind::Usage);
        assert_eq!(task.check("one", ["c"]).unwrap_err().kind(), Kind::Credentials);
    }
}
