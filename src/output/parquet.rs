//! Apache Parquet.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::util::display::FormatOptions;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::Encode;
use datafusion_lightsail::error::{Error, Kind, Result as OwnResult};

/// A row group is held in memory until it is full. These bounds keep that flat, and are still large enough for good
/// dictionaries and for readers that skip and parallelise by row group.
const ROW_GROUP_ROWS: usize = 32 * 1024;
const ROW_GROUP_BYTES: usize = 8 * 1024 * 1024;

/// Digits of a decimal that DuckDB and most others can hold.
const DIGITS: u8 = 38;

/// A value that does not fit into the type that is stored is an error.
const STRICT: CastOptions<'static> = CastOptions { safe: false, format_options: FormatOptions::new() };

pub(super) struct Parquet {
    writer: ArrowWriter<Vec<u8>>,
    stored: SchemaRef,
}

impl Parquet {
    /// # Errors
    /// [`Kind::Output`] where Parquet has no type for a column.
    pub(super) fn new(schema: &SchemaRef, group_rows: Option<usize>) -> OwnResult<Self> {
        let fields = schema.fields().iter().map(|field| {
            stored(field).map_err(|lack| {
                Error::new(
                    Kind::Output,
                    format!("Parquet cannot hold {} of column {}", lack.what, field.name()),
                )
                .with_hint(lack.way_out.replace('?', field.name()))
            })
        });
        let stored =
            Schema::new(fields.collect::<OwnResult<Vec<_>>>()?).with_metadata(schema.metadata().clone());
        let stored = Arc::new(stored);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(group_rows.unwrap_or(ROW_GROUP_ROWS)))
            // Who says how many rows wants them, however many bytes that is.
            .set_max_row_group_bytes(group_rows.is_none().then_some(ROW_GROUP_BYTES))
            .build();
        let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&stored), Some(properties));
        let writer = writer.map_err(|error| super::unwritable(error.into()))?;
        Ok(Self { writer, stored })
    }

    /// The batch in the types that are stored.
    fn converted(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = batch.columns().iter().zip(self.stored.fields()).map(|(column, field)| {
            match column.data_type() == field.data_type() {
                true => Ok(Arc::clone(column)),
                false => cast_with_options(column, field.data_type(), &STRICT),
            }
        });
        RecordBatch::try_new(Arc::clone(&self.stored), columns.collect::<Result<_, _>>()?)
    }
}

/// Why a type cannot be stored, and what to write instead, with `?` for the column.
struct Lack {
    what: String,
    way_out: &'static str,
}

/// The field as it is stored: what readers other than Arrow would take for a plain number has a type that they know.
fn stored(field: &FieldRef) -> Result<FieldRef, Lack> {
    let kind = stored_type(field.data_type())?;
    Ok(match kind == *field.data_type() {
        true => Arc::clone(field),
        false => Arc::new(Field::clone(field).with_data_type(kind)),
    })
}

fn stored_type(kind: &DataType) -> Result<DataType, Lack> {
    let lack = |what: &str, way_out| Err(Lack { what: what.to_owned(), way_out });
    Ok(match kind {
        DataType::Interval(_) => {
            return lack(
                "the interval",
                "write its seconds, date_part('epoch', ?), or its text, CAST(? AS VARCHAR)",
            );
        }
        DataType::Duration(_) => {
            return lack(
                "the duration",
                "write its seconds, date_part('epoch', ?), or its text, CAST(? AS VARCHAR)",
            );
        }
        DataType::Union(..) => return lack("the union", "take one of its members out of it"),
        DataType::Decimal256(digits, _) if *digits > DIGITS => {
            return lack(
                &format!("the {digits} digits"),
                "write CAST(? AS DECIMAL(38, n)), or its text, CAST(? AS VARCHAR)",
            );
        }
        DataType::Timestamp(TimeUnit::Second, zone) => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        DataType::Time32(TimeUnit::Second) => DataType::Time32(TimeUnit::Millisecond),
        // It may hold a time of day.
        DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
        DataType::Float16 => DataType::Float32,
        DataType::List(item) => DataType::List(stored(item)?),
        DataType::LargeList(item) => DataType::LargeList(stored(item)?),
        DataType::ListView(item) => DataType::List(stored(item)?),
        DataType::LargeListView(item) => DataType::LargeList(stored(item)?),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(stored(item)?, *length),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(stored).collect::<Result<Vec<_>, _>>()?.into())
        }
        DataType::Map(entries, is_sorted) => DataType::Map(stored(entries)?, *is_sorted),
        DataType::Dictionary(_, value) => match stored_type(value)? {
            same if same == **value => kind.clone(),
            other => other,
        },
        DataType::RunEndEncoded(_, value) => stored_type(value.data_type())?,
        other => other.clone(),
    })
}

impl Encode for Parquet {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.writer.write(&self.converted(batch)?)?;
        out.append(self.writer.inner_mut());
        Ok(())
    }

    fn held(&self) -> usize {
        self.writer.memory_size()
    }

    /// Ends the row group.
    fn release(&mut self, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.writer.flush()?;
        out.append(self.writer.inner_mut());
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        metadata: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        for (key, value) in metadata {
            self.writer.append_key_value_metadata(KeyValue::new(key.clone(), value.clone()));
        }
        out.append(&mut self.writer.into_inner()?);
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use arrow::compute::concat_batches;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::metadata::ParquetMetaData;

    use super::super::{Format, Options, RowWriter, fixture};
    use super::*;

    /// Writes the batches and reads them back.
    fn round_trip(batches: &[RecordBatch], metadata: &[(String, String)]) -> (RecordBatch, ParquetMetaData) {
        let (out, bytes) = fixture::buffer();
        let schema = fixture::batch().schema();
        let mut writer = RowWriter::new(Format::Parquet, schema.clone(), out, &Options::default()).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        writer.finish(metadata).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes.to_vec()).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap();
        assert_eq!(builder.schema().fields(), schema.fields());
        let footer = builder.metadata().as_ref().clone();
        let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
        (concat_batches(&schema, &batches).unwrap(), footer)
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let metadata = [("lightsail.partial".to_owned(), "false".to_owned())];
        let (rows, footer) = round_trip(&[fixture::batch(), fixture::batch()], &metadata);
        let written =
            concat_batches(&fixture::batch().schema(), &[fixture::batch(), fixture::batch()]).unwrap();
        assert_eq!(rows.columns(), written.columns());
        let pairs = footer.file_metadata().key_value_metadata().unwrap();
        assert!(pairs.contains(&KeyValue::new("lightsail.partial".to_owned(), "false".to_owned())));
        assert!(matches!(footer.row_group(0).column(0).compression(), Compression::ZSTD(_)));
    }

    #[test]
    fn rows_that_are_released_are_a_row_group() {
        let (out, bytes) = fixture::buffer();
        let mut writer =
            RowWriter::new(Format::Parquet, fixture::batch().schema(), out, &Options::default()).unwrap();
        for _ in 0..2 {
            writer.write(&fixture::batch()).unwrap();
            assert!(writer.held() > 0);
            writer.release().unwrap();
            assert_eq!(writer.held(), 0);
        }
        writer.release().unwrap();
        writer.finish(&[]).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes.to_vec()).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap();
        let groups: Vec<_> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(groups, [fixture::batch().num_rows() as i64; 2], "nothing more is none");
    }

    #[test]
    fn no_rows_are_a_file_with_the_schema() {
        let (rows, footer) = round_trip(&[], &[]);
        assert_eq!((rows.num_rows(), footer.num_row_groups()), (0, 0));
    }

    #[test]
    fn a_full_row_group_leaves_memory() {
        let mut out = Vec::new();
        let mut parquet = Parquet::new(&fixture::texts([""]).schema(), None).unwrap();
        for batch in 0..9_u64 {
            // Names that do not compress.
            let name = |i: u64| format!("{:016x}", (batch * 8192 + i).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            parquet.rows(&fixture::texts((0..8192).map(name)), &mut out).unwrap();
        }
        assert_eq!(parquet.writer.flushed_row_groups().len(), 2);
        assert_eq!(parquet.writer.in_progress_rows(), 8192);
        assert!(out.len() > ROW_GROUP_ROWS * 8);
    }
}
