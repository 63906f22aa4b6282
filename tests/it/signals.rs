//! Ctrl-C and SIGTERM where they find the program at work: in the shell, and with all workers computing.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lightsail_demo::Reply;
use rexpect::process::Signal;
use tempfile::TempDir;

use crate::support::shell::{open, open_at};
use crate::support::{Endpoint, command, names_in};

#[test]
fn ctrl_c_cancels_the_query_and_the_rest_of_its_line() {
    let endpoint = Endpoint::with_hook(|_| Some(Reply::Silence));
    let (_state, mut shell) = open_at(&endpoint);
    shell.prompt();
    for calls in 1..=2 {
        shell.enter("SELECT name FROM instances; SELECT 11 * 11 AS square;");
        shell.wait_for(&endpoint, calls);
        shell.terminal.send_control('c').unwrap();
        shell.expect("cancelled");
        assert!(!shell.prompt().contains("121"));
        shell.is_well();
    }
    shell.leave();
}

#[test]
fn ctrl_c_at_the_prompt_gives_up_what_is_typed() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("SELECT oops,");
    shell.expect("...> ");
    shell.keys("more");
    shell.terminal.send_control('c').unwrap();
    shell.prompt();
    shell.is_well();
    shell.leave();
}

#[test]
fn ctrl_c_reaches_a_query_that_only_computes() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("\\timing off");
    shell.prompt();
    shell.enter("CREATE TABLE numbers AS SELECT value AS n FROM generate_series(1, 2000);");
    shell.prompt();
    shell.enter("SELECT count(*) FROM numbers a, numbers b, numbers c WHERE a.n + b.n * c.n = -1;");
    // Long enough that it has begun; if it has not, it is cancelled all the same.
    std::thread::sleep(Duration::from_secs(1));
    shell.terminal.send_control('c').unwrap();
    shell.expect("cancelled");
    shell.prompt();
    shell.leave();
}

/// As many rows as nobody waits for, on every worker that there is.
const ENDLESS: &str = "SELECT count(*) FROM (X UNION ALL X UNION ALL X UNION ALL X)";

fn endless() -> String {
    ENDLESS.replace('X', "SELECT a.name FROM instances a, instances b, instances c, instances d")
}

#[test]
fn the_shell_goes_on_after_queries_that_computed_on_all_workers() {
    let (_state, mut shell) = open();
    shell.prompt();
    // What is constant is computed before anything runs.
    let constant = "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))".to_owned();
    for sql in [endless(), constant.clone(), endless(), constant, endless()] {
        shell.enter(&format!("{sql};"));
        std::thread::sleep(Duration::from_secs(1));
        shell.terminal.send_control('c').unwrap();
        shell.expect("cancelled");
        shell.prompt();
        shell.is_well();
    }
    shell.leave();
}

fn interrupt(child: &Child, signal: &str) {
    let kill = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
    assert!(kill.unwrap().success());
}

#[test]
fn a_run_ends_however_busy_its_workers_are() {
    let sql = endless();
    let generated = "CREATE TABLE n AS SELECT value AS n FROM generate_series(1, 3000); \
                     SELECT count(*) FROM n a, n b, n c WHERE a.n + b.n * c.n = -1";
    let one_poll = "SELECT count(*) FROM (SELECT 1) WHERE length(repeat('a', 100000000)) = \
                    length(regexp_replace(repeat('ab', 100000000), '(a|b)*c', ''))";
    for (sql, signal, code) in [
        (sql.as_str(), "INT", 130),
        (sql.as_str(), "TERM", 143),
        (generated, "INT", 130),
        (one_poll, "INT", 130),
    ] {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("x.csv");
        let args = ["--demo", "-o", file.to_str().unwrap(), "-c", sql];
        let mut child = command(&args, &[]).stderr(Stdio::null()).spawn().unwrap();
        while names_in(directory.path()).is_empty() {
            assert_eq!(child.try_wait().unwrap(), None, "{sql}");
            std::thread::sleep(Duration::from_millis(10));
        }
        interrupt(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{sql}");
        assert!(names_in(directory.path()).is_empty(), "{sql}");
    }
}

/// A statement that computes does not hear of it in time, and its folder would stay.
#[cfg(unix)]
#[test]
fn what_was_spilled_is_gone_after_ctrl_c_and_sigterm() {
    let sql = "SELECT value, repeat('y', 100) FROM generate_series(1, 50000000) ORDER BY value % 1000003, 2";
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let directory = TempDir::new().unwrap();
        let (spilled, out) = (directory.path().join("spilled"), directory.path().join("out.csv"));
        std::fs::create_dir(&spilled).unwrap();
        let args = ["--demo", "-q", "--memory-limit", "64 MB", "-o", out.to_str().unwrap(), "-c", sql];
        let environment = [("TMPDIR", spilled.to_str().unwrap())];
        let mut child =
            command(&args, &environment).stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let folders = || names_in(&spilled).into_iter().map(|name| spilled.join(name));
        while folders().all(|folder| names_in(&folder).is_empty()) {
            assert!(child.try_wait().unwrap().is_none(), "it has ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        interrupt(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(names_in(&spilled).is_empty());
    }
}

#[test]
fn sigterm_ends_it() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.is_well();
    shell.terminal.process_mut().signal(Signal::SIGTERM).unwrap();
    shell.expect("terminated");
    shell.terminal.exp_eof().unwrap();
    assert_eq!(shell.exit_code(), Some(143));
}

#[test]
fn sigterm_leaves_nothing_half_written() {
    let pages = AtomicU64::new(0);
    let endpoint =
        Endpoint::with_hook(move |_| (pages.fetch_add(1, Ordering::Relaxed) > 0).then_some(Reply::Silence));
    let (state, mut shell) = open_at(&endpoint);
    shell.prompt();
    shell.enter(&format!("\\o {}", state.path().join("results.csv").display()));
    shell.prompt();
    shell.enter("SELECT name FROM instances;");
    shell.wait_for(&endpoint, 2);
    shell.terminal.process_mut().signal(Signal::SIGTERM).unwrap();
    shell.expect("terminated");
    shell.terminal.exp_eof().unwrap();
    assert_eq!(names_in(state.path()), ["lightsail-sql"]);
}

/// Nothing hears of SIGKILL: what it leaves is removed by the next run that writes there.
#[cfg(unix)]
#[test]
fn what_a_killed_run_leaves_is_removed_by_the_next() {
    let endpoint = Endpoint::with_hook(|_| Some(Reply::Silence));
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("a.csv");
    std::fs::write(&file, "old\n").unwrap();
    let url = endpoint.server.url();
    let environment = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", lightsail_demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "demo"),
        ("AWS_REGION", "us-east-1"),
    ];
    let sql = "SELECT name FROM instances";
    let mut killed = command(&["-q", "-o", file.to_str().unwrap(), "-c", sql], &environment)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while endpoint.server.request_count() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = names_in(directory.path());
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old\n");
    let aside = left.iter().find(|name| name.starts_with('.')).unwrap();
    let aside = std::fs::File::options().append(true).open(directory.path().join(aside)).unwrap();
    aside.set_modified(std::time::SystemTime::now() - Duration::from_secs(3600)).unwrap();
    drop(aside);
    let next = command(&["--demo", "-q", "-o", file.to_str().unwrap(), "-c", "SELECT 1 AS a"], &[])
        .output()
        .unwrap();
    assert_eq!(next.status.code(), Some(0));
    assert_eq!(names_in(directory.path()), ["a.csv"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a\n1\n");
}
