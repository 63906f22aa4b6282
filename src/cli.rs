//! The command line: the flags, and what they mean for the session.

mod about;
mod capture;
mod config;
mod demo;
mod diff;
mod doctor;
mod flags;
mod log;
mod look;
mod mcp;
mod report;
mod saved;
mod serve;
mod slips;

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use capture::Past;
use clap::{Args, Parser, Subcommand};
use flags::{SettingFlags, Whom};
use look::Look;

use crate::batch::{self, Output, Unread};
use crate::config as file;
use crate::output::{Format, Options, is_standard};
use crate::say::say;
use crate::script::Script;
use crate::shell::{self, Door};
use datafusion_lightsail::aws::{
    AccountList, AssumedAccounts, Clients, Settings, is_profile_name, raise_open_files,
};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Parameters, parameter};
use datafusion_lightsail::session::{Policy, Session, SessionBuilder};
use lightsail_demo as fleet;

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

#[derive(Debug, Args)]
#[command(next_help_heading = "Whom to ask")]
struct Ask {
    /// Ask the embedded endpoint and its fleet instead of AWS
    #[arg(long, conflicts_with_all = ["profile", "endpoint_url"])]
    demo: bool,
    /// The day that it is for that fleet, such as 2026-01-01 [env: LIGHTSAIL_SQL_DEMO_TODAY] [default: the clock's]
    #[arg(long, value_name = "DATE", requires = "demo", value_parser = fleet::day)]
    demo_today: Option<SystemTime>,
    /// The targets to ask that the configuration file has a name for
    #[arg(long, value_name = "NAME", conflicts_with_all = ["demo", "accounts"])]
    target: Option<String>,
    #[command(flatten)]
    settings: SettingFlags,
    /// Let neither SQL nor the shell read or write local files, or run programs; what this command line names is its own
    #[arg(long)]
    safe: bool,
    /// Accounts to ask instead of profiles: a FILE of ids, one a line, or org for what AWS Organizations lists; more parts,
    /// separated by commas, choose among them: names, ids, globs or !exclusions
    #[arg(long, value_name = "FILE|org", requires = "assume_role")]
    accounts: Option<String>,
    /// The role to assume in each account, such as 'arn:aws:iam::{account}:role/Audit'; --profile signs for it
    #[arg(long, value_name = "ARN", requires = "accounts", value_parser = role)]
    assume_role: Option<String>,
    /// The external id that the role's trust policy wants
    #[arg(long, value_name = "ID", requires = "assume_role")]
    external_id: Option<String>,
    /// Who assumes the role, as CloudTrail shows it [default: lightsail-sql]
    #[arg(long, value_name = "NAME", requires = "assume_role")]
    role_session_name: Option<String>,
    /// Another endpoint than AWS's own [env: AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_LIGHTSAIL]
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    endpoint_url: Option<String>,
    /// Let the endpoint be another machine's without TLS: whoever is in between reads what is signed and answered
    #[arg(long)]
    insecure_endpoint: bool,
    /// A PEM file of certificate authorities to trust instead of the system's [env: AWS_CA_BUNDLE]
    #[arg(long, value_name = "FILE")]
    ca_bundle: Option<PathBuf>,
    /// Seconds that making a connection may take; 0 waits for ever [default: 3.1]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    connect_timeout: Option<Duration>,
    /// Seconds that one attempt of a call may take; 0 waits for ever [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    read_timeout: Option<Duration>,
    /// How often a call is tried at most [env: AWS_MAX_ATTEMPTS] [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_attempts: Option<u32>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How to write")]
struct Write {
    /// Write to a file, in the format of its suffix, to a directory, one file for each query file, or to - as without it
    #[arg(short = 'o', long = "output", value_name = "FILE|DIR|-")]
    path: Option<PathBuf>,
    /// The format [default: table, or the suffix of -o]
    #[arg(long, value_parser = flags::format())]
    format: Option<Format>,
    /// How many rows of a longer result a table shows; 0 shows all [default: 40 on a terminal, else all]
    #[arg(long, value_name = "N")]
    maxrows: Option<usize>,
    /// Run the other files after one that fails; the exit code is that of the worst error
    #[arg(long)]
    keep_going: bool,
    /// Exit with 4 if there are rows: what is asked is a check that should find none
    #[arg(long)]
    fail_on_rows: bool,
    /// What stands for NULL in tables, CSV and TSV [default: NULL on a terminal, else nothing]
    #[arg(long, value_name = "TEXT")]
    null: Option<String>,
    /// Leave out the header line of tables, CSV and TSV
    #[arg(long)]
    no_header: bool,
    /// Say rows, time and API calls on standard error after each statement
    #[arg(long)]
    timing: bool,
    /// No notes on standard error
    #[arg(short = 'q', long)]
    quiet: bool,
    #[command(flatten)]
    look: Look,
}

/// How long the shell reads pages again: who explores a fleet does not wait for it at each question.
const SHELL_CACHE: Duration = Duration::from_secs(60);

/// How many rows of a table a terminal shows.
const SHOWN: usize = 40;

/// Longer than anybody waits, short enough to be added up.
const LONGEST: f64 = 1e9;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds.min(LONGEST)).map_err(|error| error.to_string())
}

/// A variable of the environment; an empty one is as good as none.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn endpoint(text: &str) -> Result<String, String> {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    match (scheme, rest.is_empty()) {
        ("http" | "https", false) => Ok(text.to_owned()),
        _ => Err("not a URL such as http://127.0.0.1:4567".to_owned()),
    }
}

/// The arn of a role in whatever account.
fn role(text: &str) -> Result<String, String> {
    match text.starts_with("arn:") && text.contains("{account}") {
        true => Ok(text.to_owned()),
        false => Err("not the arn of a role with {account} for the account's id".to_owned()),
    }
}

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
            Some(Command::Diff(diff)) => Box::pin(diff.run()).await,
            Some(Command::Report(report)) => Box::pin(report.run()).await,
            Some(Command::Config(show)) => show.print(),
            Some(Command::Doctor(doctor)) => Box::pin(doctor.run()).await,
            Some(Command::Mcp(mcp)) => Box::pin(mcp.serve()).await,
            Some(Command::Serve(serve)) => Box::pin(serve.run()).await,
            Some(Command::Completions(completions)) => completions.print(),
            Some(Command::Man(man)) => man.print(),
            None => Box::pin(self.query.run()).await,
        }
    }

    /// Whether this ends by itself when it is asked to, after what it is doing.
    pub fn drains(&self) -> bool {
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

impl Ask {
    /// The accounts that are asked instead of profiles, and which of them.
    ///
    /// # Errors
    /// [`Kind::Usage`] if `profile`, which signs the requests for the role, is not one.
    fn accounts(&self, profile: &str) -> Result<Option<(AssumedAccounts, String)>> {
        let (Some(accounts), Some(role)) = (&self.accounts, &self.assume_role) else { return Ok(None) };
        if profile.contains(',') || !is_profile_name(profile) {
            return Err(Error::new(Kind::Usage, format!("{profile} is not one profile"))
                .with_hint("with --accounts it is the one that signs the requests for the role"));
        }
        let (list, chosen) = accounts.split_once(',').unwrap_or((accounts, ""));
        let assumed = AssumedAccounts {
            list: if list == "org" { AccountList::Organization } else { AccountList::File(list.into()) },
            role: role.clone(),
            external_id: self.external_id.clone(),
            session_name: self.role_session_name.clone(),
            signer: (!profile.is_empty()).then(|| profile.to_owned()),
        };
        Ok(Some((assumed, chosen.to_owned())))
    }

    /// What the calls of the session go through.
    fn door(&self) -> Door {
        match &self.endpoint_url {
            _ if self.demo => Door::Demo,
            Some(url) => Door::Endpoint(url.clone()),
            None => variable("AWS_ENDPOINT_URL_LIGHTSAIL")
                .or_else(|| variable("AWS_ENDPOINT_URL"))
                .map_or(Door::Aws, Door::Endpoint),
        }
    }

    /// The session that the flags ask for, and the embedded endpoint if it asks that one. Pages are read again for as long
    /// as `cache_ttl` unless a flag or the configuration says for how long.
    async fn session(
        self,
        quiet: bool,
        cache_ttl: Option<Duration>,
        past: &Past,
    ) -> Result<(Session, Option<fleet::Server>)> {
        let is_safe = self.safe || file::current().text("safe", None)?.as_deref() == Some("true");
        let policy = if is_safe { Policy::NoFiles } else { Policy::All };
        let archive = past.archive()?;
        let (clients, options, server) = self.clients(quiet, cache_ttl).await?;
        let builder = SessionBuilder::new(clients).with_options(options).with_policy(policy);
        Ok((archive.into_iter().fold(builder, SessionBuilder::with_archive).build()?, server))
    }

    /// Who is asked, and how; and the embedded endpoint if it is that one.
    async fn clients(
        self,
        quiet: bool,
        cache_ttl: Option<Duration>,
    ) -> Result<(Arc<Clients>, LightsailOptions, Option<fleet::Server>)> {
        let target = self.target.as_deref();
        target.map_or(Ok(()), |name| file::current().target(name))?;
        let whom = if self.demo { Whom::Demo } else { Whom::Configured(target) };
        let mut options = self.settings.options(file::current(), whom)?;
        let is_ttl_set = self.settings.value("cache_ttl").is_some()
            || file::current().text("cache_ttl", target)?.is_some();
        if let Some(ttl) = cache_ttl.filter(|_| !is_ttl_set) {
            options.cache_ttl = ttl;
        }
        let accounts = self.accounts(&options.profiles)?.map(|(accounts, chosen)| {
            options.profiles = chosen;
            accounts
        });
        let mut settings = Settings {
            endpoint_url: self.endpoint_url,
            insecure_endpoint: self.insecure_endpoint,
            ca_bundle: self.ca_bundle,
            connect_timeout: self.connect_timeout,
            read_timeout: self.read_timeout,
            max_attempts: self.max_attempts,
            accounts,
            ..Settings::default()
        };
        let mut server = None;
        if !self.demo {
            settings = settings.with_environment()?;
        }
        if self.demo {
            let config = fleet::Config { today: demo::today(self.demo_today)?, ..fleet::Config::default() };
            let started = demo::start(config, fleet::LOOPBACK).await?;
            if options.regions.is_empty() {
                options.regions = "all".into();
                if let Some(note) = demo::ignored_regions().filter(|_| !quiet) {
                    say(format_args!("note: {note}"));
                }
            }
            settings = Settings { ca_bundle: None, ..settings }.for_demo(started.url(), fleet::ACCESS_KEY);
            server = Some(started);
        }
        let clients = Clients::new(settings);
        if let Some(note) = clients.find_accounts().await?.filter(|_| !quiet) {
            say(format_args!("note: {note}"));
        }
        Ok((Arc::new(clients), options, server))
    }
}

/// Clients of a session that asks nobody.
fn nobody() -> Arc<Clients> {
    Arc::new(Clients::new(Settings::default()))
}

impl Write {
    /// How results are written: as the flags say, else the environment or the configuration file.
    ///
    /// # Errors
    /// [`Kind::Usage`] when a variable has a value that makes no sense.
    fn output(self) -> Result<Output> {
        let configured = |key| file::current().text(key, None);
        // A file has the format of its suffix.
        let is_file = self.path.as_ref().is_some_and(|path| !is_standard(path) && !path.is_dir());
        let format = configured("format")?.filter(|_| !is_file).and_then(|name| Format::from_name(&name));
        let maxrows = configured("maxrows")?.and_then(|rows| rows.parse().ok());
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        // Nobody pages through what goes to a pipe or a file: there all rows are wanted.
        let of_screen = if std::io::stdout().is_terminal() { SHOWN } else { 0 };
        let max_rows = self.maxrows.or(maxrows).unwrap_or(of_screen);
        Ok(Output {
            path: self.path.filter(|path| !is_standard(path)),
            format: self.format.or(format),
            options: Options {
                null: self.null.or(configured("null")?),
                header: !self.no_header,
                max_rows: (max_rows > 0).then_some(max_rows),
                width,
                progress: !self.quiet,
                ..self.look.options()?
            },
            timing: self.timing || configured("timing")?.as_deref() == Some("true"),
            quiet: self.quiet,
            keep_going: self.keep_going,
            fails_on_rows: self.fail_on_rows,
        })
    }
}
