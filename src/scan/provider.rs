//! One `TableProvider` for every table of the catalog.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use super::exec::ScanExec;
use super::predicate::{Predicate, is_evaluable};
use crate::aws::Clients;
use crate::catalog::Table;

/// A table of the catalog, read through `clients`.
#[derive(Debug)]
pub struct LightsailTable {
    table: &'static dyn Table,
    schema: SchemaRef,
    clients: Arc<Clients>,
}

impl LightsailTable {
    /// The provider of one table of [`TABLES`](crate::catalog::TABLES).
    pub fn new(table: &'static dyn Table, clients: Arc<Clients>) -> Self {
        Self { table, schema: table.schema(), clients }
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
        let clients = Arc::clone(&self.clients);
        Ok(Arc::new(ScanExec::try_new(self.table, clients, &self.schema, projection, predicate, limit)?))
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
