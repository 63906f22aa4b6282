//! Local files as tables by their paths, as in DuckDB: `FROM 'yesterday.parquet'`.
//!
//! A name that is no table of the session and has the suffix of a format is read as a file. It is looked at anew by each
//! statement, and listed nowhere.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::{DFSchema, Result, TableReference};
use datafusion::execution::SessionState;
use datafusion::logical_expr::CreateExternalTable;
use datafusion::prelude::SessionContext;

use super::provenance::MadeTable;
use crate::error::{Error, Kind};

/// The suffixes of files that are read, what CREATE EXTERNAL TABLE calls their format, and its options.
const SUFFIXES: &[(&str, &str, &[(&str, &str)])] = &[
    ("parquet", "PARQUET", &[]),
    ("csv", "CSV", &[]),
    ("tsv", "CSV", &[("format.delimiter", "\t")]),
    ("ndjson", "JSON", &[]),
    ("jsonl", "JSON", &[]),
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
        let suffix = Path::new(path).extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
        let known = SUFFIXES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(suffix));
        let (Some((_, kind, options)), Some(state)) = (known, (self.state)()) else { return Ok(None) };
        let Some(factory) = state.table_factories().get(*kind) else { return Ok(None) };
        if path.contains("://") || !path.contains(['*', '?', '[']) && !Path::new(path).exists() {
            let what = format!("there is no file {path}");
            return Err(Error::new(Kind::Sql, what).with_hint("local files are read by their paths").into());
        }
        let options: HashMap<String, String> =
            options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let schema = Arc::new(DFSchema::empty());
        let command = CreateExternalTable::builder(TableReference::bare(path), path, *kind, schema)
            .with_options(options)
            .build();
        let table = factory.create(&state, &command).await?;
        Ok(Some(MadeTable::of_file(table)))
    }
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
