//! The binary in a clean environment, and the embedded endpoint in this process.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use lightsail_demo as demo;
use serde_json::Value;

/// The endpoint on a free port, with its runtime on threads of its own, so that plain tests can use it.
pub struct Endpoint {
    pub server: demo::Server,
    _runtime: tokio::runtime::Runtime,
}

impl Endpoint {
    pub fn start(config: demo::Config) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(demo::Server::start(config, demo::LOOPBACK)).unwrap();
        Self { server, _runtime: runtime }
    }

    /// An endpoint where `hook` sees each request first.
    pub fn with_hook(hook: impl Fn(&demo::Request) -> Option<demo::Reply> + Send + Sync + 'static) -> Self {
        Self::start(demo::Config { hook: Some(std::sync::Arc::new(hook)), ..demo::Config::default() })
    }

    /// An endpoint with 45 instances in two regions, where `hook` sees each request first.
    pub fn of_small_fleet(
        hook: impl Fn(&demo::Request) -> Option<demo::Reply> + Send + Sync + 'static,
    ) -> Self {
        Self::start(demo::Config {
            instances: Some(45),
            regions: Some(2),
            hook: Some(std::sync::Arc::new(hook)),
            ..demo::Config::default()
        })
    }

    /// Runs the binary against this endpoint in us-east-1, with the keys of the demo account in the environment.
    pub fn run(&self, args: &[&str]) -> Run {
        let url = self.server.url();
        let keys = [
            ("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", "demo"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &url),
        ];
        run_with(args, &keys, "")
    }
}

/// What a run of the binary did.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Demands success and this output.
    #[track_caller]
    pub fn check(&self, stdout: &str, what: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(0), stdout), "{what}: {}", self.stderr);
    }

    /// The whole run as one text for a snapshot.
    pub fn to_document(&self, args: &[&str]) -> String {
        let line: Vec<String> = args
            .iter()
            .map(|arg| if arg.contains([' ', '*']) { format!("'{arg}'") } else { (*arg).into() })
            .collect();
        let code = self.code.map_or("killed by a signal".into(), |code| code.to_string());
        format!(
            "$ lightsail-sql {}\nexit code: {code}\n--- stdout\n{}--- stderr\n{}",
            line.join(" "),
            self.stdout,
            self.stderr
        )
    }
}

/// The day of the demo fleet whose rows are pinned.
const TODAY: &str = "2026-01-01";

/// The binary with no AWS configuration in reach but what `env` says, and the same demo fleet every day.
pub fn command(args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lightsail-sql"));
    command.args(args).env_clear().env("PATH", "/usr/bin:/bin");
    for nowhere in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        command.env(nowhere, "/nonexistent");
    }
    command.env("LIGHTSAIL_SQL_CONFIG", "/dev/null");
    command.env("LIGHTSAIL_SQL_DEMO_TODAY", TODAY);
    // A test that has a terminal and no hands to leave a pager with.
    command.env("LIGHTSAIL_SQL_PAGER", "");
    command.env("AWS_EC2_METADATA_DISABLED", "true").envs(env.iter().copied());
    command
}

pub fn run(args: &[&str]) -> Run {
    run_with(args, &[], "")
}

pub fn run_with(args: &[&str], env: &[(&str, &str)], stdin: &str) -> Run {
    let mut child = command(args, env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// The demo fleet in CSV without a header.
pub fn csv(args: &[&str]) -> Run {
    run(&[&["--demo", "--format", "csv", "--no-header"], args].concat())
}

/// The rows of a query on the demo fleet, as JSON.
pub fn json_rows(query: &[&str]) -> Vec<Value> {
    let run = run(&[&["--demo", "--format", "ndjson"], query].concat());
    assert_eq!(run.code, Some(0), "{query:?}: {}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The names in a directory in order; none if there is no such directory.
pub fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The words of a line for a shell, with their single or double quotes taken off.
pub fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            '\'' | '"' => rest[1..].split_once(first).unwrap(),
            _ => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}
