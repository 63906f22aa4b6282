//! `information_schema`, with the names that Postgres has for types.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{MemTable, MemorySchemaProvider, SchemaProvider};
use datafusion::common::{DataFusionError, Result};
use pgwire::api::Type;

use super::super::DATABASE;
use super::super::settings::defaults;
use super::super::wire::pg_type;
use super::unreadable::Tables;

/// A table as it is filled: the names of its columns, and its rows; a number is one of `NUMBERS`.
struct Filled {
    columns: &'static [&'static str],
    rows: Vec<Vec<Option<String>>>,
}

/// The columns that are numbers.
const NUMBERS: &[&str] = &[
    "ordinal_position",
    "character_maximum_length",
    "numeric_precision",
    "numeric_precision_radix",
    "numeric_scale",
    "datetime_precision",
    "position_in_unique_constraint",
];

const COLUMNS: &[&str] = &[
    "table_catalog",
    "table_schema",
    "table_name",
    "column_name",
    "ordinal_position",
    "column_default",
    "is_nullable",
    "data_type",
    "character_maximum_length",
    "numeric_precision",
    "numeric_precision_radix",
    "numeric_scale",
    "datetime_precision",
    "udt_catalog",
    "udt_schema",
    "udt_name",
    "is_identity",
    "identity_generation",
    "is_generated",
    "generation_expression",
    "is_updatable",
];

/// What tools ask for that there is nothing of here.
const EMPTY: &[(&str, &[&str])] = &[
    ("check_constraints", &["constraint_catalog", "constraint_schema", "constraint_name", "check_clause"]),
    (
        "constraint_column_usage",
        &[
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
        ],
    ),
    (
        "key_column_usage",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "position_in_unique_constraint",
        ],
    ),
    (
        "parameters",
        &[
            "specific_catalog",
            "specific_schema",
            "specific_name",
            "ordinal_position",
            "parameter_mode",
            "parameter_name",
            "data_type",
        ],
    ),
    (
        "referential_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "unique_constraint_catalog",
            "unique_constraint_schema",
            "unique_constraint_name",
            "match_option",
            "update_rule",
            "delete_rule",
        ],
    ),
    (
        "routines",
        &[
            "specific_catalog",
            "specific_schema",
            "specific_name",
            "routine_catalog",
            "routine_schema",
            "routine_name",
            "routine_type",
            "data_type",
        ],
    ),
    ("sequences", &["sequence_catalog", "sequence_schema", "sequence_name", "data_type"]),
    (
        "table_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "constraint_type",
            "is_deferrable",
            "initially_deferred",
        ],
    ),
    (
        "triggers",
        &[
            "trigger_catalog",
            "trigger_schema",
            "trigger_name",
            "event_manipulation",
            "event_object_catalog",
            "event_object_schema",
            "event_object_table",
            "action_statement",
        ],
    ),
];

/// The schema with its tables.
pub(super) fn schema(tables: &Tables) -> Result<MemorySchemaProvider> {
    let some = |text: &str| Some(text.to_owned());
    let (mut listed, mut columns, mut views) = (Vec::new(), Vec::new(), Vec::new());
    for (schema, tables) in tables {
        for (name, table) in tables {
            let kind = if table.is_view() { "VIEW" } else { "BASE TABLE" };
            listed.push(vec![some(DATABASE), some(schema), some(name), some(kind), some("NO"), some("NO")]);
            if table.is_view() {
                views.push(vec![
                    some(DATABASE),
                    some(schema),
                    some(name),
                    None,
                    some("NONE"),
                    some("NO"),
                    some("NO"),
                ]);
            }
            for (number, field) in (1..).zip(table.fleet_schema().fields()) {
                columns.push(column((schema, name), number, field)?);
            }
        }
    }
    let schemas = tables.keys().map(String::as_str).chain(["information_schema", "pg_catalog"]);
    let schemas =
        schemas.map(|schema| vec![some(DATABASE), some(schema), some("lightsail"), None, None, None, None]);
    let filled = [
        (
            "tables",
            Filled {
                columns: &[
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "table_type",
                    "is_insertable_into",
                    "is_typed",
                ],
                rows: listed,
            },
        ),
        ("columns", Filled { columns: COLUMNS, rows: columns }),
        (
            "views",
            Filled {
                columns: &[
                    "table_catalog",
                    "table_schema",
                    "table_name",
                    "view_definition",
                    "check_option",
                    "is_updatable",
                    "is_insertable_into",
                ],
                rows: views,
            },
        ),
        (
            "schemata",
            Filled {
                columns: &[
                    "catalog_name",
                    "schema_name",
                    "schema_owner",
                    "default_character_set_catalog",
                    "default_character_set_schema",
                    "default_character_set_name",
                    "sql_path",
                ],
                rows: schemas.collect(),
            },
        ),
        (
            "character_sets",
            Filled {
                columns: &["character_set_catalog", "character_set_schema", "character_set_name"],
                rows: vec![vec![None, None, some("UTF8")]],
            },
        ),
        (
            "information_schema_catalog_name",
            Filled { columns: &["catalog_name"], rows: vec![vec![some(DATABASE)]] },
        ),
    ];
    let provider = MemorySchemaProvider::new();
    let empty = EMPTY.iter().map(|(name, columns)| (*name, Filled { columns, rows: vec![] }));
    for (name, filled) in filled.into_iter().chain(empty) {
        provider.register_table(name.to_owned(), Arc::new(filled.table()?))?;
    }
    Ok(provider)
}

/// `pg_settings`, with what settings are where nobody sets them.
pub(super) fn settings() -> Result<MemTable> {
    const COLUMNS: &[&str] = &[
        "name",
        "setting",
        "unit",
        "category",
        "short_desc",
        "extra_desc",
        "context",
        "vartype",
        "source",
        "min_val",
        "max_val",
        "enumvals",
        "boot_val",
        "reset_val",
        "sourcefile",
        "sourceline",
        "pending_restart",
    ];
    let row = |(name, default): (&str, &str)| {
        let value = |column: &&str| match *column {
            "name" => Some(name.to_owned()),
            "setting" | "boot_val" | "reset_val" => Some(default.to_owned()),
            "category" => Some("lightsail-sql".to_owned()),
            "context" => Some("user".to_owned()),
            "vartype" => Some("string".to_owned()),
            "source" => Some("default".to_owned()),
            "pending_restart" => Some("f".to_owned()),
            _ => None,
        };
        COLUMNS.iter().map(value).collect()
    };
    Filled { columns: COLUMNS, rows: defaults().map(row).collect() }.table()
}

fn column((schema, table): (&str, &str), number: usize, field: &Field) -> Result<Vec<Option<String>>> {
    let of = pg_type(field).map_err(|error| DataFusionError::External(Box::new(error)))?;
    let some = |text: &str| Some(text.to_owned());
    let precision = match of {
        Type::INT2 => some("16"),
        Type::INT4 => some("32"),
        Type::INT8 => some("64"),
        Type::FLOAT4 => some("24"),
        Type::FLOAT8 => some("53"),
        _ => None,
    };
    let radix = precision.is_some().then(|| "2".to_owned());
    let scale = matches!(of, Type::INT2 | Type::INT4 | Type::INT8).then(|| "0".to_owned());
    let of_time = matches!(of, Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME).then(|| "6".to_owned());
    Ok(vec![
        some(DATABASE),
        some(schema),
        some(table),
        some(field.name()),
        Some(number.to_string()),
        None,
        some(if field.is_nullable() { "YES" } else { "NO" }),
        some(name(&of)),
        None,
        precision,
        radix,
        scale,
        of_time,
        some(DATABASE),
        some("pg_catalog"),
        some(of.name()),
        some("NO"),
        None,
        some("NEVER"),
        None,
        some("NO"),
    ])
}

/// What `data_type` calls a type.
pub(super) fn name(of: &Type) -> &str {
    match *of {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        Type::TIMESTAMP => "timestamp without time zone",
        _ if of.name().starts_with('_') => "ARRAY",
        _ => of.name(),
    }
}

impl Filled {
    fn table(&self) -> Result<MemTable> {
        let is_number = |name: &&str| NUMBERS.contains(name);
        let field = |name: &&str| {
            Field::new(*name, if is_number(name) { DataType::Int32 } else { DataType::Utf8 }, true)
        };
        let schema = Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()));
        let column = |(at, name): (usize, &&'static str)| -> ArrayRef {
            let cells = self.rows.iter().map(|row| row.get(at).and_then(Option::as_deref));
            match is_number(name) {
                true => Arc::new(cells.map(|cell| cell?.parse().ok()).collect::<Int32Array>()),
                false => Arc::new(cells.collect::<StringArray>()),
            }
        };
        let columns = self.columns.iter().enumerate().map(column).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        MemTable::try_new(schema, vec![vec![batch]])
    }
}
