//! Rows for the tests of all formats.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, Int32Array, NullArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::json::ReaderBuilder;

use super::{Destination, Format, Options, RowWriter};

/// A row of everything, a row of oddities, a row of NULL.
pub fn batch() -> RecordBatch {
    rows(concat!(
        r#"{"name": "web-1", "cpu_count": 2, "ram_size_in_gb": 0.5, "created_at": 1740832496000,"#,
        r#" "ipv6_addresses": ["fd00::1", "fd00::2"], "tags": {"env": "prod", "team": null},"#,
        r#" "state": {"code": 16, "name": "running"}}"#,
        r#"{"name": "a,\"b\"|\n日本", "cpu_count": 1024, "ram_size_in_gb": 64, "created_at": 1740832496789,"#,
        r#" "ipv6_addresses": [], "tags": {}, "state": {}}"#,
        r#"{}"#,
    ))
}

/// A row of the fixture's schema for each JSON object.
pub fn rows(json: &str) -> RecordBatch {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let schema = Schema::new(vec![
        text("name"),
        Field::new("cpu_count", DataType::Int32, true),
        Field::new("ram_size_in_gb", DataType::Float64, true),
        Field::new("created_at", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), true),
        Field::new("ipv6_addresses", DataType::new_list(DataType::Utf8, true), true),
        Field::new_map(
            "tags",
            "entries",
            Field::new("keys", DataType::Utf8, false),
            text("values"),
            false,
            true,
        ),
        Field::new_struct("state", vec![Field::new("code", DataType::Int32, true), text("name")], true),
    ]);
    let mut reader = ReaderBuilder::new(Arc::new(schema)).build(json.as_bytes()).unwrap();
    reader.next().unwrap().unwrap()
}

/// A column of text and one of its characters' number.
pub fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> RecordBatch {
    let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
    let lengths: Int32Array = texts.iter().map(|text| i32::try_from(text.chars().count()).ok()).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("text", Arc::new(StringArray::from(texts)) as ArrayRef, true),
        ("n", Arc::new(lengths) as ArrayRef, true),
    ])
    .unwrap()
}

/// A schema of text columns.
pub fn schema_of(names: &[&str]) -> SchemaRef {
    Arc::new(Schema::new(
        names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>(),
    ))
}

/// A row of `SELECT NULL AS nothing, 1 AS one`: its NULL is in no validity buffer.
pub fn nothing() -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([
        ("nothing", Arc::new(NullArray::new(1)) as ArrayRef, true),
        ("one", Arc::new(Int32Array::from(vec![1])) as ArrayRef, true),
    ])
    .unwrap()
}

/// What was written so far.
#[derive(Clone, Default)]
pub struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    pub fn text(&self) -> String {
        String::from_utf8(self.to_vec()).unwrap()
    }

    pub fn to_vec(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A destination in memory, and what arrives there.
pub fn buffer() -> (Destination, Bytes) {
    let bytes = Bytes::default();
    (Destination::stream("memory", bytes.clone()), bytes)
}

/// All that a writer of the fixture's schema makes of these batches.
pub fn written(format: Format, options: &Options, batches: &[RecordBatch]) -> String {
    noted(format, options, batches).0
}

/// Writes batches of the fixture's schema; returns the text, and what the reader is told beside it.
pub fn noted(format: Format, options: &Options, batches: &[RecordBatch]) -> (String, Option<String>) {
    let schema = batches.first().map_or_else(|| batch().schema(), RecordBatch::schema);
    let (out, bytes) = buffer();
    let mut writer = RowWriter::new(format, schema, out, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    let note = writer.finish(&[]).unwrap().note;
    (bytes.text(), note)
}
