//! Errors of a statement, at the place that DataFusion or its parser blames, in words for people.

use std::sync::Arc;

use datafusion::common::utils::datafusion_strsim::levenshtein;
use datafusion::common::{DataFusionError, Diagnostic};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::pieces::Open;
use super::place::{Place, Source};
use super::{blamed, slips, statements};
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
    let theirs = plain::bare(message).to_owned();
    let tokens = blamed::tokens(statement);
    if ["Unsupported SQL statement:", "Unsupported logical plan:"]
        .iter()
        .any(|begin| theirs.starts_with(begin))
    {
        let (what, hint) = statements::elsewhere(&tokens);
        return at(statement, Error::new(Kind::Sql, what).with_sql_state("0A000"), Some(hint));
    }
    let (mut message, hint) = plain::text(message);
    if let Some(Misspelt { word, place, keyword }) = blamed::misspelt(&message, &tokens) {
        let error = Error::new(Kind::Sql, format!("{word} is no keyword"));
        return at(&statement.moved(place), error, Some(format!("did you mean {keyword}?")));
    }
    let place = match plain::cast(&message) {
        Some(cast) => {
            let (place, of) = blamed::cast(&tokens, cast.value);
            if let Some(of) = of {
                message = format!("{of}: {message}");
            }
            place
        }
        None => place.as_ref().map(Place::location).or_else(|| blamed::place(&tokens, &theirs, &message)),
    };
    let hint = error.hint().map(ToOwned::to_owned).or(hint);
    let hint = hint.map(|hint| whole(&hint, &message, &tokens, place, &theirs));
    let mut located = Error::new(Kind::Sql, message);
    if let Some(state) = error.sql_state() {
        located = located.with_sql_state(state);
    }
    match place {
        Some(place) => at(&statement.moved(place), located, hint),
        // A caret below what is not to blame would mislead.
        None => hinted(located.at(statement), hint),
    }
}

/// A hint with what the statement itself has: the whole of a text that had no quotes, the interval that was meant.
fn whole(
    hint: &str,
    message: &str,
    tokens: &[TokenWithSpan],
    place: Option<Location>,
    theirs: &str,
) -> String {
    let begin = tokens.iter().position(|token| Some(token.span.start) == place);
    if let (Some(begin), Some(name)) = (begin, message.strip_prefix("there is no column "))
        && hint == format!("text is in single quotes: '{name}'")
    {
        let touching = tokens[begin..].windows(2).take_while(|pair| {
            let goes_on = matches!(
                pair[1].token,
                Token::Word(_) | Token::Number(..) | Token::Minus | Token::Period | Token::Colon
            );
            goes_on && pair[0].span.end == pair[1].span.start
        });
        let rest: String = touching.map(|pair| pair[1].token.to_string()).collect();
        return format!("text is in single quotes: '{name}{rest}'");
    }
    let literal = plain::Operation::of(theirs).filter(|_| plain::Operation::is_of_time(theirs));
    let literal = literal.and_then(|operation| blamed::operator(tokens, operation.operator)?.1);
    match (literal, hint.split_once("INTERVAL '")) {
        (Some(Token::Number(number, _)), Some((before, _))) => format!("{before}INTERVAL '{number} days'"),
        (Some(Token::SingleQuotedString(text)), Some((before, _))) => format!("{before}INTERVAL '{text}'"),
        _ => hint.to_owned(),
    }
}

/// The error of a text, a name or a comment that has no end.
pub(super) fn unended(open: &Open, source: &Arc<Source>) -> Error {
    let place = Place::new(source, open.begin);
    let rest = source.from(open.begin);
    let (what, hint) = match rest.chars().next() {
        Some('/') => ("comment", "*/ ends it".to_owned()),
        Some('"' | '`') => {
            let quote = &rest[..1];
            ("name", format!("its last {quote} is missing; text is in single quotes"))
        }
        Some('\'' | '$') => {
            let typed = rest.trim_start_matches('\'');
            let hint = match typed.find(slips::TYPOGRAPHIC) {
                Some(end) => {
                    let quote = typed[end..].chars().next().unwrap_or_default();
                    format!("{quote} is no quote of SQL: text is in single quotes, '{}'", &typed[..end])
                }
                None => "its last ' is missing; a ' in it is written twice: 'it''s'".to_owned(),
            };
            ("text", hint)
        }
        _ => return place.blamed(Error::new(Kind::Sql, open.message.clone())).with_sql_state("42601"),
    };
    let error = Error::new(Kind::Sql, format!("the {what} that begins here has no end"));
    at(&place, error.with_sql_state("42601"), Some(hint))
}

/// The error of a statement of these tokens that does not parse and ends at `end`.
pub(super) fn unparsed(
    error: DataFusionError,
    statement: &Place,
    end: Location,
    tokens: &[TokenWithSpan],
) -> Error {
    let text = Error::from(error).message().to_owned();
    let (message, written) = split_location(&text);
    // The parser has no place for what is missing at the end.
    let blamed = written.unwrap_or(end);
    if let Some(Misspelt { word, place, keyword }) = misspelt(tokens)
        .into_iter()
        .rfind(|word| (word.place.line, word.place.column) <= (blamed.line, blamed.column))
    {
        let error = Error::new(Kind::Sql, format!("{word} is no keyword")).with_sql_state("42601");
        return at(&statement.moved(place), error, Some(format!("did you mean {keyword}?")));
    }
    if let Some(slip) = slips::find(tokens, blamed, end) {
        return at(&statement.moved(slip.place), slip.error().with_sql_state("42601"), Some(slip.hint));
    }
    let (message, hint) = plain::text(message);
    let (message, hint) = unexpected(&message).unwrap_or((message, hint));
    at(&statement.moved(blamed), Error::new(Kind::Sql, message).with_sql_state("42601"), hint)
}

/// What the parser expected, in our words.
fn unexpected(message: &str) -> Option<(String, Option<String>)> {
    let (expected, found) = message.strip_prefix("Expected: ")?.split_once(", found")?;
    let expected = match expected {
        "end of statement" => "an operator, a comma, or the end of the statement",
        expected => expected,
    };
    let what = match found.trim_start_matches(": ").trim() {
        "EOF" => "the statement ends too early".to_owned(),
        "" => "this does not belong here".to_owned(),
        found => format!("{found} does not belong here"),
    };
    Some((what, Some(format!("expected: {expected}"))))
}

fn at(place: &Place, error: Error, hint: Option<String>) -> Error {
    hinted(place.blamed(error), hint)
}

fn hinted(error: Error, hint: Option<String>) -> Error {
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// A word that is nearly a keyword.
pub(super) struct Misspelt {
    pub(super) word: String,
    pub(super) place: Location,
    pub(super) keyword: &'static str,
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
