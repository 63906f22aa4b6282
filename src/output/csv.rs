//! CSV and TSV after RFC 4180; what is nested is JSON text.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringBuilder};
use arrow::csv::WriterBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::EncoderOptions;
use arrow::json::writer::make_encoder;

use super::{Encode, Options};

pub(super) struct Csv {
    schema: SchemaRef,
    /// How the next batch is written: the first one under the header.
    format: WriterBuilder,
}

impl Csv {
    pub(super) fn new(schema: SchemaRef, delimiter: u8, options: &Options) -> Self {
        let format = WriterBuilder::new()
            .with_delimiter(delimiter)
            .with_header(options.header)
            .with_null(options.null.clone().unwrap_or_default());
        Self { schema, format }
    }
}

impl Encode for Csv {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.format.clone().build(out).write(&flat(batch)?)?;
        self.format = self.format.clone().with_header(false);
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        _: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        if self.format.header() {
            self.rows(&RecordBatch::new_empty(self.schema.clone()), out)?;
        }
        Ok(None)
    }
}

/// The batch with its lists, maps and structs as JSON text.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if field.data_type().is_nested() {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            columns.push(json_text(column)?);
        } else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn json_text(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let field = Arc::new(Field::new("", column.data_type().clone(), true));
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(&field, column.as_ref(), &options)?;
    let mut texts = StringBuilder::new();
    let mut json = Vec::new();
    for row in 0..column.len() {
        if encoder.is_null(row) {
            texts.append_null();
        } else {
            json.clear();
            encoder.encode(row, &mut json);
            texts.append_value(String::from_utf8_lossy(&json));
        }
    }
    Ok(Arc::new(texts.finish()))
}

#[cfg(test)]
mod tests {
    use super::super::{Format, fixture};
    use super::*;

    const HEADER: &str = "name,cpu_count,ram_size_in_gb,created_at,ipv6_addresses,tags,state\n";

    #[test]
    fn rows_are_quoted_and_nested_values_are_json() {
        let text = fixture::written(Format::Csv, &Options::default(), &[fixture::batch()]);
        assert_eq!(
            text,
            HEADER.to_owned()
                + r#"web-1,2,0.5,2025-03-01T12:34:56Z,"[""fd00::1"",""fd00::2""]","{""env"":""prod"",""team"":null}","{""code"":16,""name"":""running""}"
"a,""b""|
日本",1024,64.0,2025-03-01T12:34:56.789Z,[],{},"{""code"":null,""name"":null}"
,,,,,,
"#
        );
    }

    #[test]
    fn the_header_comes_once_or_not_at_all() {
        let options = Options { header: false, ..Options::default() };
        let batches = [fixture::batch(), fixture::batch()];
        assert_eq!(
            fixture::written(Format::Csv, &Options::default(), &batches).matches("cpu_count").count(),
            1
        );
        assert_eq!(fixture::written(Format::Csv, &options, &batches).matches("cpu_count").count(), 0);
        assert_eq!(fixture::written(Format::Csv, &Options::default(), &[]), HEADER);
        assert_eq!(fixture::written(Format::Csv, &options, &[]), "");
    }

    #[test]
    fn null_has_a_text_and_tabs_delimit() {
        let options = Options { null: Some("NULL".into()), ..Options::default() };
        let text = fixture::written(Format::Tsv, &options, &[fixture::batch()]);
        assert!(text.starts_with("name\tcpu_count\t"), "{text}");
        assert!(text.ends_with(&(["NULL"; 7].join("\t") + "\n")), "{text}");
    }
}
