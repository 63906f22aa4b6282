//! What the program says of itself: its version, its help, completions, man pages and its log.

use lightsail_demo as demo;

use crate::support::{Endpoint, run, run_with};

#[test]
fn the_version_names_the_build_and_the_libraries() {
    let short = run(&["-V"]);
    assert_eq!(
        (short.code, short.stdout),
        (Some(0), format!("lightsail-sql {}\n", env!("CARGO_PKG_VERSION")))
    );
    let long = run(&["--version"]);
    let lock = include_str!("../../Cargo.lock");
    let of = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap();
        format!("{name} {}", rest.split('"').next().unwrap())
    };
    let libraries = ["datafusion", "arrow", "parquet", "aws-sdk-lightsail"].map(of).join(", ");
    let mut lines = long.stdout.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with(concat!("lightsail-sql ", env!("CARGO_PKG_VERSION"), " (")), "{first}");
    assert_eq!(lines.next(), Some(libraries.as_str()));
}

#[test]
fn the_help_is_in_groups_with_examples() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    let heads: Vec<&str> =
        help.stdout.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
    for head in ["Commands:", "What to run:", "Whom to ask:", "How to write:", "Examples:", "Exit codes:"] {
        assert!(heads.contains(&head), "{head} {heads:?}");
    }
    // Nothing but help and version is without a group.
    let (_, options) = help.stdout.split_once("\nOptions:\n").unwrap();
    let options = options.split("\n\nOther:").next().unwrap();
    assert_eq!(options.matches("--").count(), 2, "{options}");
}

/// The examples of the help, asked of the demo fleet.
#[test]
fn the_examples_of_the_help_are_right() {
    let help = run(&["--help"]).stdout;
    let (_, examples) = help.split_once("Examples:").unwrap();
    let lines = examples.lines().filter_map(|line| line.trim().strip_prefix("lightsail-sql "));
    let directory = tempfile::tempdir().unwrap();
    let mut asked = 0;
    for line in lines.filter(|line| *line != "--demo") {
        let args: Vec<&str> = crate::support::words(line);
        let args: Vec<&str> = args.into_iter().filter(|arg| !["--profile", "prod"].contains(arg)).collect();
        let output = crate::support::command(&[&args[..], &["--demo"]].concat(), &[])
            .current_dir(directory.path())
            .output()
            .unwrap();
        let expected = if line.contains("--fail-on-rows") { 4 } else { 0 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        asked += 1;
    }
    assert_eq!(asked, 4);
}

#[test]
fn shells_complete_commands_flags_and_saved_queries() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = run(&["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""), "{shell}");
        // The scripts of fish and PowerShell complete no arguments.
        let names = if shell == "bash" || shell == "zsh" { &["stopped_instances"][..] } else { &[] };
        for word in ["allow-partial", "queries"].iter().chain(names) {
            assert!(script.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(&["completions", "cmd"]).code, Some(2));
    // What bash makes of it.
    let script = run(&["completions", "bash"]).stdout;
    let ask = "COMP_WORDS=(lightsail-sql run stopped_i); COMP_CWORD=2; _lightsail__sql lightsail-sql stopped_i run; echo ${COMPREPLY[@]}";
    let bash = std::process::Command::new("bash").args(["-c", &format!("{script}\n{ask}")]).output().unwrap();
    assert_eq!(String::from_utf8(bash.stdout).unwrap(), "stopped_instances\n");
}

#[test]
fn there_is_a_man_page_for_all_of_it_and_for_each_command() {
    let page = run(&["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (Some(0), ""));
    for part in [".TH lightsail-sql 1", "\\-\\-allow\\-partial", "Exit codes"] {
        assert!(page.stdout.contains(part), "{part}");
    }
    let of_run = run(&["man", "run"]);
    assert!(of_run.stdout.contains(".TH lightsail-sql-run 1"), "{}", &of_run.stdout[..200]);
    assert!(
        of_run.stdout.contains(concat!("\"lightsail-sql ", env!("CARGO_PKG_VERSION"), "\"")),
        "{}",
        of_run.stdout
    );
    let stray = run(&["man", "rnu"]);
    assert_eq!(
        (stray.code, stray.stderr.as_str()),
        (Some(2), "error: there is no command rnu\nhint: did you mean run?\n")
    );
}

/// At no level is there a key, a token or a signature in it, whoever resolved the credentials.
#[test]
fn the_log_has_calls_and_no_secrets() {
    let endpoint = Endpoint::start(demo::Config::default());
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config");
    std::fs::write(
        &config,
        format!(
            "[profile keys]\naws_access_key_id = {key}\naws_secret_access_key = SECRETONE\n\
             aws_session_token = SECRETTWO\n\
             [profile role]\nrole_arn = arn:aws:iam::123456789012:role/Audit\nsource_profile = keys\n\
             [profile process]\ncredential_process = echo '{{\"Version\": 1, \"AccessKeyId\": \"{key}\", \
             \"SecretAccessKey\": \"SECRETTHREE\", \"SessionToken\": \"SECRETFOUR\"}}'\n",
            key = demo::ACCESS_KEY
        ),
    )
    .unwrap();
    let url = endpoint.server.url();
    let env = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_ENDPOINT_URL", &url),
        ("AWS_REGION", "us-east-1"),
    ];
    for profile in ["keys", "role", "process"] {
        for level in ["error", "warn", "info", "debug", "trace"] {
            let args = ["--log", level, "--profile", profile, "-c", "SELECT count(*) FROM regions"];
            let run = run_with(&args, &env, "");
            assert_eq!(run.code, Some(0), "{profile}: {}", run.stderr);
            let is_loud = !["error", "warn"].contains(&level);
            assert_eq!(run.stderr.contains("operation=\"GetRegions\""), is_loud, "{level}: {}", run.stderr);
            assert_eq!(run.stderr.contains("hyper"), level == "trace", "{level}: {}", run.stderr);
            for secret in ["SECRET", "Signature=", "Credential=", "Security-Token", "<SecretAccessKey>"] {
                assert!(!run.stderr.contains(secret), "{profile} {level} says {secret}: {}", run.stderr);
            }
        }
    }
}
