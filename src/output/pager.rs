//! A pager for answers that are longer or wider than the terminal.
//!
//! Rows are on the terminal as soon as they come. Only what does not fit starts the pager: the terminal is cleared of what
//! it has of the answer, and the pager gets all of it from the beginning.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

use super::paint::is_dumb;
use crate::say::say;

/// The command that shows a long answer, as the shell of the system runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager(String);

impl Default for Pager {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

/// Where the command is looked for, the first that is set.
const VARIABLES: [&str; 2] = ["LIGHTSAIL_SQL_PAGER", "PAGER"];

/// Long lines are not wrapped, colours are shown, what fits is shown without it and stays when it ends.
const DEFAULT: &str = "less -SRFX";

/// How much of an answer is kept in case that the pager fails: no reader goes through more before it has begun.
const KEPT: usize = 16 * 1024 * 1024;

/// How many pagers have the terminal to themselves: one at most.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// How long readers have kept this program waiting, in microseconds.
static READING: AtomicU64 = AtomicU64::new(0);

/// How long this program has waited for the readers of its pagers since it began.
pub fn reading_time() -> Duration {
    Duration::from_micros(READING.load(Ordering::SeqCst))
}

/// Does what takes as long as a reader likes.
fn reading<T>(wait: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = wait();
    READING.fetch_add(begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX), Ordering::SeqCst);
    done
}

/// True while a pager has the terminal: Ctrl-C is for it then.
pub fn is_paging() -> bool {
    OPEN.load(Ordering::SeqCst) > 0
}

impl Pager {
    /// The pager of the environment, or the one that is configured, or `less`; `None` if it is switched off with an empty
    /// text.
    pub fn find(configured: Option<String>) -> Option<Self> {
        let set = VARIABLES.iter().find_map(std::env::var_os).and_then(|command| command.into_string().ok());
        let pager = set.or(configured).map_or_else(Self::default, Self);
        (!pager.0.trim().is_empty()).then_some(pager)
    }

    /// The size of a terminal that it can be used on.
    pub(super) fn screen() -> Option<(usize, usize)> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() || is_dumb() {
            return None;
        }
        let (width, height) = terminal_size::terminal_size_of(io::stdout())?;
        (width.0 > 0 && height.0 > 0).then(|| (usize::from(width.0), usize::from(height.0)))
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.0]).stdin(Stdio::piped());
        if std::env::var_os("LESS").is_none() {
            // A PAGER that is just `less` behaves like ours.
            command.env("LESS", OsString::from("SRFX"));
        }
        command.spawn()
    }
}

/// A terminal that gives its answer to a pager once it is too long.
pub(super) struct Screen {
    pager: Pager,
    size: (usize, usize),
    state: State,
}

enum State {
    /// What is on the terminal.
    Direct(Vec<u8>),
    Paged(Paged),
    /// The reader has seen enough.
    Left,
    /// There is no such program.
    Without,
}

/// A pager that is running. Dropped, it gets the end of the answer and is waited for; what one that fails was to show is on
/// the terminal then.
struct Paged {
    child: Child,
    input: Option<ChildStdin>,
    /// What it was given, as much as is kept.
    given: Vec<u8>,
    command: String,
}

impl Screen {
    /// A terminal of this many columns and lines.
    pub(super) fn new(pager: Pager, size: (usize, usize)) -> Self {
        Self { pager, size, state: State::Direct(Vec::new()) }
    }

    pub(super) fn is_paged(&self) -> bool {
        matches!(self.state, State::Paged(_))
    }

    /// True once the reader has left the pager: nobody sees what else is written.
    pub(super) fn is_left(&self) -> bool {
        matches!(self.state, State::Left)
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let State::Direct(shown) = &mut self.state else { return self.send(bytes) };
        let (columns, lines) = self.size;
        let up = count_lines(shown);
        let text = String::from_utf8_lossy(bytes);
        let is_wide = text.lines().any(|line| without_colors(line).width() > columns);
        // One line is the prompt's.
        if !is_wide && up + count_lines(bytes) < lines {
            shown.extend_from_slice(bytes);
            return direct(bytes);
        }
        let mut all = std::mem::take(shown);
        all.extend_from_slice(bytes);
        let Ok(mut child) = self.pager.start() else {
            self.state = State::Without;
            return direct(bytes);
        };
        if all.len() > bytes.len() {
            let up = if up > 0 { format!("\x1b[{up}A") } else { String::new() };
            direct(format!("{up}\r\x1b[J").as_bytes())?;
        }
        OPEN.fetch_add(1, Ordering::SeqCst);
        let input = child.stdin.take();
        self.state = State::Paged(Paged { child, input, given: Vec::new(), command: self.pager.0.clone() });
        self.send(&all)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.state {
            State::Paged(paged) => match paged.give(bytes) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    let goes_on = paged.has_failed() && paged.given.len() < KEPT;
                    self.state = if goes_on { State::Without } else { State::Left };
                    Ok(())
                }
                given => given,
            },
            State::Left => Ok(()),
            State::Direct(_) | State::Without => direct(bytes),
        }
    }
}

/// How many lines a text ends.
fn count_lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

impl Paged {
    fn give(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = KEPT.saturating_sub(self.given.len());
        self.given.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let Some(input) = &mut self.input else { return Ok(()) };
        reading(|| input.write_all(bytes).and_then(|()| input.flush()))
    }

    /// Waits for its end, and says whether it says that it has failed: a signal is what a reader leaves it with.
    fn has_failed(&mut self) -> bool {
        const BY_SIGNAL: i32 = 128;
        drop(self.input.take());
        let ended = reading(|| self.child.wait());
        ended.is_ok_and(|status| status.code().is_some_and(|code| (1..BY_SIGNAL).contains(&code)))
    }
}

impl Drop for Paged {
    fn drop(&mut self) {
        if self.has_failed() {
            // Where this cannot be written nothing else can.
            let _ = direct(&self.given);
            let more = if self.given.len() < KEPT { "" } else { ", the rest with --no-pager" };
            say(format_args!("note: the pager {} failed: this is the answer without it{more}", self.command));
        }
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

fn direct(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(bytes).and_then(|()| out.flush())
}

/// A line without what only colours it.
fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, code)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = code.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_have_no_width() {
        assert_eq!(without_colors("\x1b[1mname\x1b[0m │ \x1b[32m日本\x1b[0m"), "name │ 日本");
        assert_eq!(without_colors("plain"), "plain");
    }
}
