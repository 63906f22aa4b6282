//! The tables that a statement reads, as far as it is typed.

use datafusion::common::TableReference;
use datafusion::sql::sqlparser::tokenizer::{Token, Word};

use super::lex::{KEYWORDS, Lexeme, is_word};

/// A table and the name by which the statement calls it.
#[derive(Debug, PartialEq)]
pub(super) struct Source {
    pub(super) alias: String,
    pub(super) table: TableReference,
}

impl Source {
    /// The name that a word of SQL means.
    pub(super) fn name_of(word: &Word) -> String {
        if word.quote_style.is_some() { word.value.clone() } else { word.value.to_lowercase() }
    }
}

/// All tables of a statement, those of its subqueries included.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) tables: Vec<Source>,
    /// Whether the next word is a table's name.
    pub(super) is_open: bool,
}

impl Sources {
    /// Reads the tables off the tokens, which need not be a whole statement and hold no spaces.
    pub(super) fn of(tokens: &[&Lexeme]) -> Self {
        let mut sources = Self::default();
        let mut in_list = false;
        let mut tokens = tokens.iter().map(|(_, token)| token).peekable();
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(word) if sources.is_open && !is_word(token, KEYWORDS) => {
                    sources.is_open = false;
                    let mut name = vec![word];
                    while tokens.next_if(|token| **token == Token::Period).is_some() {
                        let Some(Token::Word(part)) = tokens.next() else { break };
                        name.push(part);
                    }
                    tokens.next_if(|token| is_word(token, &["AS"]));
                    let alias = tokens.next_if(|token| is_name(token));
                    sources.add(&name, alias);
                }
                Token::Comma => sources.is_open = in_list,
                // Parentheses hold a subquery or arguments: a comma behind them is rarely one between tables.
                Token::LParen | Token::RParen => (in_list, sources.is_open) = (false, false),
                token if is_word(token, KEYWORDS) => {
                    in_list = is_word(token, &["FROM", "JOIN"]);
                    sources.is_open = in_list || is_word(token, &["COPY", "DESCRIBE", "TABLE", "VIEW"]);
                }
                _ => {}
            }
        }
        sources
    }

    fn add(&mut self, name: &[&Word], alias: Option<&Token>) {
        let parts: Vec<_> = name.iter().map(|word| Source::name_of(word)).collect();
        let table = match &parts[..] {
            [table] => TableReference::bare(table.as_str()),
            [schema, table] => TableReference::partial(schema.as_str(), table.as_str()),
            [catalog, schema, table] => {
                TableReference::full(catalog.as_str(), schema.as_str(), table.as_str())
            }
            _ => return,
        };
        let alias = match alias {
            Some(Token::Word(alias)) => Source::name_of(alias),
            _ => table.table().to_owned(),
        };
        self.tables.push(Source { alias, table });
    }
}

fn is_name(token: &Token) -> bool {
    matches!(token, Token::Word(_)) && !is_word(token, KEYWORDS)
}

#[cfg(test)]
mod tests {
    use super::super::lex::lex;
    use super::*;

    fn sources(sql: &str) -> (Vec<String>, bool) {
        let (lexemes, _) = lex(sql);
        let tokens: Vec<_> =
            lexemes.iter().filter(|(_, token)| !matches!(token, Token::Whitespace(_))).collect();
        let sources = Sources::of(&tokens);
        let tables = sources.tables.iter().map(|source| format!("{}={}", source.alias, source.table));
        (tables.collect(), sources.is_open)
    }

    #[test]
    fn tables_and_their_aliases() {
        for (sql, expected) in [
            ("SELECT name FROM Instances WHERE a", vec!["instances=instances"]),
            ("FROM instances i JOIN disks AS d ON i.arn = d.arn", vec!["i=instances", "d=disks"]),
            ("FROM instances i, disks d, \"My Table\"", vec!["i=instances", "d=disks", "My Table=My Table"]),
            ("FROM public.ports LEFT JOIN a.b.c x USING (f)", vec!["ports=public.ports", "x=a.b.c"]),
            ("SELECT * FROM (SELECT a, b FROM tags) t, x", vec!["tags=tags"]),
            ("SELECT a, b", vec![]),
        ] {
            assert_eq!(sources(sql), (expected.into_iter().map(str::to_owned).collect(), false), "{sql}");
        }
    }

    #[test]
    fn where_a_table_must_follow() {
        for open in
            ["SELECT a FROM", "FROM a,", "FROM a JOIN", "DESCRIBE", "DROP VIEW", "FROM a i, b LEFT JOIN"]
        {
            assert!(sources(open).1, "{open}");
        }
        for closed in ["SELECT a,", "FROM a WHERE b,", "FROM a ON f(b,", "SELECT", "FROM a"] {
            assert!(!sources(closed).1, "{closed}");
        }
    }
}
