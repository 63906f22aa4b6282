//! JSON: an array with an object a line, or lines of objects.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, RecordBatch, StringArray, StringBuilder};
use arrow::datatypes::Field;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonFormat, Writer, make_encoder};
use serde_json::Value;

use super::Encode;
use super::strict::Faults;

pub(super) use arrow::json::writer::LineDelimited as Lines;

pub(super) struct Json<F: JsonFormat> {
    writer: Writer<Vec<u8>, F>,
    faults: Faults,
}

impl<F: JsonFormat> Json<F> {
    pub(super) fn new() -> Self {
        let faults = Faults::default();
        Self { writer: faults.writer().build(Vec::new()), faults }
    }
}

impl<F: JsonFormat + Send> Encode for Json<F> {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.writer.write(batch)?;
        self.faults.check()?;
        out.append(self.writer.get_mut());
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        _: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        self.writer.finish()?;
        out.append(self.writer.get_mut());
        Ok(None)
    }
}

/// The cells of rows as values of JSON, row by row.
///
/// # Errors
/// When a cell has none, such as NaN.
pub(crate) fn json_rows(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, ArrowError> {
    let faults = Faults::default();
    let options = faults.options();
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    let schema = batch.schema();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let mut encoder = make_encoder(field, column, &options)?;
        let mut text = Vec::new();
        for (at, row) in rows.iter_mut().enumerate() {
            if encoder.is_null(at) {
                row.push(Value::Null);
                continue;
            }
            text.clear();
            encoder.encode(at, &mut text);
            faults.check()?;
            let value = serde_json::from_slice(&text);
            row.push(value.map_err(|error| ArrowError::JsonError(error.to_string()))?);
        }
    }
    Ok(rows)
}

/// The cells of a column as JSON, each by itself.
///
/// # Errors
/// When a cell has none, such as NaN.
pub(crate) fn json_texts(field: &Arc<Field>, column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let faults = Faults::default();
    let options = faults.options();
    let mut encoder = make_encoder(field, column, &options)?;
    let (mut texts, mut text) = (StringBuilder::new(), Vec::new());
    for at in 0..column.len() {
        if encoder.is_null(at) {
            texts.append_null();
            continue;
        }
        text.clear();
        encoder.encode(at, &mut text);
        faults.check()?;
        texts.append_value(String::from_utf8_lossy(&text));
    }
    Ok(texts.finish())
}

/// An array that is also readable line by line.
#[derive(Debug, Default)]
pub(super) struct Array;

impl JsonFormat for Array {
    fn start_stream<W: Write>(&self, out: &mut W) -> Result<(), ArrowError> {
        Ok(out.write_all(b"[")?)
    }

    fn start_row<W: Write>(&self, out: &mut W, first: bool) -> Result<(), ArrowError> {
        Ok(out.write_all(if first { b"" } else { b",\n" })?)
    }

    fn end_stream<W: Write>(&self, out: &mut W) -> Result<(), ArrowError> {
        Ok(out.write_all(b"]\n")?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Format, Options, fixture};

    fn written(format: Format, batches: usize) -> String {
        fixture::written(format, &Options::default(), &vec![fixture::batch(); batches])
    }

    #[test]
    fn nothing_is_lost() {
        let rows: Vec<Value> = serde_json::from_str(&written(Format::Json, 1)).unwrap();
        assert_eq!(
            rows[0],
            json!({
                "name": "web-1", "cpu_count": 2, "ram_size_in_gb": 0.5, "created_at": "2025-03-01T12:34:56Z",
                "ipv6_addresses": ["fd00::1", "fd00::2"], "tags": {"env": "prod", "team": null},
                "state": {"code": 16, "name": "running"},
            })
        );
        assert_eq!(rows[1]["name"], "a,\"b\"|\n日本");
        assert_eq!(rows[1]["created_at"], "2025-03-01T12:34:56.789Z");
        assert_eq!((&rows[1]["ipv6_addresses"], &rows[1]["tags"]), (&json!([]), &json!({})));
        let nulls = rows[2].as_object().unwrap();
        assert!(nulls.len() == 7 && nulls.values().all(Value::is_null));
    }

    #[test]
    fn a_line_is_a_row_in_both() {
        let (array, lines) = (written(Format::Json, 2), written(Format::Ndjson, 2));
        assert_eq!(array, format!("[{}]\n", lines.trim_end().replace('\n', ",\n")));
        assert_eq!(lines.lines().count(), 6);
    }

    #[test]
    fn no_rows_are_an_empty_array_or_nothing() {
        assert_eq!(written(Format::Json, 0), "[]\n");
        assert_eq!(written(Format::Ndjson, 0), "");
    }
}
