//! Filters that joins and sorts find at run time reach the leaves by the position of their columns.
//!
//! Stock DataFusion's `FilterPushdown` remaps them by name at every node on the way (apache/datafusion#21246, #25244), so
//! that a filter on `b.name` is taken for one on `a.name` where both sides of a join, a projection or a GROUP BY have a
//! column of that name. This rule takes its place in the Post phase. It asks the same nodes for the same filters and hands
//! them to the same leaves, so it can be deleted once upstream traces columns by position. The Pre phase, which moves
//! what stands in WHERE a second time, is left out: scans have taken theirs from the logical plan.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinSide, JoinType, Result};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::buffer::BufferExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::filter_pushdown::{
    ChildFilterPushdownResult, ChildPushdownResult, FilterPushdownPhase, PushedDown,
};
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::joins::utils::ColumnIndex;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;

use crate::scan::barrier::Barrier;
use crate::scan::origin;

type Filter = Arc<dyn PhysicalExpr>;

/// Hands the filters that joins and sorts find at run time down to the leaves.
#[derive(Debug)]
pub(super) struct PushDynamicFilters;

impl PhysicalOptimizerRule for PushDynamicFilters {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        push_down(plan, Vec::new(), config)
    }

    fn name(&self) -> &str {
        "FilterPushdown(Post)"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The plan with `filters`, which hold for the rows that its parent keeps, and with those of its own nodes in its leaves.
fn push_down(
    plan: Arc<dyn ExecutionPlan>,
    filters: Vec<Filter>,
    config: &ConfigOptions,
) -> Result<Arc<dyn ExecutionPlan>> {
    let children = plan.children();
    if children.is_empty() {
        return if filters.is_empty() { Ok(plan) } else { give_to_leaf(plan, filters, config) };
    }
    let own = own_filters(&plan, config)?;
    let mut pushed = Vec::with_capacity(children.len());
    for (place, child) in children.into_iter().enumerate() {
        let mut of_child = own.get(place).cloned().unwrap_or_default();
        for filter in &filters {
            of_child.extend(remap(&plan, place, filter)?);
        }
        pushed.push(push_down(Arc::clone(child), of_child, config)?);
    }
    let plan = replace_children_if_necessary(plan, pushed)?;
    if own.iter().all(Vec::is_empty) {
        return Ok(plan);
    }
    // Leaves only leave rows out that they can: the node still applies its own filters.
    let kept =
        |filters: Vec<Filter>| filters.into_iter().map(|own| PushedDown::No.wrap_expression(own)).collect();
    let result =
        ChildPushdownResult { parent_filters: Vec::new(), self_filters: own.into_iter().map(kept).collect() };
    let updated = plan.handle_child_pushdown_result(FilterPushdownPhase::Post, result, config)?;
    Ok(updated.updated_node.unwrap_or(plan))
}

/// The filters that a node itself has for each of its children.
///
/// Not those of MIN and MAX: their filter takes a NULL bound for one that no row passes (apache/datafusion#25147, #24816),
/// and saves no call.
fn own_filters(plan: &Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Vec<Vec<Filter>>> {
    if plan.downcast_ref::<AggregateExec>().is_some() {
        return Ok(Vec::new());
    }
    let description = plan.gather_filters_for_pushdown(FilterPushdownPhase::Post, Vec::new(), config)?;
    Ok(description.self_filters())
}

/// Gives filters over its columns to a leaf.
fn give_to_leaf(
    leaf: Arc<dyn ExecutionPlan>,
    filters: Vec<Filter>,
    config: &ConfigOptions,
) -> Result<Arc<dyn ExecutionPlan>> {
    let parent_filters =
        filters.into_iter().map(|filter| ChildFilterPushdownResult { filter, child_results: Vec::new() });
    let result = ChildPushdownResult { parent_filters: parent_filters.collect(), self_filters: Vec::new() };
    let updated = leaf.handle_child_pushdown_result(FilterPushdownPhase::Post, result, config)?;
    Ok(updated.updated_node.unwrap_or(leaf))
}

/// A filter over the columns of a node as one over those of a child; `None` if rows that the child left out for it would
/// change more than the rows which it drops.
fn remap(plan: &Arc<dyn ExecutionPlan>, child: usize, filter: &Filter) -> Result<Option<Filter>> {
    if plan.fetch().is_some() {
        return Ok(None);
    }
    let mut is_known = true;
    let traced = Arc::clone(filter).transform_down(|expr| {
        let Some(column) = expr.downcast_ref::<Column>() else { return Ok(Transformed::no(expr)) };
        Ok(match child_expr(plan, child, column.index()) {
            Some(source) if !contains_volatile(&source)? => {
                // What stands there is over the child's columns already.
                Transformed::new(source, true, TreeNodeRecursion::Jump)
            }
            _ => {
                is_known = false;
                Transformed::new(expr, false, TreeNodeRecursion::Stop)
            }
        })
    })?;
    Ok(is_known.then_some(traced.data))
}

fn contains_volatile(expr: &Filter) -> Result<bool> {
    expr.exists(|part| Ok(is_volatile(part)))
}

/// The expression over a child's columns that a column of a node comes from; `None` if there is no single one, or if a
/// filter on it would change more than the rows which it drops.
fn child_expr(plan: &Arc<dyn ExecutionPlan>, child: usize, index: usize) -> Option<Filter> {
    let of_child = |index: usize| -> Option<Filter> {
        let schema = plan.children().get(child)?.schema();
        Some(Arc::new(Column::new(schema.fields().get(index)?.name(), index)))
    };
    if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
        return Some(Arc::clone(&projection.expr().get(index)?.expr));
    }
    if let Some(filter) = plan.downcast_ref::<FilterExec>() {
        let index = filter.projection().as_ref().map_or(Some(index), |kept| kept.get(index).copied())?;
        return of_child(index);
    }
    if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
        return group_key(aggregate, index);
    }
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return join_column(join, child, index);
    }
    let has_rows_of_child = plan.downcast_ref::<UnionExec>().is_some()
        || plan.downcast_ref::<SortExec>().is_some()
        || plan.downcast_ref::<RepartitionExec>().is_some()
        || plan.downcast_ref::<CoalescePartitionsExec>().is_some()
        || plan.downcast_ref::<CooperativeExec>().is_some()
        || plan.downcast_ref::<BufferExec>().is_some()
        || plan.downcast_ref::<Barrier>().is_some();
    if has_rows_of_child { of_child(index) } else { None }
}

/// What a column of groups is made of, if leaving out its rows leaves out whole groups.
fn group_key(aggregate: &AggregateExec, index: usize) -> Option<Filter> {
    let groups = aggregate.group_expr();
    // Without groups, or with an empty set of them, there is a row of no rows.
    let is_in_all_sets = groups.groups().iter().all(|nulls| nulls.get(index) == Some(&false));
    if groups.is_true_no_grouping() || !is_in_all_sets || aggregate.limit_options().is_some() {
        return None;
    }
    Some(Arc::clone(&groups.expr().get(index)?.0))
}

/// What a column of a join is in the rows of one of its sides.
fn join_column(join: &HashJoinExec, child: usize, index: usize) -> Option<Filter> {
    let (side, keeps_others) = match child {
        0 => (JoinSide::Left, matches!(join.join_type(), JoinType::Right | JoinType::Full)),
        _ => (JoinSide::Right, matches!(join.join_type(), JoinType::Left | JoinType::Full)),
    };
    // A row that this side left out would come again with NULLs beside the other's.
    if keeps_others {
        return None;
    }
    let ColumnIndex { index, side: found } = origin(join, index)?;
    if found == side {
        let schema = if child == 0 { join.left().schema() } else { join.right().schema() };
        return Some(Arc::new(Column::new(schema.fields().get(index)?.name(), index)));
    }
    // Each row of a semi join has a partner with the same keys.
    if !matches!(join.join_type(), JoinType::LeftSemi | JoinType::RightSemi) {
        return None;
    }
    let is_it = |key: &Filter| key.downcast_ref::<Column>().is_some_and(|column| column.index() == index);
    let partner = join.on().iter().find_map(|(left, right)| match found {
        JoinSide::Left if is_it(left) => Some(right),
        JoinSide::Right if is_it(right) => Some(left),
        _ => None,
    });
    partner.cloned()
}
