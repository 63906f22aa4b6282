//! Writes record batches as text or Parquet: to the screen, a pipe or a file.
//!
//! Each format is an `Encode`: it turns a batch into bytes and never sees where they go. [`RowWriter`] sends the
//! bytes of each batch on at once, so that rows are on the screen when page one is and memory stays flat, and so that
//! there is one place where a write can fail.

mod aside;
mod cells;
mod chart;
mod closed;
mod compress;
mod constants;
mod csv;
mod file;
mod format;
mod grid;
mod html;
mod ipc;
mod json;
mod layout;
mod leftovers;
mod line;
mod markdown;
mod options;
mod pager;
mod paint;
mod parquet;
mod partitions;
mod records;
mod room;
mod strict;
mod table;
mod wrap;
mod xlsx;

#[cfg(test)]
mod fixture;
#[cfg(test)]
pub(crate) use fixture::buffer;

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Fields, SchemaRef};
use arrow::error::ArrowError;

pub use aside::{Staging, make_folder, put_folder, remove_unfinished};
pub(crate) use chart::{bars, blocks, spark};
pub use compress::{CODECS, Codec};
pub use file::{Destination, is_standard};
pub use format::{FORMATS, Format, FormatSpec};
pub(crate) use html::{end as page_end, escaped as escaped_html, head as page_head, table as html_table};
pub(crate) use json::{json_rows, json_texts};
pub(crate) use markdown::escaped as escaped_markdown;
pub use options::{About, Expanded, FileOptions, Options, Place, TimeFormat};
pub use pager::{Pager, is_paging, reading_time};
pub(crate) use paint::{Style, paint};
pub use paint::{has_color, is_dumb};
pub use room::Room;
pub(crate) use wrap::{folded, wrap};
pub use xlsx::Book;

use datafusion_lightsail::error::{Error, Kind, Result};
use partitions::Partitions;

/// One format: record batches in, bytes out.
trait Encode: Send {
    /// Appends the batch's rows to `out`.
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError>;

    /// True while rows are held back, so that those that come in the next moment help to lay them out.
    fn is_holding(&self) -> bool {
        false
    }

    /// Appends the rows that are held back.
    fn release(&mut self, _out: &mut Vec<u8>) -> Result<(), ArrowError> {
        Ok(())
    }

    /// How many bytes of memory the rows take that wait for others to be stored with; [`release`](Self::release) stores
    /// them.
    fn held(&self) -> usize {
        0
    }

    /// Appends what comes after the last row, and says what the reader should know about the rows.
    fn end(
        self: Box<Self>,
        metadata: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError>;
}

/// Writes the batches of one result to one destination, each as it comes.
///
/// Dropped before [`finish`](Self::finish) and [`Destination::commit`], it leaves a file as it was.
pub struct RowWriter {
    rows: Rows,
    out: Destination,
}

/// What makes bytes of rows.
enum Rows {
    One { encoder: Box<dyn Encode>, bytes: Vec<u8> },
    Partitioned(Box<Partitions>),
}

/// A whole result.
pub struct Finished {
    /// Where it was written. A file takes its place with [`Destination::commit`].
    pub out: Destination,
    /// What to tell the reader besides the rows: that a table does not show all of them.
    pub note: Option<String>,
}

impl RowWriter {
    /// A writer of rows of this schema. Nothing is written before the first batch.
    ///
    /// # Errors
    /// Where the format cannot hold such rows, two columns of one name in JSON for instance.
    pub fn new(format: Format, schema: SchemaRef, out: Destination, options: &Options) -> Result<Self> {
        if out.aside().is_some() {
            return Ok(Self {
                rows: Rows::Partitioned(Box::new(Partitions::new(format, &schema, options)?)),
                out,
            });
        }
        check(format, &schema)?;
        let encoder = (format.spec().encoder)(schema, options)?;
        Ok(Self { rows: Rows::One { encoder, bytes: Vec::new() }, out })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// [`Kind::ClosedPipe`] where nobody reads any more, otherwise [`Kind::Output`].
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        for column in batch.columns() {
            if column.data_type().is_nested() || matches!(column.data_type(), DataType::Duration(_)) {
                strict::check_durations(&column.to_data()).map_err(unwritable)?;
            }
        }
        match (&mut self.rows, self.out.aside()) {
            (Rows::Partitioned(partitions), Some(folder)) => partitions.rows(batch, folder),
            (Rows::One { encoder, bytes }, _) => {
                encoder.rows(batch, bytes).map_err(unwritable)?;
                self.out.send(bytes)?;
                bytes.clear();
                Ok(())
            }
            (Rows::Partitioned(_), None) => Err(Error::new(Kind::Internal, "partitions without a folder")),
        }
    }

    /// True while rows are held back that [`release`](Self::release) would write.
    pub fn is_holding(&self) -> bool {
        matches!(&self.rows, Rows::One { encoder, .. } if encoder.is_holding())
    }

    /// How many bytes of memory the rows take that [`release`](Self::release) would write.
    pub fn held(&self) -> usize {
        match &self.rows {
            Rows::One { encoder, .. } => encoder.held(),
            // They write by themselves what is too much.
            Rows::Partitioned(_) => 0,
        }
    }

    /// Writes the rows that are held back.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn release(&mut self) -> Result<()> {
        let Rows::One { encoder, bytes } = &mut self.rows else { return Ok(()) };
        encoder.release(bytes).map_err(unwritable)?;
        self.out.send(bytes)?;
        bytes.clear();
        Ok(())
    }

    /// True once a pager shows the rows, which has the terminal to itself.
    pub fn is_paged(&self) -> bool {
        self.out.is_paged()
    }

    /// True once the reader has left the pager: nobody sees more rows.
    pub fn is_left(&self) -> bool {
        self.out.is_left()
    }

    /// Writes what comes after the last row. `metadata` goes into Parquet's footer.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn finish(mut self, metadata: &[(String, String)]) -> Result<Finished> {
        let note = match (self.rows, self.out.aside()) {
            (Rows::Partitioned(partitions), Some(folder)) => {
                partitions.end(metadata, folder)?;
                None
            }
            (Rows::One { encoder, mut bytes }, _) => {
                let note = encoder.end(metadata, &mut bytes).map_err(unwritable)?;
                self.out.send(&bytes)?;
                note
            }
            (Rows::Partitioned(_), None) => {
                return Err(Error::new(Kind::Internal, "partitions without a folder"));
            }
        };
        Ok(Finished { out: self.out, note })
    }
}

/// Finds out whether a format can hold rows of a schema, so that no call is made for rows that cannot be written.
///
/// # Errors
/// [`Kind::Output`] where it cannot: two columns or fields of one name in JSON, an interval in Parquet.
pub fn check(format: Format, schema: &SchemaRef) -> Result<()> {
    let spec = format.spec();
    if spec.names_columns {
        refuse_twins("columns of the result", schema.fields())?;
    }
    if spec.names_fields {
        schema.fields().iter().try_for_each(|field| refuse_nested_twins(field.name(), field.data_type()))?;
    }
    (spec.check)(schema).map_err(unwritable)?;
    let mut trial = (spec.encoder)(Arc::clone(schema), &Options::default())?;
    trial.rows(&RecordBatch::new_empty(Arc::clone(schema)), &mut Vec::new()).map_err(unwritable)
}

/// Refuses two fields of one name where a reader could get at only one of them.
fn refuse_twins(what: &str, fields: &Fields) -> Result<()> {
    let mut names = HashSet::new();
    let Some(twin) = fields.iter().find(|field| !names.insert(field.name())) else { return Ok(()) };
    let name = twin.name();
    Err(Error::new(Kind::Output, format!("two {what} are named {name}"))
        .with_hint(format!("name the columns that you want and give one an alias: {name} AS other_{name}")))
}

/// Refuses twins among the fields of structs, at any depth.
fn refuse_nested_twins(column: &str, kind: &DataType) -> Result<()> {
    match kind {
        DataType::Struct(fields) => {
            refuse_twins(&format!("fields of {column}"), fields)?;
            fields.iter().try_for_each(|field| refuse_nested_twins(column, field.data_type()))
        }
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => refuse_nested_twins(column, item.data_type()),
        DataType::Dictionary(_, value) => refuse_nested_twins(column, value),
        _ => Ok(()),
    }
}

/// Rows as the text of a format, whole.
///
/// # Errors
/// Where the format cannot hold them.
pub(crate) fn text(rows: &RecordBatch, format: Format, options: &Options) -> Result<String> {
    let mut encoder = (format.spec().encoder)(rows.schema(), options)?;
    let mut bytes = Vec::new();
    encoder.rows(rows, &mut bytes).map_err(unwritable)?;
    encoder.release(&mut bytes).map_err(unwritable)?;
    encoder.end(&[], &mut bytes).map_err(unwritable)?;
    String::from_utf8(bytes).map_err(|error| Error::new(Kind::Output, error.to_string()))
}

fn unwritable(error: ArrowError) -> Error {
    let what = match &error {
        ArrowError::JsonError(what) | ArrowError::CastError(what) | ArrowError::ParseError(what) => {
            what.clone()
        }
        error => error.to_string(),
    };
    Error::new(Kind::Output, format!("the result cannot be written: {what}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Format> {
        FORMATS.iter().map(|spec| spec.format)
    }

    /// Those that hold any rows: of some nothing can be drawn.
    fn tables() -> impl Iterator<Item = Format> {
        all().filter(|format| !matches!(format, Format::Chart | Format::Svg))
    }

    #[test]
    fn two_columns_of_one_name_are_refused_where_one_would_be_lost() {
        let schema = fixture::schema_of(&["name", "region", "name"]);
        for format in tables() {
            let (out, _) = fixture::buffer();
            let made = RowWriter::new(format, schema.clone(), out, &Options::default());
            if format.spec().names_columns {
                let error = made.err().unwrap();
                assert_eq!(error.kind(), Kind::Output);
                assert!(error.to_string().starts_with("two columns of the result are named name\nhint: "));
            } else {
                assert!(made.is_ok());
            }
        }
    }

    #[test]
    fn every_batch_is_sent_at_once() {
        for format in tables().filter(|format| format.spec().is_text) {
            let (out, bytes) = fixture::buffer();
            let options = Options { width: Some(100), ..Options::default() };
            let mut writer = RowWriter::new(format, fixture::batch().schema(), out, &options).unwrap();
            assert!(bytes.text().is_empty(), "{format:?} wrote before there was a row");
            for count in 1..=3 {
                writer.write(&fixture::batch()).unwrap();
                writer.release().unwrap();
                assert_eq!(bytes.text().matches("web-1").count(), count, "{format:?}");
            }
        }
    }

    #[test]
    fn every_format_meets_a_closed_pipe() {
        for format in all() {
            let (reader, pipe) = std::io::pipe().unwrap();
            drop(reader);
            let out = Destination::stream("standard output", pipe);
            let mut writer =
                RowWriter::new(format, fixture::batch().schema(), out, &Options::default()).unwrap();
            let written = writer.write(&fixture::batch()).and_then(|()| writer.finish(&[]));
            assert_eq!(written.err().unwrap().kind(), Kind::ClosedPipe, "{format:?}");
        }
    }

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        for format in all() {
            let path = directory.path().join(format.spec().name).with_extension(format.extension());
            std::fs::write(&path, "old").unwrap();
            let begin = || {
                let out = Destination::create(&path).unwrap();
                let mut writer =
                    RowWriter::new(format, fixture::batch().schema(), out, &Options::default()).unwrap();
                writer.write(&fixture::batch()).unwrap();
                writer
            };
            drop(begin());
            assert_eq!(std::fs::read(&path).unwrap(), b"old");
            begin().finish(&[]).unwrap().out.commit().unwrap();
            assert!(std::fs::read(&path).unwrap().len() > 100);
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), FORMATS.len());
    }

    #[test]
    fn a_column_of_nothing_is_written() {
        let null = Options { null: Some("-".into()), ..Options::default() };
        for format in tables() {
            let (out, bytes) = fixture::buffer();
            let batch = fixture::nothing();
            let mut writer = RowWriter::new(format, batch.schema(), out, &null).unwrap();
            writer.write(&batch).unwrap();
            writer.finish(&[]).unwrap();
            let end = match format {
                Format::Table => "│ -       │   1 │\n╰─────────┴─────╯\n",
                Format::Box => "│ -       │   1 │\n└─────────┴─────┘\n",
                Format::Plain => "nothing  one\n-          1\n",
                Format::Line => "nothing = -\n    one = 1\n",
                Format::Csv => "nothing,one\n-,1\n",
                Format::Tsv => "nothing\tone\n-\t1\n",
                Format::Json => "[{\"nothing\":null,\"one\":1}]\n",
                Format::Ndjson => "{\"nothing\":null,\"one\":1}\n",
                Format::Markdown => "| - | 1 |\n",
                Format::Html => "</html>\n",
                Format::Arrow => "ARROW1",
                Format::Parquet => "PAR1",
                // The end of a zip's directory has a comment of no bytes.
                Format::Xlsx => "\0\0",
                Format::Chart | Format::Svg => continue,
            };
            assert!(String::from_utf8_lossy(&bytes.to_vec()).ends_with(end), "{format:?}");
        }
    }
}
