//! Subqueries whose conditions cannot be moved up: they are computed for all values of the columns around them at once.
//!
//! The values are those of the query around it, each once. They are joined to the leaves of the subquery and carried up:
//! an aggregate groups by them, a LIMIT counts for each of them, and so on (Neumann and Kemper, Unnesting Arbitrary
//! Queries, 2015).

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, DFSchema, DataFusionError, ExprSchema, NullEquality, Result, ScalarValue};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::expr::{Sort as SortKey, WindowFunction};
use datafusion::logical_expr::logical_plan::{Aggregate, Join, Limit, Projection, Window};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Distinct, Expr, ExprFunctionExt, FetchType, JoinType, LogicalPlan, LogicalPlanBuilder,
    Operator, SkipType, lit,
};

use super::repeatable::{asked, is_repeatable};
use super::source::{Outer, plan_refers, refers};
use super::{Joins, filtered, refusal};

/// The values of the columns around a subquery.
pub(super) struct Domain {
    pub(super) plan: LogicalPlan,
    pub(super) columns: Outer,
    /// Whether each value is wanted once, and not each row.
    pub(super) is_distinct: bool,
}

/// A plan for all values at once, and its columns that are those of the domain, in their order.
pub(super) type Spread = (LogicalPlan, Vec<Column>);

impl Joins {
    /// A subquery for all values of the columns around it, and the conditions by which its rows belong to a row there.
    pub(super) fn over_domain(
        &mut self,
        around: &LogicalPlan,
        subquery: LogicalPlan,
        outer: &Outer,
    ) -> Result<(LogicalPlan, Vec<Expr>)> {
        let around = asked(around);
        if !is_repeatable(around)? {
            return Err(refusal("over LIMIT, DISTINCT ON or random values").into());
        }
        let domain = Domain { plan: around.clone(), columns: outer.clone(), is_distinct: true };
        let (plan, columns) = self.spread(subquery, &domain)?;
        let conditions = outer.iter().zip(columns).map(|(outer, column)| {
            let field = Arc::clone(around.schema().field_from_column(outer)?);
            Ok(same(Expr::OuterReferenceColumn(field, outer.clone()), Expr::Column(column)))
        });
        Ok((plan, conditions.collect::<Result<_>>()?))
    }

    /// The domain under names of its own.
    fn domain(&mut self, domain: &Domain) -> Result<Spread> {
        let alias = self.name("domain");
        let mut names = Vec::new();
        let exprs: Vec<Expr> = domain
            .columns
            .iter()
            .map(|column| {
                let name = self.name("of");
                names.push(Column::new(Some(alias.clone()), &name));
                Expr::Column(column.clone()).alias(name)
            })
            .collect();
        let values = LogicalPlanBuilder::from(domain.plan.clone()).project(exprs)?;
        let values = if domain.is_distinct { values.distinct()? } else { values };
        Ok((values.alias(alias)?.build()?, names))
    }

    pub(super) fn spread(&mut self, plan: LogicalPlan, domain: &Domain) -> Result<Spread> {
        if !plan_refers(&plan, &domain.columns) {
            let (values, columns) = self.domain(domain)?;
            return Ok((LogicalPlanBuilder::from(values).cross_join(plan)?.build()?, columns));
        }
        let outer = &domain.columns;
        match plan {
            LogicalPlan::Filter(filter) => {
                let (input, columns) = self.spread_arc(filter.input, domain)?;
                let predicate = bound(filter.predicate, outer, &columns)?;
                Ok((filtered(input, vec![predicate])?, columns))
            }
            LogicalPlan::Projection(projection) => {
                let (input, columns) = self.spread_arc(projection.input, domain)?;
                let mut exprs = all_bound(projection.expr, outer, &columns)?;
                let (carried, columns) = self.carried(&columns);
                exprs.extend(carried);
                Ok((LogicalPlan::Projection(Projection::try_new(exprs, input.into())?), columns))
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let own = alias.input.schema().columns();
                let (input, columns) = self.spread_arc(alias.input, domain)?;
                let (carried, columns) = self.carried(&columns);
                let exprs = own.into_iter().map(Expr::Column).chain(carried);
                let plan =
                    LogicalPlanBuilder::from(input).project(exprs)?.alias(alias.alias.clone())?.build()?;
                let columns =
                    columns.into_iter().map(|column| Column::new(Some(alias.alias.clone()), column.name));
                Ok((plan, columns.collect()))
            }
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.spread_arc(sort.input, domain),
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let (input, columns) = self.spread_arc(input, domain)?;
                Ok((LogicalPlanBuilder::from(input).distinct()?.build()?, columns))
            }
            LogicalPlan::Aggregate(aggregate) => self.spread_aggregate(aggregate, domain),
            LogicalPlan::Window(window) => {
                let (input, columns) = self.spread_arc(window.input, domain)?;
                let exprs = all_bound(window.window_expr, outer, &columns)?;
                let exprs =
                    exprs.into_iter().map(|expr| partitioned(expr, &columns)).collect::<Result<_>>()?;
                Ok((LogicalPlan::Window(Window::try_new(exprs, input.into())?), columns))
            }
            LogicalPlan::Limit(limit) => self.spread_limit(limit, domain),
            LogicalPlan::Union(union) => {
                let mut branches = Vec::new();
                let mut names: Vec<String> = Vec::new();
                for input in union.inputs {
                    let own = input.schema().columns();
                    let (input, columns) = self.spread_arc(input, domain)?;
                    if names.is_empty() {
                        names = (0..own.len() + columns.len()).map(|_| self.name("of")).collect();
                    }
                    let exprs = own.into_iter().chain(columns).zip(&names);
                    let exprs = exprs.map(|(column, name)| Expr::Column(column).alias(name));
                    branches.push(LogicalPlanBuilder::from(input).project(exprs)?.build()?);
                }
                let mut branches = branches.into_iter();
                let first = branches.next().ok_or_else(|| refusal("over no branch of a UNION"))?;
                let plan = branches
                    .try_fold(first, |all, branch| LogicalPlanBuilder::from(all).union(branch)?.build())?;
                let own = union.schema.columns();
                let columns: Vec<Column> = names.iter().skip(own.len()).map(Column::from_name).collect();
                let exprs = own.iter().zip(&names).map(|(column, name)| {
                    Expr::Column(Column::from_name(name))
                        .alias_qualified(column.relation.clone(), &column.name)
                });
                let exprs = exprs.chain(columns.iter().cloned().map(Expr::Column)).collect::<Vec<_>>();
                Ok((LogicalPlanBuilder::from(plan).project(exprs)?.build()?, columns))
            }
            LogicalPlan::Join(join) => self.spread_join(join, domain),
            LogicalPlan::Unnest(unnest) => {
                let (input, columns) = self.spread_arc(unnest.input, domain)?;
                let plan = LogicalPlanBuilder::from(input)
                    .unnest_columns_with_options(unnest.exec_columns, unnest.options)?;
                Ok((plan.build()?, columns))
            }
            LogicalPlan::Subquery(_) => Err(refusal("with LATERAL inside").into()),
            LogicalPlan::Values(_) | LogicalPlan::TableScan(_) => Err(refusal("with VALUES of it").into()),
            other => Err(refusal(&format!("with {} inside", other.display())).into()),
        }
    }

    fn spread_arc(&mut self, plan: Arc<LogicalPlan>, domain: &Domain) -> Result<Spread> {
        self.spread(Arc::unwrap_or_clone(plan), domain)
    }

    /// The columns of the domain as expressions of a projection, by names that nothing else has.
    fn carried(&mut self, columns: &[Column]) -> (Vec<Expr>, Vec<Column>) {
        let carried = columns.iter().map(|column| {
            let name = self.name("of");
            (Expr::Column(column.clone()).alias(&name), Column::from_name(name))
        });
        carried.unzip()
    }

    fn spread_aggregate(&mut self, aggregate: Aggregate, domain: &Domain) -> Result<Spread> {
        let outer = &domain.columns;
        if aggregate.group_expr.iter().any(|group| matches!(group, Expr::GroupingSet(_))) {
            return Err(refusal("with GROUPING SETS, ROLLUP or CUBE inside").into());
        }
        let (mut input, mut columns) = self.spread_arc(aggregate.input, domain)?;
        let mut aggregates = aggregate.aggr_expr;
        if aggregate.group_expr.is_empty() {
            // Without GROUP BY there is a row for no rows as well: each value of the domain has one.
            let is_there = self.name("is_there");
            let own = input.schema().columns().into_iter().map(Expr::Column);
            let own: Vec<Expr> = own.chain([lit(true).alias(&is_there)]).collect();
            let rows = LogicalPlanBuilder::from(input).project(own)?.build()?;
            let (values, of_domain) = self.domain(domain)?;
            let on = all_same(&of_domain, &columns);
            input = LogicalPlanBuilder::from(values).join_on(rows, JoinType::Left, Some(on))?.build()?;
            let is_there = Expr::Column(Column::from_name(is_there)).is_not_null();
            aggregates =
                aggregates.into_iter().map(|expr| restricted(expr, &is_there)).collect::<Result<_>>()?;
            columns = of_domain;
        }
        let mut groups = all_bound(aggregate.group_expr, outer, &columns)?;
        groups.extend(columns.iter().cloned().map(Expr::Column));
        let aggregates = all_bound(aggregates, outer, &columns)?;
        let plan = LogicalPlan::Aggregate(Aggregate::try_new(input.into(), groups, aggregates)?);
        Ok((plan, columns))
    }

    /// LIMIT counts the rows of each value of the domain.
    fn spread_limit(&mut self, limit: Limit, domain: &Domain) -> Result<Spread> {
        let (SkipType::Literal(skip), FetchType::Literal(fetch)) =
            (limit.get_skip_type()?, limit.get_fetch_type()?)
        else {
            return Err(refusal("with a computed LIMIT").into());
        };
        let below = |input: Arc<LogicalPlan>| LogicalPlan::Limit(Limit { input, ..limit.clone() });
        let (input, keys) = match Arc::unwrap_or_clone(Arc::clone(&limit.input)) {
            // Row by row: the order that LIMIT goes by is that below.
            LogicalPlan::Projection(projection) => {
                let input = Arc::new(below(projection.input));
                let plan = LogicalPlan::Projection(Projection::try_new(projection.expr, input)?);
                return self.spread(plan, domain);
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let plan = LogicalPlanBuilder::from(below(alias.input)).alias(alias.alias)?.build()?;
                return self.spread(plan, domain);
            }
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => (sort.input, sort.expr),
            other => (Arc::new(other), vec![]),
        };
        let (input, columns) = self.spread_arc(input, domain)?;
        let own = input.schema().columns();
        let partition = columns.iter().cloned().map(Expr::Column).collect();
        let bind = |key: SortKey| Ok(key.with_expr(bound(key.expr.clone(), &domain.columns, &columns)?));
        let keys = keys.into_iter().map(bind).collect::<Result<Vec<_>>>()?;
        let name = self.name("number");
        let mut number = row_number().partition_by(partition);
        if !keys.is_empty() {
            number = number.order_by(keys);
        }
        let number = number.build()?.alias(&name);
        let plan = LogicalPlanBuilder::from(input).window([number])?.build()?;
        let number = Expr::Column(Column::from_name(name));
        let last = fetch.map(|fetch| number.clone().lt_eq(lit((skip + fetch) as u64)));
        let kept = [number.gt(lit(skip as u64))].into_iter().chain(last).collect();
        let plan =
            LogicalPlanBuilder::from(filtered(plan, kept)?).project(own.into_iter().map(Expr::Column))?;
        Ok((plan.build()?, columns))
    }

    fn spread_join(&mut self, join: Join, domain: &Domain) -> Result<Spread> {
        let (of_left, of_right) =
            (plan_refers(&join.left, &domain.columns), plan_refers(&join.right, &domain.columns));
        // The side whose rows are kept is known for each value of the domain.
        let (left, right) = match join.join_type {
            JoinType::Inner => (of_left || !of_right, of_right),
            JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => (true, of_right),
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => {
                (of_left, true)
            }
            JoinType::Full => (true, true),
        };
        let mut side = |plan: Arc<LogicalPlan>, is_spread: bool| match is_spread {
            true => self.spread_arc(plan, domain).map(|(plan, columns)| (plan, Some(columns))),
            false => Ok((Arc::unwrap_or_clone(plan), None)),
        };
        let (left, of_left) = side(join.left, left)?;
        let (right, of_right) = side(join.right, right)?;
        let columns = match join.join_type {
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => &of_right,
            _ => &of_left,
        };
        let columns = columns.as_ref().or(of_right.as_ref()).cloned();
        let mut columns = columns.ok_or_else(|| refusal("with this join inside"))?;
        let equal = |(left, right): (Expr, Expr)| match join.null_equality {
            NullEquality::NullEqualsNothing => left.eq(right),
            NullEquality::NullEqualsNull => same(left, right),
        };
        let schema = Arc::clone(left.schema());
        let mut on = join.on.into_iter().map(equal).collect::<Vec<_>>();
        on.extend(join.filter);
        let mut on =
            on.into_iter().map(|expr| bound(expr, &domain.columns, &columns)).collect::<Result<Vec<_>>>()?;
        if let (Some(left), Some(right)) = (&of_left, &of_right) {
            on.extend(all_hashed(&schema, left, right)?);
        }
        let on = conjunction(on).unwrap_or_else(|| lit(true));
        let own: Vec<Column> = left.schema().columns().into_iter().chain(right.schema().columns()).collect();
        let mut plan = LogicalPlanBuilder::from(left).join_on(right, join.join_type, Some(on))?.build()?;
        if let (JoinType::Full, Some(left), Some(right)) = (join.join_type, of_left, of_right) {
            let names: Vec<String> = left.iter().map(|_| self.name("of")).collect();
            let either = left.into_iter().zip(right).zip(&names).map(|((left, right), name)| {
                let sides = vec![Expr::Column(left), Expr::Column(right)];
                datafusion::functions::expr_fn::coalesce(sides).alias(name)
            });
            let exprs = own.into_iter().map(Expr::Column).chain(either).collect::<Vec<_>>();
            plan = LogicalPlanBuilder::from(plan).project(exprs)?.build()?;
            columns = names.into_iter().map(Column::from_name).collect();
        }
        Ok((plan, columns))
    }
}

fn same(left: Expr, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), Operator::IsNotDistinctFrom, Box::new(right)))
}

fn all_same(left: &[Column], right: &[Column]) -> Expr {
    let pairs = left.iter().zip(right);
    let pairs = pairs.map(|(left, right)| same(Expr::Column(left.clone()), Expr::Column(right.clone())));
    conjunction(pairs).unwrap_or_else(|| lit(true))
}

/// The same beside other conditions, where only `=` makes a key to hash by: what NULL is replaced by, and whether it was.
fn all_hashed(schema: &DFSchema, left: &[Column], right: &[Column]) -> Result<Vec<Expr>> {
    let mut all = Vec::new();
    for (left, right) in left.iter().zip(right) {
        let of = schema.field_from_column(left)?.data_type().clone();
        let sides = [Expr::Column(left.clone()), Expr::Column(right.clone())];
        if of.is_nested() || of.is_null() {
            let [left, right] = sides;
            all.push(same(left, right));
            continue;
        }
        let default = Expr::Literal(ScalarValue::new_default(&of)?, None);
        let [left, right] = sides.map(|side| {
            (datafusion::functions::expr_fn::coalesce(vec![side.clone(), default.clone()]), side.is_null())
        });
        all.extend([left.0.eq(right.0), left.1.eq(right.1)]);
    }
    Ok(all)
}

/// An expression with the columns of the domain in the place of the outer ones.
fn bound(expr: Expr, outer: &Outer, columns: &[Column]) -> Result<Expr> {
    let values: BTreeMap<&Column, &Column> = outer.iter().zip(columns).collect();
    let bind = |expr: Expr| {
        let value = match &expr {
            Expr::OuterReferenceColumn(_, column) => values.get(column),
            _ => None,
        };
        Ok(value
            .map_or_else(|| Transformed::no(expr), |value| Transformed::yes(Expr::Column((*value).clone()))))
    };
    expr.transform_up(bind).data()
}

/// Expressions with the columns of the domain in the place of the outer ones, by the names that they had.
fn all_bound(exprs: Vec<Expr>, outer: &Outer, columns: &[Column]) -> Result<Vec<Expr>> {
    let bind = |expr: Expr| {
        if !refers(&expr, outer) {
            return Ok(expr);
        }
        let (relation, name) = expr.qualified_name();
        Ok(bound(expr, outer, columns)?.unalias().alias_qualified(relation, name))
    };
    exprs.into_iter().map(bind).collect()
}

/// A window function that sees the rows of one value of the domain.
fn partitioned(expr: Expr, columns: &[Column]) -> Result<Expr> {
    let (relation, name) = expr.qualified_name();
    let partition = |expr: Expr| match expr {
        Expr::WindowFunction(mut function) => {
            let WindowFunction { params, .. } = function.as_mut();
            params.partition_by.extend(columns.iter().cloned().map(Expr::Column));
            Ok::<_, DataFusionError>(Transformed::yes(Expr::WindowFunction(function)))
        }
        other => Ok(Transformed::no(other)),
    };
    Ok(expr.transform_down(partition).data()?.unalias().alias_qualified(relation, name))
}

/// An aggregate of the rows for which `condition` holds.
fn restricted(expr: Expr, condition: &Expr) -> Result<Expr> {
    let (relation, name) = expr.qualified_name();
    let restrict = |expr: Expr| match expr {
        Expr::AggregateFunction(mut function) => {
            let filter = function.params.filter.take();
            let filter = filter.map_or_else(|| condition.clone(), |filter| condition.clone().and(*filter));
            function.params.filter = Some(Box::new(filter));
            Ok::<_, DataFusionError>(Transformed::yes(Expr::AggregateFunction(function)))
        }
        other => Ok(Transformed::no(other)),
    };
    Ok(expr.transform_up(restrict).data()?.unalias().alias_qualified(relation, name))
}
