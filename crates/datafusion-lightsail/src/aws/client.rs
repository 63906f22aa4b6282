//! One SDK client for each target: timeouts, retries, and one HTTP client beneath them all.

mod renew;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lightsail::Client;
use aws_sdk_lightsail::config::http::HttpResponse;
use aws_sdk_lightsail::config::retry::RetryPartition;
use aws_sdk_lightsail::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_lightsail::error::SdkError;
use aws_types::sdk_config::SharedTimeSource;
use tokio::sync::OnceCell;

use super::accounts::Accounts;
use super::calls::{Caller, Cost, Pending, Tracer};
use super::descriptors;
use super::fault;
use super::files::Files;
use super::limits::Limits;
use super::profiles::{Profiles, configured_region};
use super::protocol::LenientJson;
use super::recent::Recent;
use super::remote_profiles::RemoteProfiles;
use super::route::Route;
use super::target::{Profile, Target, has_keys, named_profile};
use super::transport::{Settings, Transport};
use super::word::word;
use crate::error::{Error, Kind, Result};

/// How many SDK clients are kept: one holds about 35 KB, and making it anew costs far less than a call.
const MOST_CLIENTS: usize = 1024;

/// The SDK clients of a session: made when first asked for, kept for all its queries.
pub struct Clients {
    pub(super) settings: Settings,
    /// The accounts that are asked, if it is not profiles.
    pub(super) assumed: OnceLock<Accounts>,
    /// Whom workers ask, if it is not this process that asks.
    pub(super) remote_profiles: OnceLock<RemoteProfiles>,
    /// Made when first needed.
    transport: Mutex<Option<Transport>>,
    /// What the AWS configuration files say; read when first needed.
    files: Mutex<Option<Reading>>,
    profiles: Mutex<HashMap<Profile, Arc<OnceCell<SdkConfig>>>>,
    /// What the lists that were asked for mean.
    pub(super) selections: Mutex<HashMap<Vec<String>, Arc<[String]>>>,
    /// Parts of those lists that mean nothing, and why.
    pub(super) strays: Mutex<HashMap<String, String>>,
    /// The account of each profile, as far as its credentials or an arn told it.
    pub(super) accounts: Mutex<HashMap<Profile, String>>,
    clients: Mutex<Recent<Target, Client>>,
    /// What GetRegions answered each profile: it changes once a year.
    pub(super) regions: Mutex<HashMap<Profile, Arc<OnceCell<Vec<String>>>>>,
    limits: Limits,
    has_said_who_signs: AtomicBool,
    /// The concurrency that was last said to be too much.
    said_limit: AtomicUsize,
}

/// The AWS configuration files as they were read.
struct Reading {
    profiles: Arc<Profiles>,
    read_at: Instant,
    /// Whether a profile could not be had since: the files may have been changed meanwhile.
    is_doubted: bool,
}

/// How long files that are doubted are believed: a thousand profiles that fail are no reason to read them as often.
const DOUBT: Duration = Duration::from_secs(5);

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("endpoint_url", &self.settings.endpoint_url).finish_non_exhaustive()
    }
}

impl Clients {
    /// Clients that reach the API as `settings` say. Nothing is read or resolved before the first query.
    pub fn new(settings: Settings) -> Self {
        Self {
            limits: Limits::new(settings.concurrency),
            settings,
            assumed: OnceLock::new(),
            remote_profiles: OnceLock::new(),
            transport: Mutex::default(),
            files: Mutex::default(),
            profiles: Mutex::default(),
            selections: Mutex::default(),
            strays: Mutex::default(),
            accounts: Mutex::default(),
            clients: Mutex::new(Recent::new(MOST_CLIENTS)),
            regions: Mutex::default(),
            has_said_who_signs: AtomicBool::new(false),
            said_limit: AtomicUsize::new(0),
        }
    }

    /// Whether profiles of the AWS configuration files are asked, and not one fleet or the accounts of a list.
    pub fn has_profiles(&self) -> bool {
        self.reads_files() && self.settings.accounts.is_none()
    }

    /// Whether the environment and the AWS configuration files say who signs.
    pub(super) fn reads_files(&self) -> bool {
        !self.has_own_keys() && self.remote_profiles.get().is_none()
    }

    /// Whether keys of the settings sign, whatever a profile is called: those of the demo.
    pub fn has_own_keys(&self) -> bool {
        self.settings.keys.is_some()
    }

    /// Says once that keys in the environment sign although it names a profile.
    pub fn say_who_signs(&self) -> Option<String> {
        let (variable, named) = named_profile().filter(|_| self.reads_files() && has_keys())?;
        let is_new = !self.has_said_who_signs.swap(true, Ordering::Relaxed);
        let Profile { name, .. } = Profile::of_environment();
        is_new.then(|| {
            format!(
                "{variable} names {named}, but the keys in the environment sign, as for the AWS CLI: rows say {name}; \
                 --profile {} asks that profile",
                word(&named)
            )
        })
    }

    /// Says once that fewer calls will be in flight than wanted, if this process may not have as many connections open.
    pub fn say_limit(&self, concurrency: usize) -> Option<String> {
        let limit = descriptors::limit();
        let calls = descriptors::calls(concurrency, limit);
        let limit = limit.filter(|_| calls < concurrency)?;
        let is_new = self.said_limit.swap(concurrency, Ordering::Relaxed) != concurrency;
        is_new.then(|| {
            format!(
                "{calls} calls in flight at most, not {concurrency}: this process may have no more than {limit} files and \
                 connections open (ulimit -n)"
            )
        })
    }

    /// The client of a target.
    ///
    /// # Errors
    /// When the profile has no credentials.
    pub async fn client(&self, target: &Target) -> Result<Client> {
        if let Some(client) = lock(&self.clients).get(target) {
            return Ok(client);
        }
        let shared = self.profile(&target.profile).await?;
        // By default all profiles of a region share one retry budget: one throttled account would starve the others.
        let partition = RetryPartition::new(format!("lightsail-{target}"));
        let mut config = aws_sdk_lightsail::config::Builder::from(&shared);
        if let Some(url) = &self.settings.endpoint_url {
            config = config.endpoint_url(url);
        }
        let config = config
            .region(Region::new(target.region.clone()))
            .retry_partition(partition)
            .interceptor(Tracer)
            .protocol(LenientJson::default())
            .build();
        let client = Client::from_conf(config);
        lock(&self.clients).insert(target.clone(), client.clone());
        Ok(client)
    }

    /// The one way to the API: every call waits for its place within the limits, is counted, and is written down.
    ///
    /// Makes a call of `caller`'s: of `operation` at a target: page number `page`, from 1, of whatever it lists. A call
    /// whose credentials have expired is made once more, if there are others by now.
    ///
    /// # Errors
    /// When the profile has no credentials, or the call fails for good.
    pub async fn call<T, F>(
        &self,
        caller: &Caller,
        operation: &'static str,
        target: &Target,
        page: usize,
        send: impl Fn(Client) -> F,
    ) -> Result<(T, Cost)>
    where
        F: Future<Output = Result<T, SdkError<aws_sdk_lightsail::Error, HttpResponse>>>,
    {
        let used = self.profile(&target.profile).await?;
        match self.attempt(caller, operation, target, page, &send).await {
            Err(error) if error.kind() == Kind::Credentials && self.can_renew() => {
                self.renew(&target.profile, &used, error).await?;
                self.attempt(caller, operation, target, page, &send).await
            }
            answer => answer,
        }
    }

    async fn attempt<T, F>(
        &self,
        caller: &Caller,
        operation: &'static str,
        target: &Target,
        page: usize,
        send: &impl Fn(Client) -> F,
    ) -> Result<(T, Cost)>
    where
        F: Future<Output = Result<T, SdkError<aws_sdk_lightsail::Error, HttpResponse>>>,
    {
        let client = self.client(target).await?;
        let _permits = self.limits.acquire(&target.profile, caller.limit()).await;
        let mut pending = Pending::begin(caller, operation, target, page);
        let answer = pending.watch(send(client)).await;
        let answer = match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let seen = pending.seen();
                let config = self.profile(&target.profile).await.ok();
                let route = seen.url.as_deref().map(|url| self.route(url, config.as_ref()));
                let renewal = || self.renewal(&target.profile);
                Err(fault::from_sdk(operation, target, error, &seen, route.as_ref(), renewal))
            }
        };
        pending.error = answer.as_ref().err().map(|error| error.message().to_owned());
        Ok((answer?, pending.cost()))
    }

    /// How a call to this URL gets there.
    pub(super) fn route(&self, url: &str, config: Option<&SdkConfig>) -> Route {
        let flag = if self.settings.keys.is_some() { "--demo" } else { "--endpoint-url" };
        Route::new(url, config, self.settings.endpoint_url.is_some().then_some(flag))
    }

    /// The account of a profile, if anything told it so far.
    pub fn account(&self, profile: &Profile) -> Option<String> {
        lock(&self.accounts).get(profile).cloned()
    }

    /// Takes note of the account of a profile, unless it is known.
    pub fn learn_account(&self, profile: &Profile, account: impl FnOnce() -> Option<String>) {
        let mut accounts = lock(&self.accounts);
        if !accounts.contains_key(profile)
            && let Some(account) = account()
        {
            accounts.insert(profile.clone(), account);
        }
    }

    /// The region that a profile is at home in: AWS_REGION, AWS_DEFAULT_REGION, or the profile's own.
    pub(super) async fn default_region(&self, profile: &Profile) -> Result<Option<String>> {
        Ok(self.profile(profile).await?.region().map(|region| region.to_string()))
    }

    /// The home region of a profile, if it was found out already.
    pub(super) fn known_home(&self, profile: &Profile) -> Option<String> {
        if let Some(remote) = self.remote_profiles.get() {
            return remote.asked.get(&profile.name)?.home.clone();
        }
        let cell = Arc::clone(lock(&self.profiles).get(profile)?);
        Some(cell.get()?.region()?.to_string())
    }

    /// The region that a profile is at home in, as its configuration says: the environment's, or the files'. Nobody is asked.
    pub fn configured_region(&self, profile: &Profile) -> Option<String> {
        if let Some(home) = self.known_home(profile) {
            return Some(home);
        }
        self.configured(|files| configured_region(files, profile))
    }

    /// What the AWS configuration files say, if they are asked at all.
    pub(super) fn configured<T>(&self, say: impl FnOnce(&Files) -> Option<T>) -> Option<T> {
        if !self.has_profiles() {
            return None;
        }
        // Without the transport, whose certificates take a while to load.
        match &*lock(&self.files) {
            Some(reading) => say(&reading.profiles.files),
            None => say(&Files::of_environment()),
        }
    }

    /// The configuration of a profile, read once however many ask.
    pub(super) async fn profile(&self, profile: &Profile) -> Result<SdkConfig> {
        let cell = Arc::clone(lock(&self.profiles).entry(profile.clone()).or_default());
        cell.get_or_try_init(|| self.load(profile)).await.cloned()
    }

    async fn load(&self, profile: &Profile) -> Result<SdkConfig> {
        let stray = lock(&self.strays).get(&profile.name).cloned();
        if let Some(why) = stray {
            lock(&self.files).iter_mut().for_each(|reading| reading.is_doubted = true);
            return Err(Error::new(Kind::Credentials, why)
                .with_hint("--profile takes names, globs, !exclusions and @file, a file of names"));
        }
        let _permit = self.limits.resolve().await;
        if let Some(accounts) = self.assumed.get() {
            let (config, id) = accounts.load(&profile.name).await?;
            self.learn_account(profile, || Some(id));
            return Ok(config);
        }
        if self.settings.accounts.is_some() {
            return Err(Error::new(
                Kind::Internal,
                "the accounts to ask were not found out: call find_accounts",
            ));
        }
        self.load_profile(profile).await
    }

    /// Loads the configuration of a profile, also while the accounts to ask are being found out.
    pub(super) async fn load_profile(&self, profile: &Profile) -> Result<SdkConfig> {
        if let Some((id, secret)) = &self.settings.keys {
            let Transport { http, timeouts, retries } = self.transport()?;
            let keys = Credentials::new(id, secret, None, None, "static");
            return Ok(SdkConfig::builder()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .http_client(http)
                .credentials_provider(SharedCredentialsProvider::new(keys))
                .timeout_config(timeouts)
                .retry_config(retries.unwrap_or_else(RetryConfig::standard))
                .time_source(SharedTimeSource::default())
                .build());
        }
        match self.files()?.load(profile).await {
            Ok((config, account)) => {
                self.learn_account(profile, || account);
                Ok(config)
            }
            Err(error) => {
                lock(&self.files).iter_mut().for_each(|reading| reading.is_doubted = true);
                Err(error)
            }
        }
    }

    fn transport(&self) -> Result<Transport> {
        let mut transport = lock(&self.transport);
        match &*transport {
            Some(transport) => Ok(transport.clone()),
            None => Ok(transport.insert(self.settings.transport()?).clone()),
        }
    }

    /// What the AWS configuration files say, which are read once; again only some time after a profile failed.
    pub(super) fn files(&self) -> Result<Arc<Profiles>> {
        let transport = self.transport()?;
        let mut files = lock(&self.files);
        if files.as_ref().is_some_and(|reading| reading.is_doubted && reading.read_at.elapsed() > DOUBT) {
            *files = None;
            lock(&self.selections).clear();
            lock(&self.strays).clear();
        }
        let read = || Reading {
            profiles: Arc::new(Profiles::read(transport)),
            read_at: Instant::now(),
            is_doubted: false,
        };
        Ok(Arc::clone(&files.get_or_insert_with(read).profiles))
    }
}

/// What a thread that panicked left behind is as good as before: all that is held here is inserted whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_profile_and_region_has_retries_of_its_own() {
        let clients = Clients::new(Settings::default().for_demo("http://127.0.0.1:1", "KEY"));
        let partition = async |profile: &str, region: &str| {
            let profile = Profile { name: profile.into(), is_explicit: true };
            let client = clients.client(&Target { profile, region: region.into() }).await.unwrap();
            client.config().retry_partition().unwrap().clone()
        };
        let first = partition("one", "us-east-1").await;
        assert_eq!(first, partition("one", "us-east-1").await);
        assert_ne!(first, partition("two", "us-east-1").await);
        assert_ne!(first, partition("one", "us-east-2").await);
    }
}
