//! The optimizer rule that gives all scans of a query the same page logs: DataFusion itself shares no scans, and a join
//! of three tables that one operation feeds would read the fleet three times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;

use super::beside::{address, beside, is_limited};
use super::bounds::Bounds;
use super::concat;
use super::exec::ScanExec;
use super::narrow::narrow;
use super::record::RecordLog;
use super::snapshot::Snapshot;
use super::spec::{Group, Shared, groups};
use super::trace::{Meeting, trace};
use crate::aws::Clients;
use crate::catalog::shortfall::Shortfall;
use crate::error::{Error, Kind};
use crate::options::{LightsailOptions, list};

/// Gives all scans of a query one snapshot, and of several queries too while one is held or cached.
#[derive(Debug)]
pub struct ShareScans {
    clients: Arc<Clients>,
    kept: Mutex<Kept>,
    log: RecordLog,
}

/// Snapshots that outlive a query.
#[derive(Debug, Default)]
struct Kept {
    is_held: bool,
    snapshot: Option<Arc<Snapshot>>,
    /// What the statements of a batch read.
    foreseen: HashMap<&'static str, Group>,
}

impl Kept {
    fn foresee(&mut self, groups: HashMap<&'static str, Group>) {
        for (operation, group) in groups {
            let foreseen = self.foreseen.entry(operation).or_default();
            let scans = foreseen.scans + group.scans;
            foreseen.foresee(&group);
            foreseen.scans = scans;
        }
    }
}

impl ShareScans {
    /// The rule for scans that go through `clients`.
    pub fn new(clients: Arc<Clients>) -> Self {
        Self { clients, kept: Mutex::default(), log: RecordLog::default() }
    }

    /// From now on all queries read one snapshot, as the statements of one batch run do.
    pub fn hold_snapshot(&self) {
        *self.kept() = Kept { is_held: true, ..Kept::default() };
    }

    /// When the snapshot that is held was begun, if a query has read it.
    pub fn held_since(&self) -> Option<SystemTime> {
        let kept = self.kept();
        let snapshot = kept.snapshot.as_ref().filter(|snapshot| kept.is_held && snapshot.has_pages());
        snapshot.map(|snapshot| snapshot.taken_at())
    }

    /// Whatever was read is asked for anew.
    pub fn refresh(&self) {
        self.kept().snapshot = None;
    }

    /// The queries that were planned.
    pub fn log(&self) -> &RecordLog {
        &self.log
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The snapshot that a query of these scans reads. Nobody knows how often a recursive one reads them: it keeps all
    /// that fits into its memory.
    fn snapshot(
        &self,
        options: &LightsailOptions,
        groups: &HashMap<&'static str, Group>,
        is_recursive: bool,
    ) -> Arc<Snapshot> {
        let (clients, memory) = (Arc::clone(&self.clients), options.page_memory);
        let mut kept = self.kept();
        if kept.is_held {
            let begin = || Arc::new(Snapshot::lasting(clients, memory));
            return Arc::clone(kept.snapshot.get_or_insert_with(begin));
        }
        if options.cache_ttl.is_zero() {
            kept.snapshot = None;
            if is_recursive {
                return Arc::new(Snapshot::lasting(clients, memory));
            }
            let readers = groups.iter().map(|(operation, group)| (*operation, group.tables.len())).collect();
            return Arc::new(Snapshot::of_one_query(clients, memory, readers));
        }
        if let Some(snapshot) = kept.snapshot.as_ref().filter(|kept| kept.is_like(memory, options.cache_ttl))
        {
            snapshot.renew();
            return Arc::clone(snapshot);
        }
        let snapshot = Arc::new(Snapshot::caching(clients, memory, options.cache_ttl));
        kept.snapshot = Some(Arc::clone(&snapshot));
        snapshot
    }
}

/// Finds out that a bounded query reads one listing: what MaxItems would count of two, nobody could say.
fn check_bounds(options: &LightsailOptions, scans: &[ScanExec]) -> Result<(), Error> {
    if !options.is_bounded() {
        return Ok(());
    }
    let mut operations: Vec<_> =
        scans.iter().flat_map(|scan| scan.scan().operations()).map(|(operation, _)| operation.name).collect();
    operations.sort_unstable();
    operations.dedup();
    match operations[..] {
        [operation] => Bounds::of(options, operation).map(drop),
        _ => Err(Error::new(
            Kind::Usage,
            format!(
                "--max-items and --starting-token bound one listing, and this query reads {}",
                operations.join(" and ")
            ),
        )
        .with_hint("ask each table in a query of its own, or use LIMIT")),
    }
}

impl PhysicalOptimizerRule for ShareScans {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = narrow(plan)?;
        let options = config.extensions.get::<LightsailOptions>().cloned().unwrap_or_default();
        // Which rows a LIMIT takes is open, and it shall not wait for others than those that are here.
        let in_order = options.in_order && !is_limited(&plan)?;
        let plan = if in_order { concat::in_order(plan)? } else { plan };
        let mut scans = Vec::new();
        plan.apply(|node| {
            scans.extend(node.downcast_ref::<ScanExec>().cloned());
            Ok(TreeNodeRecursion::Continue)
        })?;
        if scans.is_empty() {
            return Ok(plan);
        }
        let mut groups = groups(scans.iter().map(ScanExec::scan));
        if options.foresees {
            self.kept().foresee(groups);
            return Ok(plan);
        }
        check_bounds(&options, &scans).map_err(DataFusionError::from)?;
        for (operation, group) in &mut groups {
            self.kept().foreseen.get(operation).into_iter().for_each(|foreseen| group.foresee(foreseen));
        }
        let is_recursive = plan.exists(|node| Ok(node.downcast_ref::<RecursiveQueryExec>().is_some()))?;
        let snapshot = self.snapshot(&options, &groups, is_recursive);
        let record = self.log.begin(snapshot.taken_at());
        let targets = (list(&options.profiles), list(&options.regions));
        if let Some(text) = targets.0.is_empty().then(|| self.clients.say_who_signs()).flatten() {
            record.note(|notes| {
                notes.shortfalls.insert(Shortfall::new("profile", text).of_nothing());
            });
        }
        let groups = Arc::new(groups);
        let beside = beside(&plan, options.is_one_target())?;
        let trace = trace(&plan);
        if !trace.meetings.is_empty() && !self.clients.asks_all(&targets.0, &targets.1) {
            record.note(|notes| notes.shortfalls.extend(trace.meetings.iter().map(Meeting::shortfall)));
        }
        let shared = plan.transform_up(|node| {
            if let Some(filter) = node.downcast_ref::<FilterExec>() {
                // By default it gathers thousands of rows before it hands on any.
                return Ok(Transformed::yes(Arc::new(filter.with_batch_size(1)?)));
            }
            let Some(scan) = node.downcast_ref::<ScanExec>() else { return Ok(Transformed::no(node)) };
            let shared = Shared {
                record: Arc::clone(&record),
                snapshot: Arc::clone(&snapshot),
                groups: Arc::clone(&groups),
                targets: scan.scan().describe_targets(&targets.0, &targets.1).into(),
                is_beside: beside.contains(&address(&node)),
                said: trace.said.get(&address(&node)).cloned().unwrap_or_default(),
                in_order,
            };
            let scan = scan.sharing(shared);
            record.foresee(|notes| scan.scan().foresee(notes, &options));
            Ok(Transformed::yes(Arc::new(scan)))
        })?;
        Ok(shared.data)
    }

    fn name(&self) -> &str {
        "share_scans"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
