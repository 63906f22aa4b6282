//! LATERAL and `unnest` of a column: what stands on the right of a join is about the rows on its left.
//!
//! Stock DataFusion plans those whose correlated conditions can be moved up, and leaves the others to the physical planner,
//! which knows none. Here they become joins as the subqueries in expressions do.

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, NullEquality, Result};
use datafusion::logical_expr::logical_plan::Join;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit,
};

use super::domain::Domain;
use super::source::{Outer, is_plain_aggregate, outer_of};
use super::{Joins, filtered, only, refusal};

/// What stands on the right of a join, if it is about the rows on its left.
pub(super) fn subquery(join: &Join) -> Option<&Subquery> {
    match join.right.as_ref() {
        LogicalPlan::Subquery(subquery) => Some(subquery),
        LogicalPlan::SubqueryAlias(alias) => match alias.input.as_ref() {
            LogicalPlan::Subquery(subquery) => Some(subquery),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a plan makes its rows of one row around it, without seeing others: so does `unnest`.
fn is_row_by_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::EmptyRelation(empty) => empty.produce_one_row,
        LogicalPlan::Projection(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Unnest(_) => plan.inputs().into_iter().all(is_row_by_row),
        _ => false,
    }
}

impl Joins {
    /// A join with what is about the rows on its left, as a join of two that stand for themselves.
    pub(super) fn lateral(&mut self, join: Join, subquery: &Subquery) -> Result<LogicalPlan> {
        if !matches!(join.join_type, JoinType::Inner | JoinType::Left) {
            return Err(refusal("with LATERAL on the right of this kind of join").into());
        }
        let columns = join.schema.columns();
        let inner = subquery.subquery.as_ref().clone();
        let own = inner.schema().columns().into_iter().zip(join.right.schema().columns());
        let own: Vec<Expr> = own.map(|(column, name)| renamed(column, name)).collect();
        let mut on: Vec<Expr> = join.on.iter().map(|(left, right)| equal(&join, left, right)).collect();
        on.extend(join.filter.clone());
        if join.join_type == JoinType::Inner && is_row_by_row(&inner) {
            let all: Outer = join.left.schema().columns().into_iter().collect();
            let domain = Domain { plan: join.left.as_ref().clone(), columns: all, is_distinct: false };
            let (plan, places) = self.spread(inner, &domain)?;
            let left = places.into_iter().zip(domain.columns).map(|(place, name)| renamed(place, name));
            let plan = LogicalPlanBuilder::from(plan).project(left.chain(own))?.build()?;
            return only(filtered(plan, on)?, columns);
        }
        let outer = outer_of(&inner, join.left.schema());
        let (plan, conditions) = match self.hoist(inner.clone(), &outer, false)? {
            Some(hoisted) => hoisted,
            None => match self.over_domain(&join.left, inner.clone(), &outer) {
                // DataFusion plans it without reading the left side twice.
                Err(_) if is_plain_aggregate(&inner) => return Ok(LogicalPlan::Join(join)),
                spread => spread?,
            },
        };
        let (exposed, conditions) = self.exposed(conditions)?;
        let right = LogicalPlanBuilder::from(plan).project(own.into_iter().chain(exposed))?.build()?;
        let of_left = |expr: Expr| {
            Ok(match expr {
                Expr::OuterReferenceColumn(_, column) if outer.contains(&column) => {
                    Transformed::yes(Expr::Column(column))
                }
                other => Transformed::no(other),
            })
        };
        for condition in conditions {
            on.push(condition.transform_up(of_left).data()?);
        }
        let on = conjunction(on).unwrap_or_else(|| lit(true));
        let plan = LogicalPlanBuilder::new_from_arc(join.left).join_on(right, join.join_type, Some(on))?;
        only(plan.build()?, columns)
    }
}

fn renamed(column: Column, name: Column) -> Expr {
    if column == name {
        Expr::Column(column)
    } else {
        Expr::Column(column).alias_qualified(name.relation, name.name)
    }
}

fn equal(join: &Join, left: &Expr, right: &Expr) -> Expr {
    let op = match join.null_equality {
        NullEquality::NullEqualsNothing => Operator::Eq,
        NullEquality::NullEqualsNull => Operator::IsNotDistinctFrom,
    };
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left.clone()), op, Box::new(right.clone())))
}
