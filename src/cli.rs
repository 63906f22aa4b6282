//! The command line: the flags, and what they mean for the session.

mod about;
mod ask;
mod capture;
mod config;
mod demo;
mod diff;
mod doctor;
mod flags;
mod log;
mod look;
mod mcp;
mod merge;
mod report;
mod saved;
mod serve;
mod slips;
#[cfg(feature = "cluster")]
mod worker;
mod write;

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::time::Duration;

use ask::{Ask, nobody, seconds, variable};
use capture::Past;
use clap::{Args, Parser, Subcommand};
use write::Write;

use crate::batch::{self, Output, Unread};
use crate::config as file;
use crate::output::is_standard;
use crate::say::say;
use crate::script::Script;
use crate::shell::{self, Door};
use datafusion_lightsail::aws::raise_open_files;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Parameters, parameter};

/// SQL over the Amazon Lightsail API.
///
/// Without a query and on a terminal it opens a shell. Everything it sends to AWS only reads: Get* operations.
#[derive(Debug, Parser)]
#[command(
    version = about::VERSION,
    long_version = about::LONG_VERSION,
    args_conflicts_with_subcommands = true,
    max_term_width = about::WIDTH,
    after_help = about::AFTER_HELP,
)]
pub struct Cli {
    /// Say on standard error what the program and the AWS SDK do; never a secret
    #[arg(long, value_name = "LEVEL", global = true, help_heading = "Other", hide_possible_values = true)]
    log: Option<log::Level>,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    query: Query,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the embedded demo endpoint to other programs
    Demo(demo::Demo),
    /// Run a saved query
    Run(Box<saved::Run>),
    /// List the saved queries
    Queries(saved::List),
    /// Write all tables into a folder, to be asked later
    Capture(Box<capture::Capture>),
    /// Make one capture of captures of parts of the fleet
    Merge(merge::Merge),
    /// Say what changed between two captures, or since one
    Diff(Box<diff::Diff>),
    /// Say what state the fleet is in: findings, totals and trends
    Report(Box<report::Report>),
    /// Print what is in force, and who says so
    Config(Box<config::Show>),
    /// Find out what keeps questions from being answered
    Doctor(Box<doctor::Doctor>),
    /// Answer an agent's questions (Model Context Protocol)
    Mcp(Box<mcp::Mcp>),
    /// Answer Postgres clients: psql, dashboards, drivers
    Serve(Box<serve::Serve>),
    /// Run parts of statements for other machines, with the credentials of this one
    #[cfg(feature = "cluster")]
    Worker(Box<worker::Serve>),
    /// Print the completions of a shell
    Completions(about::Completions),
    /// Print the man page of this program or of a command
    Man(about::Man),
}

#[derive(Debug, Args)]
struct Query {
    #[command(flatten)]
    sources: Sources,
    /// A value for $NAME in the statements; may be given more than once
    #[arg(long = "param", value_name = "NAME=VALUE", help_heading = "What to run")]
    parameters: Vec<String>,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    past: Past,
    #[command(flatten)]
    write: Write,
}

/// What to run.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to run")]
struct Sources {
    /// Files of SQL statements to run, or folders of such; - is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// SQL to run; may be given more than once
    #[arg(short = 'c', long = "command", value_name = "SQL", allow_hyphen_values = true)]
    commands: Vec<String>,
    /// A file of SQL statements to run, like FILE
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    more_files: Vec<PathBuf>,
}

/// How long the shell reads pages again: who explores a fleet does not wait for it at each question.
const SHELL_CACHE: Duration = Duration::from_secs(60);

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// The first error; its kind is the exit code.
    pub async fn run(self) -> Result<()> {
        raise_open_files();
        self.log.into_iter().for_each(log::Level::begin);
        use Command::{Completions, Demo, Doctor, Man};
        if !matches!(self.command, Some(Demo(_) | Doctor(_) | Completions(_) | Man(_))) {
            file::load()?;
        }
        match self.command {
            Some(Command::Demo(demo)) => demo.serve().await,
            Some(Command::Run(run)) => Box::pin(run.run()).await,
            Some(Command::Queries(list)) => list.print(),
            Some(Command::Capture(capture)) => Box::pin(capture.run()).await,
            Some(Command::Merge(merge)) => merge.run(),
            Some(Command::Diff(diff)) => Box::pin(diff.run()).await,
            Some(Command::Report(report)) => Box::pin(report.run()).await,
            Some(Command::Config(show)) => show.print(),
            Some(Command::Doctor(doctor)) => Box::pin(doctor.run()).await,
            Some(Command::Mcp(mcp)) => Box::pin(mcp.serve()).await,
            Some(Command::Serve(serve)) => Box::pin(serve.run()).await,
            #[cfg(feature = "cluster")]
            Some(Command::Worker(worker)) => Box::pin(worker.run()).await,
            Some(Command::Completions(completions)) => completions.print(),
            Some(Command::Man(man)) => man.print(),
            None => Box::pin(self.query.run()).await,
        }
    }

    /// Whether this ends by itself when it is asked to, after what it is doing.
    pub fn drains(&self) -> bool {
        #[cfg(feature = "cluster")]
        if matches!(self.command, Some(Command::Worker(_))) {
            return true;
        }
        matches!(self.command, Some(Command::Serve(_)))
    }

    /// Whether this opens the shell, which takes Ctrl-C for itself.
    pub fn is_shell(&self) -> bool {
        self.command.is_none() && self.query.sources.is_shell()
    }
}

impl Query {
    async fn run(self) -> Result<()> {
        let parameters =
            self.parameters.iter().map(|text| parameter(text)).collect::<Result<Parameters>>()?;
        let output = self.write.output()?;
        if self.sources.is_shell() {
            let door = if self.past.is_given() { Door::Captures } else { self.ask.door() };
            let (session, _server) = self.ask.session(output.quiet, Some(SHELL_CACHE), &self.past).await?;
            return shell::run(&session, &parameters, output, &door).await;
        }
        let (scripts, unread) = self.sources.scripts(output.keep_going)?;
        if unread.is_empty() && scripts.iter().all(Script::is_empty) {
            say("nothing to run: pass -c 'SELECT …', a FILE, or SQL on standard input; --help tells more");
            return Ok(());
        }
        run_scripts((self.ask, &self.past), &scripts, &unread, &parameters, &output).await
    }
}

/// Runs scripts in a session that the flags ask for.
async fn run_scripts(
    (ask, past): (Ask, &Past),
    scripts: &[Script],
    unread: &[Unread],
    parameters: &Parameters,
    output: &Output,
) -> Result<()> {
    let (session, _server) = ask.session(output.quiet, None, past).await?;
    for warning in session.stray_regions() {
        say(format_args!("warning: {warning}"));
    }
    batch::run_all(&session, scripts, unread, parameters, output).await
}

impl Sources {
    fn is_shell(&self) -> bool {
        let is_empty = self.commands.is_empty() && self.files.is_empty() && self.more_files.is_empty();
        is_empty && std::io::stdin().is_terminal()
    }

    /// All that is to be run: -c first, then files, or else standard input; and the files that cannot be, if the others
    /// are to be run all the same.
    fn scripts(&self, keep_going: bool) -> Result<(Vec<Script>, Vec<Unread>)> {
        let named = || self.more_files.iter().chain(&self.files);
        if named().filter(|path| is_standard(path)).count() > 1 {
            return Err(Error::new(Kind::Usage, "standard input is read once, and - is named twice"));
        }
        let commands = self.commands.iter().map(|sql| Script::new("-c", sql));
        let mut scripts = commands.collect::<Result<Vec<_>>>()?;
        let mut unread = Vec::new();
        for path in &saved::expanded(named())? {
            match if is_standard(path) { from_stdin() } else { saved::read(path) } {
                Ok(script) => scripts.push(script),
                Err(error) => match slips::meant(path, &self.files) {
                    Some(meant) => return Err(meant),
                    None if keep_going => unread.push(Unread { name: path.display().to_string(), error }),
                    None => return Err(error),
                },
            }
        }
        if scripts.is_empty() && unread.is_empty() {
            scripts.push(from_stdin()?);
        }
        Ok((scripts, unread))
    }
}

fn from_stdin() -> Result<Script> {
    let mut sql = String::new();
    std::io::stdin()
        .read_to_string(&mut sql)
        .map_err(|error| Error::new(Kind::Usage, format!("cannot read standard input: {error}")))?;
    Script::new("standard input", &sql)
}
