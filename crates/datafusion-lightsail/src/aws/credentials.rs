//! Credentials that are fetched when they are needed, kept, and renewed before they expire.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_lightsail::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::{OnceCell, RwLock};

use super::descriptors;
use super::fault::causes;
use crate::error::{Error, Kind, Result};

/// How long it may take to come up with credentials: an SSO or STS call, or a `credential_process`.
const LIMIT: Duration = Duration::from_secs(15);

/// How long before they expire credentials are renewed at the latest; a quarter of their life if that is shorter.
const MARGIN: Duration = Duration::from_secs(120);

/// The credentials of one profile or account.
#[derive(Debug)]
pub(super) struct Renewed {
    provider: SharedCredentialsProvider,
    current: RwLock<Option<Held>>,
    /// What signs the request for these credentials, if that is resolved here too.
    source: Option<Arc<Renewed>>,
    /// Whose they are, as errors name it.
    owner: String,
    /// What to do when there are none.
    hint: String,
    /// What came of the first attempt: the same error for all who wait for it.
    first: OnceCell<Result<Option<String>>>,
}

#[derive(Debug, Clone)]
struct Held {
    credentials: Credentials,
    fetched_at: SystemTime,
}

impl Held {
    fn is_due(&self, now: SystemTime) -> bool {
        self.credentials.expiry().is_some_and(|expiry| {
            let life = expiry.duration_since(self.fetched_at).unwrap_or_default();
            expiry.duration_since(now).unwrap_or_default() <= MARGIN.min(life / 4)
        })
    }

    fn is_over(&self, now: SystemTime) -> bool {
        self.credentials.expiry().is_some_and(|expiry| expiry <= now)
    }
}

impl Renewed {
    /// Credentials of `owner` that a provider gives; `hint` says what to do when it gives none.
    pub(super) fn new(
        provider: impl ProvideCredentials + 'static,
        source: Option<Arc<Renewed>>,
        owner: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            provider: SharedCredentialsProvider::new(provider),
            current: RwLock::default(),
            source,
            owner: owner.into(),
            hint: hint.into(),
            first: OnceCell::new(),
        }
    }

    /// What to do when there are none.
    pub(super) fn hint(&self) -> &str {
        &self.hint
    }

    /// Finds out that there are credentials, and their account if they tell it.
    ///
    /// # Errors
    /// [`Kind::Credentials`] when there are none, or they cannot be had within 15 s; the hint is the command that mends it.
    pub(super) async fn check(&self) -> Result<Option<String>> {
        let first = self.first.get_or_init(|| async {
            if let Some(source) = &self.source {
                Box::pin(source.check()).await?;
            }
            match self.fetch().await {
                Ok(credentials) => Ok(credentials.account_id().map(|account| account.as_str().to_owned())),
                Err(error) => {
                    let what = match &error {
                        CredentialsError::CredentialsNotLoaded(_) => NONE.to_owned(),
                        error => causes(error),
                    };
                    let error =
                        Error::new(Kind::Credentials, format!("no credentials for {}: {what}", self.owner));
                    let hint = descriptors::room().unwrap_or_else(|| self.hint.clone());
                    Err(if hint.is_empty() { error } else { error.with_hint(hint) })
                }
            }
        });
        match first.await {
            Ok(account) => Ok(account.clone()),
            Err(error) => Err(error.retold()),
        }
    }

    /// The credentials that are held, or new ones in time before those expire.
    async fn fetch(&self) -> Result<Credentials, CredentialsError> {
        let fresh = |held: &Option<Held>| {
            held.as_ref().filter(|held| !held.is_due(SystemTime::now())).map(|held| held.credentials.clone())
        };
        if let Some(credentials) = fresh(&*self.current.read().await) {
            return Ok(credentials);
        }
        // One of all the calls that wait renews them.
        let mut current = self.current.write().await;
        if let Some(credentials) = fresh(&current) {
            return Ok(credentials);
        }
        let fetched_at = SystemTime::now();
        let renewed = match tokio::time::timeout(LIMIT, self.provider.provide_credentials()).await {
            Ok(renewed) => renewed,
            Err(_) => Err(CredentialsError::provider_error(Slow)),
        };
        match (renewed, &*current) {
            (Ok(credentials), _) => {
                *current = Some(Held { credentials: credentials.clone(), fetched_at });
                Ok(credentials)
            }
            // Whatever is wrong may have passed before they do expire.
            (Err(_), Some(held)) if !held.is_over(SystemTime::now()) => Ok(held.credentials.clone()),
            (Err(error), _) => Err(error),
        }
    }
}

/// What is said where no provider has any.
const NONE: &str = "neither the environment nor the AWS configuration files nor this machine's role has any";

#[derive(Debug)]
struct Slow;

impl std::fmt::Display for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no answer within {} s", LIMIT.as_secs())
    }
}

impl std::error::Error for Slow {}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.fetch())
    }
}

/// Credentials that several hold.
#[derive(Debug, Clone)]
pub(super) struct Shared(pub(super) Arc<Renewed>);

impl ProvideCredentials for Shared {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.provide_credentials()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Gives credentials that live so long, the number of the request as their key.
    #[derive(Debug)]
    struct Short(Duration, AtomicU32);

    impl ProvideCredentials for Short {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.1.fetch_add(1, Ordering::Relaxed);
            let expiry = SystemTime::now() + self.0;
            future::ProvideCredentials::ready(match number {
                0 | 1 => Ok(Credentials::new(number.to_string(), "x", None, Some(expiry), "short")),
                _ => Err(CredentialsError::provider_error("gone")),
            })
        }
    }

    #[tokio::test]
    async fn they_are_renewed_before_they_expire_and_used_up_if_that_fails() {
        // Long enough that a busy machine does not change what is seen.
        let short = Short(Duration::from_secs(5), AtomicU32::new(0));
        let renewed = Renewed::new(short, None, "profile x", "");
        renewed.check().await.unwrap();
        let key = async || renewed.fetch().await.map(|credentials| credentials.access_key_id().to_owned());
        assert_eq!((key().await.unwrap(), key().await.unwrap()), ("0".into(), "0".into()));
        tokio::time::sleep(Duration::from_secs(4)).await;
        let all = futures::future::join_all((0..8).map(|_| key())).await;
        assert!(all.iter().all(|key| key.as_ref().is_ok_and(|key| key == "1")), "{all:?}");
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(key().await.unwrap(), "1", "it is good for another second");
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert!(key().await.is_err());
    }
}
