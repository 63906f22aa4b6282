//! Ctrl-C and SIGTERM in the shell: what they end, and what they leave.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lightsail_demo::Reply;
use rexpect::process::Signal;

use crate::support::shell::{open, open_at};
use crate::support::{Endpoint, names_in};

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

#[test]
fn sigterm_ends_it() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.is_well();
    shell.terminal.process_mut().signal(Signal::SIGTERM).unwrap();
    shell.expect("terminated");
    shell.terminal.exp_eof().unwrap();
    assert_eq!(shell.exit_code(), Some(130));
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
