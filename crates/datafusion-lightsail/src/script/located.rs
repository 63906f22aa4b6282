//! Errors of a statement, at the place that DataFusion or its parser blames, in words for people.

use datafusion::common::utils::datafusion_strsim::levenshtein;
use datafusion::common::{DataFusionError, Diagnostic};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::place::Place;
use crate::error::{Error, Kind};
use crate::session::translation::plain;

/// The error of a statement, with the place in the script that DataFusion blames, or else the statement's own.
pub fn located(error: DataFusionError, statement: &Place) -> Error {
    let blamed = error.diagnostic().and_then(|diagnostic: &Diagnostic| diagnostic.span);
    let blamed =
        blamed.map(|span| statement.moved(Location { line: span.start.line, column: span.start.column }));
    let error = Error::from(error);
    if error.kind() != Kind::Sql {
        return error;
    }
    let (message, written) = split_location(error.message());
    let place = written.map(|at| statement.moved(at)).or(blamed);
    let (mut message, hint) = plain::text(message);
    let tokens = tokens(statement);
    let place = match plain::cast(&message) {
        Some(cast) => {
            let (place, of) = cast_at(&tokens, cast.value);
            if let Some(of) = of {
                message = format!("{of}: {message}");
            }
            place
        }
        None => place.as_ref().map(Place::location).or_else(|| named_at(&tokens, &message)),
    };
    let place = place.map_or_else(|| statement.clone(), |at| statement.moved(at));
    let hint = error.hint().map(ToOwned::to_owned).or(hint);
    let located = at(&place, Error::new(Kind::Sql, message), hint);
    match error.sql_state() {
        Some(state) => located.with_sql_state(state),
        None => located,
    }
}

/// The tokens of the statement that begins at a place.
fn tokens(statement: &Place) -> Vec<TokenWithSpan> {
    let text = statement.source.from(statement.location());
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location() else {
        return Vec::new();
    };
    // Their places count from the statement.
    let moved = |at: Location| Location {
        line: at.line + statement.line - 1,
        column: if at.line == 1 { at.column + statement.column - 1 } else { at.column },
    };
    let tokens = tokens.into_iter().take_while(|token| token.token != Token::SemiColon);
    let tokens = tokens.filter(|token| !matches!(token.token, Token::Whitespace(_)));
    let span = |span: Span| Span { start: moved(span.start), end: moved(span.end) };
    tokens.map(|token| TokenWithSpan { span: span(token.span), token: token.token }).collect()
}

/// Where a cast of a text stands, and what it casts: the text itself where the statement has it, else the only cast.
fn cast_at(tokens: &[TokenWithSpan], value: &str) -> (Option<Location>, Option<String>) {
    let is_value =
        |token: &&TokenWithSpan| matches!(&token.token, Token::SingleQuotedString(text) if text == value);
    if let Some(literal) = tokens.iter().find(is_value) {
        return (Some(literal.span.start), None);
    }
    let is_cast = |at: &usize| match &tokens[*at].token {
        Token::Word(word) => word.keyword == Keyword::CAST,
        token => *token == Token::DoubleColon,
    };
    let casts: Vec<usize> = (0..tokens.len()).filter(is_cast).collect();
    let [at] = casts[..] else { return (None, None) };
    let of = match &tokens[at].token {
        Token::DoubleColon => tokens[..at].last(),
        _ => tokens.get(at + 2),
    };
    let of = of.map(|token| &token.token).filter(|token| matches!(token, Token::Word(_)));
    (Some(tokens[at].span.start), of.map(ToString::to_string))
}

/// Where the first of the names that a message has in quotes, or begins or ends with, stands.
fn named_at(tokens: &[TokenWithSpan], message: &str) -> Option<Location> {
    let quoted = message.split('\'').skip(1).step_by(2);
    let ends = message.split_whitespace().next().into_iter().chain(message.split_whitespace().last());
    let names = quoted.chain(ends).map(|name| name.rsplit('.').next().unwrap_or(name));
    let is_it = |token: &TokenWithSpan, name: &str| match &token.token {
        Token::Word(word) => word.value.eq_ignore_ascii_case(name),
        Token::SingleQuotedString(text) => text == name,
        _ => false,
    };
    // A path stands in the message as it is written, whatever is in it.
    let is_path = |token: &&TokenWithSpan| matches!(&token.token, Token::SingleQuotedString(text) if text.contains(['.', '/']) && message.contains(text.as_str()));
    if let Some(path) = tokens.iter().find(is_path) {
        return Some(path.span.start);
    }
    let mut found = names.filter_map(|name| tokens.iter().find(|token| is_it(token, name)));
    found.next().map(|token| token.span.start)
}

/// The error of a statement that does not parse and ends at `end`; `misspelt` are its words that are nearly keywords.
pub(super) fn unparsed(
    error: DataFusionError,
    statement: &Place,
    end: Location,
    misspelt: Vec<Misspelt>,
) -> Error {
    let text = Error::from(error).message().to_owned();
    let (message, written) = split_location(&text);
    // The parser has no place for what is missing at the end.
    let blamed = written.unwrap_or(end);
    if let Some(Misspelt { word, place, keyword }) = misspelt
        .into_iter()
        .rfind(|word| (word.place.line, word.place.column) <= (blamed.line, blamed.column))
    {
        let error = Error::new(Kind::Sql, format!("{word} is no keyword")).with_sql_state("42601");
        return at(&statement.moved(place), error, Some(format!("did you mean {keyword}?")));
    }
    let (message, hint) = plain::text(message);
    at(&statement.moved(blamed), Error::new(Kind::Sql, message).with_sql_state("42601"), hint)
}

fn at(place: &Place, error: Error, hint: Option<String>) -> Error {
    let error = place.blamed(error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// A word that is nearly a keyword.
pub(super) struct Misspelt {
    word: String,
    place: Location,
    keyword: &'static str,
}

/// The keywords that begin a part of a statement: one of them misspelt is taken for a name, and the error is elsewhere.
const CLAUSES: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "JOIN",
    "INNER",
    "OUTER",
    "CROSS",
    "UNION",
    "WITH",
    "VALUES",
    "DISTINCT",
    "BETWEEN",
    "DESCRIBE",
    "EXPLAIN",
    "CREATE",
    "TABLE",
    "VIEW",
    "INSERT",
    "RESET",
    "DESC",
    "USING",
    "PARTITION",
];

/// The words of a statement that are nearly keywords.
pub(super) fn misspelt(tokens: &[TokenWithSpan]) -> Vec<Misspelt> {
    let misspelt = |token: &TokenWithSpan| {
        let Token::Word(word) = &token.token else { return None };
        if word.quote_style.is_some() || word.keyword != Keyword::NoKeyword {
            return None;
        }
        let capitals = word.value.to_ascii_uppercase();
        let keyword = CLAUSES.iter().find(|keyword| is_slip(&capitals, keyword))?;
        Some(Misspelt { word: word.value.clone(), place: token.span.start, keyword })
    };
    tokens.iter().filter_map(misspelt).collect()
}

/// Whether a word is a keyword with one letter wrong, missing or too many, or two letters in each other's place.
fn is_slip(word: &str, keyword: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    match levenshtein(word, keyword) {
        1 => word.len() > 2,
        2 => sorted(word) == sorted(keyword) || keyword.len() > 5,
        _ => false,
    }
}

/// Cuts the parser's ` at Line: 2, Column: 8` off a message.
fn split_location(message: &str) -> (&str, Option<Location>) {
    let Some((head, tail)) = message.rsplit_once(" at Line: ") else { return (message, None) };
    let numbers: Vec<u64> =
        tail.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [line, column, ..] => (head, Some(Location { line, column })),
        _ => (message, None),
    }
}

#[cfg(test)]
mod tests {
    use crate::script::parse;

    #[test]
    fn a_keyword_that_is_misspelt_is_the_error() {
        for (sql, expected) in [
            ("SELEC 1", "s:1:1: SELEC is no keyword\n  SELEC 1\n  ^\nhint: did you mean SELECT?"),
            (
                "SELECT name FORM instances",
                "s:1:13: FORM is no keyword\n  SELECT name FORM instances\n              ^\nhint: did you mean FROM?",
            ),
            (
                "SELECT * FROM tags LIMT 5",
                "s:1:20: LIMT is no keyword\n  SELECT * FROM tags LIMT 5\n                     ^\nhint: did you mean LIMIT?",
            ),
            (
                "SELECT * FROM tags WEHRE key = 'a'",
                "s:1:20: WEHRE is no keyword\n  SELECT * FROM tags WEHRE key = 'a'\n                     ^\nhint: did you mean WHERE?",
            ),
        ] {
            assert_eq!(parse("s", sql).unwrap_err().to_string(), expected);
        }
        assert!(parse("s", "SELECT 1 AS form; SELECT a limt FROM b").is_ok());
    }
}
