//! Whether a statement asks the system catalog: by the relations, functions, casts and registers that it names.
//!
//! Tokens are looked at, and no syntax tree: what tools ask of the catalog often parses only once it is rewritten. A column or an
//! alias may be called as anything is there.

use std::collections::HashSet;

use datafusion::sql::sqlparser::tokenizer::Token;

/// Functions that only the system catalog has, beside those that begin with `pg_`.
const FUNCTIONS: &[&str] = &[
    "col_description",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_setting",
    "format_type",
    "has_any_column_privilege",
    "has_column_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "has_schema_privilege",
    "has_sequence_privilege",
    "has_table_privilege",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "obj_description",
    "set_config",
    "shobj_description",
    "to_regclass",
    "to_regtype",
    "txid_current",
    "version",
];

/// What SQL reads like a column and is none, unless it is in quotes.
const REGISTERS: &[&str] =
    &["current_catalog", "current_role", "current_schema", "current_user", "session_user"];

/// Types whose texts are names of the catalog's.
const TYPES: &[&str] =
    &["regclass", "regnamespace", "regoper", "regoperator", "regproc", "regprocedure", "regrole", "regtype"];

/// Functions with a FROM between their arguments.
const WITH_FROM: &[&str] = &["extract", "overlay", "substring", "trim"];

/// What is known of the parentheses that a token stands in.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Whether a comma is followed by a relation.
    is_from: bool,
    is_cast: bool,
    has_from_of_function: bool,
}

/// Whether a statement of these tokens asks the system catalog.
pub(super) fn is_of_catalog(tokens: &[&Token]) -> bool {
    Tokens(tokens).is_of_catalog()
}

struct Tokens<'a>(&'a [&'a Token]);

impl Tokens<'_> {
    fn is_of_catalog(&self) -> bool {
        let own = self.queries_by_name();
        let has_relations = (0..self.0.len()).any(|at| self.keyword(at) == "from");
        let mut levels = vec![Level::default()];
        let mut is_relation = false;
        for (at, token) in self.0.iter().enumerate() {
            let mut level = levels.last().copied().unwrap_or_default();
            let word = self.keyword(at);
            is_relation = match (token, word.as_str()) {
                (Token::LParen, _) => {
                    let before = self.keyword(at.wrapping_sub(1));
                    levels.push(Level {
                        is_from: is_relation,
                        is_cast: matches!(before.as_str(), "cast" | "try_cast"),
                        has_from_of_function: WITH_FROM.contains(&before.as_str()),
                    });
                    is_relation
                }
                (Token::RParen, _) => {
                    levels.pop();
                    false
                }
                (Token::Comma, _) => level.is_from,
                (_, "from") => {
                    let is_clause =
                        !level.has_from_of_function && self.keyword(at.wrapping_sub(1)) != "distinct";
                    level.is_from |= is_clause;
                    self.keep(&mut levels, level);
                    is_clause
                }
                (_, "join") => true,
                (_, "lateral" | "only") => is_relation,
                (
                    _,
                    "select" | "where" | "group" | "order" | "having" | "limit" | "offset" | "fetch"
                    | "union" | "except" | "intersect",
                ) => {
                    level.is_from = false;
                    self.keep(&mut levels, level);
                    false
                }
                (Token::Word(_), _) => {
                    let is_own = own.contains(&self.name(at));
                    if !is_own && self.is_named(at, is_relation, level.is_cast)
                        || word == "user" && !has_relations && self.is_register(at)
                    {
                        return true;
                    }
                    false
                }
                _ => false,
            };
        }
        false
    }

    fn keep(&self, levels: &mut [Level], level: Level) {
        if let Some(last) = levels.last_mut() {
            *last = level;
        }
    }

    /// Whether the word at a place is one of the catalog's.
    fn is_named(&self, at: usize, is_relation: bool, is_in_cast: bool) -> bool {
        let name = self.name(at);
        let is_schema = matches!(name.as_str(), "pg_catalog" | "information_schema");
        let is_qualifier = self.is(at + 1, &Token::Period);
        // What has a list behind its name is no call behind AS, or behind a subquery.
        let is_alias = self.keyword(at.wrapping_sub(1)) == "as" || at > 0 && self.is(at - 1, &Token::RParen);
        let is_call = self.is(at + 1, &Token::LParen) && !is_alias;
        let is_pg = name.starts_with("pg_");
        let is_type = TYPES.contains(&name.as_str()) && {
            let is_cast = at > 0 && self.is(at - 1, &Token::DoubleColon);
            let is_literal = matches!(self.0.get(at + 1), Some(Token::SingleQuotedString(_)));
            is_cast || is_in_cast && is_alias || is_literal && !is_alias
        };
        is_schema && is_qualifier
            || is_pg && is_relation
            || is_call && (is_pg || FUNCTIONS.contains(&name.as_str()))
            || is_type
            || REGISTERS.contains(&self.keyword(at).as_str()) && self.is_register(at)
    }

    /// Whether the word at a place stands where a column could, and is not a part of a name.
    fn is_register(&self, at: usize) -> bool {
        let is_part = at > 0 && self.is(at - 1, &Token::Period) || self.is(at + 1, &Token::Period);
        !is_part && !self.is(at + 1, &Token::LParen) && self.keyword(at.wrapping_sub(1)) != "as"
    }

    /// The names that WITH gives.
    fn queries_by_name(&self) -> HashSet<String> {
        let is_with = |at: usize| {
            let before = at.wrapping_sub(1);
            matches!(self.keyword(before).as_str(), "with" | "recursive") || self.is(before, &Token::Comma)
        };
        let is_query = |at: usize| {
            let as_at = if self.is(at + 1, &Token::LParen) { self.end(at + 1) + 1 } else { at + 1 };
            let behind = match self.keyword(as_at + 1).as_str() {
                "materialized" => as_at + 2,
                "not" => as_at + 3,
                _ => as_at + 1,
            };
            self.keyword(as_at) == "as" && self.is(behind, &Token::LParen)
        };
        let names = (0..self.0.len()).filter(|at| is_with(*at) && is_query(*at));
        names.map(|at| self.name(at)).filter(|name| !name.is_empty()).collect()
    }

    /// Where the parenthesis ends that begins at a place.
    fn end(&self, begin: usize) -> usize {
        let mut depth = 0_usize;
        for (at, token) in self.0.iter().enumerate().skip(begin) {
            match token {
                Token::LParen => depth += 1,
                Token::RParen if depth == 1 => return at,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        self.0.len()
    }

    fn is(&self, at: usize, token: &Token) -> bool {
        self.0.get(at).is_some_and(|one| *one == token)
    }

    /// A word that is not in quotes, in small letters; empty if there is none.
    fn keyword(&self, at: usize) -> String {
        match self.0.get(at) {
            Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    /// The name that a word is, as SQL reads it.
    fn name(&self, at: usize) -> String {
        match self.0.get(at) {
            Some(Token::Word(word)) if word.quote_style.is_some() => word.value.clone(),
            _ => self.keyword(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion_lightsail::script::split;

    use super::*;

    fn asks_catalog(sql: &str) -> bool {
        let mut found = None;
        split("s", sql, |statement| {
            let tokens: Vec<&Token> = statement.tokens().collect();
            found = Some(is_of_catalog(&tokens));
            Ok(())
        })
        .unwrap();
        found.unwrap()
    }

    #[test]
    fn what_names_a_thing_of_the_catalog_is_asked_of_it() {
        for sql in [
            "SELECT * FROM pg_class",
            "SELECT 1 FROM a, pg_type t",
            "SELECT 1 FROM (a JOIN LATERAL pg_type t ON true)",
            "SELECT x FROM \"pg_catalog\".\"pg_class\"",
            "select 1 from lightsail.INFORMATION_SCHEMA.tables",
            "SELECT version()",
            "SELECT name FROM instances WHERE name = current_user",
            "SELECT current_user",
            "SELECT user",
            "SELECT 'a'::regclass",
            "SELECT CAST('a' AS regclass)",
            "SELECT regclass 'a'",
            "SELECT pg_catalog.format_type(1, 2)",
            "SELECT 1 WHERE 'a' OPERATOR(pg_catalog.=) 'a'",
            "SELECT * FROM (SELECT 1 FROM pg_class) x",
            "WITH a AS (SELECT 1) SELECT * FROM a JOIN pg_class ON true",
            "SELECT EXISTS (SELECT FROM pg_tables)",
        ] {
            assert!(asks_catalog(sql), "{sql}");
        }
    }

    #[test]
    fn columns_and_aliases_are_called_as_they_like() {
        for sql in [
            "SELECT name AS current_user FROM instances",
            "SELECT \"current_user\" FROM (SELECT name AS current_user FROM instances) x",
            "SELECT x.current_user, x.user FROM (SELECT name AS \"current_user\", 1 AS user FROM instances) x",
            "SELECT 1 AS user",
            "SELECT name AS pg_name FROM instances AS pg_i ORDER BY pg_name",
            "SELECT pg_i.name FROM instances pg_i WHERE pg_i.name IN (SELECT name FROM disks)",
            "SELECT extract(day FROM pg_time) FROM (SELECT created_at AS pg_time FROM instances) t",
            "SELECT name IS DISTINCT FROM pg_name FROM (SELECT name, region AS pg_name FROM instances) t",
            "WITH pg_mine AS (SELECT name FROM instances) SELECT * FROM pg_mine",
            "WITH a AS (SELECT 1), pg_mine (n) AS NOT MATERIALIZED (SELECT 1) SELECT * FROM a, pg_mine",
            "SELECT pg_x.a FROM (SELECT 1) pg_x(a)",
            "SELECT pg_x.a FROM (VALUES (1)) AS pg_x(a)",
            "SELECT version FROM (SELECT 1 AS version) x",
            "SELECT (SELECT 1 AS regclass) AS regtype",
            "SELECT 'pg_class', 'current_user'",
            "SELECT max(name), pg_a FROM (SELECT name, region AS pg_a FROM instances) t GROUP BY pg_a",
        ] {
            assert!(!asks_catalog(sql), "{sql}");
        }
    }
}
