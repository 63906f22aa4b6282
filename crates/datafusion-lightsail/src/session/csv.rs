//! Tables over CSV files: a column of numbers that a number would not print as again is text.
//!
//! DataFusion infers BIGINT for `012345678901` and DOUBLE for a number of twenty digits, and the account or the id is gone
//! without a word. It looks at the first 1,000 rows; here the whole file is looked at, for the zero may come later.

use std::any::Any;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider, TableProviderFactory};
use datafusion::common::{Column, DataFusionError, Result};
use datafusion::datasource::listing::{ListingTable, ListingTableConfig};
use datafusion::datasource::listing_table_factory::ListingTableFactory;
use datafusion::execution::SessionState;
use datafusion::functions::regex::expr_fn::regexp_like;
use datafusion::functions_aggregate::expr_fn::bool_or;
use datafusion::logical_expr::{CreateExternalTable, Expr, lit};
use datafusion::prelude::SessionContext;

use crate::scan::ScanContext;

/// A number with a leading zero, or a whole one with more digits than a double keeps.
const NOT_A_NUMBER: &str = "^ *[-+]?(0[0-9]|[0-9]{16,} *$)";

/// The same of a column of BIGINT, which keeps all digits of the numbers that it can hold.
const LEADING_ZERO: &str = "^ *[-+]?(0[0-9]|[0-9]{20,} *$)";

/// Makes the tables of `CREATE EXTERNAL TABLE … STORED AS CSV`.
#[derive(Debug)]
pub(super) struct CsvTables;

#[async_trait]
impl TableProviderFactory for CsvTables {
    async fn create(&self, state: &dyn Session, cmd: &CreateExternalTable) -> Result<Arc<dyn TableProvider>> {
        let table = ListingTableFactory::new().create(state, cmd).await?;
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
        let remark = format!(
            "read as text, for as numbers some values would lose leading zeros or digits: {}; CREATE EXTERNAL TABLE \
             {name} (column BIGINT, …) says otherwise",
            columns.join(", ")
        );
        if let Some(statement) = ScanContext::of(state.config_options()).and_then(ScanContext::statement) {
            statement.record.remark(remark);
        }
        let table = with_schema(listing, corrected)?
            .with_cache(session.runtime_env().cache_manager.get_file_statistic_cache())
            .with_definition(cmd.definition.clone())
            .with_constraints(cmd.constraints.clone())
            .with_column_defaults(cmd.column_defaults.clone());
        Ok(Arc::new(table))
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
