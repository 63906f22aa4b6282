//! Whom to ask: the flags for it, and the session that comes of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;

use super::capture::Past;
use super::demo;
use super::flags::{SettingFlags, Whom};
use crate::config as file;
use crate::say::say;
use crate::shell::Door;
use datafusion_lightsail::aws::{AccountList, AssumedAccounts, Clients, Settings, is_profile_name};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::session::{Policy, Session, SessionBuilder};
use lightsail_demo as fleet;

#[derive(Debug, Args)]
#[command(next_help_heading = "Whom to ask")]
pub(super) struct Ask {
    /// Ask the embedded endpoint and its fleet instead of AWS
    #[arg(long, conflicts_with_all = ["profile", "endpoint_url"])]
    pub(super) demo: bool,
    /// The day that it is for that fleet, such as 2026-01-01 [env: LIGHTSAIL_SQL_DEMO_TODAY] [default: the clock's]
    #[arg(long, value_name = "DATE", requires = "demo", value_parser = fleet::day)]
    pub(super) demo_today: Option<SystemTime>,
    /// The targets to ask that the configuration file has a name for
    #[arg(long, value_name = "NAME", conflicts_with_all = ["demo", "accounts"])]
    pub(super) target: Option<String>,
    #[command(flatten)]
    pub(super) settings: SettingFlags,
    /// Let neither SQL nor the shell read or write local files, or run programs; what this command line names is its own
    #[arg(long)]
    pub(super) safe: bool,
    /// Accounts to ask instead of profiles: a FILE of ids, one a line, or org for what AWS Organizations lists; more parts,
    /// separated by commas, choose among them: names, ids, globs or !exclusions
    #[arg(long, value_name = "FILE|org", requires = "assume_role")]
    pub(super) accounts: Option<String>,
    /// The role to assume in each account, such as 'arn:aws:iam::{account}:role/Audit'; --profile signs for it
    #[arg(long, value_name = "ARN", requires = "accounts", value_parser = role)]
    pub(super) assume_role: Option<String>,
    /// The external id that the role's trust policy wants
    #[arg(long, value_name = "ID", requires = "assume_role")]
    pub(super) external_id: Option<String>,
    /// Who assumes the role, as CloudTrail shows it [default: lightsail-sql]
    #[arg(long, value_name = "NAME", requires = "assume_role")]
    pub(super) role_session_name: Option<String>,
    /// Another endpoint than AWS's own [env: AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_LIGHTSAIL]
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    pub(super) endpoint_url: Option<String>,
    /// Let the endpoint be another machine's without TLS: whoever is in between reads what is signed and answered
    #[arg(long)]
    pub(super) insecure_endpoint: bool,
    /// A PEM file of certificate authorities to trust instead of the system's [env: AWS_CA_BUNDLE]
    #[arg(long, value_name = "FILE")]
    pub(super) ca_bundle: Option<PathBuf>,
    /// Seconds that making a connection may take; 0 waits for ever [default: 3.1]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) connect_timeout: Option<Duration>,
    /// Seconds that one attempt of a call may take; 0 waits for ever [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) read_timeout: Option<Duration>,
    /// How often a call is tried at most [env: AWS_MAX_ATTEMPTS] [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_attempts: Option<u32>,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    pub(super) workers: super::worker::Flags,
}

/// Longer than anybody waits, short enough to be added up.
const LONGEST: f64 = 1e9;

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds.min(LONGEST)).map_err(|error| error.to_string())
}

/// A variable of the environment; an empty one is as good as none.
pub(super) fn variable(name: &str) -> Option<String> {
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

impl Ask {
    /// The accounts that are asked instead of profiles, and which of them.
    ///
    /// # Errors
    /// [`Kind::Usage`] if `profile`, which signs the requests for the role, is not one.
    pub(super) fn accounts(&self, profile: &str) -> Result<Option<(AssumedAccounts, String)>> {
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
    pub(super) fn door(&self) -> Door {
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
    pub(super) async fn session(
        self,
        quiet: bool,
        cache_ttl: Option<Duration>,
        past: &Past,
    ) -> Result<(Session, Option<fleet::Server>)> {
        let is_safe = self.safe || file::current().text("safe", None)?.as_deref() == Some("true");
        let policy = if is_safe { Policy::NoFiles } else { Policy::All };
        let archive = past.archive()?;
        #[cfg(feature = "cluster")]
        if self.workers.named(self.target.as_deref())?.is_some() {
            if archive.is_some() {
                return Err(Error::new(
                    Kind::Usage,
                    "captures are read here: --from and --at go without --workers",
                ));
            }
            let options = self.options(cache_ttl)?;
            let own = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(variable);
            if let Some(region) = own.filter(|_| options.regions.is_empty() && !quiet) {
                say(format_args!(
                    "note: each profile is asked in the region that it is at home in at its worker, not in this machine's \
                     {region}: --region says which"
                ));
            }
            let workers = self.workers.connect(self.target.as_deref(), options.allow_partial).await?;
            let builder = SessionBuilder::new(nobody()).with_options(options).with_policy(policy);
            return Ok((builder.with_workers(workers).build()?, None));
        }
        let (clients, options, server) = self.asked(quiet, cache_ttl).await?;
        let builder = SessionBuilder::new(clients).with_options(options).with_policy(policy);
        Ok((archive.into_iter().fold(builder, SessionBuilder::with_archive).build()?, server))
    }

    /// Who is asked, and how, by what asks by itself; and the embedded endpoint if it is that one.
    ///
    /// # Errors
    /// [`Kind::Usage`] where workers are to be asked.
    pub(super) async fn clients(
        self,
        quiet: bool,
        cache_ttl: Option<Duration>,
    ) -> Result<(Arc<Clients>, LightsailOptions, Option<fleet::Server>)> {
        #[cfg(feature = "cluster")]
        if self.workers.named(self.target.as_deref())?.is_some() {
            return Err(Error::new(Kind::Usage, "this command asks by itself, and not through workers")
                .with_hint("--workers is for statements: -c, files, run and the shell; here LIGHTSAIL_SQL_WORKERS= is none"));
        }
        self.asked(quiet, cache_ttl).await
    }

    /// The settings that a session begins with.
    fn options(&self, cache_ttl: Option<Duration>) -> Result<LightsailOptions> {
        let target = self.target.as_deref();
        target.map_or(Ok(()), |name| file::current().target(name))?;
        let whom = if self.demo { Whom::Demo } else { Whom::Configured(target) };
        let mut options = self.settings.options(file::current(), whom)?;
        let is_ttl_set = self.settings.value("cache_ttl").is_some()
            || file::current().text("cache_ttl", target)?.is_some();
        if let Some(ttl) = cache_ttl.filter(|_| !is_ttl_set) {
            options.cache_ttl = ttl;
        }
        Ok(options)
    }

    async fn asked(
        self,
        quiet: bool,
        cache_ttl: Option<Duration>,
    ) -> Result<(Arc<Clients>, LightsailOptions, Option<fleet::Server>)> {
        let mut options = self.options(cache_ttl)?;
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
pub(super) fn nobody() -> Arc<Clients> {
    Arc::new(Clients::new(Settings::default()))
}
