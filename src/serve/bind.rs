//! The values that a client binds to the parameters of a statement.

use arrow::datatypes::{DataType, Field, TimeUnit};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use datafusion::common::ScalarValue;
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
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => list(DataType::Utf8),
        Type::INT2_ARRAY | Type::INT4_ARRAY | Type::INT8_ARRAY => list(DataType::Int64),
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
        Type::DATE => ScalarValue::Date32(get::<NaiveDate>(portal, at, of)?.map(|date| {
            let days = date.signed_duration_since(NaiveDate::default()).num_days();
            i32::try_from(days).unwrap_or(i32::MAX)
        })),
        Type::TIMESTAMP => ScalarValue::TimestampMicrosecond(
            get::<NaiveDateTime>(portal, at, of)?.map(|time| time.and_utc().timestamp_micros()),
            None,
        ),
        Type::TIMESTAMPTZ => ScalarValue::TimestampMicrosecond(
            get::<DateTime<FixedOffset>>(portal, at, of)?.map(|time| time.timestamp_micros()),
            utc(),
        ),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => {
            list(get::<Vec<Option<String>>>(portal, at, of)?, DataType::Utf8, ScalarValue::Utf8)
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
