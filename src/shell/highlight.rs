//! Colours for SQL as it is typed.

use datafusion::sql::sqlparser::tokenizer::{Token, Whitespace};

use super::lex::{KEYWORDS, is_word, lex};

const KEYWORD: &str = "\x1b[1;34m";
const STRING: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[35m";
const COMMENT: &str = "\x1b[90m";
const RESET: &str = "\x1b[0m";

/// The text in colours. Nothing but colours is added, so it is as wide as before.
pub(super) fn highlight(text: &str) -> String {
    let (lexemes, rest) = lex(text);
    let pieces = lexemes.into_iter().map(|(range, token)| (range, color(&token)));
    let mut colored = String::with_capacity(2 * text.len());
    let mut at = 0;
    for (range, color) in pieces.chain([(rest..text.len(), color_of_open(&text[rest..]))]) {
        let (start, end) = (range.start, range.end);
        colored.push_str(&text[at..start]);
        match color {
            Some(color) if start < end => {
                // The line that a comment ends is followed by the gutter of the next.
                let word = text[start..end].trim_end_matches('\n');
                colored.extend([color, word, RESET, &text[start + word.len()..end]]);
            }
            _ => colored.push_str(&text[start..end]),
        }
        at = end;
    }
    colored
}

fn color(token: &Token) -> Option<&'static str> {
    match token {
        Token::Number(..) => Some(NUMBER),
        Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
            Some(COMMENT)
        }
        Token::SingleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::EscapedStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_) => Some(STRING),
        token => is_word(token, KEYWORDS).then_some(KEYWORD),
    }
}

fn color_of_open(text: &str) -> Option<&'static str> {
    match text {
        comment if comment.starts_with("/*") => Some(COMMENT),
        name if name.starts_with('"') => None,
        _ => Some(STRING),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(colored: &str) -> String {
        [KEYWORD, STRING, NUMBER, COMMENT, RESET]
            .iter()
            .fold(colored.to_owned(), |text, c| text.replace(c, ""))
    }

    #[test]
    fn nothing_but_colors_is_added() {
        let text = "select /*! a */ name, '日本' || \"q\n\" /* c\n */, 1.5e3 -- ä\n FROM t WHERE x = $$a$$ AND 'open ;";
        for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
            assert_eq!(plain(&highlight(&text[..end])), text[..end]);
        }
    }

    #[test]
    fn each_kind_has_its_color() {
        let expected =
            format!("{KEYWORD}SELECT{RESET} name, {STRING}'a'{RESET}, {NUMBER}1{RESET} {COMMENT}-- c{RESET}");
        assert_eq!(highlight("SELECT name, 'a', 1 -- c"), expected);
        assert_eq!(highlight("-- c\n;"), format!("{COMMENT}-- c{RESET}\n;"));
        assert_eq!(highlight("x = 'open"), format!("x = {STRING}'open{RESET}"));
        assert_eq!(highlight("/* open"), format!("{COMMENT}/* open{RESET}"));
        assert_eq!(highlight("\"open"), "\"open");
    }
}
