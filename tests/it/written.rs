//! What is written means what was read: NULL and '', values out of range, types that a format does not have, and `-`.

use lightsail_demo as demo;
use tempfile::TempDir;

use crate::support::{Endpoint, command, run, run_with};

fn rows(format: &str, sql: &str) -> String {
    let run = run(&["--demo", "-q", "--format", format, "-c", sql]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{format}: {sql}");
    run.stdout
}

#[test]
fn null_is_not_the_empty_text() {
    let sql = "SELECT * FROM (VALUES (NULL, 1), ('', 2), ('NULL', 3)) t(a, b)";
    assert_eq!(rows("csv", sql), "a,b\n,1\n\"\",2\nNULL,3\n");
    assert_eq!(rows("tsv", sql), "a\tb\n\t1\n\"\"\t2\nNULL\t3\n");
    let marked = run(&["--format", "csv", "--null", "NULL", "-c", sql]);
    assert_eq!(marked.stdout, "a,b\nNULL,1\n\"\",2\n\"NULL\",3\n");
    let alone = run(&["--format", "csv", "-c", "SELECT a FROM (VALUES (NULL), ('x'), (''), ('NULL')) t(a)"]);
    assert_eq!(alone.stdout, "a\nNULL\nx\n\"\"\n\"NULL\"\n");
    assert!(alone.stderr.starts_with("note: NULL is written NULL, for readers skip"), "{}", alone.stderr);
    let numbers = run(&["--format", "csv", "-c", "SELECT a FROM (VALUES (NULL), (1)) t(a)"]);
    assert_eq!((numbers.stdout.as_str(), numbers.stderr.as_str()), ("a\n\"\"\n1\n", ""));
}

#[test]
fn what_is_written_is_read_back_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    for (at, (rows, note)) in [
        ("(NULL, 1), ('NULL', 2), ('x', 3)", ""),
        ("('', 1), ('NULL', 2), ('\"', 3)", ""),
        ("(NULL, NULL), ('x', 3)", ""),
        ("(NULL, 1), ('', 2)", "both are read as NULL"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = directory.path().join(format!("{at}.csv"));
        let path = file.to_str().unwrap();
        let of = |from: &str| format!("SELECT a IS NULL AS n, a, b FROM {from} ORDER BY b");
        let values = format!("(VALUES {rows}) t (a, b)");
        let written = run(&["-q", "-o", path, "-c", &format!("SELECT a, b FROM {values}")]);
        assert_eq!(written.code, Some(0), "{}", written.stderr);
        let back = run(&["--format", "csv", "-c", &of(&format!("'{path}'"))]);
        if note.is_empty() {
            assert_eq!(back.stdout, run(&["--format", "csv", "-c", &of(&values)]).stdout, "{rows}");
        }
        assert_eq!(
            back.stderr.contains("both are read as NULL"),
            !note.is_empty(),
            "{rows}: {}",
            back.stderr
        );
    }
    let alone = directory.path().join("alone.csv");
    let path = alone.to_str().unwrap();
    run(&["-q", "-o", path, "-c", "SELECT a FROM (VALUES (NULL), (''), ('x')) t (a)"]);
    let back = rows("csv", &format!("SELECT a IS NULL AS n, a FROM '{path}' ORDER BY 1, 2"));
    assert_eq!(back, "n,a\nfalse,\"\"\nfalse,x\ntrue,\n");
}

#[test]
fn an_id_like_1e5_is_no_number() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("x.csv");
    std::fs::write(&file, "id,price\n1e5,1.10\n12,2.5e3\n").unwrap();
    let run = run(&["--format", "csv", "-c", &format!("SELECT * FROM '{}'", file.to_str().unwrap())]);
    assert_eq!(run.stdout, "id,price\n1e5,1.1\n12,2500.0\n", "{}", run.stderr);
    assert!(run.stderr.contains("read as text"), "{}", run.stderr);
}

const TEXTS: [&str; 6] = ["table", "markdown", "csv", "tsv", "json", "ndjson"];

#[test]
fn a_value_that_cannot_be_shown_is_an_error_in_every_format() {
    for value in [
        "arrow_cast(100000000, 'Date32')",
        "[arrow_cast(100000000, 'Date32')]",
        "named_struct('a', arrow_cast(100000000, 'Date32'))",
        "arrow_cast(9223372036854775807, 'Timestamp(Second, None)')",
        "arrow_cast(9223372036854775807, 'Timestamp(Millisecond, None)')",
        "arrow_cast(9223372036854775807, 'Duration(Second)')",
        "[arrow_cast(9223372036854775807, 'Duration(Second)')]",
        "arrow_cast(9223372036854775807, 'Date64')",
    ] {
        for format in TEXTS {
            let directory = TempDir::new().unwrap();
            let file = directory.path().join("x");
            let sql = format!("SELECT {value} AS x");
            let run = run(&["--format", format, "-o", file.to_str().unwrap(), "-c", &sql]);
            assert_eq!(run.code, Some(1), "{format}: {value}");
            assert!(run.stderr.starts_with("error: the result cannot be written: "), "{}", run.stderr);
            assert!(!file.exists());
        }
    }
}

#[test]
fn json_has_numbers_as_they_are_or_none() {
    let sql = "SELECT arrow_cast('12345.67', 'Decimal128(38, 2)') AS d, 0.1 AS f, -0e0 AS z, CAST(NULL AS DOUBLE) AS n";
    assert_eq!(rows("ndjson", sql), "{\"d\":12345.67,\"f\":0.1,\"z\":-0.0,\"n\":null}\n");
    for (value, what) in [
        (
            "arrow_cast('12345678901234567890.12', 'Decimal128(38, 2)')",
            "12345678901234567890.12 has more digits",
        ),
        (
            "[arrow_cast('1234567890123456.78901', 'Decimal256(60, 5)')]",
            "1234567890123456.78901 has more digits",
        ),
        ("1e0 / 0", "JSON has no number inf"),
        ("arrow_cast('NaN', 'Float32')", "JSON has no number NaN"),
        ("[1e0, -1e0 / 0]", "JSON has no number -inf"),
    ] {
        for format in ["json", "ndjson"] {
            let run = run(&["--format", format, "-c", &format!("SELECT {value} AS x")]);
            assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{value}");
            assert!(run.stderr.contains(what), "{}", run.stderr);
        }
    }
    // A value of a row that is NULL as a whole is none.
    assert_eq!(rows("csv", "SELECT 1e0 / 0 AS a, arrow_cast('NaN', 'Float64') AS b"), "a,b\ninf,NaN\n");
}

#[test]
fn what_a_format_cannot_hold_is_refused_before_the_first_call() {
    let endpoint = Endpoint::start(demo::Config::default());
    let directory = TempDir::new().unwrap();
    for (format, value, what) in [
        ("json", "named_struct('a', 1, 'a', name)", "two fields of x are named a"),
        ("ndjson", "[named_struct('b', named_struct('a', 1, 'a', name))]", "two fields of x are named a"),
        ("csv", "named_struct('a', 1, 'a', name)", "two fields of x are named a"),
        ("parquet", "named_struct('a', 1, 'a', name)", "two fields of x are named a"),
        ("json", "MAP {length(name): 1}", "Only UTF8 keys"),
        ("csv", "MAP {length(name): 1}", "Only UTF8 keys"),
        ("parquet", "now() - created_at", "Parquet cannot hold the duration of column x"),
        ("parquet", "INTERVAL '1 day' * cpu_count", ""),
        (
            "parquet",
            "[CASE WHEN cpu_count > 1 THEN INTERVAL '1 day' END]",
            "Parquet cannot hold the interval of column x",
        ),
        (
            "parquet",
            "named_struct('i', INTERVAL '1 month', 'n', name)",
            "Parquet cannot hold the interval of column x",
        ),
        (
            "parquet",
            "arrow_cast(cpu_count, 'Decimal256(50, 2)')",
            "Parquet cannot hold the 50 digits of column x",
        ),
    ] {
        let file = directory.path().join("x");
        let sql = format!("SELECT {value} AS x FROM instances");
        let refused = endpoint.run(&["--format", format, "-o", file.to_str().unwrap(), "-c", &sql]);
        assert_eq!(refused.code, Some(1), "{format} {value}: {}", refused.stderr);
        assert!(refused.stderr.contains(what), "{format} {value}: {}", refused.stderr);
        assert!(!file.exists());
    }
    assert_eq!(endpoint.server.request_count(), 0);
    // The way out that the hint names.
    let file = directory.path().join("age.parquet");
    let sql = "SELECT date_part('epoch', now() - created_at) AS seconds, CAST(now() - created_at AS VARCHAR) AS text \
               FROM instances";
    let written = endpoint.run(&["-o", file.to_str().unwrap(), "-c", sql]);
    assert_eq!(written.code, Some(0), "{}", written.stderr);
}

/// Parquet has no type for seconds, half floats and the days of Date64: what stands for them must not be a plain number.
#[test]
fn types_that_parquet_lacks_are_stored_as_ones_that_its_readers_know() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("x.parquet").to_str().unwrap().to_owned();
    let sql = "SELECT arrow_cast('2020-01-02T03:04:05', 'Timestamp(Second, None)') AS a, \
               arrow_cast('2020-01-02T03:04:05Z', 'Timestamp(Second, Some(\"UTC\"))') AS b, \
               arrow_cast('03:04:05', 'Time32(Second)') AS c, arrow_cast(1.5, 'Float16') AS d, \
               arrow_cast(TIMESTAMP '2020-01-02 03:04:05', 'Date64') AS e, \
               [arrow_cast('2020-01-02T03:04:05', 'Timestamp(Second, None)')] AS f";
    assert_eq!(run(&["-o", &file, "-c", sql]).code, Some(0));
    let back = format!(
        "CREATE EXTERNAL TABLE x STORED AS PARQUET LOCATION '{file}'; SELECT arrow_typeof(a) AS t, arrow_typeof(b) AS u, \
         arrow_typeof(c) AS v, arrow_typeof(d) AS w, arrow_typeof(e) AS x FROM x; SELECT * FROM x"
    );
    let expected = "t,u,v,w,x\nTimestamp(ms),\"Timestamp(ms, \"\"UTC\"\")\",Time32(ms),Float32,Timestamp(ms)\n\
                    a,b,c,d,e,f\n2020-01-02T03:04:05,2020-01-02T03:04:05Z,03:04:05,1.5,2020-01-02T03:04:05,\
                    \"[\"\"2020-01-02T03:04:05\"\"]\"\n";
    assert_eq!(rows("csv", &back), expected);
}

#[test]
fn a_dash_is_standard_output_and_input() {
    let directory = TempDir::new().unwrap();
    let in_directory = |args: &[&str], stdin: &str| {
        let mut child = command(args, &[])
            .current_dir(directory.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for (args, stdin, expected) in [
        (vec!["--format", "csv", "-o", "-", "-c", "SELECT 1 AS a"], "", "a\n1\n"),
        (vec!["--format", "csv", "-o", "-", "-c", "SELECT 1 AS a; SELECT 2 AS b"], "", "a\n1\nb\n2\n"),
        (vec!["-c", "COPY (SELECT 1 AS a) TO '-' STORED AS CSV"], "", "a\n1\n"),
        (vec!["--format", "ndjson", "-c", "COPY (SELECT 1 AS a) TO '-'"], "", "{\"a\":1}\n"),
        (vec!["--format", "csv", "-"], "SELECT 3 AS c", "c\n3\n"),
        (vec!["--format", "csv", "-f", "-"], "SELECT 3 AS c", "c\n3\n"),
        (vec!["--format", "csv", "-c", "SELECT 1 AS a", "-"], "SELECT 3 AS c", "a\n1\nc\n3\n"),
    ] {
        let (stdout, stderr) = in_directory(&args, stdin);
        assert_eq!((stdout.as_str(), stderr.as_str()), (expected, ""), "{args:?}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let (_, stderr) = in_directory(&["-f", "-", "-"], "SELECT 1");
    assert!(stderr.contains("- is named twice"), "{stderr}");
    let (_, stderr) = in_directory(&["--format", "csv", "-o", "./-", "-c", "SELECT 1"], "");
    assert_eq!(stderr, "wrote ./-, 1 row\n");
}

#[test]
fn leading_zeros_of_a_csv_file_are_kept() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("accounts.csv");
    // The first zero comes behind the rows that DataFusion looks at.
    let filler: String = (0..2_000).map(|row| format!("{row},1.5,7,100000000001\n")).collect();
    let rest = "-1,2.5,12345678901234567890,012345678901\n5,3.5,8,\n";
    std::fs::write(&file, format!("n,f,id,account\n{filler}{rest}")).unwrap();
    let table = format!("CREATE EXTERNAL TABLE a STORED AS CSV LOCATION '{}'", file.display());
    let sql = format!("{table}; SELECT * FROM a WHERE n = -1; SELECT sum(f) AS f FROM a");
    let inferred = run_with(&["--format", "csv", "-c", &sql], &[], "");
    assert_eq!(
        inferred.stdout, "n,f,id,account\n-1,2.5,12345678901234567890,012345678901\nf\n3006.0\n",
        "{}",
        inferred.stderr
    );
    let note = inferred.stderr.lines().next().unwrap();
    assert!(note.starts_with("note: read as text, ") && note.contains(": a.id, a.account; "), "{note}");
    let typed = table.replace(" STORED", " (n BIGINT, f DOUBLE, id VARCHAR, account BIGINT) STORED");
    let typed = run(&["--format", "csv", "-c", &format!("{typed}; SELECT account FROM a WHERE n = -1")]);
    assert_eq!((typed.stdout.as_str(), typed.stderr.as_str()), ("account\n12345678901\n", ""));
}

/// Rust's runtime opens /dev/null where there is no standard output.
#[cfg(unix)]
#[test]
fn rows_are_not_lost_where_standard_output_is_closed() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("a.csv");
    let run = |script: &str| {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_lightsail-sql"), file.to_str().unwrap()])
            .env("LIGHTSAIL_SQL_CONFIG", "/dev/null")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let closed = (Some(1), "error: cannot write standard output: it is closed\n".to_owned());
    assert_eq!(run("exec \"$0\" --demo -q -c 'SELECT 1' >&-"), closed);
    assert_eq!(run("exec \"$0\" --demo -q -c 'SELECT 1' <&- >&-"), closed);
    assert_eq!(run("exec \"$0\" --demo -q -c 'SELECT 1' >/dev/null"), (Some(0), String::new()));
    assert_eq!(run("exec \"$0\" --demo -q -o \"$1\" -c 'SELECT 1 AS a' >&-"), (Some(0), String::new()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a\n1\n");
}

#[cfg(unix)]
#[test]
fn a_file_that_does_not_say_how_long_it_is_is_no_table_of_no_rows() {
    let directory = TempDir::new().unwrap();
    let pipe = directory.path().join("rows.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for location in [pipe.to_str().unwrap(), "/dev/zero", "/proc/self/status"] {
        let mut statements =
            vec![format!("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '{location}'; SELECT * FROM x")];
        statements.extend(location.ends_with(".csv").then(|| format!("SELECT * FROM '{location}'")));
        for sql in statements {
            let run = run(&["--demo", "-q", "-c", &sql]);
            assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{sql}: {}", run.stderr);
            assert!(run.stderr.contains("does not say how long it is"), "{sql}: {}", run.stderr);
        }
    }
}
