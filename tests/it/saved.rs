//! Saved queries by name: the list, their parameters, folders, and queries that are checks.

use lightsail_demo as demo;
use tempfile::TempDir;

use crate::cli::snapshot;
use crate::support::shell::open;
use crate::support::{Endpoint, csv, json_rows, run};

#[test]
fn the_list_and_one_of_it() {
    snapshot("queries_cost", &["queries", "cost"]);
    snapshot("queries_one", &["queries", "instances_by_age"]);
    snapshot("queries_none", &["queries", "stoped_instances"]);
}

#[test]
fn a_query_is_run_by_its_name_beneath_its_title() {
    let by_file = run(&["--demo", "--maxrows", "3", "queries/health/stopped_instances.sql"]);
    let by_name = run(&["run", "stopped_instances", "--demo", "--maxrows", "3"]);
    assert_eq!(by_name.code, Some(0), "{}", by_name.stderr);
    assert_eq!((&by_name.stdout, &by_name.stderr), (&by_file.stdout, &by_file.stderr));
    assert!(by_name.stderr.starts_with("Stopped instances\n"), "{}", by_name.stderr);
    let quiet = run(&["run", "health/stopped_instances", "--demo", "-q", "--format", "csv"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
}

#[test]
fn parameters_have_an_effect_and_are_checked_before_a_call() {
    let rows = |days: &str| {
        let run = run(&["run", "stopped_instances", days, "--demo", "--format", "csv"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.stdout.lines().count() - 1
    };
    let created: Vec<String> = json_rows(&[
        "-c",
        "SELECT created_at FROM instances WHERE state IN ('stopped', 'stopping') ORDER BY 1",
    ])
    .iter()
    .map(|row| row["created_at"].as_str().unwrap().to_owned())
    .collect();
    // So many days before today that half of them are older.
    let middle = &created[created.len() / 2];
    let sql = format!("SELECT date_part('day', now() - TIMESTAMP '{middle}')");
    let days = csv(&["-c", &sql]).stdout;
    let older = rows(&format!("days={}", days.trim()));
    assert!(older > created.len() / 2 && older < created.len(), "{older} of {}", created.len());
    assert_eq!((rows("days=0"), rows("days=100000")), (created.len(), 0));

    let endpoint = Endpoint::start(demo::Config::default());
    for (args, message) in [
        (&["run", "stopped_instances", "days=soon"][..], "$days is not an integer: soon"),
        (&["run", "stopped_instances", "dais=3"], "did you mean days?"),
        (&["run", "stopped_instances", "days"], "\"days\" is not name=value"),
        (&["run", "stoped_instances"], "did you mean stopped_instances?"),
        (&["--param", "days=soon", "queries/health/stopped_instances.sql"], "$days is not an integer: soon"),
        (&["--param", "dais=3", "queries/health/stopped_instances.sql"], "did you mean $days?"),
    ] {
        let run = endpoint.run(args);
        assert_eq!(run.code, Some(2), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{args:?}: {}", run.stderr);
    }
    assert_eq!(endpoint.server.request_count(), 0);
}

/// A folder of queries of one's own: one of them needs a value.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    let write = |name: &str, sql: &str| std::fs::write(folder.path().join(name), sql).unwrap();
    write(
        "big.sql",
        "-- title: Big ones\nSELECT name FROM instances WHERE cpu_count > 7 ORDER BY name LIMIT 2;\n",
    );
    write("more/none.sql", "-- title: None\nSELECT name FROM instances WHERE cpu_count < 0;\n");
    write("more/readme.md", "");
    folder
}

#[test]
fn a_folder_runs_what_is_in_it() {
    let folder = folder();
    let path = folder.path().to_str().unwrap();
    let both = run(&["--demo", path]);
    assert_eq!(both.code, Some(0), "{}", both.stderr);
    let titles = [format!("{path}/big.sql: Big ones\n"), format!("{path}/more/none.sql: None\n")];
    assert!(titles.iter().all(|title| both.stderr.contains(title)), "{}", both.stderr);
    let out = TempDir::new().unwrap();
    let files = run(&["--demo", "-o", &format!("{}/", out.path().display()), "--format", "csv", path]);
    assert_eq!(files.code, Some(0), "{}", files.stderr);
    assert_eq!(crate::support::names_in(out.path()), ["big.csv", "none.csv"]);
    let empty = TempDir::new().unwrap();
    let nothing = run(&["--demo", empty.path().to_str().unwrap()]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.stderr.contains("there is no .sql file in "), "{}", nothing.stderr);
}

#[test]
fn a_check_fails_on_rows() {
    let folder = folder();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (big, none) = (file("big.sql"), file("more/none.sql"));
    let check = |args: &[&str]| run(&[&["--demo", "--fail-on-rows", "--format", "csv"], args].concat());
    assert_eq!(check(&[&none]).code, Some(0));
    let found = check(&[&big]);
    assert_eq!((found.code, found.stdout.lines().count()), (Some(4), 3), "its rows are shown");
    assert_eq!(found.stderr, format!("check failed: 2 rows in {big}\n"));
    let both = check(&[&big, &none, &big]);
    assert_eq!(both.code, Some(4));
    assert!(
        both.stderr.contains(&format!("check failed: 2 rows in {big}, 2 rows in {big}")),
        "{}",
        both.stderr
    );
    assert_eq!(run(&["run", "stopped_instances", "--demo", "--fail-on-rows"]).code, Some(4));
    // What could not be asked is worse than what was found.
    let wrong = check(&["--keep-going", &big, &file("nosuch.sql")]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    let throttled = Endpoint::with_hook(|request| {
        (request.region == "eu-west-1").then(|| demo::Reply::error(400, "AccessDeniedException", "no"))
    });
    let partial = ["--allow-partial", "--region", "us-east-1,eu-west-1", "--fail-on-rows", &big];
    assert_eq!(throttled.run(&partial).code, Some(3));
}

#[test]
fn a_command_behind_its_flags_is_explained() {
    let run = run(&["--demo", "run", "stopped_instances"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("hint: a command comes first"), "{}", run.stderr);
}

#[test]
fn the_shell_lists_completes_and_runs_them() {
    let (_state, mut shell) = open();
    shell.prompt();
    shell.enter("\\queries by_age");
    shell.expect("parameters:");
    shell.prompt();
    shell.enter("\\run instances_by_age days=soon");
    shell.expect("$days is not an integer: soon");
    shell.prompt();
    shell.keys("\\run public_b\t");
    shell.expect("public_buckets");
    shell.keys("\r");
    shell.expect("Buckets that anybody can read");
    shell.expect(" API calls");
    shell.prompt();
    shell.leave();
}
