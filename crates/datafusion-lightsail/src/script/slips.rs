//! What keeps a statement from being read, told from its words: what was meant, and how it is written here.
//!
//! The parser says what it expected at the first word that it cannot take. Each rule here looks at the words around that
//! place, and up to it, for one slip that people make.

mod clauses;
mod forms;
mod operators;
mod places;

use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use crate::error::{Error, Kind};
pub(super) use forms::TYPOGRAPHIC;

/// What is wrong, where it stands, and what to write.
pub(super) struct Slip {
    pub(super) place: Location,
    pub(super) what: String,
    pub(super) hint: String,
}

impl Slip {
    pub(super) fn error(&self) -> Error {
        Error::new(Kind::Sql, self.what.clone())
    }
}

/// A statement that the parser cannot take, without its white space.
pub(super) struct Typed<'a> {
    tokens: Vec<&'a TokenWithSpan>,
    /// How many parentheses are open before each token, and at the end.
    depths: Vec<usize>,
    /// The token that the parser blames; their number where the statement ends too early.
    at: usize,
    end: Location,
}

/// The rules, those that are sure of their slip first.
const RULES: &[fn(&Typed<'_>) -> Option<Slip>] = &[
    forms::quotes,
    forms::beginning,
    forms::written_otherwise,
    forms::parameters,
    clauses::without_by,
    clauses::case,
    operators::like,
    operators::signs,
    operators::words,
    operators::is,
    operators::not,
    operators::lists,
    operators::between,
    operators::intervals,
    places::nothing_follows,
    clauses::order,
    places::commas,
    places::parentheses,
    places::between_two,
];

/// The slip that keeps the parser from taking the token at `blamed`, or the end of the statement.
pub(super) fn find(tokens: &[TokenWithSpan], blamed: Location, end: Location) -> Option<Slip> {
    let tokens: Vec<&TokenWithSpan> = tokens.iter().filter(|token| !super::is_space(token)).collect();
    let is_behind = |token: &&&TokenWithSpan| {
        (token.span.start.line, token.span.start.column) < (blamed.line, blamed.column)
    };
    let at = tokens.iter().take_while(is_behind).count();
    let mut depth = 0_usize;
    let mut depths = Vec::with_capacity(tokens.len() + 1);
    for token in &tokens {
        if token.token == Token::RParen {
            depth = depth.saturating_sub(1);
        }
        depths.push(depth);
        if token.token == Token::LParen {
            depth += 1;
        }
    }
    depths.push(depth);
    let typed = Typed { tokens, depths, at, end };
    RULES.iter().find_map(|rule| rule(&typed))
}

impl Typed<'_> {
    fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index).map(|token| &token.token)
    }

    /// The token before the one that is blamed, or an earlier one.
    fn before(&self, back: usize) -> Option<&Token> {
        self.token(self.at.checked_sub(back)?)
    }

    /// Whether one of these words stands there, without quotes.
    fn is(&self, index: usize, words: &[&str]) -> bool {
        self.word(index).is_some_and(|word| words.iter().any(|other| word.eq_ignore_ascii_case(other)))
    }

    fn is_before(&self, back: usize, words: &[&str]) -> bool {
        self.at.checked_sub(back).is_some_and(|index| self.is(index, words))
    }

    /// The word there, if it is one without quotes.
    fn word(&self, index: usize) -> Option<&str> {
        match self.token(index)? {
            Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
            _ => None,
        }
    }

    fn place(&self, index: usize) -> Location {
        self.tokens.get(index).map_or(self.end, |token| token.span.start)
    }

    /// The words and signs from there on between which there is no space, up to a comma or a parenthesis.
    fn glued(&self, index: usize) -> String {
        let rest = self.tokens.get(index..).unwrap_or_default();
        let mut text = String::new();
        for (number, token) in rest.iter().enumerate() {
            let touches = number == 0 || rest[number - 1].span.end == token.span.start;
            let ends = matches!(token.token, Token::Comma | Token::LParen | Token::RParen | Token::LBracket);
            if !touches || ends {
                break;
            }
            text += &token.token.to_string();
        }
        text
    }

    /// What stands there as a text of SQL, in its quotes.
    fn quoted(&self, index: usize) -> String {
        let glued = self.glued(index);
        if glued.starts_with('\'') { glued } else { format!("'{}'", glued.trim_matches('"')) }
    }

    fn slip(&self, index: usize, what: impl Into<String>, hint: impl Into<String>) -> Option<Slip> {
        Some(Slip { place: self.place(index), what: what.into(), hint: hint.into() })
    }
}

#[cfg(test)]
mod tests;
