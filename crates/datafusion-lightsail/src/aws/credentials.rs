//! Credentials of one profile: resolved once, early, within a limit.

use std::time::{Duration, SystemTime};

use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_lightsail::config::{
    Credentials, ProvideCredentials, SharedCredentialsProvider, SharedHttpClient,
};
use aws_types::os_shim_internal::{Env, Fs};
use tokio::sync::RwLock;

use super::fault::causes;
use super::target::{Profile, named_profile};
use crate::error::{Error, Kind, Result};

/// How long a profile may take to come up with credentials: an SSO or STS call, or a `credential_process`.
const LIMIT: Duration = Duration::from_secs(15);

/// Credentials that expire sooner than this are fetched anew.
const MARGIN: Duration = Duration::from_secs(120);

/// The credentials of one profile, already known to exist; the profile's own provider renews them.
#[derive(Debug)]
struct Resolved {
    provider: SharedCredentialsProvider,
    current: RwLock<Credentials>,
}

impl ProvideCredentials for Resolved {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let fresh_until = SystemTime::now() + MARGIN;
            let is_fresh =
                |credentials: &Credentials| credentials.expiry().is_none_or(|expiry| expiry > fresh_until);
            let current = self.current.read().await.clone();
            if is_fresh(&current) {
                return Ok(current);
            }
            let renewed = self.provider.provide_credentials().await?;
            *self.current.write().await = renewed.clone();
            Ok(renewed)
        })
    }
}

/// Finds out that the profile that the environment names is one of the AWS configuration files', whoever signs: the AWS CLI
/// wants it there even where keys in the environment go before it.
///
/// # Errors
/// When the files have no such profile, or cannot be read.
pub(super) async fn check_named_profile() -> Result<()> {
    let Some((variable, name)) = named_profile() else { return Ok(()) };
    let files = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await;
    let why = match files {
        Ok(profiles) if profiles.get_profile(&name).is_some() => return Ok(()),
        Ok(_) => "the AWS configuration files have no such profile".to_owned(),
        Err(error) => causes(&error),
    };
    Err(Error::new(Kind::Credentials, format!("no profile {name}, which {variable} names: {why}"))
        .with_hint(format!("see which profiles there are: aws configure list-profiles; or unset {variable}")))
}

/// Resolves the credentials of a profile, and its account if they tell it.
///
/// A profile that was asked for by name is read from the profile files alone, as the AWS CLI does: keys in the
/// environment must not stand in for it, as the SDK's own chain would let them.
///
/// # Errors
/// At once when there are none, or they cannot be had within 15 s; the hint is the command that mends it.
pub(super) async fn resolve(
    profile: &Profile,
    region: Option<&str>,
    http: &SharedHttpClient,
) -> Result<(SharedCredentialsProvider, Option<String>)> {
    let config = ProviderConfig::default()
        .with_http_client(http.clone())
        .with_region(region.map(|region| Region::new(region.to_owned())));
    let provider = if profile.is_explicit {
        let file = ProfileFileCredentialsProvider::builder().configure(&config);
        SharedCredentialsProvider::new(file.profile_name(&profile.name).build())
    } else {
        let mut chain = DefaultCredentialsChain::builder().configure(config);
        if let Some(name) = profile.in_files() {
            chain = chain.profile_name(&name);
        }
        SharedCredentialsProvider::new(chain.build().await)
    };
    let reason = match tokio::time::timeout(LIMIT, provider.provide_credentials()).await {
        Ok(Ok(credentials)) => {
            let account = credentials.account_id().map(|account| account.as_str().to_owned());
            let resolved = Resolved { provider, current: RwLock::new(credentials) };
            return Ok((SharedCredentialsProvider::new(resolved), account));
        }
        Ok(Err(CredentialsError::CredentialsNotLoaded(_))) if profile.is_explicit => {
            "the AWS configuration files have no such profile, or no credentials in it".to_owned()
        }
        Ok(Err(CredentialsError::CredentialsNotLoaded(_))) => {
            "neither the environment nor the AWS configuration files nor this machine's role has any"
                .to_owned()
        }
        Ok(Err(error)) => causes(&error),
        Err(_) => format!("no answer within {} s", LIMIT.as_secs()),
    };
    Err(Error::new(Kind::Credentials, format!("no credentials for profile {profile}: {reason}"))
        .with_hint(hint(profile, &reason)))
}

/// The command that mends it, as far as the reason tells.
fn hint(profile: &Profile, reason: &str) -> String {
    let reason = reason.to_ascii_lowercase();
    if reason.contains("sso") {
        format!("the SSO session may have expired; run: aws sso login --profile {profile}")
    } else if reason.contains("process") {
        format!("see what it runs, and run that: aws configure get credential_process --profile {profile}")
    } else if reason.contains("login") {
        format!("the login session may have expired; run: aws login --profile {profile}")
    } else if profile.is_explicit {
        format!(
            "see which profiles there are: aws configure list-profiles; or: aws configure --profile {profile}"
        )
    } else {
        "set them up with: aws configure; or try without an account: --demo".into()
    }
}
