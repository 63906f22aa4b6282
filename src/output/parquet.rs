//! Apache Parquet.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::Encode;

/// A row group is held in memory until it is full. These bounds keep that flat, and are still large enough for good
/// dictionaries and for readers that skip and parallelise by row group.
const ROW_GROUP_ROWS: usize = 32 * 1024;
const ROW_GROUP_BYTES: usize = 8 * 1024 * 1024;

pub(super) struct Parquet(ArrowWriter<Vec<u8>>);

impl Parquet {
    pub(super) fn new(schema: SchemaRef) -> Result<Self, ArrowError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .build();
        Ok(Self(ArrowWriter::try_new(Vec::new(), schema, Some(properties))?))
    }
}

impl Encode for Parquet {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.0.write(batch)?;
        out.append(self.0.inner_mut());
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        metadata: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        for (key, value) in metadata {
            self.0.append_key_value_metadata(KeyValue::new(key.clone(), value.clone()));
        }
        out.append(&mut self.0.into_inner()?);
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
    fn no_rows_are_a_file_with_the_schema() {
        let (rows, footer) = round_trip(&[], &[]);
        assert_eq!((rows.num_rows(), footer.num_row_groups()), (0, 0));
    }

    #[test]
    fn a_full_row_group_leaves_memory() {
        let mut out = Vec::new();
        let mut parquet = Parquet::new(fixture::texts([""]).schema()).unwrap();
        for batch in 0..9_u64 {
            // Names that do not compress.
            let name = |i: u64| format!("{:016x}", (batch * 8192 + i).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            parquet.rows(&fixture::texts((0..8192).map(name)), &mut out).unwrap();
        }
        assert_eq!(parquet.0.flushed_row_groups().len(), 2);
        assert_eq!(parquet.0.in_progress_rows(), 8192);
        assert!(out.len() > ROW_GROUP_ROWS * 8);
    }
}
