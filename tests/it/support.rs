//! What the tests share: the binary in a clean environment, and the embedded endpoint in this process.

use std::io::Write;
use std::process::{Command, Stdio};

use lightsail_demo as demo;

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

impl Run {
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
    command.env("LIGHTSAIL_SQL_DEMO_TODAY", TODAY);
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
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Settings for snapshots: what differs from run to run is masked.
pub fn masked() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    settings.add_filter(r"in \d+(\.\d+)? m?s\b", "in TIME");
    settings.add_filter(r"request id [0-9a-f-]+", "request id ID");
    settings
}
