//! The columns that the folders of single files are: `region=us-east-1/data.parquet`.
//!
//! DataFusion finds them below the folder that a table is of, and only there. Of the files that a pattern finds each folder
//! is a table of its own, and the table that is read is their union.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, DataFusionError, Result, ScalarValue};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::binary::type_union_coercion;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Union, cast, lit};
use percent_encoding::percent_decode_str;

use crate::error::{Error, Kind};

/// The columns that the folders of a file are, and their values.
pub(super) type Partition = Vec<(String, String)>;

/// Sorts files by what their folders say, in the order in which they come.
///
/// # Errors
/// [`Kind::Sql`] when the folders of two files are not the same columns.
pub(super) fn grouped(files: &[PathBuf]) -> Result<Vec<(Partition, Vec<String>)>> {
    let mut groups: Vec<(Partition, Vec<String>)> = Vec::new();
    for file in files {
        let partition = partition(file);
        let path = file.display().to_string();
        if let Some((first, of_first)) = groups.first()
            && !first.iter().map(|(name, _)| name).eq(partition.iter().map(|(name, _)| name))
        {
            let (one, other) = (of_first.first().map_or("", String::as_str), &path);
            let what = format!("the folders of {one} and {other} are not the same columns");
            return Err(Error::new(Kind::Sql, what).with_hint("read them with two patterns").into());
        }
        match groups.iter_mut().find(|(known, _)| *known == partition) {
            Some((_, files)) => files.push(path),
            None => groups.push((partition, vec![path])),
        }
    }
    Ok(groups)
}

fn partition(file: &Path) -> Partition {
    let folders = file.parent().into_iter().flat_map(Path::components);
    let pair = |folder: Component<'_>| {
        let (name, value) = folder.as_os_str().to_str()?.split_once('=')?;
        (!name.is_empty())
            .then(|| (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
    };
    folders.filter_map(pair).collect()
}

/// The rows of tables with what the folders of each say, in columns behind the others.
///
/// # Errors
/// [`Kind::Sql`] when two tables have other columns.
pub(super) fn union(mut tables: Vec<(Partition, Arc<dyn TableProvider>)>) -> Result<Arc<dyn TableProvider>> {
    // Files in folders that say nothing are one group.
    if tables.len() == 1 && tables[0].0.is_empty() {
        return Ok(tables.remove(0).1);
    }
    let mut columns: Vec<(String, DataType)> = Vec::new();
    for (place, (partition, table)) in tables.iter().enumerate() {
        let schema = table.schema();
        let stored =
            schema.fields().iter().filter(|field| !partition.iter().any(|(name, _)| name == field.name()));
        let stored: Vec<&FieldRef> = stored.collect();
        if place == 0 {
            columns.extend(stored.iter().map(|field| (field.name().clone(), field.data_type().clone())));
        }
        if columns.len() != stored.len() {
            return Err(others(partition));
        }
        for (name, kind) in &mut columns {
            let same = stored.iter().find(|field| field.name() == name);
            let common = same.and_then(|field| common(kind, field.data_type()));
            *kind = common.ok_or_else(|| others(partition))?;
        }
    }
    let rows = |(partition, table): (Partition, Arc<dyn TableProvider>)| {
        let stored = columns.iter().map(|(name, kind)| {
            let column = Expr::Column(Column::from_name(name));
            cast(column, kind.clone()).alias(name)
        });
        let said = partition.iter().map(|(name, value)| lit(as_column(value)).alias(name));
        let columns: Vec<Expr> = stored.chain(said).collect();
        LogicalPlanBuilder::scan("file", provider_as_source(table), None)?.project(columns)?.build()
    };
    let mut plans = tables.into_iter().map(rows).collect::<Result<Vec<_>>>()?;
    let plan = match plans.len() {
        1 => plans.remove(0),
        _ => LogicalPlan::Union(Union::try_new(plans.into_iter().map(Arc::new).collect())?),
    };
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// The type of a column that files have as one type and as another: text, where a file of CSV has a word among numbers.
fn common(one: &DataType, other: &DataType) -> Option<DataType> {
    let text = (one.is_string() || other.is_string()).then_some(DataType::Utf8);
    type_union_coercion(one, other).or(text)
}

fn others(partition: &Partition) -> DataFusionError {
    let folders: Vec<String> = partition.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let what = format!("the files of {} have other columns than those before", folders.join("/"));
    Error::new(Kind::Sql, what).with_hint("read them by themselves").into()
}

/// A value of the type that DataFusion gives to the folders of a table.
fn as_column(value: &str) -> ScalarValue {
    ScalarValue::Dictionary(Box::new(DataType::UInt16), Box::new(ScalarValue::Utf8(Some(value.to_owned()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_grouped_by_what_their_folders_say() {
        let files = ["h/region=a%2Fb/x.csv", "h/region=c/x.csv", "h/region=c/y.csv"].map(PathBuf::from);
        let groups = grouped(&files).unwrap();
        let said: Vec<(&str, usize)> =
            groups.iter().map(|(partition, files)| (partition[0].1.as_str(), files.len())).collect();
        assert_eq!(said, [("a/b", 1), ("c", 2)]);
        let mixed = ["h/region=a/x.csv", "h/x.csv"].map(PathBuf::from);
        let error = grouped(&mixed).unwrap_err().to_string();
        assert!(error.contains("are not the same columns"), "{error}");
    }
}
