//! Slips, and what is said of them.

use crate::script::parse;

#[test]
fn what_keeps_a_statement_from_being_read_is_told() {
    let mut wrong = Vec::new();
    for (sql, blamed, what, hint) in SLIPS {
        let error = parse("s", sql).map(|_| ()).unwrap_err();
        let column = sql.find(blamed).map_or(sql.len(), |byte| sql[..byte].chars().count()) + 1;
        let expected = format!("s:1:{column}: {what}");
        if error.message() != expected || error.hint() != Some(hint) {
            wrong.push(format!("{sql}\n  {expected}\n  {hint}\n{error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Statements, the word that is to blame, what is said, and what to write; the end where no such word is in it.
const SLIPS: &[(&str, &str, &str, &str)] = &[
    ("SELECT a FROM t GROUP region", "GROUP", "GROUP has no BY", "GROUP BY region"),
    ("SELECT a FROM t ORDER b DESC", "ORDER", "ORDER has no BY", "ORDER BY b"),
    ("SELECT count(*) OVER (PARTITION a) FROM t", "PARTITION", "PARTITION has no BY", "PARTITION BY a"),
    ("SELECT a FROM t WHERE a like web%", "web", "LIKE takes a text", "text is in single quotes: 'web%'"),
    ("SELECT a FROM t WHERE a LIKE %web%", "%web", "LIKE takes a text", "text is in single quotes: '%web%'"),
    ("SELECT a FROM t WHERE a === 'x'", "=", "there is no operator ===", "= compares"),
    ("SELECT a FROM t WHERE a =! 'x'", "=", "there is no operator =!", "!= or <> for what differs"),
    ("SELECT a FROM t WHERE a => 2", "=>", "there is no operator =>", "write >="),
    ("SELECT a FROM t WHERE a =< 2", "=<", "there is no operator =<", "write <="),
    ("SELECT 2 ** 3", "**", "there is no operator **", "power(2, 3)"),
    ("SELECT a FROM t WHERE !b", "!", "there is no operator !", "write NOT"),
    (
        "SELECT a FROM t # all",
        "#",
        "# begins no comment",
        "a comment begins with -- or stands between /* and */",
    ),
    (
        "SELECT a FROM t // all",
        "//",
        "// begins no comment",
        "a comment begins with -- or stands between /* and */",
    ),
    ("SELECT a FROM t WHERE a ISNULL", "ISNULL", "there is no ISNULL", "write IS NULL"),
    ("SELECT a FROM t WHERE a CONTAINS 'x'", "CONTAINS", "there is no CONTAINS", "write LIKE '%x%'"),
    ("SELECT a FROM t WHERE a STARTS WITH 'x'", "STARTS", "there is no STARTS WITH", "write LIKE 'x%'"),
    ("SELECT a FROM t WHERE a EQUALS 'x'", "EQUALS", "there is no EQUALS", "write ="),
    ("SELECT a FROM t ORDER BY a DESCENDING", "DESCENDING", "there is no DESCENDING", "write DESC"),
    ("SELECT a FROM t WHERE a IS 'x'", "'x'", "IS is for NULL, true and false", "write = 'x'"),
    ("SELECT a FROM t WHERE a IS NOT 'x'", "'x'", "IS is for NULL, true and false", "write <> 'x'"),
    ("SELECT a FROM t WHERE a NOT = 'x'", "NOT", "NOT does not stand before =", "write <> 'x'"),
    ("SELECT a FROM t WHERE a IN 'x'", "'x'", "IN takes a list in parentheses", "IN ('x')"),
    ("SELECT a FROM t WHERE a IN us-east-1", "us", "IN takes a list in parentheses", "IN ('us-east-1')"),
    (
        "SELECT a FROM t WHERE 'x' IN tags",
        "tags",
        "IN takes a list in parentheses",
        "array_has(tags, 'x') says whether a column of lists has it",
    ),
    (
        "SELECT a FROM t WHERE EXISTS u",
        "u",
        "EXISTS takes a query in parentheses",
        "EXISTS (SELECT 1 FROM u WHERE …)",
    ),
    ("SELECT a FROM t WHERE a IN ()", ")", "the list of IN is empty", "IN ('a', 'b')"),
    (
        "SELECT a FROM t WHERE a = ANY ('x', 'y')",
        ",",
        "ANY takes one list",
        "IN ('a', 'b'), or = ANY(ARRAY['a', 'b'])",
    ),
    (
        "SELECT a FROM t WHERE a BETWEEN 1, 2",
        ",",
        "AND stands between the ends of BETWEEN",
        "BETWEEN … AND …",
    ),
    ("SELECT a FROM t WHERE b > now() - 7 days", "7", "7 days is no interval", "INTERVAL '7 days'"),
    ("SELECT a FROM t WHERE b > now() - 7d", "7d", "7d is no interval", "INTERVAL '7 days'"),
    ("SELECT a FROM t WHERE b = “x”", "“", "“ is no quote of SQL", "text is in single quotes: 'x'"),
    (
        "SELECT a FROM t WHERE b = 'x’",
        "'",
        "the text that begins here has no end",
        "’ is no quote of SQL: text is in single quotes, 'x'",
    ),
    (
        "SELECT a FROM t WHERE b = 'x",
        "'",
        "the text that begins here has no end",
        "its last ' is missing; a ' in it is written twice: 'it''s'",
    ),
    (
        "SELECT \"a FROM t",
        "\"",
        "the name that begins here has no end",
        "its last \" is missing; text is in single quotes",
    ),
    ("SELECT 1 /* all", "/*", "the comment that begins here has no end", "*/ ends it"),
    ("SELECT a, b c d FROM t", "d", "a comma is missing before d", "columns are separated by commas"),
    (
        "SELECT a FROM t WHERE a = 1 b = 2",
        "b = 2",
        "AND or OR is missing before b",
        "conditions are joined with AND or OR",
    ),
    ("SELECT * instances", "instances", "FROM is missing before instances", "SELECT * FROM instances"),
    (
        "SELECT a FROM t WHERE a IN ('x' 'y')",
        "'y'",
        "a comma is missing before 'y'",
        "values are separated by commas",
    ),
    (
        "SELECT a FROM t, WHERE b = 1",
        ",",
        "nothing follows the comma",
        "leave it out, or write what was to follow",
    ),
    ("SELECT a FROM t,", ",", "nothing follows the comma", "leave it out, or write what was to follow"),
    ("SELECT a,, b FROM t", ",", "nothing follows the comma", "leave it out, or write what was to follow"),
    (
        "SELECT a FROM t GROUP BY a, LIMIT 1",
        ", L",
        "nothing follows the comma",
        "leave it out, or write what was to follow",
    ),
    ("SELECT count(a FROM t", "(", "the ( is not closed", "its ) is missing"),
    ("SELECT a FROM t WHERE (b = 1 AND c", "(", "the ( is not closed", "its ) is missing"),
    ("SELECT count(*)) FROM t", ") F", "the ) closes nothing", "leave it out, or write its ("),
    ("SELECT a FROM t WHERE", "$end", "a condition is missing behind WHERE", "WHERE state = 'running'"),
    (
        "SELECT a FROM t WHERE AND b = 1",
        "AND",
        "a condition is missing behind WHERE",
        "WHERE state = 'running'",
    ),
    (
        "SELECT a FROM t WHERE b = 1 AND LIMIT 1",
        "LIMIT",
        "a condition is missing behind AND",
        "AND state = 'running'",
    ),
    (
        "SELECT a FROM t WHERE b =",
        "$end",
        "a value is missing behind =",
        "text is in single quotes: = 'running'",
    ),
    (
        "SELECT a FROM",
        "$end",
        "a table is missing behind FROM",
        "SHOW TABLES lists the tables; \\d does in the shell",
    ),
    (
        "SELECT a FROM t ORDER BY",
        "$end",
        "something is missing behind BY",
        "name columns, or their numbers: BY region, 2",
    ),
    ("SELECT a FROM t LIMIT", "$end", "a number is missing behind LIMIT", "LIMIT 10"),
    ("SELECT a AS FROM t", "FROM", "a name is missing behind AS", "a AS name"),
    ("SELECT a FROM t ORDER BY a WHERE b = 1", "WHERE", "WHERE stands behind ORDER BY", CLAUSES),
    ("SELECT a FROM t LIMIT 5 ORDER BY a", "ORDER", "ORDER BY stands behind LIMIT", CLAUSES),
    (
        "SELECT a FROM t WHERE b = 1 WHERE c = 2",
        "WHERE c",
        "there are two WHERE",
        "conditions are joined with AND or OR",
    ),
    ("SELECT CASE a WHEN 'x' THEN 1 FROM t", "CASE", "CASE has no END", "CASE WHEN … THEN … ELSE … END"),
    (
        "SELECT CASE WHEN a = 'x' 1 ELSE 0 END FROM t",
        "WHEN",
        "WHEN has no THEN",
        "CASE WHEN … THEN … ELSE … END",
    ),
    (
        "SELECT FIRST 5 a FROM t",
        "FIRST",
        "there is no FIRST",
        "here it is written LIMIT 5, at the end of the statement",
    ),
    (
        "SELECT a TOP 5 FROM t",
        "TOP",
        "there is no TOP",
        "here it is written LIMIT 5, at the end of the statement",
    ),
    (
        ")",
        ")",
        ") begins no statement",
        "SELECT … FROM … asks; \\h in the shell and docs/tutorial.md explain it",
    ),
    (
        "SELECT a FROM t u AND b = 1",
        "AND",
        "WHERE is missing before AND",
        "conditions stand behind WHERE, those of a JOIN behind ON",
    ),
    ("instances", "instances", "instances begins no statement", "SELECT * FROM instances"),
    ("list instances", "list", "list begins no statement", "SELECT * FROM instances"),
    ("q", "q", "q begins no statement", "\\q leaves the shell; so does Ctrl-D"),
    ("tables", "tables", "tables begins no statement", "SHOW TABLES lists the tables; \\d does in the shell"),
    (
        "WHERE a = 1",
        "WHERE",
        "WHERE begins no statement",
        "it belongs to one: a ; before it ends that too early",
    ),
    (
        "EXPLAIN instances",
        "instances",
        "EXPLAIN takes a statement",
        "EXPLAIN SELECT * FROM instances; DESCRIBE instances lists its columns",
    ),
    ("EXPLAIN PLAN FOR SELECT 1", "PLAN", "EXPLAIN takes a statement", "EXPLAIN SELECT …"),
    ("DESC TABLE instances", "TABLE", "DESC takes the name of a table alone", "DESC instances"),
    ("COPY t TO x.csv", "x.csv", "COPY takes its file in quotes", "COPY … TO 'x.csv'"),
    ("COPY t FROM 'x.csv'", "FROM", "COPY only writes files", "SELECT * FROM 'x.csv' reads one"),
    (
        "SELECT * FROM t INTO OUTFILE 'x.csv'",
        "INTO",
        "there is no INTO OUTFILE",
        "COPY (SELECT …) TO 'x.csv', or -o x.csv",
    ),
    (
        "SELECT * FROM t AS OF '2024-01-01'",
        "AS",
        "there is no AS OF",
        "captures keep what was: lightsail-sql --from DIR --at 2024-01-01",
    ),
    ("SELECT a FROM t JOIN u USING b", "b", "USING takes columns in parentheses", "USING (b)"),
    (
        "SELECT a FROM t OUTER JOIN u ON true",
        "OUTER",
        "OUTER JOIN has no side",
        "LEFT JOIN, RIGHT JOIN or FULL JOIN",
    ),
    ("SELECT a FROM t CROSS u", "u", "JOIN is missing behind CROSS", "CROSS JOIN u"),
    (
        "WITH a AS SELECT 1 SELECT * FROM a",
        "SELECT",
        "the query of WITH is in parentheses",
        "WITH a AS (SELECT …) SELECT … FROM a",
    ),
    ("SET lightsail.regions all", "all", "= is missing before all", "SET lightsail.regions = 'all'"),
    (
        "SELECT a FROM t WHERE b = %s",
        "%s",
        "%s is no parameter",
        "a parameter is written $name, and --param name=VALUE gives it a value",
    ),
    (
        "SELECT a FROM t WHERE b = ${name}",
        "$",
        "${name} is no parameter",
        "a parameter is written $name, and --param name=VALUE gives it a value",
    ),
    ("SELECT a FROM [t]", "[", "[ ] hold no name here", "a name that needs quotes has double ones: \"t\""),
    ("SELECT tags{'env'} FROM t", "{", "{ } hold no key here", "tags['env']"),
    ("SELECT 7 DIV 2", "DIV", "there is no DIV", "/ between integers leaves out the rest"),
];

const CLAUSES: &str =
    "the order is SELECT … FROM … WHERE … GROUP BY … HAVING … QUALIFY … ORDER BY … LIMIT … OFFSET";
