//! `--safe`: neither SQL nor the shell reach local files, programs or other stores, and nothing of a run is done before
//! that is said.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::support::shell::open_in;
use crate::support::{command, names_in, run, run_with};

const REFUSED: &str = "error: ";
const WHY: &str = "this session reaches no local files";

/// What reads or writes files, or runs a program, with a file that is there and one that is not.
fn reaching(there: &Path, fresh: &Path) -> Vec<String> {
    let (there, fresh) = (there.display(), fresh.display());
    vec![
        format!("COPY (SELECT 1 AS a) TO '{fresh}'"),
        "COPY (SELECT 1 AS a) TO '-' STORED AS CSV".into(),
        format!("EXPLAIN COPY (SELECT 1 AS a) TO '{fresh}'"),
        format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{there}'"),
        format!("EXPLAIN CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{there}'"),
        format!("SET lightsail.profiles = 'a, @{there}'"),
        format!("SET datafusion.runtime.temp_directory = '{fresh}'"),
        "SET datafusion.execution.batch_size = 1".into(),
        format!("\\i {there}"),
        format!(".read {there}"),
        format!("\\o {fresh}"),
        format!("\\once {fresh}"),
        format!("SELECT 1 AS a \\g {fresh}"),
        format!("SELECT 1 AS a;\n\\save {fresh}"),
        format!("SELECT 'a' AS label, 1 AS n;\n\\chart {fresh}"),
        format!("\\! touch {fresh}"),
        format!(".shell touch {fresh}"),
        "\\e".into(),
        "\\s".into(),
        "\\pset pager on".into(),
        format!("\\profile @{there}"),
    ]
}

#[test]
fn nothing_that_reaches_files_is_done_nor_what_stands_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let (there, fresh) = (folder.path().join("there.csv"), folder.path().join("fresh.csv"));
    fs::write(&there, "secretword\n1\n").unwrap();
    for sql in reaching(&there, &fresh) {
        let outcome = run(&["--demo", "--safe", "-c", &sql]);
        assert_ne!(outcome.code, Some(0), "{sql}");
        let error = &outcome.stderr;
        assert!(error.contains(REFUSED) && error.contains(WHY), "{sql}: {error}");
        assert_eq!(outcome.stdout, "", "{sql}");
        assert!(!error.contains("secretword"), "{sql}: {error}");
        assert_eq!(names_in(folder.path()), ["there.csv"], "{sql}");
    }
    // Without it, each of those that can is done: the list is one of things that there are.
    for sql in [
        format!("COPY (SELECT 1 AS a) TO '{}'", fresh.display()),
        format!("SELECT * FROM '{}'", there.display()),
        format!("\\! test -f {}", there.display()),
    ] {
        let outcome = run(&["--demo", "-c", &sql]);
        assert_eq!(outcome.code, Some(0), "{sql}: {}", outcome.stderr);
    }
}

#[test]
fn a_file_is_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there.csv");
    fs::write(&there, "secretword\n1\n").unwrap();
    let query = format!("SELECT * FROM '{}'", there.display());
    for sql in [query.clone(), format!("EXPLAIN {query}"), format!("CREATE VIEW v AS {query}")] {
        let outcome = run(&["--demo", "--safe", "-c", &sql]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{sql}");
        assert!(!outcome.stderr.contains("secretword"), "{sql}: {}", outcome.stderr);
    }
}

#[test]
fn what_keeps_to_the_session_goes_on() {
    let script = "CREATE TABLE t AS SELECT name FROM instances; CREATE VIEW v AS SELECT * FROM t;
        SET lightsail.regions = 'all'; PREPARE p AS SELECT count(*) > 0 AS is_full FROM v; EXECUTE p;
        \\d t
        \\pset pager off
        SELECT 6 * 7 AS answer \\g";
    for by in [&["--safe"][..], &[]] {
        let variable = [("LIGHTSAIL_SQL_SAFE", if by.is_empty() { "true" } else { "" })];
        let args = [&["--demo", "-q", "--format", "csv"], by, &["-c", script]].concat();
        let outcome = run_with(&args, &variable, "");
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert!(outcome.stdout.ends_with("answer\n42\n"), "{}", outcome.stdout);
        let args = [&["--demo"], by, &["-c", "\\! true"]].concat();
        assert_eq!(run_with(&args, &variable, "").code, Some(2));
    }
}

#[test]
fn what_the_command_line_names_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (query, out) = (folder.path().join("q.sql"), folder.path().join("out.csv"));
    fs::write(&query, "SELECT 6 * 7 AS answer;").unwrap();
    let (query, out_name) = (query.to_str().unwrap(), out.to_str().unwrap());
    let outcome = run(&["--demo", "--safe", "-o", out_name, query]);
    assert_eq!((outcome.code, fs::read_to_string(&out).unwrap().as_str()), (Some(0), "answer\n42\n"));
}

#[test]
fn no_other_store_is_reached_with_or_without_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for scheme in ["http", "https", "s3", "s3a", "gs", "az", "abfs", "abfss", "hdfs", "ftp", "oss"] {
        let url = format!("{scheme}://{host}/rows.csv");
        for sql in [
            format!("SELECT * FROM '{url}'"),
            format!("SELECT * FROM \"{url}\""),
            format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{url}'; SELECT * FROM t"),
            format!("CREATE EXTERNAL TABLE t (a INT) STORED AS CSV LOCATION '{url}'; SELECT * FROM t"),
            format!("COPY (SELECT 1 AS a) TO '{url}'"),
        ] {
            for safe in [&["--safe"][..], &[]] {
                let args = [&["--demo", "-c", &sql], safe].concat();
                // In a folder of its own, where a file of that name would be found.
                let outcome = command(&args, &[]).current_dir(folder.path()).output().unwrap();
                assert!(!outcome.status.success(), "{sql}");
                assert_eq!(outcome.stdout, b"", "{sql}");
                assert_eq!(names_in(folder.path()), [] as [&str; 0], "{sql}");
            }
        }
    }
    let asked = listener.accept().unwrap_err();
    assert_eq!(asked.kind(), std::io::ErrorKind::WouldBlock, "somebody was connected to");
}

#[test]
fn the_shell_is_kept_from_files_too() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("config.toml");
    fs::write(&config, "safe = true\n").unwrap();
    fs::write(state.path().join("rc.sql"), "SELECT 'begun' || 'with';\n").unwrap();
    let mut shell = open_in(&state, &["--demo"], &[("LIGHTSAIL_SQL_CONFIG", config.to_str().unwrap())]);
    let begun = shell.prompt();
    assert!(begun.contains("rc.sql is not run") && !begun.contains("begunwith"), "{begun}");
    shell.enter("\\! echo bro''ken");
    assert!(!shell.prompt().contains("broken"));
    shell.enter("\\o /tmp/never.csv");
    shell.expect("this session reaches no local files");
    shell.prompt();
    shell.enter("SELECT 6 * 7 AS answer;");
    shell.expect("42");
    shell.prompt();
    shell.leave();
    let kept = |name: &str| names_in(state.path()).iter().any(|found| found.contains(name));
    assert!(!kept("lightsail-sql"), "{:?}", names_in(state.path()));
}
