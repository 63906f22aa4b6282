//! CSV and TSV after RFC 4180; what is nested is JSON text.
//!
//! NULL is its marker without quotes, by default nothing; a text that equals the marker is in quotes, so `,,` is NULL and
//! `,"",` the empty text. A line without a character is no row to most readers. So a NULL that is alone on its line is `""`,
//! which is NULL again to pandas and DuckDB, and in a column of texts, where that is the empty text, it is `NULL`, as with
//! `--null NULL`: pandas takes that for NULL, DuckDB with `nullstr = 'NULL'`, and our own tables over CSV files do. A note
//! says so.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::EncoderOptions;
use arrow::json::writer::{NullableEncoder, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::sync::Arc;

use super::strict::Faults;
use super::{Encode, Options};

/// What a text begins with that a spreadsheet takes for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub(super) struct Csv {
    schema: SchemaRef,
    delimiter: u8,
    /// What stands for NULL.
    null: String,
    /// Whether the header is still to be written.
    header: bool,
    /// The columns whose texts must not be formulas.
    guarded: Vec<bool>,
    /// Whether `null` stands for what would be an empty line among texts, and whether it did.
    is_text_alone: bool,
    has_null_alone: bool,
}

/// What stands for NULL in a column of texts that is alone.
const NULL_ALONE: &str = "NULL";

impl Csv {
    pub(super) fn new(schema: SchemaRef, delimiter: u8, options: &Options) -> Self {
        let null = options.null.clone().unwrap_or_default();
        let is_text_alone = match &schema.fields()[..] {
            [field] => null.is_empty() && is_text(field.data_type()),
            _ => false,
        };
        let is_guarded = |kind: &DataType| options.file.is_csv_safe && !kind.is_numeric();
        Self {
            guarded: schema.fields().iter().map(|field| is_guarded(field.data_type())).collect(),
            null: if is_text_alone { NULL_ALONE.to_owned() } else { null },
            schema,
            delimiter: options.file.delimiter.unwrap_or(delimiter),
            header: options.header,
            is_text_alone,
            has_null_alone: false,
        }
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if !std::mem::take(&mut self.header) || self.schema.fields().is_empty() {
            return;
        }
        for (number, field) in self.schema.fields().iter().enumerate() {
            self.separate(number, out);
            self.write_text(field.name(), out);
        }
        out.push(b'\n');
    }

    fn separate(&self, number: usize, out: &mut Vec<u8>) {
        if number > 0 {
            out.push(self.delimiter);
        }
    }

    fn write_text(&self, text: &str, out: &mut Vec<u8>) {
        let is_special = |byte: u8| matches!(byte, b'"' | b'\n' | b'\r') || byte == self.delimiter;
        if text != self.null && !text.is_empty() && !text.bytes().any(is_special) {
            return out.extend_from_slice(text.as_bytes());
        }
        write_quoted(text, out);
    }

    /// The marker as it is: no reader takes what is in quotes for NULL. One that could not stand so is in quotes anyway.
    fn write_null(&mut self, out: &mut Vec<u8>) {
        let is_special = |byte: u8| matches!(byte, b'"' | b'\n' | b'\r') || byte == self.delimiter;
        let is_alone = self.null.is_empty() && self.schema.fields().len() == 1;
        self.has_null_alone |= self.is_text_alone;
        if is_alone || self.null.bytes().any(is_special) {
            write_quoted(&self.null, out);
        } else {
            out.extend_from_slice(self.null.as_bytes());
        }
    }
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_text(values),
        kind => kind.is_string(),
    }
}

fn write_quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

impl Encode for Csv {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.write_header(out);
        let faults = Faults::default();
        let options = faults.options();
        let schema = batch.schema();
        let fields: Vec<FieldRef> = schema.fields().iter().map(unnamed).collect();
        let mut columns = fields
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| Cells::of(field, column, &options))
            .collect::<Result<Vec<_>, _>>()?;
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for (number, cells) in columns.iter_mut().enumerate() {
                self.separate(number, out);
                text.clear();
                if cells.read(row, &mut text)? {
                    if self.guarded[number] && text.starts_with(FORMULA) {
                        text.insert(0, '\'');
                    }
                    self.write_text(&text, out);
                } else {
                    self.write_null(out);
                }
            }
            if !columns.is_empty() {
                out.push(b'\n');
            }
        }
        faults.check()
    }

    fn end(
        mut self: Box<Self>,
        _: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        self.write_header(out);
        Ok(self.has_null_alone.then(|| {
            format!(
                "note: NULL is written {NULL_ALONE}, for readers skip an empty line: --null TEXT writes another text"
            )
        }))
    }
}

/// The encoder wants a field that lives as long as the array.
fn unnamed(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new("", field.data_type().clone(), true))
}

/// The cells of a column: as Arrow shows them, nested ones as JSON.
enum Cells<'a> {
    Flat { formatter: ArrayFormatter<'a>, nulls: Option<arrow::buffer::NullBuffer> },
    Nested { encoder: NullableEncoder<'a>, json: Vec<u8> },
}

impl<'a> Cells<'a> {
    fn of(
        field: &'a FieldRef,
        column: &'a ArrayRef,
        options: &'a EncoderOptions,
    ) -> Result<Self, ArrowError> {
        if column.data_type().is_nested() {
            let encoder = make_encoder(field, column.as_ref(), options)?;
            return Ok(Self::Nested { encoder, json: Vec::new() });
        }
        let formatter = ArrayFormatter::try_new(column.as_ref(), &FormatOptions::new())?;
        Ok(Self::Flat { formatter, nulls: column.logical_nulls() })
    }

    /// Appends the text of a row's cell. False if it is NULL.
    fn read(&mut self, row: usize, text: &mut String) -> Result<bool, ArrowError> {
        match self {
            Self::Flat { nulls: Some(nulls), .. } if nulls.is_null(row) => return Ok(false),
            Self::Flat { formatter, .. } => formatter.value(row).write(text)?,
            Self::Nested { encoder, .. } if encoder.is_null(row) => return Ok(false),
            Self::Nested { encoder, json } => {
                json.clear();
                encoder.encode(row, json);
                text.push_str(&String::from_utf8_lossy(json));
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;

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
    fn null_is_not_the_empty_text() {
        let text = |null: Option<&str>, cells: &[Option<&str>], columns: usize| {
            let column: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
            let named = ["a", "b"].into_iter().take(columns);
            let batch =
                RecordBatch::try_from_iter_with_nullable(named.map(|name| (name, column.clone(), true)))
                    .unwrap();
            let options = Options { null: null.map(Into::into), ..Options::default() };
            fixture::noted(Format::Csv, &options, &[batch])
        };
        let cells = [None, Some(""), Some("NULL")];
        assert_eq!(text(None, &cells, 2), ("a,b\n,\n\"\",\"\"\nNULL,NULL\n".to_owned(), None));
        assert_eq!(text(Some("NULL"), &cells, 1).0, "a\nNULL\n\"\"\n\"NULL\"\n");
        assert_eq!(text(Some("a,b"), &[None], 1).0, "a\n\"a,b\"\n");
        assert_eq!(text(None, &[Some(""), Some("x")], 1), ("a\n\"\"\nx\n".to_owned(), None));
        let (alone, note) = text(None, &cells, 1);
        assert_eq!(alone, "a\nNULL\n\"\"\n\"NULL\"\n");
        assert!(note.unwrap().contains("--null TEXT"));
        let numbers: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![None, Some(1)]));
        let batch = RecordBatch::try_from_iter_with_nullable([("a", numbers, true)]).unwrap();
        let numbers = fixture::noted(Format::Csv, &Options::default(), &[batch]);
        assert_eq!(numbers, ("a\n\"\"\n1\n".to_owned(), None));
    }

    #[test]
    fn formulas_are_guarded_if_asked_and_numbers_are_none() {
        let batch = fixture::texts(["=1+1", "-5", "@x", "plain"]);
        let safe = |is_csv_safe| {
            let file = super::super::FileOptions { is_csv_safe, ..Default::default() };
            fixture::written(
                Format::Csv,
                &Options { file, ..Options::default() },
                std::slice::from_ref(&batch),
            )
        };
        assert_eq!(safe(true), "text,n\n'=1+1,4\n'-5,2\n'@x,2\nplain,5\n");
        assert_eq!(safe(false), "text,n\n=1+1,4\n-5,2\n@x,2\nplain,5\n");
        let file = super::super::FileOptions { delimiter: Some(b';'), ..Default::default() };
        let text = fixture::written(
            Format::Csv,
            &Options { file, ..Options::default() },
            &[fixture::texts(["a;b"])],
        );
        assert_eq!(text, "text;n\n\"a;b\";3\n");
    }

    #[test]
    fn null_has_a_text_and_tabs_delimit() {
        let options = Options { null: Some("NULL".into()), ..Options::default() };
        let text = fixture::written(Format::Tsv, &options, &[fixture::batch()]);
        assert!(text.starts_with("name\tcpu_count\t"), "{text}");
        assert!(text.ends_with(&(["NULL"; 7].join("\t") + "\n")), "{text}");
    }
}
