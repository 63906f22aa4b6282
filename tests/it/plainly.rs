//! What is wrong with a statement is said in words for people, with its place and what to write instead.

use crate::support::csv;

#[test]
fn errors_are_about_the_sql_and_not_about_the_engine() {
    let alias = "give one of them an alias where they are selected: name AS other_name";
    let number = "CAST(… AS DOUBLE) makes a number of a text";
    let mut wrong = Vec::new();
    for (sql, column, message, hint) in [
        ("SELECT sum(name) FROM instances", 8, "sum takes numbers, not text", number),
        ("SELECT stddev(name) FROM instances", 8, "stddev takes numbers, not text", number),
        (
            "SELECT sum(is_static_ip) FROM instances",
            8,
            "sum takes numbers, not truth values",
            "count(*) FILTER (WHERE …) counts those that are true",
        ),
        ("SELECT 1 AS a, 2 AS a", 13, "there are two columns 'a'", alias),
        ("SELECT name, name FROM instances UNION SELECT 'a', 'b'", 8, "there are two columns 'name'", alias),
        (
            "SELECT name FROM instances WHERE is_static_ip = 1",
            34,
            "instances.is_static_ip is a truth value, and 1 is none",
            "write instances.is_static_ip or NOT instances.is_static_ip, or compare with true or false",
        ),
        (
            "SELECT name FROM instances WHERE cpu_count",
            34,
            "the condition is neither true nor false",
            "compare it with something: cpu_count > 0",
        ),
        (
            "SELECT coalesce(created_at, 'never') FROM instances",
            8,
            "coalesce takes values of one type",
            "make them texts: coalesce(CAST(created_at AS VARCHAR), 'never')",
        ),
        (
            "SELECT count(*) FROM instances a JOIN instances b ON a.tags = b.tags",
            1,
            "a map, a list or a struct has no order, and is no key of a join",
            "take a value of it: tags['env']",
        ),
    ] {
        let run = csv(&["-c", sql]);
        let head = format!("error: -c:1:{column}: {message}\n");
        let is_right = run.stderr.starts_with(&head) && run.stderr.ends_with(&format!("hint: {hint}\n"));
        if run.code != Some(1) || !is_right {
            wrong.push(format!("{sql}\n{:?} {}", run.code, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_caret_stands_below_what_is_to_blame_or_nowhere() {
    let mut wrong = Vec::new();
    for (sql, blamed, message) in [
        ("SELECT 1/0", Some("/0"), "a division by zero"),
        ("SELECT name,\n  cpu_count % 0\nFROM instances", Some("% 0"), "a division by zero"),
        ("SELECT 6/2, 1/0", None, "a division by zero"),
        ("SELECT name FROM instances LIMIT 'a'", Some("'a'"), "LIMIT takes a whole number"),
        ("SELECT name FROM instances FETCH FIRST 'a' ROWS ONLY", Some("'a'"), "LIMIT takes a whole number"),
        ("SELECT name FROM instances OFFSET 'a'", Some("'a'"), "OFFSET takes a whole number"),
        (
            "SELECT name FROM instances WHERE name ~ '(x'",
            Some("'(x'"),
            "the regular expression is not well-formed: unclosed group",
        ),
        (
            "SELECT regexp_like(name, '[') FROM instances",
            Some("'['"),
            "the regular expression is not well-formed: unclosed character class",
        ),
        ("SELECT * FROM 'missing.parquet'", Some("'missing"), "there is no file missing.parquet"),
        ("SELECT $n + 1", Some("$n"), "the parameter $n cannot be 'abc': + takes numbers"),
        (
            "SELECT 2 * cpu_count - $n FROM instances",
            Some("$n"),
            "the parameter $n cannot be 'abc': - takes numbers",
        ),
        (
            "SELECT date_trunc('monthh', created_at) FROM instances",
            Some("'monthh'"),
            "'monthh' is no part of a time",
        ),
        ("SELECT name, FORM instances", Some("FORM"), "FORM is no keyword"),
        ("SELECT DISTICT name FROM instances", Some("DISTICT"), "DISTICT is no keyword"),
    ] {
        let given = if sql.contains("$n") { &["--param", "n=abc"][..] } else { &[] };
        let run = csv(&[given, &["-c", sql]].concat());
        let head = run.stderr.lines().next().unwrap_or_default().to_owned();
        let at = blamed.and_then(|blamed| sql.find(blamed));
        let place = at.map_or((1, 1), |at| {
            let before = &sql[..at];
            (before.matches('\n').count() + 1, at - before.rfind('\n').map_or(0, |end| end + 1) + 1)
        });
        let has_caret = run.stderr.lines().any(|line| line.trim() == "^");
        let expected = format!("error: -c:{}:{}: {message}", place.0, place.1);
        if head != expected || has_caret != at.is_some() {
            wrong.push(format!("{sql}: {expected}\n{}", run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_header_that_names_two_columns_alike_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("twice.csv");
    std::fs::write(&file, "id,name,id\n1,a,2\n").unwrap();
    let run = csv(&["-c", &format!("SELECT * FROM '{}'", file.display())]);
    assert!(run.stderr.contains("the header of twice.csv has two columns id\n"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: give one of them another name"), "{}", run.stderr);
}
