//! `FROM instances WHERE …` without SELECT, which the parser ends behind the tables: it is read as `SELECT * FROM …`.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace, Word};

use super::is_space;

/// Words behind which a query begins.
const BEFORE: [Keyword; 9] = [
    Keyword::AS,
    Keyword::EXPLAIN,
    Keyword::ANALYZE,
    Keyword::VERBOSE,
    Keyword::UNION,
    Keyword::INTERSECT,
    Keyword::EXCEPT,
    Keyword::ALL,
    Keyword::DISTINCT,
];

/// Words that end a SELECT and let another begin.
const BETWEEN: [Keyword; 3] = [Keyword::UNION, Keyword::INTERSECT, Keyword::EXCEPT];

/// Writes `SELECT *` before each FROM that begins a query and that no SELECT follows.
pub(super) fn with_select(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let begins: Vec<bool> = (0..tokens.len()).map(|at| begins_alone(&tokens, at)).collect();
    if !begins.contains(&true) {
        return tokens;
    }
    let select = Token::Word(Word { value: "SELECT".into(), quote_style: None, keyword: Keyword::SELECT });
    let space = Token::Whitespace(Whitespace::Space);
    let with = |(token, begins): (TokenWithSpan, bool)| {
        let added =
            if begins { vec![select.clone(), space.clone(), Token::Mul, space.clone()] } else { vec![] };
        let span = token.span;
        added.into_iter().map(move |token| TokenWithSpan::new(token, span)).chain([token]).collect::<Vec<_>>()
    };
    tokens.into_iter().zip(begins).flat_map(with).collect()
}

/// Whether a FROM stands here that begins a query, without SELECT behind it.
fn begins_alone(tokens: &[TokenWithSpan], at: usize) -> bool {
    if keyword(&tokens[at]) != Some(Keyword::FROM) {
        return false;
    }
    let before = tokens[..at].iter().rposition(|token| !is_space(token));
    let begins = match before.map(|before| &tokens[before]) {
        None => true,
        Some(token) if token.token == Token::LParen => true,
        // Behind the last query of a WITH, which nothing but a query follows.
        Some(token) if token.token == Token::RParen => ends_with_list(&tokens[..at]),
        Some(token) => {
            keyword(token).is_some_and(|word| BEFORE.contains(&word)) && !is_is_distinct(&tokens[..at])
        }
    };
    begins && !selects_behind(&tokens[at..])
}

/// Whether these tokens are a WITH and its queries, at the depth at which they end.
fn ends_with_list(tokens: &[TokenWithSpan]) -> bool {
    let mut depth = 0_usize;
    for token in tokens.iter().rev() {
        match &token.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => return false,
            Token::LParen => depth -= 1,
            _ if depth > 0 => {}
            _ => match keyword(token) {
                Some(Keyword::WITH) => return true,
                Some(Keyword::SELECT | Keyword::FROM | Keyword::WHERE) => return false,
                _ => {}
            },
        }
    }
    false
}

/// Whether a query that begins with FROM goes on with SELECT.
fn selects_behind(tokens: &[TokenWithSpan]) -> bool {
    let mut depth = 0_usize;
    for token in tokens {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return false,
            Token::RParen => depth -= 1,
            _ if depth > 0 => {}
            _ => match keyword(token) {
                Some(Keyword::SELECT) => return true,
                Some(word) if BETWEEN.contains(&word) => return false,
                _ => {}
            },
        }
    }
    false
}

/// Whether these tokens end in `IS DISTINCT` or `IS NOT DISTINCT`.
fn is_is_distinct(tokens: &[TokenWithSpan]) -> bool {
    let mut words = tokens.iter().rev().filter(|token| !is_space(token)).map(keyword);
    words.next().flatten() == Some(Keyword::DISTINCT)
        && matches!(words.next().flatten(), Some(Keyword::IS | Keyword::NOT))
}

fn keyword(token: &TokenWithSpan) -> Option<Keyword> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::script::parse;

    #[test]
    fn from_without_select_selects_all() {
        for (sql, read) in [
            ("FROM t", "SELECT * FROM t"),
            ("FROM t WHERE a = 1 ORDER BY b LIMIT 2", "SELECT * FROM t WHERE a = 1 ORDER BY b LIMIT 2"),
            ("SELECT count(*) FROM (FROM t WHERE a)", "SELECT count(*) FROM (SELECT * FROM t WHERE a)"),
            ("WITH q AS (FROM t) FROM q WHERE a", "WITH q AS (SELECT * FROM t) SELECT * FROM q WHERE a"),
            ("FROM t UNION ALL FROM u WHERE a", "SELECT * FROM t UNION ALL SELECT * FROM u WHERE a"),
            ("CREATE TABLE x AS FROM t WHERE a", "CREATE TABLE x AS SELECT * FROM t WHERE a"),
            ("FROM t WHERE \"from\" = 1", "SELECT * FROM t WHERE \"from\" = 1"),
            ("FROM t JOIN u USING (a) GROUP BY ALL", "SELECT * FROM t JOIN u USING (a) GROUP BY ALL"),
            ("SELECT extract(year FROM a) FROM t", "SELECT extract(year FROM a) FROM t"),
            ("SELECT a IS NOT DISTINCT FROM b FROM t", "SELECT a IS NOT DISTINCT FROM b FROM t"),
            ("SELECT count(a) FROM t", "SELECT count(a) FROM t"),
            (
                "SELECT substring(a FROM 2) FROM t WHERE b IN (SELECT (1) FROM u)",
                "SELECT substring(a FROM 2) FROM t WHERE b IN (SELECT (1) FROM u)",
            ),
        ] {
            let parsed = |sql| parse("s", sql).unwrap().remove(0).ast.to_string();
            assert_eq!(parsed(sql), parsed(read), "{sql}");
        }
    }
}
