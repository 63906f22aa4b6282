//! JSON values that are right, or an error.
//!
//! Arrow's encoders cannot fail: a date out of range becomes the text `ERROR: …`, NaN becomes null. The encoders here
//! remember what goes wrong instead, and the batch is refused before any of it is sent.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayData, ArrowPrimitiveType, AsArray, PrimitiveArray, new_empty_array};
use arrow::datatypes::{DataType, FieldRef, Float16Type, Float32Type, Float64Type, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow::json::writer::{Encoder, EncoderFactory, NullableEncoder, make_encoder};
use arrow::json::{EncoderOptions, WriterBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::TimeDelta;

/// What the encoders of a result could not write.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Arc<Mutex<Option<ArrowError>>>);

impl Faults {
    /// Options of an encoder that reports here.
    pub(super) fn options(&self) -> EncoderOptions {
        EncoderOptions::default().with_explicit_nulls(true).with_encoder_factory(Arc::new(self.clone()))
    }

    /// The builder of a writer that reports here.
    pub(super) fn writer(&self) -> WriterBuilder {
        WriterBuilder::new().with_explicit_nulls(true).with_encoder_factory(Arc::new(self.clone()))
    }

    /// Gives the first fault, if there was one.
    ///
    /// # Errors
    /// That fault.
    pub(super) fn check(&self) -> Result<(), ArrowError> {
        let fault = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        fault.map_or(Ok(()), Err)
    }

    fn report(&self, fault: ArrowError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
    }
}

impl EncoderFactory for Faults {
    fn make_default_encoder<'a>(
        &self,
        _: &'a FieldRef,
        array: &'a dyn Array,
        _: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let form = match array.data_type() {
            DataType::Float16 => return Ok(self.float::<Float16Type>(array, f64::from)),
            DataType::Float32 => return Ok(self.float::<Float32Type>(array, f64::from)),
            DataType::Float64 => return Ok(self.float::<Float64Type>(array, |float| float)),
            DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => Form::Number,
            kind if kind.is_temporal() => Form::Text,
            _ => return Ok(None),
        };
        let formatter = ArrayFormatter::try_new(array, &FormatOptions::new())?;
        let encoder = Formatted { formatter, form, text: String::new(), faults: self.clone() };
        Ok(Some(NullableEncoder::new(Box::new(encoder), array.nulls().cloned())))
    }
}

impl Faults {
    /// An encoder of floats of which some are no number; `None` leaves the others to arrow.
    fn float<'a, T: ArrowPrimitiveType>(
        &self,
        array: &'a dyn Array,
        widened: fn(T::Native) -> f64,
    ) -> Option<NullableEncoder<'a>> {
        let array = array.as_primitive::<T>();
        if array.values().iter().all(|value| widened(*value).is_finite()) {
            return None;
        }
        let encoder = Float { array, widened, faults: self.clone() };
        Some(NullableEncoder::new(Box::new(encoder), array.nulls().cloned()))
    }
}

#[derive(Clone, Copy)]
enum Form {
    /// Text in quotes: nothing that is written so has a character that needs escaping.
    Text,
    /// A number. Most readers of JSON make a double of it.
    Number,
}

struct Formatted<'a> {
    formatter: ArrayFormatter<'a>,
    form: Form,
    text: String,
    faults: Faults,
}

impl Encoder for Formatted<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        self.text.clear();
        if let Err(fault) = self.formatter.value(row).write(&mut self.text) {
            return self.faults.report(fault);
        }
        match self.form {
            Form::Text => {
                out.push(b'"');
                out.extend_from_slice(self.text.as_bytes());
                out.push(b'"');
            }
            Form::Number if is_a_double(&self.text) => out.extend_from_slice(self.text.as_bytes()),
            Form::Number => self.faults.report(ArrowError::JsonError(format!(
                "{} has more digits than readers of JSON keep of a number; write it as text: CAST(… AS VARCHAR)",
                self.text
            ))),
        }
    }
}

/// Whether a double gives back every digit of a decimal.
fn is_a_double(decimal: &str) -> bool {
    let scale = decimal.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let mut back = String::with_capacity(decimal.len());
    let is_written = decimal.parse::<f64>().is_ok_and(|double| write!(back, "{double:.scale$}").is_ok());
    is_written && back == decimal
}

struct Float<'a, T: ArrowPrimitiveType> {
    array: &'a PrimitiveArray<T>,
    widened: fn(T::Native) -> f64,
    faults: Faults,
}

impl<T: ArrowPrimitiveType> Encoder for Float<'_, T> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let value = (self.widened)(self.array.value(row));
        if value.is_finite() {
            // Shortest digits that give back the value of its own type, as arrow writes them.
            if let Ok(formatter) = ArrayFormatter::try_new(self.array, &FormatOptions::new()) {
                out.extend_from_slice(formatter.value(row).to_string().as_bytes());
            }
            return;
        }
        self.faults.report(ArrowError::JsonError(format!(
            "JSON has no number {value}: write nullif(x, '{value}'::double), which is NULL there, or CAST(x AS VARCHAR)"
        )));
    }
}

/// Refuses types that JSON has no form for.
pub(super) fn check_types(schema: &Schema) -> Result<(), ArrowError> {
    let options = Faults::default().options();
    schema.fields().iter().try_for_each(|field| {
        let column = new_empty_array(field.data_type());
        make_encoder(field, column.as_ref(), &options).map(drop)
    })
}

/// Refuses a duration of more seconds than there are: Arrow shows it as `<invalid>`, and not as an error.
pub(super) fn check_durations(data: &ArrayData) -> Result<(), ArrowError> {
    let is_time: fn(i64) -> bool = match data.data_type() {
        DataType::Duration(TimeUnit::Second) => |value| TimeDelta::try_seconds(value).is_some(),
        DataType::Duration(TimeUnit::Millisecond) => |value| TimeDelta::try_milliseconds(value).is_some(),
        _ => return data.child_data().iter().try_for_each(check_durations),
    };
    let values = data.buffer::<i64>(0).iter().take(data.len()).enumerate();
    let mut wrong = values.filter(|(row, value)| data.is_valid(*row) && !is_time(**value));
    match wrong.next() {
        Some((_, value)) => {
            Err(ArrowError::CastError(format!("Failed to convert {value} to {}", data.data_type())))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_a_number_as_far_as_a_double_has_its_digits() {
        for fits in ["0", "1.50", "-0.10", "123456789012.345", "99999999999999.9", "9007199254740992"] {
            assert!(is_a_double(fits), "{fits}");
        }
        for too_long in ["9007199254740993", "12345678901234567890.12", "0.12345678901234567890"] {
            assert!(!is_a_double(too_long), "{too_long}");
        }
    }
}
