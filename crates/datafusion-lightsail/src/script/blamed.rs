//! Which part of a statement an error is about, where DataFusion does not say.
//!
//! What fails while it runs has lost its place. The text that it complains of, or the only operator that can fail so, still
//! stands in the statement; where more than one could be meant, none is.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::{Keyword, RESERVED_FOR_TABLE_ALIAS};
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::located::{self, Misspelt};
use super::place::Place;
use crate::session::translation::plain;

/// The tokens of the statement that begins at a place.
pub(super) fn tokens(statement: &Place) -> Vec<TokenWithSpan> {
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
pub(super) fn cast(tokens: &[TokenWithSpan], value: &str) -> (Option<Location>, Option<String>) {
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
fn named(tokens: &[TokenWithSpan], message: &str) -> Option<Location> {
    let quoted = message.split('\'').skip(1).step_by(2);
    let ends = message.split_whitespace().next().into_iter().chain(message.split_whitespace().last());
    // An article may be the alias of a table.
    let ends = ends.filter(|word| !["a", "an", "the"].contains(word));
    let parameters = message.split_whitespace().filter(|word| word.starts_with(['$', ':', '?']));
    let names = parameters.chain(quoted).chain(ends);
    let names = names.map(|name| name.rsplit('.').next().unwrap_or(name).trim_end_matches("()"));
    // A keyword in a message is a word of its sentence, unless there is no such thing.
    let may_be_keyword = message.starts_with("there is no ");
    let is_it = |token: &TokenWithSpan, name: &str| match &token.token {
        Token::Placeholder(parameter) => parameter == name,
        Token::Word(word) => {
            word.value.eq_ignore_ascii_case(name)
                && (may_be_keyword || !RESERVED_FOR_TABLE_ALIAS.contains(&word.keyword))
        }
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

/// What can fail while it runs: how its error begins, in DataFusion's words, and the tokens that do it.
struct Failure {
    theirs: &'static str,
    is_it: fn(&Token) -> bool,
    /// Whether the error is about what follows.
    is_before: bool,
}

const FAILURES: &[Failure] = &[
    Failure {
        theirs: "Cannot access field",
        is_it: |token| matches!(token, Token::Period | Token::LBracket),
        is_before: false,
    },
    Failure { theirs: "LIMIT must be", is_it: |token| is_keyword(token, Keyword::LIMIT), is_before: true },
    Failure {
        theirs: "Divide by zero",
        is_it: |token| matches!(token, Token::Div | Token::DuckIntDiv | Token::Mod),
        is_before: false,
    },
    Failure {
        theirs: "Cannot create filter with non-boolean predicate",
        is_it: |token| matches!(token, Token::Word(word) if matches!(word.keyword, Keyword::WHERE | Keyword::HAVING)),
        is_before: true,
    },
    Failure {
        theirs: "Expected LIMIT to be",
        is_it: |token| matches!(token, Token::Word(word) if matches!(word.keyword, Keyword::LIMIT | Keyword::FIRST | Keyword::NEXT)),
        is_before: true,
    },
    Failure {
        theirs: "Expected OFFSET to be",
        is_it: |token| matches!(token, Token::Word(word) if word.keyword == Keyword::OFFSET),
        is_before: true,
    },
];

fn is_keyword(token: &Token, keyword: Keyword) -> bool {
    matches!(token, Token::Word(word) if word.keyword == keyword)
}

/// The only operator of a statement that is written so, with what stands around it; of several the one beside a literal.
pub(super) fn operator<'t>(
    tokens: &'t [TokenWithSpan],
    written: &str,
) -> Option<(&'t TokenWithSpan, Option<&'t Token>)> {
    let is_it = |index: &usize| tokens[*index].token.to_string().eq_ignore_ascii_case(written);
    let found: Vec<usize> = (0..tokens.len()).filter(is_it).collect();
    let literal = |index: usize| {
        let next = tokens.get(index + 1).map(|token| &token.token);
        next.filter(|token| matches!(token, Token::Number(..) | Token::SingleQuotedString(_)))
    };
    match found[..] {
        [index] => Some((&tokens[index], literal(index))),
        _ => {
            let mut beside = found.into_iter().filter(|&index| literal(index).is_some());
            let (index, None) = (beside.next()?, beside.next()) else { return None };
            Some((&tokens[index], literal(index)))
        }
    }
}

/// Where the value of a SET stands.
fn value_of_set(tokens: &[TokenWithSpan]) -> Option<Location> {
    is_keyword(&tokens.first()?.token, Keyword::SET).then_some(())?;
    let mut values =
        tokens.iter().skip_while(|token| token.token != Token::Eq && !is_keyword(&token.token, Keyword::TO));
    values.nth(1).map(|token| token.span.start)
}

/// Where that stands which is not read, by the words that the message begins with.
fn unread(tokens: &[TokenWithSpan], ours: &str) -> Option<Location> {
    let what = ours.strip_suffix(" is not read here")?;
    let word = what.split(' ').next()?;
    // A keyword is written as anybody likes, and so is a function of `*`.
    let any_case = what.contains('*') || word.len() > 1 && word.chars().all(char::is_uppercase);
    let is_it = |token: &&TokenWithSpan| {
        let text = token.token.to_string();
        text == word || any_case && text.eq_ignore_ascii_case(word)
    };
    let mut found = tokens.iter().filter(is_it);
    if what.ends_with(" behind a comparison") {
        return found.next_back().map(|token| token.span.start);
    }
    let (token, None) = (found.next()?, found.next()) else { return None };
    Some(token.span.start)
}

/// Where that stands which a message is about, in DataFusion's words and in ours.
pub(super) fn place(tokens: &[TokenWithSpan], theirs: &str, ours: &str) -> Option<Location> {
    if let Some(operation) = plain::Operation::of(theirs) {
        return operator(tokens, operation.operator).map(|(token, _)| token.span.start);
    }
    if let Some(failure) = FAILURES.iter().find(|failure| theirs.contains(failure.theirs)) {
        let mut found = (0..tokens.len()).filter(|&index| (failure.is_it)(&tokens[index].token));
        let (index, None) = (found.next()?, found.next()) else { return None };
        return tokens.get(index + usize::from(failure.is_before)).map(|token| token.span.start);
    }
    let found = regular_expression(tokens, theirs).or_else(|| unread(tokens, ours));
    found.or_else(|| named(tokens, ours)).or_else(|| value_of_set(tokens))
}

/// Where the regular expression stands that an error of the crate `regex` shows between its lines.
fn regular_expression(tokens: &[TokenWithSpan], theirs: &str) -> Option<Location> {
    let (_, shown) = theirs.split_once("regex parse error:\n    ")?;
    let pattern = shown.lines().next()?;
    let is_it =
        |token: &&TokenWithSpan| matches!(&token.token, Token::SingleQuotedString(text) if text == pattern);
    tokens.iter().find(is_it).map(|token| token.span.start)
}

/// The keyword that was taken for a name, where that is why there is no such column: `SELECT name, FORM instances` has no
/// FROM, and `SELECT DISTICT name` a column of that name.
pub(super) fn misspelt(message: &str, tokens: &[TokenWithSpan]) -> Option<Misspelt> {
    let column = message.strip_prefix("there is no column ")?;
    let has_from =
        tokens.iter().any(|token| matches!(&token.token, Token::Word(word) if word.keyword == Keyword::FROM));
    let mut words = located::misspelt(tokens).into_iter();
    words.find(|word| word.word.eq_ignore_ascii_case(column) || !has_from && word.keyword == "FROM")
}
