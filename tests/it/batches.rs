//! Runs of several files: what is found out before the first is run, and what is said of each.

use std::path::PathBuf;

use lightsail_demo::{self as demo, Reply};
use tempfile::TempDir;

use crate::support::{Endpoint, Run, names_in, run, run_with};

/// Query files in a directory of their own.
struct Queries {
    directory: TempDir,
    files: Vec<String>,
}

impl Queries {
    fn new(queries: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().unwrap();
        let write = |(name, sql): &(&str, &str)| {
            let file = directory.path().join(name);
            std::fs::write(&file, sql).unwrap();
            file.to_str().unwrap().to_owned()
        };
        let files = queries.iter().map(write).collect();
        Self { directory, files }
    }

    fn out(&self) -> PathBuf {
        self.directory.path().join("out")
    }

    /// The arguments of a run that writes CSV files.
    fn args<'a>(&'a self, more: &[&'a str], out: &'a str) -> Vec<&'a str> {
        let files = self.files.iter().map(String::as_str);
        ["--format", "csv", "-o", out].into_iter().chain(more.iter().copied()).chain(files).collect()
    }

    fn run(&self, more: &[&str]) -> Run {
        let out = format!("{}/", self.out().display());
        let mut run = run(&[&["--demo"], &self.args(more, &out)[..]].concat());
        run.stderr = run.stderr.replace(&format!("{}/", self.directory.path().display()), "");
        run
    }

    /// The names of the files that were written.
    fn written(&self) -> Vec<String> {
        names_in(&self.out())
    }
}

const DISKS: (&str, &str) = ("disks.sql", "SELECT name FROM disks");
const VIEW: (&str, &str) = ("view.sql", "CREATE VIEW v AS SELECT 1 AS one; SELECT one FROM v");
const FAILS: (&str, &str) = ("fails.sql", "SELECT CAST(name AS INT) FROM instances");
const UNKNOWN: (&str, &str) = ("unknown.sql", "SELECT nmae FROM instances");

#[test]
fn a_slip_in_the_last_file_costs_no_call_and_leaves_no_file() {
    let endpoint = Endpoint::start(demo::Config::default());
    for (slip, said) in [
        ("SELECT nmae FROM instances", "there is no column nmae"),
        ("SELECT 1; SELECT name FROM instances WHERE cpu_count + region > tags", ""),
        ("COPY (SELECT nmae FROM instances) TO '/nonexistent/x.csv'", "there is no column nmae"),
        ("SELECT named_struct('a', 1, 'a', 2) AS s", "two fields of s are named a"),
        ("CREATE VIEW w AS SELECT nmae FROM instances", "there is no column nmae"),
    ] {
        let queries = Queries::new(&[DISKS, ("slip.sql", slip)]);
        let out = format!("{}/", queries.out().display());
        let run = endpoint.run(&queries.args(&[], &out));
        assert_eq!(run.code, Some(if slip.starts_with("SELECT 1;") { 2 } else { 1 }), "{}", run.stderr);
        assert!(run.stderr.contains(said), "{}", run.stderr);
        assert!(!queries.out().exists());
    }
    assert_eq!(endpoint.server.request_count(), 0);
}

#[test]
fn what_an_earlier_statement_makes_is_not_asked_for() {
    let queries = Queries::new(&[
        VIEW,
        (
            "table.sql",
            "CREATE TABLE t AS SELECT name AS n FROM disks; INSERT INTO t VALUES ('x'); SELECT count(n) AS n FROM t",
        ),
        ("later.sql", "SELECT n FROM t WHERE n = 'x' UNION ALL SELECT CAST(one AS VARCHAR) FROM v"),
        ("prepared.sql", "PREPARE p AS SELECT 42 AS x; EXECUTE p"),
        ("schema.sql", "CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 7 AS seven; SELECT seven FROM s.t"),
        ("set.sql", "SET datafusion.catalog.default_schema = 's'; SELECT seven FROM t"),
    ]);
    let run = queries.run(&["-q"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let read = |name: &str| std::fs::read_to_string(queries.out().join(name)).unwrap();
    assert_eq!(read("table.csv"), "n\n218\n");
    assert_eq!(read("later.csv"), "n\nx\n1\n");
    assert_eq!((read("prepared.csv"), read("set.csv")), ("x\n42\n".into(), "seven\n7\n".into()));
}

#[test]
fn each_file_and_what_became_of_all_is_said() {
    let queries = Queries::new(&[DISKS, VIEW]);
    let run = queries.run(&[]);
    let written: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("wrote ")).collect();
    assert_eq!(written, ["wrote out/disks.csv, 595 rows", "wrote out/view.csv, 1 row"]);
    assert_eq!(run.stderr.lines().last(), Some("2 written, 0 failed, 0 not run"));
    assert_eq!((run.code, queries.run(&["-q"]).stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_error_stops_the_run_or_not() {
    let queries = Queries::new(&[DISKS, FAILS, VIEW]);
    let stopped = queries.run(&[]);
    assert_eq!((stopped.code, queries.written()), (Some(1), vec!["disks.csv".to_owned()]));
    assert_eq!(
        stopped.stderr.lines().last(),
        Some("error: 1 written, 1 failed (fails.sql), 1 not run (view.sql)")
    );
    let queries = Queries::new(&[UNKNOWN, DISKS, FAILS, VIEW]);
    let went_on = queries.run(&["--keep-going", "-q"]);
    assert_eq!((went_on.code, queries.written()), (Some(1), vec!["disks.csv".into(), "view.csv".into()]));
    let lines: Vec<&str> = went_on.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(lines[0].starts_with("error: unknown.sql:1:8: there is no column nmae"), "{lines:?}");
    assert!(lines[1].starts_with("error: fails.sql:1:"), "{lines:?}");
    assert_eq!(lines[2..], ["error: 2 written, 2 failed (unknown.sql, fails.sql), 0 not run"]);
}

#[test]
fn a_file_for_two_results_keeps_the_others_from_nothing() {
    let queries = Queries::new(&[("both.sql", "SELECT 1 AS a; SELECT 2 AS a"), DISKS, VIEW]);
    assert_eq!(queries.run(&[]).code, Some(2));
    let went_on = queries.run(&["--keep-going", "-q"]);
    assert_eq!((went_on.code, queries.written()), (Some(2), vec!["disks.csv".into(), "view.csv".into()]));
    let lines: Vec<&str> = went_on.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(lines[0].contains("both.csv would hold two results"), "{lines:?}");
    assert_eq!(lines[1..], ["error: 2 written, 1 failed (both.sql), 0 not run"]);
}

#[test]
fn the_exit_code_is_the_worst() {
    let endpoint = Endpoint::with_hook(|request| {
        let refused = request.operation == "GetDisks" || request.region != "us-east-1";
        refused.then(|| Reply::error(400, "AccessDeniedException", "no"))
    });
    let partial = ("partial.sql", "SELECT name FROM instances");
    let refused = ("refused.sql", "SELECT name FROM block_disks");
    let url = endpoint.server.url();
    let keys = [("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "x")];
    for (files, code) in [
        (vec![partial, VIEW], 3),
        (vec![partial, FAILS, VIEW], 1),
        (vec![FAILS, refused, UNKNOWN, VIEW], 254),
    ] {
        let queries = Queries::new(&files);
        let out = format!("{}/", queries.out().display());
        let more = [
            "--endpoint-url",
            &url,
            "--region",
            "us-east-1,us-west-2",
            "--allow-partial",
            "--max-attempts",
            "1",
            "--keep-going",
        ];
        let run = run_with(&queries.args(&more, &out), &keys, "");
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(queries.written().contains(&"view.csv".to_owned()), "{}", run.stderr);
    }
}

#[test]
fn a_file_takes_one_result_whichever_way_it_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("a.csv");
    let (file, same) = (file.to_str().unwrap(), format!("{}/./a.csv", directory.path().display()));
    let copy = |to: &str| format!("COPY (SELECT 1) TO '{to}'");
    for args in [
        vec!["-c".to_owned(), format!("{}; {}", copy(file), copy(&same))],
        vec!["-o".to_owned(), file.to_owned(), "-c".to_owned(), format!("SELECT 1; {}", copy(file))],
    ] {
        let args: Vec<&str> = ["--demo"].into_iter().chain(args.iter().map(String::as_str)).collect();
        let ran = run(&args);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("would hold two results"), "{}", ran.stderr);
        assert!(!PathBuf::from(file).exists());
    }
}

#[test]
fn files_that_cannot_be_read_stop_no_others_that_are_to_go_on() {
    let queries = Queries::new(&[("typo.sql", "SELEC 1"), DISKS]);
    let gone = queries.directory.path().join("gone.sql");
    let gone = gone.to_str().unwrap();
    let stopped = queries.run(&["-q", gone]);
    assert_eq!((stopped.code, queries.written().len()), (Some(2), 0), "{}", stopped.stderr);

    let run = queries.run(&["--keep-going", "-q", gone]);
    assert_eq!((run.code, queries.written()), (Some(2), vec!["disks.csv".to_owned()]), "{}", run.stderr);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines[0].starts_with("error: cannot read gone.sql: "), "{}", run.stderr);
    assert!(lines[1].starts_with("error: typo.sql:1:1: "), "{}", run.stderr);
    let last = "error: 1 written, 2 failed (gone.sql, typo.sql), 0 not run";
    assert_eq!(lines.last(), Some(&last), "{}", run.stderr);
}

#[test]
fn what_is_the_same_word_for_word_is_said_once() {
    let eu = "SELECT count(*) FROM instances WHERE region = 'eu-west-1'";
    let args = ["--demo", "-q", "--region", "us-east-1", "-c", eu, "-c", eu, "-c"];
    let other = "SELECT count(*) FROM disks WHERE region IN ('eu-west-1', 'eu-west-2')";
    let run = run(&[&args[..], &[other]].concat());
    assert_eq!(
        run.stderr,
        "warning: eu-west-1 is not among the regions asked (us-east-1): --region us-east-1,eu-west-1 asks it\n\
         warning: eu-west-1 and eu-west-2 are not among the regions asked (us-east-1): \
         --region us-east-1,eu-west-1,eu-west-2 asks them\n"
    );
}
