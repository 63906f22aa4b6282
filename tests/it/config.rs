//! The configuration file: what it says goes behind flags and the environment.

use lightsail_demo as demo;
use tempfile::TempDir;

use crate::support::shell::open_in;
use crate::support::{Endpoint, Run, masked, run_with};

/// A home directory with this configuration file.
fn home(config: &str) -> TempDir {
    let home = TempDir::new().unwrap();
    let directory = home.path().join(".config/lightsail-sql");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.toml"), config).unwrap();
    home
}

fn run_at(home: &TempDir, args: &[&str], env: &[(&str, &str)]) -> Run {
    let always = [("HOME", home.path().to_str().unwrap()), ("LIGHTSAIL_SQL_CONFIG", "")];
    run_with(args, &[&always, env].concat(), "")
}

const CONFIG: &str = "\
regions = [\"us-east-1\", \"us-east-2\"]
format = \"csv\"
concurrency = 8

[targets.europe]
regions = \"eu-*\"

[targets.one]
regions = \"eu-west-1\"
concurrency = 2
";

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let endpoint = Endpoint::start(demo::Config::default());
    let home = home(CONFIG);
    let url = endpoint.server.url();
    let keys = [
        ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", "demo"),
        ("AWS_ENDPOINT_URL", url.as_str()),
    ];
    let sql = "SELECT DISTINCT region FROM instances ORDER BY region";
    let regions = |args: &[&str], env: &[(&str, &str)]| {
        let run = run_at(&home, &[args, &["--no-header", "-c", sql]].concat(), &[&keys, env].concat());
        assert_eq!(run.code, Some(0), "{args:?}: {}", run.stderr);
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(regions(&[], &[]), "us-east-1 us-east-2");
    assert_eq!(regions(&[], &[("AWS_REGION", "us-west-2")]), "us-west-2");
    assert_eq!(regions(&[], &[("LIGHTSAIL_SQL_REGIONS", "us-west-2")]), "us-west-2");
    assert_eq!(regions(&["--target", "one"], &[("AWS_REGION", "us-west-2")]), "eu-west-1");
    assert_eq!(regions(&["--target", "europe"], &[]), "eu-central-1 eu-west-1");
    assert_eq!(regions(&["--target", "one", "--region", "us-east-2"], &[]), "us-east-2");
    // The demo fleet is whole, and what is not about whom to ask holds there too.
    let all = ["--demo", "--format", "csv", "-c", sql];
    let whole = run_at(&home, &all, &[]);
    assert_eq!(whole.stdout, run_with(&all, &[], "").stdout);
    assert!(whole.stderr.contains("note: --demo asks all regions of its fleet, not "), "{}", whole.stderr);
    let variable = run_with(&all, &[("LIGHTSAIL_SQL_REGIONS", "us-west-2")], "");
    let expected = "not us-west-2 (LIGHTSAIL_SQL_REGIONS): --region says which\n";
    assert!(variable.stderr.contains(expected), "{}", variable.stderr);
    let flag = run_at(&home, &[&all[..], &["--region", "us-west-2"]].concat(), &[]);
    assert!(!flag.stderr.contains("note: --demo"), "{}", flag.stderr);
}

#[test]
fn results_are_shown_as_it_says_but_files_are_what_their_names_say() {
    let home = home(CONFIG);
    let sql = ["-c", "SELECT 1 AS a"];
    let show = |args: &[&str], env: &[(&str, &str)]| run_at(&home, &[args, &sql].concat(), env).stdout;
    assert_eq!(show(&[], &[]), "a\n1\n");
    assert_eq!(show(&[], &[("LIGHTSAIL_SQL_FORMAT", "json")]), "[{\"a\":1}]\n");
    assert_eq!(show(&["--format", "tsv"], &[("LIGHTSAIL_SQL_FORMAT", "json")]), "a\n1\n");
    let colored = show(&["--format", "table"], &[("LIGHTSAIL_SQL_COLOR", "always")]);
    assert!(colored.contains("\x1b["), "{colored}");
    assert!(
        !show(&["--format", "table", "--color", "never"], &[("LIGHTSAIL_SQL_COLOR", "always")])
            .contains("\x1b[")
    );
    let file = home.path().join("a.json");
    show(&["-o", file.to_str().unwrap()], &[]);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "[{\"a\":1}]\n");
    let wrong = run_at(&home, &sql, &[("LIGHTSAIL_SQL_FORMAT", "xls")]);
    assert_eq!(wrong.code, Some(2));
    assert_eq!(wrong.stderr, "error: LIGHTSAIL_SQL_FORMAT: there is no format \"xls\"\n");
}

#[test]
fn a_slip_in_it_is_an_error_with_its_line_and_costs_no_help() {
    let home = home("regions = \"all\"\nformt = \"csv\"\n");
    let path = home.path().join(".config/lightsail-sql/config.toml");
    let run = run_at(&home, &["--demo", "-c", "SELECT 1"], &[]);
    assert_eq!(run.code, Some(2));
    let said =
        format!("error: {}, line 2: there is no key formt\nhint: did you mean format?\n", path.display());
    assert_eq!(run.stderr, said);
    assert_eq!(run_at(&home, &["--help"], &[]).code, Some(0));
    let elsewhere = run_at(&home, &["-c", "SELECT 1"], &[("LIGHTSAIL_SQL_CONFIG", "/nonexistent")]);
    assert_eq!(elsewhere.code, Some(2));
    assert!(elsewhere.stderr.contains("LIGHTSAIL_SQL_CONFIG names it"), "{}", elsewhere.stderr);
    assert_eq!(run_at(&home, &["-c", "SELECT 1"], &[("LIGHTSAIL_SQL_CONFIG", "/dev/null")]).code, Some(0));
    let stray =
        run_at(&home, &["--target", "prod", "-c", "SELECT 1"], &[("LIGHTSAIL_SQL_CONFIG", "/dev/null")]);
    assert_eq!(stray.code, Some(2));
    assert!(
        stray.stderr.contains("there is no group of targets prod\nhint: a group is a table"),
        "{}",
        stray.stderr
    );
}

#[test]
fn what_is_in_force_is_printed_with_who_says_so() {
    let home = home(CONFIG);
    std::fs::write(home.path().join(".config/lightsail-sql/rc.sql"), "").unwrap();
    let env = [
        ("AWS_PROFILE", "audit"),
        ("AWS_ACCESS_KEY_ID", "AKIASECRET"),
        ("LIGHTSAIL_SQL_MAXROWS", "100"),
        ("XDG_CONFIG_HOME", "relative"),
    ];
    let args = ["config", "--target", "one", "--max-items", "5"];
    let run = run_at(&home, &args, &env);
    assert!(!run.stdout.contains("AKIASECRET"), "{}", run.stdout);
    let document = run.to_document(&args).replace(home.path().to_str().unwrap(), "~");
    masked().bind(|| insta::assert_snapshot!("config_in_force", document));
    let nothing = run_with(&["config"], &[], "");
    assert_eq!(nothing.code, Some(0), "{}", nothing.stderr);
    assert!(nothing.stdout.starts_with("/dev/null\n"), "{}", nothing.stdout);
}

#[test]
fn folders_of_queries_are_beside_it() {
    let home = home("queries = [\"mine\", \"~/team\"]\n");
    let mine = home.path().join(".config/lightsail-sql/mine");
    let team = home.path().join("team");
    for (folder, name) in [(&mine, "own"), (&team, "theirs")] {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(format!("{name}.sql")), format!("-- title: T\nSELECT '{name}' AS it;\n"))
            .unwrap();
    }
    for name in ["own", "theirs"] {
        let run = run_at(&home, &["run", name, "--demo", "--format", "csv"], &[]);
        assert_eq!((run.code, run.stdout), (Some(0), format!("it\n{name}\n")), "{}", run.stderr);
    }
    assert!(run_at(&home, &["queries", "own"], &[]).stdout.contains("file: "));
}

#[test]
fn the_shell_begins_with_its_statements() {
    let home = home("");
    let rc = home.path().join(".config/lightsail-sql/rc.sql");
    std::fs::write(&rc, "CREATE VIEW mine AS SELECT 41 + 1 AS answer;\n").unwrap();
    let env = [("HOME", home.path().to_str().unwrap()), ("LIGHTSAIL_SQL_CONFIG", "")];
    let mut shell = open_in(&home, &["--demo"], &env);
    let banner = shell.prompt();
    assert!(!banner.contains("done in"), "{banner}");
    shell.enter("SELECT answer FROM mine;");
    shell.expect("42");
    shell.prompt();
    shell.leave();
    std::fs::write(&rc, "SELECT * FROM nowhere;\n").unwrap();
    let mut shell = open_in(&home, &["--demo"], &env);
    shell.expect("rc.sql:1:15: there is no table nowhere");
    shell.prompt();
    shell.is_well();
    shell.leave();
}
