//! Who signs for a profile: where the credentials come from, and until when they hold.

use std::time::SystemTime;

use aws_sdk_lightsail::config::ProvideCredentials;

use super::client::Clients;
use super::files::Origin;
use super::route::Route;
use super::source::{Source, kind_of};
use super::target::{Profile, Target, has_keys};
use crate::error::{Error, Kind, Result};

/// Who signs for a profile.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Where the credentials come from, in words.
    pub source: String,
    /// The account that they belong to, if they tell it.
    pub account: Option<String>,
    /// When they expire, if they do.
    pub expires_at: Option<SystemTime>,
    /// The region that the profile is at home in.
    pub region: Option<String>,
}

impl Clients {
    /// Finds out who signs for a profile, which resolves its credentials.
    ///
    /// # Errors
    /// [`Kind::Credentials`] when it has none.
    pub async fn identity(&self, profile: &Profile) -> Result<Identity> {
        let config = self.profile(profile).await?;
        let provider =
            config.credentials_provider().ok_or_else(|| Error::bug("a configuration without credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(|error| {
            Error::new(Kind::Credentials, format!("no credentials for profile {profile}: {error}"))
        })?;
        Ok(Identity {
            source: self.source(profile),
            account: self.account(profile),
            expires_at: credentials.expiry(),
            region: config.region().map(ToString::to_string),
        })
    }

    /// How calls to a target get to their host, as far as it is known: after a call was made.
    ///
    /// # Errors
    /// [`Kind::Credentials`] when the profile has no credentials.
    pub async fn route_of(&self, target: &Target, url: &str) -> Result<Route> {
        let config = self.profile(&target.profile).await?;
        Ok(self.route(url, Some(&config)))
    }

    /// Where a profile's credentials come from.
    fn source(&self, profile: &Profile) -> String {
        if !self.reads_files() {
            return "the demo's keys".to_owned();
        }
        if self.assumed.get().is_some() {
            return "a role in the account".to_owned();
        }
        if !profile.is_explicit && has_keys() {
            return "AWS_ACCESS_KEY_ID in the environment".to_owned();
        }
        let Ok(profiles) = self.files() else { return String::new() };
        let section = profiles.files.profile(&profile.name).ok().flatten();
        let get = |key: &str| section.and_then(|section| section.get(key)).unwrap_or_default().to_owned();
        match section.and_then(kind_of) {
            Some(Source::Role) => match get("source_profile") {
                source if source.is_empty() => {
                    format!("the role {}, from {}", get("role_arn"), get("credential_source"))
                }
                source => format!("the role {}, through profile {source}", get("role_arn")),
            },
            Some(Source::WebIdentity) => format!("the role {}, by a web identity", get("role_arn")),
            Some(Source::Sso) => {
                format!("SSO, role {} in account {}", get("sso_role_name"), get("sso_account_id"))
            }
            Some(Source::Login) => "aws login".to_owned(),
            Some(Source::Process) => "credential_process".to_owned(),
            Some(Source::Keys(Origin::Credentials)) => "keys in the credentials file".to_owned(),
            Some(Source::Keys(Origin::Config)) => "keys in the config file".to_owned(),
            None => "this machine's role".to_owned(),
        }
    }
}
