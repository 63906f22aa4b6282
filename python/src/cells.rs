//! Values between Arrow and Python.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::ScalarValue;
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::script::Parameters;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString, PyTuple};

use crate::errors::exception;
use crate::stream::arrow_error;

/// The rows of a batch as tuples.
pub(crate) fn rows<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Vec<Bound<'py, PyTuple>>> {
    let columns = batch.columns().iter();
    let columns: Vec<Vec<Bound<'py, PyAny>>> =
        columns.map(|column| values(py, column.as_ref())).collect::<PyResult<_>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let row = |_| PyTuple::new(py, columns.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>());
    (0..batch.num_rows()).map(row).collect()
}

/// All values of an array.
fn values<'py>(py: Python<'py>, array: &dyn Array) -> PyResult<Vec<Bound<'py, PyAny>>> {
    (0..array.len()).map(|row| value(py, array, row)).collect()
}

macro_rules! number {
    ($py:expr, $array:expr, $row:expr, $kind:ty) => {
        Ok($array.as_primitive::<$kind>().value($row).into_pyobject($py)?.into_any())
    };
}

macro_rules! time {
    ($py:expr, $array:expr, $row:expr, $kind:ty, $zone:expr) => {{
        let time = $array.as_primitive::<$kind>().value_as_datetime($row);
        let time = time.ok_or_else(|| beyond($py, "a time that no datetime can have"))?;
        let time = match $zone {
            Some(_) => time.and_utc().into_pyobject($py),
            None => time.into_pyobject($py),
        };
        Ok(time.map_err(|_| beyond($py, "a time that no datetime can have"))?.into_any())
    }};
}

macro_rules! clock {
    ($py:expr, $array:expr, $row:expr, $kind:ty) => {{
        let time = $array.as_primitive::<$kind>().value_as_time($row);
        let time = time.ok_or_else(|| beyond($py, "a time that no clock has"))?;
        Ok(time.into_pyobject($py)?.into_any())
    }};
}

macro_rules! length {
    ($py:expr, $array:expr, $row:expr, $kind:ty) => {{
        let length = $array.as_primitive::<$kind>().value_as_duration($row);
        let length = length.and_then(|length| length.into_pyobject($py).ok());
        Ok(length.ok_or_else(|| beyond($py, "a time that no timedelta can have"))?.into_any())
    }};
}

/// The exception of a value that Python's types have no place for.
fn beyond(py: Python<'_>, what: &str) -> PyErr {
    exception(py, &Error::new(Kind::Sql, what).with_hint("CAST(… AS VARCHAR) makes a text of it"))
}

/// The value in a row.
fn value<'py>(py: Python<'py>, array: &dyn Array, row: usize) -> PyResult<Bound<'py, PyAny>> {
    if array.is_null(row) || array.data_type().is_null() {
        return Ok(py.None().into_bound(py));
    }
    match array.data_type() {
        DataType::Boolean => Ok(PyBool::new(py, array.as_boolean().value(row)).to_owned().into_any()),
        DataType::Int8 => number!(py, array, row, Int8Type),
        DataType::Int16 => number!(py, array, row, Int16Type),
        DataType::Int32 => number!(py, array, row, Int32Type),
        DataType::Int64 => number!(py, array, row, Int64Type),
        DataType::UInt8 => number!(py, array, row, UInt8Type),
        DataType::UInt16 => number!(py, array, row, UInt16Type),
        DataType::UInt32 => number!(py, array, row, UInt32Type),
        DataType::UInt64 => number!(py, array, row, UInt64Type),
        DataType::Float32 => number!(py, array, row, Float32Type),
        DataType::Float64 => number!(py, array, row, Float64Type),
        DataType::Utf8 => Ok(PyString::new(py, array.as_string::<i32>().value(row)).into_any()),
        DataType::LargeUtf8 => Ok(PyString::new(py, array.as_string::<i64>().value(row)).into_any()),
        DataType::Utf8View => Ok(PyString::new(py, array.as_string_view().value(row)).into_any()),
        DataType::Date32 => {
            let date = array.as_primitive::<Date32Type>().value_as_date(row);
            let date = date.and_then(|date| date.into_pyobject(py).ok());
            Ok(date.ok_or_else(|| beyond(py, "a date that Python has none for"))?.into_any())
        }
        DataType::Timestamp(TimeUnit::Second, zone) => time!(py, array, row, TimestampSecondType, zone),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            time!(py, array, row, TimestampMillisecondType, zone)
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            time!(py, array, row, TimestampMicrosecondType, zone)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            time!(py, array, row, TimestampNanosecondType, zone)
        }
        DataType::Time32(TimeUnit::Second) => clock!(py, array, row, Time32SecondType),
        DataType::Time32(_) => clock!(py, array, row, Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => clock!(py, array, row, Time64MicrosecondType),
        DataType::Time64(_) => clock!(py, array, row, Time64NanosecondType),
        DataType::Duration(TimeUnit::Second) => length!(py, array, row, DurationSecondType),
        DataType::Duration(TimeUnit::Millisecond) => length!(py, array, row, DurationMillisecondType),
        DataType::Duration(TimeUnit::Microsecond) => length!(py, array, row, DurationMicrosecondType),
        DataType::Duration(TimeUnit::Nanosecond) => length!(py, array, row, DurationNanosecondType),
        DataType::Binary => Ok(PyBytes::new(py, array.as_binary::<i32>().value(row)).into_any()),
        DataType::LargeBinary => Ok(PyBytes::new(py, array.as_binary::<i64>().value(row)).into_any()),
        DataType::BinaryView => Ok(PyBytes::new(py, array.as_binary_view().value(row)).into_any()),
        DataType::FixedSizeBinary(_) => {
            Ok(PyBytes::new(py, array.as_fixed_size_binary().value(row)).into_any())
        }
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => py.import("decimal")?.getattr("Decimal")?.call1((text(array, row)?,)),
        DataType::List(_) => list(py, array.as_list::<i32>().value(row).as_ref()),
        DataType::LargeList(_) => list(py, array.as_list::<i64>().value(row).as_ref()),
        DataType::FixedSizeList(..) => list(py, array.as_fixed_size_list().value(row).as_ref()),
        DataType::Struct(fields) => {
            let dict = PyDict::new(py);
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                dict.set_item(field.name(), value(py, column.as_ref(), row)?)?;
            }
            Ok(dict.into_any())
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let dict = PyDict::new(py);
            for at in 0..entries.len() {
                let part = |column| value(py, entries.column(column).as_ref(), at);
                dict.set_item(part(0)?, part(1)?)?;
            }
            Ok(dict.into_any())
        }
        // What Python has no type for, such as an interval of months.
        _ => Ok(PyString::new(py, &text(array, row)?).into_any()),
    }
}

fn list<'py>(py: Python<'py>, items: &dyn Array) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyList::new(py, values(py, items)?)?.into_any())
}

fn text(array: &dyn Array, row: usize) -> PyResult<String> {
    let formatter = ArrayFormatter::try_new(array, &FormatOptions::new()).map_err(arrow_error)?;
    formatter.value(row).try_to_string().map_err(arrow_error)
}

/// The values of `$parameters`: texts, numbers, truth values and None.
pub(crate) fn parameters(given: &Bound<'_, PyDict>) -> PyResult<Parameters> {
    given.iter().map(|(name, value)| Ok((name.extract::<String>()?, parameter(&name, &value)?))).collect()
}

fn parameter(name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<ScalarValue> {
    if value.is_none() {
        return Ok(ScalarValue::Null);
    }
    // A truth value is an integer too.
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(ScalarValue::from(value.is_true()));
    }
    if let Ok(value) = value.cast::<PyString>() {
        return Ok(ScalarValue::from(value.to_str()?));
    }
    if let Ok(value) = value.extract::<i64>() {
        return Ok(ScalarValue::from(value));
    }
    if value.is_instance_of::<PyInt>() {
        let error = Error::new(Kind::Usage, format!("${name} has more digits than a number of 64 bits"));
        return Err(exception(value.py(), &error.with_hint("give it as a text")));
    }
    if let Ok(value) = value.extract::<f64>() {
        return Ok(ScalarValue::from(value));
    }
    let kind = value.get_type().name()?;
    let what = format!("${name} is a {kind}, and parameters are texts, numbers, times, True, False or None");
    let error = Error::new(Kind::Usage, what).with_hint("write lists into the statement: name IN ('a', 'b')");
    Err(exception(value.py(), &error))
}
