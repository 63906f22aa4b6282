//! What the scans of one statement have in common at a worker: pages, limits, and the record of each part of the plan.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use datafusion::common::Result as DataFusionResult;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;

use super::report::ReportExec;
use crate::aws::Clients;
use crate::aws::target::Profile;
use crate::error::{Error, Kind, Result};
use crate::options::LightsailOptions;
use crate::scan::barrier::Barrier;
use crate::scan::context::ScanContext;
use crate::scan::exec::ScanExec;
use crate::scan::plan::groups::{Groups, groups};
use crate::scan::plan::names::Said;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::read::cache::PageCache;
use crate::scan::read::shared::Shared;
use crate::scan::read::snapshot::Snapshot;
use crate::scan::record::Record;
use crate::scan::share::beside::{address, beside};

/// The statements that a worker has a part in.
#[derive(Debug)]
pub(crate) struct Runs {
    clients: Arc<Clients>,
    /// The profiles that may be asked.
    pub(super) offered: Vec<Profile>,
    /// The build of this program, which must be the coordinator's.
    pub(super) build: String,
    runs: Mutex<HashMap<Vec<u8>, Weak<Run>>>,
}

/// A statement at this worker, for as long as one of its parts is.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) context: ScanContext,
    snapshot: Arc<Snapshot>,
    groups: Arc<Groups>,
}

impl Runs {
    pub(crate) fn new(clients: Arc<Clients>, offered: Vec<Profile>, build: String) -> Self {
        Self { clients, offered, build, runs: Mutex::default() }
    }

    /// The statement by this id, which begins with its first part.
    fn enter(&self, id: &[u8], scans: &[ScanSpec], page_memory: usize) -> Arc<Run> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|_, run| run.strong_count() > 0);
        if let Some(run) = runs.get(id).and_then(Weak::upgrade) {
            return run;
        }
        let groups = groups(scans);
        let readers = groups.iter().map(|(operation, group)| (*operation, group.tables.len())).collect();
        let cache = Arc::new(PageCache::new(Arc::clone(&self.clients)));
        let run = Arc::new(Run {
            context: ScanContext::new(Arc::clone(&self.clients), cache),
            snapshot: Arc::new(Snapshot::of_one_query(Arc::clone(&self.clients), page_memory, readers)),
            groups: Arc::new(groups),
        });
        runs.insert(id.to_vec(), Arc::downgrade(&run));
        run
    }
}

/// A part of a statement at this worker, as an extension of its session's configuration.
#[derive(Debug)]
pub(crate) struct Task {
    runs: Arc<Runs>,
    part: OnceLock<Part>,
}

/// What is known of it once its first scan is.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) run: Arc<Run>,
    pub(super) record: Arc<Record>,
    pub(super) options: LightsailOptions,
    pub(super) profiles: Vec<Profile>,
    pub(super) in_order: bool,
}

impl Task {
    pub(crate) fn new(runs: Arc<Runs>) -> Self {
        Self { runs, part: OnceLock::new() }
    }

    /// Finds out that this worker may run what another build sent, and asks the profiles that it names.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another build, [`Kind::Credentials`] for a profile that is not this worker's to ask.
    pub(super) fn check(&self, build: &str, profiles: &[String]) -> Result<Vec<Profile>> {
        if build != self.runs.build {
            let what = format!("this worker is {}, and the coordinator is {build}", self.runs.build);
            return Err(Error::new(Kind::Usage, what).with_hint("both must be of the same build"));
        }
        let offered = |name: &String| {
            let found = self.runs.offered.iter().find(|profile| profile.name == *name);
            found.cloned().ok_or_else(|| {
                Error::new(
                    Kind::Credentials,
                    format!("profile {name} is not among those that this worker asks"),
                )
            })
        };
        profiles.iter().map(offered).collect()
    }

    /// The part, which its first scan begins.
    pub(super) fn begin(
        &self,
        statement: &[u8],
        scans: &[ScanSpec],
        options: LightsailOptions,
        profiles: Vec<Profile>,
        in_order: bool,
    ) -> &Part {
        self.part.get_or_init(|| {
            let run = self.runs.enter(statement, scans, options.page_memory);
            Part { record: run.context.begin(), run, options, profiles, in_order }
        })
    }

    /// The part; `None` if nothing of it asks.
    pub(super) fn part(&self) -> Option<&Part> {
        self.part.get()
    }
}

impl Part {
    /// What a scan of it shares with the others.
    pub(super) fn shared(&self) -> Shared {
        Shared {
            record: Arc::clone(&self.record),
            snapshot: Arc::clone(&self.run.snapshot),
            groups: Arc::clone(&self.run.groups),
            targets: "".into(),
            is_beside: false,
            in_order: self.in_order,
            needless: None,
            is_part: true,
            place: 0,
        }
    }
}

/// Refuses a plan with a node that no coordinator of ours sends, and makes the rest ready to run: what runs here runs with
/// the credentials of this machine.
///
/// # Errors
/// [`Kind::Usage`] that names the node.
pub(crate) fn ready(
    plan: Arc<dyn ExecutionPlan>,
    push: super::Push,
) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let is_root = plan.downcast_ref::<ReportExec>().is_some();
    let mut refused = (!is_root).then(|| plan.name().to_owned());
    plan.apply(|node| {
        if refused.is_none() && !is_allowed(node) {
            refused = Some(node.name().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if let Some(name) = refused {
        let what =
            format!("this worker runs scans of Lightsail and what is made of them alone: {name} is refused");
        return Err(Error::new(Kind::Usage, what).into());
    }
    let plan = afresh(plan, push)?;
    let is_one_target = false;
    let beside = beside(&plan, is_one_target)?;
    let plan = plan.transform_up(|node| {
        if let Some(filter) = node.downcast_ref::<FilterExec>() {
            // By default it gathers thousands of rows before it hands on any.
            return Ok(Transformed::yes(Arc::new(filter.with_batch_size(1)?) as _));
        }
        match node.downcast_ref::<ScanExec>() {
            Some(scan) if beside.contains(&address(&node)) => {
                Ok(Transformed::yes(Arc::new(scan.beside()) as _))
            }
            _ => Ok(Transformed::no(node)),
        }
    })?;
    Ok(plan.data)
}

/// A plan whose scans hear of its own joins and sorts, and of no others.
pub(super) fn afresh(
    plan: Arc<dyn ExecutionPlan>,
    push: super::Push,
) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
    let plan = plan.transform_up(|node| {
        if let Some(scan) = node.downcast_ref::<ScanExec>() {
            return Ok(Transformed::yes(Arc::new(scan.unheard()) as Arc<dyn ExecutionPlan>));
        }
        // A join that has told a scan already tells no other.
        match node.downcast_ref::<HashJoinExec>().is_some() {
            true => Ok(Transformed::yes(node.reset_state()?)),
            false => Ok(Transformed::no(node)),
        }
    })?;
    push(plan.data)
}

fn is_allowed(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.downcast_ref::<ReportExec>().is_some()
        || node.downcast_ref::<ScanExec>().is_some()
        || node.downcast_ref::<EmptyExec>().is_some()
        || node.downcast_ref::<FilterExec>().is_some()
        || node.downcast_ref::<ProjectionExec>().is_some()
        || node.downcast_ref::<HashJoinExec>().is_some()
        || node.downcast_ref::<AggregateExec>().is_some()
        || node.downcast_ref::<SortExec>().is_some()
        || node.downcast_ref::<LocalLimitExec>().is_some()
        || node.downcast_ref::<GlobalLimitExec>().is_some()
        || node.downcast_ref::<UnionExec>().is_some()
        || node.downcast_ref::<CoalescePartitionsExec>().is_some()
        || node.downcast_ref::<CooperativeExec>().is_some()
        || Barrier::is_unordered(node)
}

/// What a coordinator says of a scan that its worker does not find out by itself.
pub(super) fn said(later: Vec<String>, is_in_union: bool) -> Said {
    Said { later: Arc::new(later.into_iter().collect()), is_in_union, ..Said::default() }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{CsvReadOptions, SessionContext};
    use datafusion_distributed::NetworkCoalesceExec;

    use super::*;

    fn refusal(plan: Arc<dyn ExecutionPlan>) -> String {
        Error::from(ready(plan, Ok).unwrap_err()).to_string()
    }

    #[tokio::test]
    async fn a_plan_that_reads_a_file_or_asks_another_worker_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets.csv");
        std::fs::write(&file, "a\n1\n").unwrap();
        let context = SessionContext::new();
        context.register_csv("t", file.to_str().unwrap(), CsvReadOptions::new()).await.unwrap();
        let plan =
            context.sql("SELECT a FROM t WHERE a > 0").await.unwrap().create_physical_plan().await.unwrap();
        let bare = refusal(Arc::clone(&plan));
        assert!(bare.contains("is refused"), "{bare}");
        let sent: Arc<dyn ExecutionPlan> = Arc::new(ReportExec::new(plan, Vec::new()));
        let reads = refusal(Arc::clone(&sent));
        assert!(reads.contains("is refused"), "{reads}");
        let empty: Arc<dyn ExecutionPlan> = Arc::new(EmptyExec::new(sent.schema()));
        let asks = NetworkCoalesceExec::try_new(Arc::clone(&empty), 2, 1).unwrap();
        let asks = refusal(Arc::new(ReportExec::new(Arc::new(asks), Vec::new())));
        assert!(asks.contains("NetworkCoalesceExec is refused"), "{asks}");
        ready(Arc::new(ReportExec::new(empty, Vec::new())), Ok).unwrap();
    }

    #[test]
    fn another_build_and_a_strange_profile_are_refused() {
        let profile = |name: &str| Profile { name: name.into(), is_explicit: true };
        let clients = Arc::new(Clients::new(crate::aws::Settings::default()));
        let task = Task::new(Arc::new(Runs::new(clients, vec![profile("a"), profile("b")], "one".into())));
        assert_eq!(task.check("one", &["b".into()]).unwrap(), [profile("b")]);
        assert_eq!(task.check("two", &["b".into()]).unwrap_err().kind(), Kind::Usage);
        assert_eq!(task.check("one", &["c".into()]).unwrap_err().kind(), Kind::Credentials);
    }
}
