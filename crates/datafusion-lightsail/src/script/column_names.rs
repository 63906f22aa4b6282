//! Names of columns: an expression without an alias gets its own text as one.
//!
//! DataFusion would call `count(*) + 1` `count(Int64(1)) + Int64(1)`, and so would JSON keys and Parquet columns. The alias
//! is set before anything is planned: header, view, table and file have the same name, and a query around another one
//! finds its columns by what was typed, `SELECT "sum(x)" FROM (SELECT sum(x) FROM t)`.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement as Ast;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Select, SelectItem, TableFactor, VisitorMut};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::{Keyword, RESERVED_FOR_COLUMN_ALIAS};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::is_space;
use crate::session::workarounds::syntax;

/// Gives each expression in a SELECT of the statement its text as an alias, unless it has an alias or is a plain column.
pub(super) fn name_columns(ast: &mut Ast, tokens: &[TokenWithSpan]) {
    let mut relations = Relations::default();
    let _ = syntax::visit(ast, &mut relations);
    let _ = syntax::visit(ast, &mut Namer { tokens, relations });
}

struct Namer<'a> {
    tokens: &'a [TokenWithSpan],
    relations: Relations,
}

/// What stands before the name of a column in a statement: `i` of `i.name`, but not `tags` of `tags.env`.
#[derive(Default)]
struct Relations {
    /// Tables by their names or aliases.
    tables: HashSet<String>,
    /// Schemas and catalogs.
    schemas: HashSet<String>,
}

impl VisitorMut for Relations {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let alias = match factor {
            TableFactor::Table { name, alias, .. } => {
                let mut parts = name.0.iter().filter_map(|part| part.as_ident()).map(folded).rev();
                self.tables.extend(parts.next());
                self.schemas.extend(parts);
                alias
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => alias,
            _ => return ControlFlow::Continue(()),
        };
        self.tables.extend(alias.iter().map(|alias| folded(&alias.name)));
        ControlFlow::Continue(())
    }
}

impl Relations {
    /// The expression of an item that has no name of its own. A subquery has that of its column.
    fn unnamed<'a>(&self, item: &'a SelectItem) -> Option<&'a Expr> {
        let SelectItem::UnnamedExpr(expr) = item else { return None };
        let mut inner = expr;
        while let Expr::Nested(nested) = inner {
            inner = nested;
        }
        let has_name = match inner {
            Expr::Identifier(_) | Expr::Subquery(_) => true,
            Expr::CompoundIdentifier(names) => !self.are_field(names),
            _ => false,
        };
        (!has_name).then_some(expr)
    }

    /// Whether the last of these names is that of a field, and no column's.
    fn are_field(&self, names: &[Ident]) -> bool {
        let Some(first) = names.first().map(folded) else { return false };
        let columns = if self.tables.contains(&first) { 2 } else { 1 };
        !self.tables.is_empty() && !self.schemas.contains(&first) && names.len() > columns
    }
}

fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

impl VisitorMut for Namer<'_> {
    type Break = ();

    /// The innermost SELECT comes last: the text of an item is compared while nothing in it has a new alias.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if !select.projection.iter().any(|item| self.relations.unnamed(item).is_some()) {
            return ControlFlow::Continue(());
        }
        let typed = items(self.tokens, select);
        let count = select.projection.len();
        for (index, item) in select.projection.iter_mut().enumerate() {
            let Some(expr) = self.relations.unnamed(item) else { continue };
            let tokens = typed.get(index).filter(|_| typed.len() == count);
            let text = tokens.filter(|tokens| is(tokens, expr)).map(|tokens| text(tokens));
            // Written by the parser it has other spaces and capitals, and the same words.
            let alias = Ident::with_quote('"', text.unwrap_or_else(|| expr.to_string()));
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
        ControlFlow::Continue(())
    }
}

/// The tokens of each item of a SELECT.
fn items<'a>(tokens: &'a [TokenWithSpan], select: &Select) -> Vec<&'a [TokenWithSpan]> {
    let start = select.select_token.0.span.start;
    let Some(keyword) = tokens.iter().position(|token| token.span.start == start) else { return Vec::new() };
    let tokens = without_modifiers(&tokens[keyword + 1..]);
    let mut items = Vec::new();
    let (mut depth, mut first) = (0_usize, 0);
    let mut before = None;
    for (index, TokenWithSpan { token, .. }) in tokens.iter().enumerate() {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace if depth == 0 => {
                return ended(items, first, index, tokens);
            }
            Token::RParen | Token::RBracket | Token::RBrace => depth -= 1,
            Token::Word(word) if word.keyword == Keyword::CASE => depth += 1,
            Token::Word(word) if word.keyword == Keyword::END && depth > 0 => depth -= 1,
            Token::Comma if depth == 0 => {
                items.push(&tokens[first..index]);
                first = index + 1;
            }
            // Not that of IS DISTINCT FROM or WITHIN GROUP.
            Token::Word(word)
                if depth == 0
                    && RESERVED_FOR_COLUMN_ALIAS.contains(&word.keyword)
                    && !matches!(before, Some(Keyword::DISTINCT | Keyword::WITHIN)) =>
            {
                return ended(items, first, index, tokens);
            }
            _ => {}
        }
        if !is_space(&tokens[index]) {
            before = if let Token::Word(word) = token { Some(word.keyword) } else { None };
        }
    }
    ended(items, first, tokens.len(), tokens)
}

fn ended<'a>(
    mut items: Vec<&'a [TokenWithSpan]>,
    first: usize,
    end: usize,
    tokens: &'a [TokenWithSpan],
) -> Vec<&'a [TokenWithSpan]> {
    items.push(&tokens[first..end]);
    items
}

/// What follows ALL, DISTINCT or DISTINCT ON (…).
fn without_modifiers(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    let word = |tokens: &[TokenWithSpan]| {
        let index = tokens.iter().position(|token| !is_space(token))?;
        match &tokens[index].token {
            Token::Word(word) if word.quote_style.is_none() => Some((index + 1, word.keyword)),
            _ => None,
        }
    };
    let rest = match word(tokens) {
        Some((after, Keyword::ALL)) => return &tokens[after..],
        Some((after, Keyword::DISTINCT)) => &tokens[after..],
        _ => return tokens,
    };
    let Some((after, Keyword::ON)) = word(rest) else { return rest };
    let mut depth = 0;
    for (index, TokenWithSpan { token, .. }) in rest.iter().enumerate().skip(after) {
        match token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 1 => return &rest[index + 1..],
            Token::RParen => depth -= 1,
            _ => {}
        }
    }
    rest
}

/// Whether the tokens are the expression.
fn is(tokens: &[TokenWithSpan], expr: &Expr) -> bool {
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens.to_vec());
    parser.parse_expr().is_ok_and(|parsed| parsed == *expr) && parser.peek_token().token == Token::EOF
}

/// The text of tokens in one line, with one space where there were any, or a comment.
fn text(tokens: &[TokenWithSpan]) -> String {
    let mut text = String::new();
    let mut is_apart = false;
    for token in tokens {
        if is_space(token) {
            is_apart = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut is_apart) {
            text.push(' ');
        }
        match &token.token {
            // The tokenizer has taken the quotes out of it.
            Token::SingleQuotedString(inner) => text.extend(["'", &inner.replace('\'', "''"), "'"]),
            token => text.push_str(&token.to_string()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    /// The statement with its aliases.
    fn named(sql: &str) -> String {
        parse("s", sql).unwrap().remove(0).ast.to_string()
    }

    #[test]
    fn a_column_is_called_what_was_typed() {
        for (typed, name) in [
            ("count(*)", "count(*)"),
            ("COUNT( * )", "COUNT( * )"),
            ("tags['env']", "tags['env']"),
            ("'it''s'", "'it''s'"),
            ("1", "1"),
            ("a+ b", "a+ b"),
            ("CASE WHEN a\n  -- why\n  THEN 1 else 2 END", "CASE WHEN a THEN 1 else 2 END"),
            ("a IS DISTINCT FROM b", "a IS DISTINCT FROM b"),
            ("ceil(x)", "ceil(x)"),
            ("x::int", "x::int"),
            ("now() - interval '7 days'", "now() - interval '7 days'"),
            (
                "percentile_cont(0.5) WITHIN GROUP (ORDER BY x)",
                "percentile_cont(0.5) WITHIN GROUP (ORDER BY x)",
            ),
            (
                "sum(x) FILTER (WHERE a) OVER (PARTITION BY b)",
                "sum(x) FILTER (WHERE a) OVER (PARTITION BY b)",
            ),
            ("[1, 2][1]", "[1, 2][1]"),
            ("$1", "$1"),
            ("substring(a from 2)", "substring(a from 2)"),
        ] {
            let quoted = format!(" AS \"{name}\"");
            for sql in [
                format!("SELECT {typed} FROM t WHERE a"),
                format!("SELECT {typed}"),
                format!("SELECT b, {typed}, c FROM t"),
                format!("SELECT DISTINCT {typed} FROM t ORDER BY 1"),
                format!("SELECT DISTINCT ON (f(a), b) {typed} FROM t"),
                format!("WITH x AS (SELECT {typed}) SELECT * FROM x"),
                format!("SELECT * FROM (SELECT ALL {typed} FROM t) s"),
                format!("SELECT {typed} UNION ALL SELECT b FROM t"),
                format!("CREATE TABLE y AS SELECT {typed} FROM t"),
                format!("COPY (SELECT {typed} FROM t) TO 'x.csv'"),
                format!("EXPLAIN SELECT {typed} FROM t"),
                format!("FROM t SELECT {typed}"),
            ] {
                assert!(named(&sql).contains(&quoted), "{sql}: {}", named(&sql));
            }
        }
    }

    #[test]
    fn a_field_behind_a_dot_is_called_what_was_typed() {
        for (typed, from) in [
            ("tags.env", "instances"),
            ("i.tags.env", "instances AS i"),
            ("tags.env.deep", "system.api_calls"),
        ] {
            let sql = format!("SELECT {typed} FROM {from}");
            assert_eq!(named(&sql), format!("SELECT {typed} AS \"{typed}\" FROM {from}"));
        }
        for sql in [
            "SELECT I.name, public.t.name FROM t AS i CROSS JOIN public.t",
            "SELECT x.name FROM t AS i, LATERAL (SELECT i.name FROM u) AS x",
            "WITH c AS (SELECT name FROM t) SELECT c.name FROM c",
        ] {
            assert_eq!(named(sql), sql);
        }
    }

    #[test]
    fn what_has_a_name_keeps_it() {
        for sql in [
            "SELECT name, i.name, (name), *, i.*, count(*) AS n FROM t AS i",
            "SELECT (SELECT a FROM t)",
            "SELECT * EXCLUDE (a) FROM t",
        ] {
            assert_eq!(named(sql), sql);
        }
        assert_eq!(named("SELECT (SELECT max(a) FROM t)"), "SELECT (SELECT max(a) AS \"max(a)\" FROM t)");
    }
}
