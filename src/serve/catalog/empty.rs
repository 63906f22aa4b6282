//! Tables of the system catalog that tools ask and that have no rows here: there are no indexes, extensions, policies, locks.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::empty::EmptyTable;

/// One a line: its name and its columns, each with its type unless that is text.
static TABLES: &str = include_str!("empty.txt");

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.lines().filter_map(|line| line.split_once(' '))
}

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    lines().map(|(name, _)| name)
}

/// The tables, by name.
///
/// # Errors
/// When a type is none.
pub(super) fn tables() -> Result<Vec<(&'static str, Arc<dyn TableProvider>)>> {
    let table = |(name, columns): (&'static str, &str)| {
        let fields = columns.split(' ').map(|column| {
            let (name, of) = column.split_once(':').unwrap_or((column, "text"));
            Ok(Field::new(name, data_type(of)?, true))
        });
        let schema = Schema::new(fields.collect::<Result<Vec<_>>>()?);
        Ok((name, Arc::new(EmptyTable::new(Arc::new(schema))) as Arc<dyn TableProvider>))
    };
    lines().map(table).collect()
}

fn data_type(of: &str) -> Result<DataType> {
    Ok(match of {
        "text" => DataType::Utf8,
        "int" => DataType::Int32,
        "bigint" => DataType::Int64,
        "float" => DataType::Float64,
        "bool" => DataType::Boolean,
        "time" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "list" => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
        other => return Err(DataFusionError::Internal(format!("there is no type {other}"))),
    })
}
