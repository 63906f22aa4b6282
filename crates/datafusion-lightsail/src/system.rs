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
use datafusion::datasource::{TableType, ViewTable};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use crate::aws::calls::Call;
use crate::catalog::table::type_name;
use crate::catalog::{TABLES, Table};
use crate::scan::{Record, ScanContext};
use crate::views::{Plans, VIEWS, View, iam_actions};

/// The name of the schema.
pub(crate) const SCHEMA: &str = "system";

/// The tables of the schema and what a row of each is.
pub const DESCRIPTIONS: [(&str, &str); 4] = [
    ("tables", "Tables and views of Lightsail, one row each; a view has no operation of its own."),
    (
        "columns",
        "The columns of all tables and views, one row each, with what a predicate on them does; on a view's, what it does there.",
    ),
    ("api_calls", "API calls of this session, the newest 10,000, one row each."),
    ("scans", "Tables that statements of this session read, one row for each target."),
];

/// A table whose rows are made when it is read.
struct SystemTable {
    schema: SchemaRef,
    rows: Box<dyn Fn() -> Result<RecordBatch> + Send + Sync>,
}

impl SystemTable {
    /// A table with the columns of `like`.
    fn new(
        like: &RecordBatch,
        rows: impl Fn() -> Result<RecordBatch> + Send + Sync + 'static,
    ) -> Result<Arc<Self>> {
        // As long as there is nothing to tell, no column tells whether it can be NULL: all can.
        let fields = like
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
pub(crate) fn register(context: &SessionContext, scans: &ScanContext, views: Arc<Plans>) -> Result<()> {
    let name = context.copied_config().options().catalog.default_catalog.clone();
    let catalog = context.catalog(&name);
    let catalog =
        catalog.ok_or_else(|| DataFusionError::Configuration(format!("there is no catalog {name}")))?;
    catalog.register_schema(SCHEMA, Arc::new(MemorySchemaProvider::new()))?;
    let (calls, records) = (Arc::clone(scans.calls()), Arc::clone(scans.records()));
    let providers = [
        // What views are is known once they are planned, which costs a session that does not ask nothing.
        SystemTable::new(&tables(&[])?, {
            let views = Arc::clone(&views);
            move || tables(views.views()?)
        })?,
        SystemTable::new(&columns(&[])?, move || Ok(columns(views.views()?)?))?,
        SystemTable::new(&api_calls(&[])?, move || Ok(api_calls(&calls.calls())?))?,
        SystemTable::new(&self::scans(&[])?, move || Ok(self::scans(&records.records())?))?,
    ];
    for ((name, _), provider) in DESCRIPTIONS.into_iter().zip(providers) {
        context.register_table(TableReference::partial(SCHEMA, name), provider)?;
    }
    Ok(())
}

fn text<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn number(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

fn tables(views: &[Arc<ViewTable>]) -> Result<RecordBatch> {
    let each = |of_table: fn(&dyn Table) -> Option<String>,
                of_view: fn(&View, &ViewTable) -> Result<Option<String>>| {
        let of_views = VIEWS.iter().zip(views).map(|(view, planned)| of_view(view, planned));
        let texts = TABLES.iter().map(|table| Ok(of_table(*table))).chain(of_views);
        Ok::<_, DataFusionError>(Arc::new(texts.collect::<Result<StringArray>>()?) as ArrayRef)
    };
    Ok(RecordBatch::try_from_iter([
        ("name", each(|table| Some(table.name().to_owned()), |view, _| Ok(Some(view.name().to_owned())))?),
        (
            "description",
            each(
                |table| Some(table.description().to_owned()),
                |view, _| Ok(Some(view.header().description())),
            )?,
        ),
        ("operation", each(|table| Some(table.operations()), |_, _| Ok(None))?),
        ("lookup", each(|table| table.lookup().map(ToOwned::to_owned), |_, _| Ok(None))?),
        (
            "iam_actions",
            each(
                |table| Some(table.iam_actions().join(", ")),
                |_, planned| Ok(Some(iam_actions(planned)?.join(", "))),
            )?,
        ),
        (
            "calls",
            each(
                |table| Some(table.cost()),
                |_, _| Ok(Some("those of its tables, each page once".to_owned())),
            )?,
        ),
        (
            "example",
            each(
                |table| table.examples().first().map(|example| (*example).to_owned()),
                |view, _| Ok(Some(format!("SELECT * FROM {}", view.name()))),
            )?,
        ),
    ])?)
}

/// A row of `system.columns`: table, column, type, description, and what a predicate does.
type ColumnRow = (&'static str, String, String, String, Option<&'static str>);

fn columns(views: &[Arc<ViewTable>]) -> Result<RecordBatch, ArrowError> {
    let of_table = |table: &&'static dyn Table| {
        let table = *table;
        table.columns().into_iter().map(move |column| -> ColumnRow {
            let (name, kind) = (column.field.name().clone(), type_name(column.field.data_type()));
            let pushdown = Some(table.pushdown(&name));
            (table.name(), name, kind, column.description.to_owned(), pushdown)
        })
    };
    let of_view = |(view, planned): (&'static View, &Arc<ViewTable>)| {
        let (schema, header) = (planned.schema(), view.header());
        let rows = schema.fields().iter().zip(header.fields()).map(|(field, (_, text))| -> ColumnRow {
            (view.name(), field.name().clone(), type_name(field.data_type()), text.to_owned(), None)
        });
        rows.collect::<Vec<_>>()
    };
    let all: Vec<ColumnRow> =
        TABLES.iter().flat_map(of_table).chain(VIEWS.iter().zip(views).flat_map(of_view)).collect();
    RecordBatch::try_from_iter([
        ("table", text(all.iter().map(|row| Some(row.0)))),
        ("column", text(all.iter().map(|row| Some(row.1.as_str())))),
        ("type", text(all.iter().map(|row| Some(row.2.as_str())))),
        ("description", text(all.iter().map(|row| Some(row.3.as_str())))),
        ("pushdown", text(all.iter().map(|row| row.4))),
    ])
}

/// Calls as rows of `system.api_calls`.
///
/// # Errors
/// Never, as long as all columns are of one length.
pub fn api_calls(calls: &[Call]) -> Result<RecordBatch, ArrowError> {
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

fn scans(records: &[Arc<Record>]) -> Result<RecordBatch, ArrowError> {
    let records: Vec<_> = records.iter().map(|record| (record.number, record.scans())).collect();
    let scans =
        || records.iter().flat_map(|(statement, scans)| scans.iter().map(move |scan| (*statement, scan)));
    RecordBatch::try_from_iter([
        ("query", Arc::new(scans().map(|(statement, _)| statement).collect::<UInt64Array>()) as ArrayRef),
        ("table", text(scans().map(|(_, scan)| Some(scan.table)))),
        ("operation", text(scans().map(|(_, scan)| Some(scan.operation)))),
        ("profile", text(scans().map(|(_, scan)| Some(scan.target.profile.name.as_str())))),
        ("region", text(scans().map(|(_, scan)| Some(scan.target.region.as_str())))),
        ("pages", number(scans().map(|(_, scan)| i64::try_from(scan.pages).ok()))),
        ("items", number(scans().map(|(_, scan)| i64::try_from(scan.items).ok()))),
        ("complete", Arc::new(scans().map(|(_, scan)| Some(scan.is_complete())).collect::<BooleanArray>())),
        ("next_token", text(scans().map(|(_, scan)| scan.next_token.as_deref()))),
        ("error", text(scans().map(|(_, scan)| Some(scan.error.as_ref()?.message())))),
        ("not_asked", text(scans().map(|(_, scan)| scan.shortfall.as_deref()))),
    ])
}
