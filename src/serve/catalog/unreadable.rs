//! The tables of the fleet as the system catalog has them: names and columns, and no rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session as AnySession, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::session::Session;

/// The tables by schema and name.
pub(in crate::serve) type Tables = BTreeMap<String, BTreeMap<String, Arc<Unreadable>>>;

/// A table whose rows are asked for in another statement.
#[derive(Debug)]
pub(in crate::serve) struct Unreadable {
    fleet: SchemaRef,
    /// With types that the catalog has names for.
    schema: SchemaRef,
    kind: TableType,
}

impl Unreadable {
    /// The columns that it really has.
    pub(super) fn fleet_schema(&self) -> &Schema {
        &self.fleet
    }

    /// Whether it is a view.
    pub(super) fn is_view(&self) -> bool {
        self.kind == TableType::View
    }
}

/// The tables of a session.
pub(super) async fn tables(session: &Session) -> Result<Tables> {
    let context = session.context();
    let defaults = context.copied_config().options().catalog.clone();
    let mut tables = Tables::new();
    let Some(catalog) = context.catalog(&defaults.default_catalog) else { return Ok(tables) };
    for schema in catalog.schema_names() {
        let Some(provider) = catalog.schema(&schema).filter(|_| schema != "information_schema") else {
            continue;
        };
        let mut of_schema = BTreeMap::new();
        for name in provider.table_names() {
            let Some(table) = provider.table(&name).await? else { continue };
            let fleet = table.schema();
            let named = |field: &Arc<Field>| match field.data_type() {
                DataType::Map(..) | DataType::Struct(_) => {
                    field.as_ref().clone().with_data_type(DataType::Utf8)
                }
                DataType::List(item) if item.data_type().is_nested() => {
                    field.as_ref().clone().with_data_type(DataType::Utf8)
                }
                _ => field.as_ref().clone(),
            };
            let columns = Arc::new(Schema::new(fleet.fields().iter().map(named).collect::<Vec<_>>()));
            of_schema.insert(name, Arc::new(Unreadable { fleet, schema: columns, kind: table.table_type() }));
        }
        if !of_schema.is_empty() || schema == defaults.default_schema {
            tables.insert(schema, of_schema);
        }
    }
    Ok(tables)
}

#[async_trait]
impl TableProvider for Unreadable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        self.kind
    }

    async fn scan(
        &self,
        _: &dyn AnySession,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let what = "one statement asks either the fleet or the system catalog";
        Err(Error::new(Kind::Usage, what)
            .with_hint("ask twice: what begins with pg_, information_schema, version() and current_… are the catalog's")
            .into())
    }
}
