//! What the tables of a session are made of: a table that was made of an answer with a region missing must not pass for a
//! whole one, nor a Parquet file of such an answer.
//!
//! It travels with the provider: a plan that reads the table, by whatever name and however long after, reads the provider,
//! and the statement's record takes in what the provider's rows are made of.

use std::any::Any;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{MemTable, ScanArgs, ScanResult, Session, TableProvider};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Constraints, DataFusionError, Result, SchemaError, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{
    CreateExternalTable, CreateMemoryTable, DdlStatement, Expr, LogicalPlan, TableProviderFilterPushDown,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{DataFrame, SessionContext};

use super::files;
use super::memory::{self, Held};
use super::stored;
use crate::error::{Error, Kind};
use crate::scan::{Lineage, MadeExec, Mode, Record, ScanContext};

/// A table that a session made.
#[derive(Debug)]
pub(super) struct MadeTable {
    table: Arc<dyn TableProvider>,
    /// The records of the statements whose rows it has.
    sources: Mutex<Vec<Arc<Record>>>,
    /// What a statement that reads it should say.
    remarks: Vec<String>,
    /// What its rows take, if memory holds them.
    held: Arc<Held>,
}

/// Runs `CREATE TABLE … AS`, and registers the table with the statement's record. The table that it replaces is there, and
/// whole, until the new one is.
///
/// # Errors
/// What DataFusion finds wrong with it; the failure where every target failed; a schema that takes no tables.
pub(super) async fn create_table(
    context: &SessionContext,
    table: CreateMemoryTable,
    record: &Arc<Record>,
) -> Result<DataFrame> {
    let is_there = context.table_exist(table.name.clone())?;
    if table.temporary || is_there && (table.if_not_exists || !table.or_replace) {
        // Nothing is read: there is nothing to do, or DataFusion says what is wrong.
        return context.execute_logical_plan(LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(table))).await;
    }
    let name = table.name.clone();
    let CreateMemoryTable { input, constraints, column_defaults, .. } = table;
    check_columns(&input)?;
    // The types of its columns are settled by then: NULL, and what is computed, may have others before.
    let input = context.state().optimize(&input)?;
    let schema = Arc::clone(input.schema().inner());
    let (batches, held) = memory::collect(DataFrame::new(context.state(), input)).await?;
    let table = MemTable::try_new(schema, vec![batches])?
        .with_constraints(constraints)
        .with_column_defaults(column_defaults.into_iter().collect());
    if let Some(error) = record.total_failure() {
        return Err(error.into());
    }
    if is_there {
        context.deregister_table(name.clone())?;
    }
    context.register_table(name, MadeTable::of(Arc::new(table), record, held))?;
    context.read_empty()
}

/// Refuses a table of which two columns have one name.
fn check_columns(rows: &LogicalPlan) -> Result<()> {
    let mut names = HashSet::new();
    match rows.schema().fields().iter().find(|field| !names.insert(field.name())) {
        None => Ok(()),
        Some(twice) => {
            let name = twice.name().clone();
            Err(DataFusionError::SchemaError(
                Box::new(SchemaError::DuplicateUnqualifiedField { name }),
                Box::default(),
            ))
        }
    }
}

/// Runs `CREATE EXTERNAL TABLE`, and registers the table so that its files are asked what they miss.
///
/// # Errors
/// What DataFusion finds wrong with it.
pub(super) async fn create_external_table(
    context: &SessionContext,
    table: Box<CreateExternalTable>,
    record: &Arc<Record>,
) -> Result<DataFrame> {
    let name = table.name.clone();
    table.locations.iter().try_for_each(|location| files::check(location))?;
    let is_compression = |(key, value): (&String, &String)| {
        key.trim_start_matches("format.").eq_ignore_ascii_case("compression")
            && !["none", "uncompressed", ""].contains(&value.to_ascii_lowercase().as_str())
    };
    // Parquet is compressed inside, with or without what an option says.
    if !table.file_type.eq_ignore_ascii_case("parquet") && table.options.iter().any(is_compression) {
        return Err(files::compressed(table.locations.first().map_or("", String::as_str)).into());
    }
    table.locations.iter().try_for_each(|location| files::check_there(location))?;
    let is_there = context.table_exist(name.clone())? && !table.or_replace;
    let frame =
        context.execute_logical_plan(LogicalPlan::Ddl(DdlStatement::CreateExternalTable(table))).await?;
    if !is_there && let Some(table) = context.deregister_table(name.clone())? {
        context.register_table(name, MadeTable::of(table, record, Held::default()))?;
    }
    Ok(frame)
}

/// The record of the statement that a session's state is of, if it is run.
pub(super) fn running(state: &dyn Session) -> Option<&Arc<Record>> {
    let statement = ScanContext::of(state.config_options())?.statement()?;
    (statement.mode == Mode::Run).then_some(&statement.record)
}

impl MadeTable {
    /// A table whose rows are those of the record's statement.
    pub(super) fn of(table: Arc<dyn TableProvider>, record: &Arc<Record>, held: Held) -> Arc<Self> {
        let sources = Mutex::new(vec![Arc::clone(record)]);
        Arc::new(Self { table, sources, remarks: Vec::new(), held: Arc::new(held) })
    }

    /// A table of files, which are asked what they miss.
    pub(super) fn of_file(table: Arc<dyn TableProvider>, remarks: Vec<String>) -> Arc<Self> {
        Arc::new(Self { table, sources: Mutex::default(), remarks, held: Arc::default() })
    }

    /// The plan that reads a table of the session, which knows what its columns are made of.
    fn traced(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        projection: Option<&Vec<usize>>,
    ) -> Arc<dyn ExecutionPlan> {
        let records = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let lineage = Lineage::of_all(records.iter().map(|record| record.lineage()));
        if !self.is_in_memory() || lineage.is_empty() {
            return plan;
        }
        Arc::new(MadeExec::new(plan, lineage.projected(projection)))
    }

    fn is_in_memory(&self) -> bool {
        (self.table.as_ref() as &dyn Any).is::<MemTable>()
    }

    /// Tells the statement that reads the table what its rows are made of.
    async fn tell(&self, state: &dyn Session, plan: &Arc<dyn ExecutionPlan>) -> Result<()> {
        let Some(record) = running(state) else { return Ok(()) };
        record.adopt(&self.sources.lock().unwrap_or_else(PoisonError::into_inner));
        for remark in self.remarks.iter().filter(|remark| !record.notes().remarks.contains(remark)) {
            record.remark(remark.clone());
        }
        // The files of a pattern are several scans.
        let mut scans = Vec::new();
        plan.apply(|node| {
            let source = node.downcast_ref::<DataSourceExec>();
            let files = source.and_then(|source| source.data_source().downcast_ref::<FileScanConfig>());
            scans.extend(files.filter(|files| files.file_source().file_type() == "parquet").cloned());
            Ok(TreeNodeRecursion::Continue)
        })?;
        let runtime = state.runtime_env();
        for files in scans {
            let store = runtime.object_store(&files.object_store_url)?;
            for file in files.file_groups.iter().flat_map(|group| group.iter()) {
                let footer = DFParquetMetadata::new(store.as_ref(), &file.object_meta)
                    .with_file_metadata_cache(Some(runtime.cache_manager.get_file_metadata_cache()));
                let footer = footer.fetch_metadata().await?;
                let pairs = footer.file_metadata().key_value_metadata().into_iter().flatten();
                let pairs = pairs.filter_map(|pair| Some((pair.key.as_str(), pair.value.as_deref()?)));
                if let Some(answer) = stored::read(&file.object_meta.location, pairs) {
                    record.adopt_file(answer);
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl TableProvider for MadeTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn constraints(&self) -> Option<&Constraints> {
        self.table.constraints()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
    }

    fn get_table_definition(&self) -> Option<&str> {
        self.table.get_table_definition()
    }

    fn get_column_default(&self, column: &str) -> Option<&Expr> {
        self.table.get_column_default(column)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = self.table.scan(state, projection, filters, limit).await?;
        self.tell(state, &plan).await?;
        Ok(self.traced(plan, projection))
    }

    async fn scan_with_args<'a>(&self, state: &dyn Session, args: ScanArgs<'a>) -> Result<ScanResult> {
        let projection = args.projection().map(<[usize]>::to_vec);
        let result = self.table.scan_with_args(state, args).await?;
        self.tell(state, result.plan()).await?;
        Ok(ScanResult::new(self.traced(Arc::clone(result.plan()), projection.as_ref())))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.table.supports_filters_pushdown(filters)
    }

    fn statistics(&self) -> Option<Statistics> {
        self.table.statistics()
    }

    async fn insert_into(
        &self,
        state: &dyn Session,
        input: Arc<dyn ExecutionPlan>,
        op: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if !self.is_in_memory() {
            // It would leave half a file where it fails, and one that does not say what it misses.
            let what = "INSERT writes no files: the table is of files";
            let hint = "COPY (SELECT …) TO 'new.parquet' writes a file when it is whole; a folder of files is one table";
            return Err(Error::new(Kind::Usage, what).with_hint(hint).into());
        }
        if let Some(record) = running(state) {
            let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
            if !sources.iter().any(|known| Arc::ptr_eq(known, record)) {
                sources.push(Arc::clone(record));
            }
        }
        let plan = self.table.insert_into(state, input, op).await?;
        Ok(if self.is_in_memory() { memory::count_inserted(plan, &self.held) } else { plan })
    }
}
