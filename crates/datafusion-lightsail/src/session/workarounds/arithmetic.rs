//! `+`, `-` and `*` of integers of 32 bits, which wrap around without a word: here they are of 64.
//!
//! Counts and sizes of the service are of 32 bits, and `size_in_gb * iops * iops` is beyond them soon.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ExprSchema};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, cast};
use datafusion::optimizer::AnalyzerRule;

use super::{Answer, Difference, Example};

/// What differs from stock DataFusion.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "`+`, `-` and `*` of integers of 32 bits and fewer",
    stock: "wraps around",
    ours: "computes in 64 bits",
    upstream: &["apache/datafusion#3520", "apache/datafusion#21318"],
    examples: &[Example {
        tables: &[],
        sql: "SELECT a * a * a AS n FROM (SELECT CAST(x AS INT) AS a FROM (VALUES (3000)) v(x)) q",
        stock: Answer::Rows(&["1230196224"]),
        right: Answer::Rows(&["27000000000"]),
    }],
};

/// Widens the operands.
#[derive(Debug)]
pub(super) struct WidenIntegers;

impl AnalyzerRule for WidenIntegers {
    fn name(&self) -> &str {
        "widen_integers"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let widened = plan.transform_up_with_subqueries(|plan| {
            let plan = as_it_began(plan)?;
            let schema = match plan.inputs()[..] {
                [] => plan.schema().as_ref().clone(),
                ref inputs => merge_schema(inputs),
            };
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let widened = expr.transform_up(|expr| Ok(widen(expr, &schema)))?;
                Ok(match widened.transformed {
                    true => widened.update_data(|expr| name.restore(expr)),
                    false => widened,
                })
            })
        })?;
        if !widened.transformed {
            return Ok(widened.data);
        }
        settled(widened.data)
    }
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

fn is_narrow(expr: &Expr, schema: &dyn ExprSchema) -> bool {
    use DataType::{Int8, Int16, Int32, UInt8, UInt16, UInt32};
    matches!(expr.get_type(schema), Ok(Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32))
}
