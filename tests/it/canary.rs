//! A canary in every source of credentials, and all that a run writes searched for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::Error;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parse};
use datafusion_lightsail::session::Session;
use futures::TryStreamExt;
use lightsail_demo::Reply;
use serde_json::json;
use tempfile::TempDir;

use crate::support::issuer::{CANARY, Issuer};
use crate::support::shell::open_with;
use crate::support::{Endpoint, command};

/// The file of the login of the sso-session `canary`: its name is the SHA-1 of that.
const LOGIN: &str = "b47ddfd6afd2a9c383947c898d5b43ff0ef50eb8";

/// Where secrets come from: what the configuration file says of the profile `it`, and the environment.
struct Source {
    name: &'static str,
    profile: &'static str,
    environment: &'static [(&'static str, &'static str)],
    /// Instead of `--profile it`.
    flags: &'static [&'static str],
}

const IT: &[&str] = &["--profile", "it"];

/// `{issuer}` is the URL of the issuer, `{home}` the home directory.
const SOURCES: &[Source] = &[
    Source {
        name: "environment",
        profile: "",
        environment: &[
            ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000"),
            ("AWS_SECRET_ACCESS_KEY", "CANARYsecret"),
            ("AWS_SESSION_TOKEN", "CANARYtoken"),
        ],
        flags: &[],
    },
    Source {
        name: "profile",
        profile: "aws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = CANARYsecret\n\
                  aws_session_token = CANARYtoken\n",
        environment: &[],
        flags: IT,
    },
    Source {
        name: "SSO",
        profile: "sso_session = canary\nsso_account_id = 123456789012\nsso_role_name = Audit\n\
                  [sso-session canary]\nsso_region = us-east-1\nsso_start_url = http://127.0.0.1/start\n",
        environment: &[],
        flags: IT,
    },
    Source {
        name: "process",
        profile: "credential_process = /bin/sh {home}/process CANARYargument\n",
        environment: &[],
        flags: IT,
    },
    Source {
        name: "role of a profile",
        profile: "role_arn = arn:aws:iam::123456789012:role/Audit\nsource_profile = signer\n\
                  [profile signer]\naws_access_key_id = AKIASIGNER0000000000\n\
                  aws_secret_access_key = CANARYsigner\naws_session_token = CANARYsignertoken\n",
        environment: &[],
        flags: IT,
    },
    Source {
        name: "role in accounts",
        profile: "aws_access_key_id = AKIAPROFILE000000000\naws_secret_access_key = CANARYsecret\n",
        environment: &[],
        flags: &[
            "--profile",
            "it",
            "--accounts",
            "accounts",
            "--assume-role",
            "arn:aws:iam::{account}:role/Audit",
        ],
    },
    Source {
        name: "web identity",
        profile: "role_arn = arn:aws:iam::123456789012:role/Audit\nweb_identity_token_file = {home}/jwt\n",
        environment: &[],
        flags: IT,
    },
    Source {
        name: "web identity of the environment",
        profile: "",
        environment: &[
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/Audit"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "{home}/jwt"),
        ],
        flags: &[],
    },
    Source {
        name: "container",
        profile: "",
        environment: &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "{issuer}/container"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "CANARYauthorization"),
        ],
        flags: &[],
    },
];

/// What is asked; `OUT` is a file to write. Some operations fail, as [`endpoint`] says.
const SITUATIONS: &[(&str, &[&str])] = &[
    ("query", &["-c", "SELECT count(*) FROM regions"]),
    ("plan", &["-c", "EXPLAIN VERBOSE SELECT name FROM instances ORDER BY 1 LIMIT 1"]),
    ("analysis", &["-c", "EXPLAIN ANALYZE SELECT name FROM instances WHERE state = 'running'"]),
    ("settings", &["-c", "SHOW ALL; SELECT * FROM information_schema.df_settings; SELECT * FROM regions"]),
    ("file", &["-o", "OUT.parquet", "-c", "SELECT name FROM instances"]),
    ("page", &["-o", "OUT.html", "-c", "SELECT name FROM instances"]),
    ("refused", &["-c", "SELECT name FROM load_balancers"]),
    ("expired", &["-c", "SELECT name FROM static_ips"]),
    ("garbled", &["-c", "SELECT name FROM buckets"]),
    ("partial", &["--allow-partial", "-c", "SELECT name FROM load_balancers"]),
    ("slip", &["-c", "SELECT nme FROM instances"]),
    (
        "commands",
        &["-c", "SELECT count(*) FROM regions;\n\\calls\n\\targets\n\\set\n\\pset\n\\region\n\\profile"],
    ),
    (
        "no service",
        &["--endpoint-url", "http://127.0.0.1:1", "--max-attempts", "1", "-c", "SELECT name FROM regions"],
    ),
    ("log", &["--log", "trace", "-c", "SELECT count(*) FROM regions"]),
    ("log of an error", &["--log", "trace", "-c", "SELECT name FROM static_ips"]),
    ("log of a garbled answer", &["--log", "trace", "-c", "SELECT name FROM buckets"]),
];

fn endpoint() -> Endpoint {
    Endpoint::with_hook(|request| match request.operation.as_str() {
        "GetLoadBalancers" => Some(Reply::error(403, "AccessDeniedException", "not for you")),
        "GetStaticIps" => Some(Reply::error(400, "ExpiredTokenException", "over")),
        "GetBuckets" => Some(Reply::Status { status: 200, body: "<html>".into(), headers: Vec::new() }),
        _ => None,
    })
}

/// A home with the files of a source, and the environment of a run in it.
struct Home {
    directory: TempDir,
    environment: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Home {
    fn new(source: &Source, issuer: &Issuer, endpoint: &Endpoint) -> Self {
        let directory = TempDir::new().unwrap();
        let home = directory.path().to_str().unwrap().to_owned();
        let filled = |text: &str| text.replace("{home}", &home).replace("{issuer}", issuer.url());
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, filled(text)).unwrap();
        };
        write("config", &format!("[profile it]\nregion = us-east-1\n{}", source.profile));
        write("jwt", "CANARYjwt");
        write("accounts", "123456789012\n");
        let of_process = r#"{"Version": 1, "AccessKeyId": "AKIAPROCESS000000000", "SecretAccessKey": "CANARYsecret",
                             "SessionToken": "CANARYtoken"}"#;
        write("process", &format!("echo CANARYnoise >&2\ncat <<'END'\n{of_process}\nEND\n"));
        // It ends so soon that it is renewed.
        let soon = chrono::Utc::now() + chrono::Duration::seconds(200);
        let login = format!(
            r#"{{"accessToken": "CANARYlogin", "expiresAt": "{}", "refreshToken": "CANARYrefresh", "clientId": "id",
                 "clientSecret": "CANARYclient", "registrationExpiresAt": "2099-01-01T00:00:00Z", "region": "us-east-1",
                 "startUrl": "http://127.0.0.1/start"}}"#,
            soon.format("%Y-%m-%dT%H:%M:%SZ")
        );
        write(&format!(".aws/sso/cache/{LOGIN}.json"), &login);
        let mut environment: Vec<(String, String)> = [
            ("HOME", home.as_str()),
            ("AWS_CONFIG_FILE", "{home}/config"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL_LIGHTSAIL", &endpoint.server.url()),
            ("AWS_ENDPOINT_URL_STS", "{issuer}"),
            ("AWS_ENDPOINT_URL_SSO", "{issuer}"),
            ("AWS_ENDPOINT_URL_SSO_OIDC", "{issuer}"),
            ("HTTPS_PROXY", "http://me:CANARYproxy@127.0.0.1:1"),
            ("RUST_BACKTRACE", "full"),
        ]
        .into_iter()
        .chain(source.environment.iter().copied())
        .map(|(name, value)| (name.to_owned(), filled(value)))
        .collect();
        environment.dedup();
        let flags = source.flags.iter().map(|flag| match *flag {
            "accounts" => format!("{home}/accounts"),
            flag => flag.to_owned(),
        });
        let flags = flags.collect();
        Self { directory, environment, flags }
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        command(args, &environment)
    }

    /// Talks to the MCP server, with all that it may log; gives the exit code and all that it wrote.
    fn talk(&self, requests: &[serde_json::Value]) -> (Option<i32>, Vec<u8>) {
        let input = self.directory.path().join("requests");
        let lines: Vec<String> = requests.iter().map(|request| format!("{request}\n")).collect();
        fs::write(&input, lines.concat()).unwrap();
        let flags = self.flags.iter().map(String::as_str);
        let args: Vec<&str> = ["mcp", "--log", "trace"].into_iter().chain(flags).collect();
        let output = self.command(&args).stdin(fs::File::open(input).unwrap()).output().unwrap();
        (output.status.code(), [output.stdout, output.stderr].concat())
    }

    /// Runs the program; gives the exit code and all that it wrote.
    fn run(&self, before: &[&str], args: &[&str]) -> (Option<i32>, Vec<u8>) {
        let out = TempDir::new().unwrap();
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let args: Vec<String> = before
            .iter()
            .chain(&flags)
            .chain(args)
            .map(|arg| arg.replace("OUT", out.path().join("out").to_str().unwrap()))
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = self.command(&args).output().unwrap();
        let mut written = [output.stdout, output.stderr].concat();
        for file in files(out.path()) {
            written.extend(fs::read(file).unwrap());
        }
        (output.status.code(), written)
    }
}

/// What an agent asks: what goes well, what the service refuses, what is a slip, and what says most of the session.
fn requests() -> Vec<serde_json::Value> {
    let hello = json!({
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    });
    let greeting = [
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    ];
    let asked = [
        ("query", "SELECT count(*) FROM regions"),
        ("query", "SELECT name FROM load_balancers"),
        ("query", "SELECT name FROM static_ips"),
        ("query", "SELECT name FROM buckets"),
        ("query", "SELECT nme FROM instances"),
        ("query", "SHOW ALL"),
        ("explain", "SELECT name FROM instances"),
    ];
    let calls = asked.into_iter().zip(1..).map(|((tool, sql), id)| {
        let params = json!({"name": tool, "arguments": {"sql": sql}});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
    });
    greeting.into_iter().chain(calls).collect()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[track_caller]
fn check(written: &[u8], what: &str) {
    let text = String::from_utf8_lossy(written);
    assert!(!text.is_empty(), "{what} wrote nothing");
    for secret in [CANARY, "Signature=", "Credential="] {
        let at = text.find(secret).map(|at| &text[text.floor_char_boundary(at.saturating_sub(200))..]);
        assert!(at.is_none(), "{what} says {secret}: {}", at.unwrap_or_default());
    }
}

#[test]
fn an_agent_hears_no_secret_of_any_source() {
    let (issuer, endpoint) = (Issuer::start(), endpoint());
    for source in SOURCES {
        let (code, written) = Home::new(source, &issuer, &endpoint).talk(&requests());
        let text = String::from_utf8_lossy(&written);
        let answered = (0..8).filter(|id| text.contains(&format!("\"id\":{id}"))).count();
        assert_eq!((code, answered), (Some(0), 8), "{}: {text}", source.name);
        check(&written, &format!("{}, an agent", source.name));
    }
}

#[test]
fn no_secret_of_any_source_is_in_anything_that_is_written() {
    let (issuer, endpoint) = (Issuer::start(), endpoint());
    std::thread::scope(|scope| {
        for source in SOURCES {
            let (issuer, endpoint) = (&issuer, &endpoint);
            scope.spawn(move || {
                let home = Home::new(source, issuer, endpoint);
                for (situation, args) in SITUATIONS {
                    let what = format!("{}, {situation}", source.name);
                    let (code, written) = home.run(&[], args);
                    let shown = String::from_utf8_lossy(&written);
                    let expected = match *situation {
                        "refused" | "garbled" | "log of a garbled answer" | "no service" => 254,
                        "expired" | "log of an error" => 253,
                        // Of one target that is missing there is nothing left.
                        "partial" => 254,
                        "slip" => 1,
                        _ => 0,
                    };
                    assert_eq!(code, Some(expected), "{what}: {shown}");
                    check(&written, &what);
                }
                for command in ["doctor", "config"] {
                    let args: &[&str] = if command == "config" { &[] } else { &["--log", "trace"] };
                    let home_of = if command == "config" {
                        &Home { flags: vec![], ..Home::new(source, issuer, endpoint) }
                    } else {
                        &home
                    };
                    let (_, written) = home_of.run(&[command], args);
                    check(&written, &format!("{}, {command}", source.name));
                }
            });
        }
    });
    // Each of them signed, and so was read.
    let keys: std::collections::HashSet<String> =
        endpoint.server.requests().into_iter().map(|request| request.access_key).collect();
    for key in
        ["AKIAENVIRONMENT00000", "AKIAPROFILE000000000", "AKIAPROCESS000000000", "AKIAISSUED0000000000"]
    {
        assert!(keys.contains(key), "{keys:?}");
    }
}

#[test]
fn no_secret_is_in_what_the_shell_writes_or_keeps() {
    let (issuer, endpoint) = (Issuer::start(), endpoint());
    for source in SOURCES.iter().filter(|source| ["environment", "SSO"].contains(&source.name)) {
        let home = Home::new(source, &issuer, &endpoint);
        let state = TempDir::new().unwrap();
        let flags: Vec<&str> = home.flags.iter().map(String::as_str).collect();
        let mut shell = open_with(&state, home.command(&flags));
        let mut written = String::new();
        for line in [
            "SELECT count(*) FROM regions;",
            "SELECT name FROM static_ips;",
            "\\calls",
            "\\targets",
            "\\s",
            "SHOW ALL;",
        ] {
            written += &shell.expect("> ");
            shell.enter(line);
        }
        written += &shell.expect("> ");
        shell.keys("\\q\r");
        shell.terminal.exp_eof().unwrap();
        check(written.as_bytes(), source.name);
        let kept: Vec<u8> = files(state.path()).iter().flat_map(|file| fs::read(file).unwrap()).collect();
        check(&kept, source.name);
    }
}

/// Set for the process that [`panics_beside_secrets`] is meant for.
const PANICS: &str = "LIGHTSAIL_SQL_TEST_PANICS";

/// Reads with the credentials of the environment, panics with all of them in memory, says so as the program does, and aborts.
#[test]
fn panics_beside_secrets() {
    if std::env::var_os(PANICS).is_none() {
        return;
    }
    lightsail_sql::panics::tell();
    lightsail_sql::panics::leave_no_core();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(async {
        let clients = Clients::new(Settings::default());
        let session = Session::new(Arc::new(clients), LightsailOptions::default()).unwrap();
        let panics = |columns: &[ColumnarValue]| -> datafusion::common::Result<ColumnarValue> {
            panic!("{} columns", columns.len())
        };
        let types = (vec![DataType::Utf8], DataType::Utf8);
        session.context().register_udf(create_udf(
            "panics",
            types.0,
            types.1,
            Volatility::Volatile,
            Arc::new(panics),
        ));
        let statement = parse("test", "SELECT panics(name) FROM regions").unwrap().remove(0);
        let answer = session.ask(statement.ast, &Parameters::new()).await.unwrap();
        answer.stream.try_collect::<Vec<_>>().await.unwrap_err()
    });
    lightsail_sql::say::say(Error::from(error));
    std::process::abort();
}

#[cfg(unix)]
#[test]
fn a_panic_tells_no_secret_and_leaves_no_core() {
    use std::os::unix::process::ExitStatusExt;
    let (issuer, endpoint) = (Issuer::start(), endpoint());
    // Roles in accounts are the command line's.
    for source in SOURCES.iter().filter(|source| source.flags.is_empty() || source.flags == IT) {
        let home = Home::new(source, &issuer, &endpoint);
        let folder = TempDir::new().unwrap();
        let profile = source.flags.last().map(|profile| ("AWS_PROFILE", *profile));
        let mut child = std::process::Command::new("/bin/sh");
        let line = "ulimit -c unlimited; exec \"$0\" --exact canary::panics_beside_secrets --nocapture";
        child
            .arg("-c")
            .arg(line)
            .arg(std::env::current_exe().unwrap())
            .current_dir(folder.path())
            .env_clear();
        child.envs(home.environment.iter().map(|(name, value)| (name, value))).envs(profile).env(PANICS, "1");
        let output =
            child.env("AWS_EC2_METADATA_DISABLED", "true").env("RUST_BACKTRACE", "full").output().unwrap();
        let written = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&written);
        assert!(
            text.contains("bug: 1 columns (") && text.contains("this is a bug"),
            "{}: {text}",
            source.name
        );
        check(&written, &format!("{}, a panic", source.name));
        assert_eq!(
            (output.status.signal(), output.status.core_dumped()),
            (Some(6), false),
            "{}",
            source.name
        );
        assert!(files(folder.path()).is_empty(), "{}", source.name);
    }
}

/// What a crash leaves has the memory of the process in it: there is none.
#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_core() {
    let limits = crate::support::run(&["--demo", "-c", "\\! cat /proc/$PPID/limits"]);
    let line = limits.stdout.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(line.split_whitespace().nth(4), Some("0"), "{line}");
}
