//! The prompt: rustyline on a thread of its own, because it blocks, and the history of what was entered.

use std::fs::DirBuilder;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc as blocking;
use std::thread;

use datafusion::prelude::SessionContext;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Behavior, CompletionType, Config, Editor};
use tokio::sync::mpsc;

use super::helper::LineHelper;
use super::lex::lex;
use super::{command, say};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::is_complete;

const FIRST: &str = "lightsail> ";
const MORE: &str = "      ...> ";

/// How many entries the history keeps.
const HISTORY: usize = 10_000;

/// Asks the person at the terminal, one entry at a time. Between two entries the terminal is as it was before, so
/// that Ctrl-C is a signal.
pub(super) struct Prompt {
    ask: blocking::Sender<()>,
    entries: mpsc::Receiver<Result<String>>,
}

impl Prompt {
    /// Starts the thread. Nothing is shown before the first [`next`](Self::next).
    pub(super) fn start(context: SessionContext) -> Result<Self> {
        let (ask, asked) = blocking::channel();
        let (answer, entries) = mpsc::channel(1);
        let read = move || {
            let mut reader = match Reader::new(context) {
                Ok(reader) => reader,
                Err(error) => return drop(answer.blocking_send(Err(error))),
            };
            while asked.recv().is_ok() {
                let Some(entry) = reader.entry().transpose() else { break };
                if answer.blocking_send(entry).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new()
            .name("prompt".into())
            .spawn(read)
            .map_err(|error| Error::io(Kind::Internal, "cannot start the prompt", error))?;
        Ok(Self { ask, entries })
    }

    /// A command or whole statements; none when the person leaves.
    pub(super) async fn next(&mut self) -> Option<Result<String>> {
        // A thread that is gone has left its last word in the channel.
        let _ = self.ask.send(());
        self.entries.recv().await
    }
}

struct Reader {
    editor: Editor<LineHelper, FileHistory>,
    history: Option<PathBuf>,
    /// The lines of a statement that is not complete yet.
    typed: String,
}

impl Reader {
    fn new(context: SessionContext) -> Result<Self> {
        // With standard output elsewhere the prompt still belongs on the terminal.
        let behavior = if std::io::stdout().is_terminal() { Behavior::Stdio } else { Behavior::PreferTerm };
        let config = Config::builder()
            .behavior(behavior)
            .completion_type(CompletionType::List)
            .max_history_size(HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(failed)?
            .build();
        let mut editor = Editor::with_config(config).map_err(failed)?;
        editor.set_helper(Some(LineHelper::new(context)));
        let mut reader = Self { editor, history: history_file(), typed: String::new() };
        reader.keep(|editor, path| {
            create_directory(path)?;
            if path.exists() { editor.load_history(path) } else { Ok(()) }
        });
        Ok(reader)
    }

    /// Reads lines until they are complete. rustyline could put them into one buffer, but shows no prompt for the
    /// lines after the first.
    fn entry(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(helper) = self.editor.helper_mut() {
                helper.before.clone_from(&self.typed);
            }
            let line = match self.editor.readline(if self.typed.is_empty() { FIRST } else { MORE }) {
                Ok(line) => line,
                Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => {
                    // Given up, but perhaps only to mend an earlier line.
                    let given_up = std::mem::take(&mut self.typed);
                    self.remember(&given_up);
                    continue;
                }
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(failed(error)),
            };
            if self.is_command(&line) {
                self.remember(&line);
                return Ok(Some(line));
            }
            self.typed.push_str(&line);
            if is_complete(&self.typed) {
                let entry = std::mem::take(&mut self.typed);
                self.remember(&entry);
                return Ok(Some(entry));
            }
            self.typed.push('\n');
        }
    }

    /// A command may come between the lines of a statement, where nothing else can begin with a backslash.
    fn is_command(&self, line: &str) -> bool {
        let is_first = self.typed.is_empty();
        let is_between = || line.trim_start().starts_with('\\') && lex(&self.typed).1 == self.typed.len();
        (is_first || is_between()) && command::parse(line).is_some()
    }

    fn remember(&mut self, entry: &str) {
        // Whatever goes wrong here goes wrong again with the file.
        let _ = self.editor.add_history_entry(entry.trim_end());
        self.keep(|editor, path| editor.append_history(path));
    }

    /// Does something with the history's file. If that fails it is said once, and the history ends with the session.
    fn keep(
        &mut self,
        with_file: impl FnOnce(&mut Editor<LineHelper, FileHistory>, &Path) -> rustyline::Result<()>,
    ) {
        let Some(path) = &self.history else { return };
        if let Err(error) = with_file(&mut self.editor, path) {
            say(format_args!("the history is not kept in {}: {error}", path.display()));
            self.history = None;
        }
    }
}

fn failed(error: ReadlineError) -> Error {
    Error::new(Kind::Internal, format!("the terminal cannot be read: {error}")).with_source(error)
}

fn history_file() -> Option<PathBuf> {
    let state = dirs::state_dir().or_else(dirs::data_local_dir)?;
    Some(state.join("lightsail-sql").join("history"))
}

/// The directory of the file, for nobody else's eyes. rustyline does the same for the file.
fn create_directory(file: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    file.parent().map_or(Ok(()), |directory| builder.recursive(true).create(directory))
}
