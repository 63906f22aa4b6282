//! SQL as it is typed: tokens with their places, however unfinished the text is.

use std::ops::Range;

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

/// The words that completion offers and highlighting shows as keywords. SQL has many more, but most of those are
/// names in a query rather than keywords, `name` and `type` for instance.
#[rustfmt::skip]
pub(super) const KEYWORDS: &[&str] = &[
    "ALL", "ANALYZE", "AND", "ANTI", "ANY", "AS", "ASC", "BETWEEN", "BIGINT", "BOOLEAN", "BY", "CASE",
    "CAST", "COLUMNS", "COPY", "CREATE", "CROSS", "CUBE", "CURRENT_DATE", "CURRENT_TIMESTAMP", "DATE",
    "DESC", "DESCRIBE", "DISTINCT", "DOUBLE", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT", "EXISTS",
    "EXPLAIN", "EXTERNAL", "EXTRACT", "FALSE", "FETCH", "FILTER", "FOLLOWING", "FROM", "FULL",
    "FUNCTIONS", "GROUP", "GROUPING", "HAVING", "IF", "ILIKE", "IN", "INNER", "INTEGER", "INTERSECT",
    "INTERVAL", "INTO", "IS", "JOIN", "LATERAL", "LEFT", "LIKE", "LIMIT", "NATURAL", "NOT", "NULL",
    "NULLS", "OFFSET", "ON", "OR", "ORDER", "OUTER", "OVER", "PARTITION", "PRECEDING", "QUALIFY",
    "RECURSIVE", "REPLACE", "RESET", "RIGHT", "ROLLUP", "ROWS", "SCHEMA", "SELECT", "SEMI", "SET", "SETS",
    "SHOW", "SIMILAR", "STORED", "TABLE", "TABLES", "THEN", "TIMESTAMP", "TO", "TRUE", "TRY_CAST",
    "UNBOUNDED", "UNION", "UNNEST", "USING", "VALUES", "VARCHAR", "VERBOSE", "VIEW", "WHEN", "WHERE",
    "WINDOW", "WITH",
];

/// Whether the token is one of these words, which are written in capitals.
pub(super) fn is_word(token: &Token, words: &[&str]) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none()
        && words.iter().any(|other| word.value.eq_ignore_ascii_case(other)))
}

/// A token and its bytes in the text.
pub(super) type Lexeme = (Range<usize>, Token);

/// The tokens of the text, and where the rest begins that is none: a string or a comment that is still open.
pub(super) fn lex(text: &str) -> (Vec<Lexeme>, usize) {
    let mut tokens = Vec::new();
    // After an error the tokens before it are in the buffer.
    let whole = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location_into_buf(&mut tokens).is_ok();
    let mut chars = text.chars();
    let mut here = Location { line: 1, column: 1 };
    let mut byte_at = |place: Location| {
        while (here.line, here.column) < (place.line, place.column) {
            match chars.next() {
                Some('\n') => here = Location { line: here.line + 1, column: 1 },
                Some(_) => here.column += 1,
                None => break,
            }
        }
        text.len() - chars.as_str().len()
    };
    let lexemes: Vec<Lexeme> = tokens
        .into_iter()
        .map(|token| (byte_at(token.span.start)..byte_at(token.span.end), token.token))
        .collect();
    let end = lexemes.last().map_or(0, |(range, _)| range.end);
    (lexemes, if whole { text.len() } else { end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_where_they_stand() {
        let text = "SELECT '日本', ä.b -- c\nFROM \"x y\"";
        let (lexemes, rest) = lex(text);
        let parts: Vec<_> = lexemes.into_iter().map(|(range, _)| &text[range]).collect();
        assert_eq!(parts.concat(), text);
        assert!(parts.contains(&"'日本'") && parts.contains(&"ä") && parts.contains(&"\"x y\""), "{parts:?}");
        assert_eq!(rest, text.len());
    }

    #[test]
    fn the_rest_begins_where_something_is_open() {
        for open in ["'a; b\nc", "\"a", "/* a", "$$ a"] {
            let text = format!("SELECT ä, {open}");
            assert_eq!(&text[lex(&text).1..], open);
        }
    }

    #[test]
    fn keywords_are_sorted_and_in_capitals() {
        assert!(KEYWORDS.is_sorted());
        assert!(KEYWORDS.iter().all(|word| word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
    }
}
