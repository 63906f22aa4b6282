//! What is missing between two words, or one too many.

use datafusion::sql::sqlparser::keywords::{Keyword, RESERVED_FOR_TABLE_ALIAS};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::clauses::CLAUSES;
use super::{Slip, Typed};

/// Words behind which something must follow: what that is, and an example of both.
const OPENING: &[(&[&str], &str, &str)] = &[
    (&["WHERE", "HAVING", "QUALIFY", "AND", "OR", "ON"], "a condition", "{} state = 'running'"),
    (&["FROM", "JOIN"], "a table", "SHOW TABLES lists the tables; \\d does in the shell"),
    (&["BY"], "something", "name columns, or their numbers: BY region, 2"),
    (&["LIMIT", "OFFSET"], "a number", "{} 10"),
    (&["LIKE", "ILIKE"], "a text", "text is in single quotes: {} 'web%'"),
    (&["SELECT", "DISTINCT"], "a column", "{} name, or {} * for all of them"),
    (&["IN"], "a list", "{} ('a', 'b')"),
    (&["NOT"], "a condition", "{} state = 'running'"),
    (&["THEN", "ELSE"], "a value", "{} 0"),
];

/// Signs behind which a value must follow.
const COMPARING: &[Token] =
    &[Token::Eq, Token::DoubleEq, Token::Neq, Token::Lt, Token::Gt, Token::LtEq, Token::GtEq];

impl Typed<'_> {
    /// Whether something ends before this token: a part of the statement begins, or it is over.
    fn ends(&self, index: usize) -> bool {
        index >= self.tokens.len()
            || self.token(index) == Some(&Token::RParen)
            || self.clause(index).is_some()
            || self.is(index, &["AND", "OR", "UNION", "INTERSECT", "EXCEPT", "JOIN", "ON"])
    }
}

/// A word or a sign that something must follow, and nothing does.
pub(super) fn nothing_follows(typed: &Typed<'_>) -> Option<Slip> {
    // Of what the parser took for a name it blames a word later.
    for index in (0..=typed.at.min(typed.tokens.len().saturating_sub(1))).rev() {
        let next = index + 1;
        if let Some(word) = typed.word(index).map(str::to_uppercase)
            && let Some((_, what, hint)) =
                OPENING.iter().find(|(words, ..)| words.contains(&word.as_str()))
            && typed.ends(next)
            // SELECT FROM is refused with what to write, and `NOT )` is for its parenthesis.
            && !(word == "SELECT" && typed.is(next, &["FROM"]))
        {
            let what = format!("{what} is missing behind {word}");
            return typed.slip(next, what, hint.replace("{}", &word));
        }
        if typed.is(index, &["AS"]) && (typed.ends(next) || typed.token(next) == Some(&Token::Comma)) {
            let name = index.checked_sub(1).and_then(|before| typed.word(before)).unwrap_or("…");
            return typed.slip(next, "a name is missing behind AS", format!("{name} AS name"));
        }
        if let Some(sign) = typed.token(index).filter(|token| COMPARING.contains(token))
            && typed.ends(next)
        {
            let hint = format!("text is in single quotes: {sign} 'running'");
            return typed.slip(next, format!("a value is missing behind {sign}"), hint);
        }
    }
    None
}

/// A comma that nothing follows. One before FROM is taken.
pub(super) fn commas(typed: &Typed<'_>) -> Option<Slip> {
    let is_stray = |index: usize| {
        let next = index + 1;
        let is_closed = typed.ends(next) && !typed.is(next, &["FROM"]);
        typed.token(index) == Some(&Token::Comma) && (is_closed || typed.token(next) == Some(&Token::Comma))
    };
    let index =
        (0..=typed.at.min(typed.tokens.len().saturating_sub(1))).rev().find(|&index| is_stray(index))?;
    typed.slip(index, "nothing follows the comma", "leave it out, or write what was to follow")
}

/// A parenthesis or bracket without the other.
pub(super) fn parentheses(typed: &Typed<'_>) -> Option<Slip> {
    const PAIRS: [(Token, Token); 3] =
        [(Token::LParen, Token::RParen), (Token::LBracket, Token::RBracket), (Token::LBrace, Token::RBrace)];
    let mut open: Vec<usize> = Vec::new();
    for index in 0..typed.at.min(typed.tokens.len()) {
        let token = typed.token(index)?;
        if PAIRS.iter().any(|(begin, _)| begin == token) {
            open.push(index);
        } else if PAIRS.iter().any(|(_, end)| end == token) {
            open.pop();
        }
    }
    let closing = typed.token(typed.at).and_then(|token| PAIRS.iter().find(|(_, end)| end == token));
    if let (Some((begin, end)), true) = (closing, open.is_empty()) {
        return typed.slip(
            typed.at,
            format!("the {end} closes nothing"),
            format!("leave it out, or write its {begin}"),
        );
    }
    let &last = open.last()?;
    let (begin, end) = PAIRS.iter().find(|(begin, _)| Some(begin) == typed.token(last))?;
    let is_query = typed.is(last + 1, &["SELECT", "WITH", "FROM", "VALUES"]);
    let is_over = typed.at >= typed.tokens.len();
    if !is_over && (is_query || typed.clause(typed.at).is_none()) {
        return None;
    }
    typed.slip(last, format!("the {begin} is not closed"), format!("its {end} is missing"))
}

/// Two values or names with nothing between them.
pub(super) fn between_two(typed: &Typed<'_>) -> Option<Slip> {
    let is_name = |index: usize| match typed.token(index) {
        Some(Token::Word(word)) => {
            word.keyword == Keyword::NoKeyword || !RESERVED_FOR_TABLE_ALIAS.contains(&word.keyword)
        }
        token => matches!(token, Some(Token::SingleQuotedString(_) | Token::Number(..))),
    };
    let before = typed.at.checked_sub(1)?;
    let is_star = typed.token(before) == Some(&Token::Mul);
    let ends_value =
        is_star || is_name(before) || matches!(typed.token(before), Some(Token::RParen | Token::RBracket));
    if !is_name(typed.at) || !ends_value {
        return None;
    }
    let this = typed.glued(typed.at);
    let comma = |what: &str| {
        let missing = format!("a comma is missing before {this}");
        typed.slip(typed.at, missing, format!("{what} are separated by commas"))
    };
    let Some((begin, clause)) = typed.clauses_before(typed.at).next() else {
        // Within parentheses there are values, of a list or of a function.
        return if typed.depths[typed.at.min(typed.tokens.len())] > 0 { comma("values") } else { None };
    };
    match CLAUSES[clause] {
        "SELECT" => {
            let depth = typed.depths[begin];
            let mut rest = typed.at..typed.tokens.len();
            let has_from = rest.any(|index| typed.depths[index] == depth && typed.is(index, &["FROM"]));
            if has_from {
                return comma("columns");
            };
            let columns = if is_star { "*".to_owned() } else { typed.glued(before) };
            typed.slip(
                typed.at,
                format!("FROM is missing before {this}"),
                format!("SELECT {columns} FROM {this}"),
            )
        }
        "WHERE" | "HAVING" | "QUALIFY" => typed.slip(
            typed.at,
            format!("AND or OR is missing before {this}"),
            "conditions are joined with AND or OR",
        ),
        "GROUP" | "ORDER" => comma("columns"),
        "FROM" if typed.is(typed.at, &["AND", "OR"]) => typed.slip(
            typed.at,
            format!("WHERE is missing before {this}"),
            "conditions stand behind WHERE, those of a JOIN behind ON",
        ),
        "FROM" => typed.slip(
            typed.at,
            format!("a comma or JOIN is missing before {this}"),
            "tables are joined: FROM a JOIN b ON …",
        ),
        _ => typed.slip(
            typed.at,
            format!("{this} stands behind {}", CLAUSES[clause]),
            format!("{} takes a number alone", CLAUSES[clause]),
        ),
    }
}
