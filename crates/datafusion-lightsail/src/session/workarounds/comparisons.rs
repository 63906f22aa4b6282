//! Comparisons of text with what is no text. DataFusion casts the text, row by row: `tags['ticket'] = 5` fails on a row
//! that nobody asked about, and `name = 7` finds `007`. Here text and integers are equal as texts, and what cannot be
//! compared as texts (an order, a fraction, a time) is refused before the first call.

mod words;

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::{
    Between, BinaryExpr, Case, InList, InSubquery, Like, ScalarFunction, SetComparison,
};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Expr, ExprSchemable, Join, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, cast, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::intervals::as_lengths;
use super::moments::in_reach;
use super::{Answer, Difference, Example};
use crate::error::{Error, Kind};
pub(in crate::session) use words::{article, is_text, name_of};
use words::{check_constants, refusal};

/// What differs from stock DataFusion.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Text beside a number or a time",
    stock: "casts the text of every row, so that '007' is 7, and 'x' an error of a row that nobody asked about",
    ours: "compares integers with text as text, and refuses fractions, times and orders before the first call",
    upstream: &["apache/datafusion#15161", "apache/datafusion#20426", "apache/datafusion#23045"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT v FROM (VALUES ('7'), ('007')) t(v) WHERE v = 7",
            stock: Answer::Rows(&["7", "007"]),
            right: Answer::Rows(&["7"]),
        },
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (VALUES ('7'), ('x')) t(v) WHERE v IN (7, 8)",
            stock: Answer::Error("Cannot cast string 'x'"),
            right: Answer::Rows(&["1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT v FROM (VALUES ('10')) t(v) WHERE v > 9",
            stock: Answer::Rows(&["10"]),
            right: Answer::Error("v is text and 9 an integer: the two have no order"),
        },
    ],
};

/// Compares text with numbers as text, or refuses to.
#[derive(Debug)]
pub(super) struct CompareText;

impl AnalyzerRule for CompareText {
    fn name(&self) -> &str {
        "compare_text"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let compare = |by, operands: &mut [Expr], schema: &DFSchema| {
            Ok(in_reach(operands, schema)?
                | as_text(by, operands, schema)?
                | as_lengths(by, operands, schema)?)
        };
        rewrite(plan, &compare)
    }
}

/// How operands are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum By {
    /// `=`, `<>`, IN, IS DISTINCT FROM, CASE … WHEN, and the keys of a join.
    Equality,
    /// `<`, BETWEEN and the like.
    Order,
    /// LIKE and regular expressions.
    Pattern,
    /// Not at all: one of them is the value, as of coalesce.
    Choice,
    /// As by [`Equality`](Self::Equality), and one of them is the value, or stands for the elements of a list: nullif.
    Element,
    /// As by [`Order`](Self::Order), and one of them is the value: greatest.
    Extreme,
}

impl By {
    fn of(operator: Operator) -> Option<Self> {
        use Operator as Op;
        Some(match operator {
            Op::Eq | Op::NotEq | Op::IsDistinctFrom | Op::IsNotDistinctFrom => Self::Equality,
            Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => Self::Order,
            Op::RegexMatch | Op::RegexIMatch | Op::RegexNotMatch | Op::RegexNotIMatch => Self::Pattern,
            Op::LikeMatch | Op::ILikeMatch | Op::NotLikeMatch | Op::NotILikeMatch => Self::Pattern,
            _ => return None,
        })
    }
}

/// Changes the operands of a comparison, in place: true if any was changed.
pub(in crate::session) type Change<'a> = dyn Fn(By, &mut [Expr], &DFSchema) -> Result<bool> + 'a;

/// Changes the operands of all comparisons of a plan, those in its subqueries included.
pub(in crate::session) fn rewrite(plan: LogicalPlan, change: &Change<'_>) -> Result<LogicalPlan> {
    let of_node = |mut plan: LogicalPlan| {
        let schema = merge_schema(&plan.inputs());
        let mut has_changed = match &mut plan {
            LogicalPlan::Join(join) => of_keys(join, change, &schema)?,
            _ => false,
        };
        let names = NamePreserver::new(&plan);
        let plan = plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let changed = expr.transform_up(|expr| of_expr(expr, change, &schema))?;
            has_changed |= changed.transformed;
            Ok(match changed.transformed {
                true => changed.update_data(|expr| name.restore(expr)),
                false => changed,
            })
        })?;
        match has_changed {
            true => Ok(Transformed::yes(plan.data.recompute_schema()?)),
            false => Ok(plan),
        }
    };
    Ok(plan.transform_up_with_subqueries(of_node)?.data)
}

/// The keys of USING and NATURAL; those of ON are comparisons like any other.
fn of_keys(join: &mut Join, change: &Change<'_>, schema: &DFSchema) -> Result<bool> {
    let mut has_changed = false;
    for (left, right) in &mut join.on {
        let mut keys = [left.clone(), right.clone()];
        if change(By::Equality, &mut keys, schema)? {
            [*left, *right] = keys;
            has_changed = true;
        }
    }
    Ok(has_changed)
}

fn of_expr(expr: Expr, change: &Change<'_>, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let apply = |by, mut operands: Vec<Expr>| -> Result<(Vec<Expr>, bool)> {
        let has_changed = change(by, &mut operands, schema)?;
        Ok((operands, has_changed))
    };
    let (expr, has_changed) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let Some(by) = By::of(op) else {
                return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
            };
            let (operands, has_changed) = apply(by, vec![*left, *right])?;
            let [left, right] = boxed(operands)?;
            (Expr::BinaryExpr(BinaryExpr { left, op, right }), has_changed)
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            let (operands, has_changed) = apply(By::Order, vec![*expr, *low, *high])?;
            let [expr, low, high] = boxed(operands)?;
            (Expr::Between(Between { expr, negated, low, high }), has_changed)
        }
        Expr::InList(InList { expr, mut list, negated }) => {
            list.insert(0, *expr);
            let (mut list, has_changed) = apply(By::Equality, list)?;
            let expr = Box::new(list.remove(0));
            (Expr::InList(InList { expr, list, negated }), has_changed)
        }
        Expr::Case(Case { expr: Some(expr), when_then_expr, else_expr }) => {
            let (whens, thens): (Vec<Expr>, Vec<_>) =
                when_then_expr.into_iter().map(|(when, then)| (*when, then)).unzip();
            let (mut operands, has_changed) =
                apply(By::Equality, std::iter::once(*expr).chain(whens).collect())?;
            let expr = Some(Box::new(operands.remove(0)));
            let when_then_expr = operands.into_iter().map(Box::new).zip(thens).collect();
            (Expr::Case(Case { expr, when_then_expr, else_expr }), has_changed)
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) => {
            let (args, has_changed) = of_arguments(func.name(), args, schema, &apply)?;
            (Expr::ScalarFunction(ScalarFunction { func, args }), has_changed)
        }
        Expr::Like(like) => {
            let (like, has_changed) = of_like(like, &apply)?;
            (Expr::Like(like), has_changed)
        }
        Expr::SimilarTo(like) => {
            let (like, has_changed) = of_like(like, &apply)?;
            (Expr::SimilarTo(like), has_changed)
        }
        Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
            let (operands, has_changed) = apply(By::Element, vec![*expr, Expr::ScalarSubquery(subquery)])?;
            let [expr, subquery] = boxed(operands)?;
            let subquery = column_of(*subquery)?;
            (Expr::InSubquery(InSubquery { expr, subquery, negated }), has_changed)
        }
        Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
            let by = if By::of(op) == Some(By::Equality) { By::Element } else { By::Extreme };
            let (operands, has_changed) = apply(by, vec![*expr, Expr::ScalarSubquery(subquery)])?;
            let [expr, subquery] = boxed(operands)?;
            let subquery = column_of(*subquery)?;
            (Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }), has_changed)
        }
        other => (other, false),
    };
    Ok(if has_changed { Transformed::yes(expr) } else { Transformed::no(expr) })
}

/// Changes operands; true if any was changed.
type Apply<'a> = dyn Fn(By, Vec<Expr>) -> Result<(Vec<Expr>, bool)> + 'a;

/// The arguments of functions that compare them with one another, with elements of lists or with keys of maps.
fn of_arguments(
    function: &str,
    mut args: Vec<Expr>,
    schema: &DFSchema,
    apply: &Apply<'_>,
) -> Result<(Vec<Expr>, bool)> {
    let lists: &[usize] = match function {
        "nullif" => return apply(By::Element, args),
        "greatest" | "least" => {
            let types = args.iter().map(|arg| arg.get_type(schema)).collect::<Result<Vec<_>>>()?;
            let of = |is_so: fn(&DataType) -> bool| types.iter().position(is_so);
            return match (of(is_text), of(DataType::is_numeric)) {
                (Some(text), Some(number)) => {
                    Err(refusal(By::Order, &args[text], &args[number], &types[number]))
                }
                _ => apply(By::Extreme, args),
            };
        }
        "coalesce" | "make_array" | "nvl" => return apply(By::Choice, args),
        "array_has" | "array_position" | "array_positions" | "array_remove" | "array_remove_n"
        | "array_remove_all" => &[0],
        "array_has_all" | "array_has_any" | "array_except" | "array_intersect" => &[0, 1],
        "get_field" | "map_extract" => &[0],
        _ => return Ok((args, false)),
    };
    // An element stands for its list, a key for its map.
    let operand = |(at, arg): (usize, &Expr)| {
        if !lists.contains(&at) {
            return Some(arg.clone());
        }
        let of = match arg.get_type(schema).ok()? {
            DataType::List(of) | DataType::LargeList(of) => of,
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) => fields.first().cloned()?,
                _ => return None,
            },
            _ => return None,
        };
        Some(Expr::OuterReferenceColumn(of, Column::from_name(name_of(arg))))
    };
    let Some(operands) = args.iter().take(2).enumerate().map(operand).collect() else {
        return Ok((args, false));
    };
    let (operands, has_changed) = apply(By::Element, operands)?;
    for (at, (arg, operand)) in args.iter_mut().zip(operands).enumerate() {
        match operand {
            operand if !lists.contains(&at) => *arg = operand,
            Expr::Cast(_) if function == "get_field" || function == "map_extract" => {
                return Err(DataFusionError::Plan(format!("the keys of {} are no texts", name_of(arg))));
            }
            Expr::Cast(to) => {
                *arg = cast(arg.clone(), DataType::new_list(to.field.data_type().clone(), true))
            }
            _ => {}
        }
    }
    Ok((args, has_changed))
}

fn of_like(like: Like, apply: &Apply<'_>) -> Result<(Like, bool)> {
    let (operands, has_changed) = apply(By::Pattern, vec![*like.expr, *like.pattern])?;
    let [expr, pattern] = boxed(operands)?;
    Ok((Like { expr, pattern, ..like }, has_changed))
}

fn boxed<const N: usize>(operands: Vec<Expr>) -> Result<[Box<Expr>; N]> {
    let operands: Vec<_> = operands.into_iter().map(Box::new).collect();
    let lost = |_| DataFusionError::Internal("a comparison has lost an operand".into());
    operands.try_into().map_err(lost)
}

/// The subquery of an IN again, its column cast if the operand that stood for it was.
fn column_of(operand: Expr) -> Result<Subquery> {
    match operand {
        Expr::ScalarSubquery(subquery) => Ok(subquery),
        Expr::Cast(to) => {
            let subquery = column_of(*to.expr)?;
            let (table, field) = subquery.subquery.schema().qualified_field(0);
            let column = Expr::Column(Column::new(table.cloned(), field.name()));
            let column = cast(column, to.field.data_type().clone()).alias(field.name());
            let plan =
                LogicalPlanBuilder::new_from_arc(subquery.subquery.clone()).project([column])?.build()?;
            Ok(Subquery { subquery: plan.into(), ..subquery })
        }
        _ => Err(DataFusionError::Internal("a comparison has lost its subquery".into())),
    }
}

/// Makes texts of the numbers that are compared with texts of the rows, or stand in for one.
///
/// # Errors
/// When one side is text of the rows and the other has no single text: an order, a fraction, a time. When a constant
/// is no value of the type that it is compared with.
fn as_text(by: By, operands: &mut [Expr], schema: &DFSchema) -> Result<bool> {
    if by == By::Pattern {
        return Ok(false);
    }
    // What has no type is DataFusion's to complain about.
    let types = operands.iter().map(|operand| operand.get_type(schema));
    let Ok(types) = types.collect::<Result<Vec<_>>>() else { return Ok(false) };
    if let Some(truth) = types.iter().position(|of| *of == DataType::Boolean) {
        return as_truth(operands, &types, truth);
    }
    let others: Vec<_> = types.iter().filter(|of| !is_text(of) && !of.is_null()).collect();
    let (Some(first), true) = (others.first(), types.iter().any(is_text)) else { return Ok(false) };
    let varies = |(operand, of): (&Expr, &DataType)| is_text(of) && !is_constant(operand);
    let Some(text) = operands.iter().zip(&types).position(varies) else {
        let common = others.iter().try_fold((*first).clone(), |all, one| comparison_coercion(&all, one));
        return match common {
            Some(common) => check_constants(operands, &common, schema).map(|()| false),
            None => Ok(false),
        };
    };
    let refused = |of: &DataType| match by {
        By::Choice => false,
        By::Order | By::Extreme => of.is_numeric() || of.is_temporal(),
        _ => of.is_temporal() || of.is_numeric() && !of.is_integer(),
    };
    if let Some(other) = types.iter().position(refused) {
        return Err(refusal(by, &operands[text], &operands[other], &types[other]));
    }
    let mut has_changed = false;
    for (operand, _) in operands.iter_mut().zip(&types).filter(|(_, of)| of.is_numeric()) {
        *operand = match &*operand {
            Expr::Literal(value, _) if value.is_null() => lit(ScalarValue::Utf8(None)),
            Expr::Literal(value, _) => lit(value.to_string()),
            _ => cast(operand.clone(), DataType::Utf8),
        };
        has_changed = true;
    }
    Ok(has_changed)
}

/// Makes truth values of `'true'` and `'false'` beside another one.
///
/// # Errors
/// When it is compared with anything else.
fn as_truth(operands: &mut [Expr], types: &[DataType], truth: usize) -> Result<bool> {
    let truth = name_of(&operands[truth]);
    let mut has_changed = false;
    for (operand, of) in operands.iter_mut().zip(types) {
        if *of == DataType::Boolean || of.is_null() {
            continue;
        }
        let value = match &*operand {
            Expr::Literal(value, _) if is_text(of) => value.cast_to(&DataType::Boolean).ok(),
            _ => None,
        };
        let Some(value) = value else {
            let message = format!("{truth} is a truth value, and {} is none", name_of(operand));
            let hint = format!("write {truth} or NOT {truth}, or compare with true or false");
            return Err(Error::new(Kind::Sql, message).with_hint(hint).into());
        };
        *operand = lit(value);
        has_changed = true;
    }
    Ok(has_changed)
}

/// Whether an expression has one value for the whole statement.
fn is_constant(expr: &Expr) -> bool {
    let varies = |expr: &Expr| {
        matches!(
            expr,
            Expr::Column(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::ScalarSubquery(_)
                | Expr::LambdaVariable(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
                | Expr::Unnest(_)
        )
    };
    !expr.exists(|expr| Ok(varies(expr))).unwrap_or(true)
}
