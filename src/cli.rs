//! The command line: the flags, and what they mean for the session.

mod flags;
mod slips;

use std::io::{IsTerminal, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{Datelike, NaiveDate};
use clap::{Args, Parser, Subcommand};
use flags::SettingFlags;

use crate::batch::{self, Output, Unread};
use crate::output::{Destination, Format, Options, is_standard};
use crate::run::say;
use crate::script::Script;
use crate::shell::{self, Door};
use datafusion_lightsail::aws::{
    AccountList, AssumedAccounts, Clients, Settings, is_profile_name, raise_open_files,
};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Parameters, parameter};
use datafusion_lightsail::session::Session;
use lightsail_demo as demo;

/// SQL over the Amazon Lightsail API.
///
/// Without a query and on a terminal it opens a shell. Everything it sends to AWS only reads: Get* operations.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    query: Query,
}

const AFTER_HELP: &str = "\
Examples:
  lightsail-sql --demo                                     a shell on the embedded demo fleet, no account needed
  lightsail-sql -c 'SELECT name, state FROM instances'     the default profile in its region
  lightsail-sql --region all --profile prod queries/health/stopped_instances.sql
  lightsail-sql --region us-east-1 -o disks.parquet -c 'SELECT * FROM disks'

Exit codes: 0 all well, 1 SQL or output error, 2 usage, 3 rows are missing as --allow-partial allowed, 130 interrupted,
253 credentials, profile or region not found or expired, 254 the API refused or failed, 255 our own fault.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the embedded demo endpoint to other programs
    Demo(Demo),
}

#[derive(Debug, Args)]
struct Demo {
    /// The address to listen at; port 0 is any free port
    #[arg(long, value_name = "ADDRESS", default_value_t = demo::LOOPBACK)]
    listen: SocketAddr,
    /// How many instances an account has, over all regions [default: the standard fleet of about 400]
    #[arg(long, value_name = "N")]
    instances: Option<u64>,
    /// How many regions there are, 1 to 16
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=16))]
    regions: u8,
    /// The day that it is for the fleet, such as 2026-01-01 [env: LIGHTSAIL_SQL_DEMO_TODAY] [default: the day of the start]
    #[arg(long, value_name = "DATE", value_parser = day)]
    today: Option<SystemTime>,
    /// How many accounts its organization has
    #[arg(long, value_name = "N", default_value_t = 12)]
    accounts: usize,
    /// How long each response is held back
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
}

#[derive(Debug, Args)]
struct Query {
    #[command(flatten)]
    sources: Sources,
    /// A value for $NAME in the statements; may be given more than once
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    write: Write,
}

/// What to run.
#[derive(Debug, Args)]
struct Sources {
    /// Files of SQL statements to run; - is standard input
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
    #[arg(long, value_name = "DATE", requires = "demo", value_parser = day)]
    demo_today: Option<SystemTime>,
    #[command(flatten)]
    settings: SettingFlags,
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
    /// What stands for NULL in tables, CSV and TSV [default: nothing]
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

/// A moment of a day; the years are those of [`demo::Config::today`].
fn day(text: &str) -> Result<SystemTime, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let date = date.filter(|date| (2000..=2999).contains(&date.year()));
    let date = date.ok_or_else(|| "not a date of the years 2000 to 2999, such as 2026-01-01".to_owned())?;
    Ok(date.and_time(chrono::NaiveTime::MIN).and_utc().into())
}

/// The day of a demo fleet: the flag's, the environment's or the clock's, so that what is about to happen there is
/// about to happen.
fn today(flag: Option<SystemTime>) -> Result<SystemTime> {
    const NAME: &str = "LIGHTSAIL_SQL_DEMO_TODAY";
    match (flag, variable(NAME)) {
        (Some(day), _) => Ok(day),
        (None, Some(text)) => {
            day(&text).map_err(|what| Error::new(Kind::Usage, format!("{NAME} is {text:?}, {what}")))
        }
        (None, None) => Ok(SystemTime::now()),
    }
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// The first error; its kind is the exit code.
    pub async fn run(self) -> Result<()> {
        raise_open_files();
        match self.command {
            Some(Command::Demo(demo)) => serve(demo).await,
            None => self.query.run().await,
        }
    }

    /// Whether this opens the shell, which takes Ctrl-C for itself.
    pub fn is_shell(&self) -> bool {
        self.command.is_none() && self.query.sources.is_shell()
    }
}

async fn serve(options: Demo) -> Result<()> {
    let config = demo::Config {
        instances: options.instances,
        regions: Some(options.regions.into()),
        today: today(options.today)?,
        accounts: options.accounts,
        latency: Duration::from_millis(options.latency_ms),
        ..demo::Config::default()
    };
    let server = start(config, options.listen).await?;
    Destination::stdout().send(format!("listening on {}\n", server.url()).as_bytes())?;
    say(format_args!(
        "try: AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=demo aws lightsail get-instances --region us-east-1 --endpoint-url {}",
        demo::ACCESS_KEY,
        server.url()
    ));
    server.wait().await;
    Ok(())
}

async fn start(config: demo::Config, listen: SocketAddr) -> Result<demo::Server> {
    demo::Server::start(config, listen)
        .await
        .map_err(|error| Error::new(Kind::Usage, format!("cannot listen at {listen}: {error}")))
}

impl Query {
    async fn run(self) -> Result<()> {
        let parameters =
            self.parameters.iter().map(|text| parameter(text)).collect::<Result<Parameters>>()?;
        let output = self.write.output();
        if self.sources.is_shell() {
            let door = self.ask.door();
            let (session, _server) = self.ask.session(output.quiet, Some(SHELL_CACHE)).await?;
            return shell::run(&session, &parameters, output, &door).await;
        }
        let (scripts, unread) = self.sources.scripts(output.keep_going)?;
        if unread.is_empty() && scripts.iter().all(Script::is_empty) {
            say("nothing to run: pass -c 'SELECT …', a FILE, or SQL on standard input; --help tells more");
            return Ok(());
        }
        let (session, _server) = self.ask.session(output.quiet, None).await?;
        for warning in session.stray_regions() {
            say(format_args!("warning: {warning}"));
        }
        batch::run_all(&session, &scripts, &unread, &parameters, &output).await
    }
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
        for path in named() {
            match if is_standard(path) { from_stdin() } else { Script::read(path) } {
                Ok(script) => scripts.push(script),
                Err(_) if slips::is_sql(path) => return Err(slips::sql(path)),
                Err(error) if keep_going => unread.push(Unread { name: path.display().to_string(), error }),
                Err(error) => return Err(error),
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
    /// as `cache_ttl` unless a flag says for how long.
    async fn session(
        self,
        quiet: bool,
        cache_ttl: Option<Duration>,
    ) -> Result<(Session, Option<demo::Server>)> {
        let mut options = self.settings.options()?;
        if let Some(ttl) = cache_ttl.filter(|_| !self.settings.sets("cache_ttl")) {
            options.cache_ttl = ttl;
        }
        let accounts = self.accounts(&options.profiles)?.map(|(accounts, chosen)| {
            options.profiles = chosen;
            accounts
        });
        if let Some(note) = Clients::say_limit(options.concurrency).filter(|_| !quiet) {
            say(format_args!("note: {note}"));
        }
        let mut settings = Settings {
            endpoint_url: self.endpoint_url,
            ca_bundle: self.ca_bundle,
            connect_timeout: self.connect_timeout,
            read_timeout: self.read_timeout,
            max_attempts: self.max_attempts,
            accounts,
            ..Settings::default()
        };
        let mut server = None;
        if !self.demo {
            settings.ca_bundle = settings.ca_bundle.or_else(|| variable("AWS_CA_BUNDLE").map(PathBuf::from));
            if let (None, Some(text)) = (settings.max_attempts, variable("AWS_MAX_ATTEMPTS")) {
                let attempts = text.parse().ok().filter(|attempts| *attempts > 0);
                settings.max_attempts = Some(attempts.ok_or_else(|| {
                    Error::new(Kind::Usage, format!("AWS_MAX_ATTEMPTS is {text:?}, not a number from 1"))
                })?);
            }
        }
        if self.demo {
            let config = demo::Config { today: today(self.demo_today)?, ..demo::Config::default() };
            let started = start(config, demo::LOOPBACK).await?;
            if options.regions.is_empty() {
                options.regions = "all".into();
            }
            settings = Settings { ca_bundle: None, ..settings }.for_demo(started.url(), demo::ACCESS_KEY);
            server = Some(started);
        }
        let clients = Clients::new(settings);
        if let Some(note) = clients.find_accounts().await?.filter(|_| !quiet) {
            say(format_args!("note: {note}"));
        }
        Ok((Session::new(Arc::new(clients), options)?, server))
    }
}

impl Write {
    fn output(self) -> Output {
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        // Nobody pages through what goes to a pipe or a file: there all rows are wanted.
        let of_screen = if std::io::stdout().is_terminal() { SHOWN } else { 0 };
        let max_rows = self.maxrows.unwrap_or(of_screen);
        Output {
            path: self.path.filter(|path| !is_standard(path)),
            format: self.format,
            options: Options {
                null: self.null,
                header: !self.no_header,
                max_rows: (max_rows > 0).then_some(max_rows),
                width,
                expanded: false,
                progress: !self.quiet,
            },
            timing: self.timing,
            quiet: self.quiet,
            keep_going: self.keep_going,
        }
    }
}
