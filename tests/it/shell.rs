//! The shell on a real pseudo-terminal, key by key.
//!
//! A line is echoed before it is run, so each test waits for something that is only in the answer.

use std::fs;
use std::process::Command;
use std::time::Duration;

use lightsail_demo::{self as demo, Reply};

use crate::support::shell::{on_terminal, open, open_at, open_in, open_with};
use crate::support::{self, Endpoint};

const UP: &str = "\x1b[A";

#[test]
fn it_greets_answers_and_ends() {
    let (_state, mut shell) = open();
    let banner = shell.prompt();
    assert!(banner.contains(concat!("lightsail-sql ", env!("CARGO_PKG_VERSION"))), "{banner}");
    assert!(banner.contains("\\? for help"), "{banner}");
    shell.is_well();
    shell.leave();
}

#[test]
fn it_ends_at_the_commands_too() {
    for end in ["\\q", "exit", "quit;"] {
        let (_state, mut shell) = open();
        shell.prompt();
        shell.enter(end);
        shell.terminal.exp_eof().unwrap();
        assert_eq!(shell.exit_code(), Some(0));
    }
}

#[test]
fn quiet_is_quiet() {
    let state = tempfile::tempdir().unwrap();
    let mut shell = open_in(&state, &["--demo", "-q"], &[]);
    assert!(!shell.prompt().contains("lightsail-sql"));
    shell.enter("SELECT 6 * 7 AS answer;");
    assert!(!shell.prompt().contains("1 row in"));
    shell.leave();
}

#[test]
fn a_statement_ends_at_its_semicolon() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("SELECT 'a;' || -- not yet;");
    shell.expect("...> ");
    shell.enter("\\timing off");
    shell.expect("timing is off");
    shell.expect("...> ");
    shell.enter("'b' AS text; SELECT 6 * 7 AS answer;");
    shell.expect("a;b");
    let rest = shell.prompt();
    assert!(rest.contains("42") && !rest.contains("1 row in"), "{rest}");
    shell.leave();
}

#[test]
fn rows_come_with_their_cost() {
    let endpoint = Endpoint::start(demo::Config::default());
    let (_state, mut shell) = open_at(&endpoint);
    shell.prompt();
    shell.enter("SELECT count(*) AS instances FROM instances;");
    shell.expect(&endpoint.server.instances("us-east-1").to_string());
    shell.expect("1 row in ");
    let calls = endpoint.server.request_count();
    shell.expect(&format!(", {calls} API call"));
    shell.prompt();
    shell.leave();
}

#[test]
fn calls_are_shown_and_pages_are_read_again_if_asked_to() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("SET lightsail.cache_ttl = '10m';");
    shell.prompt();
    shell.enter("SELECT name FROM instances WHERE region = 'us-east-2';");
    shell.expect("21 rows in");
    shell.expect("3 API calls");
    shell.prompt();
    shell.enter("\\calls");
    shell.expect("GetRegions");
    shell.expect("GetInstances");
    shell.prompt();
    shell.enter("SELECT name FROM instances WHERE region = 'us-east-2';");
    shell.expect("0 API calls, from pages up to");
    shell.prompt();
    shell.enter("\\calls");
    shell.expect("the last statement made no API call");
    shell.prompt();
    shell.enter("\\refresh");
    shell.expect("the next query asks anew");
    shell.prompt();
    shell.enter("SELECT name FROM instances WHERE region = 'us-east-2';");
    shell.expect("2 API calls");
    shell.prompt();
    shell.leave();
}

#[test]
fn progress_is_shown_while_a_query_waits_and_is_gone_when_rows_come() {
    let endpoint = Endpoint::with_hook(|request| {
        request.body["pageToken"].is_string().then_some(Reply::After(Duration::from_millis(400)))
    });
    let (_state, mut shell) = open_at(&endpoint);
    shell.prompt();
    shell.enter("SELECT count(*) FROM instances;");
    shell.expect("0 of 1 targets, ");
    shell.expect("137");
    shell.expect("1 row in");
    shell.prompt();
    shell.leave();
}

#[test]
fn errors_are_said_and_the_shell_stays() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("SELEC 1;");
    shell.expect("error: input:1:1: ");
    shell.prompt();
    shell.enter("SELECT nme FROM tags; SELECT 6 * 7 AS answer;");
    shell.expect("error: input:1:8: ");
    assert!(!shell.prompt().contains("42"));
    shell.enter("\\clals");
    shell.expect("error: there is no command \\clals");
    shell.expect("hint: did you mean \\calls? \\?");
    shell.enter("\\d instnces");
    shell.expect("did you mean instances?");
    shell.prompt();
    shell.is_well();
    shell.leave();
}

#[test]
fn names_are_known_without_a_call() {
    let endpoint = Endpoint::start(demo::Config::default());
    let (_state, mut shell) = open_at(&endpoint);
    shell.prompt();
    shell.enter("\\d");
    for table in ["servers", "add_ons", "instances", "ports", "storage", "disks", "accounts", "tags", "views"]
    {
        shell.expect(table);
    }
    shell.prompt();
    shell.enter("\\d instances");
    for text in ["GetInstances", "profile", "text", "created_at", "time", "system_status", "joins", "example"]
    {
        shell.expect(text);
    }
    shell.prompt();
    shell.keys("sel\t blueprint_i\t FROM bluep\t");
    shell.expect("select blueprint_id FROM blueprints");
    shell.terminal.send_control('c').unwrap();
    shell.prompt();
    shell.keys("\\ti\t");
    shell.expect("\\timing");
    shell.terminal.send_control('c').unwrap();
    shell.prompt();
    assert_eq!(endpoint.server.request_count(), 0);
    shell.leave();
}

#[test]
fn a_record_for_each_row() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("\\x");
    shell.expect("expanded output is on");
    shell.enter("SELECT 6 * 7 AS answer;");
    shell.expect("RECORD 1");
    shell.expect("42");
    shell.prompt();
    shell.enter("\\x off");
    shell.expect("expanded output is off");
    shell.prompt();
    shell.enter("SELECT 6 * 7 AS answer;");
    assert!(!shell.prompt().contains("RECORD"));
    shell.leave();
}

#[test]
fn files_are_read_and_written() {
    let (state, mut shell) = open();
    let script = state.path().join("my query.sql");
    let results = state.path().join("results.csv");
    fs::write(&script, "-- param factor = 6\nSELECT $factor * 7 AS answer;\nSELECT 11 * 11 AS square;")
        .unwrap();
    fs::write(&results, "old").unwrap();
    shell.prompt();
    shell.enter(&format!("\\i {}", script.display()));
    shell.expect("42");
    shell.expect("121");
    shell.prompt();
    shell.enter("\\o nothing.xls");
    shell.expect("error: nothing.xls: its suffix names no format");
    for answer in ["first", "second"] {
        shell.enter(&format!("\\o {}", results.display()));
        shell.expect("results go to ");
        shell.enter(&format!("SELECT '{answer}' AS answer;"));
        shell.expect("wrote ");
        shell.expect(", 1 row");
        shell.prompt();
        assert_eq!(fs::read_to_string(&results).unwrap(), format!("answer\n{answer}\n"));
    }
    shell.enter("SELECT oops;");
    shell.expect("error: ");
    shell.prompt();
    assert_eq!(fs::read_to_string(&results).unwrap(), "answer\nsecond\n");
    shell.enter("\\o");
    shell.expect("results go to the screen");
    shell.prompt();
    shell.is_well();
    shell.leave();
}

#[test]
fn history_outlives_the_session() {
    let (state, mut shell) = open();
    shell.prompt();
    shell.enter("SELECT 6 *");
    shell.expect("...> ");
    shell.enter("7 AS answer;");
    shell.expect("42");
    shell.prompt();
    shell.leave();

    let mut shell = open_in(&state, &["--demo"], &[]);
    shell.prompt();
    shell.enter(" SELECT 98 AS hush;");
    shell.expect("98");
    shell.prompt();
    shell.keys(" SELECT 97 AS hush\x03");
    shell.prompt();
    shell.leave();

    let history = state.path().join("lightsail-sql").join("history");
    let kept = fs::read_to_string(&history).unwrap();
    assert!(
        kept.contains("answer") && !kept.contains("hush"),
        "what begins with a space is not kept: {kept}"
    );
    for (path, mode) in [(history.as_path(), 0o600), (history.parent().unwrap(), 0o700)] {
        let found = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
        assert_eq!(found & 0o777, mode, "{}", path.display());
    }

    let mut shell = open_in(&state, &["--demo"], &[]);
    shell.prompt();
    shell.enter(UP);
    shell.expect("SELECT 6 *");
    shell.expect("42");
    shell.prompt();
    shell.leave();
}

#[test]
fn without_a_place_for_its_history_it_works_all_the_same() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("lightsail-sql"), "a file where the directory would be").unwrap();
    let mut shell = open_in(&state, &["--demo"], &[]);
    let said = shell.prompt();
    assert_eq!(said.matches("the history is not kept").count(), 1, "{said}");
    shell.is_well();
    shell.enter(UP);
    let said = shell.prompt();
    assert!(said.contains("42") && !said.contains("the history is not kept"), "{said}");
    shell.leave();
}

#[test]
fn a_plain_terminal_is_enough() {
    let state = tempfile::tempdir().unwrap();
    let mut command = support::command(&["--demo"], &[]);
    command.env("XDG_STATE_HOME", state.path()).env("TERM", "dumb");
    let mut shell = on_terminal(command, false);
    shell.expect("demo> ");
    shell.keys("SELECT 6 *\n");
    shell.expect("...> ");
    shell.keys("7 AS answer;\n");
    shell.expect("42");
    shell.expect("demo> ");
    // Ctrl-C gives up the lines before it too, and asks anew.
    shell.keys("SELECT nothing\n");
    shell.expect("...> ");
    shell.keys("FROM nowhere\x03");
    shell.expect("demo> ");
    shell.keys("SELECT 6 * 8 AS answer;\n");
    shell.expect("48");
    shell.expect("demo> ");
    shell.leave();
}

#[test]
fn it_ends_quietly_when_nobody_reads_the_results() {
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new("/bin/sh");
    let pipe = concat!(env!("CARGO_BIN_EXE_lightsail-sql"), " --demo | sh -c 'exec <&-; echo closed >&2'");
    command.args(["-c", pipe]);
    let mut shell = open_with(&state, command);
    shell.expect("closed");
    shell.enter("SELECT 6 * 7 AS answer;");
    let last = shell.terminal.exp_eof().unwrap();
    assert!(last.contains("demo> ") && !last.contains("error"), "{last}");
}
