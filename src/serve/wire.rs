//! Columns of Arrow → the types of Postgres, and their values.
//!
//! arrow-pg writes what Postgres has a type for. What it has none for, and what arrow-pg writes wrongly (an interval that is
//! NULL, a decimal of more than 28 digits), becomes a text or JSON before it gets there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow_pg::datatypes::into_pg_type;
use arrow_pg::encoder::{Encoder, encode_value};
use pgwire::api::Type;
use pgwire::api::results::{FieldFormat, FieldInfo};
use pgwire::error::PgWireResult;

use super::errors::told;
use crate::output::json_texts;
use datafusion_lightsail::error::{Error, Kind};

/// How the values of a column get to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// As they are.
    Own,
    /// As those of another type.
    As(DataType),
    /// As JSON, like `--format json` has them.
    Json,
}

/// The most digits that arrow-pg holds of a decimal.
const DIGITS: u8 = 28;

fn way(of: &DataType) -> Way {
    match of {
        DataType::Null | DataType::Interval(_) | DataType::Duration(_) | DataType::Decimal256(..) => {
            Way::As(DataType::Utf8)
        }
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            Way::As(DataType::Decimal128(*precision, *scale))
        }
        DataType::Decimal128(precision, scale) if *precision > DIGITS || *scale < 0 => {
            Way::As(DataType::Utf8)
        }
        DataType::Float16 => Way::As(DataType::Float32),
        DataType::Date64 => Way::As(DataType::Date32),
        DataType::Int8 | DataType::UInt8 => Way::As(DataType::Int16),
        DataType::UInt16 => Way::As(DataType::Int32),
        DataType::UInt32 => Way::As(DataType::Int64),
        DataType::FixedSizeBinary(_) | DataType::LargeBinary | DataType::BinaryView => {
            Way::As(DataType::Binary)
        }
        DataType::LargeUtf8 | DataType::Utf8View => Way::As(DataType::Utf8),
        // Postgres' own count microseconds.
        DataType::Timestamp(TimeUnit::Second | TimeUnit::Nanosecond, zone) => {
            Way::As(DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))
        }
        DataType::Time32(_) | DataType::Time64(TimeUnit::Nanosecond) => {
            Way::As(DataType::Time64(TimeUnit::Microsecond))
        }
        DataType::Dictionary(_, values) => match way(values) {
            Way::Own => Way::As(values.as_ref().clone()),
            other => other,
        },
        DataType::List(item) => match item.data_type() {
            DataType::Boolean
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float32
            | DataType::Float64
            | DataType::Utf8 => Way::Own,
            DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => {
                Way::As(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
            }
            _ => Way::Json,
        },
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let list = DataType::List(Arc::clone(item));
            match way(&list) {
                Way::Own => Way::As(list),
                other => other,
            }
        }
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) | DataType::ListView(_) => Way::Json,
        DataType::LargeListView(_) | DataType::RunEndEncoded(..) => Way::Json,
        _ => Way::Own,
    }
}

/// The type of Postgres that a column has.
pub(super) fn pg_type(field: &Field) -> PgWireResult<Type> {
    match way(field.data_type()) {
        Way::Json => Ok(Type::JSON),
        Way::As(of) => into_pg_type(&of),
        // The system catalog says of some of its integers that they are oids.
        Way::Own => arrow_pg::datatypes::field_into_pg_type(&Arc::new(field.clone())),
    }
}

/// The columns of a result, each in a format.
pub(super) fn columns(
    schema: &Schema,
    format: impl Fn(usize) -> FieldFormat,
) -> PgWireResult<Arc<Vec<FieldInfo>>> {
    let column = |(at, field): (usize, &Arc<Field>)| {
        let of = pg_type(field)?;
        let size = size(&of);
        Ok(FieldInfo::new(field.name().clone(), None, None, of, format(at)).with_type_size(size))
    };
    schema.fields().iter().enumerate().map(column).collect::<PgWireResult<_>>().map(Arc::new)
}

/// How many bytes a value has in binary; -1 where that varies.
fn size(of: &Type) -> i16 {
    match *of {
        Type::BOOL | Type::CHAR => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::DATE | Type::OID => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME => 8,
        _ => -1,
    }
}

/// Rows as arrow-pg writes them.
///
/// # Errors
/// When a value has no place on the wire.
pub(super) fn shaped(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema_ref();
    let mut fields = Vec::with_capacity(schema.fields().len());
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let shaped: ArrayRef = match way(field.data_type()) {
            Way::Own => Arc::clone(array),
            Way::As(DataType::Utf8) if array.data_type().is_null() => {
                arrow::array::new_null_array(&DataType::Utf8, array.len())
            }
            Way::As(of) => {
                // What has no place in the other type is an error, and no NULL.
                cast_with_options(array, &of, &CastOptions { safe: false, ..CastOptions::default() })?
            }
            Way::Json => Arc::new(json_texts(field, array)?),
        };
        check_texts(field, &shaped)?;
        fields.push(Arc::new(
            field.as_ref().clone().with_data_type(shaped.data_type().clone()).with_nullable(true),
        ));
        arrays.push(shaped);
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}

/// The most bytes of one text: what is longer is made by a statement, and would keep everybody waiting.
const LONGEST: i32 = 64 << 20;

/// A text of Postgres ends at a NUL, and so do those of its drivers: the rest would be missing without a word.
fn check_texts(field: &Field, array: &ArrayRef) -> Result<(), ArrowError> {
    let Some(texts) = array.as_string_opt::<i32>() else { return Ok(()) };
    if texts.value_offsets().windows(2).any(|ends| ends[1] - ends[0] > LONGEST) {
        let what = format!("a text of {} has more than {} MiB", field.name(), LONGEST >> 20);
        let error = Error::new(Kind::Sql, what).with_sql_state("54000");
        return Err(ArrowError::ExternalError(Box::new(error.with_hint("left(…) is a part of it"))));
    }
    if texts.value_data().contains(&0) && texts.iter().flatten().any(|text| text.contains('\0')) {
        let what = format!(
            "a text of {} has the character NUL in it, which no text of Postgres can have",
            field.name()
        );
        let error = Error::new(Kind::Sql, what);
        let name = field.name();
        let error = error.with_hint(format!("replace({name}, chr(0), '') leaves it out"));
        return Err(ArrowError::ExternalError(Box::new(error)));
    }
    Ok(())
}

/// Writes a row that [`shaped`] has made.
pub(super) fn encode<E: Encoder>(
    encoder: &mut E,
    batch: &RecordBatch,
    row: usize,
    columns: &[FieldInfo],
) -> PgWireResult<E::Item> {
    for ((field, array), column) in batch.schema_ref().fields().iter().zip(batch.columns()).zip(columns) {
        match infinite(array, row).filter(|_| column.format() == FieldFormat::Text) {
            // arrow-pg writes `inf`, which drivers read as no number, or not at all.
            Some(text) => encoder.encode_field(&text, column).map_err(told)?,
            None => encode_value(encoder, array, row, field, column).map_err(told)?,
        }
    }
    Ok(encoder.take_row())
}

/// What Postgres calls a value that is infinite.
fn infinite(array: &ArrayRef, row: usize) -> Option<&'static str> {
    let value = match array.data_type() {
        DataType::Float64 => array.as_primitive_opt::<Float64Type>()?.value(row),
        DataType::Float32 => array.as_primitive_opt::<Float32Type>()?.value(row).into(),
        _ => return None,
    };
    (value.is_infinite() && array.is_valid(row)).then_some(if value > 0.0 { "Infinity" } else { "-Infinity" })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Float64Array, IntervalDayTimeArray, StringArray};
    use pgwire::api::results::DataRowEncoder;

    use super::*;

    fn row(array: ArrayRef, format: FieldFormat) -> (Type, Vec<u8>) {
        let schema = Schema::new(vec![Field::new("a", array.data_type().clone(), true)]);
        let columns = columns(&schema, |_| format).unwrap();
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
        let mut encoder = DataRowEncoder::new(Arc::clone(&columns));
        let row = encode(&mut encoder, &shaped(&batch).unwrap(), 0, &columns).unwrap();
        (columns[0].datatype().clone(), row.data.to_vec())
    }

    #[test]
    fn what_arrow_pg_writes_wrongly_is_a_text() {
        let null = IntervalDayTimeArray::from(vec![None]);
        assert_eq!(row(Arc::new(null), FieldFormat::Text), (Type::TEXT, (-1_i32).to_be_bytes().to_vec()));
        let most = 10_i128.pow(38) - 1;
        let long = Decimal128Array::from(vec![most]).with_precision_and_scale(38, 0).unwrap();
        let (of, bytes) = row(Arc::new(long), FieldFormat::Binary);
        assert_eq!((of, &bytes[4..]), (Type::TEXT, most.to_string().as_bytes()));
    }

    #[test]
    fn what_is_infinite_is_called_so() {
        for (value, expected) in
            [(f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity"), (f64::NAN, "NaN")]
        {
            let (of, bytes) = row(Arc::new(Float64Array::from(vec![value])), FieldFormat::Text);
            assert_eq!((of, &bytes[4..]), (Type::FLOAT8, expected.as_bytes()));
        }
        let (_, bytes) = row(Arc::new(Float64Array::from(vec![f64::INFINITY])), FieldFormat::Binary);
        assert_eq!(bytes[4..], f64::INFINITY.to_be_bytes());
    }

    #[test]
    fn a_nul_in_a_text_is_an_error() {
        let array: ArrayRef = Arc::new(StringArray::from(vec!["a\0b"]));
        let schema = Schema::new(vec![Field::new("a", DataType::Utf8, true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
        assert!(shaped(&batch).unwrap_err().to_string().contains("NUL"));
    }
}
