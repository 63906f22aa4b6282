//! Subqueries in expressions become joins, right for NULLs and for whatever the subquery is made of.
//!
//! Stock DataFusion turns a subquery in WHERE into a join by moving its correlated filters up. That forgets the groups of
//! an aggregate without GROUP BY, takes NULL for false in `NOT IN`, and elsewhere than in WHERE leaves the subquery to
//! the physical planner, which knows none. Here, before the optimizer:
//!
//! | subquery | becomes |
//! |---|---|
//! | `[NOT] EXISTS`, `IN` in WHERE | a semi or anti join, on what [`hoist`] moves up or on the values of [`domain`] |
//! | `NOT IN` in WHERE | an anti join for the matches, and others for NULLs, as far as columns are nullable |
//! | the same inside of an expression | a column of truth values for each subquery, by a mark join |
//! | a correlated value | a left join |
//! | LATERAL, `unnest` of a column | a join of the same kind, or a projection of the rows on the left |
//!
//! A value that is not correlated, and one that is an aggregate over plain equalities, are left to DataFusion.

pub(super) mod differences;
mod domain;
mod hoist;
mod lateral;
mod predicate;
mod repeatable;
mod source;
mod types;

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::functions::expr_fn::nullif;
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::logical_plan::{Aggregate, Join, Projection, Window};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::AnalyzerRule;

use crate::error::{Error, Kind};
use predicate::{Member, Truth, normal_form};
use source::outer_refs;
pub(super) use types::TypeOuterColumns;

/// Turns subqueries in expressions into joins.
#[derive(Debug)]
pub(super) struct JoinSubqueries;

impl AnalyzerRule for JoinSubqueries {
    fn name(&self) -> &str {
        "join_subqueries"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        Joins::default().rewrite(plan)
    }
}

/// The error for a subquery that cannot be planned.
fn refusal(what: &str) -> Error {
    Error::new(Kind::Sql, format!("a correlated subquery {what} cannot be planned"))
        .with_hint("write it as a join, or as [NOT] EXISTS with its conditions in WHERE")
}

/// Whether an expression holds a subquery that is not DataFusion's own to plan.
fn has_subquery(expr: &Expr) -> bool {
    let is_ours = |expr: &Expr| match expr {
        Expr::Exists(_) => true,
        Expr::ScalarSubquery(subquery) => !outer_refs(subquery).is_empty(),
        other => Member::of(other).is_some(),
    };
    expr.exists(|expr| Ok(is_ours(expr))).unwrap_or(true)
}

/// The joins that subqueries become.
#[derive(Debug, Default)]
struct Joins {
    /// How many names were made up.
    names: usize,
    /// Whether DataFusion may plan values that are plain aggregates: it does in WHERE and SELECT.
    leaves_values: bool,
}

impl Joins {
    /// Rewrites a plan from its leaves up, subqueries before the query around them.
    fn rewrite(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| self.node(node)).data()
    }

    /// A name that nothing else has.
    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("__{what}_{}", self.names)
    }

    fn node(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        let node = node.map_expressions(|expr| expr.transform_up(|expr| Ok(with_null(expr))))?;
        let (mut is_changed, mut node) = (node.transformed, node.data);
        if let LogicalPlan::Join(join) = &node
            && let Some(subquery) = lateral::subquery(join)
        {
            node = self.lateral(join.clone(), subquery)?;
            is_changed = true;
        }
        let mut is_concerned = false;
        node.apply_expressions(|expr| {
            is_concerned |= has_subquery(expr);
            Ok(TreeNodeRecursion::Continue)
        })?;
        if !is_concerned {
            return Ok(Transformed::new_transformed(node, is_changed));
        }
        let columns = node.schema().columns();
        self.leaves_values = matches!(node, LogicalPlan::Filter(_) | LogicalPlan::Projection(_));
        let plan = match node {
            LogicalPlan::Filter(filter) => {
                self.filter(Arc::unwrap_or_clone(filter.input), filter.predicate)?
            }
            LogicalPlan::Projection(projection) => {
                let mut input = Arc::unwrap_or_clone(projection.input);
                let exprs = self.values(&mut input, projection.expr)?;
                LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?)
            }
            LogicalPlan::Aggregate(aggregate) => {
                let mut input = Arc::unwrap_or_clone(aggregate.input);
                let groups = self.values(&mut input, aggregate.group_expr)?;
                let aggregates = self.values(&mut input, aggregate.aggr_expr)?;
                LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(input), groups, aggregates)?)
            }
            LogicalPlan::Window(window) => {
                let mut input = Arc::unwrap_or_clone(window.input);
                let exprs = self.values(&mut input, window.window_expr)?;
                LogicalPlan::Window(Window::try_new(exprs, Arc::new(input))?)
            }
            LogicalPlan::Sort(mut sort) => {
                let mut input = Arc::unwrap_or_clone(sort.input);
                for key in &mut sort.expr {
                    key.expr = self.embed(&mut input, key.expr.clone(), Truth::Exact)?;
                }
                sort.input = Arc::new(input);
                LogicalPlan::Sort(sort)
            }
            LogicalPlan::Join(join) => self.join(join)?,
            // Stock DataFusion says that a subquery cannot stand there.
            other => return Ok(Transformed::no(other)),
        };
        Ok(Transformed::yes(only(plan, columns)?))
    }

    fn filter(&mut self, input: LogicalPlan, predicate: Expr) -> Result<LogicalPlan> {
        let conjuncts = split_conjunction_owned(normal_form(predicate, Truth::NullIsFalse));
        let (asking, plain): (Vec<_>, Vec<_>) = conjuncts.into_iter().partition(has_subquery);
        // First, so that what the subqueries are asked about is as little as can be.
        let mut plan = filtered(input, plain)?;
        let mut others = Vec::new();
        for conjunct in asking {
            match conjunct {
                Expr::Exists(Exists { subquery, negated }) => {
                    let source = self.source(&plan, &subquery.subquery, false)?;
                    plan =
                        source.joined(plan, if negated { JoinType::LeftAnti } else { JoinType::LeftSemi })?;
                }
                other => {
                    if let Some(member) = Member::of(&other) {
                        plan = self.only_members(plan, member)?;
                        continue;
                    }
                    // What is about the query around it moves up into the condition of a join.
                    self.leaves_values = !other.contains_outer();
                    others.push(self.embed(&mut plan, other, Truth::NullIsFalse)?);
                }
            }
        }
        filtered(plan, others)
    }

    /// The rows of a plan for which a member is in a subquery, or is known not to be.
    fn only_members(&mut self, mut plan: LogicalPlan, mut member: Member) -> Result<LogicalPlan> {
        member.expr = self.embed(&mut plan, member.expr, Truth::Exact)?;
        let found = self.matches(&plan, &member)?;
        if !member.negated {
            return found.joined(plan, JoinType::LeftSemi);
        }
        let unknown = self.unknown(&plan, &member)?;
        std::iter::once(found)
            .chain(unknown)
            .try_fold(plan, |plan, source| source.joined(plan, JoinType::LeftAnti))
    }

    /// Expressions without their subqueries, by the names that they had.
    fn values(&mut self, input: &mut LogicalPlan, exprs: Vec<Expr>) -> Result<Vec<Expr>> {
        let value = |expr: Expr| {
            let (relation, name) = expr.qualified_name();
            let expr = self.embed(input, expr, Truth::Exact)?;
            let is_named = expr.qualified_name() == (relation.clone(), name.clone());
            Ok(if is_named { expr } else { expr.alias_qualified(relation, name) })
        };
        exprs.into_iter().map(value).collect()
    }

    /// A subquery in ON: of an inner join it is one in WHERE; of an outer join it is a column of the side that it is about.
    fn join(&mut self, mut join: Join) -> Result<LogicalPlan> {
        let (asking, plain): (Vec<_>, Vec<_>) =
            join.filter.take().into_iter().flat_map(split_conjunction_owned).partition(has_subquery);
        if join.join_type == JoinType::Inner {
            join.filter = conjunction(plain);
            let plan = LogicalPlan::Join(join);
            return match conjunction(asking) {
                Some(predicate) => self.filter(plan, predicate),
                None => Ok(plan),
            };
        }
        let mut sides = [Arc::unwrap_or_clone(join.left), Arc::unwrap_or_clone(join.right)];
        let mut conjuncts = plain;
        for conjunct in asking {
            let columns = columns_of(&conjunct);
            let about =
                |side: &&mut LogicalPlan| columns.iter().all(|column| side.schema().has_column(column));
            let side = sides
                .iter_mut()
                .find(about)
                .ok_or_else(|| refusal("in ON of an outer join, about both of its sides,"))?;
            conjuncts.push(self.embed(side, conjunct, Truth::NullIsFalse)?);
        }
        let [left, right] = sides;
        let join = Join::try_new(
            Arc::new(left),
            Arc::new(right),
            join.on,
            conjunction(conjuncts),
            join.join_type,
            join.join_constraint,
            join.null_equality,
            join.null_aware,
        )?;
        Ok(LogicalPlan::Join(join))
    }
}

/// The columns of its own query that an expression is about, in its subqueries too.
fn columns_of(expr: &Expr) -> Vec<Column> {
    let mut columns: Vec<Column> = expr.column_refs().into_iter().cloned().collect();
    let _ = expr.apply(|expr| {
        if let Expr::Exists(Exists { subquery, .. })
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. })
        | Expr::ScalarSubquery(subquery) = expr
        {
            columns.extend(outer_refs(subquery).into_iter().filter_map(|outer| match outer {
                Expr::OuterReferenceColumn(_, column) => Some(column),
                _ => None,
            }));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    columns
}

/// A value that is not correlated, as one that may be NULL: without a row it is, whatever its column says.
fn with_null(expr: Expr) -> Transformed<Expr> {
    match expr {
        Expr::ScalarSubquery(subquery)
            if outer_refs(&subquery).is_empty()
                && subquery.subquery.schema().fields().iter().any(|field| !field.is_nullable())
                && !matches!(subquery.subquery.as_ref(), LogicalPlan::Aggregate(_)) =>
        {
            let column = Column::from(subquery.subquery.schema().qualified_field(0));
            let null = ScalarValue::try_from(subquery.subquery.schema().field(0).data_type());
            let value = null.map(|null| {
                let value = nullif(Expr::Column(column.clone()), Expr::Literal(null, None));
                value.alias_qualified(column.relation.clone(), &column.name)
            });
            let plan = value.and_then(|value| {
                LogicalPlanBuilder::from(subquery.subquery.as_ref().clone()).project([value])?.build()
            });
            match plan {
                Ok(plan) => Transformed::yes(Expr::ScalarSubquery(subquery.with_plan(Arc::new(plan)))),
                Err(_) => Transformed::no(Expr::ScalarSubquery(subquery)),
            }
        }
        other => Transformed::no(other),
    }
}

fn filtered(plan: LogicalPlan, conjuncts: Vec<Expr>) -> Result<LogicalPlan> {
    match conjunction(conjuncts) {
        Some(predicate) => LogicalPlanBuilder::from(plan).filter(predicate)?.build(),
        None => Ok(plan),
    }
}

/// The plan without the columns that it has beyond these.
fn only(plan: LogicalPlan, columns: Vec<Column>) -> Result<LogicalPlan> {
    if plan.schema().fields().len() == columns.len() {
        return Ok(plan);
    }
    LogicalPlanBuilder::from(plan).project(columns.into_iter().map(Expr::Column))?.build()
}
