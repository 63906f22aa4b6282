//! Which scans a LIMIT over the whole statement leaves alone once it has its rows: whichever rows those are, they are an
//! answer, and a target that failed below is not missing in it.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;

use crate::scan::exec::ScanExec;
use crate::scan::share::beside::address;
use crate::scan::share::concat::ConcatExec;

/// How many rows a LIMIT over the whole plan lets through; `None` if there is none, or if it takes the first of an order.
pub(crate) fn limit(plan: &Arc<dyn ExecutionPlan>) -> Option<usize> {
    limited(plan)?.fetch()
}

/// The node of the LIMIT over the whole plan.
fn limited(plan: &Arc<dyn ExecutionPlan>) -> Option<&Arc<dyn ExecutionPlan>> {
    if plan.downcast_ref::<SortExec>().is_some() {
        return None;
    }
    if plan.fetch().is_some() {
        return Some(plan);
    }
    let keeps_rows = plan.downcast_ref::<ProjectionExec>().is_some()
        || plan.downcast_ref::<CooperativeExec>().is_some()
        || plan.downcast_ref::<CoalescePartitionsExec>().is_some();
    match plan.children()[..] {
        [input] if keeps_rows => limited(input),
        _ => None,
    }
}

/// The scans, by their address, of which the LIMIT over the whole plan needs no more rows than it gets: between them and the
/// LIMIT stand only nodes that a row more gives no row less.
pub(in crate::scan) fn needless(plan: &Arc<dyn ExecutionPlan>) -> HashSet<*const ()> {
    let mut found = HashSet::new();
    if let Some(limited) = limited(plan) {
        gather(limited, &mut found);
    }
    found
}

fn gather(node: &Arc<dyn ExecutionPlan>, found: &mut HashSet<*const ()>) {
    if node.downcast_ref::<ScanExec>().is_some() {
        found.insert(address(node));
        return;
    }
    let is_plain = node.downcast_ref::<ProjectionExec>().is_some()
        || node.downcast_ref::<CooperativeExec>().is_some()
        || node.downcast_ref::<CoalescePartitionsExec>().is_some()
        || node.downcast_ref::<RepartitionExec>().is_some()
        || node.downcast_ref::<FilterExec>().is_some()
        || node.downcast_ref::<GlobalLimitExec>().is_some()
        || node.downcast_ref::<LocalLimitExec>().is_some()
        || node.downcast_ref::<UnionExec>().is_some()
        || node.downcast_ref::<ConcatExec>().is_some()
        || node.downcast_ref::<CrossJoinExec>().is_some();
    let join = node.downcast_ref::<HashJoinExec>().map(|join| *join.join_type());
    let join = join.or(node.downcast_ref::<NestedLoopJoinExec>().map(|join| *join.join_type()));
    let is_growing =
        join.is_some_and(|kind| matches!(kind, JoinType::Inner | JoinType::LeftSemi | JoinType::RightSemi));
    if is_plain || is_growing {
        node.children().into_iter().for_each(|child| gather(child, found));
    }
}
