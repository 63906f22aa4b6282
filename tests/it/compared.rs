//! Parameters and literals beside what they are compared with, as a person types them: none costs a call before it is
//! known to fit.

use lightsail_demo::Config;

use crate::support::{Endpoint, Run, csv};

/// A statement about `t(v)`, whose texts are `6.10`, `6.1`, `007`, `7`, `true` and `TRUE`, with a parameter.
fn about_texts(condition: &str, parameter: &str) -> Run {
    let sql = format!(
        "SELECT v FROM (VALUES ('6.10'), ('6.1'), ('007'), ('7'), ('true'), ('TRUE'), ('x')) t(v) WHERE {condition} ORDER BY v"
    );
    csv(&["-q", "--param", parameter, "-c", &sql])
}

#[test]
fn a_parameter_beside_a_text_is_that_text() {
    for (condition, parameter, expected) in [
        ("v = $v", "v=6.1", "6.1\n"),
        ("v = $v", "v=6.10", "6.10\n"),
        ("v = $n", "n=7", "7\n"),
        ("v = $n", "n=007", "007\n"),
        ("v = $n", "n='7'", "7\n"),
        ("$n = v", "n=7", "7\n"),
        ("v <> $v AND v LIKE '6%'", "v=6.1", "6.10\n"),
        ("v IN ($v, 'x')", "v=6.1", "6.1\nx\n"),
        ("$v IN (v)", "v=6.1", "6.1\n"),
        ("v BETWEEN $v AND '6.10'", "v=6.1", "6.1\n6.10\n"),
        ("v IS NOT DISTINCT FROM $v", "v=6.1", "6.1\n"),
        ("CASE v WHEN $v THEN true END", "v=6.1", "6.1\n"),
        ("v LIKE $v", "v=7", "7\n"),
        ("v ~ $v", "v=7", "007\n7\n"),
        ("nullif(v, $v) IS NULL", "v=7", "7\n"),
        ("array_has([v], $v)", "v=7", "7\n"),
        ("v = $v", "v=true", "true\n"),
        ("v = $v", "v=TRUE", "TRUE\n"),
        ("v > $v", "v=null", ""),
        ("EXISTS (SELECT 1 FROM (VALUES (1)) WHERE v = $v)", "v=6.1", "6.1\n"),
        ("v IN (SELECT $v)", "v=7", "7\n"),
    ] {
        about_texts(condition, parameter).check(expected, &format!("{condition}, {parameter}"));
    }
}

#[test]
fn a_parameter_takes_the_type_of_what_it_is_compared_with() {
    for (condition, parameter, expected) in [
        ("cpu_count = $n", "n=2", "360\n"),
        ("cpu_count = $n", "n='2'", "360\n"),
        ("cpu_count < $n", "n=2.5", "360\n"),
        ("cpu_count < $n", "n=2.50", "360\n"),
        ("is_static_ip = $n", "n=true", "108\n"),
        ("is_static_ip = $n", "n=TRUE", "108\n"),
        ("created_at > $n", "n=2026-01-01", "0\n"),
        ("tags[$n] = 'prod'", "n=env", "182\n"),
        ("tags[$n] = 'prod'", "n=2025", "0\n"),
        ("date_part('year', created_at) = $n", "n=2020", "0\n"),
    ] {
        let sql = format!("SELECT count(*) FROM instances WHERE {condition}");
        let run = csv(&["-q", "--param", parameter, "-c", &sql]);
        run.check(expected, &format!("{condition}, {parameter}"));
    }
}

#[test]
fn what_does_not_fit_is_named_before_the_first_call() {
    let endpoint = Endpoint::start(Config::default());
    for (condition, expected) in [
        (
            "cpu_count = $n",
            "the parameter $n cannot be 'abc': instances.cpu_count, which it is compared with, is an integer",
        ),
        (
            "ram_size_in_gb > $n",
            "the parameter $n cannot be 'abc': instances.ram_size_in_gb, which it is compared with, is a number",
        ),
        (
            "created_at > $n",
            "the parameter $n cannot be 'abc': instances.created_at, which it is compared with, is a time",
        ),
        (
            "is_static_ip = $n",
            "the parameter $n cannot be 'abc': instances.is_static_ip, which it is compared with, is a truth value",
        ),
        (
            "cpu_count IN (1, $n)",
            "the parameter $n cannot be 'abc': instances.cpu_count, which it is compared with, is an integer",
        ),
        ("cpu_count = CAST($n AS INT)", "the parameter $n cannot be 'abc': it is cast to an integer"),
        (
            "created_at > arrow_cast($n, 'Timestamp(ms, \"UTC\")')",
            "the parameter $n cannot be 'abc': it is cast to a time",
        ),
    ] {
        let sql = format!("SELECT count(*) FROM instances WHERE {condition}");
        let run = endpoint.run(&["--param", "n=abc", "-c", &sql]);
        assert_eq!(run.code, Some(1), "{condition}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{condition}: {}", run.stderr);
    }
    let run = endpoint.run(&["--param", "n=abc", "-c", "SELECT name FROM instances LIMIT $n"]);
    assert!(
        run.stderr.contains("the parameter $n cannot be 'abc': it is a number of rows"),
        "{}",
        run.stderr
    );
    for condition in [
        "name < 7",
        "name BETWEEN 1 AND 7",
        "name = 6.1",
        "name IN (6.1)",
        "tags['x'] < now()",
        "cpu_count = 'x'",
        "cpu_count > name",
        "CASE name WHEN 6.1 THEN true END",
        "EXISTS (SELECT 1 FROM disks d WHERE d.size_in_gb < instances.name)",
    ] {
        let run = endpoint.run(&["-c", &format!("SELECT count(*) FROM instances WHERE {condition}")]);
        assert_eq!(run.code, Some(1), "{condition}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: -c:1:"), "{condition}: {}", run.stderr);
    }
    assert_eq!(endpoint.server.request_count(), 0);
}

#[test]
fn a_number_beside_a_name_is_a_look_up() {
    let endpoint = Endpoint::start(Config::default());
    let run = endpoint.run(&["-c", "SELECT count(*) FROM instances WHERE name = 77"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let asked = endpoint.server.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].operation.as_str(), &asked[0].body["instanceName"]), ("GetInstance", &"77".into()));
}
