//! The shell's commands where no person types them: in `-c`, in files and on standard input.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Output, Stdio};

use lightsail_demo::Reply;

use crate::support::{self, Endpoint};

/// Runs with these arguments and this on standard input.
fn run_with(args: &[&str], input: &str) -> Output {
    let mut command = support::command(&[&["--demo", "--demo-today", "2026-01-15"], args].concat(), &[]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn run(args: &[&str]) -> Output {
    run_with(args, "")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What stood on standard output of a run that is well.
fn answered(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What stood on standard error of a run that is not.
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn commands_work_in_c_in_files_and_on_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let script =
        "\\format csv\nSELECT 1 AS a;\n\\pset header off\nSELECT 2 AS b\n\\g\n.mode json\nSELECT 3 AS c;\n";
    let file = directory.path().join("script.sql");
    fs::write(&file, script).unwrap();
    let expected = "a\n1\n2\n[{\"c\":3}]\n";
    for output in [run(&["-c", script]), run(&[file.to_str().unwrap()]), run_with(&[], script)] {
        let (out, said) = (answered(&output), text(&output.stderr));
        assert_eq!(out, expected, "{said}");
        assert!(said.contains("the format is csv") && said.contains("the header is off"), "{said}");
    }
}

#[test]
fn a_file_takes_the_results_that_a_command_sends_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let script = format!(
        "\\once {}\nSELECT 1 AS a;\nSELECT 2 AS b \\g {}\n\\o {}\nSELECT 3 AS c;\n\\o\n\\format csv\nSELECT 4 AS d;\n\\save {}\n\\i {}\n",
        path("once.csv"),
        path("g.csv"),
        path("o.csv"),
        path("saved.sql"),
        path("saved.sql")
    );
    assert_eq!(answered(&run(&["-c", &script])), "d\n4\nd\n4\n");
    let content = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
    assert_eq!([content("once.csv"), content("g.csv"), content("o.csv")], ["a\n1\n", "b\n2\n", "c\n3\n"]);
    assert_eq!(content("saved.sql"), "SELECT 4 AS d;\n");
}

#[test]
fn the_last_statement_is_shown_run_again_and_edited() {
    let directory = tempfile::tempdir().unwrap();
    let editor = directory.path().join("editor");
    fs::write(&editor, "#!/bin/sh\nsed -i s/6/7/ \"$1\"\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&editor, mode).unwrap();
    let mut command = support::command(
        &["--demo", "--format", "csv", "-c", "SELECT 6 * 7 AS a;\n\\p\n\\g\n\\e\n\\x\n\\p"],
        &[],
    );
    let output = command.env("VISUAL", &editor).output().unwrap();
    assert_eq!(answered(&output), "a\n42\nSELECT 6 * 7 AS a\na\n42\na\n49\nSELECT 7 * 7 AS a\n");
}

#[test]
fn parameters_are_set_and_settings_are() {
    let script = "\\format csv\n\\set days 30\nSELECT $days + 1 AS a;\n\\set days = '7'\nSELECT $days AS b;\n\\set\n\
                  \\region us-east-1\nSELECT count(DISTINCT region) AS regions FROM instances;\n\\region\n\\profile";
    let output = run(&["-c", script]);
    assert_eq!(answered(&output), "a\n31\nb\n7\n  $days = 7\nregions\n1\n");
    let said = text(&output.stderr);
    assert_eq!(said.matches("lightsail.regions is us-east-1").count(), 2, "{said}");
    assert!(said.contains("lightsail.profiles is not set"), "{said}");
}

#[test]
fn targets_and_calls_are_listed() {
    let script = "\\region us-east-1,us-east-2\nSELECT count(*) FROM instances WHERE region = 'us-east-2';\n\\targets\n\\calls";
    let out = answered(&run(&["-c", script]));
    let line =
        |region: &str| out.lines().find(|line| line.contains(region) && !line.contains("Get")).unwrap();
    assert!(line("us-east-2").contains("123456789012"), "{out}");
    assert!(line("us-east-2").contains("2"), "{out}");
    assert!(out.contains("GetInstances"), "{out}");
}

#[test]
fn what_is_listed_obeys_the_format() {
    let query = "SELECT count(*) FROM instances WHERE region = 'us-east-2'";
    for (command, header) in [
        ("\\calls", "operation,region,page,ms,status,bytes"),
        ("\\df array_has", "function,written,description"),
        ("\\targets", "profile,keys,region,home,account,last_answer,calls,error"),
    ] {
        let out = answered(&run(&["--format", "csv", "-o", "/dev/null", "-c", query, "-c", command]));
        assert_eq!(out.lines().next(), Some(header), "{out}");
        assert_eq!(out.matches("operation,").count(), usize::from(command == "\\calls"), "{out}");
        let out = answered(&run(&["--format", "json", "-o", "/dev/null", "-c", query, "-c", command]));
        let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(!rows.as_array().unwrap().is_empty(), "{out}");
    }
}

#[test]
fn the_words_of_other_shells_are_understood() {
    let script =
        ".mode column\n.headers off\nSELECT 1 AS a, 2 AS b;\n.mode tabs\n.headers on\nSELECT 3 AS c;";
    assert_eq!(answered(&run(&["-c", script])), " 1   2\nc\n3\n");
    let said = refused(&run(&["-c", ".mode list"]));
    assert!(said.contains("there is no format list; there are table, box, plain"), "{said}");
}

#[test]
fn a_profile_that_signs_nothing_is_said() {
    let output = run(&["-c", "\\profile nope"]);
    assert!(answered(&output).is_empty());
    let said = text(&output.stderr);
    assert!(said.contains("nope is asked with keys that are no profile's"), "{said}");
}

#[test]
fn leaving_ends_the_run() {
    let output =
        run(&["--format", "csv", "-c", "SELECT 1 AS a;\n\\q\nSELECT 2 AS b;", "-c", "SELECT 3 AS c"]);
    assert_eq!(answered(&output), "a\n1\n");
}

#[test]
fn a_command_that_is_none_fails_before_anything_runs() {
    let output = run(&["-c", "SELECT 1 AS a;\n\\clals"]);
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(2));
    let said = refused(&output);
    assert!(said.contains("-c:2:1: there is no command \\clals\nhint: did you mean \\calls?"), "{said}");
}

#[test]
fn files_that_include_each_other_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("again.sql");
    fs::write(&file, format!("\\i {}\n", file.display())).unwrap();
    assert!(refused(&run(&[file.to_str().unwrap()])).contains("files include each other"));
}

#[test]
fn help_is_there_for_commands_functions_and_topics() {
    let out = answered(&run(&["-c", "\\?"]));
    for command in ["\\d [PATTERN]", "\\watch [SECONDS]", "\\region [REGION,…]", "\\q"] {
        assert!(out.contains(command), "{out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(answered(&run(&["-c", "\\h array_has"])).starts_with("array_has(array, element)\n"));
    assert!(answered(&run(&["-c", "\\h dates"])).contains("INTERVAL '90 days'"));
    // A word that leads to a page is first of all the function of that name.
    let counted = answered(&run(&["-c", "\\h count"]));
    assert!(counted.starts_with("count(expression)\n"), "{counted}");
    assert!(counted.contains("\\h group: GROUP BY: counts and sums"), "{counted}");
    assert!(answered(&run(&["-c", "\\h now"])).starts_with("now()\n"));
    assert!(answered(&run(&["-c", "\\h lightsail.cache_ttl"])).contains("SET lightsail.cache_ttl"));
    assert!(refused(&run(&["-c", "\\h slect"])).contains("did you mean select?"));
    let out = answered(&run(&["-c", "\\df array_*"]));
    assert!(out.contains("array_has(array, element)"), "{out}");
}

/// The pages of `\h` are true: every statement in them is run.
#[test]
fn every_statement_of_the_help_runs() {
    let topics = answered(&run(&["-c", "\\h"]));
    let names = topics.lines().filter_map(|line| line.strip_prefix("  \\h ")?.split_whitespace().next());
    let names: Vec<&str> = names.collect();
    assert!(names.len() >= 8, "{topics}");
    let script: String = names.iter().map(|name| format!("\\h {name}\n")).collect();
    let pages = answered(&run(&["-c", &script]));
    let mut statements = String::new();
    let mut is_inside = false;
    for line in pages.lines() {
        is_inside |= line.starts_with("  ");
        if is_inside {
            statements += line;
            statements.push('\n');
        }
        is_inside &= !line.ends_with(';');
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("help.sql");
    fs::write(&file, &statements).unwrap();
    assert!(statements.matches(';').count() > 20, "{statements}");
    let mut command = support::command(&["--demo", "--format", "csv", file.to_str().unwrap()], &[]);
    let output = command.current_dir(directory.path()).output().unwrap();
    assert!(output.status.success(), "{}\n{statements}", text(&output.stderr));
    assert!(directory.path().join("instances.parquet").exists());
}

#[test]
fn watch_says_what_changed_until_it_is_interrupted() {
    let mut command =
        support::command(&["--demo", "--format", "csv", "-c", "SELECT now() AS t \\watch 0.2"], &[]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id().to_string();
    // Long enough for some rounds on any machine; how many does not matter.
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("1 row came, 1 went"), "{said}");
    assert!(text(&output.stdout).lines().count() > 3, "{}", text(&output.stdout));
}

#[test]
fn watch_asks_less_often_once_it_is_throttled() {
    // The first call is refused, and the SDK makes it again.
    let endpoint = Endpoint::with_hook(|request| {
        (request.sequence == 0).then(|| Reply::error(400, "ThrottlingException", "Rate exceeded"))
    });
    let url = endpoint.server.url();
    let env = [
        ("AWS_ACCESS_KEY_ID", lightsail_demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "demo"),
        ("AWS_REGION", "us-east-2"),
        ("AWS_ENDPOINT_URL", &url),
    ];
    let sql = "SELECT count(*) FROM instances \\watch 0.1";
    let child = support::command(&["--format", "csv", "-c", sql], &env)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = lines.map(Result::unwrap).find(|line| line.contains("throttled"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(said.as_deref(), Some("throttled: from now on every 0.2 s"));
}
