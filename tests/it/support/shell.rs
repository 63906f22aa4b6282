//! The shell on a pseudo-terminal.

use std::process::Command;
use std::time::{Duration, Instant};

use lightsail_demo as demo;
use rexpect::process::WaitStatus;
use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};
use tempfile::TempDir;

use super::{Endpoint, command};

/// Long enough for any machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// A shell whose history begins in `state`.
pub fn open_in(state: &TempDir, args: &[&str], env: &[(&str, &str)]) -> Shell {
    open_with(state, command(args, env))
}

/// This program on a terminal of its own.
pub fn open_with(state: &TempDir, mut command: Command) -> Shell {
    command.env("XDG_STATE_HOME", state.path()).env("TERM", "xterm").env("NO_COLOR", "1");
    on_terminal(command, true)
}

/// A program on a terminal whose escape codes are shown, or not.
pub fn on_terminal(command: Command, strip_escape_codes: bool) -> Shell {
    let options = Options::new()
        .timeout_ms(u64::try_from(PATIENCE.as_millis()).ok())
        .strip_ansi_escape_codes(strip_escape_codes);
    Shell { terminal: spawn_with_options(command, options).unwrap() }
}

/// A shell on the demo fleet.
pub fn open() -> (TempDir, Shell) {
    let state = tempfile::tempdir().unwrap();
    let shell = open_in(&state, &["--demo"], &[]);
    (state, shell)
}

/// A shell on this endpoint in us-east-1.
pub fn open_at(endpoint: &Endpoint) -> (TempDir, Shell) {
    let state = tempfile::tempdir().unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", demo::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", "demo")];
    let args = ["--region", "us-east-1", "--endpoint-url", &endpoint.server.url()];
    let shell = open_in(&state, &args, &keys);
    (state, shell)
}

/// A running shell.
pub struct Shell {
    pub terminal: PtySession,
}

impl Shell {
    /// Types what is not a line.
    pub fn keys(&mut self, keys: &str) {
        self.terminal.send(keys).unwrap();
        self.terminal.flush().unwrap();
    }

    /// Types a line, and Enter.
    pub fn enter(&mut self, line: &str) {
        self.keys(&format!("{line}\r"));
    }

    /// Waits for the text and gives what came before it.
    pub fn expect(&mut self, text: &str) -> String {
        self.terminal.exp_string(text).unwrap()
    }

    /// Waits for the prompt and gives what came before it.
    pub fn prompt(&mut self) -> String {
        // With nothing behind it: while a line is typed it is drawn anew at each key.
        self.terminal.exp_regex(r"(demo|default)[^\r\n>]*> \r").unwrap().0
    }

    /// Waits for the prompt and gives all that was written, the prompt and the codes of colours among it.
    pub fn written(&mut self) -> String {
        let (before, prompt) = self.terminal.exp_regex(r"demo[^\r\n>]*> \r").unwrap();
        before + &prompt
    }

    /// Waits until the shell has sent so many requests.
    pub fn wait_for(&self, endpoint: &Endpoint, requests: u64) {
        let begin = Instant::now();
        while endpoint.server.request_count() < requests {
            assert!(begin.elapsed() < PATIENCE, "the query makes no call");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the shell still answers.
    pub fn is_well(&mut self) {
        self.enter("SELECT 6 * 7 AS answer;");
        self.expect("42");
        self.expect("1 row in ");
        self.prompt();
    }

    /// Presses Ctrl-D and waits for the end. Only at the prompt, where it is a key.
    pub fn leave(mut self) {
        self.terminal.send_control('d').unwrap();
        self.terminal.exp_eof().unwrap();
        assert_eq!(self.exit_code(), Some(0));
    }

    /// The exit code of a shell that has ended; none if a signal ended it.
    pub fn exit_code(&self) -> Option<i32> {
        match self.terminal.process().wait().unwrap() {
            WaitStatus::Exited(_, code) => Some(code),
            _ => None,
        }
    }
}
