//! The tokens of a long text, a piece at a time: a token takes a hundred times the memory of its letter.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// How long a piece is at least, in bytes, unless the text ends before.
const LEAST: usize = 64 << 10;

/// Where the piece ends that has `least` bytes: behind the first `;` from there on, or with the text. A string or a comment
/// may still be open there; then a longer one is asked for, of [`longer`] bytes.
pub fn end(text: &str, least: usize) -> usize {
    let rest = text.as_bytes().get(least.saturating_sub(1)..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b';').map_or(text.len(), |at| least.max(1) + at)
}

/// How many bytes the first piece has at least that is tried.
pub fn first() -> usize {
    LEAST
}

/// How many bytes the next piece has at least, after one of so many that ends within a string or a comment.
pub fn longer(least: usize) -> usize {
    least.saturating_mul(2)
}

/// The tokens of a text in pieces, each of which ends with a `;` or with the text. Places count from the text's beginning.
pub(super) struct Pieces<'a> {
    rest: &'a str,
    /// Where the rest begins.
    at: Location,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { rest: text, at: Location { line: 1, column: 1 } }
    }

    /// A place in the rest as one in the text.
    fn placed(&self, place: Location) -> Location {
        let column = if place.line == 1 { self.at.column + place.column - 1 } else { place.column };
        Location { line: self.at.line + place.line - 1, column }
    }
}

/// A text, a name or a comment without an end, or what is no SQL at all.
#[derive(Debug)]
pub(super) struct Open {
    /// Where it begins.
    pub(super) begin: Location,
    /// What the tokenizer says.
    pub(super) message: String,
}

impl Iterator for Pieces<'_> {
    type Item = Result<Vec<TokenWithSpan>, Open>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut least = first();
        loop {
            let end = end(self.rest, least);
            let is_last = end == self.rest.len();
            let mut tokens = Vec::new();
            let mut tokenizer = Tokenizer::new(&GenericDialect {}, &self.rest[..end]);
            match tokenizer.tokenize_with_location_into_buf(&mut tokens) {
                Ok(()) if is_last || ends_a_statement(&tokens) => {
                    for token in &mut tokens {
                        token.span.start = self.placed(token.span.start);
                        token.span.end = self.placed(token.span.end);
                    }
                    self.rest = &self.rest[end..];
                    self.at = tokens.last().map_or(self.at, |token| token.span.end);
                    return Some(Ok(tokens));
                }
                Err(error) if is_last => {
                    // What is open begins where the last token ends; the error may stand at its end.
                    let begin = tokens.last().map_or(Location { line: 1, column: 1 }, |token| token.span.end);
                    self.rest = "";
                    return Some(Err(Open { begin: self.placed(begin), message: error.message }));
                }
                _ => least = longer(least),
            }
        }
    }
}

fn ends_a_statement(tokens: &[TokenWithSpan]) -> bool {
    tokens.last().is_some_and(|token| token.token == Token::SemiColon)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text is made of, so that pieces end in every kind of it.
    const PARTS: [&str; 8] = [
        "SELECT 'a;b' AS ä;\n",
        "/* ; /* ; */ ' */ SELECT 1;",
        "-- it's ; open\n",
        "SELECT $$x;y$$, \"c;d\"\n  FROM t;",
        ";;;",
        "SELECT 'it''s;';",
        "SELECT 1.5 -- ;\n;",
        "\r\nVALUES (1);",
    ];

    #[test]
    fn pieces_are_the_text() {
        for seed in 0..PARTS.len() {
            let mut text = String::new();
            for number in 0.. {
                text += PARTS[(number * (seed + 1) + number / 7) % PARTS.len()];
                if text.len() > 20 * LEAST {
                    break;
                }
            }
            let whole = Tokenizer::new(&GenericDialect {}, &text).tokenize_with_location().unwrap();
            let pieces: Vec<_> = Pieces::of(&text).map(Result::unwrap).collect();
            assert!(pieces.len() > 1, "{} pieces", pieces.len());
            assert!(pieces.concat() == whole, "{seed}");
        }
    }

    #[test]
    fn what_is_open_is_told_with_its_place_in_the_whole() {
        let text = format!("{}\nSELECT 'open; ;", ";".repeat(2 * LEAST));
        let error = Pieces::of(&text).find_map(Result::err).unwrap();
        assert_eq!(error.begin, Location { line: 2, column: 8 });
    }
}
