//! Which operation alone can answer what a join wants of a table of all kinds of resources: who joins `tags` on the ARNs
//! of instances finds them on the pages of GetInstances, and need not read buckets and domains for it.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinSide, JoinType, NullEquality, Result};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::projection::ProjectionExec;

use crate::catalog::operation::Operation;
use crate::scan::exec::ScanExec;
use crate::scan::plan::spec::ScanSpec;
use crate::scan::share::beside::address;
use crate::scan::share::origin::origin;

/// The column of a scan that a column of a plan is, in rows that may have been dropped on the way.
struct Found<'a> {
    scan: &'a ScanSpec,
    address: *const (),
    name: String,
    /// Whether a row that the scan left out would only leave out rows that were made of it.
    is_plain: bool,
}

/// The plan with its scans kept to the operations that can have what their joins want.
pub(in crate::scan) fn narrow(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let mut narrowed: HashMap<*const (), &'static Operation> = HashMap::new();
    plan.apply(|node| {
        if let Some(join) = node.downcast_ref::<HashJoinExec>()
            && !join.null_aware
            && join.null_equality() == NullEquality::NullEqualsNothing
        {
            // Of the sides of which a row without a partner is dropped, one or both.
            let (left, right) = join.join_type().on_lr_is_preserved();
            for (left_key, right_key) in join.on() {
                let sides = (find_key(join.left(), left_key), find_key(join.right(), right_key));
                let (Some(of_left), Some(of_right)) = sides else { continue };
                if let Some(only) = only(&of_left, &of_right).filter(|_| left) {
                    narrowed.insert(of_left.address, only);
                }
                if let Some(only) = only(&of_right, &of_left).filter(|_| right) {
                    narrowed.insert(of_right.address, only);
                }
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if narrowed.is_empty() {
        return Ok(plan);
    }
    let kept = plan.transform_up(|node| {
        let scan = node.downcast_ref::<ScanExec>().zip(narrowed.get(&address(&node)));
        Ok(match scan {
            Some((scan, only)) => Transformed::yes(Arc::new(scan.narrowed(only)) as _),
            None => Transformed::no(node),
        })
    })?;
    Ok(kept.data)
}

/// The one operation that can have rows of a table whose `resource_arn` is an ARN of the other's items.
fn only(of: &Found<'_>, items: &Found<'_>) -> Option<&'static Operation> {
    let [source] = &items.scan.sources()[..] else { return None };
    let is_own_arn = items.name.strip_suffix("arn") == items.scan.table.key()?.strip_suffix("name");
    let all = of.scan.sources();
    let is_fed = all.iter().any(|fed| fed.operation == source.operation);
    let is_it = of.is_plain && of.name == "resource_arn" && all.len() > 1 && is_own_arn && is_fed;
    is_it.then_some(source.operation)
}

fn find_key<'a>(plan: &'a Arc<dyn ExecutionPlan>, key: &Arc<dyn PhysicalExpr>) -> Option<Found<'a>> {
    find(plan, key.downcast_ref::<Column>()?.index())
}

fn find(plan: &Arc<dyn ExecutionPlan>, index: usize) -> Option<Found<'_>> {
    if let Some(scan) = plan.downcast_ref::<ScanExec>() {
        let name = plan.schema().field(index).name().clone();
        return Some(Found { scan: scan.spec(), address: address(plan), name, is_plain: true });
    }
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        return find_key(projection.input(), &projection.expr().get(index)?.expr);
    }
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let index = filter.projection().as_ref().map_or(Some(index), |kept| kept.get(index).copied())?;
        return find(filter.input(), index);
    }
    let join = plan.downcast_ref::<HashJoinExec>()?;
    let of = origin(join, index)?;
    let found = find(if of.side == JoinSide::Left { join.left() } else { join.right() }, of.index)?;
    Some(Found { is_plain: found.is_plain && *join.join_type() == JoinType::Inner, ..found })
}
