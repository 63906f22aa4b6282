//! What Tab offers inside a string: the values of the column that it is compared with, of a setting, or files.

use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::tokenizer::Token;
use rustyline::completion::Pair;

use super::offer::{Offer, files};
use crate::shell::lex::{Lexeme, is_word};
use crate::shell::sources::Sources;
use crate::shell::values;
use datafusion_lightsail::session::Policy;

/// The candidates for a string that is open: `typed` is what stands behind its quote, `done` the statement before it.
pub(super) fn string(
    context: &SessionContext,
    policy: Policy,
    statement: &[&Lexeme],
    done: usize,
    typed: &str,
) -> (usize, Vec<Pair>) {
    let mut offer = Offer::new(typed);
    let tokens: Vec<&Token> = statement[..done].iter().map(|(_, token)| token).collect();
    let found = match tokens[..] {
        [verb, Token::Word(space), Token::Period, Token::Word(name), ref rest @ ..]
            if is_word(verb, &["SET"]) && space.value.eq_ignore_ascii_case("lightsail") && rest.len() < 2 =>
        {
            // Lists are separated by commas.
            let part = typed.rfind(',').map_or(0, |comma| comma + 1);
            let mut offer = Offer::new(&typed[part..]);
            values::of_setting(context, &name.value).iter().for_each(|value| offer.add(value));
            return (part, offer.found);
        }
        [.., from] if is_word(from, &["FROM", "JOIN", "TO", "LOCATION"]) => {
            return files(policy, typed);
        }
        [.., Token::Word(map), Token::LBracket] => {
            let is_map = map.value.eq_ignore_ascii_case("tags");
            if is_map { values::tag_keys() } else { Vec::new() }
        }
        _ => match column(&tokens) {
            Some(column) => {
                let tables = Sources::of(statement).tables;
                let tables: Vec<&str> = tables.iter().map(|source| source.table.table()).collect();
                values::of_column(context, &tables, &column)
            }
            None => Vec::new(),
        },
    };
    found.iter().for_each(|value| offer.add(&value.replace('\'', "''")));
    for pair in &mut offer.found {
        pair.replacement.push('\'');
    }
    (0, offer.found)
}

/// The column, or the tag of a map, that is compared with what comes behind these tokens.
pub(super) fn column(tokens: &[&Token]) -> Option<String> {
    let mut before = tokens.iter().rev();
    let mut token = before.next()?;
    if matches!(token, Token::Comma | Token::LParen) {
        // Behind other values of a list.
        let mut rest = tokens.iter().rev().skip_while(|token| {
            matches!(token, Token::Comma | Token::SingleQuotedString(_) | Token::Number(..))
        });
        if !matches!(rest.next(), Some(Token::LParen)) {
            return None;
        }
        before = rest_of(tokens)?;
        token = before.next()?;
        if !is_word(token, &["IN"]) {
            return None;
        }
    } else if !matches!(token, Token::Eq | Token::DoubleEq | Token::Neq)
        && !is_word(token, &["LIKE", "ILIKE"])
    {
        return None;
    }
    let mut token = before.next()?;
    if is_word(token, &["NOT"]) {
        token = before.next()?;
    }
    match (token, before.next(), before.next()) {
        (Token::Word(word), ..) => Some(word.value.to_lowercase()),
        (Token::RBracket, Some(Token::SingleQuotedString(key)), Some(Token::LBracket)) => {
            Some(values::tag(key))
        }
        _ => None,
    }
}

/// The tokens before the last parenthesis, the last first.
fn rest_of<'t>(tokens: &'t [&'t Token]) -> Option<std::iter::Rev<std::slice::Iter<'t, &'t Token>>> {
    let open = tokens.iter().rposition(|token| **token == Token::LParen)?;
    Some(tokens[..open].iter().rev())
}
