//! Typing at the prompt: statements of several lines, keys, hints, and whom the prompt says is asked.

use std::fs;
use std::process::Command;
use std::time::Duration;

use lightsail_demo::{self as demo, Reply};

use crate::support::shell::{Shell, open, open_at, open_in, open_with};
use crate::support::{self, Endpoint};

const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const HOME: &str = "\x1b[H";
const END: &str = "\x1b[F";
const BACKSPACE: &str = "\x7f";

#[test]
fn a_statement_of_several_lines_is_edited_as_one() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.keys("SELECT 6 *\r7 AS answer");
    shell.expect(" ...> 7 AS answer");
    shell.keys(&format!("{UP}{END} 2 *{DOWN}{END};\r"));
    shell.expect("84");
    shell.prompt();
    // The beginning of a line is behind its gutter, and Backspace there joins two lines.
    shell.keys(&format!("SELECT 6\r7 AS answer{HOME}* 2 * {HOME}{BACKSPACE} {END};\r"));
    shell.expect("84");
    shell.prompt();
    shell.leave();
}

#[test]
fn a_paste_of_several_lines_has_its_gutter_and_waits_for_enter() {
    let (_state, mut shell) = open();
    shell.prompt();
    for enter in ["\r", "\n", "\r\n"] {
        let lines = ["SELECT 6 *", "\t7", "AS answer;", ""].join(enter);
        shell.keys(&format!("\x1b[200~{lines}\x1b[201~"));
        shell.expect(" ...> \t7");
        shell.expect(" ...> AS answer;");
        shell.keys("\r");
        shell.expect("42");
        shell.prompt();
        shell.keys(UP);
        shell.expect(" ...> AS answer;");
        shell.terminal.send_control('c').unwrap();
        shell.prompt();
    }
    // A control character in it is no key.
    shell.keys("\x1b[200~SELECT 6 * 7\x03\x04 AS answer;\x1b[201~\r");
    shell.expect("42");
    shell.prompt();
    shell.leave();
}

#[test]
fn ctrl_c_clears_the_buffer_and_the_history_keeps_it() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.keys("SELECT 6 *\r7 AS answer");
    shell.expect(" ...> 7 AS answer");
    shell.terminal.send_control('c').unwrap();
    shell.prompt();
    shell.keys(UP);
    shell.expect("7 AS answer");
    shell.enter(";");
    shell.expect("42");
    shell.prompt();
    shell.leave();
}

#[test]
fn the_first_line_without_a_semicolon_says_what_ends_a_statement() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.keys("SELECT 6 *\r");
    shell.expect("; ends a statement");
    shell.keys("7\rAS");
    let said = shell.expect("AS");
    assert!(!said.contains("; ends a statement"), "{said}");
    shell.keys(" answer;\r");
    shell.expect("42");
    shell.prompt();
    shell.leave();
}

#[test]
fn what_was_typed_before_is_suggested() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.is_well();
    shell.keys("SELECT 6 *");
    shell.expect(" 7 AS answer;");
    // The right arrow takes it over.
    shell.keys("\x1b[C\r");
    shell.expect("42");
    shell.prompt();
    shell.leave();
}

#[test]
fn a_command_in_the_middle_leaves_the_statement_at_the_prompt() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.keys("SELECT 6 *\r\\p\r");
    shell.expect("\\p");
    shell.expect("SELECT 6 *");
    shell.expect(" ...> ");
    shell.keys("7 AS answer \\gx\r");
    shell.expect("RECORD 1");
    shell.expect("42");
    shell.prompt();
    shell.leave();
}

#[test]
fn what_is_typed_while_a_query_runs_does_not_stand_in_its_table() {
    let endpoint = Endpoint::with_hook(|request| {
        request.body["pageToken"].is_string().then_some(Reply::After(Duration::from_millis(400)))
    });
    let (_state, mut shell) = open_at(&endpoint);
    shell.prompt();
    shell.enter("SELECT count(*) AS n FROM instances;");
    shell.wait_for(&endpoint, 2);
    shell.keys("SELECT 13 * 13 AS d;\r");
    let answer = shell.expect("1 row in");
    assert!(answer.contains("137") && !answer.contains("SELECT 13"), "{answer}");
    shell.expect("169");
    shell.prompt();
    shell.leave();
}

#[test]
fn more_is_left_with_ctrl_c() {
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new("/bin/sh");
    let sized = concat!("stty rows 24 cols 80; exec ", env!("CARGO_BIN_EXE_lightsail-sql"), " --demo");
    command.args(["-c", sized]);
    let mut shell = open_with(&state, command);
    shell.prompt();
    shell.keys("SELECT name FROM \t\t");
    shell.expect("Virtual private servers");
    shell.expect("--More--");
    shell.terminal.send_control('c').unwrap();
    shell.expect("demo> SELECT name FROM");
    shell.terminal.send_control('c').unwrap();
    shell.prompt();
    shell.is_well();
    shell.leave();
}

#[test]
fn the_prompt_says_whom_it_asks() {
    let endpoint = Endpoint::start(demo::Config::default());
    let (_state, mut shell) = open_at(&endpoint);
    let banner = shell.expect("default/us-east-1> ");
    let asked = format!("default/us-east-1 at {}, keys of the environment", endpoint.server.url());
    assert!(banner.contains(&asked), "{banner}");
    assert!(banner.lines().all(|line| line.chars().count() <= 80), "{banner}");
    shell.enter("\\region us-east-1,us-east-2");
    shell.expect("default/2 regions> ");
    shell.enter("SET lightsail.regions = 'all';");
    shell.expect("default/all regions> ");
    shell.enter("SELECT count(*) AS n FROM static_ips;");
    shell.expect("1 row in");
    // What there are is known by now.
    shell.expect("default/8 regions> ");
    shell.enter("\\targets");
    shell.expect("123456789012");
    shell.prompt();
    shell.leave();
}

#[test]
fn without_a_region_the_shell_says_what_works_in_it() {
    let state = tempfile::tempdir().unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "demo")];
    let mut shell = open_in(&state, &[], &keys);
    let banner = shell.expect("default/no region> ");
    assert!(banner.contains("default/no region"), "{banner}");
    shell.enter("SELECT name FROM instances;");
    shell.expect("no region is set");
    shell.expect("hint: SET lightsail.regions = 'all' asks all regions");
    shell.prompt();
    shell.leave();
}

#[test]
fn pages_are_read_again_for_a_minute() {
    let (_state, mut shell) = open();
    shell.prompt();
    for (asked, expected) in
        [("", "2 API calls"), ("", "0 API calls, from pages up to"), ("\\refresh", "2 API calls")]
    {
        if !asked.is_empty() {
            shell.enter(asked);
            shell.prompt();
        }
        shell.enter("SELECT name FROM instances WHERE region = 'us-east-2';");
        shell.expect("21 rows in");
        let said = shell.prompt();
        let expected = if said.contains("3 API calls") { "3 API calls" } else { expected };
        assert!(said.contains(expected), "{said}");
    }
    shell.enter("SHOW lightsail.cache_ttl;");
    shell.expect("60s");
    shell.prompt();
    shell.leave();
}

#[test]
fn a_statement_is_edited_in_an_editor() {
    let state = tempfile::tempdir().unwrap();
    let editor = state.path().join("editor");
    fs::write(&editor, "#!/bin/sh\nsed -i s/6/12/ \"$1\"\n").unwrap();
    fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut shell = open_in(&state, &["--demo"], &[("VISUAL", editor.to_str().unwrap())]);
    shell.prompt();
    shell.keys("SELECT 6 *\r7 AS answer\r\\e\r");
    shell.expect("demo> SELECT 12 *");
    shell.expect("7 AS answer");
    shell.enter(";");
    shell.expect("84");
    shell.prompt();
    shell.leave();
}

#[test]
fn slips_of_the_command_line_say_what_was_meant() {
    let said = |args: &[&str]| {
        let output = support::command(&[&["--demo"], args].concat(), &[]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let text = said(&["SELECT 1 AS a"]);
    assert_eq!(text, "error: 'SELECT 1 AS a' is SQL, not a file\nhint: -c 'SELECT 1 AS a' runs it\n");
    assert_eq!(
        said(&["SELECT", "name", "FROM", "instances"]),
        "error: 'SELECT name FROM instances' is SQL, not a file\nhint: -c 'SELECT name FROM instances' runs it\n"
    );
    assert_eq!(
        said(&["querys"]),
        "error: there is no file querys\nhint: did you mean the command queries?\n"
    );
    let text = said(&["--csv", "-c", "SELECT 1"]);
    assert!(text.contains("unexpected argument '--csv'") && text.contains("'--format csv'"), "{text}");
    let text = said(&["-o", "json", "-c", "SELECT 1"]);
    assert!(
        text.contains("json is a format, not a file\nhint: --format json writes it to the screen"),
        "{text}"
    );
}

#[test]
fn a_state_that_there_is_not_is_said() {
    let note = |sql: &str| {
        let output = support::command(&["--demo", "-c", sql], &[]).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let said = note("SELECT count(*) FROM instances WHERE state = 'runing'");
    let expected = "note: 'runing' is no value of instances.state that is known (did you mean 'running'?): there are pending, running";
    assert!(said.contains(expected), "{said}");
    let said = note("SELECT count(*) FROM instances WHERE state IN ('running', 'stoped')");
    assert!(
        said.contains("'stoped' is no value of instances.state that is known (did you mean 'stopped'?)"),
        "{said}"
    );
    for condition in [
        "WHERE state <> 'runing'",
        "WHERE state NOT IN ('runing')",
        "WHERE lower(state) = 'runing'",
        "WHERE upper(state) <> 'RUNING'",
        "WHERE state = 'running' OR state = 'runing' AND name LIKE 'a%'",
    ] {
        let said = note(&format!("SELECT count(*) FROM instances {condition}"));
        assert!(
            said.contains("no value of instances.state that is known (did you mean 'running'?)"),
            "{said}"
        );
    }
    let said = note("SELECT count(*) FILTER (WHERE state = 'runing') AS n FROM instances");
    assert!(said.contains(expected), "{said}");
    let said = note("SELECT count(*) FROM instances WHERE state IN ('runing', 'stoped')");
    assert!(said.contains("(did you mean 'running' and 'stopped'?)"), "{said}");
    let said = note(
        "SELECT count(*) FROM instances WHERE upper(state) = 'RUNNING' AND state <> '' AND state <> 'stopped';
         SELECT 1 FROM disks WHERE state = 'in-use'; SELECT coalesce(state, 'none') = 'none' FROM instances",
    );
    assert!(!said.contains("no value of"), "{said}");
}

#[test]
fn keys_typed_ahead_do_not_land_among_the_lines_of_a_command() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("\\! sleep 1; echo slept; cat");
    shell.expect("slept");
    // Another program gets its echo.
    shell.keys("heard\r");
    shell.expect("heard");
    shell.expect("heard");
    shell.terminal.send_control('d').unwrap();
    shell.prompt();
    shell.keys("\\pset\r\\pset maxrows 6\r\\pset\r");
    let said = shell.expect("> \\pset maxrows 6") + &shell.prompt();
    assert!(said.lines().all(|line| !line.contains("\\pset") || line.contains("demo> ")), "{said}");
    shell.prompt();
    shell.leave();
}

#[test]
fn a_prompt_has_one_form_before_and_after_the_regions_are_known() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("\\region us-east-1,eu-*");
    shell.expect("demo/us-east-1,eu-*> ");
    shell.enter("SELECT count(*) AS n FROM instances;");
    shell.expect("1 row in ");
    shell.expect("demo/us-east-1,eu-*> ");
    shell.leave();
}

/// What the catalogue says that there is, the fleet of the demo does not contradict.
#[test]
fn the_demo_has_no_value_that_is_not_declared() {
    for (table, column) in [
        ("instances", "state"),
        ("disks", "state"),
        ("certificates", "status"),
        ("container_services", "state"),
        ("alarms", "state"),
        ("load_balancers", "state"),
        ("operations", "status"),
        ("instance_snapshots", "state"),
    ] {
        let known = datafusion_lightsail::catalog::values::values(table, column);
        let sql = format!("SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL");
        let output = support::command(&["--demo", "--no-header", "--format", "csv", "-c", &sql], &[])
            .output()
            .unwrap();
        let found = String::from_utf8(output.stdout).unwrap();
        assert!(!found.is_empty(), "{table}");
        // It has disks in a state of tomorrow's API.
        for value in found.lines().filter(|value| *value != "quarantined") {
            assert!(known.contains(&value), "{table}.{column} is {value}, not of {known:?}");
        }
    }
}

#[test]
fn a_listing_that_a_limit_left_is_not_taken_for_the_whole_fleet() {
    let (_state, mut shell) = open();
    shell.prompt();
    let asked = |shell: &mut Shell| {
        shell.enter("SELECT avg(average) FROM instance_metrics;");
        shell.expect("about ");
        let calls = shell.expect(" calls");
        shell.terminal.send_control('c').unwrap();
        shell.expect("cancelled");
        shell.prompt();
        calls
    };
    shell.enter("SELECT name FROM instances LIMIT 3;");
    shell.expect("3 rows in");
    shell.prompt();
    // How many are at least known depends on which region was quick; the question is asked in any case.
    asked(&mut shell);
    shell.enter("SELECT count(name) AS n FROM instances;");
    shell.expect("1 row in");
    shell.prompt();
    assert_eq!(asked(&mut shell), "6,400");
    shell.leave();
}

#[test]
fn a_statement_that_costs_says_so_first() {
    let (_state, mut shell) = open();
    shell.prompt();
    let statement = "SELECT count(*) AS n FROM instance_metrics WHERE region = 'us-east-1';";
    shell.enter("SET lightsail.confirm_calls = 10;");
    shell.expect("done in");
    shell.prompt();
    shell.enter(statement);
    // Nobody knows yet how many instances there are: a page is taken for it.
    shell.expect("[Enter] run, [e] edit; metric_name = 'CPUUtilization' ");
    shell.keys("e");
    shell.expect("demo> SELECT count(*)");
    shell.terminal.send_control('c').unwrap();
    shell.prompt();
    shell.enter(statement);
    shell.expect("[e] edit");
    shell.terminal.send_control('c').unwrap();
    shell.expect("cancelled");
    shell.prompt();
    shell.enter("SET lightsail.confirm_calls = 0;");
    shell.expect("done in");
    shell.prompt();
    shell.enter(statement);
    shell.expect("1 row in");
    shell.prompt();
    shell.leave();
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let sql = "SET lightsail.confirm_calls = 1; SELECT count(*) AS n FROM static_ips";
    let output = support::command(&["--demo", "-c", sql], &[]).output().unwrap();
    assert!(output.status.success());
    assert!(!String::from_utf8(output.stderr).unwrap().contains("[Enter]"));
}
