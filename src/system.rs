//! The schema `system`: what the catalog declares and what this session did, as tables. They make no call.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array,
};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use async_trait::async_trait;
use datafusion::catalog::{MemTable, MemorySchemaProvider, Session, TableProvider};
use datafusion::common::{DataFusionError, Result, TableReference};
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use crate::aws::Clients;
use crate::aws::calls::Call;
use crate::catalog::table::type_name;
use crate::catalog::{TABLES, Table};
use crate::scan::ShareScans;

/// The tables of the schema and what a row of each is.
pub(crate) const DESCRIPTIONS: [(&str, &str); 4] = [
    ("tables", "Tables of Lightsail, one row each."),
    ("columns", "Columns of those tables, one row each, with what a predicate on them does."),
    ("api_calls", "API calls of this session, the newest 10,000, one row each."),
    ("scans", "Tables that queries of this session read, one row for each target."),
];

/// A table whose rows are made when it is read.
struct SystemTable {
    schema: SchemaRef,
    rows: Box<dyn Fn() -> Result<RecordBatch, ArrowError> + Send + Sync>,
}

impl SystemTable {
    fn new(rows: impl Fn() -> Result<RecordBatch, ArrowError> + Send + Sync + 'static) -> Result<Arc<Self>> {
        // As long as there is nothing to tell, no column tells whether it can be NULL: all can.
        let fields = rows()?
            .schema()
            .fields()
            .iter()
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect::<Vec<_>>();
        Ok(Arc::new(Self { schema: Arc::new(Schema::new(fields)), rows: Box::new(rows) }))
    }
}

impl fmt::Debug for SystemTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemTable").field("schema", &self.schema).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for SystemTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = (self.rows)()?.with_schema(Arc::clone(&self.schema))?;
        let table = MemTable::try_new(Arc::clone(&self.schema), vec![vec![rows]])?;
        table.scan(state, projection, filters, limit).await
    }
}

/// Adds the schema `system` to the session's default catalog.
///
/// # Errors
/// When the session has no default catalog.
pub(crate) fn register(
    context: &SessionContext,
    clients: &Arc<Clients>,
    scans: &Arc<ShareScans>,
) -> Result<()> {
    let name = context.copied_config().options().catalog.default_catalog.clone();
    let catalog = context.catalog(&name);
    let catalog =
        catalog.ok_or_else(|| DataFusionError::Configuration(format!("there is no catalog {name}")))?;
    catalog.register_schema("system", Arc::new(MemorySchemaProvider::new()))?;
    let (clients, scans) = (Arc::clone(clients), Arc::clone(scans));
    let providers = [
        SystemTable::new(tables)?,
        SystemTable::new(columns)?,
        SystemTable::new(move || api_calls(&clients.log().calls()))?,
        SystemTable::new(move || self::scans(&scans))?,
    ];
    for ((name, _), provider) in DESCRIPTIONS.into_iter().zip(providers) {
        context.register_table(TableReference::partial("system", name), provider)?;
    }
    Ok(())
}

fn text<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn number(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

fn tables() -> Result<RecordBatch, ArrowError> {
    let each = |get: fn(&dyn Table) -> String| -> ArrayRef {
        Arc::new(TABLES.iter().map(|table| Some(get(*table))).collect::<StringArray>())
    };
    RecordBatch::try_from_iter([
        ("name", each(|table| table.name().to_owned())),
        ("description", each(|table| table.description().to_owned())),
        ("operation", each(|table| table.operations())),
        ("lookup", text(TABLES.iter().map(|table| table.lookup()))),
        ("iam_actions", each(|table| table.iam_actions().join(", "))),
        ("calls", each(|table| table.cost())),
        ("example", each(|table| table.examples().first().copied().unwrap_or_default().to_owned())),
    ])
}

fn columns() -> Result<RecordBatch, ArrowError> {
    let all: Vec<_> = TABLES
        .iter()
        .flat_map(|table| table.columns().into_iter().map(move |column| (table, column)))
        .collect();
    let types: Vec<String> = all.iter().map(|(_, column)| type_name(column.field.data_type())).collect();
    let pushdown: Vec<&str> = all.iter().map(|(table, column)| table.pushdown(column.field.name())).collect();
    RecordBatch::try_from_iter([
        ("table", text(all.iter().map(|(table, _)| Some(table.name())))),
        ("column", text(all.iter().map(|(_, column)| Some(column.field.name().as_str())))),
        ("type", text(types.iter().map(|name| Some(name.as_str())))),
        ("description", text(all.iter().map(|(_, column)| Some(column.description)))),
        ("pushdown", text(pushdown.into_iter().map(Some))),
    ])
}

/// Calls as rows of `system.api_calls`.
///
/// # Errors
/// Never, as long as all columns are of one length.
pub(crate) fn api_calls(calls: &[Call]) -> Result<RecordBatch, ArrowError> {
    let started = calls.iter().map(|call| {
        let since = call.started_at.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    });
    let started = started.collect::<TimestampMillisecondArray>().with_timezone("UTC");
    let millis = |call: &Call| i64::try_from(call.latency.as_millis()).ok();
    RecordBatch::try_from_iter([
        ("call", Arc::new(calls.iter().map(|call| call.sequence).collect::<UInt64Array>()) as ArrayRef),
        ("operation", text(calls.iter().map(|call| Some(call.operation)))),
        ("profile", text(calls.iter().map(|call| Some(call.target.profile.name.as_str())))),
        ("region", text(calls.iter().map(|call| Some(call.target.region.as_str())))),
        ("page", number(calls.iter().map(|call| i64::try_from(call.page).ok()))),
        ("started_at", Arc::new(started)),
        ("latency_ms", number(calls.iter().map(millis))),
        ("attempts", number(calls.iter().map(|call| Some(call.attempts.into())))),
        ("status", number(calls.iter().map(|call| call.status.map(i64::from)))),
        ("bytes", number(calls.iter().map(|call| call.bytes.and_then(|bytes| i64::try_from(bytes).ok())))),
        ("request_id", text(calls.iter().map(|call| call.request_id.as_deref()))),
        ("error", text(calls.iter().map(|call| call.error.as_deref()))),
    ])
}

fn scans(share: &ShareScans) -> Result<RecordBatch, ArrowError> {
    let queries = share.log().queries();
    let records: Vec<_> = queries.iter().map(|query| (query.number, query.scans())).collect();
    let scans = || records.iter().flat_map(|(query, scans)| scans.iter().map(move |scan| (*query, scan)));
    RecordBatch::try_from_iter([
        ("query", Arc::new(scans().map(|(query, _)| query).collect::<UInt64Array>()) as ArrayRef),
        ("table", text(scans().map(|(_, scan)| Some(scan.table)))),
        ("operation", text(scans().map(|(_, scan)| Some(scan.operation)))),
        ("profile", text(scans().map(|(_, scan)| Some(scan.target.profile.name.as_str())))),
        ("region", text(scans().map(|(_, scan)| Some(scan.target.region.as_str())))),
        ("pages", number(scans().map(|(_, scan)| i64::try_from(scan.pages).ok()))),
        ("items", number(scans().map(|(_, scan)| i64::try_from(scan.items).ok()))),
        ("complete", Arc::new(scans().map(|(_, scan)| Some(scan.is_complete())).collect::<BooleanArray>())),
        ("next_token", text(scans().map(|(_, scan)| scan.next_token.as_deref()))),
        ("error", text(scans().map(|(_, scan)| Some(scan.error.as_ref()?.message())))),
    ])
}
