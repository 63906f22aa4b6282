//! The prompt: rustyline on a thread of its own, because it blocks, and the history of what was entered.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as blocking;
use std::thread;

use datafusion::prelude::SessionContext;
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::{Behavior, ColorMode, CompletionType, Config, Editor};
use tokio::sync::mpsc;
use unicode_width::UnicodeWidthStr;

use super::command::Text;
use super::gutter::{self, Gutter};
use super::helper::LineHelper;
use super::history;
use super::keys::{self, GivenUp};
use super::say;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::session::Policy;

/// What stands before the lines of a statement after the first, behind as many spaces as the prompt is wider.
const MORE: &str = "...> ";

/// How many entries the history keeps.
const HISTORY: usize = 10_000;

/// Asks the person at the terminal, one entry at a time. Between two entries the terminal is as it was before, so
/// that Ctrl-C is a signal.
pub(super) struct Prompt {
    ask: blocking::Sender<Question>,
    entries: mpsc::Receiver<Result<String>>,
    is_given_up: Arc<AtomicBool>,
}

/// What the person is asked with.
struct Question {
    prompt: String,
    /// What stands behind it already.
    begun: String,
}

impl Prompt {
    /// Starts the thread. Nothing is shown before the first [`next`](Self::next).
    pub(super) fn start(context: SessionContext, policy: Policy) -> Result<Self> {
        let (ask, asked) = blocking::channel::<Question>();
        let (answer, entries) = mpsc::channel(1);
        let is_given_up = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_given_up);
        let read = move || {
            let mut reader = match Reader::new(context, policy, told) {
                Ok(reader) => reader,
                Err(error) => return drop(answer.blocking_send(Err(error))),
            };
            while let Ok(question) = asked.recv() {
                let Some(entry) = reader.entry(question).transpose() else { break };
                if answer.blocking_send(entry).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new()
            .name("prompt".into())
            .spawn(read)
            .map_err(|error| Error::io(Kind::Internal, "cannot start the prompt", error))?;
        Ok(Self { ask, entries, is_given_up })
    }

    /// Commands and whole statements; none when the person leaves.
    pub(super) async fn next(&mut self, prompt: String, begun: String) -> Option<Result<String>> {
        // A thread that is gone has left its last word in the channel.
        let _ = self.ask.send(Question { prompt: prompt.clone(), begun });
        loop {
            tokio::select! {
                entry = self.entries.recv() => return entry,
                // A terminal that only reads lines drops at Ctrl-C what is typed, and nobody asks anew.
                Ok(()) = tokio::signal::ctrl_c(), if !keys::is_edited() => {
                    self.is_given_up.store(true, Ordering::Relaxed);
                    let mut out = std::io::stdout();
                    let _ = write!(out, "\n{prompt}").and_then(|()| out.flush());
                }
            }
        }
    }
}

struct Reader {
    editor: Editor<LineHelper, Gutter>,
    history: Option<PathBuf>,
    given_up: GivenUp,
    /// Whether the lines before this one were given up where lines are only read.
    is_given_up: Arc<AtomicBool>,
    /// Whether lines are edited at all, and not only read.
    is_edited: bool,
}

impl Reader {
    fn new(context: SessionContext, policy: Policy, is_given_up: Arc<AtomicBool>) -> Result<Self> {
        // With standard output elsewhere the prompt still belongs on the terminal.
        let behavior = if std::io::stdout().is_terminal() { Behavior::Stdio } else { Behavior::PreferTerm };
        let config = Config::builder()
            .behavior(behavior)
            // Colours are the helper's to leave out: without them rustyline would not let it paint the gutter either.
            .color_mode(ColorMode::Forced)
            .completion_type(CompletionType::List)
            // Its question could not be answered with Ctrl-C.
            .completion_prompt_limit(usize::MAX)
            // What begins with a space is nobody else's business.
            .history_ignore_space(true)
            .max_history_size(HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(failed)?
            .build();
        let history = Gutter::new(&config);
        let mut editor = Editor::with_history(config, history).map_err(failed)?;
        let helper = LineHelper::new(context, policy);
        let given_up = keys::bind(&mut editor, helper.listing());
        editor.set_helper(Some(helper));
        let mut reader = Self {
            editor,
            history: history::file().filter(|_| policy.allows_files()),
            given_up,
            is_given_up,
            is_edited: keys::is_edited(),
        };
        reader.keep(|editor, path| {
            history::create_directory(path)?;
            if path.exists() { editor.load_history(path) } else { Ok(()) }
        });
        Ok(reader)
    }

    /// Reads lines until they are complete.
    fn entry(&mut self, question: Question) -> Result<Option<String>> {
        let Question { prompt, begun } = question;
        let indent = prompt.width().saturating_sub(MORE.width());
        let more = format!("{:indent$}{MORE}", "");
        self.editor.set_tab_stop(u8::try_from(more.width()).unwrap_or(u8::MAX));
        if let Some(helper) = self.editor.helper_mut() {
            helper.set_prompts(&more);
        }
        let mut begun = gutter::added(&begun);
        let mut typed = String::new();
        loop {
            let asked = if typed.is_empty() { &prompt } else { &more };
            let line = self.editor.readline_with_initial(asked, (&begun, ""));
            let given_up = self.given_up.take();
            match line {
                Ok(text) if given_up.is_none() => {
                    if self.is_given_up.swap(false, Ordering::Relaxed) {
                        typed.clear();
                    }
                    typed.push_str(&gutter::removed(&text));
                }
                Ok(_) | Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => {
                    // Given up, but perhaps only to mend it.
                    let given_up = given_up.unwrap_or_else(|| std::mem::take(&mut typed));
                    typed.clear();
                    begun.clear();
                    self.remember(&gutter::removed(&given_up));
                    continue;
                }
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(failed(error)),
            }
            begun.clear();
            if self.is_edited || Text::is_complete(&typed) {
                self.remember(&typed);
                return Ok(Some(typed));
            }
            // A terminal that only reads lines.
            typed.push('\n');
        }
    }

    fn remember(&mut self, entry: &str) {
        // Whatever goes wrong here goes wrong again with the file.
        let _ = self.editor.add_history_entry(entry.trim_end());
        self.keep(|editor, path| editor.append_history(path));
    }

    /// Does something with the history's file. If that fails it is said once, and the history ends with the session.
    fn keep(
        &mut self,
        with_file: impl FnOnce(&mut Editor<LineHelper, Gutter>, &Path) -> rustyline::Result<()>,
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
