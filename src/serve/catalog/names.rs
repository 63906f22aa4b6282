//! What Postgres calls the columns of a result: `count` of `count(*)`, and two columns may be called the same.
//!
//! Tools look for columns by these names. DataFusion calls a column what it is made of and takes no name twice, so that a
//! column gets a name of its own as long as it is planned, and its real one behind that.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, Function, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Statement,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Span;
use futures::StreamExt;

/// What follows a name that another column has too, with the number of the column.
const MARK: char = '\u{1}';

/// What datafusion-pg-catalog puts before the name of a column that a wildcard has too.
const TWICE: &str = "__alias_";

/// Names the columns of a statement as those of the text that it comes from: the crate writes it otherwise.
pub(super) fn name(statement: &mut Statement, text: &str) {
    let original = Parser::parse_sql(&PostgreSqlDialect {}, text).ok().and_then(|mut found| found.pop());
    let Some(names) = original.as_ref().and_then(query).and_then(select).map(names) else { return };
    let Statement::Query(query) = statement else { return };
    let Some(select) = select_mut(query.body.as_mut()) else { return };
    if select.projection.len() != names.len() {
        return;
    }
    let mut known = BTreeSet::new();
    for (number, (item, name)) in select.projection.iter_mut().zip(names).enumerate() {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let Some(name) = name else { continue };
        let alias = if known.insert(name.clone()) { name } else { format!("{name}{MARK}{number}") };
        *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', alias) };
    }
}

fn query(statement: &Statement) -> Option<&Query> {
    match statement {
        Statement::Query(query) => Some(query),
        _ => None,
    }
}

fn select(query: &Query) -> Option<&Select> {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::Select(select) => return Some(select),
            SetExpr::Query(query) => body = query.body.as_ref(),
            SetExpr::SetOperation { left, .. } => body = left,
            _ => return None,
        }
    }
}

fn select_mut(body: &mut SetExpr) -> Option<&mut Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => select_mut(query.body.as_mut()),
        SetExpr::SetOperation { left, .. } => select_mut(left),
        _ => None,
    }
}

/// The names of columns whose expressions are none themselves.
fn names(select: &Select) -> Vec<Option<String>> {
    let name = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(Expr::Identifier(name)) if !is_register(name) => None,
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(_)) => None,
        SelectItem::UnnamedExpr(expr) => Some(of(expr).unwrap_or_else(|| "?column?".to_owned())),
        _ => None,
    };
    select.projection.iter().map(name).collect()
}

/// What reads like a column and is a function.
fn is_register(name: &Ident) -> bool {
    const REGISTERS: &[&str] = &["user", "current_role", "current_schema"];
    name.quote_style.is_none() && REGISTERS.contains(&name.value.to_ascii_lowercase().as_str())
}

/// The name of an expression.
fn of(expr: &Expr) -> Option<String> {
    let plain = |name: &Ident| match name.quote_style {
        None => name.value.to_ascii_lowercase(),
        Some(_) => name.value.clone(),
    };
    let last = |name: &ObjectName| name.0.last().and_then(|part| part.as_ident()).map(plain);
    let word = |word: &str| Some(word.to_owned());
    match expr {
        Expr::Identifier(name) => Some(plain(name)),
        Expr::CompoundIdentifier(parts) => parts.last().map(plain),
        Expr::Function(Function { name, .. }) => last(name),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => of(inner),
        Expr::Cast { expr, data_type, .. } => of(expr).or_else(|| {
            let name = data_type.to_string().to_ascii_lowercase();
            let name = name.rsplit('.').next()?.split(['(', '[', ' ']).next()?.to_owned();
            Some(match name.as_str() {
                "int" | "integer" => "int4".to_owned(),
                "bigint" => "int8".to_owned(),
                "boolean" => "bool".to_owned(),
                "double" => "float8".to_owned(),
                _ => name,
            })
        }),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field = access_chain.iter().rev().find_map(|access| match access {
                AccessExpr::Dot(field) => of(field),
                AccessExpr::Subscript(_) => None,
            });
            field.or_else(|| of(root))
        }
        Expr::Subquery(query) => match select(query)?.projection.first()? {
            SelectItem::UnnamedExpr(expr) => of(expr),
            SelectItem::ExprWithAlias { alias, .. } => Some(plain(alias)),
            _ => None,
        },
        Expr::Case { else_result, .. } => else_result
            .as_deref()
            .filter(|expr| !matches!(expr, Expr::Value(_)))
            .and_then(of)
            .or_else(|| word("case")),
        Expr::Exists { .. } => word("exists"),
        Expr::Array(_) => word("array"),
        Expr::Extract { .. } => word("extract"),
        Expr::Substring { .. } => word("substring"),
        Expr::Trim { .. } => word("btrim"),
        Expr::Position { .. } => word("position"),
        _ => None,
    }
}

/// A schema with the names that the client is told.
pub(super) fn shown(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        let name = field.name().strip_prefix(TWICE).unwrap_or_else(|| field.name());
        let name = name.split(MARK).next().unwrap_or_default();
        Arc::new(field.as_ref().clone().with_name(name))
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// The columns of an answer of the fleet, those without an alias that are made by a function or a cast called as Postgres calls
/// them: programs read `count`. Where two would be called the same, they are called what was typed, as in the shell.
pub(in crate::serve) fn called(statement: &Ast, schema: &Schema) -> SchemaRef {
    let unchanged = || Arc::new(schema.clone());
    let Ast::Statement(statement) = statement else { return unchanged() };
    let Some(select) = query(statement).and_then(select) else { return unchanged() };
    if select.projection.len() != schema.fields().len() {
        return unchanged();
    }
    let name = |(item, field): (&SelectItem, &Arc<Field>)| {
        let expr = match item {
            // What was typed is an alias that the script has put there: one that stands nowhere in the text.
            SelectItem::ExprWithAlias { expr, alias } if alias.span == Span::empty() => expr,
            SelectItem::UnnamedExpr(expr) => expr,
            _ => return field.name().clone(),
        };
        let is_made = matches!(
            expr,
            Expr::Function(_)
                | Expr::Cast { .. }
                | Expr::Case { .. }
                | Expr::Exists { .. }
                | Expr::Extract { .. }
        );
        of(expr).filter(|_| is_made).unwrap_or_else(|| field.name().clone())
    };
    let names: Vec<String> = select.projection.iter().zip(schema.fields()).map(name).collect();
    let field =
        |(name, field): (&String, &Arc<Field>)| match names.iter().filter(|other| *other == name).count() {
            1 => Arc::new(field.as_ref().clone().with_name(name)),
            _ => Arc::clone(field),
        };
    Arc::new(Schema::new(names.iter().zip(schema.fields()).map(field).collect::<Vec<_>>()))
}

/// Rows with the names that the client is told.
pub(super) fn renamed(rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = shown(&rows.schema());
    with_schema(rows, schema)
}

/// Rows whose columns are called as those of a schema.
pub(in crate::serve) fn with_schema(
    rows: SendableRecordBatchStream,
    schema: SchemaRef,
) -> SendableRecordBatchStream {
    let of_rows = Arc::clone(&schema);
    let rows = rows.map(move |batch| {
        let batch: RecordBatch = batch?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let columns = batch.columns().to_vec();
        Ok(RecordBatch::try_new_with_options(Arc::clone(&of_rows), columns, &options)?)
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;
    use datafusion_lightsail::script::parse;

    use super::*;

    #[test]
    fn columns_of_the_fleet_are_called_so_where_that_tells_them_apart() {
        for (sql, expected) in [
            ("SELECT count(*), max(a) FROM t", &["count", "max"][..]),
            ("SELECT count(a), count(b), a FROM t", &["count(a)", "count(b)", "a"]),
            ("SELECT a::int, b['c'], a + 1 FROM t", &["a", "b['c']", "a + 1"]),
            ("SELECT max(a), max FROM t", &["max(a)", "max"]),
            ("SELECT max(a) AS \"max(a)\" FROM t", &["max(a)"]),
        ] {
            let statement = parse("s", sql).unwrap().pop().unwrap().ast;
            let Ast::Statement(parsed) = &statement else { panic!("{sql}") };
            let items = &select(query(parsed).unwrap()).unwrap().projection;
            let typed = items.iter().map(|item| match item {
                SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
                other => other.to_string(),
            });
            let fields = typed.map(|name| Field::new(name, DataType::Int64, true));
            let called = called(&statement, &Schema::new(fields.collect::<Vec<_>>()));
            let names: Vec<_> = called.fields().iter().map(|field| field.name().as_str()).collect();
            assert_eq!(names, expected, "{sql}");
        }
    }

    #[test]
    fn columns_are_called_what_postgres_calls_them() {
        // As PostgreSQL 18 says.
        let sql = "SELECT count(*), pg_catalog.format_type(1, 2), a.oid::text, 'a'::regclass, 1, 'x'::varchar, a[1], (SELECT max(b) FROM c), CASE WHEN true THEN 1 END, user, current_user, name, 1::int, (a.b)::oid, \"Up\"(1)";
        let statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
        let names = names(select(query(&statements[0]).unwrap()).unwrap());
        let names: Vec<_> = names.iter().map(|name| name.as_deref().unwrap_or("-")).collect();
        let expected = [
            "count",
            "format_type",
            "oid",
            "regclass",
            "?column?",
            "varchar",
            "a",
            "max",
            "case",
            "user",
            "current_user",
            "-",
            "int4",
            "b",
            "Up",
        ];
        assert_eq!(names, expected);
    }
}
