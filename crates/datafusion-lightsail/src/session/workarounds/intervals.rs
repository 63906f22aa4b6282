//! Comparisons of intervals, and sums of them.
//!
//! Arrow compares intervals by their months, then by their days, then by the rest: 400 days that are 9,600 hours are less
//! than `INTERVAL '90 days'`. Here their lengths are compared, with a day of 24 hours and a month of 30 days, as PostgreSQL
//! has it. The sum of some hundred ages overflows 64 bits of nanoseconds, without a word: it is refused, and so is avg.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::{DataType, IntervalMonthDayNanoType, IntervalUnit};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarUDF, Volatility, cast, create_udf,
};

use super::comparisons::By;
use super::{Answer, Difference, Example};
use crate::error::{Error, Kind};

/// What stock makes of intervals.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Comparisons, sums and averages of intervals",
    stock: "compares their days before their hours, and adds them up in 64 bits of nanoseconds",
    ours: "compares their lengths, a month of 30 days, and refuses sum and avg of them",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (VALUES (TIMESTAMP '2024-01-01')) t(a) \
                  WHERE TIMESTAMP '2026-01-01' - a > INTERVAL '90 days'",
            stock: Answer::Rows(&["0"]),
            right: Answer::Rows(&["1"]),
        },
        Example {
            tables: &[],
            sql: "SELECT INTERVAL '25 hours' > INTERVAL '1 day', INTERVAL '24 hours' = INTERVAL '1 day', \
                  INTERVAL '1 month' IN (INTERVAL '30 days')",
            stock: Answer::Rows(&["false|false|false"]),
            right: Answer::Rows(&["true|true|true"]),
        },
        Example {
            tables: &[],
            sql: "SELECT avg(TIMESTAMP '2200-01-01' - a) > INTERVAL '0 days' \
                  FROM (VALUES (TIMESTAMP '1970-01-01', 1), (TIMESTAMP '1970-01-01', 1)) t(a, b) GROUP BY b",
            stock: Answer::Rows(&["false"]),
            right: Answer::Error("avg takes no intervals"),
        },
    ],
};

const NANOS_OF_DAY: i128 = 86_400_000_000_000;
const DAYS_OF_MONTH: i128 = 30;

/// The type in which intervals of all kinds have their place.
const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// The length of an interval in nanoseconds.
static LENGTH: LazyLock<ScalarUDF> = LazyLock::new(|| {
    let length = DataType::Decimal128(38, 0);
    let measure = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let is_scalar = matches!(arguments, [ColumnarValue::Scalar(_)]);
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let intervals = arrays[0].as_primitive::<IntervalMonthDayNanoType>();
        let of_one = |months: i32, days: i32, nanos: i64| {
            (i128::from(months) * DAYS_OF_MONTH + i128::from(days)) * NANOS_OF_DAY + i128::from(nanos)
        };
        let lengths: Decimal128Array = intervals
            .iter()
            .map(|one| one.map(|one| of_one(one.months, one.days, one.nanoseconds)))
            .collect();
        let lengths: ArrayRef = Arc::new(lengths.with_precision_and_scale(38, 0)?);
        Ok(match is_scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&lengths, 0)?),
            false => ColumnarValue::Array(lengths),
        })
    };
    create_udf("interval_length", vec![INTERVAL], length, Volatility::Immutable, Arc::new(measure))
});

/// The function that intervals are compared by.
#[cfg(feature = "cluster")]
pub(super) fn function() -> ScalarUDF {
    LENGTH.clone()
}

/// Compares intervals by their lengths.
pub(super) fn as_lengths(by: By, operands: &mut [Expr], schema: &DFSchema) -> Result<bool> {
    if !matches!(by, By::Equality | By::Order) {
        return Ok(false);
    }
    let types = operands.iter().map(|operand| operand.get_type(schema));
    let Ok(types) = types.collect::<Result<Vec<_>>>() else { return Ok(false) };
    let is_length = |of: &DataType| matches!(of, DataType::Interval(_) | DataType::Duration(_));
    let has_interval = types.iter().any(|of| matches!(of, DataType::Interval(_)));
    if !has_interval || !types.iter().all(|of| is_length(of) || of.is_null()) {
        return Ok(false);
    }
    for operand in operands {
        *operand = LENGTH.call(vec![cast(operand.clone(), INTERVAL)]);
    }
    Ok(true)
}

/// Refuses to add intervals up.
///
/// # Errors
/// [`Kind::Sql`], with how to add up seconds.
pub(crate) fn check(plan: &LogicalPlan) -> Result<()> {
    let of_expr = |expr: &Expr, schema: &DFSchema| -> Result<TreeNodeRecursion> {
        let (name, arguments) = match expr {
            Expr::AggregateFunction(function) => (function.func.name(), &function.params.args),
            Expr::WindowFunction(function) => (function.fun.name(), &function.params.args),
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        let is_duration = |argument: &Expr| matches!(argument.get_type(schema), Ok(DataType::Duration(_)));
        if ["sum", "avg"].contains(&name) && arguments.iter().any(is_duration) {
            let hint = format!(
                "{name}(to_unixtime(now()) - to_unixtime(created_at)) is in seconds, and that / 86400 in days"
            );
            let message = format!("{name} takes no intervals: they have no room for more than 292 years");
            return Err(Error::new(Kind::Sql, message).with_hint(hint).into());
        }
        Ok(TreeNodeRecursion::Continue)
    };
    plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        node.apply_expressions(|expr| expr.apply(|expr| of_expr(expr, &schema)))
    })?;
    Ok(())
}
