//! One `TableProvider` for every table of the catalog.

use std::sync::Arc;
use std::time::SystemTime;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use crate::catalog::Table;
use crate::scan::context::ScanContext;
use crate::scan::exec::ScanExec;
use crate::scan::plan::predicate::{Predicate, is_evaluable};

/// A table of the catalog, read with the [`ScanContext`] of the session that it is asked in.
#[derive(Debug)]
pub struct LightsailTable {
    table: &'static dyn Table,
    schema: SchemaRef,
}

impl LightsailTable {
    /// The provider of one table of [`TABLES`](crate::catalog::TABLES).
    pub fn new(table: &'static dyn Table) -> Self {
        Self { table, schema: table.schema() }
    }
}

#[async_trait]
impl TableProvider for LightsailTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
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
        let schema = DFSchema::try_from(Arc::clone(&self.schema))?;
        let filters = filters.iter().map(|filter| state.create_physical_expr(filter.clone(), &schema));
        let predicate = Predicate::new(filters.collect::<Result<Vec<_>>>()?);
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let projection = projection.unwrap_or(&all);
        let statement = ScanContext::of(state.config_options()).and_then(ScanContext::statement);
        let now = statement.map_or_else(SystemTime::now, |statement| statement.record.begun_at.time);
        Ok(Arc::new(ScanExec::try_new(self.table, &self.schema, projection, predicate, limit, now)?))
    }

    /// Whatever can be evaluated on a batch is done inside of the scan: then a LIMIT above it reaches the scan, and
    /// no FilterExec holds rows back until it has thousands of them.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match is_evaluable(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }
}
