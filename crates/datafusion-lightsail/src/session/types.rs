//! The names of types, as SQL has them, in what DESCRIBE and SHOW COLUMNS answer.

use std::sync::Arc;

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, LogicalPlanBuilder, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, col, lit,
};
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::Statement as Sql;

/// A type as it is written in CAST; lists, maps and structures as DuckDB writes theirs.
pub(crate) fn sql_name(kind: &DataType) -> String {
    let of = |field: &Arc<Field>| sql_name(field.data_type());
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INTEGER".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::UInt8 => "TINYINT UNSIGNED".to_owned(),
        DataType::UInt16 => "SMALLINT UNSIGNED".to_owned(),
        DataType::UInt32 => "INTEGER UNSIGNED".to_owned(),
        DataType::UInt64 => "BIGINT UNSIGNED".to_owned(),
        DataType::Float16 | DataType::Float32 => "REAL".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        DataType::Date32 | DataType::Date64 => "DATE".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "TIME".to_owned(),
        DataType::Timestamp(_, None) => "TIMESTAMP".to_owned(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE".to_owned(),
        DataType::Interval(_) | DataType::Duration(_) => "INTERVAL".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "BYTEA".to_owned()
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("{}[]", of(item))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                format!("MAP({})", fields.iter().map(of).collect::<Vec<_>>().join(", "))
            }
            _ => "MAP".to_owned(),
        },
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| format!("{} {}", field.name(), of(field)));
            format!("STRUCT({})", fields.collect::<Vec<_>>().join(", "))
        }
        DataType::Dictionary(_, value) => sql_name(value),
        other => other.to_string(),
    }
}

/// The plan of a statement that lists columns, so that it names their types as SQL does; any other as it is.
pub(super) fn named(plan: LogicalPlan, ast: &Ast) -> Result<LogicalPlan> {
    if let LogicalPlan::DescribeTable(described) = &plan {
        return describe(&described.schema);
    }
    let is_listing = matches!(ast, Ast::Statement(sql) if matches!(**sql, Sql::ShowColumns { .. }));
    match is_listing {
        true => named_in(plan),
        false => Ok(plan),
    }
}

/// A row for each column of a table: its name, its type, and whether it may be NULL.
fn describe(schema: &SchemaRef) -> Result<LogicalPlan> {
    const COLUMNS: [&str; 3] = ["column_name", "data_type", "is_nullable"];
    if schema.fields().is_empty() {
        let none = COLUMNS.map(|name| lit("").alias(name));
        return LogicalPlanBuilder::empty(true).project(none)?.limit(0, Some(0))?.build();
    }
    let row = |field: &Arc<Field>| {
        vec![
            lit(field.name().as_str()),
            lit(sql_name(field.data_type())),
            lit(if field.is_nullable() { "YES" } else { "NO" }),
        ]
    };
    let rows = LogicalPlanBuilder::values(schema.fields().iter().map(row).collect())?;
    let named =
        COLUMNS.iter().enumerate().map(|(number, name)| col(format!("column{}", number + 1)).alias(*name));
    rows.project(named.collect::<Vec<_>>())?.build()
}

/// The same rows, with the column `data_type` in the names of SQL.
fn named_in(plan: LogicalPlan) -> Result<LogicalPlan> {
    let name = ScalarUDF::new_from_impl(SqlName::default());
    let columns: Vec<Expr> = plan
        .schema()
        .columns()
        .into_iter()
        .map(|column| match column.name.as_str() {
            "data_type" => name.call(vec![Expr::Column(column)]).alias("data_type"),
            _ => Expr::Column(column),
        })
        .collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// The name in SQL of a type that Arrow has written.
#[derive(Debug, PartialEq, Eq, Hash)]
struct SqlName {
    signature: Signature,
}

impl Default for SqlName {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for SqlName {
    fn name(&self) -> &str {
        "sql_name"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let written = arrays.first().and_then(|array| array.as_string_opt::<i32>());
        let name = |kind: &str| kind.parse().map_or_else(|_| kind.to_owned(), |kind| sql_name(&kind));
        let names: StringArray = written.into_iter().flatten().map(|kind| kind.map(name)).collect();
        Ok(ColumnarValue::Array(Arc::new(names)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrow_writes_is_named_as_sql_does() {
        for (theirs, ours) in [
            ("Utf8", "VARCHAR"),
            ("Timestamp(ms, \"UTC\")", "TIMESTAMP WITH TIME ZONE"),
            ("List(Utf8)", "VARCHAR[]"),
            ("Int64", "BIGINT"),
        ] {
            let kind: DataType = theirs.parse().unwrap();
            assert_eq!(sql_name(&kind), ours);
        }
    }
}
