//! What the tables of a session are made of: a table that was made of an answer with a region missing must not pass for a
//! whole one, nor a Parquet file of such an answer.
//!
//! It travels with the provider: a plan that reads the table, by whatever name and however long after, reads the provider,
//! and the statement's record takes in what the provider's rows are made of.

use std::any::Any;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{ScanArgs, ScanResult, Session, TableProvider};
use datafusion::common::{Constraints, Result, Statistics, TableReference};
use datafusion::datasource::TableType;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, LogicalPlan, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use super::stored;
use crate::scan::{Mode, Record, ScanContext};

/// A table that a session made.
#[derive(Debug)]
struct MadeTable {
    table: Arc<dyn TableProvider>,
    /// The records of the statements whose rows it has.
    sources: Mutex<Vec<Arc<Record>>>,
}

/// Registers a table anew that a statement has just made, with the statement's record. A table that was there before, as
/// with IF NOT EXISTS, stays as it is.
///
/// # Errors
/// When the schema that has it takes no tables.
pub(super) async fn attach(
    context: &SessionContext,
    name: &TableReference,
    record: &Arc<Record>,
) -> Result<()> {
    let table = context.table_provider(name.clone()).await?;
    let is_made = (table.as_ref() as &dyn Any).is::<MadeTable>();
    if is_made || table.table_type() != TableType::Base {
        return Ok(());
    }
    context.deregister_table(name.clone())?;
    let sources = Mutex::new(vec![Arc::clone(record)]);
    context.register_table(name.clone(), Arc::new(MadeTable { table, sources }))?;
    Ok(())
}

/// The record of the statement that a session's state is of, if it is run.
fn running(state: &dyn Session) -> Option<&Arc<Record>> {
    let statement = ScanContext::of(state.config_options())?.statement()?;
    (statement.mode == Mode::Run).then_some(&statement.record)
}

impl MadeTable {
    /// Tells the statement that reads the table what its rows are made of.
    async fn tell(&self, state: &dyn Session, plan: &Arc<dyn ExecutionPlan>) -> Result<()> {
        let Some(record) = running(state) else { return Ok(()) };
        record.adopt(&self.sources.lock().unwrap_or_else(PoisonError::into_inner));
        let files = plan.downcast_ref::<DataSourceExec>();
        let files = files.and_then(|source| source.data_source().downcast_ref::<FileScanConfig>());
        let Some(files) = files.filter(|files| files.file_source().file_type() == "parquet") else {
            return Ok(());
        };
        let runtime = state.runtime_env();
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

    fn get_logical_plan(&self) -> Option<Cow<'_, LogicalPlan>> {
        self.table.get_logical_plan()
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
        Ok(plan)
    }

    async fn scan_with_args<'a>(&self, state: &dyn Session, args: ScanArgs<'a>) -> Result<ScanResult> {
        let result = self.table.scan_with_args(state, args).await?;
        self.tell(state, result.plan()).await?;
        Ok(result)
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
        if let Some(record) = running(state) {
            self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(record));
        }
        self.table.insert_into(state, input, op).await
    }
}
