//! Tables of captures: those of one in place of the service's, and in the schema `history` those of all.
//!
//! Who reads one is told as of when it is, and what it misses. A plan that reads one knows of which columns of the service
//! its own are, so that a region that is named and was not captured is said as it is of the service's tables.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{MemorySchemaProvider, Session, TableProvider};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue, TableReference, project_schema};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::object_store::ObjectMeta;
use datafusion::object_store::path::Path as ObjectPath;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::prelude::SessionContext;

use super::provenance::running;
use crate::aws::Clients;
use crate::aws::target::Profile;
use crate::captures::{CAPTURED_AT, Capture, CapturedTarget, Captures, latest, shown};
use crate::catalog::{TABLES, Table};
use crate::error::{Error, Kind};
use crate::options::LightsailOptions;
use crate::scan::{Lineage, MadeExec, Record, StoredAnswer};

/// The name of the schema of all captures.
pub(crate) const HISTORY: &str = "history";

/// The captures that a session reads instead of asking the service.
#[derive(Debug, Clone)]
pub struct Archive {
    /// All there are.
    pub captures: Captures,
    /// The one that its tables are of.
    pub at: Arc<Capture>,
    /// The one that `changes` compares it with; `None` where it is the first.
    pub since: Option<Arc<Capture>>,
}

impl Archive {
    /// The captures of a folder, read as of the newest, or of the newest that is not later than a time: `yesterday`, `-7d`.
    ///
    /// # Errors
    /// [`Kind::Usage`] where the folder has no such capture, or the time is none.
    pub fn open(folder: &Path, at: Option<&str>) -> Result<Self, Error> {
        let captures = Captures::open(folder)?;
        let latest = at.map(|text| latest(text, Utc::now())).transpose()?;
        let at = captures.at(latest)?;
        Ok(Self::new(captures, at))
    }

    /// The captures of a folder, read as of one of them and compared with the one before it.
    pub fn new(captures: Captures, at: Arc<Capture>) -> Self {
        let since = captures.before(&at);
        Self { captures, at, since }
    }

    /// Compares with another capture than the one before.
    #[must_use]
    pub fn since(self, since: Arc<Capture>) -> Self {
        Self { since: Some(since), ..self }
    }

    /// Says of the clients and settings of a session that they are those of the capture.
    pub(super) fn settle(&self, clients: &Clients, options: &mut LightsailOptions) {
        let mut profiles: Vec<&str> = Vec::new();
        let mut regions: Vec<&str> = Vec::new();
        let manifest = &self.at.manifest;
        for CapturedTarget { profile, account_id, region } in &manifest.targets {
            let known = Profile { name: profile.clone(), is_explicit: true };
            clients.learn_account(&known, || account_id.clone());
            if manifest.has_all_regions {
                let of_profile = manifest.targets.iter().filter(|target| target.profile == *profile);
                clients.learn_regions(&known, of_profile.map(|target| target.region.clone()).collect());
            }
            if !profiles.contains(&profile.as_str()) {
                profiles.push(profile);
            }
            if !regions.contains(&region.as_str()) {
                regions.push(region);
            }
        }
        (options.profiles, options.regions) = (profiles.join(","), regions.join(","));
    }

    /// What a statement says that reads it: `as of 2026-11-25T06:00:00Z, from fleet`.
    fn remark(&self) -> String {
        let at = &self.at;
        let folder = self.captures.folder().display();
        let whole = if at.manifest.is_complete() { "complete" } else { "NOT complete" };
        format!("as of {}, captured in {folder}, {whole}; now() is that time", shown(at.time()))
    }
}

/// The type of `captured_at`.
fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn scalar(time: DateTime<Utc>) -> ScalarValue {
    ScalarValue::TimestampMillisecond(Some(time.timestamp_millis()), Some("UTC".into()))
}

/// A table of one capture or of several.
#[derive(Debug)]
pub(super) struct CapturedTable {
    table: &'static dyn Table,
    archive: Arc<Archive>,
    captures: Vec<Arc<Capture>>,
    is_history: bool,
    schema: TableSchema,
}

impl CapturedTable {
    pub(super) fn new(table: &'static dyn Table, archive: &Arc<Archive>, is_history: bool) -> Arc<Self> {
        let all = || archive.captures.all().to_vec();
        let captures = if is_history { all() } else { vec![Arc::clone(&archive.at)] };
        // What a capture of another version of this program has not is NULL.
        let schema = table.schema();
        let fields = schema.fields().iter().map(|field| Field::clone(field).with_nullable(true));
        let file_schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let time = Arc::new(Field::new(CAPTURED_AT, time_type(), false));
        let schema = TableSchema::builder(file_schema).with_table_partition_cols(vec![time]).build();
        Arc::new(Self { table, archive: Arc::clone(archive), captures, is_history, schema })
    }

    fn columns(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    /// The captures that have the table, and that filters leave.
    ///
    /// # Errors
    /// [`Kind::Sql`] where none has the table.
    fn chosen(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<&Arc<Capture>>> {
        let name = self.table.name();
        let captures: Vec<_> =
            self.captures.iter().filter(|capture| capture.manifest.tables.contains_key(name)).collect();
        if captures.is_empty() {
            let what = match self.is_history {
                true => format!("no capture in {} has {name}", self.archive.captures.folder().display()),
                false => format!("{name} was not captured in {}", self.archive.at.name()),
            };
            let hint = match self.table.range() {
                Some(_) => {
                    format!("lightsail-sql capture DIR --tables '*,{name}' --since 7d captures it too")
                }
                None => "lightsail-sql capture DIR captures all tables that tell what there is".to_owned(),
            };
            return Err(Error::new(Kind::Sql, what).with_hint(hint).into());
        }
        let times = captures.iter().map(|capture| capture.time().timestamp_millis());
        let times = TimestampMillisecondArray::from_iter_values(times).with_timezone("UTC");
        let field = Field::new(CAPTURED_AT, time_type(), false);
        let is_kept = passing(state, filters, &field, Arc::new(times))?;
        Ok(captures.into_iter().zip(is_kept).filter_map(|(capture, kept)| kept.then_some(capture)).collect())
    }

    /// Tells a statement as of when the rows are, and what they miss.
    fn tell(&self, state: &dyn Session, captures: &[&Arc<Capture>]) {
        let Some(record) = running(state) else { return };
        let remark = match (self.is_history, captures) {
            (false, _) => Some(self.archive.remark()),
            (true, [first, .., last]) => Some(format!(
                "{} captures of {} are read, from {} to {}",
                captures.len(),
                self.table.name(),
                shown(first.time()),
                shown(last.time())
            )),
            (true, _) => None,
        };
        record.remark_once(remark);
        captures.iter().for_each(|capture| adopt(record, capture, self.table.name()));
    }

    /// The plan that reads the table of these captures.
    pub(super) async fn read(
        &self,
        state: &dyn Session,
        captures: &[&Arc<Capture>],
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.files(captures)?;
        let options =
            state.config_options().extensions.get::<LightsailOptions>().cloned().unwrap_or_default();
        let lineage = Lineage::of_table(self.table, &options)?.projected(projection);
        if files.is_empty() {
            let schema = project_schema(&self.columns(), projection)?;
            return Ok(Arc::new(MadeExec::new(Arc::new(EmptyExec::new(schema)), lineage)));
        }
        let mut source = ParquetSource::new(self.schema.clone());
        if let Some(filter) = conjunction(filters.to_vec()) {
            let filter = state.create_physical_expr(filter, &DFSchema::try_from(self.columns())?)?;
            source = source.with_predicate(filter);
        }
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_group(FileGroup::new(files))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        let plan = ParquetFormat::default().create_physical_plan(state, config).await?;
        Ok(Arc::new(MadeExec::new(plan, lineage)))
    }

    fn files(&self, captures: &[&Arc<Capture>]) -> Result<Vec<PartitionedFile>> {
        let file = |capture: &Capture, path: PathBuf| -> Result<PartitionedFile> {
            let gone = |error| {
                let what = format!("cannot read {} of {}", self.table.name(), capture.name());
                DataFusionError::from(Error::io(Kind::Sql, what, error))
            };
            let metadata = path.metadata().map_err(gone)?;
            let location = ObjectPath::from_filesystem_path(&path)
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            let meta = ObjectMeta {
                location,
                last_modified: metadata.modified().map_err(gone)?.into(),
                size: metadata.len(),
                e_tag: None,
                version: None,
            };
            let file = PartitionedFile::new_from_meta(meta);
            Ok(file.with_partition_values(vec![scalar(capture.time())]))
        };
        let of_capture = |capture: &&Arc<Capture>| {
            let capture = Arc::clone(capture);
            let paths = capture.files(self.table.name());
            paths.into_iter().map(move |path| file(&capture, path)).collect::<Vec<_>>()
        };
        captures.iter().flat_map(of_capture).collect()
    }
}

/// Tells a statement what the rows of a table of a capture miss.
pub(super) fn adopt(record: &Record, capture: &Capture, table: &str) {
    record.adopt_file(StoredAnswer {
        path: capture.name(),
        missing: capture.manifest.missing_of(table).map(ToOwned::to_owned).collect(),
        gaps: capture.manifest.gaps.clone(),
        taken_at: Some(capture.time().into()),
    });
}

/// Which values of a column pass the filters that are about it alone.
pub(super) fn passing(
    state: &dyn Session,
    filters: &[Expr],
    column: &Field,
    values: ArrayRef,
) -> Result<Vec<bool>> {
    let schema = Arc::new(Schema::new(vec![column.clone()]));
    let values = RecordBatch::try_new(Arc::clone(&schema), vec![values])?;
    let schema = DFSchema::try_from(schema)?;
    let mut passing = vec![true; values.num_rows()];
    for filter in filters {
        let columns = filter.column_refs();
        if columns.is_empty() || columns.iter().any(|named| named.name() != column.name()) {
            continue;
        }
        let passes = state.create_physical_expr(filter.clone(), &schema)?.evaluate(&values)?;
        let passes = passes.into_array(values.num_rows())?;
        let passes = passes.as_boolean_opt().into_iter().flatten();
        passing.iter_mut().zip(passes).for_each(|(passing, passes)| *passing &= passes == Some(true));
    }
    Ok(passing)
}

#[async_trait]
impl TableProvider for CapturedTable {
    fn schema(&self) -> SchemaRef {
        self.columns()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let captures = self.chosen(state, filters)?;
        self.tell(state, &captures);
        self.read(state, &captures, projection, filters, limit).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}

/// The table of a capture in place of the service's.
pub(super) fn table(table: &'static dyn Table, archive: &Arc<Archive>) -> Arc<dyn TableProvider> {
    CapturedTable::new(table, archive, false)
}

/// Adds the schema `history` to the session's default catalog.
///
/// # Errors
/// When the session has no default catalog.
pub(super) fn register_history(context: &SessionContext, archive: &Arc<Archive>) -> Result<()> {
    let name = context.copied_config().options().catalog.default_catalog.clone();
    let catalog = context.catalog(&name);
    let catalog =
        catalog.ok_or_else(|| DataFusionError::Configuration(format!("there is no catalog {name}")))?;
    catalog.register_schema(HISTORY, Arc::new(MemorySchemaProvider::new()))?;
    for table in TABLES {
        let provider = CapturedTable::new(*table, archive, true);
        context.register_table(TableReference::partial(HISTORY, table.name()), provider)?;
    }
    Ok(())
}
