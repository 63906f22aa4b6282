//! Moving the correlated conditions of a subquery up, where that does not change which rows there are.

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::logical_plan::{Aggregate, Join, Projection};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    Distinct, Expr, FetchType, JoinType, LogicalPlan, LogicalPlanBuilder, SkipType,
};

use super::source::{Outer, plan_refers, refers};
use super::{Joins, filtered};

/// A plan without outer references, and the conditions that were in it: of its columns and outer ones.
type Hoisted = (LogicalPlan, Vec<Expr>);

impl Joins {
    /// Moves the conditions about `outer` to the top; `None` if something stands between that counts or cuts rows.
    /// Whether there is a row at all is what matters if `is_existence`, and not which.
    pub(super) fn hoist(
        &mut self,
        plan: LogicalPlan,
        outer: &Outer,
        is_existence: bool,
    ) -> Result<Option<Hoisted>> {
        if !plan_refers(&plan, outer) {
            return Ok(Some((plan, vec![])));
        }
        match plan {
            LogicalPlan::Filter(filter) => {
                let Some((input, mut conditions)) = self.hoist_arc(filter.input, outer, false)? else {
                    return Ok(None);
                };
                let (correlated, own): (Vec<_>, Vec<_>) = split_conjunction_owned(filter.predicate)
                    .into_iter()
                    .partition(|conjunct| refers(conjunct, outer));
                conditions.extend(correlated);
                Ok(Some((filtered(input, own)?, conditions)))
            }
            LogicalPlan::Projection(projection)
                if !projection.expr.iter().any(|expr| refers(expr, outer)) =>
            {
                let Some((input, conditions)) = self.hoist_arc(projection.input, outer, is_existence)? else {
                    return Ok(None);
                };
                let (exposed, conditions) = self.exposed(conditions)?;
                let exprs = projection.expr.into_iter().chain(exposed).collect();
                let plan = LogicalPlan::Projection(Projection::try_new(exprs, input.into())?);
                Ok(Some((plan, conditions)))
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let columns = alias.input.schema().columns();
                let Some((input, conditions)) = self.hoist_arc(alias.input, outer, is_existence)? else {
                    return Ok(None);
                };
                let (exposed, conditions) = self.exposed(conditions)?;
                let exprs = columns.into_iter().map(Expr::Column).chain(exposed);
                let plan =
                    LogicalPlanBuilder::from(input).project(exprs)?.alias(alias.alias.clone())?.build()?;
                let qualified = |expr: Expr| {
                    Ok(match expr {
                        Expr::Column(column) => Transformed::yes(Expr::Column(Column::new(
                            Some(alias.alias.clone()),
                            column.name,
                        ))),
                        other => Transformed::no(other),
                    })
                };
                let conditions =
                    conditions.into_iter().map(|condition| condition.transform_up(qualified).data());
                Ok(Some((plan, conditions.collect::<Result<_>>()?)))
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let hoisted = self.hoist_arc(input, outer, false)?;
                let Some((input, conditions)) = hoisted else { return Ok(None) };
                Ok(Some((LogicalPlanBuilder::from(input).distinct()?.build()?, conditions)))
            }
            // It only makes rows distinct.
            LogicalPlan::Aggregate(aggregate)
                if aggregate.aggr_expr.is_empty()
                    && !aggregate.group_expr.is_empty()
                    && aggregate
                        .group_expr
                        .iter()
                        .all(|group| !refers(group, outer) && !matches!(group, Expr::GroupingSet(_))) =>
            {
                let hoisted = self.hoist_arc(aggregate.input, outer, false)?;
                let Some((input, conditions)) = hoisted else { return Ok(None) };
                let (exposed, conditions) = self.exposed(conditions)?;
                // Aliases are for projections: grouped are the columns themselves.
                let named = input.schema().columns().into_iter().map(Expr::Column).chain(exposed.clone());
                let input = LogicalPlanBuilder::from(input).project(named)?.build()?;
                let exposed = exposed
                    .iter()
                    .map(|expr| Expr::Column(Column::from_name(expr.schema_name().to_string())));
                let groups = aggregate.group_expr.into_iter().chain(exposed).collect();
                let plan = LogicalPlan::Aggregate(Aggregate::try_new(input.into(), groups, vec![])?);
                Ok(Some((plan, conditions)))
            }
            LogicalPlan::Sort(sort)
                if sort.fetch.is_none() && !sort.expr.iter().any(|key| refers(&key.expr, outer)) =>
            {
                self.hoist_arc(sort.input, outer, is_existence)
            }
            LogicalPlan::Limit(limit)
                if is_existence
                    && matches!(limit.get_skip_type()?, SkipType::Literal(0))
                    && matches!(limit.get_fetch_type()?, FetchType::Literal(fetch) if fetch != Some(0)) =>
            {
                self.hoist_arc(limit.input, outer, true)
            }
            LogicalPlan::Join(join) => self.hoist_join(join, outer),
            _ => Ok(None),
        }
    }

    fn hoist_arc(
        &mut self,
        plan: std::sync::Arc<LogicalPlan>,
        outer: &Outer,
        is_existence: bool,
    ) -> Result<Option<Hoisted>> {
        self.hoist(std::sync::Arc::unwrap_or_clone(plan), outer, is_existence)
    }

    /// The rows of the sides that a join keeps do not depend on the conditions; those of the other sides do.
    fn hoist_join(&mut self, mut join: Join, outer: &Outer) -> Result<Option<Hoisted>> {
        let (left_is_kept, right_is_kept) = match join.join_type {
            JoinType::Inner => (true, true),
            JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => (true, false),
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
                (false, true)
            }
            JoinType::Full => (false, false),
        };
        let filter = join.filter.take().into_iter().flat_map(split_conjunction_owned);
        let (mut conditions, own): (Vec<_>, Vec<_>) = filter.partition(|conjunct| refers(conjunct, outer));
        if (!conditions.is_empty() && join.join_type != JoinType::Inner)
            || (!left_is_kept && plan_refers(&join.left, outer))
            || (!right_is_kept && plan_refers(&join.right, outer))
            || join.on.iter().any(|(left, right)| refers(left, outer) || refers(right, outer))
        {
            return Ok(None);
        }
        for side in [&mut join.left, &mut join.right] {
            let Some((plan, of_side)) = self.hoist_arc(std::sync::Arc::clone(side), outer, false)? else {
                return Ok(None);
            };
            *side = plan.into();
            conditions.extend(of_side);
        }
        let join = Join::try_new(
            join.left,
            join.right,
            join.on,
            conjunction(own),
            join.join_type,
            join.join_constraint,
            join.null_equality,
            join.null_aware,
        )?;
        Ok(Some((LogicalPlan::Join(join), conditions)))
    }

    /// The columns that conditions are about as expressions of a projection, by names that nothing else has, and the
    /// conditions by these names.
    pub(super) fn exposed(&mut self, conditions: Vec<Expr>) -> Result<(Vec<Expr>, Vec<Expr>)> {
        let mut exposed: Vec<(Column, String)> = Vec::new();
        let mut renamed = |expr: Expr| {
            let Expr::Column(column) = expr else { return Ok(Transformed::no(expr)) };
            let known = exposed.iter().find(|(known, _)| *known == column).map(|(_, name)| name.clone());
            let name = known.unwrap_or_else(|| {
                let name = self.name("inner");
                exposed.push((column, name.clone()));
                name
            });
            Ok(Transformed::yes(Expr::Column(Column::from_name(name))))
        };
        let conditions = conditions.into_iter().map(|condition| condition.transform_up(&mut renamed).data());
        let conditions = conditions.collect::<Result<Vec<_>>>()?;
        let exposed = exposed.into_iter().map(|(column, name)| Expr::Column(column).alias(name)).collect();
        Ok((exposed, conditions))
    }
}
