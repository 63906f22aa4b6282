//! The text of what tools write, so that it parses: what there is nothing of here in the fewest words.

use std::collections::BTreeMap;
use std::str::CharIndices;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// What there is nothing of here. Tools ask for it as `array(SELECT …)`, which is then an empty list.
const NOTHING_OF: &[&str] = &[
    "pg_auth_members",
    "pg_enum",
    "pg_constraint",
    "attacl",
    "evttags",
    "polroles",
    "polrelid",
    "generate_subscripts",
    "reloptions",
];

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
struct Tokens<'a> {
    sql: &'a str,
    tokens: Vec<(Token, usize, usize)>,
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
    fn of(sql: &'a str) -> Option<Self> {
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

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|(token, ..)| token.to_string().eq_ignore_ascii_case(text))
    }

    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|(token, ..)| token)
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
pub(in crate::serve::catalog) fn text(sql: &str) -> String {
    [search_paths, empty_arrays, row_types, expanded_arrays, words, relations]
        .iter()
        .fold(sql.to_owned(), |sql, rewrite| {
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

/// The oids of tables, which the crate finds in the first schema of the search path only.
fn relations(tokens: &Tokens<'_>) -> String {
    let (mut text, mut done) = (String::new(), 0);
    for at in 0..tokens.tokens.len() {
        let is_name = matches!(tokens.token(at), Some(Token::SingleQuotedString(_) | Token::Placeholder(_)));
        let end = match () {
            () if tokens.is(at + 2, "regclass") => at + 2,
            () if tokens.is(at + 2, "pg_catalog") && tokens.is(at + 4, "regclass") => at + 4,
            () => continue,
        };
        if is_name && tokens.is(at + 1, "::") {
            let (_, from, to) = tokens.tokens[at];
            text += &format!("{}oid_of_relation({})", &tokens.sql[done..from], &tokens.sql[from..to]);
            done = tokens.tokens[end].2;
        }
    }
    text + &tokens.sql[done..]
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

/// What stands for the tokens from one to another, if it is not themselves.
fn word(tokens: &Tokens<'_>, at: usize) -> Option<(usize, &'static str)> {
    // Functions are oids that are shown as names for Postgres, and names here: no function is 0, or `-`.
    let is_compared = |sign| tokens.is(at.wrapping_sub(1), sign) && tokens.is(at, "0");
    let is_of_function = |name: &&str| tokens.is(at.wrapping_sub(2), name);
    if ["=", "<>", "!="].into_iter().any(is_compared) && OF_FUNCTIONS.iter().any(is_of_function) {
        return Some((at, "'-'"));
    }
    // Postgres takes the texts 't' and 'f' for true and false beside a boolean.
    let is_boolean = |token: &Token| matches!(token, Token::Word(word) if word.value.to_ascii_lowercase().starts_with("indis"));
    if tokens.is(at.wrapping_sub(1), "=") && tokens.token(at.wrapping_sub(2)).is_some_and(is_boolean) {
        match () {
            () if tokens.is(at, "'t'") => return Some((at, "true")),
            () if tokens.is(at, "'f'") => return Some((at, "false")),
            () => {}
        }
    }
    let is_text = |at| matches!(tokens.token(at), Some(Token::SingleQuotedString(_)));
    if tokens.is(at, "::") && tokens.is(at + 1, "regproc") && is_text(at.wrapping_sub(1)) {
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
