//! The values that a client binds to the parameters of a statement.

use arrow::compute::kernels::cast_utils::parse_interval_month_day_nano;
use arrow::datatypes::{DataType, Field, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use datafusion::common::{DataFusionError, ScalarValue};
use pgwire::api::Type;
use pgwire::api::portal::Portal;
use pgwire::api::stmt::StoredStatement;
use pgwire::error::PgWireResult;
use pgwire::messages::extendedquery::Bind;
use postgres_types::FromSqlOwned;
use rust_decimal::Decimal;
use std::sync::Arc;

use super::errors::{state, state_with_hint};
use datafusion_lightsail::script::Parameters;

/// The type that a value of a type of Postgres has here; `None` if what it stands beside decides.
pub(super) fn arrow_type(of: &Type) -> Option<DataType> {
    let list = |item| DataType::List(Arc::new(Field::new_list_field(item, true)));
    Some(match *of {
        Type::BOOL => DataType::Boolean,
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => DataType::Int64,
        Type::FLOAT4 | Type::FLOAT8 => DataType::Float64,
        Type::DATE => DataType::Date32,
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::TIME => DataType::Time64(TimeUnit::Nanosecond),
        Type::INTERVAL => DataType::Interval(IntervalUnit::MonthDayNano),
        Type::BYTEA => DataType::Binary,
        Type::BOOL_ARRAY => list(DataType::Boolean),
        Type::DATE_ARRAY => list(DataType::Date32),
        Type::TIMESTAMP_ARRAY => list(DataType::Timestamp(TimeUnit::Microsecond, None)),
        Type::TIMESTAMPTZ_ARRAY => list(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        Type::NUMERIC_ARRAY => list(DataType::Float64),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => list(DataType::Utf8),
        Type::INT2_ARRAY | Type::INT4_ARRAY | Type::INT8_ARRAY | Type::OID_ARRAY => list(DataType::Int64),
        Type::FLOAT4_ARRAY | Type::FLOAT8_ARRAY => list(DataType::Float64),
        _ => return None,
    })
}

/// The values of a Bind message by the number of their parameter.
///
/// # Errors
/// 22P02 if one is no value of its type, 0A000 if there are none of its type here.
pub(super) fn values(bind: &Bind, types: &[Type]) -> PgWireResult<Parameters> {
    let declared = types.iter().cloned().map(Some).collect();
    let portal = Portal::try_new(bind, Arc::new(StoredStatement::new(String::new(), (), declared)))?;
    let value = |(at, of): (usize, &Type)| Ok(((at + 1).to_string(), value(&portal, at, of)?));
    types.iter().enumerate().map(value).collect()
}

fn value(portal: &Portal<()>, at: usize, of: &Type) -> PgWireResult<ScalarValue> {
    let utc = || Some(Arc::from("UTC"));
    let integers = |values: Option<Vec<Option<i64>>>| list(values, DataType::Int64, ScalarValue::Int64);
    Ok(match *of {
        Type::BOOL => ScalarValue::Boolean(get(portal, at, of)?),
        Type::INT2 => ScalarValue::Int64(get::<i16>(portal, at, of)?.map(i64::from)),
        Type::INT4 => ScalarValue::Int64(get::<i32>(portal, at, of)?.map(i64::from)),
        Type::INT8 => ScalarValue::Int64(get(portal, at, of)?),
        Type::OID => ScalarValue::Int64(get::<u32>(portal, at, of)?.map(i64::from)),
        Type::FLOAT4 => ScalarValue::Float64(get::<f32>(portal, at, of)?.map(f64::from)),
        Type::FLOAT8 => ScalarValue::Float64(get(portal, at, of)?),
        // What it stands beside decides how it is read.
        Type::NUMERIC => ScalarValue::Utf8(get::<Decimal>(portal, at, of)?.map(|number| number.to_string())),
        Type::DATE => ScalarValue::Date32(get(portal, at, of)?.map(days)),
        Type::TIME => ScalarValue::Time64Nanosecond(get::<NaiveTime>(portal, at, of)?.map(|time| {
            i64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(time.nanosecond())
        })),
        Type::TIMESTAMP => ScalarValue::TimestampMicrosecond(get(portal, at, of)?.map(micros), None),
        Type::TIMESTAMPTZ => {
            ScalarValue::TimestampMicrosecond(get(portal, at, of)?.map(micros_in_utc), utc())
        }
        Type::INTERVAL | Type::BYTEA | Type::UUID | Type::JSON | Type::JSONB => {
            let is_binary = portal.parameter_format.is_binary(at);
            let bytes = portal.parameters.get(at).and_then(Option::as_deref);
            match bytes {
                None => ScalarValue::try_from(&arrow_type(of).unwrap_or(DataType::Utf8)).map_err(none)?,
                Some(bytes) => raw(bytes, of, is_binary).ok_or_else(|| {
                    state("22P02", format!("the value of ${} is none of the type {}", at + 1, of.name()))
                })?,
            }
        }
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => {
            list(get::<Vec<Option<String>>>(portal, at, of)?, DataType::Utf8, ScalarValue::Utf8)
        }
        Type::BOOL_ARRAY => list(get(portal, at, of)?, DataType::Boolean, ScalarValue::Boolean),
        Type::DATE_ARRAY => {
            let values = get::<Vec<Option<NaiveDate>>>(portal, at, of)?;
            list(values, DataType::Date32, |date| ScalarValue::Date32(date.map(days)))
        }
        Type::TIMESTAMP_ARRAY => {
            let values = get::<Vec<Option<NaiveDateTime>>>(portal, at, of)?;
            let scalar = |time: Option<_>| ScalarValue::TimestampMicrosecond(time.map(micros), None);
            list(values, DataType::Timestamp(TimeUnit::Microsecond, None), scalar)
        }
        Type::TIMESTAMPTZ_ARRAY => {
            let values = get::<Vec<Option<DateTime<FixedOffset>>>>(portal, at, of)?;
            let scalar = |time: Option<_>| ScalarValue::TimestampMicrosecond(time.map(micros_in_utc), utc());
            list(values, DataType::Timestamp(TimeUnit::Microsecond, utc()), scalar)
        }
        Type::NUMERIC_ARRAY => {
            let values = get::<Vec<Option<Decimal>>>(portal, at, of)?;
            let scalar = |number: Option<Decimal>| {
                ScalarValue::Float64(number.and_then(|number| number.to_string().parse().ok()))
            };
            list(values, DataType::Float64, scalar)
        }
        Type::FLOAT4_ARRAY => {
            let values = get::<Vec<Option<f32>>>(portal, at, of)?;
            list(values, DataType::Float64, |number| ScalarValue::Float64(number.map(f64::from)))
        }
        Type::INT2_ARRAY => {
            let values = get::<Vec<Option<i16>>>(portal, at, of)?;
            integers(values.map(|values| values.into_iter().map(|value| value.map(i64::from)).collect()))
        }
        Type::INT4_ARRAY => {
            let values = get::<Vec<Option<i32>>>(portal, at, of)?;
            integers(values.map(|values| values.into_iter().map(|value| value.map(i64::from)).collect()))
        }
        Type::INT8_ARRAY => integers(get(portal, at, of)?),
        Type::OID_ARRAY => {
            let values = get::<Vec<Option<u32>>>(portal, at, of)?;
            integers(values.map(|values| values.into_iter().map(|value| value.map(i64::from)).collect()))
        }
        Type::FLOAT8_ARRAY => {
            list(get::<Vec<Option<f64>>>(portal, at, of)?, DataType::Float64, ScalarValue::Float64)
        }
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
            let text = get::<String>(portal, at, of)?;
            if text.as_ref().is_some_and(|text| text.contains('\0')) {
                return Err(state("22021", format!("the value of ${} has the character NUL in it", at + 1)));
            }
            ScalarValue::Utf8(text)
        }
        _ => {
            let what =
                format!("the value of ${} is of the type {}, which no column here has", at + 1, of.name());
            return Err(state_with_hint("0A000", what, "bind it as text"));
        }
    })
}

fn none(error: DataFusionError) -> pgwire::error::PgWireError {
    state("0A000", error.to_string())
}

fn days(date: NaiveDate) -> i32 {
    let days = date.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).unwrap_or(i32::MAX)
}

fn micros(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp_micros()
}

fn micros_in_utc(time: DateTime<FixedOffset>) -> i64 {
    time.timestamp_micros()
}

/// A value of one of the types that postgres-types reads into none of ours; `None` if it is none of its type.
fn raw(bytes: &[u8], of: &Type, is_binary: bool) -> Option<ScalarValue> {
    let text = || std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    Some(match (of, is_binary) {
        (&Type::INTERVAL, true) => {
            let (micros, rest) = bytes.split_first_chunk::<8>()?;
            let (days, rest) = rest.split_first_chunk::<4>()?;
            let nanos = i64::from_be_bytes(*micros).checked_mul(1000)?;
            let (days, months) = (i32::from_be_bytes(*days), i32::from_be_bytes(rest.try_into().ok()?));
            ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, days, nanos)))
        }
        (&Type::INTERVAL, false) => ScalarValue::IntervalMonthDayNano(Some(interval(text()?)?)),
        (&Type::BYTEA, true) => ScalarValue::Binary(Some(bytes.to_vec())),
        (&Type::BYTEA, false) => {
            let digits = text()?.strip_prefix("\\x")?.as_bytes().chunks(2);
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            ScalarValue::Binary(Some(digits.map(byte).collect::<Option<_>>()?))
        }
        (&Type::UUID, true) => ScalarValue::from(uuid(u128::from_be_bytes(bytes.try_into().ok()?))),
        (&Type::UUID, false) => {
            let digits: String =
                text()?.chars().filter(|letter| !matches!(letter, '-' | '{' | '}')).collect();
            let number = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?;
            ScalarValue::from(uuid(number))
        }
        // The first byte is a version.
        (&Type::JSONB, true) => ScalarValue::from(std::str::from_utf8(bytes.strip_prefix(&[1])?).ok()?),
        _ => ScalarValue::from(text()?),
    })
}

/// The text of a UUID.
fn uuid(number: u128) -> String {
    let digits = format!("{number:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// `1 day 0:00:03`: Arrow reads units, and drivers write times of the clock.
fn interval(text: &str) -> Option<IntervalMonthDayNano> {
    let mut units = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let Some((hours, rest)) = word.split_once(':') else {
            units.push(word.to_owned());
            continue;
        };
        let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
        let sign = if hours.starts_with('-') { "-" } else { "" };
        units.push(format!("{hours} hours {sign}{minutes} minutes {sign}{seconds} seconds"));
    }
    parse_interval_month_day_nano(&units.join(" ")).ok()
}

fn get<'a, T>(portal: &'a Portal<()>, at: usize, of: &Type) -> PgWireResult<Option<T>>
where
    T: FromSqlOwned + pgwire::types::FromSqlText<'a>,
{
    let wrong = |error: pgwire::error::PgWireError| {
        state("22P02", format!("the value of ${} is none of the type {}: {error}", at + 1, of.name()))
    };
    portal.parameter(at, of).map_err(wrong)
}

fn list<T>(
    values: Option<Vec<Option<T>>>,
    of: DataType,
    scalar: impl Fn(Option<T>) -> ScalarValue,
) -> ScalarValue {
    match values {
        None => ScalarValue::new_null_list(of, true, 1),
        Some(values) => {
            let values: Vec<_> = values.into_iter().map(scalar).collect();
            ScalarValue::List(ScalarValue::new_list_nullable(&values, &of))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_a_type_of_ours_are_read_all_the_same() {
        let interval = |months, days, nanos| {
            Some(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, days, nanos))))
        };
        let second = 1_000_000_i64.to_be_bytes();
        let binary = [&second[..], &2_i32.to_be_bytes(), &3_i32.to_be_bytes()].concat();
        assert_eq!(raw(&binary, &Type::INTERVAL, true), interval(3, 2, 1_000_000_000));
        for (text, expected) in [
            ("1 day, 0:00:03", interval(0, 1, 3_000_000_000)),
            ("-1 days -00:00:01.5", interval(0, -1, -1_500_000_000)),
            ("3 months 2 hours", interval(3, 0, 7_200_000_000_000)),
        ] {
            assert_eq!(raw(text.as_bytes(), &Type::INTERVAL, false), expected, "{text}");
        }
        let text = b"00000000000000000000-0000000000FF";
        assert_eq!(raw(text, &Type::UUID, false), Some(ScalarValue::from(uuid(255))));
        assert_eq!(raw(b"\\x00ff", &Type::BYTEA, false), Some(ScalarValue::Binary(Some(vec![0, 255]))));
        assert_eq!(uuid(255), "00000000-0000-0000-0000-0000000000ff");
        assert_eq!(raw(&255_u128.to_be_bytes(), &Type::UUID, true), Some(ScalarValue::from(uuid(255))));
        assert_eq!(raw(b"\x01{}", &Type::JSONB, true), Some(ScalarValue::from("{}")));
        for (bytes, of, is_binary) in [
            (&b"soon"[..], Type::INTERVAL, false),
            (b"12", Type::INTERVAL, true),
            (b"\\xf", Type::UUID, true),
            (b"\\xzz", Type::BYTEA, false),
            (b"a\0b", Type::JSON, false),
        ] {
            assert_eq!(raw(bytes, &of, is_binary), None, "{bytes:?}");
        }
    }
}
