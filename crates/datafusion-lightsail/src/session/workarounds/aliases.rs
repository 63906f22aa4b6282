//! Words of SQL that the parser takes for the name of a table, because nothing follows them: `FROM instances AND`.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement as Ast};
use datafusion::sql::sqlparser::ast::{TableFactor, Visit, Visitor};

use super::{Answer, Difference, Example};
use crate::error::{Error, Kind, Result};

/// What stock calls a table.
pub(super) const DIFFERENCE: Difference = Difference {
    what: "A word of SQL behind a table",
    stock: "calls the table so",
    ours: "refuses it: what should follow is missing",
    upstream: &[],
    examples: &[
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (SELECT 1) AND",
            stock: Answer::Rows(&["1"]),
            right: Answer::Error("AND would be the name of a table"),
        },
        Example {
            tables: &[],
            sql: "SELECT count(*) FROM (SELECT 1) DESC",
            stock: Answer::Rows(&["1"]),
            right: Answer::Error("DESC would be the name of a table"),
        },
    ],
};

/// The words, and what they belong to.
const WORDS: &[(&[&str], &str)] = &[
    (
        &["AND", "OR", "NOT", "IS", "IN", "BETWEEN", "LIKE", "ILIKE", "EXISTS"],
        "conditions stand behind WHERE",
    ),
    (&["ASC", "DESC", "BY", "NULLS"], "rows are sorted with ORDER BY name DESC"),
    (&["CASE", "WHEN", "THEN", "ELSE"], "CASE stands among the columns or in a condition"),
];

/// Refuses a table that is called by such a word, unless it is quoted.
///
/// # Errors
/// [`Kind::Sql`], with what the word belongs to.
pub(super) fn check(ast: &Ast) -> Result<()> {
    let refusal = match ast {
        Ast::Statement(sql) => sql.visit(&mut Aliases),
        Ast::Explain(explain) => return check(&explain.statement),
        Ast::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => query.visit(&mut Aliases),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Ast::CreateExternalTable(_) | Ast::Reset(_) => ControlFlow::Continue(()),
    };
    refusal.break_value().map_or(Ok(()), Err)
}

struct Aliases;

impl Visitor for Aliases {
    type Break = Error;

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Error> {
        let (TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. }) =
            factor
        else {
            return ControlFlow::Continue(());
        };
        let word = alias.name.value.to_uppercase();
        let known = WORDS.iter().find(|(words, _)| words.contains(&word.as_str()));
        match known.filter(|_| alias.name.quote_style.is_none()) {
            Some((_, hint)) => ControlFlow::Break(
                Error::new(Kind::Sql, format!("{word} would be the name of a table here")).with_hint(*hint),
            ),
            None => ControlFlow::Continue(()),
        }
    }
}
