//! What comparisons say of a number or a time: the range that is asked of the API, or that nothing is left to ask for.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, InListExpr, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use crate::catalog::asks::{DAY, MINUTE, SECOND};

/// The numbers or times (ms since 1970) that comparisons leave of a column.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::scan) struct Interval {
    /// None if it has no lower end.
    pub(in crate::scan) least: Option<i64>,
    /// None if it has no upper end.
    pub(in crate::scan) greatest: Option<i64>,
}

impl Interval {
    /// What conjuncts over a table of this schema leave of a column; never less than what passes.
    pub(in crate::scan) fn of(conjuncts: &[Arc<dyn PhysicalExpr>], column: &str, schema: &Schema) -> Self {
        let left = conjuncts.iter().filter_map(|conjunct| interval(conjunct.as_ref(), column, schema));
        left.fold(Self::default(), Self::both)
    }

    fn between(least: i64, greatest: i64) -> Self {
        Self { least: Some(least), greatest: Some(greatest) }
    }

    /// What is in both.
    fn both(self, other: Self) -> Self {
        let greatest = self.greatest.into_iter().chain(other.greatest).min();
        Self { least: self.least.max(other.least), greatest }
    }

    /// What is in either, and all between them.
    fn hull(self, other: Self) -> Self {
        Self {
            least: self.least.zip(other.least).map(|(one, other)| one.min(other)),
            greatest: self.greatest.zip(other.greatest).map(|(one, other)| one.max(other)),
        }
    }

    /// Whether nothing is left.
    pub(in crate::scan) fn is_empty(&self) -> bool {
        matches!((self.least, self.greatest), (Some(least), Some(greatest)) if least > greatest)
    }
}

/// What one condition leaves; none if nothing is known.
fn interval(condition: &dyn PhysicalExpr, column: &str, schema: &Schema) -> Option<Interval> {
    if let Some(list) = condition.downcast_ref::<InListExpr>() {
        let (found, slack) = rounded(list.expr().as_ref(), schema)?;
        if list.negated() || found.name() != column {
            return None;
        }
        let values = list.list().iter().map(|item| Some(item.downcast_ref::<Literal>()?.value()));
        let values: Vec<&ScalarValue> = values.collect::<Option<_>>()?;
        let values = values.into_iter().filter(|value| !value.is_null());
        let each: Vec<_> = values.map(around).collect::<Option<_>>()?;
        let each = each.into_iter().map(|(floor, ceil)| Interval::between(floor, ceil.saturating_add(slack)));
        return each.reduce(Interval::hull);
    }
    let binary = condition.downcast_ref::<BinaryExpr>()?;
    let (left, right) = (binary.left().as_ref(), binary.right().as_ref());
    let of = |side| interval(side, column, schema);
    match binary.op() {
        Operator::And => of(left).into_iter().chain(of(right)).reduce(Interval::both),
        Operator::Or => Some(of(left)?.hull(of(right)?)),
        operator => {
            let sides = |left: &dyn PhysicalExpr, right: &dyn PhysicalExpr| {
                let (found, slack) = rounded(left, schema)?;
                let (floor, ceil) = around(right.downcast_ref::<Literal>()?.value())?;
                (found.name() == column).then_some((floor, ceil.saturating_add(slack)))
            };
            let (operator, (least, greatest)) = match sides(left, right) {
                Some(found) => (*operator, found),
                None => (operator.swap()?, sides(right, left)?),
            };
            match operator {
                Operator::Gt | Operator::GtEq => Some(Interval { least: Some(least), greatest: None }),
                Operator::Lt | Operator::LtEq => Some(Interval { least: None, greatest: Some(greatest) }),
                Operator::Eq => Some(Interval::between(least, greatest)),
                _ => None,
            }
        }
    }
}

/// The column of an expression that keeps the order of its numbers or times, and how much less than the column it may be:
/// a day's time is compared as its date.
fn rounded<'a>(expr: &'a dyn PhysicalExpr, schema: &Schema) -> Option<(&'a Column, i64)> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return Some((column, 0));
    }
    let (inner, step) = match expr.downcast_ref::<CastExpr>() {
        Some(cast) => (cast.expr(), step(&cast.expr().data_type(schema).ok()?, cast.cast_type())?),
        None => {
            let truncated =
                expr.downcast_ref::<ScalarFunctionExpr>().filter(|call| call.name() == "date_trunc")?;
            let [unit, time] = truncated.args() else { return None };
            let unit = unit.downcast_ref::<Literal>()?.value().try_as_str()??.to_ascii_lowercase();
            let step = match unit.as_str() {
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
            (time, step)
        }
    };
    let (column, slack) = rounded(inner.as_ref(), schema)?;
    Some((column, slack + step - 1))
}

/// How much a cast rounds down, in the unit of [`around`]; none if it does more than that, as one into another unit does.
fn step(from: &DataType, to: &DataType) -> Option<i64> {
    use DataType::{Date32, Int32, Int64, Timestamp};
    let is_utc =
        |zone: &Option<Arc<str>>| zone.as_deref().is_none_or(|zone| matches!(zone, "UTC" | "+00:00"));
    match (from, to) {
        (Int32 | Int64, Int32 | Int64) => Some(1),
        (Date32, Timestamp(_, zone)) => is_utc(zone).then_some(1),
        (Timestamp(_, zone), Timestamp(unit, into)) => {
            (is_utc(zone) && is_utc(into)).then_some(if *unit == TimeUnit::Second { SECOND } else { 1 })
        }
        (Timestamp(_, zone), Date32) if is_utc(zone) => Some(DAY),
        _ => None,
    }
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
        let Interval { least, greatest } = Interval::of(&conjuncts, column, schema.as_arrow());
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
            ("date_trunc('MONTH', timestamp) >= '2025-06-01T00:00:00Z'", (Some(0), None)),
            ("timestamp > '2025-06-01T00:00:00Z' OR average > 5", (None, None)),
            (
                "timestamp < '2025-06-01T00:00:00Z' OR timestamp::date = '2025-06-03'",
                (None, Some(3 * DAY - 1)),
            ),
            (
                "timestamp IN ('2025-06-01T00:00:00Z', '2025-06-02T00:00:00Z', '2025-06-03T00:00:00Z', \
                 '2025-06-04T00:00:00Z')",
                (Some(0), Some(3 * DAY)),
            ),
            ("timestamp::time < '12:00'", (None, None)),
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
