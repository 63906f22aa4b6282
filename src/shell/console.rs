//! The console: what a person has set, and the commands that look at it and change it. The shell and batch runs have one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use tokio::task::JoinSet;

use super::command::{self, Command, Placed, Relations, Step, steps};
use super::display::DisplayOptions;
use super::echo::Quiet;
use super::listing::Paper;
use super::pattern::Pattern;
use super::{calls, describe, editor, history, saved, targets, watch};
use crate::batch::Output;
use crate::output::{Destination, Expanded, Format, Options, Place, RowWriter, is_paging, is_standard};
use crate::run::{self, Asked, Outcome, format_of, say};
use crate::script::Script;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::Record;
use datafusion_lightsail::script::{Parameters, Statement, parameter, parse};
use datafusion_lightsail::session::Session;
use datafusion_lightsail::settings::SETTINGS;

/// How long a stopped statement may take to end; after that it is left behind.
const GRACE: std::time::Duration = std::time::Duration::from_secs(1);

/// How deeply files may include files.
const DEEPEST: usize = 16;

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
    running: JoinSet<Result<Outcome>>,
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
        let display = DisplayOptions { rows: Options { keeps_answer: true, ..display.rows }, ..display };
        Ok(Self { file, quiet, is_shell: true, ..Self::new(session, parameters.clone(), display) })
    }

    /// The console of a batch run, whose results go where the run says unless a command says otherwise.
    pub(crate) fn of_batch(session: &'a Session, output: &Output, format: Format) -> Self {
        let display = DisplayOptions { rows: output.options.clone(), format, timing: output.timing };
        Self { quiet: output.quiet, ..Self::new(session, Parameters::new(), display) }
    }

    fn new(session: &'a Session, parameters: Parameters, display: DisplayOptions) -> Self {
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
            running: JoinSet::new(),
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
            match step {
                Step::Statement(statement) => self.answer(statement, parameters, None).await?,
                Step::Run(statement, placed) => self.run_as(&placed.command, statement, parameters).await?,
                Step::Command(placed) => match self.obey(&placed.command, &placed.open).await? {
                    Flow::Continue => {}
                    flow => return Ok(flow),
                },
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
    ) -> Result<()> {
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
            Command::Watch(every) => watch::watch(self, statement, &self.values(parameters), *every).await,
            _ => Ok(()),
        }
    }

    /// Does what a command says, in the middle of the statement `open` or between statements.
    pub(crate) async fn obey(&mut self, command: &Command, open: &str) -> Result<Flow> {
        let context = self.session.context();
        match command {
            Command::Describe(relations, pattern) => {
                let text = self.described(*relations, pattern.as_deref())?;
                self.page(&text)?;
            }
            Command::Functions(pattern) => self.show(&command::functions(context, pattern.as_deref())?)?,
            Command::Topic(word) => self.print(command::topic(context, word.as_deref())?)?,
            Command::Include(path) => return Box::pin(self.include(path)).await,
            Command::Output(path) => {
                self.file = path.clone().filter(|path| !is_standard(path)).map(with_format).transpose()?;
                self.is_taken = false;
                match &self.file {
                    Some((path, _)) => self.note(format_args!("results go to {}", path.display())),
                    None => self.note("results go to the screen"),
                }
            }
            Command::Once(path) => {
                self.once = Some(with_format(path.clone())?);
                self.note(format_args!("the next result goes to {}", path.display()));
            }
            Command::Display(None, _) => self.print(self.display.list())?,
            Command::Display(Some(name), value) => {
                let said = self.display.set(name, value.as_deref())?;
                self.note(said);
            }
            Command::Run(_) | Command::RunExpanded | Command::Watch(_) => {
                let (statement, values) = self.previous.clone().ok_or_else(nothing_yet)?;
                Box::pin(self.run_as(command, &statement, &values)).await?;
            }
            Command::Edit => return self.edit(open).await,
            Command::Print => {
                let text = self.text(open)?;
                self.print(text)?;
            }
            Command::Save(path) => {
                let text = format!("{};\n", self.text(open)?);
                let mut out = Destination::create(path)?;
                out.send(text.as_bytes())?;
                out.commit()?;
                self.note(format_args!("wrote {}", path.display()));
            }
            Command::History(pattern) => self.print(history::matching(pattern.as_deref())?)?,
            Command::Queries(pattern) => self.print(saved::list(pattern)?.trim_end())?,
            Command::RunSaved(line) => {
                let (script, values) = saved::read(line)?;
                script.title.iter().for_each(|title| self.note(title));
                return Box::pin(self.run_all(&script.statements, &script.commands, &values)).await;
            }
            Command::Setting(name, value) => self.setting(name, value.as_deref()).await?,
            Command::Parameter(name, value) => self.parameter(name.as_deref(), value.as_deref())?,
            Command::Chart(file) => self.chart(file.as_deref()).await?,
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
            Command::Targets => self.show(&targets::rows(&self.session.targets())?)?,
            Command::Refresh => {
                self.session.refresh();
                self.note("the next query asks anew");
            }
            Command::System(line) => editor::system(line)?,
            Command::Help(wanted) => self.print(command::commands(wanted.as_deref())?)?,
            Command::Quit => return Ok(Flow::Leave),
        }
        Ok(Flow::Continue)
    }

    /// Runs a file. What it gives its parameters holds for it alone.
    async fn include(&mut self, path: &Path) -> Result<Flow> {
        if self.depth == DEEPEST {
            return Err(Error::new(Kind::Usage, format!("{}: files include each other", path.display())));
        }
        let script = Script::read(path)?;
        let values = script.values(&self.parameters)?;
        self.depth += 1;
        let flow = self.run_all(&script.statements, &script.commands, &values).await;
        self.depth -= 1;
        flow
    }

    /// Opens the statement in an editor. In the shell what comes of it stands at the prompt; elsewhere it is run.
    async fn edit(&mut self, open: &str) -> Result<Flow> {
        let text = self.text(open).unwrap_or_default();
        let edited = tokio::task::spawn_blocking(move || editor::edit(&text)).await;
        let edited = edited.map_err(|bug| Error::new(Kind::Internal, format!("this is a bug: {bug}")))??;
        if self.is_shell {
            return Ok(Flow::Edit(edited));
        }
        let script = Script::new("the editor", &edited)?;
        let values = script.values(&self.parameters)?;
        Box::pin(self.run_all(&script.statements, &script.commands, &values)).await
    }

    async fn setting(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else { return Ok(()) };
        if let Some(value) = value {
            let sql = format!("SET {} = '{}'", setting.key(), value.trim_matches('\'').replace('\'', "''"));
            for statement in parse(&format!("\\{name}"), &sql)? {
                let record = self.session.begin();
                let asked = Asked { session: self.session, record: &record, parameters: &Parameters::new() };
                let (out, options) = (Destination::stdout(), self.screen_options());
                let outcome = run::run(asked, &statement, out, Format::Table, &options).await?;
                outcome.tell(self.quiet, false);
            }
        }
        let shown = setting.show(&self.session.options());
        let shown = if shown.is_empty() { format!("not set: {}", setting.default) } else { shown };
        self.note(format_args!("{} is {shown}", setting.key()));
        Ok(())
    }

    fn parameter(&mut self, name: Option<&str>, value: Option<&str>) -> Result<()> {
        match (name, value) {
            (Some(name), Some(value)) => {
                let (name, value) = parameter(&format!("{name}={value}"))?;
                self.note(format_args!("${name} is {value}"));
                self.parameters.insert(name, value);
            }
            (Some(name), None) => match self.parameters.remove(name) {
                Some(_) => self.note(format_args!("${name} has no value any more")),
                None => return Err(Error::new(Kind::Usage, format!("${name} has no value"))),
            },
            (None, _) if self.parameters.is_empty() => self.note("no parameter has a value"),
            (None, _) => {
                let mut lines: Vec<String> =
                    self.parameters.iter().map(|(name, value)| format!("  ${name} = {value}")).collect();
                lines.sort_unstable();
                self.print(lines.join("\n"))?;
            }
        }
        Ok(())
    }

    /// The statement that is being typed, or else the last one.
    fn text(&self, open: &str) -> Result<String> {
        if !open.is_empty() {
            return Ok(open.to_owned());
        }
        self.previous.as_ref().map(|(statement, _)| statement.text.clone()).ok_or_else(nothing_yet)
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
    ) -> Result<()> {
        let is_own = file.is_some() || self.once.is_some();
        self.once = file.or(self.once.take());
        let (out, format, options) = self.destination(statement, None)?;
        let values = self.values(parameters);
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
        Ok(())
    }

    /// Runs the statement until Ctrl-C, as a task of its own: some joins compute for long without a pause in which
    /// their own task could notice anything.
    async fn run(
        &mut self,
        record: Arc<Record>,
        statement: &Statement,
        parameters: Parameters,
        out: Destination,
        format: Format,
        options: Options,
    ) -> Result<Outcome> {
        if !self.is_shell {
            let asked = Asked { session: self.session, record: &record, parameters: &parameters };
            return run::run(asked, statement, out, format, &options).await;
        }
        let _quiet = Quiet::begin();
        let (session, statement) = (self.session.clone(), statement.clone());
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
    pub(super) async fn stop(&mut self) {
        let mut running = std::mem::take(&mut self.running);
        let _ = tokio::time::timeout(GRACE, running.shutdown()).await;
    }

    /// Whether results go to a file: then it does not matter that nobody reads the screen.
    pub(super) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The tables and views whose names match a pattern; of one that is named, all that is known.
    fn described(&self, relations: Relations, pattern: Option<&str>) -> Result<String> {
        let (context, paper) = (self.session.context(), Paper::new(&self.screen_options()));
        let wanted = pattern.map(Pattern::new);
        if let (Some(name), Some(wanted), Relations::All) = (pattern, &wanted, relations)
            && !wanted.is_glob()
        {
            return describe::described(context, name, paper);
        }
        let mut found = describe::relations(context);
        found.retain(|relation| {
            let is_of = match relations {
                Relations::All => true,
                Relations::Views => relation.is_view,
                Relations::Tables => !relation.is_view,
            };
            is_of && wanted.as_ref().is_none_or(|wanted| wanted.matches(&relation.name))
        });
        match (found.is_empty(), pattern) {
            (true, Some(pattern)) => Err(Error::new(Kind::Usage, format!("no name matches {pattern}"))
                .with_hint("\\d lists the tables and views; * stands for any letters")),
            _ => Ok(describe::listed(&found, paper)),
        }
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

    /// Shows text of any length that is about the session.
    fn page(&self, text: &str) -> Result<()> {
        let mut out = Destination::screen(&self.screen_options());
        out.send(text.as_bytes())?;
        out.commit()
    }

    /// Prints what was asked for, which is no note.
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

fn nothing_yet() -> Error {
    Error::new(Kind::Usage, "there is no statement yet")
        .with_hint("type one before the command, or run one first")
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
