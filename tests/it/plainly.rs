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
            1,
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
            32,
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
