//! What comparisons say of a number or a time: the range that is asked of the API, or that nothing is left to ask for.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use crate::catalog::asks::{DAY, MINUTE, SECOND};

/// The numbers or times (ms since 1970) that comparisons leave of a column.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Interval {
    /// None if it has no lower end.
    pub(super) least: Option<i64>,
    /// None if it has no upper end.
    pub(super) greatest: Option<i64>,
}

impl Interval {
    /// What conjuncts leave of a column; never less than what passes.
    pub(super) fn of(conjuncts: &[Arc<dyn PhysicalExpr>], column: &str) -> Self {
        let mut interval = Self::default();
        for Comparison { operator, floor, ceil, slack } in
            conjuncts.iter().filter_map(|conjunct| comparison(conjunct.as_ref(), column))
        {
            let greatest = ceil.saturating_add(slack);
            if matches!(operator, Operator::Gt | Operator::GtEq | Operator::Eq) {
                interval.least = interval.least.max(Some(floor));
            }
            if matches!(operator, Operator::Lt | Operator::LtEq | Operator::Eq) {
                interval.greatest = Some(interval.greatest.map_or(greatest, |known| known.min(greatest)));
            }
        }
        interval
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        matches!((self.least, self.greatest), (Some(least), Some(greatest)) if least > greatest)
    }
}

/// A column compared with a number or a time in ms, the column on the left.
struct Comparison {
    operator: Operator,
    /// The whole numbers around the value.
    floor: i64,
    ceil: i64,
    /// How much less than the column what is compared may be: a day's time is compared as its date.
    slack: i64,
}

fn comparison(conjunct: &dyn PhysicalExpr, column: &str) -> Option<Comparison> {
    let binary = conjunct.downcast_ref::<BinaryExpr>()?;
    let sides = |left: &dyn PhysicalExpr, right: &dyn PhysicalExpr| {
        let (found, slack) = rounded(left)?;
        let (floor, ceil) = around(right.downcast_ref::<Literal>()?.value())?;
        (found.name() == column).then_some((floor, ceil, slack))
    };
    let (left, right) = (binary.left().as_ref(), binary.right().as_ref());
    let (operator, (floor, ceil, slack)) = match sides(left, right) {
        Some(found) => (*binary.op(), found),
        None => (binary.op().swap()?, sides(right, left)?),
    };
    Some(Comparison { operator, floor, ceil, slack })
}

/// The column of an expression that keeps the order of its numbers or times, and how much less than the column it may be.
fn rounded(expr: &dyn PhysicalExpr) -> Option<(&Column, i64)> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return Some((column, 0));
    }
    if let Some(cast) = expr.downcast_ref::<CastExpr>() {
        let step = match cast.cast_type() {
            DataType::Date32 => DAY,
            DataType::Timestamp(_, Some(zone)) if !matches!(&**zone, "UTC" | "+00:00") => return None,
            DataType::Timestamp(TimeUnit::Second, _) => SECOND,
            _ => 1,
        };
        let (column, slack) = rounded(cast.expr().as_ref())?;
        return Some((column, slack + step - 1));
    }
    let truncated = expr.downcast_ref::<ScalarFunctionExpr>().filter(|call| call.name() == "date_trunc")?;
    let [unit, time] = truncated.args() else { return None };
    let step = match unit.downcast_ref::<Literal>()?.value().try_as_str()?? {
        "second" => SECOND,
        "minute" => MINUTE,
        "hour" => 60 * MINUTE,
        "day" => DAY,
        "week" => 7 * DAY,
        "month" => 31 * DAY,
        "quarter" => 92 * DAY,
        "year" => 366 * DAY,
        _ => return None,
    };
    let (column, slack) = rounded(time.as_ref())?;
    Some((column, slack + step - 1))
}

/// The whole numbers, or ms, around a value.
fn around(value: &ScalarValue) -> Option<(i64, i64)> {
    let exactly = |value: i64| Some((value, value));
    let divided = |value: i64, by: i64| {
        let floor = value.div_euclid(by);
        Some((floor, floor + i64::from(value.rem_euclid(by) > 0)))
    };
    match value {
        ScalarValue::Int32(value) => exactly((*value)?.into()),
        ScalarValue::Int64(value) => exactly((*value)?),
        ScalarValue::Date32(value) => exactly(i64::from((*value)?) * DAY),
        ScalarValue::TimestampSecond(value, _) => exactly((*value)?.checked_mul(SECOND)?),
        ScalarValue::TimestampMillisecond(value, _) => exactly((*value)?),
        ScalarValue::TimestampMicrosecond(value, _) => divided((*value)?, 1000),
        ScalarValue::TimestampNanosecond(value, _) => divided((*value)?, 1_000_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::simplify::SimplifyContext;
    use datafusion::optimizer::simplify_expressions::ExprSimplifier;
    use datafusion::physical_expr::split_conjunction;
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::catalog::Table;
    use crate::catalog::resources::metrics::INSTANCE_METRICS;

    /// 2025-06-01T00:00:00Z.
    const JUNE: i64 = 1_748_736_000_000;

    /// As DataFusion hands it to a scan: with its literals worked out.
    fn interval(sql: &str, column: &str) -> (Option<i64>, Option<i64>) {
        let schema = Arc::new(DFSchema::try_from(INSTANCE_METRICS.schema()).unwrap());
        let context = SessionContext::new();
        let simplifier =
            ExprSimplifier::new(SimplifyContext::builder().with_schema(Arc::clone(&schema)).build());
        let expr = simplifier.coerce(context.parse_sql_expr(sql, &schema).unwrap(), &schema).unwrap();
        let expr = context.create_physical_expr(simplifier.simplify(expr).unwrap(), &schema).unwrap();
        let conjuncts: Vec<_> = split_conjunction(&expr).into_iter().cloned().collect();
        let Interval { least, greatest } = Interval::of(&conjuncts, column);
        (least, greatest)
    }

    #[test]
    fn ranges_of_times_however_they_are_compared() {
        for (sql, range) in [
            ("timestamp >= '2025-06-01T00:00:00Z'", (Some(0), None)),
            ("timestamp::date = '2025-06-01'", (Some(0), Some(DAY - 1))),
            ("timestamp::date <= DATE '2025-06-01'", (None, Some(DAY - 1))),
            ("DATE '2025-06-01' < timestamp::date", (Some(0), None)),
            ("date_trunc('hour', timestamp) = '2025-06-01T00:00:00Z'", (Some(0), Some(60 * MINUTE - 1))),
            ("date_trunc('month', timestamp) >= '2025-06-01T00:00:00Z'", (Some(0), None)),
            ("timestamp > '2025-06-01T00:00:00Z' OR average > 5", (None, None)),
            ("date_part('hour', timestamp) = 3", (None, None)),
        ] {
            let (least, greatest) = interval(sql, "timestamp");
            assert_eq!((least.map(|ms| ms - JUNE), greatest.map(|ms| ms - JUNE)), range, "{sql}");
        }
    }

    #[test]
    fn what_lies_between_whole_numbers_is_rounded_away_from_the_range() {
        assert_eq!(around(&ScalarValue::TimestampNanosecond(Some(-1_500_000), None)), Some((-2, -1)));
        assert!(Interval { least: Some(5), greatest: Some(4) }.is_empty());
        assert!(!Interval { least: Some(4), greatest: Some(4) }.is_empty());
        assert!(!Interval { least: Some(5), greatest: None }.is_empty());
    }
}
