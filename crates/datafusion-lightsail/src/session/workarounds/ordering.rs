//! Sorts and limits stay where they stand, and no order is claimed that rows do not have.
//!
//! Stock DataFusion's `EnsureRequirements` decides which sorts a plan needs. It is misled in these ways, and then answers
//! wrongly without a word, or not at all:
//!
//! - It moves the sort of an outer ORDER BY or window below an inner LIMIT, and forgets its OFFSET there
//!   (apache/datafusion#25378): `SELECT … FROM (SELECT … LIMIT 10 OFFSET 3) ORDER BY 1` has 7 rows. Even without an OFFSET
//!   it reads all pages where the LIMIT wants one.
//! - A join says that its rows are in the order of its probe side and then of its build side, which they are not where two
//!   rows of the probe side have the same key (apache/datafusion#25052). A sort by both is taken for done.
//! - An outer join says that a column which is the same in all rows of a side is the same in all of its own, where it is
//!   NULL in those without a partner. A sort by it is taken for done.
//! - A join forgets, once columns are left out of it, that literals of a UNION's branches put its rows in an order, and
//!   the plan is refused; so is a window, such as that of EXCEPT ALL, over such a UNION.
//! - An aggregate over GROUPING SETS takes ordered rows for ordered groups and hands some on twice
//!   (apache/datafusion#16965, #24421).
//! - DISTINCT with a LIMIT over ordered rows is planned as a top-k, which has no direction then and fails.
//! - A window over groups of ordered rows takes all its partitions for ordered, and fails when it runs.
//! - An aggregate with an ORDER BY takes a literal for a column that needs no sort, and a join below forgets that it is one.
//! - A running max or min is taken for sorted although its NULLs stand at the wrong end, and ORDER BY is left out.
//!
//! Barriers keep it from that: one that stands above each LIMIT while the rule runs, and one that hides an order.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{JoinType, Result};
use datafusion::physical_expr::AcrossPartitions;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use crate::scan::barrier::Barrier;

/// Runs `EnsureRequirements` over a plan with barriers.
#[derive(Debug)]
pub(super) struct EnsureRequirementsWithBarriers(pub(super) Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for EnsureRequirementsWithBarriers {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let barred = plan.transform_up(|node| {
            let node = hide_false_order(node)?;
            Ok(Transformed::yes(if is_limit(&node) { Barrier::fence(node) } else { node }))
        })?;
        let planned = self.0.optimize(barred.data, config)?;
        let unfenced = planned.transform_up(|node| {
            Ok(match Barrier::fenced(&node) {
                Some(limit) => Transformed::yes(Arc::clone(limit)),
                None => Transformed::no(node),
            })
        })?;
        Ok(unfenced.data)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

fn is_limit(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<GlobalLimitExec>().is_some() || plan.downcast_ref::<LocalLimitExec>().is_some()
}

/// Hides the orders of inputs from which a node would derive a false one.
fn hide_false_order(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let is_misled = |aggregate: &AggregateExec| {
        let is_ordered = |aggregate: &Arc<AggregateFunctionExpr>| !aggregate.order_bys().is_empty();
        aggregate.group_expr().has_grouping_set()
            || aggregate.limit_options().is_some()
            || aggregate.aggr_expr().iter().any(is_ordered)
    };
    if plan.downcast_ref::<AggregateExec>().is_some_and(is_misled) {
        let inputs = plan.children().into_iter().cloned().map(Barrier::unordered).collect();
        return replace_children_if_necessary(plan, inputs);
    }
    let is_window = plan.downcast_ref::<WindowAggExec>().is_some()
        || plan.downcast_ref::<BoundedWindowAggExec>().is_some();
    if is_window {
        let inputs = plan.children().into_iter().cloned().map(Barrier::unordered).collect();
        return Ok(Barrier::unordered(replace_children_if_necessary(plan, inputs)?));
    }
    let has_constants =
        |branch: &&Arc<dyn ExecutionPlan>| !branch.equivalence_properties().constants().is_empty();
    if plan.downcast_ref::<UnionExec>().is_some() && plan.children().iter().any(has_constants) {
        return Ok(Barrier::unordered(plan));
    }
    let [left, right] = plan.children()[..] else { return Ok(plan) };
    let (join_type, says_order_of_left) = match plan.downcast_ref::<HashJoinExec>() {
        Some(join) => (*join.join_type(), may_be_ordered(left)?),
        None => match plan.downcast_ref::<NestedLoopJoinExec>() {
            Some(join) => (*join.join_type(), false),
            None => return Ok(plan),
        },
    };
    let becomes_null = |side: &Arc<dyn ExecutionPlan>, joins: [JoinType; 2]| {
        joins.contains(&join_type) && !side.equivalence_properties().eq_group().is_empty()
    };
    let hides = [
        says_order_of_left
            || is_same_in_each_partition(left)
            || becomes_null(left, [JoinType::Right, JoinType::Full]),
        is_same_in_each_partition(right) || becomes_null(right, [JoinType::Left, JoinType::Full]),
    ];
    let sides = [left, right].into_iter().zip(hides);
    let sides = sides.map(|(side, hides)| match hides {
        true => Barrier::unordered(Arc::clone(side)),
        false => Arc::clone(side),
    });
    let sides = sides.collect();
    replace_children_if_necessary(plan, sides)
}

/// Whether a column is the same in all rows of a partition and another in the next, as a literal of a UNION's branches is.
fn is_same_in_each_partition(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let constants = plan.equivalence_properties().constants();
    constants.iter().any(|constant| constant.across_partitions == AcrossPartitions::Heterogeneous)
}

/// Whether the rows of a plan have an order, or will once the sorts that it requires are there.
fn may_be_ordered(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    plan.exists(|node| {
        let requires_order = node.required_input_ordering().iter().any(Option::is_some);
        Ok(requires_order || node.output_ordering().is_some())
    })
}
