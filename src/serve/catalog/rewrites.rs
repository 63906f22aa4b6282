//! What tools write that DataFusion cannot plan, written so that it can: each with the same answer here.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, SelectItem, SetExpr, Value, VisitMut, VisitorMut};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// What there is nothing of here. Tools ask for it as `array(SELECT …)`, which is then an empty list.
const NOTHING_OF: &[&str] =
    &["pg_auth_members", "attacl", "polroles", "polrelid", "generate_subscripts", "reloptions"];

/// What a subquery of one value is about that is NULL here: defaults, sequences and collations of columns.
const NULL_HERE: &[&str] = &["pg_attrdef", "pg_sequence", "pg_collation", "typcollation"];

/// What JDBC drivers and psql want to know of types: whether one is that of a table's rows.
const IS_ROW_TYPE: (&str, &str) = (
    "(SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE",
    "EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.relkind = 'c' AND",
);

/// A statement's text with its white space and comments left out, and each token's bytes in the text.
struct Tokens<'a> {
    sql: &'a str,
    tokens: Vec<(Token, usize, usize)>,
}

impl<'a> Tokens<'a> {
    fn of(sql: &'a str) -> Option<Self> {
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location().ok()?;
        let starts: Vec<usize> =
            std::iter::once(0).chain(sql.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let byte = |at: Location| {
            let start = starts.get(usize::try_from(at.line).ok()?.checked_sub(1)?).copied()?;
            let before = usize::try_from(at.column).ok()?.checked_sub(1)?;
            Some(sql[start..].char_indices().nth(before).map_or(sql.len(), |(at, _)| start + at))
        };
        let is_word = |token: &TokenWithSpan| !matches!(token.token, Token::Whitespace(_));
        let place =
            |token: TokenWithSpan| Some((byte(token.span.start)?, byte(token.span.end)?, token.token));
        let tokens = tokens.into_iter().filter(is_word).map(place);
        let tokens = tokens.map(|token| token.map(|(from, to, token)| (token, from, to)));
        Some(Self { sql, tokens: tokens.collect::<Option<_>>()? })
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|(token, ..)| token.to_string().eq_ignore_ascii_case(text))
    }

    /// Where the parenthesis ends that begins at a token.
    fn end(&self, begin: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (begin..self.tokens.len()).find(|at| {
            depth += usize::from(self.is(*at, "("));
            depth -= usize::from(self.is(*at, ")"));
            depth == 0
        })
    }

    /// The text with other text in place of some tokens, each from one to another.
    fn with(&self, replaced: &[(usize, usize, &str)]) -> String {
        let (mut text, mut done) = (String::new(), 0);
        for (from, to, with) in replaced {
            text += &self.sql[done..self.tokens[*from].1];
            text += with;
            done = self.tokens[*to].2;
        }
        text + &self.sql[done..]
    }
}

/// The text of a statement, so that it parses and plans.
pub(super) fn text(sql: &str) -> String {
    [empty_arrays, row_types, expanded_arrays, function_names].iter().fold(sql.to_owned(), |sql, rewrite| {
        Tokens::of(&sql).map_or_else(|| sql.clone(), |tokens| rewrite(&tokens))
    })
}

fn empty_arrays(tokens: &Tokens<'_>) -> String {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.tokens.len() {
        let is_array = tokens.is(at, "array") && tokens.is(at + 1, "(") && tokens.is(at + 2, "select");
        if let Some(end) = is_array.then(|| tokens.end(at + 1)).flatten()
            && (at..end).any(|at| NOTHING_OF.iter().any(|name| tokens.is(at, name)))
        {
            found.push((at, end, "array_remove(make_array(''), '')"));
            at = end;
        }
        at += 1;
    }
    tokens.with(&found)
}

fn row_types(tokens: &Tokens<'_>) -> String {
    let Some(pattern) = Tokens::of(IS_ROW_TYPE.0) else { return tokens.sql.to_owned() };
    let length = pattern.tokens.len();
    let is_it =
        |at: &usize| (0..length).all(|next| tokens.is(at + next, &pattern.tokens[next].0.to_string()));
    let found: Vec<_> =
        (0..tokens.tokens.len()).filter(is_it).map(|at| (at, at + length - 1, IS_ROW_TYPE.1)).collect();
    tokens.with(&found)
}

/// The columns of keys and indexes, of which there are none: the rows that they would be of are not there either.
fn expanded_arrays(tokens: &Tokens<'_>) -> String {
    let name = "_pg_expandarray";
    if !(0..tokens.tokens.len()).any(|at| tokens.is(at, name)) {
        return tokens.sql.to_owned();
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.tokens.len() {
        if tokens.is(at, "information_schema")
            && tokens.is(at + 2, name)
            && let Some(end) = tokens.end(at + 3)
        {
            found.push((at, end, "CAST(NULL AS INT)"));
            at = end;
        } else if tokens.is(at, ".")
            && at > 0
            && tokens.is(at - 1, ")")
            && (tokens.is(at + 1, "n") || tokens.is(at + 1, "x"))
        {
            found.push((at, at + 1, ""));
            at += 1;
        }
        at += 1;
    }
    tokens.with(&found)
}

/// The columns of `pg_type` that name functions.
const OF_FUNCTIONS: &[&str] = &["typinput", "typoutput", "typreceive", "typsend"];

/// Functions are oids that are shown as names for Postgres, and names here: no function is 0, or `-`.
fn function_names(tokens: &Tokens<'_>) -> String {
    let mut found = Vec::new();
    for at in 0..tokens.tokens.len() {
        let is_compared =
            ["=", "<>", "!="].iter().any(|sign| tokens.is(at + 1, sign)) && tokens.is(at + 2, "0");
        if is_compared && OF_FUNCTIONS.iter().any(|name| tokens.is(at, name)) {
            found.push((at + 2, at + 2, "'-'"));
        }
        // Postgres takes the texts 't' and 'f' for true and false beside a boolean.
        let is_boolean = matches!(&tokens.tokens[at].0, Token::Word(word) if word.value.to_ascii_lowercase().starts_with("indis"));
        for (text, value) in [("'t'", "true"), ("'f'", "false")] {
            if is_boolean && tokens.is(at + 1, "=") && tokens.is(at + 2, text) {
                found.push((at + 2, at + 2, value));
            }
        }
        let is_text = matches!(tokens.tokens[at].0, Token::SingleQuotedString(_));
        if is_text && tokens.is(at + 1, "::") && tokens.is(at + 2, "regproc") {
            found.push((at + 1, at + 2, ""));
        }
    }
    tokens.with(&found)
}

/// Rewrites a statement that is parsed.
pub(super) fn statement(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Rewrites);
}

struct Rewrites;

impl VisitorMut for Rewrites {
    type Break = ();

    /// Columns of one name, such as NULL and NULL, or what `current_user, session_user` comes to, get others.
    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut() {
            let mut known = BTreeSet::new();
            for (number, item) in select.projection.iter_mut().enumerate() {
                if let SelectItem::UnnamedExpr(expr) = item
                    && matches!(expr, Expr::Value(_) | Expr::Function(_))
                    && !known.insert(expr.to_string())
                {
                    let alias = Ident::with_quote('"', format!("?column?{}", number + 1));
                    *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Makes NULL of what is NULL here, and `(SELECT min(a) FROM …)` of `(SELECT a FROM …)`: one value either way, and DataFusion plans it beside what it
    /// depends on.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let is_null = |query: &Query| {
            let text = query.to_string();
            NULL_HERE.iter().any(|name| text.contains(name))
        };
        if let Expr::Subquery(query) = expr
            && is_null(query)
        {
            *expr = Expr::value(Value::Null);
            return ControlFlow::Continue(());
        }
        if let Expr::Subquery(query) = expr
            && let SetExpr::Select(select) = query.body.as_mut()
            && select.selection.is_some()
            && let [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }] =
                &mut select.projection[..]
            && !is_aggregate(value)
            && let Some(least) = parsed(&format!("min({value})"))
        {
            *value = least;
            query.order_by = None;
        }
        ControlFlow::Continue(())
    }

    /// Makes `a LIKE replace(b, '/', '\')` of `a LIKE b ESCAPE '/'`: DataFusion's escape is the backslash.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr
        else {
            return ControlFlow::Continue(());
        };
        let escape = match escape_char.take().map(|escape| escape.value) {
            Some(Value::SingleQuotedString(escape)) if !matches!(escape.as_str(), "" | "\\") => escape,
            _ => return ControlFlow::Continue(()),
        };
        let text = |text: &str| Expr::value(Value::SingleQuotedString(text.to_owned()));
        let sql = format!("replace({pattern}, {}, {})", text(&escape), text("\\"));
        if let Some(replaced) = parsed(&sql) {
            **pattern = replaced;
        }
        ControlFlow::Continue(())
    }
}

fn parsed(sql: &str) -> Option<Expr> {
    Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).ok()?.parse_expr().ok()
}

fn is_aggregate(expr: &Expr) -> bool {
    const AGGREGATES: &[&str] =
        &["count", "min", "max", "sum", "avg", "array_agg", "string_agg", "bool_and", "bool_or"];
    let Expr::Function(function) = expr else { return false };
    function
        .name
        .0
        .last()
        .is_some_and(|name| AGGREGATES.contains(&name.to_string().to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_no_rows_here_becomes_an_empty_list() {
        let sql = "SELECT ARRAY(SELECT b.rolname\n FROM pg_catalog.pg_auth_members m WHERE (true)) AS é, array(SELECT 1)";
        assert_eq!(text(sql), "SELECT array_remove(make_array(''), '') AS é, array(SELECT 1)");
        assert_eq!(text("SELECT 'array(SELECT polroles)'"), "SELECT 'array(SELECT polroles)'");
    }

    #[test]
    fn functions_are_names() {
        let sql = "WHERE (typreceive != 0 OR t.typsend <> 0) AND typinput = 'array_in'::regproc AND a = 0";
        let expected = "WHERE (typreceive != '-' OR t.typsend <> '-') AND typinput = 'array_in' AND a = 0";
        assert_eq!(text(sql), expected);
        assert_eq!(text("WHERE ix.indisprimary = 'f'"), "WHERE ix.indisprimary = false");
    }

    #[test]
    fn keys_that_there_are_none_of_are_no_columns() {
        let sql = "SELECT (information_schema._pg_expandarray(i.indkey)).n AS k WHERE a = (r.KEYS).x";
        assert_eq!(text(sql), "SELECT (CAST(NULL AS INT)) AS k WHERE a = (r.KEYS)");
    }

    #[test]
    fn a_row_type_is_asked_for_with_exists() {
        let sql = "WHERE (t.typrelid = 0 OR (SELECT c.relkind = 'c'  FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid))";
        let expected = "WHERE (t.typrelid = 0 OR EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.relkind = 'c' AND c.oid = t.typrelid))";
        assert_eq!(text(sql), expected);
    }
}
