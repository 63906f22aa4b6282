//! Operators of other languages, and what stands around ours.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::{Slip, Typed};

/// Signs that are no operators, and what is written instead.
const SIGNS: &[(&str, &str)] = &[
    ("===", "= compares"),
    ("=!", "!= or <> for what differs"),
    ("=>", "write >="),
    ("=<", "write <="),
    ("**", "power(2, 3)"),
    (":=", "= compares"),
    ("!", "write NOT"),
];

/// Words that are no operators, and what is written instead; `{}` stands for what is in the text behind them.
const WORDS: &[(&str, &str)] = &[
    ("EQUALS", "="),
    ("EQUAL", "="),
    ("ISNULL", "IS NULL"),
    ("NOTNULL", "IS NOT NULL"),
    ("CONTAINS", "LIKE '%{}%'"),
    ("INCLUDES", "LIKE '%{}%'"),
    ("STARTS", "LIKE '{}%'"),
    ("STARTSWITH", "LIKE '{}%'"),
    ("BEGINS", "LIKE '{}%'"),
    ("ENDS", "LIKE '%{}'"),
    ("ENDSWITH", "LIKE '%{}'"),
    ("GLOB", "LIKE '{}', with % for any letters"),
    ("RLIKE", "~ '{}'"),
    ("REGEXP", "~ '{}'"),
    ("MATCHES", "~ '{}'"),
    ("MATCH", "~ '{}'"),
    ("DESCENDING", "DESC"),
    ("ASCENDING", "ASC"),
    ("XOR", "<> between conditions"),
];

/// Units of time, as they are typed behind a number, and as an interval has them.
const UNITS: &[(&str, &[&str])] = &[
    ("seconds", &["s", "sec", "secs", "second", "seconds"]),
    ("minutes", &["m", "min", "mins", "minute", "minutes"]),
    ("hours", &["h", "hr", "hrs", "hour", "hours"]),
    ("days", &["d", "day", "days"]),
    ("weeks", &["w", "week", "weeks"]),
    ("months", &["mon", "month", "months"]),
    ("years", &["y", "yr", "year", "years"]),
];

pub(super) fn signs(typed: &Typed<'_>) -> Option<Slip> {
    let alone = typed.token(typed.at)?.to_string();
    if alone == "//" || alone.starts_with('#') {
        let hint = "a comment begins with -- or stands between /* and */";
        return typed.slip(
            typed.at,
            format!("{} begins no comment", &alone[..alone.len().min(2)].trim_end()),
            hint,
        );
    }
    if alone.eq_ignore_ascii_case("DIV") {
        return typed.slip(typed.at, "there is no DIV", "/ between integers leaves out the rest");
    }
    // The parser blames the second of two signs.
    let begin = typed.at.saturating_sub(1);
    let both = typed.glued(begin);
    for (from, text) in [(begin, both), (typed.at, alone)] {
        let mut signs = SIGNS.iter().filter(|(sign, _)| text.starts_with(sign));
        if let Some((sign, hint)) = signs.next() {
            return typed.slip(from, format!("there is no operator {sign}"), *hint);
        }
    }
    None
}

pub(super) fn words(typed: &Typed<'_>) -> Option<Slip> {
    let word = typed.word(typed.at)?.to_uppercase();
    let (_, written) = WORDS.iter().find(|(known, _)| *known == word)?;
    let with = typed.is(typed.at + 1, &["WITH"]);
    let text = match typed.token(typed.at + 1 + usize::from(with)) {
        Some(Token::SingleQuotedString(text)) => text.replace('\'', "''"),
        _ => "web".to_owned(),
    };
    let word = if with { format!("{word} WITH") } else { word };
    typed.slip(typed.at, format!("there is no {word}"), format!("write {}", written.replace("{}", &text)))
}

/// LIKE, or a comparison, with a text that has no quotes and a wildcard.
pub(super) fn like(typed: &Typed<'_>) -> Option<Slip> {
    let first = typed.at.saturating_sub(6);
    let index = (first..typed.at.min(typed.tokens.len())).rev().find(|&index| {
        typed.is(index, &["LIKE", "ILIKE"]) || matches!(typed.token(index), Some(Token::Eq | Token::Neq))
    })?;
    let is_like = typed.word(index).is_some();
    let text = typed.glued(index + 1);
    let is_text = text.starts_with(|c: char| c.is_alphanumeric() || c == '%');
    if !is_text || !text.contains('%') || text.len() < 2 || (!is_like && text.starts_with('%')) {
        return None;
    }
    let what = match typed.word(index) {
        Some(word) => format!("{} takes a text", word.to_uppercase()),
        None => format!("{text} is no value"),
    };
    typed.slip(index + 1, what, format!("text is in single quotes: '{text}'"))
}

/// IS before what is no NULL and no truth value.
pub(super) fn is(typed: &Typed<'_>) -> Option<Slip> {
    let is_not = typed.is_before(1, &["NOT"]) && typed.is_before(2, &["IS"]);
    if !is_not && !typed.is_before(1, &["IS"]) {
        return None;
    }
    let value = match typed.token(typed.at)? {
        Token::Word(word) if word.value.eq_ignore_ascii_case("EMPTY") => "''".to_owned(),
        Token::Number(..) => typed.glued(typed.at),
        _ => typed.quoted(typed.at),
    };
    let sign = if is_not { "<>" } else { "=" };
    typed.slip(typed.at, "IS is for NULL, true and false", format!("write {sign} {value}"))
}

/// NOT between a value and its comparison.
pub(super) fn not(typed: &Typed<'_>) -> Option<Slip> {
    let is_sign = |index| matches!(typed.token(index), Some(Token::Eq | Token::DoubleEq));
    let is_text = matches!(typed.token(typed.at + 1), Some(Token::SingleQuotedString(_)));
    if !typed.is(typed.at, &["NOT"]) || !(is_sign(typed.at + 1) || is_text) {
        return None;
    }
    let behind = typed.glued(typed.at + 1);
    let value = typed.glued(typed.at + 1 + usize::from(is_sign(typed.at + 1)));
    let sign = if is_text { "a text".to_owned() } else { behind };
    typed.slip(typed.at, format!("NOT does not stand before {sign}"), format!("write <> {value}"))
}

/// IN and ANY without a list that they take.
pub(super) fn lists(typed: &Typed<'_>) -> Option<Slip> {
    let token = typed.token(typed.at)?;
    if typed.is_before(1, &["IN"]) && *token != Token::LParen {
        let hint = match (typed.before(2), token) {
            (Some(Token::SingleQuotedString(text)), Token::Word(list)) => {
                format!("array_has({list}, '{text}') says whether a column of lists has it")
            }
            (_, Token::LBracket) => "IN ('a', 'b')".to_owned(),
            _ => format!("IN ({})", typed.quoted(typed.at)),
        };
        return typed.slip(typed.at, "IN takes a list in parentheses", hint);
    }
    if typed.is_before(2, &["IN"]) && typed.before(1) == Some(&Token::LParen) && *token == Token::RParen {
        return typed.slip(typed.at, "the list of IN is empty", "IN ('a', 'b')");
    }
    if typed.is_before(1, &["EXISTS"]) {
        let table = typed.glued(typed.at);
        let hint = format!("EXISTS (SELECT 1 FROM {table} WHERE …)");
        return typed.slip(typed.at, "EXISTS takes a query in parentheses", hint);
    }
    if *token == Token::Comma && typed.is_before(3, &["ANY", "ALL", "SOME"]) {
        return typed.slip(typed.at, "ANY takes one list", "IN ('a', 'b'), or = ANY(ARRAY['a', 'b'])");
    }
    None
}

/// BETWEEN whose AND is another word or sign.
pub(super) fn between(typed: &Typed<'_>) -> Option<Slip> {
    let is_instead = typed.token(typed.at) == Some(&Token::Comma) || typed.is(typed.at, &["TO", "OR"]);
    let begin = typed.at.saturating_sub(8);
    let mut before = (begin..typed.at).rev();
    let index = before.find(|&index| typed.is(index, &["BETWEEN", "AND"]))?;
    if !is_instead || typed.is(index, &["AND"]) || typed.depths[index] != typed.depths[typed.at] {
        return None;
    }
    typed.slip(typed.at, "AND stands between the ends of BETWEEN", "BETWEEN … AND …")
}

/// `7 days` and `7d`, which are intervals elsewhere.
pub(super) fn intervals(typed: &Typed<'_>) -> Option<Slip> {
    let word = typed.word(typed.at)?.to_lowercase();
    let (unit, _) = UNITS.iter().find(|(_, names)| names.contains(&word.as_str()))?;
    let Some(Token::Number(number, _)) = typed.before(1) else { return None };
    let touches = typed.glued(typed.at - 1).len() > number.len();
    let space = if touches { "" } else { " " };
    let typed_as = typed.word(typed.at).unwrap_or_default();
    typed.slip(
        typed.at - 1,
        format!("{number}{space}{typed_as} is no interval"),
        format!("INTERVAL '{number} {unit}'"),
    )
}
