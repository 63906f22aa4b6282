//! Window functions where there are no windows, and distances between texts.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, WindowFrameBound, WindowFrameUnits};

use super::comparisons::name_of;
use super::{Answer, Difference, Example};
use crate::error::{Error, Kind};

/// What stock makes of such windows.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "RANGE with a distance over what has none, a window in WHERE",
    stock: "takes a distance between texts for some rows, and fails on a window when it plans the rows",
    ours: "refuses them, with what to write instead",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT count(*) OVER (ORDER BY a RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) \
                  FROM (VALUES ('a'), ('b')) t(a)",
            stock: Answer::Rows(&["1", "2"]),
            right: Answer::Error("texts have no distance of which RANGE could be one"),
        },
        Example {
            tables: &[],
            sql: "SELECT a FROM (VALUES (1), (2)) t(a) WHERE row_number() OVER (ORDER BY a) = 1",
            stock: Answer::Error("Physical plan does not support logical expression"),
            right: Answer::Error(
                "row_number() OVER is not known yet where WHERE, ON or GROUP BY choose the rows",
            ),
        },
    ],
};

/// Refuses them.
///
/// # Errors
/// [`Kind::Sql`], with what to write instead.
pub(crate) fn check(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let has_windows = matches!(node, LogicalPlan::Window(_));
        // Of an aggregate the groups; what it computes of a window is DataFusion's to refuse.
        let chooses =
            matches!(node, LogicalPlan::Filter(_) | LogicalPlan::Join(_) | LogicalPlan::Aggregate(_));
        node.apply_expressions(|expr| {
            expr.apply(|expr| match expr {
                Expr::WindowFunction(window) if has_windows => {
                    of_rows(window)?;
                    of_distance(window, &schema)
                }
                Expr::WindowFunction(window) if chooses => {
                    let name = window.fun.name();
                    let message =
                        format!("{name}() OVER is not known yet where WHERE, ON or GROUP BY choose the rows");
                    let hint = format!(
                        "write it behind QUALIFY, or as a column of a subquery: \
                                        SELECT … FROM … QUALIFY {name}(…) OVER (…) <= 3"
                    );
                    Err(Error::new(Kind::Sql, message).with_hint(hint).into())
                }
                _ => Ok(TreeNodeRecursion::Continue),
            })
        })
    })?;
    Ok(())
}

/// Refuses `ROWS 18446744073709551615 FOLLOWING`: added to the number of a row it is none any more, and frames are empty.
fn of_rows(window: &WindowFunction) -> Result<()> {
    let frame = &window.params.window_frame;
    let is_beyond = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(count) | WindowFrameBound::Following(count) => {
            matches!(count, ScalarValue::UInt64(Some(count)) if i64::try_from(*count).is_err())
        }
        WindowFrameBound::CurrentRow => false,
    };
    if [&frame.start_bound, &frame.end_bound].into_iter().any(is_beyond) {
        let error = Error::new(Kind::Sql, "a frame of more rows than there can be");
        return Err(error.with_hint("UNBOUNDED PRECEDING and UNBOUNDED FOLLOWING take all of them").into());
    }
    Ok(())
}

/// Refuses `RANGE BETWEEN 1 PRECEDING` over a key that is no number and no time.
fn of_distance(window: &WindowFunction, schema: &DFSchema) -> Result<TreeNodeRecursion> {
    let (frame, keys) = (&window.params.window_frame, &window.params.order_by);
    let is_distance = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::Preceding(distance) | WindowFrameBound::Following(distance) => !distance.is_null(),
        WindowFrameBound::CurrentRow => false,
    };
    if frame.units != WindowFrameUnits::Range
        || ![&frame.start_bound, &frame.end_bound].into_iter().any(is_distance)
    {
        return Ok(TreeNodeRecursion::Continue);
    }
    let Some(key) = keys.first() else { return Ok(TreeNodeRecursion::Continue) };
    let what = match key.expr.get_type(schema)? {
        of if of.is_string() => "texts have",
        DataType::Boolean => "truth values have",
        DataType::Dictionary(..) => "texts have",
        _ => return Ok(TreeNodeRecursion::Continue),
    };
    let message = format!("{what} no distance of which RANGE could be one: {}", name_of(&key.expr));
    let hint = "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW counts rows";
    Err(Error::new(Kind::Sql, message).with_hint(hint).into())
}
