//! What tools ask of keys, indexes, rights and options: lists of columns that there are none of here, and that DataFusion does not
//! expand.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::text::Tokens;

/// What there is nothing of here. Tools ask for it as `array(SELECT …)` or `array(WITH …)`, which is then an empty list.
const NOTHING_OF: &[&str] = &[
    "pg_auth_members",
    "pg_enum",
    "pg_constraint",
    "attacl",
    "evttags",
    "polroles",
    "polrelid",
    "generate_subscripts",
    "reloptions",
    "conkey",
    "confkey",
];

/// Lists of what there is nothing of.
pub(super) fn empty_arrays(tokens: &Tokens<'_>) -> String {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.tokens.len() {
        let is_array = tokens.is(at, "array")
            && tokens.is(at + 1, "(")
            && (tokens.is(at + 2, "select") || tokens.is(at + 2, "with"));
        if let Some(end) = is_array.then(|| tokens.end(at + 1)).flatten()
            && (at..end).any(|at| NOTHING_OF.iter().any(|name| tokens.is(at, name)))
        {
            found.push((at, end, "array_remove(make_array(''), '')"));
            at = end;
        }
        at += 1;
    }
    tokens.with(&found)
}

/// The columns of keys and indexes, numbered: `unnest(indkey) WITH ORDINALITY a(key, number)` is a table without rows.
pub(super) fn numbered(tokens: &Tokens<'_>) -> String {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for at in 0..tokens.tokens.len() {
        // One within another goes with it.
        if found.last().is_some_and(|(_, until, _)| at <= *until) {
            continue;
        }
        let end = if tokens.is(at, "unnest") { tokens.end(at + 1) } else { None };
        let Some(end) = end.filter(|end| tokens.is(end + 1, "with") && tokens.is(end + 2, "ordinality"))
        else {
            continue;
        };
        let name = if tokens.is(end + 3, "as") { end + 4 } else { end + 3 };
        let Some(until) = tokens.end(name + 1).filter(|_| tokens.is(name + 1, "(")) else { continue };
        let column = |at: usize| match tokens.token(at)? {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_lowercase()),
            Token::Word(word) => Some(word.value.clone()),
            _ => None,
        };
        let columns = (name + 2..until).filter_map(column);
        let columns: Vec<String> =
            columns.map(|name| format!("CAST(NULL AS INT) AS \"{}\"", name.replace('"', "\"\""))).collect();
        let Some(name) = tokens.token(name) else { continue };
        found.push((at, until, format!("(SELECT {} WHERE false) {name}", columns.join(", "))));
    }
    tokens.with(&found)
}

/// The columns of keys and indexes, of which there are none: the rows that they would be of are not there either.
pub(super) fn expanded_arrays(tokens: &Tokens<'_>) -> String {
    let name = "_pg_expandarray";
    if !(0..tokens.tokens.len()).any(|at| tokens.is(at, name)) {
        return tokens.sql.to_owned();
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.tokens.len() {
        if tokens.is(at, "information_schema")
            && tokens.is(at + 2, name)
            && let Some(end) = tokens.end(at + 3)
        {
            found.push((at, end, "CAST(NULL AS INT)"));
            at = end;
        } else if tokens.is(at, ".")
            && at > 0
            && tokens.is(at - 1, ")")
            && (tokens.is(at + 1, "n") || tokens.is(at + 1, "x"))
        {
            found.push((at, at + 1, ""));
            at += 1;
        }
        at += 1;
    }
    tokens.with(&found)
}

#[cfg(test)]
mod tests {
    use super::super::text;

    #[test]
    fn only_what_has_no_rows_here_becomes_an_empty_list() {
        let sql = "SELECT ARRAY(SELECT b.rolname\n FROM pg_catalog.pg_auth_members m WHERE (true)) AS é, array(SELECT 1)";
        assert_eq!(text(sql), "SELECT array_remove(make_array(''), '') AS é, array(SELECT 1)");
        assert_eq!(text("SELECT 'array(SELECT polroles)'"), "SELECT 'array(SELECT polroles)'");
    }

    #[test]
    fn keys_that_there_are_none_of_are_no_columns() {
        let sql = "SELECT (information_schema._pg_expandarray(i.indkey)).n AS k WHERE a = (r.KEYS).x";
        assert_eq!(text(sql), "SELECT (CAST(NULL AS INT)) AS k WHERE a = (r.KEYS)");
    }

    #[test]
    fn what_is_numbered_has_no_rows() {
        let sql =
            "FROM pg_index i, unnest(i.indkey, i.indoption) WITH ORDINALITY koi(key, \"Option\") WHERE 1 = 1";
        let expected = "FROM pg_index i, (SELECT CAST(NULL AS INT) AS \"key\", CAST(NULL AS INT) AS \"Option\" WHERE false) koi WHERE 1 = 1";
        assert_eq!(text(sql), expected);
    }
}
