//! What the parser takes and DataFusion's planner leaves out, or reads as something else: it is refused, for the answer would
//! be that to another question.

mod parts;

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::sqlparser::ast::{
    ColumnOption, DataType as SqlType, Expr, GroupByExpr, GroupByWithModifier, LimitClause, NamedWindowExpr,
    Query, Select, SelectItem, SetExpr, SetOperator, ShowCreateObject, ShowStatementFilterPosition,
    ShowStatementOptions, Statement as Sql, TableConstraint, TableFactor, UnaryOperator, Value, Visit,
    Visitor, WindowType,
};

use super::{Answer, Difference, Example};
use crate::error::{Error, Kind, Result};
use parts::{has_query, is_query, of_function, of_join, of_operator, of_window};

/// What stock leaves out.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "Clauses that are parsed and not planned",
    stock: "leaves them out, or reads them as something else",
    ours: "refuses them, with what to write instead",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT sum(c) FROM (SELECT count(*) OVER (w) AS c FROM (VALUES (1), (2)) t(a) WINDOW w AS (PARTITION BY a))",
            stock: Answer::Rows(&["4"]),
            right: Answer::Error("a window that builds on another is not read"),
        },
        Example {
            tables: &[],
            sql: "SELECT a, count(*) FROM (VALUES (1), (2)) t(a) GROUP BY a WITH ROLLUP ORDER BY a",
            stock: Answer::Rows(&["1|1", "2|1"]),
            right: Answer::Error("WITH ROLLUP behind GROUP BY is not read"),
        },
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (VALUES ('abc')) t(a) WHERE a SIMILAR TO 'b'",
            stock: Answer::Rows(&["1"]),
            right: Answer::Error("SIMILAR TO is not read"),
        },
        Example {
            tables: &[],
            sql: "CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (5), (5); SELECT DISTINCT a FROM t",
            stock: Answer::Rows(&["5", "5"]),
            right: Answer::Error("PRIMARY KEY is not read"),
        },
    ],
};

/// Finds such a clause.
///
/// # Errors
/// [`Kind::Sql`], with what to write instead.
pub(crate) fn check(ast: &Ast) -> Result<()> {
    let refusal = match ast {
        Ast::Statement(sql) => sql.visit(&mut Unread::default()),
        Ast::Explain(explain) => return check(&explain.statement),
        Ast::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => query.visit(&mut Unread::default()),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Ast::CreateExternalTable(_) | Ast::Reset(_) => ControlFlow::Continue(()),
    };
    match refusal {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

#[derive(Default)]
struct Unread {
    /// The queries of EXISTS, which may select nothing.
    needs_no_column: Vec<*const SetExpr>,
}

fn refused(what: &str, hint: &str) -> ControlFlow<Error> {
    ControlFlow::Break(Error::new(Kind::Sql, format!("{what} is not read here")).with_hint(hint))
}

/// Refuses what is true of a clause.
fn unless(is_there: bool, what: &str, hint: &str) -> ControlFlow<Error> {
    if is_there { refused(what, hint) } else { ControlFlow::Continue(()) }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)))
}

/// Whether the text of an interval has a unit, or is one of hours and minutes. DataFusion takes a number alone for seconds or
/// for months, by how it is written; a parameter or a column says nothing yet.
fn has_unit(text: &str) -> bool {
    !text.starts_with('\'') || text.contains(|c: char| c.is_alphabetic() || c == ':')
}

fn in_days(text: &str) -> String {
    let number = text.trim_matches('\'').trim();
    format!("write INTERVAL '{} days'", if number.is_empty() { "7" } else { number })
}

impl Visitor for Unread {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        let fetch = query.fetch.as_ref();
        unless(
            fetch.is_some_and(|fetch| fetch.with_ties || fetch.percent),
            "FETCH FIRST with ties or a percentage",
            "number the rows: QUALIFY rank() OVER (ORDER BY …) <= 10",
        )?;
        unless(
            fetch.is_some()
                && matches!(&query.limit_clause, Some(LimitClause::LimitOffset { limit: Some(_), .. })),
            "FETCH FIRST beside LIMIT",
            "write one of them",
        )?;
        if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &query.limit_clause {
            let counts = limit.iter().chain(offset.iter().map(|offset| &offset.value));
            unless(
                counts.into_iter().any(has_query),
                "a subquery in LIMIT or OFFSET",
                "number the rows: QUALIFY row_number() OVER (ORDER BY …) <= (SELECT …)",
            )?;
        }
        if let SetExpr::Values(values) = query.body.as_ref() {
            unless(
                values.rows.iter().flat_map(|row| row.iter()).any(has_query),
                "a subquery in VALUES",
                "write SELECT (SELECT …) UNION ALL SELECT 2",
            )?;
        }
        let is_minus = matches!(query.body.as_ref(), SetExpr::SetOperation { op: SetOperator::Minus, .. });
        unless(is_minus, "MINUS", "write EXCEPT")?;
        let leave_out = "leave it out";
        unless(query.for_clause.is_some(), "a FOR clause", "see --format for the forms of results")?;
        unless(query.settings.is_some(), "a SETTINGS clause", "write SET … in a statement of its own")?;
        unless(query.format_clause.is_some(), "a FORMAT clause", "see --format for the forms of results")?;
        unless(!query.pipe_operators.is_empty(), "a pipe", "write it as SELECT … FROM (…)")?;
        if let Some(lock) = query.locks.first() {
            return refused(&lock.to_string(), leave_out);
        }
        let body = std::ptr::from_ref(query.body.as_ref());
        let selects_nothing =
            matches!(query.body.as_ref(), SetExpr::Select(select) if select.projection.is_empty());
        unless(
            selects_nothing && !self.needs_no_column.contains(&body),
            "SELECT without a column",
            "write SELECT * FROM …, or name the columns",
        )
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        let (GroupByExpr::All(modifiers) | GroupByExpr::Expressions(_, modifiers)) = &select.group_by;
        if let Some(modifier) = modifiers.first() {
            let hint = match modifier {
                GroupByWithModifier::Rollup => "write GROUP BY ROLLUP (a, b)",
                GroupByWithModifier::Cube => "write GROUP BY CUBE (a, b)",
                _ => "write GROUP BY GROUPING SETS ((a), ())",
            };
            return refused(&format!("{modifier} behind GROUP BY"), hint);
        }
        unless(select.prewhere.is_some(), "PREWHERE", "write WHERE")?;
        unless(!select.connect_by.is_empty(), "CONNECT BY", "write WITH RECURSIVE … AS (…)")?;
        unless(!select.cluster_by.is_empty(), "CLUSTER BY", "write ORDER BY")?;
        unless(!select.distribute_by.is_empty(), "DISTRIBUTE BY", "leave it out")?;
        unless(!select.sort_by.is_empty(), "SORT BY", "write ORDER BY")?;
        unless(select.value_table_mode.is_some(), "SELECT AS", "name the columns")?;
        for item in &select.projection {
            if let SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) = item {
                unless(options.opt_ilike.is_some(), "* ILIKE", "name the columns")?;
                unless(options.opt_rename.is_some(), "* RENAME", "name the columns: name AS other_name")?;
            }
        }
        for join in select.from.iter().flat_map(|tables| &tables.joins) {
            of_join(join)?;
        }
        for window in &select.named_window {
            match &window.1 {
                NamedWindowExpr::NamedWindow(_) => refused(
                    "a window that builds on another",
                    "write all of it where it is used: OVER (PARTITION BY … ORDER BY …)",
                )?,
                NamedWindowExpr::WindowSpec(window) => of_window(window)?,
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Error> {
        let hint = "ORDER BY random() LIMIT … takes some rows";
        match factor {
            TableFactor::Table { args: Some(args), .. } if args.args.iter().any(is_query) => refused(
                "a subquery in the arguments of a table function",
                "take more than is needed, and choose in WHERE: value <= (SELECT …)",
            ),
            TableFactor::Table { sample, partitions, version, .. } => {
                unless(sample.is_some(), "TABLESAMPLE", hint)?;
                unless(!partitions.is_empty(), "PARTITION behind a table", "write it in WHERE")?;
                unless(version.is_some(), "the version of a table", "the tables are as they are now")
            }
            TableFactor::Derived { sample, .. } => unless(sample.is_some(), "TABLESAMPLE", hint),
            TableFactor::Pivot { .. } => refused(
                "PIVOT",
                "write a column for each value: count(*) FILTER (WHERE region = 'us-east-1') AS us_east_1",
            ),
            TableFactor::Unpivot { .. } => refused(
                "UNPIVOT",
                "write SELECT 'a' AS name, a AS value FROM t UNION ALL SELECT 'b', b FROM t",
            ),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Function(function) => {
                of_function(function)?;
                match &function.over {
                    Some(WindowType::WindowSpec(window)) => of_window(window),
                    _ => ControlFlow::Continue(()),
                }
            }
            Expr::Exists { subquery, .. } => {
                self.needs_no_column.push(std::ptr::from_ref(subquery.body.as_ref()));
                ControlFlow::Continue(())
            }
            Expr::BinaryOp { left, op, right } => of_operator(left, op, right),
            Expr::UnaryOp { op: UnaryOperator::BitwiseNot, .. } => {
                refused("~ before a value", "between two it is a regular expression: name ~ '^web'")
            }
            Expr::Convert { .. } => refused("CONVERT", "write CAST(cpu_count AS VARCHAR)"),
            Expr::Like { any: true, .. } | Expr::ILike { any: true, .. } => {
                refused("LIKE ANY", "write name ~ '^(web|api)-', or OR between two LIKE")
            }
            Expr::Interval(interval) => {
                let text = interval.value.to_string();
                let has_unit = interval.leading_field.is_some() || has_unit(&text);
                unless(!has_unit, "INTERVAL without a unit", &in_days(&text))
            }
            Expr::Cast { expr, data_type: SqlType::Interval { .. }, .. } if is_text(expr) => {
                let text = expr.to_string();
                unless(!has_unit(&text), "INTERVAL without a unit", &in_days(&text))
            }
            Expr::Identifier(name) if name.quote_style.is_none() && name.value.starts_with('@') => {
                refused(&name.value, "a parameter is written $name, and --param name=VALUE gives it a value")
            }
            Expr::Collate { .. } => {
                refused("COLLATE", "texts are compared by their bytes: lower(name) leaves the case out")
            }
            Expr::SimilarTo { .. } => refused(
                "SIMILAR TO",
                "write LIKE with % and _, or ~ with a regular expression: name ~ '^(web|api)-'",
            ),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_statement(&mut self, sql: &Sql) -> ControlFlow<Error> {
        let table = match sql {
            Sql::CreateTable(table) => table,
            Sql::ShowColumns {
                show_options: ShowStatementOptions { show_in, filter_position, .. }, ..
            } => {
                let Some(filter) = filter_position else { return ControlFlow::Continue(()) };
                let (ShowStatementFilterPosition::Infix(filter)
                | ShowStatementFilterPosition::Suffix(filter)) = filter;
                let table = show_in.as_ref().and_then(|within| within.parent_name.as_ref());
                return match table {
                    None => refused(
                        "SHOW COLUMNS without FROM",
                        "write SHOW COLUMNS FROM instances, or DESCRIBE instances",
                    ),
                    Some(table) => refused(
                        &format!("{filter} behind SHOW COLUMNS"),
                        &format!(
                            "write SELECT column_name, data_type FROM information_schema.columns \
                             WHERE table_name = '{table}' AND column_name LIKE '%name%'"
                        ),
                    ),
                };
            }
            Sql::ShowCreate { obj_type: ShowCreateObject::Table, obj_name } => {
                return refused(
                    &format!("SHOW CREATE TABLE {obj_name}"),
                    &format!(
                        "DESCRIBE {obj_name} lists its columns; docs/tables.md says what is asked for them"
                    ),
                );
            }
            _ => return ControlFlow::Continue(()),
        };
        let hint = "nothing here would keep it true: leave it out";
        for constraint in &table.constraints {
            let what = match constraint {
                TableConstraint::PrimaryKey(_) => "PRIMARY KEY",
                TableConstraint::Unique(_) => "UNIQUE",
                _ => "a constraint",
            };
            refused(what, hint)?;
        }
        for option in table.columns.iter().flat_map(|column| &column.options) {
            let what = match &option.option {
                ColumnOption::PrimaryKey(_) => "PRIMARY KEY",
                ColumnOption::Unique(_) => "UNIQUE",
                ColumnOption::ForeignKey(_) | ColumnOption::Check(_) => "a constraint",
                _ => continue,
            };
            refused(what, hint)?;
        }
        ControlFlow::Continue(())
    }
}
