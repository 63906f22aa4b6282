//! Arrow's own file format (IPC, Feather V2): what pandas, polars and DuckDB read without converting anything.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};

use super::Encode;

pub(super) struct Ipc(FileWriter<Vec<u8>>);

impl Ipc {
    pub(super) fn new(schema: &SchemaRef) -> Result<Self, ArrowError> {
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
        Ok(Self(FileWriter::try_new_with_options(Vec::new(), schema, options)?))
    }
}

impl Encode for Ipc {
    fn rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        if batch.num_rows() > 0 {
            self.0.write(batch)?;
        }
        out.append(self.0.get_mut());
        Ok(())
    }

    fn end(
        mut self: Box<Self>,
        metadata: &[(String, String)],
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, ArrowError> {
        for (key, value) in metadata {
            self.0.write_metadata(key, value);
        }
        self.0.finish()?;
        out.append(self.0.get_mut());
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use arrow::compute::concat_batches;
    use arrow::ipc::reader::FileReader;

    use super::super::{Format, Options, RowWriter, fixture};

    #[test]
    fn what_is_read_is_what_was_written() {
        let (out, bytes) = fixture::buffer();
        let batch = fixture::batch();
        let mut writer = RowWriter::new(Format::Arrow, batch.schema(), out, &Options::default()).unwrap();
        for _ in 0..2 {
            writer.write(&batch).unwrap();
        }
        writer.finish(&[("lightsail_sql.complete".into(), "true".into())]).unwrap();
        let reader = FileReader::try_new(Cursor::new(bytes.to_vec()), None).unwrap();
        assert_eq!(reader.custom_metadata()["lightsail_sql.complete"], "true");
        let read: Vec<_> = reader.map(Result::unwrap).collect();
        let written = concat_batches(&batch.schema(), [&batch, &batch]).unwrap();
        assert_eq!(concat_batches(&batch.schema(), &read).unwrap(), written);
    }
}
