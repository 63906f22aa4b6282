//! `1_000`, which the tokenizer takes for a 1 that is called `_000`.

use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan};

/// Puts numbers together that are written with `_` between their digits.
pub(super) fn joined(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut all: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if let Token::Word(word) = &token.token
            && word.quote_style.is_none()
            && let Some(digits) = word.value.strip_prefix('_')
            && digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '_')
            && let Some(TokenWithSpan { token: Token::Number(number, false), span }) = all.last_mut()
        {
            number.extend(digits.chars().filter(char::is_ascii_digit));
            *span = Span::new(span.start, token.span.end);
            continue;
        }
        all.push(token);
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::script::parse;

    #[test]
    fn digits_are_put_together() {
        for (sql, read) in [
            ("SELECT 1_000 AS a", "SELECT 1000 AS a"),
            ("SELECT a FROM t WHERE b > 1_000_000 LIMIT 1_0", "SELECT a FROM t WHERE b > 1000000 LIMIT 10"),
            ("SELECT 1 _000", "SELECT 1 AS _000"),
            ("SELECT 1_a", "SELECT 1 AS _a"),
        ] {
            assert_eq!(parse("s", sql).unwrap()[0].ast.to_string(), read, "{sql}");
        }
    }
}
