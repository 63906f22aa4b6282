//! Tables over CSV files: a column of numbers that a number would not print as again is text.
//!
//! DataFusion infers BIGINT for `012345678901` and DOUBLE for a number of twenty digits, and the account or the id is gone
//! without a word. It looks at the first 1,000 rows; here the whole file is looked at, for the zero may come later.

use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider, TableProviderFactory};
use datafusion::common::{Column, DataFusionError, Result};
use datafusion::datasource::listing::{ListingTable, ListingTableConfig};
use datafusion::datasource::listing_table_factory::ListingTableFactory;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::SessionState;
use datafusion::functions::core::expr_fn::{coalesce, nullif};
use datafusion::functions::regex::expr_fn::regexp_like;
use datafusion::functions_aggregate::expr_fn::bool_or;
use datafusion::logical_expr::{CreateExternalTable, Expr, LogicalPlanBuilder, lit};
use datafusion::object_store::ObjectStoreExt;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use super::quoting::{self, Quoting, Scanner};
use crate::error::{Error, Kind};
use crate::scan::ScanContext;

/// A number with a leading zero, or a whole one with more digits than a double keeps.
///
/// `1e5` without a point or a sign is what no program writes for 100,000: it is an id.
const NOT_A_NUMBER: &str = "^ *[-+]?(0[0-9]|[0-9]{16,} *$|[0-9]+[eE](1[0-5]|[0-9]) *$)";

/// A text that no BIGINT prints as: one with a leading zero, or with more digits than BIGINT holds.
const LEADING_ZERO: &str = "^ *[-+]?(0[0-9]|[0-9]{20,} *$)";

/// Makes the tables of `CREATE EXTERNAL TABLE … STORED AS CSV`.
#[derive(Debug)]
pub(super) struct CsvTables;

#[async_trait]
impl TableProviderFactory for CsvTables {
    async fn create(&self, state: &dyn Session, cmd: &CreateExternalTable) -> Result<Arc<dyn TableProvider>> {
        let table = ListingTableFactory::new().create(state, cmd).await?;
        let quoting = quoting(state, table.as_ref(), cmd).await?;
        if quoting.is_lossy() {
            let name = cmd.name.table();
            remark(state, format!("{name} has empty fields and \"\": both are read as NULL"));
        }
        let table = as_numbers(state, table, cmd).await?;
        with_nulls(table, quoting)
    }
}

/// A table of files whose numbers lose nothing.
async fn as_numbers(
    state: &dyn Session,
    table: Arc<dyn TableProvider>,
    cmd: &CreateExternalTable,
) -> Result<Arc<dyn TableProvider>> {
    let any: &dyn Any = table.as_ref();
    let (Some(listing), Some(session)) =
        (any.downcast_ref::<ListingTable>(), state.as_any().downcast_ref::<SessionState>())
    else {
        return Ok(table);
    };
    if !cmd.schema.fields().is_empty() {
        return Ok(table);
    }
    let partitions = &listing.options().table_partition_cols;
    let schema = listing.schema();
    let is_stored = |field: &&FieldRef| partitions.iter().all(|(name, _)| name != field.name());
    let fields: Vec<FieldRef> = schema.fields().iter().filter(is_stored).cloned().collect();
    let texts = texts(session, listing, &fields).await?;
    if texts.is_empty() {
        return Ok(table);
    }
    let corrected = fields.iter().map(|field| match texts.contains(field.name()) {
        true => text(field),
        false => Arc::clone(field),
    });
    let corrected = Arc::new(Schema::new(corrected.collect::<Vec<_>>()));
    let name = cmd.name.table();
    let columns: Vec<String> = texts.iter().map(|column| format!("{name}.{column}")).collect();
    let text = format!(
        "read as text, for as numbers some values would lose leading zeros or digits: {}; CREATE EXTERNAL TABLE \
             {name} (column BIGINT, …) says otherwise",
        columns.join(", ")
    );
    remark(state, text);
    let table = with_schema(listing, corrected)?
        .with_cache(session.runtime_env().cache_manager.get_file_statistic_cache())
        .with_definition(cmd.definition.clone())
        .with_constraints(cmd.constraints.clone())
        .with_column_defaults(cmd.column_defaults.clone());
    Ok(Arc::new(table))
}

/// What the quotes of the files say.
async fn quoting(
    state: &dyn Session,
    table: &dyn TableProvider,
    cmd: &CreateExternalTable,
) -> Result<Quoting> {
    let any: &dyn Any = table;
    let option = |name: &str| {
        let mut options = cmd.options.iter();
        options.find(|(key, _)| key.trim_start_matches("format.") == name).map(|(_, value)| value.as_str())
    };
    let says_how = ["quote", "escape", "compression", "terminator"].iter().any(|name| option(name).is_some());
    let mut found = Quoting::default();
    let (Some(listing), false) = (any.downcast_ref::<ListingTable>(), says_how) else { return Ok(found) };
    let extension = &listing.options().file_extension;
    if !extension.ends_with("csv") && !extension.ends_with("tsv") {
        return Ok(found);
    }
    let delimiter = option("delimiter").and_then(|text| text.bytes().next()).unwrap_or(b',');
    let default = state.config_options().catalog.has_header;
    let has_header = option("has_header").map_or(default, |text| text.eq_ignore_ascii_case("true"));
    for url in listing.table_paths() {
        let store = state.runtime_env().object_store(url)?;
        let mut files = url.list_all_files(state, store.as_ref(), extension).await?;
        while let Some(file) = files.try_next().await? {
            let mut scanner = Scanner::new(delimiter, has_header);
            let mut bytes = store.get(&file.location).await?.into_stream();
            let mut is_first = true;
            while let Some(part) = bytes.try_next().await? {
                if std::mem::take(&mut is_first) && has_header {
                    check_header(&part, delimiter, file.location.filename().unwrap_or_default())?;
                }
                scanner.read(&part);
            }
            found += scanner.finish();
        }
    }
    Ok(found)
}

/// Refuses a header that names two columns alike: DataFusion makes one column of them, and then finds a field too many in
/// each line.
///
/// # Errors
/// [`Kind::Sql`] with the name.
fn check_header(beginning: &[u8], delimiter: u8, file: &str) -> Result<()> {
    let format = arrow::csv::reader::Format::default().with_header(true).with_delimiter(delimiter);
    // What is no CSV is DataFusion's to complain about.
    let Ok((schema, _)) = format.infer_schema(beginning, Some(0)) else { return Ok(()) };
    let mut names = HashSet::new();
    let twice = schema.fields().iter().find(|field| !names.insert(field.name().as_str()));
    twice.map_or(Ok(()), |field| {
        let what = format!("the header of {file} has two columns {}", field.name());
        Err(Error::new(Kind::Sql, what)
            .with_hint("give one of them another name in the file's first line")
            .into())
    })
}

/// A table whose texts are NULL where its files say so: Arrow takes `""` for NULL as well, and the marker for a text.
fn with_nulls(table: Arc<dyn TableProvider>, quoting: Quoting) -> Result<Arc<dyn TableProvider>> {
    let has_texts = quoting.has_empty_texts && !quoting.is_lossy();
    if !has_texts && !quoting.is_marked() {
        return Ok(table);
    }
    let of_column = |field: &FieldRef| {
        let column = Expr::Column(Column::from_name(field.name()));
        if !field.data_type().is_string() {
            return column;
        }
        let text = if has_texts { coalesce(vec![column, lit("")]) } else { column };
        let text = if quoting.is_marked() { nullif(text, lit(quoting::NULL)) } else { text };
        text.alias(field.name())
    };
    let columns: Vec<Expr> = table.schema().fields().iter().map(of_column).collect();
    let plan =
        LogicalPlanBuilder::scan("file", provider_as_source(table), None)?.project(columns)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

fn remark(state: &dyn Session, text: String) {
    if let Some(statement) = ScanContext::of(state.config_options()).and_then(ScanContext::statement) {
        statement.record.remark(text);
    }
}

/// The columns that were inferred as numbers and have a value that is none.
async fn texts(session: &SessionState, listing: &ListingTable, fields: &[FieldRef]) -> Result<Vec<String>> {
    let numbers: Vec<&FieldRef> = fields.iter().filter(|field| field.data_type().is_numeric()).collect();
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let as_text = Arc::new(Schema::new(fields.iter().map(text).collect::<Vec<_>>()));
    let has_text = |field: &&FieldRef| {
        let pattern = if field.data_type().is_integer() { LEADING_ZERO } else { NOT_A_NUMBER };
        let column = Expr::Column(Column::from_name(field.name()));
        bool_or(regexp_like(column, lit(pattern), None)).alias(field.name())
    };
    let context = SessionContext::new_with_state(session.clone());
    let frame = context.read_table(Arc::new(with_schema(listing, as_text)?))?;
    let found = frame.aggregate(vec![], numbers.iter().map(has_text).collect())?.collect().await?;
    let Some(row) = found.first() else { return Ok(Vec::new()) };
    let is_text = |index: usize| {
        let column = row.column(index).as_boolean();
        column.iter().next().flatten().unwrap_or(false)
    };
    let texts = numbers.iter().enumerate().filter(|(index, _)| is_text(*index));
    Ok(texts.map(|(_, field)| field.name().clone()).collect())
}

fn text(field: &FieldRef) -> FieldRef {
    Arc::new(Field::clone(field).with_data_type(DataType::Utf8))
}

fn with_schema(listing: &ListingTable, schema: SchemaRef) -> Result<ListingTable, DataFusionError> {
    ListingTable::try_new(
        ListingTableConfig::new_with_multi_paths(listing.table_paths().clone())
            .with_listing_options(listing.options().clone())
            .with_schema(schema),
    )
}
