//! The optimizer rule that gives all scans of a query the same page logs: DataFusion itself shares no scans, and a join
//! of three tables that one operation feeds would read the fleet three times.

pub(in crate::scan) mod beside;
pub(in crate::scan) mod concat;
pub(crate) mod enough;
pub(in crate::scan) mod join;
mod meeting;
pub(in crate::scan) mod narrow;
pub(in crate::scan) mod origin;
pub(in crate::scan) mod sources;
pub(in crate::scan) mod trace;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;

use crate::error::{Error, Kind};
use crate::options::{LightsailOptions, list};
use crate::scan::context::{Mode, RowOrder, ScanContext};
use crate::scan::exec::ScanExec;
use crate::scan::made::MadeExec;
use crate::scan::plan::groups::{Groups, groups_with};
use crate::scan::read::pagination::Pagination;
use crate::scan::read::shared::Shared;
use crate::scan::read::snapshot::Snapshot;
use crate::scan::share::beside::{address, beside, is_limited};
use crate::scan::share::enough::needless;
use crate::scan::share::narrow::narrow;
use crate::scan::share::trace::trace;

/// Gives all scans of a statement one snapshot, and one record. It holds no state: what it works with comes from the
/// session's [`ScanContext`]; a session without one is left alone.
#[derive(Debug, Default)]
pub struct ShareScans;

/// The snapshot that the scans of a plan read. Nobody knows how often a recursive plan reads them: it keeps all that fits
/// into its memory.
fn snapshot(
    context: &ScanContext,
    options: &LightsailOptions,
    groups: &Groups,
    is_recursive: bool,
) -> Arc<Snapshot> {
    let memory = options.page_memory;
    let lasting = || Snapshot::lasting(Arc::clone(&context.clients), memory);
    if let Some(held) = context.held.snapshot(lasting) {
        return held;
    }
    if !options.cache_ttl.is_zero() {
        return context.cache.snapshot(options.cache_ttl, memory);
    }
    if is_recursive {
        return Arc::new(lasting());
    }
    let readers = groups.iter().map(|(operation, group)| (*operation, group.tables.len())).collect();
    Arc::new(Snapshot::of_one_query(Arc::clone(&context.clients), memory, readers))
}

/// Finds out that a bounded query reads one listing: what MaxItems would count of two, nobody could say.
fn check_pagination(options: &LightsailOptions, scans: &[ScanExec]) -> Result<(), Error> {
    if !options.is_bounded() {
        return Ok(());
    }
    let mut operations: Vec<_> =
        scans.iter().flat_map(|scan| scan.spec().operations()).map(|(operation, _)| operation.name).collect();
    operations.sort_unstable();
    operations.dedup();
    match operations[..] {
        [operation] => Pagination::of(options, operation).map(drop),
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
        let Some(context) = ScanContext::of(config) else { return Ok(plan) };
        let plan = narrow(plan)?;
        let options = config.extensions.get::<LightsailOptions>().cloned().unwrap_or_default();
        let statement = context.statement();
        let mode = statement.map_or(Mode::Run, |statement| statement.mode);
        let order = statement.map_or(RowOrder::Arrival, |statement| statement.order);
        // Which rows a LIMIT takes is open, and it shall not wait for others than those that are here.
        let in_order = order == RowOrder::Target && !is_limited(&plan)?;
        let plan = if in_order { concat::in_order(plan)? } else { plan };
        let (mut scans, mut reads_made) = (Vec::new(), false);
        plan.apply(|node| {
            scans.extend(node.downcast_ref::<ScanExec>().cloned());
            reads_made |= node.downcast_ref::<MadeExec>().is_some();
            Ok(TreeNodeRecursion::Continue)
        })?;
        if scans.is_empty() && !reads_made {
            return Ok(plan);
        }
        let record = || statement.map_or_else(|| context.begin(), |statement| Arc::clone(&statement.record));
        if scans.is_empty() {
            if mode != Mode::Foresee {
                trace(&plan, &options).tell(&record(), &context.clients, &options);
            }
            return Ok(plan);
        }
        if mode == Mode::Foresee {
            context.held.foresee(scans.iter().map(|scan| scan.spec().clone()));
            return Ok(plan);
        }
        check_pagination(&options, &scans).map_err(DataFusionError::from)?;
        let groups = groups_with(scans.iter().map(ScanExec::spec), &context.held.foreseen());
        let is_recursive = plan.exists(|node| Ok(node.downcast_ref::<RecursiveQueryExec>().is_some()))?;
        let snapshot = snapshot(context, &options, &groups, is_recursive);
        let record = record();
        let (clients, targets) = (&context.clients, (list(&options.profiles), list(&options.regions)));
        let groups = Arc::new(groups);
        let beside = beside(&plan, options.is_one_target())?;
        let needless = needless(&plan);
        let mut trace = trace(&plan, &options);
        trace.tell(&record, clients, &options);
        #[cfg(feature = "cluster")]
        let mut places = 0..;
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
                targets: scan.spec().describe_targets(clients, &targets.0, &targets.1, |_| true).into(),
                is_beside: beside.contains(&address(&node)),
                in_order,
                needless: statement
                    .filter(|_| needless.contains(&address(&node)))
                    .map(|statement| Arc::clone(&statement.needless)),
                is_part: false,
                #[cfg(feature = "cluster")]
                near: Arc::default(),
                #[cfg(feature = "cluster")]
                place: places.next().unwrap_or_default(),
            };
            let scan = scan.sharing(trace.said.remove(&address(&node)).unwrap_or_default(), shared);
            record.foresee(|notes| scan.spec().foresee(notes, clients, &options));
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
