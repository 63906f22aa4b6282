//! Columns that a statement names and its tables do not have.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::{Column, TableReference};
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{Expr, Query, SelectItem, SetExpr, Statement as Sql, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::functions::{WrittenHere, function_names};
use super::misused::has_aggregate;
use crate::catalog::TABLES;
use crate::error::{Error, Kind};
use crate::nearest::nearest;
use crate::views::VIEWS;

/// Parts of a date, which functions take as texts.
const PARTS_OF_DATES: [&str; 9] =
    ["year", "quarter", "month", "week", "day", "dow", "hour", "minute", "second"];

/// The error of a column that there is not.
pub(super) fn column(field: &Column, valid: &[Column], ast: &Ast, state: &SessionState) -> Error {
    let name = &field.name;
    if let Some(relation) = &field.relation
        && let Some(hint) = other_tables(relation, valid)
    {
        let what = format!("there is no table {} in FROM", relation.table());
        return Error::new(Kind::Sql, what).with_hint(hint);
    }
    let what = match &field.relation {
        Some(relation) => format!("there is no column {name} in {}", relation.table()),
        None => format!("there is no column {name}"),
    };
    let of_table = |column: &&Column| match (&field.relation, &column.relation) {
        (Some(wanted), Some(has)) => wanted.table() == has.table(),
        _ => true,
    };
    let names = || valid.iter().filter(of_table).map(Column::name);
    let near = nearest(name, names());
    let is_alone = field.relation.is_none();
    let hint = is_alone.then(|| written_otherwise(name, valid, ast, state)).flatten();
    let hint = hint.unwrap_or_else(|| match near {
        _ if is_alone && near.is_none() && is_value(name, ast) => {
            format!("text is in single quotes: '{name}'")
        }
        Some(near) => format!("did you mean {near}?"),
        None if !parts_of(name, names()).is_empty() => {
            format!("did you mean {}?", parts_of(name, names()).join(" or "))
        }
        None => "SHOW COLUMNS FROM a table lists its columns; \\d TABLE does in the shell".to_owned(),
    });
    Error::new(Kind::Sql, what).with_hint(hint)
}

/// The columns that have what was written among their words, or else begin with it: four at most.
fn parts_of<'a>(name: &str, columns: impl Iterator<Item = &'a str> + Clone) -> Vec<&'a str> {
    const MOST: usize = 4;
    let name = name.to_lowercase();
    if name.len() < 2 {
        return Vec::new();
    }
    let words = format!("_{name}_");
    let has_words = |column: &&str| format!("_{column}_").contains(&words);
    let begins = columns.clone().filter(|column| column.starts_with(&name) && !has_words(column));
    let mut found: Vec<&str> = columns.filter(has_words).chain(begins).collect();
    let mut seen = BTreeSet::new();
    found.retain(|column| seen.insert(*column));
    found.truncate(MOST);
    found
}

/// What to write for a name that is something else than a column.
fn written_otherwise(name: &str, valid: &[Column], ast: &Ast, state: &SessionState) -> Option<String> {
    if let Some(made) = selected_as(name, ast).filter(|made| !made.to_string().contains(name)) {
        return Some(match has_aggregate(&made, state) {
            true => format!("{name} is made by SELECT, after WHERE: HAVING {made} …, behind GROUP BY"),
            false => format!("{name} is made by SELECT, after WHERE: write {made} itself"),
        });
    }
    let lower = name.to_lowercase();
    match lower.as_str() {
        "rownum" => return Some("here it is written LIMIT 10, at the end of the statement".to_owned()),
        "distinct" | "unique" => {
            return Some(
                "DISTINCT stands right behind SELECT: SELECT DISTINCT region, name FROM …".to_owned(),
            );
        }
        "count" => return Some("did you mean count(*)?".to_owned()),
        _ => {}
    }
    if valid.is_empty() && is_select(ast) {
        let is_table =
            TABLES.iter().any(|table| table.name() == lower) || VIEWS.iter().any(|view| view.name() == lower);
        let has_it = |table: &&&dyn crate::catalog::Table| {
            table.columns().iter().any(|column| column.field.name() == &lower)
        };
        match (is_table, TABLES.iter().find(has_it)) {
            (true, _) => return Some(format!("{lower} is a table: SELECT * FROM {lower}")),
            (_, Some(table)) => {
                return Some(format!("a column is one of a table: SELECT {lower} FROM {}", table.name()));
            }
            _ => {}
        }
    }
    if let Some(written) = WrittenHere::of(&lower).filter(|_| !PARTS_OF_DATES.contains(&lower.as_str())) {
        return Some(format!("here it is written {written}"));
    }
    let is_time = ["now", "today", "current_date", "current_timestamp", "random", "uuid", "version"];
    (is_time.contains(&lower.as_str()) && function_names(state).contains(&lower))
        .then(|| format!("did you mean {lower}()?"))
}

/// What a statement selects under a name.
fn selected_as(name: &str, ast: &Ast) -> Option<Expr> {
    struct Named<'a>(&'a str);
    impl Visitor for Named<'_> {
        type Break = Expr;

        fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Expr> {
            let SetExpr::Select(select) = query.body.as_ref() else { return ControlFlow::Continue(()) };
            for item in &select.projection {
                if let SelectItem::ExprWithAlias { expr, alias } = item
                    && alias.value.eq_ignore_ascii_case(self.0)
                {
                    return ControlFlow::Break(expr.clone());
                }
            }
            ControlFlow::Continue(())
        }
    }
    let Ast::Statement(sql) = ast else { return None };
    sql.visit(&mut Named(name)).break_value()
}

/// Whether a statement is a SELECT of its own.
fn is_select(ast: &Ast) -> bool {
    let Ast::Statement(sql) = ast else { return false };
    matches!(&**sql, Sql::Query(query) if matches!(query.body.as_ref(), SetExpr::Select(_)))
}

/// What to write instead of a table that FROM does not have; `None` if it has it.
fn other_tables(wanted: &TableReference, valid: &[Column]) -> Option<String> {
    let tables: BTreeSet<&str> =
        valid.iter().filter_map(|column| Some(column.relation.as_ref()?.table())).collect();
    if tables.is_empty() || tables.contains(wanted.table()) {
        return None;
    }
    let tables: Vec<&str> = tables.into_iter().collect();
    Some(match nearest(wanted.table(), &tables) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("it has {}", tables.join(", ")),
    })
}

pub(super) fn ambiguous(name: &str) -> Error {
    Error::new(Kind::Sql, format!("{name} is a column of more than one of the tables"))
        .with_hint(format!("write whose it is: instances.{name}, or with an alias i.{name}"))
}

/// Whether the name stands where a value does: behind a comparison, or in a list.
fn is_value(name: &str, ast: &Ast) -> bool {
    let tokens = Tokenizer::new(&GenericDialect {}, &ast.to_string()).tokenize().unwrap_or_default();
    let tokens: Vec<Token> =
        tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let is_it = |token: &Token| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case(name));
    let is_behind = |before: &[Token]| {
        let mut before = before.iter().rev().skip_while(|token| match token {
            Token::Comma => true,
            Token::Word(word) => word.keyword == Keyword::NoKeyword || word.quote_style.is_some(),
            _ => false,
        });
        match before.next() {
            Some(
                Token::Eq | Token::DoubleEq | Token::Neq | Token::Lt | Token::Gt | Token::LtEq | Token::GtEq,
            ) => true,
            Some(Token::Word(word)) => matches!(word.keyword, Keyword::LIKE | Keyword::ILIKE),
            // Of `date_trunc(month, …)` all but the parenthesis are words.
            Some(Token::LParen) => match before.next() {
                Some(Token::Word(word)) if word.keyword == Keyword::IN => true,
                _ => PARTS_OF_DATES.contains(&name.to_lowercase().as_str()),
            },
            Some(Token::LBracket) => true,
            _ => false,
        }
    };
    tokens.iter().enumerate().any(|(at, token)| is_it(token) && is_behind(&tokens[..at]))
}
