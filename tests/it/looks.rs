//! What answers look like on a terminal of a size: fitted, in colours, through a pager.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::shell::{Shell, on_terminal};
use crate::support::{Endpoint, command, run};

/// Asks the demo fleet with these arguments on a terminal of this many lines and columns.
fn on_screen(size: (u16, u16), args: &[&str], env: &[(&str, &str)]) -> Shell {
    sized(size, &[&["--demo"], args].concat(), env)
}

/// Runs the program on a terminal of this many lines and columns.
fn sized(size: (u16, u16), args: &[&str], env: &[(&str, &str)]) -> Shell {
    let quoted: Vec<String> = args.iter().map(|arg| format!("'{}'", arg.replace('\'', "'\\''"))).collect();
    let line = format!(
        "stty rows {} cols {}; exec {} {}",
        size.0,
        size.1,
        env!("CARGO_BIN_EXE_lightsail-sql"),
        quoted.join(" ")
    );
    let mut shell = Command::new("/bin/sh");
    let clean = command(&[], env);
    shell.args(["-c", &line]).env_clear();
    for (name, value) in clean.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    on_terminal(shell, false)
}

/// All that a question to the demo fleet writes to such a terminal.
fn seen(size: (u16, u16), args: &[&str], env: &[(&str, &str)]) -> String {
    shown(size, &[&["--demo"], args].concat(), env)
}

/// All that a run writes to such a terminal.
pub fn shown(size: (u16, u16), args: &[&str], env: &[(&str, &str)]) -> String {
    let text = sized(size, args, env).terminal.exp_eof().unwrap().replace('\r', "");
    // The reader of the terminal makes a character of each byte.
    let bytes: Option<Vec<u8>> = text.chars().map(|byte| u8::try_from(u32::from(byte)).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(text)
}

const PLAIN: [(&str, &str); 2] = [("TERM", "xterm"), ("NO_COLOR", "1")];
const WIDE: &str = "SELECT * FROM instances WHERE region = 'us-east-2' ORDER BY name LIMIT 5";

#[test]
fn a_wide_table_fits_every_terminal_and_says_what_is_left_out() {
    for (lines, columns) in [(24, 80), (40, 120), (50, 200)] {
        let text = seen((lines, columns), &["-c", WIDE], &PLAIN);
        assert!(text.contains("profile = default, account_id = 123456789012, region = us-east-2"), "{text}");
        assert!(
            text.contains("│ … │") && text.contains(" columns: --format line or -o FILE shows them"),
            "{text}"
        );
        let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
        assert!(widest <= usize::from(columns), "{widest}: {text}");
    }
}

#[test]
fn colors_are_for_terminals_that_have_them() {
    let sql = "SELECT name, state, CAST(NULL AS VARCHAR) AS nothing, '' AS empty FROM instances WHERE region = 'us-east-2' \
               AND state = 'running' ORDER BY name LIMIT 1";
    let colored = seen((24, 80), &["-c", sql], &[("TERM", "xterm")]);
    for part in ["\x1b[1mname\x1b[0m", "\x1b[32mrunning\x1b[0m", "\x1b[2mNULL\x1b[0m"] {
        assert!(colored.contains(part), "{part}: {colored:?}");
    }
    for env in [&PLAIN[..], &[("TERM", "dumb")], &[]] {
        let plain = seen((24, 80), &["-c", sql], env);
        assert!(!plain.contains('\x1b') && plain.contains("│ NULL    │       │"), "{plain:?}");
    }
    let piped = run(&["--demo", "-c", sql]);
    assert!(!piped.stdout.contains('\x1b') && !piped.stdout.contains("NULL"), "{}", piped.stdout);
    let always = run(&["--demo", "--color", "always", "-c", sql]);
    assert!(always.stdout.contains("\x1b[32mrunning"), "{}", always.stdout);
}

#[test]
fn a_long_answer_goes_through_the_pager_and_a_short_one_does_not() {
    let pager = [("TERM", "xterm"), ("NO_COLOR", "1"), ("LIGHTSAIL_SQL_PAGER", "sed s/^/paged:/")];
    let long = "SELECT name FROM instances ORDER BY name LIMIT 30";
    let text = seen((24, 80), &["-c", long], &pager);
    assert_eq!(text.matches("paged:").count(), 34, "{text}");
    assert!(!seen((24, 80), &["-c", "SELECT 1 AS a"], &pager).contains("paged:"));
    assert!(!seen((60, 80), &["-c", long], &pager).contains("paged:"));
    assert!(!seen((24, 80), &["--no-pager", "-c", long], &pager).contains("paged:"));
    let wide = "SELECT repeat('x', 200) AS a";
    assert!(seen((24, 80), &["--format", "csv", "-c", wide], &pager).contains("paged:"));
    let dumb = [("TERM", "dumb"), ("LIGHTSAIL_SQL_PAGER", "sed s/^/paged:/")];
    assert!(!seen((24, 80), &["-c", long], &dumb).contains("paged:"));
    // An empty one is none.
    let none = [("TERM", "xterm"), ("NO_COLOR", "1"), ("LIGHTSAIL_SQL_PAGER", "")];
    assert!(seen((24, 80), &["-c", long], &none).contains("│ name"));
}

#[test]
fn what_a_pager_that_fails_was_to_show_is_shown() {
    let long = "SELECT name FROM instances ORDER BY name LIMIT 30";
    for pager in ["nosuchpager", "nosuchpager --with 'an argument'", "false", "cat >/dev/null; exit 3"] {
        let env = [("TERM", "xterm"), ("NO_COLOR", "1"), ("LIGHTSAIL_SQL_PAGER", pager)];
        let text = seen((24, 80), &["-c", long], &env);
        assert_eq!(text.matches("│ name").count(), 1, "{pager}: {text}");
        assert_eq!(text.matches('│').count(), 62, "{pager}: {text}");
        assert!(text.contains(&format!("note: the pager {pager} failed")), "{text}");
    }
}

#[test]
fn who_leaves_the_pager_asks_no_more() {
    let env = [("TERM", "xterm"), ("NO_COLOR", "1"), ("LIGHTSAIL_SQL_PAGER", "head -n 3")];
    let sql = "SELECT a.name, b.name FROM instances a CROSS JOIN instances b";
    let text = seen((24, 80), &["--maxrows", "0", "--timing", "-c", sql], &env);
    assert!(text.contains("│ name") && text.contains("the pager was left"), "{text}");
}

#[test]
fn times_are_for_people_in_tables_alone() {
    let sql = "SELECT created_at FROM instances WHERE name = 'db-test-0001' AND region = 'us-east-2'";
    let short = run(&["--demo", "-c", sql]).stdout;
    let full = run(&["--demo", "--timeformat", "full", "-c", sql]).stdout;
    let csv = run(&["--demo", "--format", "csv", "-c", sql]).stdout;
    let time = csv.lines().nth(1).unwrap();
    let minutes = format!("│ {} {} │", &time[..10], &time[11..16]);
    assert!(short.contains(&minutes), "{minutes}: {short}");
    assert!(full.contains(time) && time.ends_with('Z'), "{full}");
}

#[test]
fn prices_have_their_currency_in_tables_alone() {
    let sql = "SELECT price FROM bundles WHERE region = 'us-east-1' ORDER BY price LIMIT 1";
    let table = run(&["--demo", "-c", sql]).stdout;
    assert!(table.contains('$'), "{table}");
    assert!(!run(&["--demo", "--format", "csv", "-c", sql]).stdout.contains('$'));
}

#[test]
fn show_tables_is_sorted() {
    let run = run(&["--demo", "--format", "csv", "--no-header", "-c", "SHOW TABLES"]);
    let names: Vec<&str> = run.stdout.lines().filter(|line| line.contains(",public,")).collect();
    assert!(names.len() > 70 && names.is_sorted(), "{names:?}");
}

#[test]
fn the_shell_lists_tables_in_groups_sums_calls_up_and_keeps_the_last_answer() {
    let state = TempDir::new().unwrap();
    let env = [PLAIN[0], PLAIN[1], ("XDG_STATE_HOME", state.path().to_str().unwrap())];
    let mut shell = on_screen((50, 100), &[], &env);
    shell.expect("\\? for help");
    shell.enter("\\d");
    for heading in [
        "servers",
        "  instances ",
        "storage",
        "network",
        "databases",
        "containers",
        "CDN",
        "accounts",
        "views",
        "system",
    ] {
        shell.expect(heading);
    }
    shell.enter("\\d disks");
    shell.expect("joins");
    shell.expect("disks.instance_arn = instances.arn");
    shell.expect("example");
    shell.enter("SELECT region, count(*) FROM instances GROUP BY region ORDER BY 2 DESC;");
    shell.expect("us-east-1");
    shell.expect("7 rows in");
    shell.enter("\\calls");
    shell.expect(" calls ");
    shell.expect("GetInstances");
    shell.expect(" page ");
    shell.enter("SELECT region, count(*) FROM instances GROUP BY region ORDER BY 2 DESC;");
    shell.expect("7 rows in");
    shell.enter("\\chart");
    shell.expect("count(*)");
    shell.expect("us-east-1      ");
    shell.enter("\\pset maxrows 2");
    shell.expect("the most rows of a table is 2");
    shell.enter("\\pset timeformat full");
    shell.expect("the format of times is full");
    shell.enter("\\pset pager on");
    shell.expect("the pager is on");
    shell.enter("\\pset maxrows 40");
    shell.expect("is 40");
    shell.enter("\\pset pager off");
    shell.expect("is off");
    shell.enter("SELECT sum(\"count(*)\") AS all_of_them FROM _;");
    shell.expect("400");
    shell.expect("0 API calls");
    shell.prompt();
    shell.leave();
}

#[test]
fn what_is_asked_before_many_calls_fits_the_terminal() {
    let state = TempDir::new().unwrap();
    let env = [PLAIN[0], PLAIN[1], ("XDG_STATE_HOME", state.path().to_str().unwrap())];
    for (lines, columns) in [(24, 80), (40, 120), (50, 200)] {
        let mut shell = on_screen((lines, columns), &[], &env);
        shell.expect("\\q to leave");
        shell.enter("SELECT avg(average) FROM instance_metrics;");
        shell.expect("about ");
        let asked = format!("about {}", shell.expect(" 400 calls").replace('\r', ""));
        let widest = asked.lines().map(str::len).max().unwrap();
        // The arrow is three bytes, each of them a character to the reader of the terminal.
        assert!(asked.contains("[e] edit") && widest <= usize::from(columns) + 2, "{asked}");
        shell.keys("\x03");
        shell.expect("cancelled");
        // Before the prompt Ctrl-D is no key, and lost.
        shell.prompt();
        shell.leave();
    }
}

#[test]
fn an_answer_is_one_table_under_one_head() {
    let all = ["--maxrows", "0", "-c"];
    for sql in ["SELECT * FROM instances LIMIT 5", "SELECT name, blueprint_id, state FROM instances"] {
        let text = seen((24, 80), &[&all[..], &[sql]].concat(), &PLAIN);
        assert_eq!((text.matches('╭').count(), text.matches("│ name ").count()), (1, 1), "{text}");
    }
}

#[test]
fn rows_are_seen_although_others_do_not_come() {
    let is_seen = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_seen);
    let endpoint = Endpoint::with_hook(move |request| {
        // The second page comes when the rows of the first are on the screen.
        if request.body["pageToken"].is_string() {
            let begun = Instant::now();
            while !seen.load(Ordering::SeqCst) {
                assert!(begun.elapsed() < Duration::from_secs(20), "the first page is not shown");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        None
    });
    let url = endpoint.server.url();
    let keys = [("AWS_ACCESS_KEY_ID", lightsail_demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "demo")];
    let args =
        ["--region", "us-east-1", "--endpoint-url", &url, "--timing", "-c", "SELECT name FROM instances"];
    let mut shell = sized((24, 80), &args, &[&PLAIN[..], &keys].concat());
    shell.expect("db-prod-0001");
    is_seen.store(true, Ordering::SeqCst);
    shell.expect("137 rows in");
    shell.terminal.exp_eof().unwrap();
}

#[test]
fn reading_takes_no_time_of_the_query() {
    let env = [PLAIN[0], PLAIN[1], ("LIGHTSAIL_SQL_PAGER", "cat; sleep 5")];
    let args = ["--timing", "--maxrows", "0", "-c", "SELECT value FROM generate_series(1, 100)"];
    let text = seen((24, 80), &args, &env);
    let (_, time) = text.split_once("100 rows in ").unwrap();
    let seconds: f64 = match time.split_once(" s, ") {
        Some((seconds, _)) if !seconds.contains("ms") => seconds.parse().unwrap(),
        _ => 0.0,
    };
    assert!(seconds < 5.0, "{text}");
}

#[test]
fn errors_are_red_on_a_terminal_that_has_colors() {
    let args = ["-c", "SELECT nme FROM instances"];
    let colored = seen((24, 80), &args, &[("TERM", "xterm")]);
    assert!(colored.contains("\x1b[31merror:\x1b[0m "), "{colored:?}");
    assert!(colored.contains("\x1b[2mhint:\x1b[0m did you mean"), "{colored:?}");
    let never = seen((24, 80), &[&["--color", "never"], &args[..]].concat(), &[("TERM", "xterm")]);
    let others = [&PLAIN[..], &[("TERM", "dumb")]].map(|env| seen((24, 80), &args, env));
    for plain in [others[0].clone(), others[1].clone(), never] {
        assert!(plain.contains("error: ") && !plain.contains('\x1b'), "{plain:?}");
    }
    assert!(!run(&["--demo", "-c", "SELECT nme FROM instances"]).stderr.contains('\x1b'));
}

#[test]
fn what_is_explained_is_wrapped_and_not_cut_by_the_pager() {
    let env = [PLAIN[0], PLAIN[1], ("LIGHTSAIL_SQL_PAGER", "cut -c1-80")];
    let text = seen((24, 80), &["-c", "\\h age"], &env);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("/ 86400 (days)"), "{text}");
}

#[test]
fn a_plan_goes_on_in_the_next_line_where_the_screen_ends() {
    let sql = "EXPLAIN SELECT i.name, d.path, i.public_ip_address FROM instances i JOIN disks d ON d.instance_arn = i.arn";
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().concat();
    let whole = words(&run(&["--demo", "-c", sql]).stdout);
    for (lines, columns) in [(24, 80), (40, 120), (50, 200)] {
        let text = seen((lines, columns), &["--no-pager", "-c", sql], &PLAIN);
        let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
        assert!(widest <= usize::from(columns), "{widest}: {text}");
        assert!(words(&text).contains(&whole), "{text}");
    }
}

/// A terminal echoes Ctrl-C behind the progress line: what fills the line would leave it on the screen.
#[test]
fn the_progress_line_goes_with_a_run_that_ctrl_c_ends() {
    let endpoint = Endpoint::with_hook(|request| {
        if request.body["pageToken"].is_string() {
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        None
    });
    let (url, keys) = (endpoint.server.url(), [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "b")]);
    let args = ["--endpoint-url", &url, "--region", "us-east-1", "-c", "SELECT count(*) FROM instances"];
    let mut run = sized((24, 80), &args, &[&keys[..], &PLAIN].concat());
    run.expect(" targets, ");
    run.keys("\x03");
    let before = run.expect("error: interrupted");
    let (line, wiped) = before.rsplit_once("\u{1b}[2K").unwrap();
    assert!(wiped.is_empty(), "{before:?}");
    let line = line.trim_end_matches('\r');
    // The spinner is three bytes, each of them a character to the reader of the terminal.
    let line = line.rsplit('\r').next().unwrap().replace("\u{1b}[2K", "");
    assert!(line.chars().count() <= 78 + 2, "{line:?}");
    run.terminal.exp_eof().unwrap();
}
