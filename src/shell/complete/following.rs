//! What Tab offers where a value or a table is complete: the words that may follow it.

use datafusion::sql::sqlparser::tokenizer::Token;

use crate::shell::lex::{KEYWORDS, Lexeme, is_word};

/// Words that only some others follow.
const PAIRS: &[(&[&str], &[&str])] = &[
    (&["GROUP", "ORDER", "PARTITION"], &["BY"]),
    (&["IS"], &["NULL", "NOT NULL", "TRUE", "FALSE"]),
    (&["LEFT", "RIGHT", "FULL", "CROSS", "INNER", "NATURAL", "SEMI", "ANTI"], &["JOIN"]),
    (&["NULLS"], &["FIRST", "LAST"]),
    (&["UNION"], &["ALL", "SELECT"]),
    (&["EXPLAIN"], &["ANALYZE", "SELECT"]),
    (&["LIMIT", "OFFSET"], &[]),
];

/// The parts of a statement, and what follows a value there that is complete.
const PARTS: &[(&str, &[&str])] = &[
    ("SELECT", &["AS", "FROM"]),
    ("FROM", TABLES),
    ("JOIN", &["ON", "USING (", "AS"]),
    ("WHERE", &["AND", "OR", "GROUP BY", "ORDER BY", "LIMIT"]),
    ("ON", &["AND", "OR", "JOIN", "WHERE", "GROUP BY", "ORDER BY", "LIMIT"]),
    ("HAVING", &["AND", "OR", "ORDER BY", "LIMIT"]),
    ("GROUP", &["HAVING", "ORDER BY", "LIMIT"]),
    ("ORDER", &["DESC", "ASC", "NULLS LAST", "LIMIT"]),
    ("LIMIT", &["OFFSET"]),
];

const TABLES: &[&str] = &["WHERE", "JOIN", "LEFT JOIN", "GROUP BY", "ORDER BY", "LIMIT", "AS"];

/// What compares a column.
const COMPARING: &[&str] =
    &["=", "<>", "<", ">", "IN (", "LIKE '", "IS NULL", "IS NOT NULL", "BETWEEN", "NOT IN ("];

/// The words that may stand behind these tokens, which no name does; `None` where a name may.
pub(super) fn following(done: &[&Lexeme]) -> Option<&'static [&'static str]> {
    let (_, last) = done.last()?;
    if let Some((_, words)) = PAIRS.iter().find(|(before, _)| is_word(last, before)) {
        return Some(words);
    }
    let is_name = matches!(last, Token::Word(_)) && !is_word(last, KEYWORDS);
    let is_value =
        matches!(last, Token::SingleQuotedString(_) | Token::Number(..) | Token::RParen | Token::RBracket);
    if !is_name && !is_value {
        return None;
    }
    // Within parentheses there may be a query of its own, or arguments: the part is that around them.
    let mut depth = 0_i32;
    let part = done.iter().rev().find_map(|(_, token)| {
        match token {
            Token::RParen => depth += 1,
            Token::LParen => depth -= 1,
            token if depth == 0 => return PARTS.iter().find(|(part, _)| is_word(token, &[part])),
            _ => {}
        }
        // What stands open around it is an argument or a list, which a comma or a parenthesis follows.
        (depth < 0).then_some(&("", &[] as &[&str]))
    });
    let (part, words) = part?;
    let is_compared = || {
        let before = done.iter().rev().nth(1).map(|(_, token)| token);
        before.is_some_and(|token| {
            matches!(token, Token::Period) || is_word(token, &["WHERE", "AND", "OR", "NOT", "ON", "HAVING"])
        })
    };
    match *part {
        "WHERE" | "ON" | "HAVING" if is_name && is_compared() => Some(COMPARING),
        _ => Some(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::lex::lex;

    #[test]
    fn behind_what_is_complete_come_words() {
        let behind = |text: &str| {
            let (lexemes, _) = lex(text);
            let done: Vec<&Lexeme> =
                lexemes.iter().filter(|(_, token)| !matches!(token, Token::Whitespace(_))).collect();
            following(&done)
        };
        for (text, words) in [
            ("SELECT name ", &["AS", "FROM"][..]),
            ("SELECT count(*) ", &["AS", "FROM"]),
            ("SELECT * FROM instances ", TABLES),
            ("SELECT * FROM instances i JOIN disks d ", &["ON", "USING (", "AS"]),
            ("SELECT * FROM instances WHERE state ", COMPARING),
            ("SELECT * FROM instances i WHERE i.state ", COMPARING),
            (
                "SELECT * FROM instances WHERE state = 'running' ",
                &["AND", "OR", "GROUP BY", "ORDER BY", "LIMIT"],
            ),
            ("SELECT * FROM instances GROUP ", &["BY"]),
            ("SELECT * FROM instances ORDER BY name ", &["DESC", "ASC", "NULLS LAST", "LIMIT"]),
            ("SELECT * FROM instances WHERE state IS ", &["NULL", "NOT NULL", "TRUE", "FALSE"]),
            ("SELECT round(cpu_count ", &[]),
        ] {
            assert_eq!(behind(text), Some(words), "{text}");
        }
        for text in
            ["SELECT ", "SELECT name, ", "SELECT name FROM instances WHERE ", "SELECT * FROM ", "SELECT 1 + "]
        {
            assert_eq!(behind(text), None, "{text}");
        }
    }
}
