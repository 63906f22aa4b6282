//! The console: what a person has set, and the commands that look at it and change it. The shell and batch runs have one.

mod obey;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::command::{Command, Placed, Step, steps};
pub(crate) use super::confirm::Choice;
use super::confirm::{ask, question_of};
use super::display::DisplayOptions;
use super::echo::Quiet;
use super::watch;
use crate::apart::{Apart, Bounds};
use crate::batch::Output;
use crate::output::{Destination, Expanded, Format, Options, Place, RowWriter, is_paging, wrap};
use crate::run::{self, Asked, Outcome, format_of};
use crate::say::say;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::Record;
use datafusion_lightsail::script::{Parameters, Statement};
use datafusion_lightsail::session::Session;

/// What a person has set, and where results go.
pub(crate) struct Console<'a> {
    pub(crate) session: &'a Session,
    /// What the command line and `\set` give `$parameters`.
    parameters: Parameters,
    pub(crate) display: DisplayOptions,
    file: Option<(PathBuf, Format)>,
    /// Whether the file holds a result, which the next one would replace.
    is_taken: bool,
    /// The file of the next result alone.
    once: Option<(PathBuf, Format)>,
    pub(super) quiet: bool,
    /// True in the shell: a statement is cancelled with Ctrl-C, and a text that was edited goes to the prompt.
    is_shell: bool,
    /// The number of the last statement.
    last: u64,
    /// The last statement and the values of its parameters.
    previous: Option<(Statement, Parameters)>,
    /// The statement that is running, if one is.
    running: Apart,
    depth: usize,
}

/// What comes after an entry or a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Flow {
    /// The next one.
    Continue,
    /// The next one, which begins with this text.
    Edit(String),
    /// The end.
    Leave,
}

impl<'a> Console<'a> {
    /// The console of the shell.
    ///
    /// # Errors
    /// When `output` makes no sense there.
    pub(super) fn of_shell(session: &'a Session, parameters: &Parameters, output: Output) -> Result<Self> {
        let Output { path, format, options, timing, quiet, .. } = output;
        let file = match (path, format) {
            (Some(path), Some(format)) => Some((path, format)),
            (Some(path), None) => Some(with_format(path)?),
            (None, format) => {
                format.unwrap_or_default().check_terminal()?;
                None
            }
        };
        let format = format.filter(|_| file.is_none()).unwrap_or_default();
        let rows = Options { keeps_answer: true, ..options };
        let display = DisplayOptions { rows, format, timing: timing || !quiet };
        Ok(Self { file, quiet, is_shell: true, ..Self::new(session, parameters.clone(), display) })
    }

    /// The console of a batch run, whose results go where the run says unless a command says otherwise.
    pub(crate) fn of_batch(session: &'a Session, output: &Output, format: Format) -> Self {
        let display = DisplayOptions { rows: output.options.clone(), format, timing: output.timing };
        Self { quiet: output.quiet, ..Self::new(session, Parameters::new(), display) }
    }

    fn new(session: &'a Session, parameters: Parameters, mut display: DisplayOptions) -> Self {
        // A pager opens files and runs programs for whoever sits before it.
        display.rows.pager = display.rows.pager.filter(|_| session.policy().allows_files());
        Self {
            session,
            parameters,
            display,
            file: None,
            is_taken: false,
            once: None,
            quiet: false,
            is_shell: false,
            last: 0,
            previous: None,
            running: Apart::default(),
            depth: 0,
        }
    }

    /// Runs statements and the commands among them.
    pub(super) async fn run_all(
        &mut self,
        statements: &[Statement],
        commands: &[Placed],
        parameters: &Parameters,
    ) -> Result<Flow> {
        if commands.is_empty() {
            self.check_file(statements)?;
        }
        for step in steps(statements, commands) {
            let flow = match step {
                Step::Statement(statement) => self.answer(statement, parameters, None).await?,
                Step::Run(statement, placed) => self.run_as(&placed.command, statement, parameters).await?,
                Step::Command(placed) => self.obey(&placed.command, &placed.open).await?,
            };
            if flow != Flow::Continue {
                return Ok(flow);
            }
        }
        Ok(Flow::Continue)
    }

    /// Runs a statement as `\g`, `\gx` or `\watch` say.
    pub(crate) async fn run_as(
        &mut self,
        command: &Command,
        statement: &Statement,
        parameters: &Parameters,
    ) -> Result<Flow> {
        self.check_reach(command)?;
        match command {
            Command::Run(file) => {
                let file = file.clone().map(with_format).transpose()?;
                self.answer(statement, parameters, file).await
            }
            Command::RunExpanded => {
                let before = std::mem::replace(&mut self.display.rows.expanded, Expanded::On);
                let outcome = self.answer(statement, parameters, None).await;
                self.display.rows.expanded = before;
                outcome
            }
            Command::Watch(every) => {
                let values = self.values(parameters);
                watch::watch(self, statement, &values, *every).await.map(|()| Flow::Continue)
            }
            _ => Ok(Flow::Continue),
        }
    }

    /// Refuses a command that reaches files where the session does not.
    fn check_reach(&self, command: &Command) -> Result<()> {
        command.reach().map_or(Ok(()), |what| self.session.policy().check_files(what))
    }

    /// The values of a statement's parameters: what `\set` and the command line give goes before a file's own.
    pub(crate) fn values(&self, parameters: &Parameters) -> Parameters {
        let mut values = parameters.clone();
        values.extend(self.parameters.clone());
        values
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

    /// Where the rows of a statement go: to the file of this statement or of the next result, to that of `\o`, to that of
    /// the run, or to the screen.
    pub(crate) fn destination(
        &mut self,
        statement: &Statement,
        of_run: Option<(PathBuf, Format)>,
    ) -> Result<(Destination, Format, Options)> {
        let mut file = None;
        if statement.has_rows() {
            file = self.once.take();
            if file.is_none() && self.file.is_some() {
                self.check_file(std::slice::from_ref(statement))?;
                file.clone_from(&self.file);
            }
            file = file.or(of_run);
        }
        match file {
            Some((path, format)) => {
                let options = self.display.rows.for_file();
                Ok((destination(&path, &options)?, format, options))
            }
            None => {
                let options = self.screen_options();
                Ok((Destination::screen(&options), self.display.format, options))
            }
        }
    }

    /// Takes note of a statement that is run.
    pub(crate) fn begin(&mut self, statement: &Statement, parameters: &Parameters) -> Arc<Record> {
        let record = self.session.begin();
        // Its calls can be shown if it fails as well: there they are wanted most.
        self.last = record.number;
        self.previous = Some((statement.clone(), parameters.clone()));
        record
    }

    /// Takes note that a statement has written its rows.
    pub(crate) fn end(&mut self, statement: &Statement) {
        self.is_taken |= self.file.is_some() && statement.has_rows();
    }

    async fn answer(
        &mut self,
        statement: &Statement,
        parameters: &Parameters,
        file: Option<(PathBuf, Format)>,
    ) -> Result<Flow> {
        let values = self.values(parameters);
        if self.confirm(statement, &values).await? == Choice::Edit {
            return Ok(Flow::Edit(statement.text.clone()));
        }
        let is_own = file.is_some() || self.once.is_some();
        self.once = file.or(self.once.take());
        let (out, format, options) = self.destination(statement, None)?;
        let record = self.begin(statement, parameters);
        let outcome = self.run(record, statement, values, out, format, options).await?;
        if !is_own {
            self.end(statement);
        }
        outcome.tell(self.quiet, self.display.timing);
        // In batch runs the time of the snapshot is told once.
        if let Some(age) = outcome.age().filter(|_| self.is_shell && !self.display.timing) {
            self.note(age);
        }
        Ok(Flow::Continue)
    }

    /// Asks before a statement makes many calls, if there is a terminal to ask at.
    pub(crate) async fn confirm(&mut self, statement: &Statement, values: &Parameters) -> Result<Choice> {
        let (session, statement, values) = (self.session.clone(), statement.clone(), values.clone());
        // To estimate them it is planned, which computes what is constant in it.
        let question =
            self.apart(async move { Ok(question_of(&session, &statement, &values).await) }).await?;
        match question {
            None => Ok(Choice::Run),
            Some(question) => ask(question).await,
        }
    }

    /// Runs the statement, in the shell until Ctrl-C.
    pub(crate) async fn run(
        &mut self,
        record: Arc<Record>,
        statement: &Statement,
        parameters: Parameters,
        out: Destination,
        format: Format,
        options: Options,
    ) -> Result<Outcome> {
        let _quiet = self.is_shell.then(Quiet::begin);
        let (session, statement) = (self.session.clone(), statement.clone());
        self.apart(async move {
            let asked = Asked { session: &session, record: &record, parameters: &parameters };
            run::run(asked, &statement, out, format, &options).await
        })
        .await
    }

    /// Does what may compute for long, until it passes the bounds of a statement, or until Ctrl-C in the shell.
    pub(super) async fn apart<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (bounds, is_shell) = (Bounds::of(&self.session.options()), self.is_shell);
        let cancelled = async move {
            loop {
                // Elsewhere it ends the run.
                let heard =
                    if is_shell { tokio::signal::ctrl_c().await } else { std::future::pending().await };
                // A pager has the terminal, and takes it for its own.
                if heard.is_ok() && !is_paging() {
                    return Error::new(Kind::Interrupted, "cancelled");
                }
            }
        };
        self.running.run(work, bounds, cancelled).await
    }

    /// Ends the running statement, so that it leaves no half-written file and writes nothing after the next prompt.
    pub(super) async fn stop(&mut self) {
        self.running.end().await;
    }

    /// Whether results go to a file: then it does not matter that nobody reads the screen.
    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Shows rows that are about the session, and all of them: in the format of the screen, or as a table where that is
    /// one for pictures or for files.
    fn show(&self, batch: &RecordBatch) -> Result<()> {
        let options = Options { max_rows: None, ..self.screen_options() };
        let format = match self.display.format {
            Format::Chart | Format::Svg => Format::Table,
            format if !format.spec().is_text => Format::Table,
            format => format,
        };
        let mut writer = RowWriter::new(format, batch.schema(), Destination::screen(&options), &options)?;
        writer.write(batch)?;
        let finished = writer.finish(&[])?;
        finished.note.into_iter().for_each(|note| self.note(note));
        finished.out.commit()
    }

    /// Shows text of any length that is about the session. A pager would cut what is wider than the terminal.
    fn page(&self, text: &str) -> Result<()> {
        let options = self.screen_options();
        let mut out = Destination::screen(&options);
        match options.width.filter(|&width| width > 0) {
            Some(width) => {
                // What is in colours was laid out for this width.
                let wrapped = |line: &str| match line.contains('\x1b') {
                    true => vec![line.to_owned()],
                    false => wrap(line, width),
                };
                let lines: Vec<String> = text.lines().flat_map(wrapped).collect();
                out.send((lines.join("\n") + "\n").as_bytes())?;
            }
            None => out.send(text.as_bytes())?,
        }
        out.commit()
    }

    /// Prints what was asked for, which is no note, as it is.
    fn print(&self, text: impl fmt::Display) -> Result<()> {
        let mut out = Destination::screen(&self.screen_options());
        out.send(format!("{text}\n").as_bytes())?;
        out.commit()
    }

    /// The terminal may have another width than before.
    pub(super) fn screen_options(&self) -> Options {
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        let place = if self.is_shell { Place::Shell } else { Place::Batch };
        Options { width, place, ..self.display.rows.clone() }
    }

    pub(super) fn note(&self, text: impl fmt::Display) {
        if !self.quiet {
            say(text);
        }
    }
}

/// Where the rows of a statement go that are to go to a file: a sheet of a workbook, a folder of files, or the file.
fn destination(path: &Path, options: &Options) -> Result<Destination> {
    if options.file.book.is_some() {
        return Ok(Destination::stream("a sheet", std::io::sink()));
    }
    if options.file.partition_by.is_empty() { Destination::create(path) } else { Destination::folder(path) }
}

/// The file with the format of its suffix, if it can be written at all.
fn with_format(path: PathBuf) -> Result<(PathBuf, Format)> {
    let format = format_of(&path)?;
    Destination::create(&path)?;
    Ok((path, format))
}
