//! `+`, `-` and `*` of integers, which wrap around without a word: here they have 64 bits, and are an error beyond.
//!
//! Counts and sizes of the service are of 32 bits, and `size_in_gb * iops * iops` is beyond them soon.

use std::sync::Arc;

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType};
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ExprSchema};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, cast, lit};
use datafusion::optimizer::AnalyzerRule;

use super::{Answer, Difference, Example};
use crate::functions;

/// What differs from stock DataFusion.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "`+`, `-`, `*` and `sum` of integers, sums of decimals, functions that count",
    stock: "wraps around, integers of 32 bits and fewer too; `row_number()`, `array_length()` and their like have no sign",
    ours: "computes in 64 bits, and is an error beyond them or a decimal's 38 digits; what counts is a BIGINT",
    upstream: &["apache/datafusion#3520", "apache/datafusion#21318"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT a * a * a AS n FROM (SELECT CAST(x AS INT) AS a FROM (VALUES (3000)) v(x)) q",
            stock: Answer::Rows(&["1230196224"]),
            right: Answer::Rows(&["27000000000"]),
        },
        Example {
            tables: &[],
            sql: "SELECT a + 1 AS n FROM (VALUES (9223372036854775807)) v(a)",
            stock: Answer::Rows(&["-9223372036854775808"]),
            right: Answer::Error("the result of + is beyond the 64 bits of a BIGINT"),
        },
        Example {
            tables: &[],
            sql: "SELECT a + 1 AS n FROM (SELECT CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)) AS a) q",
            stock: Answer::Rows(&["10000000000000000000000000000000000000"]),
            right: Answer::Error("the result of + is beyond the 38 digits of a DECIMAL"),
        },
        Example {
            tables: &[],
            sql: "SELECT row_number() OVER (ORDER BY a) - rank() OVER (ORDER BY a DESC) AS n FROM (VALUES (1), (2)) v(a)",
            stock: Answer::Rows(&["18446744073709551615", "1"]),
            right: Answer::Rows(&["-1", "1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT -array_length(a) AS n FROM (VALUES ([1, 2])) v(a)",
            stock: Answer::Error("Unary operator '-' only supports signed numeric"),
            right: Answer::Rows(&["-2"]),
        },
        Example {
            tables: &[],
            sql: "SELECT sum(a) AS n FROM (VALUES (9223372036854775807), (1)) v(a)",
            stock: Answer::Rows(&["-9223372036854775808"]),
            right: Answer::Error("a sum is beyond the 64 bits of a BIGINT"),
        },
    ],
};

/// Widens the operands.
#[derive(Debug)]
pub(super) struct WidenIntegers;

impl AnalyzerRule for WidenIntegers {
    fn name(&self) -> &str {
        "widen_integers"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let widened = plan.transform_up_with_subqueries(|plan| rewritten(as_it_began(plan)?, widen))?;
        if !widened.transformed {
            return Ok(widened.data);
        }
        settled(widened.data)
    }
}

/// A plan with its expressions rewritten, which keep their names.
fn rewritten(
    plan: LogicalPlan,
    rewrite: fn(Expr, &DFSchema) -> Transformed<Expr>,
) -> Result<Transformed<LogicalPlan>> {
    let schema = match plan.inputs()[..] {
        [] => plan.schema().as_ref().clone(),
        ref inputs => merge_schema(inputs),
    };
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let rewritten = expr.transform_up(|expr| Ok(rewrite(expr, &schema)))?;
        Ok(match rewritten.transformed {
            true => rewritten.update_data(|expr| name.restore(expr)),
            false => rewritten,
        })
    })
}

/// The plan in which what reads a column that is wider by now knows it.
fn settled(plan: LogicalPlan) -> Result<LogicalPlan> {
    let settled = plan.transform_up_with_subqueries(|plan| Ok(Transformed::yes(plan.recompute_schema()?)))?;
    Ok(settled.data)
}

/// A recursive query has the types with which it was begun, for its terms are planned: what is too large for them is an
/// error.
fn as_it_began(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::RecursiveQuery(mut query) = plan else { return Ok(plan) };
    let begun = Arc::clone(query.static_term.schema());
    for term in [&mut query.static_term, &mut query.recursive_term] {
        let wider = settled(term.as_ref().clone())?;
        let types = |schema: &DFSchema| {
            schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>()
        };
        if types(wider.schema()) == types(&begun) {
            continue;
        }
        let columns = wider.schema().columns().into_iter().zip(begun.iter());
        let columns = columns.map(|(column, (qualifier, field))| {
            cast(Expr::Column(column), field.data_type().clone())
                .alias_qualified(qualifier.cloned(), field.name())
        });
        let columns: Vec<Expr> = columns.collect();
        *term = Arc::new(LogicalPlanBuilder::from(wider).project(columns)?.build()?);
    }
    Ok(LogicalPlan::RecursiveQuery(query))
}

fn widen(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    match expr {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: op @ (Operator::Plus | Operator::Minus | Operator::Multiply),
            right,
        }) if is_narrow(&left, schema) && is_narrow(&right, schema) => {
            let wide = |operand: Box<Expr>| Box::new(cast(*operand, DataType::Int64));
            Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: wide(left), op, right: wide(right) }))
        }
        other => Transformed::no(other),
    }
}

/// Has sums, differences and products of 64 bits checked. It runs where both operands have their type.
#[derive(Debug)]
pub(super) struct CheckIntegers;

impl AnalyzerRule for CheckIntegers {
    fn name(&self) -> &str {
        "check_integers"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let checked = plan.transform_up_with_subqueries(|plan| rewritten(plan, check))?;
        Ok(checked.data)
    }
}

fn check(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    match &expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if is_wide(left, schema) && is_wide(right, schema) || is_full(&expr, schema) =>
        {
            let checked = functions::checked(*op, left.as_ref().clone(), right.as_ref().clone());
            checked.map_or_else(|| Transformed::no(expr), Transformed::yes)
        }
        Expr::Negative(of) if is_wide(of, schema) => {
            let checked = functions::checked(Operator::Minus, lit(0_i64), of.as_ref().clone());
            checked.map_or_else(|| Transformed::no(expr), Transformed::yes)
        }
        _ => Transformed::no(expr),
    }
}

fn is_wide(expr: &Expr, schema: &dyn ExprSchema) -> bool {
    matches!(expr.get_type(schema), Ok(DataType::Int64 | DataType::UInt64))
}

/// Whether an expression has all digits of a decimal, so that a longer result is cut.
fn is_full(expr: &Expr, schema: &dyn ExprSchema) -> bool {
    matches!(expr.get_type(schema), Ok(DataType::Decimal128(DECIMAL128_MAX_PRECISION, _)))
}

fn is_narrow(expr: &Expr, schema: &dyn ExprSchema) -> bool {
    use DataType::{Int8, Int16, Int32, UInt8, UInt16, UInt32};
    matches!(expr.get_type(schema), Ok(Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32))
}
