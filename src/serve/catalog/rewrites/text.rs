//! The text of what tools write, so that it parses: what there is nothing of here in the fewest words.

use std::collections::BTreeMap;
use std::str::CharIndices;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::keys::{empty_arrays, expanded_arrays, numbered};

/// What JDBC drivers and psql want to know of types: whether one is that of a table's rows.
const IS_ROW_TYPE: (&str, &str) = (
    "(SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE",
    "EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.relkind = 'c' AND",
);

/// What Grafana wants to know of a table: whether its schema is in the search path.
const IS_IN_SEARCH_PATH: (&str, &str) = (
    r#"quote_ident(table_schema) IN (
         SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
         FROM generate_series(
                array_lower(string_to_array(current_setting('search_path'),','),1),
                array_upper(string_to_array(current_setting('search_path'),','),1)
              ) as i,
              string_to_array(current_setting('search_path'),',') s)"#,
    "array_has(string_to_array(replace(current_setting('search_path'), ' ', ''), ','), quote_ident(table_schema))",
);

/// A statement's text with its white space and comments left out, and each token's bytes in the text.
pub(super) struct Tokens<'a> {
    pub(super) sql: &'a str,
    pub(super) tokens: Vec<(Token, usize, usize)>,
}

/// The places of tokens, one after the other.
struct Places<'a> {
    letters: CharIndices<'a>,
    line: u64,
    column: u64,
}

impl Places<'_> {
    /// The byte of a place that is not before the last one.
    fn byte(&mut self, at: Location) -> usize {
        while (self.line, self.column) < (at.line, at.column) {
            match self.letters.next() {
                Some((_, '\n')) => (self.line, self.column) = (self.line + 1, 1),
                Some(_) => self.column += 1,
                None => break,
            }
        }
        self.letters.offset()
    }
}

impl<'a> Tokens<'a> {
    pub(super) fn of(sql: &'a str) -> Option<Self> {
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location().ok()?;
        let mut places = Places { letters: sql.char_indices(), line: 1, column: 1 };
        let mut found = Vec::with_capacity(tokens.len());
        for TokenWithSpan { token, span } in tokens {
            let (from, to) = (places.byte(span.start), places.byte(span.end));
            if !matches!(token, Token::Whitespace(_)) {
                found.push((token, from, to));
            }
        }
        Some(Self { sql, tokens: found })
    }

    pub(super) fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|(token, ..)| token.to_string().eq_ignore_ascii_case(text))
    }

    pub(super) fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|(token, ..)| token)
    }

    /// Where the parenthesis ends that begins at a token.
    pub(super) fn end(&self, begin: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (begin..self.tokens.len()).find(|at| {
            depth += usize::from(self.is(*at, "("));
            depth -= usize::from(self.is(*at, ")"));
            depth == 0
        })
    }

    /// The text with other text in place of some tokens, each from one to another.
    pub(super) fn with(&self, replaced: &[(usize, usize, impl AsRef<str>)]) -> String {
        let (mut text, mut done) = (String::new(), 0);
        for (from, to, with) in replaced {
            text += &self.sql[done..self.tokens[*from].1];
            text += with.as_ref();
            done = self.tokens[*to].2;
        }
        text + &self.sql[done..]
    }
}

/// The text of a statement, so that it parses and plans.
pub(in crate::serve::catalog) fn text(sql: &str) -> String {
    [search_paths, empty_arrays, numbered, row_types, expanded_arrays, words, named]
        .iter()
        .fold(sql.to_owned(), |sql, rewrite| {
            Tokens::of(&sql).map_or_else(|| sql.clone(), |tokens| rewrite(&tokens))
        })
}

fn row_types(tokens: &Tokens<'_>) -> String {
    replaced(tokens, IS_ROW_TYPE)
}

fn search_paths(tokens: &Tokens<'_>) -> String {
    replaced(tokens, IS_IN_SEARCH_PATH)
}

/// The text with one sequence of tokens in place of another, wherever it stands.
fn replaced(tokens: &Tokens<'_>, (from, to): (&str, &'static str)) -> String {
    let Some(pattern) = Tokens::of(from) else { return tokens.sql.to_owned() };
    let length = pattern.tokens.len();
    let is_it =
        |at: &usize| (0..length).all(|next| tokens.is(at + next, &pattern.tokens[next].0.to_string()));
    let found: Vec<_> = (0..tokens.tokens.len()).filter(is_it).map(|at| (at, at + length - 1, to)).collect();
    tokens.with(&found)
}

/// The columns of `pg_type` that name functions.
const OF_FUNCTIONS: &[&str] = &["typinput", "typoutput", "typreceive", "typsend"];

/// The name of a parameter.
fn parameter(token: &Token) -> Option<&str> {
    match token {
        Token::Placeholder(name) => name.strip_prefix('$'),
        _ => None,
    }
}

/// The parameters of which something is to be any, or all: lists.
pub(in crate::serve::catalog) fn lists(sql: &str) -> Vec<String> {
    let Some(tokens) = Tokens::of(sql) else { return vec![] };
    let is_list = |at: &usize| {
        tokens.is(at.wrapping_sub(1), "(")
            && (tokens.is(at.wrapping_sub(2), "any") || tokens.is(at.wrapping_sub(2), "all"))
    };
    let found = (0..tokens.tokens.len()).filter(is_list);
    found.filter_map(|at| parameter(tokens.token(at)?)).map(ToOwned::to_owned).collect()
}

/// The text with lists in place of their parameters: the crate makes of `= ANY` what has no types to wait for.
pub(in crate::serve::catalog) fn with_lists(sql: &str, lists: &BTreeMap<String, String>) -> String {
    let Some(tokens) = Tokens::of(sql).filter(|_| !lists.is_empty()) else { return sql.to_owned() };
    let list = |at: usize| Some((at, at, lists.get(parameter(tokens.token(at)?)?)?.as_str()));
    tokens.with(&(0..tokens.tokens.len()).filter_map(list).collect::<Vec<_>>())
}

/// What texts name: tables, which the crate finds in the first schema of the search path only, and functions, which are their
/// names here.
fn named(tokens: &Tokens<'_>) -> String {
    let mut found = Vec::new();
    for at in 0..tokens.tokens.len() {
        let Some(token @ (Token::SingleQuotedString(_) | Token::Placeholder(_))) = tokens.token(at) else {
            continue;
        };
        let end = if tokens.is(at + 2, "pg_catalog") { at + 4 } else { at + 2 };
        if !tokens.is(at + 1, "::") {
            continue;
        }
        if tokens.is(end, "regclass") {
            found.push((at, end, format!("oid_of_relation({token})")));
        } else if let Token::SingleQuotedString(name) = token
            && (tokens.is(end, "regproc") || tokens.is(end, "regprocedure"))
        {
            let name = name.split('(').next().unwrap_or_default();
            found.push((at, end, format!("'{}'", name.replace('\'', "''"))));
        }
    }
    tokens.with(&found)
}

/// Single words and signs that Postgres reads in its own way.
fn words(tokens: &Tokens<'_>) -> String {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.tokens.len() {
        let (until, with) = word(tokens, at).unwrap_or((at, ""));
        if !with.is_empty() || until > at {
            found.push((at, until, with));
        }
        at = until + 1;
    }
    tokens.with(&found)
}

/// What the names of columns begin with that are true or false.
const BOOLEANS: &[&str] = &[
    "attis",
    "atthas",
    "attnot",
    "condef",
    "conis",
    "conval",
    "datallow",
    "datis",
    "indis",
    "relforce",
    "relhas",
    "relis",
    "relrow",
    "rolbypass",
    "rolcan",
    "rolcreate",
    "rolinherit",
    "rolreplication",
    "rolsuper",
    "tgis",
    "typis",
    "typnot",
];

/// Functions without arguments that tools read like tables.
const IN_FROM: &[(&str, &str)] = &[
    ("current_database", "(SELECT current_database() AS current_database)"),
    ("current_schema", "(SELECT current_schema() AS current_schema)"),
    ("version", "(SELECT version() AS version)"),
];

/// Whether the oid at a place is compared with a column that names a function, on either side of it.
fn is_of_function_beside(tokens: &Tokens<'_>, at: usize) -> bool {
    let is_of_function = |at: usize| OF_FUNCTIONS.iter().any(|name| tokens.is(at, name));
    let before = if tokens.is(at.wrapping_sub(1), ".") { at.wrapping_sub(3) } else { at.wrapping_sub(1) };
    let behind = if tokens.is(at + 3, ".") { at + 4 } else { at + 2 };
    tokens.is(at + 1, "=") && is_of_function(behind)
        || tokens.is(before, "=") && is_of_function(before.wrapping_sub(1))
}

/// What stands for the tokens from one to another, if it is not themselves.
fn word(tokens: &Tokens<'_>, at: usize) -> Option<(usize, &'static str)> {
    // Functions are oids that are shown as names for Postgres, and names here: no function is 0, or `-`.
    let is_compared = |sign| tokens.is(at.wrapping_sub(1), sign) && tokens.is(at, "0");
    let is_of_function = |name: &&str| tokens.is(at.wrapping_sub(2), name);
    if ["=", "<>", "!="].into_iter().any(is_compared) && OF_FUNCTIONS.iter().any(is_of_function) {
        return Some((at, "'-'"));
    }
    // Postgres takes the texts 't' and 'f' for true and false beside a boolean.
    let is_boolean = |token: &Token| matches!(token, Token::Word(word) if BOOLEANS.iter().any(|begin| word.value.to_ascii_lowercase().starts_with(begin)));
    if tokens.is(at.wrapping_sub(1), "=") && tokens.token(at.wrapping_sub(2)).is_some_and(is_boolean) {
        match () {
            () if tokens.is(at, "'t'") || tokens.is(at, "'true'") => return Some((at, "true")),
            () if tokens.is(at, "'f'") || tokens.is(at, "'false'") => return Some((at, "false")),
            () => {}
        }
    }
    // The function that a column of a type names is one by its name.
    if tokens.is(at, "oid") && is_of_function_beside(tokens, at) {
        return Some((at, "proname"));
    }
    // A text that is made one first names a type no less.
    if tokens.is(at, "::")
        && tokens.is(at + 1, "text")
        && tokens.is(at + 2, "::")
        && tokens.is(at + 3, "regtype")
    {
        return Some((at + 1, ""));
    }
    // Names are texts.
    if tokens.is(at, "name") && tokens.is(at.wrapping_sub(1), "::") {
        return Some((at, "text"));
    }
    // Which table an object is of is asked to find what is said of it, and nothing is said of any but tables and columns.
    if tokens.is(at, "tableoid") && tokens.is(at.wrapping_sub(1), ".") {
        return None;
    }
    if tokens.is(at + 1, ".") && tokens.is(at + 2, "tableoid") {
        return Some((at + 2, "0"));
    }
    let is_call = tokens.is(at + 1, "(") && tokens.is(at + 2, ")");
    if is_call && tokens.is(at, "pg_show_all_settings") {
        return Some((at + 2, "pg_settings"));
    }
    // A function in FROM is a table of one row, called as itself.
    if is_call
        && tokens.is(at.wrapping_sub(1), "from")
        && let Some((_, table)) = IN_FROM.iter().find(|(name, _)| tokens.is(at, name))
    {
        return Some((at + 2, table));
    }
    // The function has one column less than the view.
    if tokens.is(at, "pg_available_extensions") && tokens.is(at + 1, "(") && tokens.is(at + 2, ")") {
        return Some((at + 2, AVAILABLE_EXTENSIONS));
    }
    if tokens.is(at, "pg_catalog") && tokens.is(at + 2, "pg_available_extensions") && tokens.is(at + 3, "(") {
        return Some((at + 4, AVAILABLE_EXTENSIONS));
    }
    None
}

const AVAILABLE_EXTENSIONS: &str =
    "(SELECT name, default_version, comment FROM pg_catalog.pg_available_extensions)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_names() {
        let sql = "WHERE (typreceive != 0 OR t.typsend <> 0) AND typinput = 'array_in'::regproc AND a = 0";
        let expected = "WHERE (typreceive != '-' OR t.typsend <> '-') AND typinput = 'array_in' AND a = 0";
        assert_eq!(text(sql), expected);
        assert_eq!(text("WHERE ix.indisprimary = 'f'"), "WHERE ix.indisprimary = false");
        let sql = "ON proc.oid = t.typreceive AND t.typinput = p.oid AND a.oid = b.oid";
        assert_eq!(text(sql), "ON proc.proname = t.typreceive AND t.typinput = p.proname AND a.oid = b.oid");
        let sql = "typinput = 'array_in(cstring,oid,integer)'::regprocedure";
        assert_eq!(text(sql), "typinput = 'array_in'");
    }

    #[test]
    fn words_of_postgres_are_those_that_are_known_here() {
        for (sql, expected) in [
            (
                "SELECT pgc.tableoid AS tableoid FROM a pgc WHERE tt.tableoid = d.classoid",
                "SELECT 0 AS tableoid FROM a pgc WHERE 0 = d.classoid",
            ),
            (
                "WHERE r.rulename <> '_RETURN'::name AND name = 1",
                "WHERE r.rulename <> '_RETURN'::text AND name = 1",
            ),
            (
                "FROM pg_catalog.pg_available_extensions() ae",
                "FROM (SELECT name, default_version, comment FROM pg_catalog.pg_available_extensions) ae",
            ),
            ("SELECT $1::text::regtype::oid", "SELECT $1::regtype::oid"),
            ("SELECT * FROM current_schema()", "SELECT * FROM (SELECT current_schema() AS current_schema)"),
            ("FROM pg_show_all_settings() s", "FROM pg_settings s"),
            (
                "FROM pg_catalog.pg_available_extensions ORDER BY name",
                "FROM pg_catalog.pg_available_extensions ORDER BY name",
            ),
        ] {
            assert_eq!(text(sql), expected);
        }
    }

    #[test]
    fn lists_stand_where_their_parameters_did() {
        let sql = "SELECT $2 WHERE a = ANY($1) AND b <> ALL ( $3 )";
        assert_eq!(lists(sql), ["1", "3"]);
        let lists = BTreeMap::from([("1".to_owned(), "ARRAY['r']".to_owned())]);
        assert_eq!(with_lists(sql, &lists), "SELECT $2 WHERE a = ANY(ARRAY['r']) AND b <> ALL ( $3 )");
    }

    #[test]
    fn a_row_type_is_asked_for_with_exists() {
        let sql = "WHERE (t.typrelid = 0 OR (SELECT c.relkind = 'c'  FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid))";
        let expected = "WHERE (t.typrelid = 0 OR EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.relkind = 'c' AND c.oid = t.typrelid))";
        assert_eq!(text(sql), expected);
    }
}
