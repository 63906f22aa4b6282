//! One SDK client for each target: timeouts, retries, and one HTTP client beneath them all.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lightsail::Client;
use aws_sdk_lightsail::config::http::HttpResponse;
use aws_sdk_lightsail::config::retry::RetryPartition;
use aws_sdk_lightsail::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_sdk_lightsail::error::SdkError;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::OnceCell;

use super::calls::{Caller, Cost, Pending, Tracer};
use super::credentials;
use super::fault;
use super::limits::Limits;
use super::protocol::LenientJson;
use super::target::{Profile, Target, has_keys, named_profile};
use crate::error::{Error, Kind, Result};

/// How the API is reached. The default is what the environment and the AWS configuration files say.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Another endpoint than AWS's own.
    pub endpoint_url: Option<String>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// How long a connection may take to be made; zero waits for ever. 3.1 s if unset.
    pub connect_timeout: Option<Duration>,
    /// How long one attempt may take; zero waits for ever. 30 s if unset.
    pub read_timeout: Option<Duration>,
    /// How often a call is tried at most. The SDK's own, 3, if unset.
    pub max_attempts: Option<u32>,
    /// An access key id and its secret, instead of any profile: for the embedded endpoint.
    pub keys: Option<(String, String)>,
    /// How many calls of all sessions together may be in flight; as many as each session's own limit lets through if
    /// unset.
    pub concurrency: Option<usize>,
}

impl Settings {
    /// The same for the embedded endpoint: no AWS configuration of any kind is read.
    #[must_use]
    pub fn for_demo(self, endpoint_url: impl Into<String>, access_key_id: impl Into<String>) -> Self {
        let keys = Some((access_key_id.into(), "demo".into()));
        Self { endpoint_url: Some(endpoint_url.into()), keys, ..self }
    }
}

/// The SDK clients of a session: made when first asked for, kept for all its queries.
pub struct Clients {
    settings: Settings,
    http: OnceLock<SharedHttpClient>,
    profiles: Mutex<HashMap<Profile, Arc<OnceCell<SdkConfig>>>>,
    /// The account of each profile, as far as its credentials or an arn told it.
    accounts: Mutex<HashMap<Profile, String>>,
    clients: Mutex<HashMap<Target, Client>>,
    /// What GetRegions answered each profile: it changes once a year.
    pub(super) regions: Mutex<HashMap<Profile, Arc<OnceCell<Vec<String>>>>>,
    limits: Limits,
    has_said_who_signs: AtomicBool,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("endpoint_url", &self.settings.endpoint_url).finish_non_exhaustive()
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest pause that the SDK makes between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(20);
const MAX_ATTEMPTS: u32 = 3;

impl Clients {
    /// Clients that reach the API as `settings` say. Nothing is read or resolved before the first query.
    pub fn new(settings: Settings) -> Self {
        Self {
            limits: Limits::new(settings.concurrency),
            settings,
            http: OnceLock::new(),
            profiles: Mutex::default(),
            accounts: Mutex::default(),
            clients: Mutex::default(),
            regions: Mutex::default(),
            has_said_who_signs: AtomicBool::new(false),
        }
    }

    /// Whether profiles are read from the environment and the AWS configuration files.
    pub fn has_profiles(&self) -> bool {
        self.settings.keys.is_none()
    }

    /// Says once that keys in the environment sign although it names a profile.
    pub fn say_who_signs(&self) -> Option<String> {
        let (variable, named) = named_profile().filter(|_| self.has_profiles() && has_keys())?;
        let is_new = !self.has_said_who_signs.swap(true, Ordering::Relaxed);
        let Profile { name, .. } = Profile::of_environment();
        is_new.then(|| {
            format!(
                "{variable} names {named}, but the keys in the environment sign, as for the AWS CLI: rows say {name}; \
                 --profile {named} asks that profile"
            )
        })
    }

    /// The client of a target.
    ///
    /// # Errors
    /// When the profile has no credentials.
    pub async fn client(&self, target: &Target) -> Result<Client> {
        if let Some(client) = lock(&self.clients).get(target) {
            return Ok(client.clone());
        }
        let shared = self.profile(&target.profile).await?;
        // By default all profiles of a region share one retry budget: one throttled account would starve the others.
        let partition = RetryPartition::new(format!("lightsail-{target}"));
        let config = aws_sdk_lightsail::config::Builder::from(&shared)
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
    /// Makes a call of `caller`'s: of `operation` at a target: page number `page`, from 1, of whatever it lists.
    ///
    /// # Errors
    /// When the profile has no credentials, or the call fails for good.
    pub async fn call<T, F>(
        &self,
        caller: &Caller,
        operation: &'static str,
        target: &Target,
        page: usize,
        send: impl FnOnce(Client) -> F,
    ) -> Result<(T, Cost)>
    where
        F: Future<Output = Result<T, SdkError<aws_sdk_lightsail::Error, HttpResponse>>>,
    {
        let client = self.client(target).await?;
        let _permits = self.limits.acquire(&target.profile, caller.limit()).await;
        let mut pending = Pending::begin(caller, operation, target, page);
        let answer = pending.watch(send(client)).await;
        let answer = answer.map_err(|error| fault::from_sdk(operation, target, error));
        pending.error = answer.as_ref().err().map(|error| error.message().to_owned());
        Ok((answer?, pending.cost()))
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
        let cell = Arc::clone(lock(&self.profiles).get(profile)?);
        Some(cell.get()?.region()?.to_string())
    }

    /// The configuration of a profile, read once however many ask.
    pub(super) async fn profile(&self, profile: &Profile) -> Result<SdkConfig> {
        let cell = Arc::clone(lock(&self.profiles).entry(profile.clone()).or_default());
        cell.get_or_try_init(|| self.load(profile)).await.cloned()
    }

    async fn load(&self, profile: &Profile) -> Result<SdkConfig> {
        let http = self.http()?;
        let version = BehaviorVersion::v2026_01_12();
        if let Some((id, secret)) = &self.settings.keys {
            let keys = Credentials::new(id, secret, None, None, "static");
            let mut config = SdkConfig::builder()
                .behavior_version(version)
                .http_client(http)
                .credentials_provider(SharedCredentialsProvider::new(keys))
                .timeout_config(self.timeouts())
                .retry_config(self.retries().unwrap_or_else(RetryConfig::standard));
            config.set_endpoint_url(self.settings.endpoint_url.clone());
            return Ok(config.build());
        }
        if !profile.is_explicit {
            credentials::check_named_profile().await?;
        }
        let region = home_region(profile).await;
        let (credentials, account) = credentials::resolve(profile, region.as_deref(), &http).await?;
        self.learn_account(profile, || account);
        let mut loader = aws_config::defaults(version)
            .http_client(http)
            .credentials_provider(credentials)
            .timeout_config(self.timeouts());
        if let Some(name) = profile.in_files() {
            loader = loader.profile_name(name);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        if let Some(url) = &self.settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(retries) = self.retries() {
            loader = loader.retry_config(retries);
        }
        Ok(loader.load().await)
    }

    fn retries(&self) -> Option<RetryConfig> {
        Some(RetryConfig::standard().with_max_attempts(self.settings.max_attempts?))
    }

    /// The SDK's own default is to wait for ever once a connection stands.
    fn timeouts(&self) -> TimeoutConfig {
        let settings = &self.settings;
        let connect = settings.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        let attempt = settings.read_timeout.unwrap_or(READ_TIMEOUT);
        let attempts = settings.max_attempts.unwrap_or(MAX_ATTEMPTS);
        let mut timeouts = TimeoutConfig::builder();
        timeouts = match connect.is_zero() {
            true => timeouts.disable_connect_timeout(),
            false => timeouts.connect_timeout(connect),
        };
        timeouts = match attempt.is_zero() {
            true => timeouts.disable_read_timeout(),
            false => timeouts
                .read_timeout(attempt)
                .operation_attempt_timeout(connect.saturating_add(attempt))
                .operation_timeout(
                    connect.saturating_add(attempt).saturating_add(MAX_BACKOFF).saturating_mul(attempts),
                ),
        };
        timeouts.build()
    }

    /// The one HTTP client, so that connections are shared. The system's certificates are loaded when TLS needs them.
    fn http(&self) -> Result<SharedHttpClient> {
        if let Some(http) = self.http.get() {
            return Ok(http.clone());
        }
        let builder = aws_smithy_http_client::Builder::new();
        let http = if self.settings.keys.is_some() {
            builder.build_http()
        } else {
            let tls = self.tls()?;
            // The builder's own HTTPS client knows no proxy; the AWS CLI obeys HTTPS_PROXY and NO_PROXY.
            builder.build_with_connector_fn(move |settings, components| {
                let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
                connector.set_connector_settings(settings.cloned());
                if let Some(components) = components {
                    connector.set_sleep_impl(components.sleep_impl());
                }
                connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
            })
        };
        Ok(self.http.get_or_init(|| http).clone())
    }

    fn tls(&self) -> Result<TlsContext> {
        let Some(path) = &self.settings.ca_bundle else { return Ok(TlsContext::default()) };
        let wrong = |reason: &dyn fmt::Display| {
            Error::new(Kind::Usage, format!("cannot use the CA bundle {}: {reason}", path.display()))
                .with_hint("--ca-bundle and AWS_CA_BUNDLE name a file of PEM certificates")
        };
        let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| wrong(&error))?;
            roots.add(certificate).map_err(|error| wrong(&error))?;
        }
        if roots.is_empty() {
            return Err(wrong(&"it holds no PEM certificate"));
        }
        let store = TrustStore::empty().with_pem_certificate(pem);
        TlsContext::builder().with_trust_store(store).build().map_err(|error| wrong(&error))
    }
}

/// What a thread that panicked left behind is as good as before: all that is held here is inserted whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Not the SDK's chain: that ends at the metadata service of EC2, which elsewhere is a wait of seconds for nothing.
async fn home_region(profile: &Profile) -> Option<String> {
    let mut file = ProfileFileRegionProvider::builder();
    if let Some(name) = profile.in_files() {
        file = file.profile_name(name);
    }
    let chain =
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(file.build());
    chain.region().await.map(|region| region.to_string())
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
