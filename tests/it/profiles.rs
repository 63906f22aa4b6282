//! Which profiles there are and who signs for them, as the configuration files and `--profile` say.

use std::fs;

use lightsail_demo as demo;
use tempfile::TempDir;

use crate::support::{Endpoint, Run, run_with};

/// A directory with configuration files, beside an endpoint.
struct Home {
    endpoint: Endpoint,
    directory: TempDir,
}

impl Home {
    fn new(config: &str) -> Self {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("config"), config).unwrap();
        Self { endpoint: Endpoint::start(demo::Config::default()), directory }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str], stdin: &str) -> Run {
        let (config, url) = (self.path("config"), self.endpoint.server.url());
        let env = [
            ("AWS_CONFIG_FILE", config.as_str()),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_REGION", "us-east-2"),
            ("PATH", "/usr/bin:/bin"),
        ];
        run_with(args, &env, stdin)
    }

    /// The profiles that answered a list, or the error.
    fn profiles(&self, list: &str) -> Result<String, String> {
        let sql = "SELECT DISTINCT profile FROM instances ORDER BY profile";
        let args = ["--profile", list, "--format", "csv", "--no-header", "-q", "-c", sql];
        let run = self.run(&args, "");
        assert!(matches!(run.code, Some(0 | 253)), "{:?} {}", run.code, run.stderr);
        match run.code {
            Some(0) => Ok(run.stdout.replace('\n', " ").trim().to_owned()),
            _ => Err(run.stderr),
        }
    }
}

fn keys(name: &str) -> String {
    format!("[profile {name}]\naws_access_key_id={}\naws_secret_access_key=x\n", name.to_uppercase())
}

#[test]
fn profiles_are_named_by_globs_exclusions_and_files() {
    let home = Home::new(&["team-a", "team-b", "team-old", "other"].map(keys).concat());
    let file = home.path("names");
    fs::write(&file, "# ours\nteam-b\n\nother\n").unwrap();
    for (list, expected) in [
        ("team-*,!team-old", "team-a team-b"),
        ("team-a,team-?,team-a", "team-a team-b"),
        ("!team-*", "other"),
        (&format!("@{file}"), "other team-b"),
        (&format!("@{file},!other"), "team-b"),
    ] {
        assert_eq!(home.profiles(list), Ok(expected.to_owned()), "{list}");
    }
    let before = home.endpoint.server.request_count();
    for (list, expected) in [
        ("taem-*", "no profile matches taem-*: the profiles there are: team-a, team-b, team-old, other"),
        ("team-*,!team-odl", "no profile matches team-odl: the profiles there are: "),
        ("other,!other", "nothing is left of other,!other: the profiles there are: "),
        ("@/nonexistent/names", "cannot read the names in /nonexistent/names: "),
    ] {
        let error = home.profiles(list).unwrap_err();
        assert!(error.contains(expected), "{list}: {error}");
    }
    assert!(home.endpoint.server.request_count() <= before + 3, "only team-*,!team-odl has profiles to ask");

    let sql =
        "SET lightsail.profiles = 'team-*,!team-old'; SELECT DISTINCT profile FROM instances ORDER BY 1";
    let run = home.run(&["--format", "csv", "--no-header", "-q", "-c", sql], "");
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "team-a\nteam-b\n"), "{}", run.stderr);
}

#[test]
fn a_name_is_what_the_files_have_whatever_letters_it_is_made_of() {
    let names = ["my team", "o'brien", "Zürich", "a*", "@work", "!old"];
    let config = names.iter().enumerate().map(|(number, name)| {
        let name = name.replace('\\', "\\\\");
        format!(
            "[profile \"{name}\"] text\r\n  aws_access_key_id = K{number}\r\n  aws_secret_access_key = x\r\n"
        )
    });
    let home = Home::new(&format!("\u{FEFF}{}", config.collect::<String>()));
    for (number, name) in names.iter().enumerate() {
        assert_eq!(home.profiles(name), Ok((*name).to_owned()));
        assert_eq!(home.endpoint.server.requests().last().unwrap().access_key, format!("K{number}"));
    }
}

#[test]
fn a_line_that_cannot_be_read_costs_its_profile_alone_and_is_named() {
    let home = Home::new(&(keys("one") + "[profile two]\njunk\n" + &keys("three")));
    let error = home.profiles("two").unwrap_err();
    let expected = format!(
        "cannot read profile two: {}, line 5: neither a [section] nor key = value",
        home.path("config")
    );
    assert!(error.contains(&expected), "{error}");
    assert_eq!(home.profiles("one,three"), Ok("one three".to_owned()));
    let error = home.profiles("four").unwrap_err();
    assert!(error.contains("have no such profile"), "{error}");
    assert!(error.contains("the profiles there are: one, two, three"), "{error}");

    let home = Home::new(&("region = us-east-1\n".to_owned() + &keys("one") + &keys("two")));
    let error = home.profiles("two").unwrap_err();
    assert!(error.contains("line 1: a key before the first [section]"), "{error}");
    assert!(error.contains("costs them all: one, two"), "{error}");
}

#[test]
fn a_pattern_does_not_leave_out_what_nobody_can_read() {
    let unclosed = keys("team-1") + &keys("dev") + &keys("team-2").replace("team-2]", "team-2");
    let first = keys("a").replace("[profile a]", "[profile a");
    for (config, pattern, place) in [
        (unclosed.as_str(), "team-*", "line 7: a [section] whose bracket does not close"),
        (first.as_str(), "*", "line 1: a [section] whose bracket does not close"),
    ] {
        let home = Home::new(config);
        let error = home.profiles(pattern).unwrap_err();
        assert!(error.contains(place) && error.contains("nobody knows which profiles"), "{error}");
        // Partly it is answered, with a warning.
        let args = ["--profile", pattern, "--allow-partial", "-c", "SELECT count(*) FROM disks"];
        let run = home.run(&args, "");
        assert!(run.stderr.contains(place), "{:?} {}", run.code, run.stderr);
    }
    // By its name, too, the place is told.
    let error = Home::new(&first).profiles("a").unwrap_err();
    assert!(error.contains("line 1: a [section]"), "{error}");
    // UTF-16, as some editors write it.
    let home = Home::new("");
    let bytes: Vec<u8> = keys("good").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(home.path("config"), [&[0xFF, 0xFE][..], &bytes].concat()).unwrap();
    for list in ["*", "good"] {
        let error = home.profiles(list).unwrap_err();
        assert!(error.contains("line 1") && error.contains("config"), "{error}");
    }
}

#[test]
fn ways_to_retry_are_those_of_the_aws_cli() {
    for mode in ["retry_mode = legacy", "retry_mode = standard", "retry_mode = adaptive", "max_attempts = 2"]
    {
        assert_eq!(Home::new(&(keys("p") + mode + "\n")).profiles("p").as_deref(), Ok("p"), "{mode}");
    }
    for (setting, what) in [
        ("retry_mode = nonsense", "there is no retry mode nonsense: retry_mode of profile p, "),
        ("max_attempts = 0", "0 is no number of attempts: max_attempts of profile p, "),
        ("max_attempts = abc", "abc is no number of attempts: max_attempts of profile p, "),
    ] {
        let error = Home::new(&(keys("p") + setting + "\n")).profiles("p").unwrap_err();
        assert!(error.contains(what) && error.contains("config, line "), "{error}");
    }
    let home = Home::new(&keys("p"));
    let script =
        [("AWS_RETRY_MODE", "legacy", 0), ("AWS_RETRY_MODE", "nonsense", 253), ("AWS_MAX_ATTEMPTS", "x", 2)];
    for (name, value, code) in script {
        let (config, url) = (home.path("config"), home.endpoint.server.url());
        let env = [
            ("AWS_CONFIG_FILE", config.as_str()),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_REGION", "us-east-2"),
            (name, value),
        ];
        let run = run_with(&["--profile", "p", "-c", "SELECT count(*) FROM disks"], &env, "");
        assert_eq!(run.code, Some(code), "{name}={value}: {}", run.stderr);
    }
}

#[test]
fn a_profile_that_wants_a_code_says_how_to_give_it() {
    let role = "[profile guarded]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = base\n\
                mfa_serial = arn:aws:iam::111122223333:mfa/me\n";
    let home = Home::new(&(keys("base") + role));
    let error = home.profiles("guarded").unwrap_err();
    assert!(
        error.contains("line 7: it wants a code of the MFA device arn:aws:iam::111122223333:mfa/me"),
        "{error}"
    );
    assert!(error.contains("aws configure export-credentials --profile guarded"), "{error}");
    assert_eq!(home.endpoint.server.request_count(), 0);
}

/// A thousand profiles cost what a hundred cost, ten times: the files are not read for each of them.
#[cfg(target_os = "linux")]
#[test]
fn what_profiles_cost_does_not_grow_with_how_many_others_there_are() {
    let config: String = (0..600).map(|number| keys(&format!("p{number:04}"))).collect();
    let home = Home::new(&config);
    let peak = |list: &str| {
        let (config, url) = (home.path("config"), home.endpoint.server.url());
        let env =
            [("AWS_CONFIG_FILE", config.as_str()), ("AWS_ENDPOINT_URL", &url), ("AWS_REGION", "us-east-2")];
        let sql = "SELECT count(DISTINCT profile) FROM disks";
        let args = ["--profile", list, "--format", "csv", "--no-header", "-q", "-c", sql];
        let mut child =
            crate::support::command(&args, &env).stdout(std::process::Stdio::null()).spawn().unwrap();
        let mut peak = 0;
        loop {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let high = high.and_then(|high| high.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
            peak = peak.max(high.unwrap_or_default() / 1024);
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                return peak;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    let (few, all) = (peak("p000?"), peak("*"));
    assert!(all < few + 60, "{all} MB for 600 profiles, {few} MB for 10");
}

/// The credentials that a process gives expire at once; what it gives the second time does not.
#[cfg(unix)]
#[test]
fn credentials_that_have_expired_are_resolved_again_once() {
    let home = Home::new("");
    let script = home.path("keys");
    fs::write(
        &script,
        "echo x >> $1; echo '{\"Version\": 1, \"AccessKeyId\": \"'K$(grep -c x $1)'\", \"SecretAccessKey\": \"x\"}'\n",
    )
    .unwrap();
    let config = format!("[profile p]\ncredential_process = sh {script} {}\n", home.path("count"));
    fs::write(home.path("config"), config).unwrap();
    let expired = |most: usize| {
        Endpoint::with_hook(move |request| {
            let number: usize = request.access_key[1..].parse().unwrap();
            (number <= most)
                .then(|| demo::Reply::error(400, "ExpiredTokenException", "The security token is over"))
        })
    };
    let mut home = home;
    home.endpoint = expired(1);
    assert_eq!(home.profiles("p"), Ok("p".to_owned()));
    assert_eq!(fs::read_to_string(home.path("count")).unwrap(), "x\nx\n");

    // Once, not for ever.
    home.endpoint = expired(1000);
    let error = home.profiles("p").unwrap_err();
    assert!(error.contains("ExpiredTokenException: The security token is over"), "{error}");
    assert!(error.contains("see what it runs: aws configure get credential_process --profile p"), "{error}");
    assert_eq!(fs::read_to_string(home.path("count")).unwrap(), "x\n".repeat(4));
}

#[test]
fn credentials_that_are_still_the_same_are_not_tried_again() {
    let mut home = Home::new(&keys("p"));
    home.endpoint =
        Endpoint::with_hook(|_| Some(demo::Reply::error(400, "ExpiredTokenException", "The token is over")));
    let error = home.profiles("p").unwrap_err();
    assert!(error.contains("ExpiredTokenException"), "{error}");
    let hint = format!("write new keys and a new token to {}, line 1", home.path("config"));
    assert!(error.contains(&hint), "{error}");
    assert_eq!(home.endpoint.server.request_count(), 1);
}

/// Names as people give them: what a hint has them paste is one word, and a comma in a name is no end of it.
#[test]
fn names_with_spaces_and_commas_are_names() {
    let quoted = |name: &str| keys("x").replace("[profile x]", &format!("[profile \"{name}\"]"));
    let home = Home::new(&(quoted("my team") + &quoted("one, two") + &keys("other")));
    assert_eq!(home.profiles("my team"), Ok("my team".to_owned()));
    assert_eq!(home.profiles("one, two,other"), Ok("\"one, two\" other".to_owned()));
    let error = home.profiles("no such one").unwrap_err();
    assert!(error.contains("aws configure --profile 'no such one'"), "{error}");
}

/// As many calls at once as it may have connections, and not one more.
#[cfg(unix)]
#[test]
fn a_process_that_may_open_256_files_asks_as_many_at_once_as_it_can() {
    let home = Home::new(&(0..12).map(|number| keys(&format!("p{number}"))).collect::<String>());
    let (config, url) = (home.path("config"), home.endpoint.server.url());
    let sql = "SELECT count(DISTINCT profile || region) AS n FROM instances";
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", "ulimit -n 256; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_lightsail-sql")])
        .args(["--profile", "*", "--region", "all", "--concurrency", "512", "--format", "csv", "-c", sql])
        .env_clear()
        .envs([("AWS_CONFIG_FILE", config.as_str()), ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")])
        .envs([("AWS_ENDPOINT_URL", url.as_str()), ("AWS_REGION", "us-east-2")])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let server = &home.endpoint.server;
    let filled = server.regions().into_iter().filter(|region| server.instances(region) > 0).count();
    let expected = format!("n\n{}\n", 12 * filled);
    assert_eq!((output.status.code(), output.stdout), (Some(0), expected.into_bytes()), "{told}");
    assert!(server.request_count() >= 96, "eight regions of twelve profiles");
    let note = "note: 96 calls in flight at most, not 512: this process may have no more than 256 files and connections \
                open (ulimit -n)\n";
    assert_eq!(told, note);
}

/// Neither the network nor the credentials are to blame for it.
#[cfg(unix)]
#[test]
fn a_process_that_can_open_no_more_files_says_so() {
    let process = "[profile p]\ncredential_process = printf '{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"x\"}'\n";
    let home = Home::new(process);
    let (config, url) = (home.path("config"), home.endpoint.server.url());
    let sql = "SELECT count(*) > 0 FROM regions";
    for of in [["--profile", "p"], ["--demo", "--quiet"]] {
        let mut refused = 0;
        for files in 10..24 {
            let output = std::process::Command::new("/bin/sh")
                .args([
                    "-c",
                    &format!("ulimit -n {files}; exec \"$0\" \"$@\""),
                    env!("CARGO_BIN_EXE_lightsail-sql"),
                ])
                .args(of)
                .args(["--format", "csv", "--no-header", "-c", sql])
                .env_clear()
                .envs([("AWS_CONFIG_FILE", config.as_str()), ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")])
                .envs([("AWS_REGION", "us-east-2"), ("PATH", "/usr/bin:/bin")])
                .envs((of[0] != "--demo").then_some(("AWS_ENDPOINT_URL", url.as_str())))
                .env("LIGHTSAIL_SQL_CONFIG", "/dev/null")
                .output()
                .unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            match output.status.code() {
                Some(0) => assert_eq!(output.stdout, b"true\n", "{files}"),
                _ => {
                    refused += 1;
                    assert!(told.contains("allow more with ulimit -n"), "{files}: {told}");
                    assert!(!told.contains("aws configure"), "{files}: {told}");
                }
            }
        }
        assert!(refused > 2, "{of:?}: {refused}");
    }
}
