//! Which plans can be read twice: once for a query, and once for the values that its subqueries are computed for.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};

/// The rows that subqueries are asked about, without what was joined to them for the ones before.
pub(super) fn asked(plan: &LogicalPlan) -> &LogicalPlan {
    let LogicalPlan::Join(join) = plan else { return plan };
    let is_subquery = |plan: &LogicalPlan| {
        let table = plan.schema().iter().next().and_then(|(table, _)| table);
        table.is_some_and(|table| table.table().starts_with("__subquery_"))
    };
    if is_subquery(&join.right) { asked(&join.left) } else { plan }
}

/// Whether a plan has the same rows when it is read twice.
pub(super) fn is_repeatable(plan: &LogicalPlan) -> Result<bool> {
    let mut is_repeatable = true;
    plan.apply(|node| {
        node.apply_expressions(|expr| {
            is_repeatable &= !expr.is_volatile();
            Ok(TreeNodeRecursion::Continue)
        })?;
        // Whichever row a LIMIT takes of rows that are all alike, it is the same.
        let is_of_choice = match node {
            LogicalPlan::Limit(limit) => !has_only_literals(&limit.input) && !has_total_order(&limit.input),
            LogicalPlan::Distinct(Distinct::On(_)) => true,
            _ => false,
        };
        is_repeatable &= !is_of_choice;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(is_repeatable)
}

/// Whether rows are sorted by all that they are made of: those that are equal there are the same.
fn has_total_order(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => has_total_order(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => has_total_order(&alias.input),
        LogicalPlan::Sort(sort) => {
            let is_key = |column: &Column| sort.expr.iter().any(|key| key.expr.try_as_col() == Some(column));
            sort.input.schema().columns().iter().all(is_key)
        }
        _ => false,
    }
}

fn has_only_literals(plan: &LogicalPlan) -> bool {
    let is_literal = |expr: &Expr| matches!(expr.clone().unalias(), Expr::Literal(..));
    matches!(plan, LogicalPlan::Projection(projection) if projection.expr.iter().all(is_literal))
}
