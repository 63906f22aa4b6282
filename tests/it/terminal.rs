//! What only a terminal does: rows that are cut, lines that are typed before the prompt is there, another width.

use std::process::Command;

use rexpect::reader::Options;
use rexpect::session::spawn_with_options;
use tempfile::TempDir;

use crate::support;
use crate::support::shell::{open, open_with};

#[test]
fn a_terminal_shows_forty_rows_of_a_table() {
    for (args, is_cut) in [(vec![], true), (vec!["--maxrows", "0"], false)] {
        let sql = "SELECT name FROM instances ORDER BY name";
        let command = support::command(&[&["--demo", "-c", sql][..], &args].concat(), &[]);
        let mut terminal = spawn_with_options(
            command,
            Options::new().timeout_ms(Some(60_000)).strip_ansi_escape_codes(true),
        )
        .unwrap();
        let output = terminal.exp_eof().unwrap();
        assert_eq!(output.contains("40 of 400 rows shown"), is_cut, "{output}");
        assert_eq!(output.contains("web-"), !is_cut, "{output}");
    }
}

/// What expect, tmux and the consoles of IDEs send: many lines at once, and nothing that says that they are pasted.
#[test]
fn lines_that_are_pasted_or_typed_ahead_are_all_read() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.keys("SELECT 6 * 7 AS a;\rSELECT 11\r * 11 AS b;\r\\timing off\rSELECT 'x' || 'y' AS c;\r");
    for answer in ["42", "121", "timing is off", "xy"] {
        shell.expect(answer);
    }
    // While a statement runs, the terminal is not the prompt's.
    shell.keys("SELECT count(*) AS n FROM instances;\r");
    shell.keys("SELECT 13 * 13 AS d;\r");
    shell.expect("400");
    shell.expect("169");
    shell.prompt();
    shell.leave();
}

#[cfg(target_os = "linux")]
#[test]
fn the_prompt_hears_of_a_resize() {
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", concat!("tty; exec ", env!("CARGO_BIN_EXE_lightsail-sql"), " --demo")]);
    let mut shell = open_with(&state, command);
    let tty = shell.expect("\n").trim().to_owned();
    shell.prompt();
    shell.keys("SELECT 6 * 7 AS a_name_of_some_length");
    shell.expect("length");
    let resized = Command::new("stty").args(["-F", &tty, "cols", "30"]).status();
    assert!(resized.unwrap().success(), "{tty}");
    // It draws a line that does not fit any more anew, before any other key is pressed.
    shell.expect("demo> SELECT 6 *");
    shell.enter(";");
    shell.expect("42");
    shell.prompt();
    shell.leave();
}

#[test]
fn a_file_of_the_shell_takes_one_result() {
    let (_state, mut shell) = open();
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("a.csv");
    let content = || std::fs::read_to_string(&file).unwrap();
    let redirect = format!("\\o {}", file.display());
    shell.prompt();
    shell.enter(&redirect);
    shell.enter("SELECT 1 AS a; SELECT 2 AS a;");
    shell.expect("error: input:1:16: ");
    shell.expect("would hold two results");
    shell.expect("hint: ");
    assert!(!file.exists());
    shell.prompt();
    shell.enter("SELECT oops;");
    shell.expect("error: ");
    shell.enter("SELECT 3 AS a;");
    shell.expect("a.csv, 1 row");
    shell.prompt();
    shell.enter("SELECT 4 AS a;");
    shell.expect("would hold two results");
    shell.prompt();
    assert_eq!(content(), "a\n3\n");
    shell.enter("SET lightsail.cache_ttl = '1m';");
    shell.expect("done in");
    shell.enter(&redirect);
    shell.expect("results go to");
    shell.enter("SELECT 5 AS a;");
    shell.expect("a.csv, 1 row");
    assert_eq!(content(), "a\n5\n");
    shell.enter("\\o -");
    shell.expect("results go to the screen");
    shell.prompt();
    shell.is_well();
    shell.leave();
}
