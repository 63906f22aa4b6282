//! What a subquery is joined by: its rows under a name of their own, and the conditions that it shares with the query
//! around it.

use std::collections::BTreeSet;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{
    BinaryExpr, Distinct, Expr, ExprSchemable, FetchType, JoinType, LogicalPlan, LogicalPlanBuilder,
    Operator, Subquery, lit,
};

use super::predicate::Member;
use super::{Joins, refusal};
use crate::error::{Error, Kind};

/// The columns of the query around it that a subquery reads.
pub(super) type Outer = BTreeSet<Column>;

/// A subquery as one side of a join.
#[derive(Debug)]
pub(super) struct Source {
    plan: LogicalPlan,
    alias: String,
    /// Its first column, if that was wanted.
    value: Option<Column>,
    on: Vec<Expr>,
}

impl Source {
    /// Joins it to the query that it was made for.
    pub(super) fn joined(self, plan: LogicalPlan, kind: JoinType) -> Result<LogicalPlan> {
        let on = conjunction(self.on).unwrap_or_else(|| lit(true));
        LogicalPlanBuilder::from(plan).join_on(self.plan, kind, Some(on))?.build()
    }

    /// The column by which a mark join says that there is a row.
    pub(super) fn mark(&self) -> Expr {
        Expr::Column(Column::new(Some(self.alias.clone()), "mark"))
    }
}

impl Joins {
    /// The rows of a subquery, joined where its correlated conditions hold.
    pub(super) fn source(
        &mut self,
        around: &LogicalPlan,
        subquery: &LogicalPlan,
        wants_value: bool,
    ) -> Result<Source> {
        let value = wants_value.then(|| Column::from(subquery.schema().qualified_field(0)));
        let outer = outer_of(subquery, around.schema());
        let (plan, conditions) = match self.hoist(subquery.clone(), &outer, !wants_value)? {
            Some(hoisted) => hoisted,
            None => self.over_domain(around, subquery.clone(), &outer)?,
        };
        self.named(around, plan, conditions, value)
    }

    /// The rows of a subquery that compare with a member.
    pub(super) fn matches(&mut self, around: &LogicalPlan, member: &Member) -> Result<Source> {
        let mut source = self.source(around, &member.subquery, true)?;
        let compared = source.value.clone().map(|value| {
            let sides = (Box::new(member.expr.clone()), Box::new(Expr::Column(value)));
            Expr::BinaryExpr(BinaryExpr::new(sides.0, member.op, sides.1))
        });
        source.on.splice(0..0, compared);
        Ok(source)
    }

    /// The rows of a subquery that may compare with a member, for one of the two is NULL.
    pub(super) fn unknown(&mut self, around: &LogicalPlan, member: &Member) -> Result<Vec<Source>> {
        let (expr, subquery) = (&member.expr, &member.subquery);
        let mut source = self.source(around, subquery, true)?;
        let Some(value) = source.value.clone().map(Expr::Column) else { return Ok(vec![]) };
        let is_null = expr.nullable(around.schema())?.then(|| expr.clone().is_null());
        let has_null = value.nullable(source.plan.schema())?.then(|| value.is_null());
        if source.on.is_empty() {
            // One row stands for all: nothing grows with the product of both sides. It is counted and not the first one
            // taken, for a scan that stops early leaves calls behind that another scan of these pages makes again.
            let mut sources = Vec::new();
            if let Some(is_null) = is_null {
                let mut any = self.source(around, subquery, true)?;
                any.plan = one_row_if_any(any.plan, &any.alias)?;
                any.on.push(is_null);
                sources.push(any);
            }
            if let Some(has_null) = has_null {
                let nulls = LogicalPlanBuilder::from(source.plan).filter(has_null)?.build()?;
                source.plan = one_row_if_any(nulls, &source.alias)?;
                sources.push(source);
            }
            return Ok(sources);
        }
        let Some(may_be) = is_null.into_iter().chain(has_null).reduce(Expr::or) else { return Ok(vec![]) };
        source.on.push(may_be);
        Ok(vec![source])
    }

    /// The value of a correlated subquery, as a column that is joined to `plan`.
    pub(super) fn value(&mut self, plan: &mut LogicalPlan, subquery: Subquery) -> Result<Expr> {
        let is_of_here = |outer: &Expr| matches!(outer, Expr::OuterReferenceColumn(_, column) if plan.schema().has_column(column));
        if self.leaves_values
            && outer_refs(&subquery).iter().all(is_of_here)
            && is_plain_aggregate(&subquery.subquery)
        {
            return Ok(Expr::ScalarSubquery(subquery));
        }
        let inner = subquery.subquery.as_ref().clone();
        if !is_at_most_one_row(&inner) {
            let message = "a correlated subquery that stands for a value may have more than one row";
            let hint = "aggregate it, as in max(…), or add LIMIT 1";
            return Err(Error::new(Kind::Sql, message).with_hint(hint).into());
        }
        let outer = outer_of(&inner, plan.schema());
        let value = Column::from(inner.schema().qualified_field(0));
        let (inner, conditions) =
            if outer.is_empty() { (inner, vec![]) } else { self.over_domain(plan, inner, &outer)? };
        let source = self.named(plan, inner, conditions, Some(value))?;
        let value = source.value.clone().map(Expr::Column);
        *plan = source.joined(plan.clone(), JoinType::Left)?;
        value.ok_or_else(|| refusal("without a column").into())
    }

    /// Gives a subquery a name, and to the columns that are used of it names that nothing else has. In `conditions` its
    /// own columns are columns and those around it are outer references; they become columns as well.
    fn named(
        &mut self,
        around: &LogicalPlan,
        plan: LogicalPlan,
        conditions: Vec<Expr>,
        value: Option<Column>,
    ) -> Result<Source> {
        let alias = self.name("subquery");
        let mut columns: Vec<Expr> = Vec::new();
        let value = value.map(|column| {
            // A column without a table around it is looked for by its name alone.
            let is_taken = around.schema().has_column_with_unqualified_name(&column.name);
            let name = if is_taken { self.name("value") } else { column.name.clone() };
            columns.push(Expr::Column(column).alias(&name));
            Column::new(Some(alias.clone()), name)
        });
        let mut used: Vec<(Column, String)> = Vec::new();
        let mut rename = |expr: Expr| {
            Ok(match expr {
                Expr::Column(column) => {
                    let known = used.iter().find(|(known, _)| *known == column).map(|(_, name)| name.clone());
                    let name = known.unwrap_or_else(|| {
                        let name = self.name("outer");
                        used.push((column, name.clone()));
                        name
                    });
                    Transformed::yes(Expr::Column(Column::new(Some(alias.clone()), name)))
                }
                Expr::OuterReferenceColumn(_, ref column) if around.schema().has_column(column) => {
                    Transformed::yes(Expr::Column(column.clone()))
                }
                other => Transformed::no(other),
            })
        };
        let on = conditions.into_iter().map(|condition| condition.transform_up(&mut rename).data());
        let on = on.collect::<Result<Vec<_>>>()?;
        columns.extend(used.into_iter().map(|(column, name)| Expr::Column(column).alias(name)));
        if columns.is_empty() {
            columns.push(lit(true).alias(self.name("row")));
        }
        let is_any = on.is_empty() && value.is_none();
        let mut builder = LogicalPlanBuilder::from(plan).project(columns)?;
        if is_any {
            builder = builder.limit(0, Some(1))?;
        }
        Ok(Source { plan: builder.alias(alias.as_str())?.build()?, alias, value, on })
    }
}

/// One row if a plan has rows, else none.
fn one_row_if_any(plan: LogicalPlan, alias: &str) -> Result<LogicalPlan> {
    let rows = count(lit(1)).alias("__rows");
    let counted = LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), [rows])?;
    counted.filter(Expr::Column(Column::from_name("__rows")).gt(lit(0_i64)))?.alias(alias)?.build()
}

/// What a subquery refers to around it. Its plan says it, and not what the parser noted: a subquery inside of it, which
/// became a join, may have been about a query further out.
pub(super) fn outer_refs(subquery: &Subquery) -> Vec<Expr> {
    subquery.subquery.all_out_ref_exprs()
}

/// The columns of a schema that a plan refers to as outer ones.
pub(super) fn outer_of(plan: &LogicalPlan, schema: &DFSchema) -> Outer {
    let columns = plan.all_out_ref_exprs().into_iter().filter_map(|outer| match outer {
        Expr::OuterReferenceColumn(_, column) => Some(column),
        _ => None,
    });
    columns.filter(|column| schema.has_column(column)).collect()
}

/// Whether an expression refers to one of these outer columns.
pub(super) fn refers(expr: &Expr, outer: &Outer) -> bool {
    let is_one =
        |expr: &Expr| matches!(expr, Expr::OuterReferenceColumn(_, column) if outer.contains(column));
    expr.exists(|expr| Ok(is_one(expr))).unwrap_or(true)
}

/// Whether a plan refers to one of these outer columns.
pub(super) fn plan_refers(plan: &LogicalPlan, outer: &Outer) -> bool {
    plan.all_out_ref_exprs().iter().any(|expr| refers(expr, outer))
}

/// Whether a value is an aggregate of all rows for which columns are equal to what is around them: DataFusion groups by
/// these columns, and that is right.
pub(super) fn is_plain_aggregate(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => {
            !projection.expr.iter().any(Expr::contains_outer)
                && matches!(*projection.input, LogicalPlan::Aggregate(_))
                && is_plain_aggregate(&projection.input)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let LogicalPlan::Filter(filter) = aggregate.input.as_ref() else { return false };
            let mut names = BTreeSet::new();
            let mut is_plain = |conjunct: &Expr| {
                !conjunct.contains_outer()
                    || matches!(equated(conjunct), Some(column) if names.insert(column.name.clone()))
            };
            aggregate.group_expr.is_empty()
                && !aggregate.aggr_expr.iter().any(Expr::contains_outer)
                && filter.input.all_out_ref_exprs().is_empty()
                && split_conjunction(&filter.predicate).into_iter().all(&mut is_plain)
        }
        _ => false,
    }
}

/// The column that a condition says is equal to something of the query around.
fn equated(conjunct: &Expr) -> Option<&Column> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = conjunct else { return None };
    match (left.as_ref(), right.as_ref()) {
        (Expr::Column(column), other) | (other, Expr::Column(column)) if !other.any_column_refs() => {
            Some(column)
        }
        _ => None,
    }
}

/// Whether a plan has one row at most for each value of the columns around it.
fn is_at_most_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => is_at_most_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_at_most_one_row(&alias.input),
        LogicalPlan::Sort(sort) => is_at_most_one_row(&sort.input),
        LogicalPlan::Filter(filter) => is_at_most_one_row(&filter.input),
        LogicalPlan::Distinct(Distinct::All(input)) => is_at_most_one_row(input),
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::Limit(limit) => {
            matches!(limit.get_fetch_type(), Ok(FetchType::Literal(Some(0 | 1))))
                || is_at_most_one_row(&limit.input)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let LogicalPlan::Filter(filter) = aggregate.input.as_ref() else {
                return aggregate.group_expr.is_empty();
            };
            let fixed: Vec<&Column> = split_conjunction(&filter.predicate)
                .into_iter()
                .filter(|conjunct| conjunct.contains_outer())
                .filter_map(equated)
                .collect();
            aggregate
                .group_expr
                .iter()
                .all(|group| matches!(group, Expr::Column(column) if fixed.contains(&column)))
        }
        _ => false,
    }
}
