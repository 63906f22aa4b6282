//! What is written another way before DataFusion plans it, for it to be planned right.

use std::ops::ControlFlow;

use datafusion::common::Result;
use datafusion::execution::SessionState;
use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::sqlparser::ast::{
    Expr, ObjectNamePart, Query, Select, SetExpr, ShowStatementFilter, ShowStatementFilterPosition,
    ShowStatementOptions, Statement as Sql, TableFactor, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::policy::normal;
use super::{Answer, Difference, Example, elsewhere, mixed, rows};
use crate::error::{Error, Kind};

/// What stock makes of FROM.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "FROM without SELECT",
    stock: "selects no column",
    ours: "reads it as `SELECT *`",
    upstream: &[],
    examples: &[Example {
        tables: &[],
        sql: "FROM (VALUES (1)) t(x)",
        stock: Answer::Rows(&[""]),
        right: Answer::Rows(&["1"]),
    }],
};

/// Applies a visitor to all SQL of a statement.
pub(crate) fn visit<V: VisitorMut>(ast: &mut Ast, visitor: &mut V) -> ControlFlow<V::Break> {
    match ast {
        Ast::Statement(sql) => sql.visit(visitor),
        Ast::Explain(explain) => visit(&mut explain.statement, visitor),
        Ast::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => query.visit(visitor),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Ast::CreateExternalTable(_) | Ast::Reset(_) => ControlFlow::Continue(()),
    }
}

/// The statement as it is to be planned.
pub(crate) fn rewritten(mut ast: Ast) -> Ast {
    if let Ast::Statement(sql) = &mut ast
        && let Some(query) = show_tables(sql)
    {
        **sql = query;
    }
    let _ = visit(&mut ast, &mut Rewrite);
    ast
}

/// The schema that SHOW TABLES names.
fn shown_schema(sql: &Sql) -> Option<String> {
    let Sql::ShowTables { show_options, .. } = sql else { return None };
    let parent = show_options.show_in.as_ref()?.parent_name.as_ref()?;
    parent.0.last().and_then(ObjectNamePart::as_ident).map(normal)
}

/// Refuses SHOW TABLES of a schema that there is not.
///
/// # Errors
/// [`Kind::Sql`], with the schemas that there are.
pub(crate) fn check_schema(ast: &Ast, state: &SessionState) -> Result<()> {
    let Ast::Statement(sql) = ast else { return Ok(()) };
    let Some(wanted) = shown_schema(sql) else { return Ok(()) };
    let catalog = state.catalog_list().catalog(&state.config_options().catalog.default_catalog);
    let mut known = catalog.map(|catalog| catalog.schema_names()).unwrap_or_default();
    known.push("information_schema".to_owned());
    known.sort_unstable();
    known.dedup();
    if known.contains(&wanted) {
        return Ok(());
    }
    let error = Error::new(Kind::Sql, format!("there is no schema {wanted}"));
    Err(error.with_hint(format!("there are {}", known.join(", "))).with_sql_state("3F000").into())
}

/// SHOW TABLES as a query that has an order; DataFusion lists them as they lie in its hash tables, and all of them.
fn show_tables(sql: &Sql) -> Option<Sql> {
    let Sql::ShowTables { show_options: ShowStatementOptions { filter_position, .. }, .. } = sql else {
        return None;
    };
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut conditions = vec!["true".to_owned()];
    if let Some(schema) = shown_schema(sql) {
        conditions.push(format!("table_schema = {}", quoted(&schema)));
    }
    match filter_position {
        None => {}
        Some(ShowStatementFilterPosition::Infix(filter) | ShowStatementFilterPosition::Suffix(filter)) => {
            conditions.push(match filter {
                ShowStatementFilter::Like(pattern) => format!("table_name LIKE {}", quoted(pattern)),
                ShowStatementFilter::ILike(pattern) => format!("table_name ILIKE {}", quoted(pattern)),
                ShowStatementFilter::Where(condition) => format!("({condition})"),
                ShowStatementFilter::NoKeyword(name) => format!("table_name = {}", quoted(name)),
            });
        }
    }
    let query = format!(
        "SELECT * FROM information_schema.tables WHERE {} ORDER BY table_schema, table_name",
        conditions.join(" AND ")
    );
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(&query).ok()?;
    parser.parse_query().ok().map(Sql::Query)
}

struct Rewrite;

impl VisitorMut for Rewrite {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Values(values) = query.body.as_mut() {
            mixed::in_values(values);
        }
        elsewhere::spell_out_windows(query);
        elsewhere::limit(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        select.from.iter_mut().for_each(elsewhere::name_joins);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            elsewhere::name_joins(table_with_joins);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(rewritten) = rows::rewritten(expr).or_else(|| elsewhere::rewritten(expr)) {
            *expr = rewritten;
        }
        mixed::in_arguments(expr);
        ControlFlow::Continue(())
    }
}
