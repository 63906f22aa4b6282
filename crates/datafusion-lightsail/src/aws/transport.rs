//! How calls travel: one HTTP client beneath all targets, timeouts, and how often a call is tried.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lightsail::config::SharedHttpClient;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::accounts::AssumedAccounts;
use super::descriptors;
use super::outgoing::Outgoing;
use super::route::is_without_proxies;
use crate::error::{Error, Kind, Result};

/// How the API is reached. The default is what the environment and the AWS configuration files say.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Another endpoint than AWS's own.
    pub endpoint_url: Option<String>,
    /// Whether an endpoint may be another machine's without TLS.
    pub insecure_endpoint: bool,
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
    /// Accounts to ask instead of profiles.
    pub accounts: Option<AssumedAccounts>,
}

impl Settings {
    /// Adds what the environment says and nobody set: AWS_CA_BUNDLE and AWS_MAX_ATTEMPTS, which the SDK does not read, or
    /// not strictly.
    ///
    /// # Errors
    /// [`Kind::Usage`] when AWS_MAX_ATTEMPTS is not a number from 1, or an endpoint has more than a host and a path: a password
    /// in it would stand in errors and logs.
    pub fn with_environment(mut self) -> Result<Self> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        self.ca_bundle = self.ca_bundle.or_else(|| variable("AWS_CA_BUNDLE").map(PathBuf::from));
        if let (None, Some(text)) = (self.max_attempts, variable("AWS_MAX_ATTEMPTS")) {
            let attempts = text.parse().ok().filter(|attempts| *attempts > 0);
            self.max_attempts = Some(attempts.ok_or_else(|| {
                Error::new(Kind::Usage, format!("AWS_MAX_ATTEMPTS is {text:?}, not a number from 1"))
            })?);
        }
        let flag = self.endpoint_url.clone().map(|url| ("--endpoint-url", url));
        let named = ["AWS_ENDPOINT_URL_LIGHTSAIL", "AWS_ENDPOINT_URL"];
        let named = named.into_iter().filter_map(|name| Some((name, variable(name)?)));
        for (name, url) in flag.into_iter().chain(named) {
            // Credentials come from elsewhere, and the words of this one are nobody's to read.
            if url.contains(['@', '?', '#']) {
                let what = format!("{name}: the endpoint has a user, a password or a query");
                return Err(Error::new(Kind::Usage, what).with_hint("write https://host:port alone"));
            }
        }
        Ok(self)
    }

    /// Makes settings for the embedded endpoint: no AWS configuration of any kind is read.
    #[must_use]
    pub fn for_demo(self, endpoint_url: impl Into<String>, access_key_id: impl Into<String>) -> Self {
        let keys = Some((access_key_id.into(), "demo".into()));
        Self { endpoint_url: Some(endpoint_url.into()), keys, ..self }
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest pause that the SDK makes between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(20);
const MAX_ATTEMPTS: u32 = 3;

/// How the calls of all profiles are made.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    pub(super) http: SharedHttpClient,
    pub(super) timeouts: TimeoutConfig,
    /// Instead of what the environment and the profile say.
    pub(super) retries: Option<RetryConfig>,
}

impl Settings {
    /// What all calls have in common.
    ///
    /// # Errors
    /// [`Kind::Usage`] when the CA bundle is none.
    pub(super) fn transport(&self) -> Result<Transport> {
        let idle = descriptors::idle(descriptors::limit());
        Ok(Transport { http: self.http(idle)?, timeouts: self.timeouts(), retries: self.retries() })
    }

    fn retries(&self) -> Option<RetryConfig> {
        Some(RetryConfig::standard().with_max_attempts(self.max_attempts?))
    }

    /// The SDK's own default is to wait for ever once a connection stands.
    fn timeouts(&self) -> TimeoutConfig {
        let connect = self.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        let attempt = self.read_timeout.unwrap_or(READ_TIMEOUT);
        let attempts = self.max_attempts.unwrap_or(MAX_ATTEMPTS);
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

    /// The one HTTP client, so that connections are shared; `idle` of them wait at each host for the next call. The system's certificates are loaded when TLS needs them.
    fn http(&self, idle: usize) -> Result<SharedHttpClient> {
        Ok(if self.keys.is_some() {
            aws_smithy_http_client::Builder::new().pool_max_idle_per_host(idle).build_http()
        } else {
            let tls = self.tls()?;
            // The builder's own HTTPS client knows no proxy; the AWS CLI obeys HTTPS_PROXY and NO_PROXY.
            let client = |is_proxied: bool| {
                let tls = tls.clone();
                aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
                    let proxies = match is_proxied && !is_without_proxies() {
                        true => ProxyConfig::from_env(),
                        false => ProxyConfig::disabled(),
                    };
                    let mut connector = Connector::builder().proxy_config(proxies);
                    connector.set_connector_settings(settings.cloned());
                    connector.set_pool_max_idle_per_host(Some(idle));
                    if let Some(components) = components {
                        connector.set_sleep_impl(components.sleep_impl());
                    }
                    connector
                        .tls_provider(Provider::Rustls(CryptoMode::Ring))
                        .tls_context(tls.clone())
                        .build()
                })
            };
            let allows_cleartext = self.insecure_endpoint;
            SharedHttpClient::new(Outgoing { proxied: client(true), direct: client(false), allows_cleartext })
        })
    }

    fn tls(&self) -> Result<TlsContext> {
        let Some(path) = &self.ca_bundle else { return Ok(TlsContext::default()) };
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
