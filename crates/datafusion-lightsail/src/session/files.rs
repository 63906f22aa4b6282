//! Local files as tables by their paths, as in DuckDB: `FROM 'yesterday.parquet'`.
//!
//! A name that is no table of the session and has the suffix of a format is read as a file, or as the files that a pattern
//! finds; one that ends with `/` as a folder whose folders may be columns. It is looked at anew by each statement, and
//! listed nowhere.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::{DFSchema, Result, TableReference};
use datafusion::execution::SessionState;
use datafusion::logical_expr::CreateExternalTable;
use datafusion::prelude::SessionContext;
use glob::glob;

use super::hive;
use super::provenance::MadeTable;
use crate::error::{Error, Kind};
use crate::scan::{Mode, RowOrder, ScanContext, Statement};

/// An option of CREATE EXTERNAL TABLE, and its value.
type FileOption = (&'static str, &'static str);

/// The suffixes of files that are read, what CREATE EXTERNAL TABLE calls their format, and its options.
const SUFFIXES: &[(&str, &str, &[FileOption])] = &[
    ("parquet", "PARQUET", &[]),
    ("csv", "CSV", &[]),
    ("tsv", "CSV", &[("format.delimiter", "\t")]),
    ("ndjson", "JSON", &[]),
    ("jsonl", "JSON", &[]),
    ("json", "JSON", &[("format.newline_delimited", "false")]),
    ("arrow", "ARROW", &[]),
    ("feather", "ARROW", &[]),
];

/// A schema whose tables are those of another, and files.
struct FilesToo {
    tables: Arc<dyn SchemaProvider>,
    state: Box<dyn Fn() -> Option<SessionState> + Send + Sync>,
}

impl std::fmt::Debug for FilesToo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilesToo").field("tables", &self.tables).finish_non_exhaustive()
    }
}

/// Lets the statements of a session read files by their paths.
///
/// # Errors
/// When the default catalog takes no schemas.
pub(super) fn register(context: &SessionContext) -> Result<()> {
    let config = context.copied_config();
    let defaults = &config.options().catalog;
    let Some(catalog) = context.catalog(&defaults.default_catalog) else { return Ok(()) };
    let Some(tables) = catalog.schema(&defaults.default_schema) else { return Ok(()) };
    let state = Arc::downgrade(&context.state_ref());
    let state = Box::new(move || state.upgrade().map(|state| state.read().clone()));
    catalog.register_schema(&defaults.default_schema, Arc::new(FilesToo { tables, state }))?;
    Ok(())
}

impl FilesToo {
    async fn file(&self, path: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let files = match path.ends_with('/') {
            true => first_below(Path::new(path), DEEPEST).into_iter().collect(),
            false => found(path),
        };
        let named = files.first().map_or(Path::new(path), |file| file.as_path());
        let suffix = named.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        if is_compressed(named) {
            check(path)?;
        }
        let known = SUFFIXES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(suffix));
        let (Some((_, kind, options)), Some(mut state)) = (known, (self.state)()) else { return Ok(None) };
        let scans = state.config_mut().options_mut().extensions.get_mut::<ScanContext>();
        let record = scans.map(|scans| {
            let record = scans.aside();
            let (mode, order, needless) = (Mode::Explain, RowOrder::Arrival, Arc::default());
            scans.set_statement(Statement { record: Arc::clone(&record), mode, order, needless });
            record
        });
        // Without line breaks that mean anything, or with one object a line: DuckDB reads both.
        let options =
            if suffix.eq_ignore_ascii_case("json") && has_objects(named) { &[][..] } else { options };
        let Some(factory) = state.table_factories().get(*kind) else { return Ok(None) };
        check(path)?;
        if files.is_empty() {
            let (what, hint) = match path.contains("://") {
                true => (
                    format!("{path} is not on this machine"),
                    "only local files are read: copy it here first",
                ),
                false => (format!("there is no file {path}"), "local files are read by their paths"),
            };
            return Err(Error::new(Kind::Sql, what).with_hint(hint).into());
        }
        let options: HashMap<String, String> =
            options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let command = |locations: Vec<String>| {
            let schema = Arc::new(DFSchema::empty());
            let table = TableReference::bare(path);
            let mut command = CreateExternalTable::builder(table, path, *kind, schema)
                .with_options(options.clone())
                .build();
            command.locations = locations;
            command
        };
        let table = match path.ends_with('/') {
            // Of a folder DataFusion finds out which columns its folders are.
            true => factory.create(&state, &command(vec![path.to_owned()])).await?,
            false => {
                let folders = hive::grouped(&files)?;
                let mut tables = Vec::with_capacity(folders.len());
                for (partition, files) in folders {
                    tables.push((partition, factory.create(&state, &command(files)).await?));
                }
                hive::union(tables)?
            }
        };
        let remarks = record.map(|record| record.notes().remarks).unwrap_or_default();
        Ok(Some(MadeTable::of_file(table, remarks)))
    }
}

/// The files that a path or a pattern names, in order.
fn found(path: &str) -> Vec<PathBuf> {
    if path.contains("://") {
        return Vec::new();
    }
    if Path::new(path).exists() {
        return vec![path.into()];
    }
    glob(path).map(|files| files.filter_map(std::result::Result::ok).collect()).unwrap_or_default()
}

/// Finds out that what a path or a pattern names can be read as files.
///
/// DataFusion reads as many bytes of a file as the system says that it has: none of a pipe, a device or a file of /proc.
///
/// # Errors
/// [`Kind::Sql`] where it would read nothing of what there is.
pub(super) fn check(location: &str) -> Result<()> {
    let path = location.strip_prefix("file://").unwrap_or(location);
    if is_compressed(Path::new(path)) {
        return Err(compressed(path).into());
    }
    let Some(path) = found(path).into_iter().find(|path| is_more_than_it_says(path)) else { return Ok(()) };
    let what =
        format!("{} is a pipe, a device or another file that does not say how long it is", path.display());
    Err(Error::new(Kind::Sql, what).with_hint("copy it into a file first: cat … >rows.csv").into())
}

/// Finds out that there is something where a table is to be made of files: of nothing it would have no rows.
///
/// # Errors
/// [`Kind::Sql`] where there is nothing.
pub(super) fn check_there(location: &str) -> Result<()> {
    let path = location.strip_prefix("file://").unwrap_or(location);
    if path.contains("://") || !found(path).is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Sql, format!("there is no file {path}"))
        .with_hint("LOCATION names a file or a folder of this machine")
        .into())
}

/// The suffixes of files that are read once they are decompressed.
const COMPRESSED: &[&str] = &["gz", "zst", "bz2", "xz", "zip"];

/// Whether a file would be read if it were not compressed, by its suffixes.
fn is_compressed(path: &Path) -> bool {
    let suffix =
        |path: &Path| path.extension().and_then(|suffix| suffix.to_str()).map(str::to_ascii_lowercase);
    let (Some(last), Some(inside)) =
        (suffix(path), path.file_stem().and_then(|stem| suffix(Path::new(stem))))
    else {
        return false;
    };
    COMPRESSED.contains(&last.as_str()) && SUFFIXES.iter().any(|(known, ..)| *known == inside)
}

/// The error of a compressed file.
pub(super) fn compressed(path: &str) -> Error {
    let what = format!("compressed files are not read: {path}");
    Error::new(Kind::Sql, what).with_hint(
        "decompress it first (gunzip, unzstd), or write .parquet, which is compressed inside and is read",
    )
}

fn is_more_than_it_says(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else { return false };
    if !metadata.is_file() {
        return !metadata.is_dir();
    }
    // The kernel says of what it makes as it is read that it is a page long.
    if path.canonicalize().is_ok_and(|path| path.starts_with("/sys") || path.starts_with("/proc")) {
        return true;
    }
    let has_a_byte = || File::open(path).is_ok_and(|mut file| file.read(&mut [0]).is_ok_and(|read| read > 0));
    metadata.len() == 0 && has_a_byte()
}

/// Whether a file begins with an object, as JSON with one object a line does.
fn has_objects(path: &Path) -> bool {
    let mut bytes = File::open(path).into_iter().flat_map(|file| BufReader::new(file).bytes());
    bytes.find_map(|byte| byte.ok().filter(|byte| !byte.is_ascii_whitespace())) == Some(b'{')
}

/// How many folders within folders are looked into.
const DEEPEST: usize = 6;

/// The first file below a folder that can be read.
fn first_below(path: &Path, depth: usize) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> =
        path.read_dir().ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    let is_known = |file: &PathBuf| {
        let suffix = file.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        SUFFIXES.iter().any(|(known, ..)| known.eq_ignore_ascii_case(suffix))
    };
    let file = entries.iter().find(|entry| entry.is_file() && is_known(entry)).cloned();
    let folders = || entries.iter().filter(|entry| depth > 0 && entry.is_dir());
    file.or_else(|| folders().find_map(|folder| first_below(folder, depth - 1)))
}

#[async_trait]
impl SchemaProvider for FilesToo {
    fn owner_name(&self) -> Option<&str> {
        self.tables.owner_name()
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.tables.table(name).await? {
            Some(table) => Ok(Some(table)),
            None => self.file(name).await,
        }
    }

    fn register_table(
        &self,
        name: String,
        table: Arc<dyn TableProvider>,
    ) -> Result<Option<Arc<dyn TableProvider>>> {
        self.tables.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.tables.deregister_table(name)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.table_exist(name)
    }
}
