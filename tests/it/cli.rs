//! Whole runs of the program: arguments, exit code, standard output, standard error.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lightsail_demo::{self as demo, Reply};
use lightsail_sql::output::{FORMATS, FormatSpec};
use tempfile::TempDir;

use crate::support::{Endpoint, command, masked, names_in, run, run_with};

pub fn snapshot(name: &str, args: &[&str]) {
    snapshot_with(name, args, &[], "");
}

pub fn snapshot_with(name: &str, args: &[&str], env: &[(&str, &str)], stdin: &str) {
    let document = run_with(args, env, stdin).to_document(args);
    masked().bind(|| insta::assert_snapshot!(format!("cli_{name}"), document));
}

const SMALL: &str = "SELECT name, created_at, ram_size_in_gb, is_static_ip, ipv6_addresses, tags, public_ip_address \
                     FROM instances WHERE region = 'ap-northeast-1' ORDER BY name";

#[test]
fn every_text_format() {
    // A page says when its rows were read.
    for FormatSpec { name, .. } in FORMATS.iter().filter(|format| format.is_text && format.name != "html") {
        snapshot(&format!("format_{name}"), &["--demo", "--format", name, "-c", SMALL]);
    }
}

#[test]
fn a_table_is_cut_only_where_that_is_asked_for() {
    snapshot(
        "maxrows",
        &["--demo", "--region", "us-east-1", "--maxrows", "2", "-c", "SELECT name FROM instances"],
    );
    let web = run(&["--demo", "-c", "SELECT name FROM instances"]);
    assert_eq!(web.stdout.lines().filter(|line| line.contains("web")).count(), 80);
    let quiet = run(&["--demo", "-q", "-c", "SELECT arn FROM instances"]);
    assert_eq!((quiet.stdout.lines().count(), quiet.stderr.as_str()), (404, ""));
}

#[test]
fn nothing_to_run_says_how_to_ask() {
    snapshot("nothing", &[]);
    snapshot("nothing_demo", &["--demo"]);
}

#[test]
fn usage_errors() {
    for (name, args) in [
        ("unknown_flag", vec!["--regoin", "x"]),
        ("unknown_format", vec!["--format", "xml", "-c", "SELECT 1"]),
        ("demo_and_endpoint", vec!["--demo", "--endpoint-url", "http://127.0.0.1:1", "-c", "SELECT 1"]),
        ("demo_today", vec!["--demo", "--demo-today", "2026-02-30", "-c", "SELECT 1"]),
        ("demo_today_without_demo", vec!["--demo-today", "2026-01-01", "-c", "SELECT 1"]),
        ("endpoint_without_scheme", vec!["--endpoint-url", "127.0.0.1:1", "-c", "SELECT 1"]),
        ("missing_file", vec!["no/such.sql"]),
        ("bad_param", vec!["--param", "x", "-c", "SELECT 1"]),
        ("unused_param", vec!["--param", "dayz=3", "-c", "SELECT $days, $port"]),
        ("zero_attempts", vec!["--max-attempts", "0", "-c", "SELECT 1"]),
        ("bad_timeout", vec!["--read-timeout", "-1", "-c", "SELECT 1"]),
        ("unknown_suffix", vec!["-o", "x.ods", "-c", "SELECT 1"]),
        ("two_results_one_file", vec!["-o", "x.csv", "-c", "SELECT 1; SELECT 2"]),
        ("directory_without_format", vec!["-o", "/tmp/", "-c", "SELECT 1"]),
        ("no_ca_bundle", vec!["--ca-bundle", "/nonexistent", "-c", "SELECT * FROM instances"]),
    ] {
        snapshot(&format!("usage_{name}"), &args);
    }
}

#[test]
fn sql_errors_have_a_place_and_cost_no_call() {
    for (name, sql) in [
        ("syntax", "SELECT 1;\nSELECT name FORM instances WHERE;"),
        ("unknown_table", "SELECT * FROM instance"),
        ("unknown_column", "SELECT 1;\nSELECT name,\n       nmae FROM instances"),
        ("unknown_function", "SELECT nosuch(name) FROM instances"),
        ("type", "SELECT name + 1 FROM instances WHERE tags > 3"),
        ("missing_parameter", "SELECT $port"),
        ("write", "DELETE FROM instances"),
        ("duplicate_json", "SELECT i.name, d.name FROM instances i JOIN disks d ON d.instance_arn = i.arn"),
    ] {
        snapshot(&format!("sql_{name}"), &["--demo", "--format", "json", "-c", sql]);
    }
}

#[test]
fn standard_input_files_and_parameters() {
    let statements =
        "-- param least = 2: how many at least\nSELECT count(*) >= $least AS enough FROM instances;";
    snapshot_with("stdin", &["--demo", "--format", "csv"], &[], statements);
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("many.sql");
    std::fs::write(&file, format!("\u{feff}{statements}\nSELECT ';' AS semicolon")).unwrap();
    let run = run(&[
        "--demo",
        "--format",
        "csv",
        "--param",
        "least=1000",
        file.to_str().unwrap(),
        "-c",
        "SELECT 0 AS first",
    ]);
    assert_eq!(run.stdout, "first\n0\nenough\nfalse\nsemicolon\n;\n", "{}", run.stderr);
}

#[test]
fn the_first_error_stops_the_run_before_anything_is_written() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("x.csv");
    std::fs::write(&file, "old").unwrap();
    let path = file.to_str().unwrap();
    let endpoint = Endpoint::with_hook(|request| {
        (request.sequence == 1).then(|| Reply::error(400, "AccessDeniedException", "no more"))
    });
    let failed = endpoint.run(&["-o", path, "-c", "SELECT * FROM instances"]);
    assert_eq!(failed.code, Some(254), "{}", failed.stderr);
    assert_eq!(names_in(directory.path()), ["x.csv"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    let slip = run(&["--demo", "-o", path, "-c", "SELECT 1; SELEC 2"]);
    assert_eq!((slip.code, std::fs::read_to_string(&file).unwrap().as_str()), (Some(1), "old"));
}

#[test]
fn files_and_directories_by_suffix_and_format() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let parquet = path("instances.parquet");
    assert_eq!(run(&["--demo", "-o", &parquet, "-c", "SELECT * FROM instances"]).code, Some(0));
    let back = format!(
        "CREATE EXTERNAL TABLE saved STORED AS PARQUET LOCATION '{parquet}'; SELECT count(*) AS missing FROM \
         (SELECT * FROM instances EXCEPT SELECT * FROM saved); SELECT count(*) AS rows FROM saved"
    );
    let back = run(&["--demo", "--format", "csv", "-c", &back]);
    assert_eq!(back.stdout, "missing\n0\nrows\n400\n", "{}", back.stderr);

    let (a, b) = (path("a.sql"), path("b.sql"));
    std::fs::write(&a, "SELECT 1 AS one").unwrap();
    std::fs::write(&b, "CREATE VIEW v AS SELECT 2 AS two; SELECT * FROM v").unwrap();
    let out = path("out/");
    let run_files = run(&["--demo", "--format", "csv", "-o", &out, &a, &b]);
    assert_eq!(run_files.code, Some(0), "{}", run_files.stderr);
    assert_eq!(names_in(Path::new(&out)), ["a.csv", "b.csv"]);
    assert_eq!(std::fs::read_to_string(path("out/b.csv")).unwrap(), "two\n2\n");
}

#[test]
fn a_table_in_a_file_has_every_row() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("x.txt");
    let run = run(&["--demo", "-o", file.to_str().unwrap(), "-c", "SELECT name FROM instances"]);
    assert_eq!((run.code, run.stderr), (Some(0), format!("wrote {}, 400 rows\n", file.display())));
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 404);
}

#[test]
fn dots_in_the_names_of_query_files_are_theirs() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (a, b) = (path("report.2024.sql"), path("report.2025.sql"));
    std::fs::write(&a, "SELECT 1 AS x").unwrap();
    std::fs::write(&b, "SELECT 2 AS x").unwrap();
    let out = path("out/");
    assert_eq!(run(&["--format", "csv", "-o", &out, &a, &b]).code, Some(0));
    assert_eq!(names_in(Path::new(&out)), ["report.2024.csv", "report.2025.csv"]);
}

#[test]
fn an_executed_statement_shows_its_rows() {
    let run = run(&["--format", "csv", "-c", "PREPARE p AS SELECT 42 AS x; EXECUTE p"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "x\n42\n"), "{}", run.stderr);
}

#[test]
fn a_parameter_keeps_its_value_beside_null() {
    for (value, sql, rows) in [
        (
            "r=us-east-1",
            "SELECT $r AS label, NULL AS note, 3 AS n UNION ALL SELECT 'x', 'y', 1",
            "label,note,n\nus-east-1,,3\nx,y,1\n",
        ),
        (
            "n=2.5",
            "SELECT a, b FROM (SELECT $n AS a, NULL AS b) WHERE b IS NULL UNION ALL SELECT 1, 2",
            "a,b\n2.5,\n1.0,2\n",
        ),
        ("r=a", "CREATE TABLE t AS SELECT $r AS a, NULL AS b; SELECT a, b FROM t", "a,b\na,\n"),
        (
            "r=a",
            "SELECT max(x) AS x, y FROM (SELECT $r, NULL) t(x, y) GROUP BY y UNION ALL SELECT 'b', 1",
            "x,y\na,\nb,1\n",
        ),
    ] {
        let run = run(&["--format", "csv", "--param", value, "-c", sql]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), rows), "{sql}: {}", run.stderr);
    }
    let prepared =
        "PREPARE q(varchar) AS SELECT $1 AS label, NULL AS x UNION ALL SELECT 'a', 1; EXECUTE q('b')";
    let run = run(&["--format", "csv", "-c", prepared]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "label,x\nb,\na,1\n"), "{}", run.stderr);
}

#[test]
fn what_is_prepared_gets_its_values_when_it_is_executed() {
    let prepare = "PREPARE p AS SELECT k FROM (VALUES (1), (2)) t(k) WHERE k = $1";
    let run = run(&["--format", "csv", "-c", &format!("{prepare}; EXECUTE p(2); EXECUTE p(3)")]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "k\n2\nk\n"), "{}", run.stderr);
}

/// Generated SQL is long or deep: rows or an error, never a signal.
#[test]
fn no_statement_is_too_much_for_the_stack() {
    let repeat = |text: &str, count: usize| text.repeat(count);
    for count in [20, 150, 500, 100_000] {
        for sql in [
            format!(
                "SELECT * FROM {}SELECT 1{}",
                repeat("(SELECT * FROM (", count / 2),
                repeat("))", count / 2)
            ),
            format!("SELECT {}1{}", repeat("(", count), repeat(")", count)),
            format!("SELECT 1{}", repeat("+1", count)),
            format!("SELECT 'a'{}", repeat("||'a'", count)),
            format!("SELECT 1 WHERE 1=1{}", repeat(" OR 2=3", count / 4)),
            format!("SELECT 1{}", repeat(" UNION ALL SELECT 1", count / 4)),
            format!(
                "SELECT {}1{}",
                repeat("CASE WHEN 1=1 THEN ", count / 8),
                repeat(" ELSE 2 END", count / 8)
            ),
            format!("SELECT 1 WHERE 1 IN (1{})", repeat(",2", count)),
        ] {
            let run = run_with(&["--format", "csv"], &[], &sql);
            assert!(matches!(run.code, Some(0 | 1)), "{:?} {count} × {:.40}…: {}", run.code, sql, run.stderr);
        }
    }
}

#[test]
fn select_1_asks_nobody() {
    let endpoint = Endpoint::start(demo::Config::default());
    assert_eq!(endpoint.run(&["-c", "SELECT 1", "-c", "SHOW TABLES"]).code, Some(0));
    assert_eq!(endpoint.server.request_count(), 0);
}

#[test]
fn copy_writes_lists_and_maps_into_csv_too() {
    let directory = TempDir::new().unwrap();
    for suffix in ["csv", "parquet", "json"] {
        let file = directory.path().join(format!("x.{suffix}"));
        let sql = format!("COPY (SELECT name, tags, ipv6_addresses FROM instances) TO '{}'", file.display());
        let copied = run(&["--demo", "-c", &sql]);
        assert_eq!((copied.code, copied.stdout.as_str()), (Some(0), ""), "{}", copied.stderr);
        assert!(std::fs::metadata(&file).unwrap().len() > 5000);
    }
    let folder = directory.path().join("p");
    let table = format!("COPY disks TO '{}' STORED AS JSON PARTITIONED BY (region)", folder.display());
    assert_eq!(run(&["--demo", "-c", &table]).code, Some(0));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 7);
}

#[test]
fn a_closed_pipe_is_success_and_silence() {
    let args =
        ["--demo", "--format", "csv", "-c", "SELECT i.* FROM instances i CROSS JOIN generate_series(1, 100)"];
    let mut child = command(&args, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_with_its_code_and_leaves_nothing_half_written() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
        let endpoint = Endpoint::with_hook(|request| (request.sequence == 2).then_some(Reply::Silence));
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("x.parquet");
        std::fs::write(&file, "old").unwrap();
        let url = endpoint.server.url();
        let args = [
            "--endpoint-url",
            &url,
            "--region",
            "us-east-1",
            "-o",
            file.to_str().unwrap(),
            "-c",
            "SELECT * FROM instances",
        ];
        let keys = [("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "x")];
        let mut child = command(&args, &keys).stderr(Stdio::null()).spawn().unwrap();
        while endpoint.server.request_count() < 3 {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(names_in(directory.path()).len(), 2, "the new file is written aside");
        let kill =
            std::process::Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(names_in(directory.path()), ["x.parquet"]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    }
}

#[test]
fn nobody_to_read_errors_is_no_reason_to_panic() {
    for args in [vec!["-c", "SELEC"], vec![], vec!["nosuch.sql"]] {
        let mut child = command(&args, &[])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        assert!(matches!(child.wait().unwrap().code(), Some(0..=2)));
    }
}

#[test]
fn the_demo_server_tells_where_it_listens() {
    let mut child = command(&["demo", "--instances", "41", "--regions", "2", "--today", "2010-05-01"], &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line)
        .unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "x")];
    let args = [
        "--endpoint-url",
        url,
        "--region",
        "all",
        "--format",
        "csv",
        "-c",
        "SELECT count(*) AS n, count(*) FILTER (WHERE created_at < TIMESTAMP '2010-05-01T00:00:00Z') AS old FROM instances",
    ];
    let counted = run_with(&args, &keys, "");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(counted.stdout, "n,old\n41,41\n", "{}", counted.stderr);
}

#[test]
fn what_cannot_be_planned_says_how_to_write_it() {
    let twice = "SELECT i.name, d.name FROM instances i JOIN block_disks d ON d.attached_to = i.name";
    let untyped =
        ["an aggregate of NULL or of a parameter, which have no type\n", "\nhint: say which type is meant"];
    let doubled =
        ["there are two columns 'name'\n", "\nhint: give one of them an alias where they are selected"];
    for (sql, said) in [
        (format!("CREATE VIEW w AS {twice}"), doubled),
        (format!("CREATE TABLE w AS {twice}"), doubled),
        ("SELECT sum(x) FROM (VALUES (NULL)) v(x)".to_owned(), untyped),
        ("SELECT avg(NULL)".to_owned(), untyped),
        ("PREPARE p AS SELECT sum($1) FROM instances".to_owned(), untyped),
    ] {
        let run = run(&["--demo", "-q", "-c", &sql]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{sql}");
        assert!(said.iter().all(|said| run.stderr.contains(said)), "{sql}: {}", run.stderr);
    }
}

#[test]
fn flags_of_other_shells_say_what_is_meant() {
    for (flag, meant) in [
        ("-e", "SQL is run with '-c SQL'"),
        ("--execute", "SQL is run with '-c SQL'"),
        ("--sql", "SQL is run with '-c SQL'"),
        ("--csv", "a format is asked for with '--format csv'"),
        ("-j", "a format is asked for with '--format NAME'"),
        ("--output-format", "a format is asked for with '--format NAME'"),
        ("--regions", "a similar argument exists: '--region'"),
    ] {
        let run = run(&["--demo", flag, "SELECT 1"]);
        assert_eq!(run.code, Some(2), "{flag}");
        assert!(run.stderr.contains(meant), "{flag}: {}", run.stderr);
    }
    let stray = run(&["--demo", "--nothing-like-it"]);
    assert!(!stray.stderr.contains("as a value"), "{}", stray.stderr);
}
