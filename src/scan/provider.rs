//! One `TableProvider` for every table of the catalog.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use super::exec::ScanExec;
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
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        Ok(Arc::new(ScanExec::try_new(
            self.table,
            Arc::clone(&self.clients),
            &self.schema,
            projection,
            limit,
        )?))
    }
}
