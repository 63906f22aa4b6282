//! Batch runs: statements of `-c`, files and standard input. All of them are planned before the first is run, and the first
//! error stops the run unless it is to keep going.

mod tally;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use datafusion::sql::parser::Statement as Ast;

use tally::Tally;

use crate::apart::{Apart, Bounds};
use crate::copy::copied;
use crate::output::{Book, Destination, Format, Options, check, is_standard};
use crate::run::format_of;
use crate::say::say;
use crate::script::Script;
use crate::shell::command::{Command, Step, steps};
use crate::shell::console::{Choice, Console, Flow};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::script::{Parameters, located};
use datafusion_lightsail::session::stored::rfc3339;
use datafusion_lightsail::session::{Session, reads_last_answer};

/// Where the results of a batch go, and how.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// A file, a directory for one file a script, or standard output.
    pub path: Option<PathBuf>,
    /// The format; else the suffix of `path` says it, else it is a table.
    pub format: Option<Format>,
    /// How rows look.
    pub options: Options,
    /// A line on standard error after each statement: rows, time, API calls.
    pub timing: bool,
    /// No notes on standard error.
    pub quiet: bool,
    /// Whether the other files are run after one that fails.
    pub keep_going: bool,
    /// Whether rows are what a check finds: the run ends with [`Kind::Found`] if there are any.
    pub fails_on_rows: bool,
}

impl Output {
    fn is_directory(&self) -> bool {
        let ends_with_slash = |path: &Path| path.as_os_str().as_encoded_bytes().ends_with(b"/");
        self.path.as_deref().is_some_and(|path| path.is_dir() || ends_with_slash(path))
    }

    /// Whether the path is a folder of files that are written by the values of columns.
    fn is_partitioned(&self) -> bool {
        !self.options.file.partition_by.is_empty()
    }

    /// The workbook that several results go into, each into a sheet of its own.
    fn book(&self, scripts: &[Script]) -> Option<Book> {
        let is_book = self.format().is_ok_and(|format| format == Format::Xlsx) && !self.is_directory();
        let statements = scripts.iter().flat_map(|script| &script.statements);
        let is_shared = statements.filter(|statement| statement.has_rows()).count() > 1;
        (is_book && is_shared && self.path.is_some()).then(Book::default)
    }

    /// The file of a script, if the results go to files.
    fn file(&self, script: &Script) -> Option<PathBuf> {
        let path = self.path.as_deref()?;
        if !self.is_directory() || self.is_partitioned() {
            return Some(path.to_owned());
        }
        let stem = match script.is_file {
            true => Path::new(&script.name).file_stem().unwrap_or_default().to_string_lossy(),
            false => "query".into(),
        };
        // Not `with_extension`: that would take the end of report.2024 for one.
        Some(path.join(format!("{stem}.{}", self.format?.extension())))
    }

    fn format(&self) -> Result<Format> {
        match (self.format, &self.path) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::default()),
            (None, Some(path)) if !self.is_directory() => format_of(path),
            (None, Some(path)) => Err(Error::new(Kind::Usage, format!("{} is a directory", path.display()))
                .with_hint("say which format its files shall have, such as --format parquet")),
        }
    }

    /// Finds out before anything runs which scripts have a result that would end in the file of another.
    fn check(&self, scripts: &[Script]) -> Result<Vec<Option<Error>>> {
        let format = self.format()?;
        if self.path.is_none() {
            format.check_terminal()?;
        }
        let mut taken = HashSet::new();
        let mut refused: Vec<Option<Error>> = scripts.iter().map(|_| None).collect();
        for (script, refused) in scripts.iter().zip(&mut refused) {
            for statement in &script.statements {
                let file = match &statement.ast {
                    Ast::CopyTo(copy) => Some(PathBuf::from(&copy.target)).filter(|path| !is_standard(path)),
                    _ if statement.has_rows() && self.book(scripts).is_none() => self.file(script),
                    _ => None,
                };
                let Some(file) = file else { continue };
                // `a.csv` and `./a.csv` are one file.
                if !taken.insert(std::path::absolute(&file).unwrap_or_else(|_| file.clone())) {
                    let what = format!("{} would hold two results", file.display());
                    let hint = "one file takes one result: use -o DIR/ with one query a file, or COPY … TO";
                    let error = Error::new(Kind::Usage, what).at(&statement.place).with_hint(hint);
                    if !self.keep_going {
                        return Err(error);
                    }
                    refused.get_or_insert(error);
                }
            }
        }
        Ok(refused)
    }
}

/// A parameter that no statement has is a slip of the pen, and the statement would run with its default.
fn check_parameters(scripts: &[Script], parameters: &Parameters) -> Result<()> {
    let statements = || scripts.iter().flat_map(|script| &script.statements);
    let unused =
        parameters.keys().find(|name| !statements().any(|statement| statement.parameters.contains(*name)));
    let Some(name) = unused else { return Ok(()) };
    let used: BTreeSet<String> = statements().flat_map(|statement| &statement.parameters).cloned().collect();
    let hint = match nearest(name, &used) {
        _ if used.is_empty() => "there are none".into(),
        Some(meant) => format!("did you mean ${meant}?"),
        None => {
            format!("there are {}", used.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", "))
        }
    };
    Err(Error::new(Kind::Usage, format!("no statement has a parameter ${name}")).with_hint(hint))
}

/// A file that cannot be read or parsed, in a run that goes on without it.
#[derive(Debug)]
pub struct Unread {
    /// The file's path.
    pub name: String,
    /// Why.
    pub error: Error,
}

/// Runs scripts that were parsed to their last line, beside files that were not.
///
/// # Errors
/// The first error; of several scripts what became of them, of the kind of the worst error. What earlier statements wrote
/// stays; what the failed one was to replace stays as it was.
pub async fn run_all(
    session: &Session,
    scripts: &[Script],
    unread: &[Unread],
    parameters: &Parameters,
    output: &Output,
) -> Result<()> {
    let clashing = output.check(scripts)?;
    // A file that was not read may have the parameter.
    if unread.is_empty() {
        check_parameters(scripts, parameters)?;
    }
    let (values, unfit): (Vec<Parameters>, Vec<Option<Error>>) = scripts
        .iter()
        .zip(clashing)
        .map(|(script, clash)| match script.values(parameters) {
            Ok(values) => (values, clash),
            Err(error) => (Parameters::new(), clash.or(Some(error))),
        })
        .unzip();
    let mut tally = Tally::new(scripts.len() + unread.len(), output);
    for Unread { name, error } in unread {
        tally.fail(name, error.retold());
    }
    let mut said = HashSet::new();
    let mut output = output.clone();
    output.options.file.book = output.book(scripts);
    let statements = || scripts.iter().flat_map(|script| &script.statements);
    let commands = || scripts.iter().flat_map(|script| &script.commands).map(|placed| &placed.command);
    output.options.keeps_answer = statements().any(|statement| reads_last_answer(&statement.ast))
        || commands().any(|command| command.reads_last_answer() || command.brings_statements());
    let output = &output;
    let book_file =
        output.options.file.book.as_ref().and(output.path.as_deref()).map(Destination::create).transpose()?;
    let refused = refused(session, scripts, &values, output.format()?).await;
    let reaching = scripts.iter().map(|script| reaching(session, script).err());
    let refused = unfit.into_iter().zip(reaching).zip(refused);
    let refused: Vec<_> =
        refused.map(|((unfit, reaching), refused)| unfit.or(reaching).or(refused)).collect();
    let mut console = Console::of_batch(session, output, output.format()?);
    let stops = !output.keep_going && refused.iter().any(Option::is_some);
    let is_directory = output.is_directory() && !output.is_partitioned();
    if let (true, false, Some(directory)) = (is_directory, stops, &output.path) {
        std::fs::create_dir_all(directory).map_err(|error| {
            Error::io(Kind::Output, format_args!("cannot make {}", directory.display()), error)
        })?;
    }
    let mut has_left = false;
    for ((script, values), refused) in scripts.iter().zip(&values).zip(refused) {
        let outcome = match refused {
            Some(error) => Err(error),
            None if stops || tally.is_over() => {
                tally.idle.push(&script.name);
                continue;
            }
            None if has_left => {
                tally.idle.push(&script.name);
                continue;
            }
            None => run_script(&mut console, script, values, output, (scripts.len(), &mut said)).await,
        };
        has_left |= matches!(&outcome, Ok(Ran { has_left: true, .. }));
        tally.note(script, outcome)?;
    }
    if let Some(taken_at) = session.held_since().filter(|_| !output.quiet) {
        say(format_args!("note: all rows are of one snapshot, taken from {} on", rfc3339(taken_at)));
    }
    if let (Some(mut out), Some(book), false) = (book_file, &output.options.file.book, tally.is_over()) {
        let bytes =
            book.bytes().map_err(|error| Error::new(Kind::Output, error.to_string()).with_source(error))?;
        out.send(&bytes)?;
        out.commit()?;
    }
    tally.end()
}

/// Finds out before anything runs that a script wants to reach files where the session does not.
fn reaching(session: &Session, script: &Script) -> Result<()> {
    let policy = session.policy();
    let mut commands = script.commands.iter().filter_map(|placed| placed.command.reach());
    commands.try_for_each(|what| policy.check_files(what).map_err(|error| error.at(&script.name)))?;
    let mut copies = script.statements.iter().filter(|statement| matches!(statement.ast, Ast::CopyTo(_)));
    copies.try_for_each(|copy| policy.check_files("COPY writes them").map_err(|error| error.at(&copy.place)))
}

/// Why each script cannot be run, found out before the first is: a column that is not there, a result that its format
/// cannot hold. What an earlier statement makes is passed over.
async fn refused(
    session: &Session,
    scripts: &[Script],
    values: &[Parameters],
    format: Format,
) -> Vec<Option<Error>> {
    let mut refused: Vec<Option<Error>> = scripts.iter().map(|_| None).collect();
    let statements = || {
        let each = scripts.iter().zip(values).enumerate();
        each.flat_map(|(number, (script, values))| {
            script.statements.iter().map(move |statement| (number, statement, values))
        })
    };
    let commands = || scripts.iter().flat_map(|script| &script.commands).map(|placed| &placed.command);
    let has_more = commands().any(Command::brings_statements);
    let runs_again = commands().any(Command::runs);
    if has_more || runs_again || statements().filter(|(_, statement, _)| statement.may_read()).count() > 1 {
        session.hold_snapshot();
    }
    // What they make that a command runs is known then.
    if has_more || statements().count() < 2 {
        return refused;
    }
    let mut planned = Vec::new();
    let with_set = scripts.iter().zip(values).flat_map(|(script, values)| script.foreseen(values));
    let with_set: Vec<Parameters> = with_set.collect();
    for ((number, statement, _), values) in statements().zip(&with_set) {
        let (query, format) = match &statement.ast {
            Ast::CopyTo(copy) => match copied(statement, copy, format, &Options::default()) {
                Ok(copied) => (copied.query, copied.format),
                Err(error) => {
                    refused[number].get_or_insert(error);
                    continue;
                }
            },
            _ => (statement.clone(), format),
        };
        planned.push((number, query, values, format));
    }
    let asts: Vec<_> =
        planned.iter().map(|(_, query, values, _)| (query.ast.clone(), (*values).clone())).collect();
    let (of, bounds) = (session.clone(), Bounds::of(&session.options()));
    let foresee = async move {
        let asts: Vec<_> = asts.iter().map(|(ast, values)| (ast, values)).collect();
        Ok(of.foresee(&asts).await)
    };
    // What computes for too long does so again when it is run, and is told then.
    let Ok(foreseen) = Apart::default().run(foresee, bounds, std::future::pending()).await else {
        return refused;
    };
    for ((number, query, _, format), outcome) in planned.iter().zip(foreseen) {
        let outcome = match outcome {
            Ok(Some(schema)) if query.has_rows() => {
                check(*format, &schema).map_err(|error| error.at(&query.place))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(located(error, &query.place)),
        };
        if let Err(error) = outcome {
            refused[*number].get_or_insert(error);
        }
    }
    refused
}

/// What came of a script.
#[derive(Debug, Default)]
struct Ran {
    /// How many targets are missing, and of how many, if any are.
    cut: Option<(usize, usize)>,
    /// How many rows its results have.
    rows: usize,
    /// Whether a command ended the run.
    has_left: bool,
}

/// Runs the statements and commands of one script of so many, with the warnings that were said before.
async fn run_script(
    console: &mut Console<'_>,
    script: &Script,
    values: &Parameters,
    output: &Output,
    (scripts, said): (usize, &mut HashSet<String>),
) -> Result<Ran> {
    let format = output.format()?;
    if script.is_file && format == Format::Table && output.path.is_none() && !output.quiet {
        // On a terminal the title goes with the table.
        match script.title.as_ref().filter(|_| output.options.width.is_none()) {
            Some(title) if scripts > 1 => say(format_args!("{}: {title}", script.name)),
            Some(title) => say(title),
            None if scripts > 1 => say(format_args!("{}:", script.name)),
            None => {}
        }
    }
    let mut ran = Ran::default();
    let stem = Path::new(&script.name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let named = stem.filter(|_| script.is_file && output.path.is_some());
    console.display.rows.about.title = script.title.clone().or(named);
    for step in steps(&script.statements, &script.commands) {
        let statement = match step {
            Step::Statement(statement) => statement,
            Step::Run(statement, placed) => {
                console.run_as(&placed.command, statement, values).await?;
                continue;
            }
            Step::Command(placed) => match console.obey(&placed.command, &placed.open).await? {
                Flow::Leave => return Ok(Ran { has_left: true, ..ran }),
                Flow::Continue | Flow::Edit(_) => continue,
            },
        };
        if console.confirm(statement, &console.values(values)).await? == Choice::Edit {
            // There is no prompt that it could be edited at.
            return Err(Error::new(Kind::Interrupted, "cancelled"));
        }
        let file = output.file(script).map(|file| (file, format));
        let (out, format, options) = console.destination(statement, file)?;
        let record = console.begin(statement, values);
        let values = console.values(values);
        let mut outcome = console.run(record, statement, values, out, format, options).await?;
        console.end(statement);
        if !outcome.missing.is_empty() {
            ran.cut = ran.cut.or(Some((outcome.missing.len(), outcome.targets)));
        }
        ran.rows += outcome.rows.unwrap_or_default();
        // Once is enough of what is the same word for word; that rows are missing is said of each statement.
        outcome.told.unasked.retain(|text| said.insert(text.clone()));
        outcome.tell(output.quiet, console.display.timing);
    }
    Ok(ran)
}
