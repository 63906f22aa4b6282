//! Times that nanoseconds of 64 bits have no place for, before 1677 and after 2262: `created_at < '9999-12-31'` asks for all
//! rows, and is an overflow in stock. The service tells times in milliseconds, which reach them.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{Expr, ExprSchemable, cast, lit};

use super::comparisons::is_text;
use super::{Answer, Difference, Example};

/// What stock makes of such times.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "A time beside one before 1677 or after 2262",
    stock: "reckons in nanoseconds, and fails",
    ours: "compares them in milliseconds",
    upstream: &[],
    examples: &[Example {
        tables: &[],
        sql: "SELECT count(*) FROM (SELECT arrow_cast(0, 'Timestamp(ms, \"UTC\")') AS t) q \
              WHERE t < '9999-12-31' AND t > DATE '0001-01-01' AND t BETWEEN '0001-01-01' AND TIMESTAMP '9999-12-31'",
        stock: Answer::Error("Overflow"),
        right: Answer::Rows(&["1"]),
    }],
};

/// A time of the service.
fn milliseconds() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// A constant time, if nanoseconds have no place for it.
fn far(expr: &Expr) -> Option<ScalarValue> {
    let value = match expr {
        Expr::Literal(value, _) => value.clone(),
        Expr::Cast(Cast { expr, field }) => match (expr.as_ref(), field.data_type()) {
            // A date and a time of 9999 are days and milliseconds alike.
            (Expr::Literal(value, _), DataType::Timestamp(..) | DataType::Date32) => value.clone(),
            _ => return None,
        },
        _ => return None,
    };
    if !is_text(&value.data_type()) && !matches!(value, ScalarValue::Date32(_)) {
        return None;
    }
    let time = value.cast_to(&milliseconds()).ok()?;
    let nanoseconds = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let ScalarValue::TimestampMillisecond(Some(_), _) = time else { return None };
    time.cast_to(&nanoseconds).is_err().then_some(time)
}

/// Compares times in milliseconds where one of them is too far away for nanoseconds: of the others no order is lost.
pub(super) fn in_reach(operands: &mut [Expr], schema: &DFSchema) -> Result<bool> {
    let of_time = |operand: &Expr| {
        matches!(operand.get_type(schema), Ok(DataType::Timestamp(..) | DataType::Date32 | DataType::Date64))
    };
    let far: Vec<Option<ScalarValue>> = operands.iter().map(far).collect();
    let is_timestamp = |operand: &Expr| matches!(operand.get_type(schema), Ok(DataType::Timestamp(..)));
    let others = || operands.iter().zip(&far).filter(|(_, far)| far.is_none()).map(|(operand, _)| operand);
    let is_constant_text =
        |operand: &Expr| matches!(operand, Expr::Literal(value, _) if is_text(&value.data_type()));
    if far.iter().all(Option::is_none)
        || !operands.iter().any(is_timestamp)
        || !others().all(|operand| of_time(operand) || is_constant_text(operand))
    {
        return Ok(false);
    }
    for (operand, far) in operands.iter_mut().zip(far) {
        *operand = match far {
            Some(time) => lit(time),
            None => cast(operand.clone(), milliseconds()),
        };
    }
    Ok(true)
}
