//! A folder of files, each with the rows of one combination of values: `region=us-east-1/data.parquet`, as Hive has them and
//! DuckDB, polars and Spark read them.
//!
//! The folder is written aside and takes its place when it is whole, as a file does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;

use super::cells::Cells;
use super::room::Room;
use super::{Encode, Format, Options, unwritable};
use datafusion_lightsail::error::{Error, Kind, Result};

/// How many files may be open at the same time.
const MOST_FILES: usize = 1_000;

/// What Hive calls NULL.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

pub(super) struct Partitions {
    format: Format,
    /// The places of the columns that become folders.
    keys: Vec<usize>,
    /// The places of the columns that stay in the files, and their schema.
    rest: Vec<usize>,
    schema: SchemaRef,
    keyed: Cells,
    names: Vec<String>,
    options: Options,
    /// The files by their folders.
    files: BTreeMap<String, File>,
    room: Room<String>,
}

struct File {
    encoder: Box<dyn Encode>,
    bytes: Vec<u8>,
    out: Option<fs::File>,
}

fn path_of(folder: &Path, key: &str, format: Format) -> PathBuf {
    folder.join(key).join(format!("data.{}", format.extension()))
}

impl Partitions {
    /// # Errors
    /// [`Kind::Usage`] when there is no such column, or no other.
    pub(super) fn new(format: Format, schema: &SchemaRef, options: &Options) -> Result<Self> {
        let names = options.file.partition_by.clone();
        let place = |name: &String| {
            schema.fields().iter().position(|field| field.name() == name).ok_or_else(|| {
                let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                Error::new(Kind::Usage, format!("the result has no column {name} to make folders of"))
                    .with_hint(format!("its columns are {}", columns.join(", ")))
            })
        };
        let keys = names.iter().map(place).collect::<Result<Vec<_>>>()?;
        let rest: Vec<usize> = (0..schema.fields().len()).filter(|place| !keys.contains(place)).collect();
        if rest.is_empty() {
            return Err(Error::new(Kind::Usage, "no column is left for the files: all are folders"));
        }
        let of = |places: &[usize]| -> SchemaRef {
            Schema::new(places.iter().map(|&place| schema.fields()[place].clone()).collect::<Vec<_>>()).into()
        };
        let inner = of(&rest);
        // As the rows of one file would be refused.
        super::check(format, &inner)?;
        let keyed = Cells::exact(of(&keys), NULL);
        let options = options.for_file();
        Ok(Self {
            format,
            keys,
            rest,
            schema: inner,
            keyed,
            names,
            options,
            files: BTreeMap::new(),
            room: Room::default(),
        })
    }

    /// Writes rows into the files below a folder.
    pub(super) fn rows(&mut self, batch: &RecordBatch, folder: &Path) -> Result<()> {
        let keys = batch.project(&self.keys).map_err(unwritable)?;
        let mut rows: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (row, cells) in (0..).zip(self.keyed.rows(&keys).map_err(unwritable)?) {
            let parts = self
                .names
                .iter()
                .zip(&cells)
                .map(|(name, cell)| format!("{}={}", escaped(name), escaped(&cell.text)));
            rows.entry(parts.collect::<Vec<_>>().join("/")).or_default().push(row);
        }
        let rest = batch.project(&self.rest).map_err(unwritable)?;
        for (key, rows) in rows {
            let part = take_record_batch(&rest, &UInt64Array::from(rows)).map_err(unwritable)?;
            if !self.files.contains_key(&key) {
                if self.files.len() == MOST_FILES {
                    let what = format!("the result would be more than {MOST_FILES} files");
                    return Err(Error::new(Kind::Output, what).with_hint("name a column of fewer values"));
                }
                let encoder = (self.format.spec().encoder)(SchemaRef::clone(&self.schema), &self.options)?;
                let file = File { encoder, bytes: Vec::new(), out: None };
                self.files.insert(key.clone(), file);
            }
            if let Some(file) = self.files.get_mut(&key) {
                file.encoder.rows(&part, &mut file.bytes).map_err(unwritable)?;
                file.send(&path_of(folder, &key, self.format))?;
                let fullest = self.room.holds(&key, file.encoder.held());
                if let Some((key, file)) =
                    fullest.and_then(|key| Some((key.clone(), self.files.get_mut(&key)?)))
                {
                    file.encoder.release(&mut file.bytes).map_err(unwritable)?;
                    file.send(&path_of(folder, &key, self.format))?;
                    self.room.holds(&key, file.encoder.held());
                }
            }
        }
        Ok(())
    }

    /// Ends all files.
    pub(super) fn end(self, metadata: &[(String, String)], folder: &Path) -> Result<()> {
        for (key, file) in self.files {
            let File { encoder, mut bytes, out } = file;
            encoder.end(metadata, &mut bytes).map_err(unwritable)?;
            let path = path_of(folder, &key, self.format);
            let mut file = File { encoder: Box::new(Nothing), bytes, out };
            file.send(&path)?;
            if let Some(out) = file.out {
                out.sync_all().map_err(|error| failed(&path, error))?;
            }
        }
        Ok(())
    }
}

impl File {
    fn send(&mut self, path: &Path) -> Result<()> {
        use std::io::Write;
        if self.out.is_none() {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
            self.out = Some(fs::File::create(path).map_err(|error| failed(path, error))?);
        }
        if let Some(out) = &mut self.out {
            out.write_all(&self.bytes).map_err(|error| failed(path, error))?;
        }
        self.bytes.clear();
        Ok(())
    }
}

/// The encoder of a file that has ended.
struct Nothing;

impl Encode for Nothing {
    fn rows(&mut self, _: &RecordBatch, _: &mut Vec<u8>) -> std::result::Result<(), ArrowError> {
        Ok(())
    }

    fn end(
        self: Box<Self>,
        _: &[(String, String)],
        _: &mut Vec<u8>,
    ) -> std::result::Result<Option<String>, ArrowError> {
        Ok(None)
    }
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::io(Kind::Output, format!("cannot write {}", path.display()), error)
}

/// A text as a part of a path, with `%3A` for what file systems and readers take for something else.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || "\"#%'*/:=?\\{}[]^<>|".contains(c) {
            let mut bytes = [0; 4];
            escaped.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            escaped.push(c);
        }
    }
    // A part that is empty, or leads out of the folder, is no part of a path.
    match escaped.as_str() {
        "" => NULL.to_owned(),
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Destination, FileOptions, RowWriter, fixture};
    use super::*;

    fn options(columns: &[&str]) -> Options {
        let partition_by = columns.iter().map(|name| (*name).to_owned()).collect();
        Options { file: FileOptions { partition_by, ..FileOptions::default() }, ..Options::default() }
    }

    #[test]
    fn each_value_has_a_folder_and_all_come_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let batch = fixture::texts(["a", "b/=", "a"]);
        let begin = || {
            let out = Destination::folder(&path).unwrap();
            let mut writer = RowWriter::new(Format::Csv, batch.schema(), out, &options(&["text"])).unwrap();
            writer.write(&batch).unwrap();
            writer.write(&fixture::texts(["a"])).unwrap();
            writer
        };
        drop(begin());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
        begin().finish(&[]).unwrap().out.commit().unwrap();
        let read = |key: &str| fs::read_to_string(path.join(key).join("data.csv")).unwrap();
        assert_eq!((read("text=a"), read("text=b%2F%3D")), ("n\n1\n1\n1\n".to_owned(), "n\n3\n".to_owned()));
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        let error = Destination::folder(&path).err().unwrap().to_string();
        assert!(error.contains("is not empty"), "{error}");
    }

    #[test]
    fn a_column_must_be_there_and_one_must_be_left() {
        let schema = fixture::texts(["a"]).schema();
        let error = |columns: &[&str]| {
            Partitions::new(Format::Csv, &schema, &options(columns)).err().unwrap().to_string()
        };
        assert!(error(&["nme"]).contains("no column nme"));
        assert!(error(&["text", "n"]).contains("no column is left"));
    }
}
