//! Which scans of a plan can be read beside what their joins, or the UNIONs whose branches follow one another, read first:
//! those whose calls no join decides.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;

use crate::scan::exec::ScanExec;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::share::concat::ConcatExec;

/// The scans of a plan that can be read beside what their joins read first, by their address. With one target a join has
/// none to leave out.
pub(in crate::scan) fn beside(
    plan: &Arc<dyn ExecutionPlan>,
    is_one_target: bool,
) -> Result<HashSet<*const ()>> {
    let mut beside = HashSet::new();
    // What a LIMIT may end early shall make no call ahead of its time.
    if is_limited(plan)? {
        return Ok(beside);
    }
    plan.apply(|node| {
        let is_join = node.downcast_ref::<HashJoinExec>().is_some()
            || node.downcast_ref::<NestedLoopJoinExec>().is_some()
            || node.downcast_ref::<CrossJoinExec>().is_some();
        let is_sequence =
            node.downcast_ref::<ConcatExec>().and_then(|node| node.children()[0].downcast_ref::<UnionExec>());
        let branches = match is_sequence {
            Some(union) => union.children(),
            None if is_join => node.children(),
            None => return Ok(TreeNodeRecursion::Continue),
        };
        let mut read_first = HashSet::new();
        for branch in branches {
            branch.apply(|leaf| {
                let scan = leaf.downcast_ref::<ScanExec>().map(ScanExec::spec);
                if scan.is_some_and(|scan| {
                    !read_first.is_empty()
                        && !scan.depends_on_join(is_one_target)
                        && read_first.is_disjoint(&operations_of(scan))
                }) {
                    beside.insert(address(leaf));
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
            read_first.extend(operations(branch)?);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(beside)
}

/// Whether a LIMIT may have enough before everything is read. A sort with a limit reads everything.
pub(in crate::scan) fn is_limited(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    plan.exists(|node| Ok(node.fetch().is_some() && node.downcast_ref::<SortExec>().is_none()))
}

/// What tells a node of a plan from all others.
pub(in crate::scan) fn address(node: &Arc<dyn ExecutionPlan>) -> *const () {
    Arc::as_ptr(node).cast()
}

fn operations(plan: &Arc<dyn ExecutionPlan>) -> Result<HashSet<&'static str>> {
    let mut operations = HashSet::new();
    plan.apply(|node| {
        operations.extend(
            node.downcast_ref::<ScanExec>().map(|scan| operations_of(scan.spec())).into_iter().flatten(),
        );
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(operations)
}

fn operations_of(scan: &ScanSpec) -> HashSet<&'static str> {
    scan.operations().into_iter().map(|(operation, _)| operation.name).collect()
}

impl ScanSpec {
    /// Whether what a join finds out can leave calls out, or change them.
    fn depends_on_join(&self, is_one_target: bool) -> bool {
        let asked = self.sources().into_iter().flat_map(|source| source.operation.asks_about());
        let targets = ["profile", "account_id", "region"].into_iter().filter(|_| !is_one_target);
        let targets = targets.chain(self.table.key()).map(ToOwned::to_owned);
        let texts = self.sources().into_iter().filter_map(|source| Some(source.texts?.0.to_owned()));
        asked.chain(targets).chain(texts).any(|column| self.hears_of(&column))
    }
}
