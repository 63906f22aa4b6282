//! NULL without a type: in the first branch of a UNION it makes the column's type Null, of which there is no sum
//! (apache/datafusion#14132).

use std::ops::ControlFlow;

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Query, SelectItem, SetExpr, Statement as Sql, TableFactor, Value, ValueWithSpan, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::scopes::{Columns, PartColumn, Rewriting, planned};
use super::syntax;
use super::{Answer, Difference, Example};
use crate::error::{Error, Kind, Result};

/// What stock makes of NULL.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "NULL without a type",
    stock: "in the first branch of a UNION makes the column one of type Null",
    ours: "takes the type of another branch, and text for what is made a table or a view",
    upstream: &["apache/datafusion#14132"],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT sum(x) FROM (SELECT NULL AS x UNION ALL SELECT 1)",
            stock: Answer::Error("SUM not supported for Null"),
            right: Answer::Rows(&["1"]),
        },
        Example {
            tables: &[],
            sql: "CREATE TABLE t AS SELECT NULL AS x; INSERT INTO t VALUES ('a'); SELECT x FROM t ORDER BY x",
            stock: Answer::Error("no valid cast exists"),
            right: Answer::Rows(&["a", "NULL"]),
        },
    ],
};

/// Gives the columns of the first branch of a set operation the type of another branch, if they have none.
pub(crate) struct TypedBranches;

/// Whether a statement may have a NULL without a type in a set operation, or in what it makes.
pub(crate) fn may_have_untyped(ast: &mut Ast) -> bool {
    struct Nulls;
    impl VisitorMut for Nulls {
        type Break = ();

        fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
            if value.value == Value::Null { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    syntax::visit(ast, &mut Nulls).is_break()
}

impl Rewriting for TypedBranches {
    fn parts(&self, query: &Query) -> Vec<SetExpr> {
        match query.body.as_ref() {
            SetExpr::SetOperation { .. } => branches(&query.body).into_iter().cloned().collect(),
            _ => vec![],
        }
    }

    fn rewrite(&self, query: &mut Query, columns: Vec<Columns>) -> Result<()> {
        let Some((Some(first), others)) = columns.split_first() else { return Ok(()) };
        let typed = |index: usize| {
            let types = others.iter().flatten().filter_map(|columns| columns.get(index));
            types.map(|field| field.data_type().clone()).find(|data_type| *data_type != DataType::Null)
        };
        let types: Vec<Option<DataType>> = first
            .iter()
            .enumerate()
            .map(|(index, column)| if column.is_untyped() { typed(index) } else { None })
            .collect();
        if types.iter().all(Option::is_none) {
            return Ok(());
        }
        let names: Vec<&str> = first.iter().map(PartColumn::name).collect();
        let branch = first_branch(&mut query.body);
        let cast = cast(branch.clone(), &names, &types)?;
        *branch = cast;
        Ok(())
    }
}

/// Gives the columns of what a statement makes a table or a view of the type of text, if they have none.
///
/// # Errors
/// [`Kind::Internal`] when the cast cannot be written.
pub(crate) async fn type_what_is_made(ast: &mut Ast, state: &SessionState) -> Result<()> {
    let Ast::Statement(sql) = ast else { return Ok(()) };
    let query = match sql.as_mut() {
        Sql::CreateTable(table) if table.columns.is_empty() => table.query.as_deref_mut(),
        Sql::CreateView(view) => Some(view.query.as_mut()),
        _ => None,
    };
    let Some(query) = query else { return Ok(()) };
    let Some(columns) = planned(query.clone(), state).await else { return Ok(()) };
    let types: Vec<_> = columns.iter().map(|column| column.is_untyped().then_some(DataType::Utf8)).collect();
    if types.iter().all(Option::is_none) {
        return Ok(());
    }
    let names: Vec<&str> = columns.iter().map(PartColumn::name).collect();
    let body = SetExpr::Query(Box::new(query.clone()));
    *query.body = cast(body, &names, &types)?;
    (query.with, query.order_by, query.limit_clause, query.fetch) = (None, None, None, None);
    Ok(())
}

fn branches(body: &SetExpr) -> Vec<&SetExpr> {
    match body {
        SetExpr::SetOperation { left, right, .. } => [branches(left), branches(right)].concat(),
        branch => vec![branch],
    }
}

fn first_branch(body: &mut SetExpr) -> &mut SetExpr {
    match body {
        SetExpr::SetOperation { left, .. } => first_branch(left),
        branch => branch,
    }
}

/// `SELECT a, arrow_cast(b, 'Utf8') AS b FROM (…)`
fn cast(body: SetExpr, names: &[&str], types: &[Option<DataType>]) -> Result<SetExpr> {
    let wrong = || Error::new(Kind::Internal, "a cast of NULL cannot be written");
    let parsed = Parser::new(&GenericDialect {}).try_with_sql("SELECT 1 FROM (SELECT 1) AS __untyped");
    let mut query = parsed.and_then(|mut parser| parser.parse_query()).map_err(|_| wrong())?;
    let SetExpr::Select(select) = query.body.as_mut() else { return Err(wrong()) };
    let item = |(name, data_type): (&&str, &Option<DataType>)| {
        let name = Ident::with_quote('"', *name);
        match data_type {
            None => Ok(SelectItem::UnnamedExpr(Expr::Identifier(name))),
            Some(data_type) => {
                let text = data_type.to_string().replace('\'', "''");
                let parser =
                    Parser::new(&GenericDialect {}).try_with_sql(&format!("arrow_cast(NULL, '{text}')"));
                let expr = parser.and_then(|mut parser| parser.parse_expr()).map_err(|_| wrong())?;
                Ok(SelectItem::ExprWithAlias { expr, alias: name })
            }
        }
    };
    select.projection = names.iter().zip(types).map(item).collect::<Result<_>>()?;
    let relation = &mut select.from.first_mut().ok_or_else(wrong)?.relation;
    if let TableFactor::Derived { subquery, .. } = relation {
        *subquery.body = body;
    }
    Ok(*query.body)
}
