//! Statements and parts of them that are written another way here.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::{Slip, Typed};
use crate::catalog::TABLES;
use crate::views::VIEWS;

/// Quotes that word processors and chats make of straight ones.
pub(in crate::script) const TYPOGRAPHIC: &[char] = &['“', '”', '„', '‟', '‘', '’', '‚', '‛', '´', '«', '»'];

const TABLES_HINT: &str = "SHOW TABLES lists the tables; \\d does in the shell";
const PARAMETER: &str = "a parameter is written $name, and --param name=VALUE gives it a value";

/// Words that begin a part of a statement, and none.
const PARTS: &[&str] = &[
    "WHERE", "AND", "OR", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "JOIN", "LEFT", "ON", "UNION", "BY",
    "AS",
];

/// Quotes that are none of SQL's.
pub(super) fn quotes(typed: &Typed<'_>) -> Option<Slip> {
    let quote = |index: usize| match typed.token(index) {
        Some(Token::Char(sign)) if TYPOGRAPHIC.contains(sign) => Some(*sign),
        _ => None,
    };
    let begin = (0..=typed.at).find(|&index| quote(index).is_some())?;
    let end = (begin + 1..typed.tokens.len()).find(|&index| quote(index).is_some());
    let mut text = String::new();
    for index in begin + 1..end.unwrap_or(begin + 1) {
        let touches = index == begin + 1 || typed.tokens[index - 1].span.end == typed.place(index);
        text += if touches { "" } else { " " };
        text += &typed.token(index)?.to_string();
    }
    let hint = match text.is_empty() {
        true => "text is in single quotes".to_owned(),
        false => format!("text is in single quotes: '{text}'"),
    };
    typed.slip(begin, format!("{} is no quote of SQL", quote(begin)?), hint)
}

/// What begins no statement.
pub(super) fn beginning(typed: &Typed<'_>) -> Option<Slip> {
    let explains = (0..typed.at).all(|index| typed.is(index, &["EXPLAIN", "ANALYZE", "VERBOSE"]));
    if !explains {
        return None;
    }
    let is_table = |name: &str| {
        let name = name.to_lowercase();
        TABLES.iter().any(|table| table.name() == name) || VIEWS.iter().any(|view| view.name() == name)
    };
    let words: Vec<&str> = (typed.at..typed.tokens.len()).filter_map(|index| typed.word(index)).collect();
    // Another statement may follow that names one.
    let is_query = words.iter().any(|word| word.eq_ignore_ascii_case("SELECT"));
    let table = words.iter().find(|word| !is_query && is_table(word)).map(|word| word.to_lowercase());
    if typed.at > 0 {
        let hint = match &table {
            Some(table) if typed.at + 1 == typed.tokens.len() => {
                format!("EXPLAIN SELECT * FROM {table}; DESCRIBE {table} lists its columns")
            }
            _ if typed.is(typed.at, &["ANALYSE"]) => "EXPLAIN ANALYZE SELECT …".to_owned(),
            _ => "EXPLAIN SELECT …".to_owned(),
        };
        return typed.slip(typed.at, "EXPLAIN takes a statement", hint);
    }
    let first = match typed.glued(0) {
        sign if sign.is_empty() => typed.token(0)?.to_string(),
        word => word.to_string(),
    };
    let hint = match table {
        _ if typed.is(0, &["Q", "BYE", "LOGOUT", "LEAVE", "CLOSE"]) => {
            "\\q leaves the shell; so does Ctrl-D".to_owned()
        }
        _ if typed.is(0, &["CLEAR", "CLS"]) => "Ctrl-L clears the screen".to_owned(),
        _ if typed.is(0, PARTS) => "it belongs to one: a ; before it ends that too early".to_owned(),
        _ if typed.is(0, &["PIVOT"]) => {
            "write a column for each value: count(*) FILTER (WHERE region = 'us-east-1') AS us_east_1"
                .to_owned()
        }
        Some(table) if typed.is(0, &["COUNT", "HOW"]) => format!("SELECT count(*) FROM {table}"),
        Some(table) if typed.is(0, &["SUMMARIZE", "DESCRIBE", "INFO"]) => {
            format!(
                "DESCRIBE {table} lists its columns, SELECT count(*), min(…), max(…) FROM {table} sums it up"
            )
        }
        Some(table) => format!("SELECT * FROM {table}"),
        None if typed.is(0, &["LS", "LIST", "TABLES", "DIR"]) => TABLES_HINT.to_owned(),
        None => "SELECT … FROM … asks; \\h in the shell and docs/tutorial.md explain it".to_owned(),
    };
    typed.slip(0, format!("{first} begins no statement"), hint)
}

/// Parameters as other programs write them.
pub(super) fn parameters(typed: &Typed<'_>) -> Option<Slip> {
    let begin = typed.at.saturating_sub(4);
    for index in begin..=typed.at {
        let glued = typed.glued(index);
        let is_empty = matches!(typed.token(index), Some(Token::Placeholder(sign)) if sign == "$");
        let end = glued.find('}').map_or(glued.len(), |end| end + 1);
        let is_braced = (is_empty || typed.token(index) == Some(&Token::LBrace))
            && glued.trim_start_matches('$').starts_with('{')
            && !glued.contains('\'')
            && index.checked_sub(1).is_none_or(|before| typed.glued(before).len() <= glued.len());
        let is_percent = index == typed.at && ["%s", "%d", "%(name)s"].contains(&glued.as_str());
        if is_braced || is_percent {
            return typed.slip(index, format!("{} is no parameter", &glued[..end]), PARAMETER);
        }
    }
    None
}

/// Forms of other databases.
pub(super) fn written_otherwise(typed: &Typed<'_>) -> Option<Slip> {
    let at = typed.at;
    let is_number = |index: usize| matches!(typed.token(index), Some(Token::Number(..)));
    for (index, number) in [(at, at + 1), (at.wrapping_sub(1), at)] {
        if typed.is(index, &["TOP", "FIRST"]) && is_number(number) {
            let word = typed.glued(index).to_uppercase();
            let hint =
                format!("here it is written LIMIT {}, at the end of the statement", typed.glued(number));
            return typed.slip(index, format!("there is no {word}"), hint);
        }
    }
    if typed.is(0, &["DESC", "DESCRIBE"]) {
        let verb = typed.glued(0);
        let is_table = typed.is(1, &["TABLE", "VIEW"]);
        let table = typed.glued(1 + usize::from(is_table));
        let table = if table.is_empty() { "instances" } else { &table };
        let place = if is_table { 1 } else { at };
        return typed.slip(
            place,
            format!("{verb} takes the name of a table alone"),
            format!("{verb} {table}"),
        );
    }
    if typed.is(0, &["PRAGMA"]) {
        let hint = "DESCRIBE instances lists its columns, SHOW ALL the settings";
        return typed.slip(0, "PRAGMA begins no statement", hint);
    }
    if typed.is(0, &["COPY"]) {
        if typed.is(at, &["FROM"]) {
            let hint = format!("SELECT * FROM {} reads one", typed.quoted(at + 1));
            return typed.slip(at, "COPY only writes files", hint);
        }
        if typed.is_before(1, &["WITH"]) || typed.is(at, &["WITH"]) {
            let hint =
                "the suffix of the file chooses the format; others are OPTIONS (header false, delimiter ';')";
            return typed.slip(at, "COPY takes no WITH", hint);
        }
        let to = (0..at).find(|&index| typed.is(index, &["TO"]))?;
        if typed.word(to + 1).is_some() {
            let hint = format!("COPY … TO {}", typed.quoted(to + 1));
            return typed.slip(to + 1, "COPY takes its file in quotes", hint);
        }
    }
    if typed.is(0, &["SET"])
        && at > 1
        && typed.word(1).is_some()
        && !typed.tokens.iter().any(|token| token.token == Token::Eq)
    {
        let value = typed.glued(at);
        let hint = format!("SET {} = {}", typed.glued(1), typed.quoted(at));
        return typed.slip(at, format!("= is missing before {value}"), hint);
    }
    if typed.is_before(1, &["INTO"]) && typed.is(at, &["OUTFILE"]) {
        let hint = format!(
            "COPY (SELECT …) TO {}, or -o {}",
            typed.quoted(at + 1),
            typed.quoted(at + 1).trim_matches('\'')
        );
        return typed.slip(at - 1, "there is no INTO OUTFILE", hint);
    }
    if typed.is_before(1, &["OF"]) && typed.is_before(2, &["AS"]) {
        let when = typed.quoted(at);
        let hint =
            format!("captures keep what was: lightsail-sql --from DIR --at {}", when.trim_matches('\''));
        return typed.slip(at - 2, "there is no AS OF", hint);
    }
    if typed.is_before(1, &["USING"]) {
        let hint = format!("USING ({})", typed.glued(at));
        return typed.slip(at, "USING takes columns in parentheses", hint);
    }
    if typed.is_before(1, &["OUTER"]) && typed.is(at, &["JOIN"]) {
        return typed.slip(at - 1, "OUTER JOIN has no side", "LEFT JOIN, RIGHT JOIN or FULL JOIN");
    }
    if typed.is_before(1, &["CROSS"]) {
        return typed.slip(at, "JOIN is missing behind CROSS", format!("CROSS JOIN {}", typed.glued(at)));
    }
    if typed.is(0, &["WITH"]) && typed.is_before(1, &["AS"]) && typed.is(at, &["SELECT"]) {
        let name = typed.glued(at.saturating_sub(2));
        let hint = format!("WITH {name} AS (SELECT …) SELECT … FROM {name}");
        return typed.slip(at, "the query of WITH is in parentheses", hint);
    }
    if typed.is(0, &["WITH"]) && at == typed.tokens.len() && typed.before(1) == Some(&Token::RParen) {
        return typed.slip(at, "no query follows WITH", "WITH a AS (SELECT …) SELECT … FROM a");
    }
    if typed.token(at) == Some(&Token::LBracket) && typed.is_before(1, &["FROM", "JOIN"]) {
        let hint =
            format!("a name that needs quotes has double ones: \"{}\"", typed.word(at + 1).unwrap_or("name"));
        return typed.slip(at, "[ ] hold no name here", hint);
    }
    let name = at.checked_sub(1).and_then(|before| typed.word(before));
    if let (Some(Token::LBrace), Some(name), Some(Token::SingleQuotedString(key))) =
        (typed.token(at), name, typed.token(at + 1))
    {
        return typed.slip(at, "{ } hold no key here", format!("{name}['{key}']"));
    }
    None
}
