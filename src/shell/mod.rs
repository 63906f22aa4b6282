//! The shell: asks for statements and commands, one entry at a time, and stays whatever comes of them.

mod calls;
mod command;
mod complete;
mod describe;
mod helper;
mod highlight;
mod lex;
mod listing;
mod names;
mod prompt;
mod saved;
mod sources;

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use command::Command;
use futures::FutureExt;
use listing::Paper;
use prompt::Prompt;
use tokio::task::JoinSet;

use crate::batch::Output;
use crate::config;
use crate::output::{Destination, Expanded, Format, Options, Place, RowWriter, is_paging, is_standard};
use crate::run::{self, Asked, Outcome, format_of, say};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::Record;
use datafusion_lightsail::script::{Parameters, Script, Statement, parse};
use datafusion_lightsail::session::Session;

/// Runs the shell until the person leaves, nobody reads the results any more, or SIGTERM.
///
/// # Errors
/// When `output` makes no sense here, the terminal cannot be read, or SIGTERM came ([`Kind::Terminated`]).
/// Whatever goes wrong with an entry is said, and the shell stays.
pub async fn run(session: &Session, parameters: &Parameters, output: Output) -> Result<()> {
    let mut shell = Shell::new(session, parameters, output)?;
    let prompt = Prompt::start(session.context().clone())?;
    // Listened to once, Ctrl-C does not end the shell in a moment when nothing runs.
    let _ = tokio::signal::ctrl_c().now_or_never();
    shell.note(concat!(
        "lightsail-sql ",
        env!("CARGO_PKG_VERSION"),
        " · SQL over the Amazon Lightsail API · \\? for help, \\q to leave"
    ));
    shell.begin().await;
    tokio::select! {
        left = shell.converse(prompt) => left,
        () = terminated() => {
            shell.stop().await;
            restore_terminal();
            Err(Error::new(Kind::Terminated, "terminated"))
        }
    }
}

/// The shell's commands, a line each, as `\?` lists them.
pub fn help() -> String {
    command::help()
}

/// How long a stopped statement may take to end; after that it is left behind.
const GRACE: Duration = Duration::from_secs(1);

/// What a person has set, and where results go.
struct Shell<'a> {
    session: &'a Session,
    parameters: &'a Parameters,
    options: Options,
    screen: Format,
    file: Option<(PathBuf, Format)>,
    /// Whether the file holds a result, which the next one would replace.
    is_taken: bool,
    timing: bool,
    quiet: bool,
    /// The number of the last statement.
    last: u64,
    /// The statement that is running, if one is.
    running: JoinSet<Result<Outcome>>,
}

impl<'a> Shell<'a> {
    fn new(session: &'a Session, parameters: &'a Parameters, output: Output) -> Result<Self> {
        let Output { path, format, options, timing, quiet, .. } = output;
        let file = match (path, format) {
            (Some(path), Some(format)) => Some((path, format)),
            (Some(path), None) => Some(with_format(path)?),
            (None, format) => {
                format.unwrap_or_default().check_terminal()?;
                None
            }
        };
        let screen = format.filter(|_| file.is_none()).unwrap_or_default();
        Ok(Self {
            session,
            parameters,
            options,
            screen,
            file,
            is_taken: false,
            timing: timing || !quiet,
            quiet,
            last: 0,
            running: JoinSet::new(),
        })
    }

    /// Runs the statements that the configuration has for the beginning; what is wrong with them is said.
    async fn begin(&mut self) {
        let Some(rc) = config::current().rc() else { return };
        let timing = std::mem::replace(&mut self.timing, false);
        if let Err(error) = self.obey(Command::Include(rc)).await {
            say(format_args!("error: {error}"));
        }
        self.timing |= timing;
    }

    async fn converse(&mut self, mut prompt: Prompt) -> Result<()> {
        while let Some(entry) = prompt.next().await {
            match self.enter(&entry?).await {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break,
                Err(error) if error.kind() == Kind::ClosedPipe && self.file.is_none() => return Err(error),
                // The terminal has written ^C where the cursor was.
                Err(error) if error.kind() == Kind::Interrupted => say(format_args!("\n{error}")),
                Err(error) => say(format_args!("error: {error}")),
            }
        }
        Ok(())
    }

    async fn enter(&mut self, entry: &str) -> Result<ControlFlow<()>> {
        match command::parse(entry) {
            Some(command) => return self.obey(command?).await,
            None => self.answer_all(&parse("input", entry)?, self.parameters).await?,
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn obey(&mut self, command: Command) -> Result<ControlFlow<()>> {
        let context = self.session.context();
        match command {
            Command::Tables => {
                self.print(&describe::listed(
                    &describe::relations(context),
                    Paper::new(&self.screen_options()),
                ))?;
            }
            Command::Columns(table) => {
                self.print(&describe::described(context, &table, Paper::new(&self.screen_options()))?)?;
            }
            Command::Include(path) => {
                let script = Script::read(&path)?;
                let parameters = script.values(self.parameters)?;
                self.answer_all(&script.statements, &parameters).await?;
            }
            Command::Output(path) => {
                self.file = path.filter(|path| !is_standard(path)).map(with_format).transpose()?;
                self.is_taken = false;
                match &self.file {
                    Some((path, _)) => self.note(format_args!("results go to {}", path.display())),
                    None => self.note("results go to the screen"),
                }
            }
            Command::Timing(switch) => {
                self.timing = switch.unwrap_or(!self.timing);
                self.note(format_args!("timing is {}", on_or_off(self.timing)));
            }
            Command::Expanded(switch) => {
                let is_on = switch.unwrap_or(self.options.expanded != Expanded::On);
                self.options.expanded = if is_on { Expanded::On } else { Expanded::Off };
                self.note(format_args!("expanded output is {}", on_or_off(is_on)));
            }
            Command::Calls => {
                let made = self.session.call_log().into_iter();
                let made: Vec<_> = made.filter(|call| call.statement == self.last).collect();
                match made.is_empty() {
                    true => self.note("the last statement made no API call"),
                    false => {
                        self.show(&calls::summed(&made)?)?;
                        self.show(&calls::listed(&made)?)?;
                    }
                }
            }
            Command::Refresh => {
                self.session.refresh();
                self.note("the next query asks anew");
            }
            Command::Queries(pattern) => say(saved::list(&pattern)?.trim_end()),
            Command::RunSaved(line) => {
                let (script, parameters) = saved::read(&line)?;
                script.title.iter().for_each(|title| self.note(title));
                self.answer_all(&script.statements, &parameters).await?;
            }
            Command::Help => say(command::help()),
            Command::Quit => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn answer_all(&mut self, statements: &[Statement], parameters: &Parameters) -> Result<()> {
        self.check_file(statements)?;
        for statement in statements {
            self.answer(statement, parameters).await?;
        }
        Ok(())
    }

    /// Finds out before anything runs that a result would replace another one in the file.
    fn check_file(&self, statements: &[Statement]) -> Result<()> {
        let Some((path, _)) = &self.file else { return Ok(()) };
        let mut results = statements.iter().filter(|statement| statement.has_rows());
        let Some(second) = results.nth(usize::from(!self.is_taken)) else { return Ok(()) };
        let what = format!("{} would hold two results", path.display());
        Err(Error::new(Kind::Usage, what).at(&second.place).with_hint(
            "one file takes one result: \\o FILE before the next one, the same FILE to replace what it holds, or \\o for \
             the screen",
        ))
    }

    async fn answer(&mut self, statement: &Statement, parameters: &Parameters) -> Result<()> {
        let file = self.file.clone().filter(|_| statement.has_rows());
        let (out, format, options) = match &file {
            Some((path, format)) => (
                Destination::create(path)?,
                *format,
                Options { keeps_answer: true, ..self.options.for_file() },
            ),
            None => {
                let options = self.screen_options();
                (Destination::screen(&options), self.screen, options)
            }
        };
        let record = self.session.begin();
        // Its calls can be shown if it fails as well: there they are wanted most.
        self.last = record.number;
        let outcome = self.run(record, statement, parameters, out, format, options).await?;
        self.is_taken |= file.is_some();
        outcome.tell(self.quiet, self.timing);
        // In batch runs the time of the snapshot is told once.
        if let Some(age) = outcome.age().filter(|_| !self.timing) {
            self.note(age);
        }
        Ok(())
    }

    /// Runs the statement until Ctrl-C, as a task of its own: some joins compute for long without a pause in which
    /// their own task could notice anything.
    async fn run(
        &mut self,
        record: Arc<Record>,
        statement: &Statement,
        parameters: &Parameters,
        out: Destination,
        format: Format,
        options: Options,
    ) -> Result<Outcome> {
        let (session, statement, parameters) = (self.session.clone(), statement.clone(), parameters.clone());
        self.running.spawn(async move {
            let asked = Asked { session: &session, record: &record, parameters: &parameters };
            run::run(asked, &statement, out, format, &options).await
        });
        loop {
            tokio::select! {
                Some(done) = self.running.join_next() => {
                    return done.unwrap_or_else(|bug| Err(Error::new(Kind::Internal, format!("this is a bug: {bug}"))));
                }
                // A pager has the terminal, and takes it for its own.
                _ = tokio::signal::ctrl_c() => if !is_paging() {
                    self.stop().await;
                    return Err(Error::new(Kind::Interrupted, "cancelled"));
                }
            }
        }
    }

    /// Ends the running statement, so that it leaves no half-written file and writes nothing after the next prompt.
    async fn stop(&mut self) {
        let mut running = std::mem::take(&mut self.running);
        let _ = tokio::time::timeout(GRACE, running.shutdown()).await;
    }

    /// Shows rows that are about the session: on the screen as a table, and all of them.
    fn show(&self, batch: &RecordBatch) -> Result<()> {
        let options = Options { max_rows: None, ..self.screen_options() };
        let mut writer =
            RowWriter::new(Format::Table, batch.schema(), Destination::screen(&options), &options)?;
        writer.write(batch)?;
        let finished = writer.finish(&[])?;
        finished.note.into_iter().for_each(|note| self.note(note));
        finished.out.commit()
    }

    /// Shows text that is about the session on the screen.
    fn print(&self, text: &str) -> Result<()> {
        let mut out = Destination::screen(&self.screen_options());
        out.send(text.as_bytes())?;
        out.commit()
    }

    /// The terminal may have another width than before.
    fn screen_options(&self) -> Options {
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        Options { width, place: Place::Shell, keeps_answer: true, ..self.options.clone() }
    }

    fn note(&self, text: impl fmt::Display) {
        if !self.quiet {
            say(text);
        }
    }
}

/// The file with the format of its suffix, if it can be written at all.
fn with_format(path: PathBuf) -> Result<(PathBuf, Format)> {
    let format = format_of(&path)?;
    Destination::create(&path)?;
    Ok((path, format))
}

fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Makes the terminal usable for the next program: the prompt's thread may be in the middle of a line, and nothing
/// ends its reading.
fn restore_terminal() {
    let _ = std::process::Command::new("stty").arg("sane").status();
    say("");
}
