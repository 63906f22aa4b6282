//! Tables of the system catalog that are others here than datafusion-pg-catalog has them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Int16Type, Int32Type, Schema};
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::prelude::{SessionContext, ident};

use super::functions::Oids;
use super::{Comments, unreadable};
use crate::serve::wire::pg_type;

/// `pg_description`.
pub(super) fn descriptions(comments: &Comments, oids: &Oids) -> Result<Arc<dyn TableProvider>> {
    // All of them are about rows of it.
    let pg_class = oids.get(&("pg_catalog".to_owned(), "pg_class".to_owned())).copied().unwrap_or_default();
    let mut rows: Vec<_> = comments.iter().collect();
    rows.sort_unstable();
    let schema = Arc::new(Schema::new(vec![
        Field::new("objoid", DataType::Int32, false),
        Field::new("classoid", DataType::Int32, false),
        Field::new("objsubid", DataType::Int32, false),
        Field::new("description", DataType::Utf8, false),
    ]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(rows.iter().map(|((oid, _), _)| Some(*oid)).collect::<Int32Array>()),
            Arc::new(Int32Array::from(vec![pg_class; rows.len()])),
            Arc::new(rows.iter().map(|((_, number), _)| Some(*number)).collect::<Int32Array>()),
            Arc::new(rows.iter().map(|(_, text)| Some(text.as_str())).collect::<StringArray>()),
        ],
    )?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

/// `pg_attribute` with the types that columns have on the wire: of maps and lists of structs the crate knows none.
pub(super) async fn attributes(
    context: &SessionContext,
    oids: &Oids,
    tables: &unreadable::Tables,
) -> Result<Arc<dyn TableProvider>> {
    let mut types = HashMap::new();
    for (schema, tables) in tables {
        for (name, table) in tables {
            let Some(oid) = oids.get(&(schema.clone(), name.clone())) else { continue };
            for (number, field) in (1_i16..).zip(table.fleet_schema().fields()) {
                let of = pg_type(field).map_err(|error| DataFusionError::External(Box::new(error)))?;
                types.insert((*oid, number), of.oid().cast_signed());
            }
        }
    }
    let batches = context.sql("SELECT * FROM pg_catalog.pg_attribute").await?.collect().await?;
    let Some(schema) = batches.first().map(RecordBatch::schema) else {
        return Err(DataFusionError::Internal("pg_attribute is empty".into()));
    };
    let batch = concat_batches(&schema, &batches)?;
    let at = |name: &str| schema.index_of(name);
    let (relations, numbers) = (batch.column(at("attrelid")?), batch.column(at("attnum")?));
    let (relations, numbers) = (relations.as_primitive::<Int32Type>(), numbers.as_primitive::<Int16Type>());
    let known = batch.column(at("atttypid")?).as_primitive::<Int32Type>();
    let patched = (0..batch.num_rows()).map(|row| {
        let key = (relations.value(row), numbers.value(row));
        Some(types.get(&key).copied().unwrap_or_else(|| known.value(row)))
    });
    let mut columns = batch.columns().to_vec();
    columns[at("atttypid")?] = Arc::new(patched.collect::<Int32Array>());
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

/// Tables that the crate has none of, or with other names of columns, as queries of those that it has.
const SELECTED: &[(&str, &str)] = &[
    (
        "pg_tables",
        "SELECT schemaname, tablename, tableowner, tablespace, hasindex AS hasindexes, hasrules, hastriggers, rowsecurity FROM pg_catalog.pg_tables",
    ),
    (
        "pg_user",
        "SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper, rolreplication AS userepl, rolbypassrls AS usebypassrls, '********' AS passwd, rolvaliduntil AS valuntil, rolconfig AS useconfig FROM pg_catalog.pg_roles",
    ),
];

/// The tables of [`SELECTED`].
///
/// # Errors
/// When the crate has no such columns.
pub(super) async fn selected(
    context: &SessionContext,
) -> Result<HashMap<&'static str, Arc<dyn TableProvider>>> {
    let mut tables = HashMap::new();
    for (name, sql) in SELECTED {
        let frame = context.sql(sql).await?;
        let schema = Arc::clone(frame.schema().inner());
        let table = MemTable::try_new(schema, vec![frame.collect().await?])?;
        tables.insert(*name, Arc::new(table) as Arc<dyn TableProvider>);
    }
    Ok(tables)
}

/// Lists of texts and of numbers, and a number, as SQL has them.
const TEXTS: &str = "make_array('')";
const NUMBERS: &str = "make_array(CAST(0 AS SMALLINT))";
const OIDS: &str = "make_array(CAST(0 AS INT))";
const NUMBER: &str = "CAST(0 AS INT)";

/// Columns that are NULL here where the crate has texts, or no such columns: there are neither rights nor keys nor options.
const NULLS: &[(&str, &[&str], &str)] = &[
    ("pg_aggregate", &["aggfnoid"], NUMBER),
    ("pg_amproc", &["amproc"], NUMBER),
    ("pg_class", &["relacl", "reloptions"], TEXTS),
    ("pg_collation", &["colliculocale"], "''"),
    ("pg_constraint", &["conkey", "confkey"], NUMBERS),
    ("pg_database", &["datacl"], TEXTS),
    ("pg_default_acl", &["defaclacl"], TEXTS),
    ("pg_extension", &["extconfig"], NUMBERS),
    ("pg_foreign_data_wrapper", &["fdwacl", "fdwoptions"], TEXTS),
    ("pg_foreign_server", &["srvacl", "srvoptions"], TEXTS),
    ("pg_index", &["indkey", "indoption", "indclass", "indcollation"], NUMBERS),
    ("pg_language", &["lanacl"], TEXTS),
    ("pg_namespace", &["nspacl"], TEXTS),
    // Texts there, which are no lists of types.
    ("pg_proc", &["proallargtypes", "proargtypes"], OIDS),
    ("pg_statistic_ext", &["stxkind"], TEXTS),
    ("pg_tablespace", &["spcacl", "spcoptions"], TEXTS),
    ("pg_type", &["typacl"], TEXTS),
];

/// The tables of [`NULLS`].
///
/// # Errors
/// When the crate has no such table.
pub(super) async fn with_nulls(
    context: &SessionContext,
) -> Result<HashMap<&'static str, Arc<dyn TableProvider>>> {
    let mut tables = HashMap::new();
    for (name, nulls, of) in NULLS {
        let table = context.table(format!("pg_catalog.{name}")).await?;
        let known = table.schema().fields().iter().map(|field| field.name().as_str());
        let null = |column: &str| {
            let null = context.parse_sql_expr(&format!("CASE WHEN false THEN {of} END"), table.schema())?;
            Ok(null.alias(column))
        };
        let added = nulls.iter().filter(|name| known.clone().all(|known| known != **name)).copied();
        let columns = known.clone().chain(added).map(|column| match nulls.contains(&column) {
            true => null(column),
            false => Ok(ident(column)),
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let table = table.select(columns)?;
        let schema = Arc::clone(table.schema().inner());
        let batches = table.collect().await?;
        tables.insert(*name, Arc::new(MemTable::try_new(schema, vec![batches])?) as Arc<dyn TableProvider>);
    }
    Ok(tables)
}
