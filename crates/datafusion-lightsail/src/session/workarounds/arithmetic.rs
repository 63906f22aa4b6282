//! `+`, `-` and `*` of integers of 32 bits, which wrap around without a word: here they are of 64.
//!
//! Counts and sizes of the service are of 32 bits, and `size_in_gb * iops * iops` is beyond them soon.

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, ExprSchema};
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, cast};
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
            let mut schema = merge_schema(&plan.inputs());
            schema.merge(plan.schema());
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
        // What reads a column that is wider now is to know it.
        let all = widened
            .data
            .transform_up_with_subqueries(|plan| Ok(Transformed::yes(plan.recompute_schema()?)))?;
        Ok(all.data)
    }
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
