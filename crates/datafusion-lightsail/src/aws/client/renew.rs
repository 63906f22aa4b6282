//! Credentials that have expired: what is held of their profile is dropped, and resolved anew.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_lightsail::config::ProvideCredentials;
use aws_smithy_runtime_api::client::identity::ResolveIdentity;

use super::{Clients, lock};
use crate::aws::target::Profile;
use crate::error::{Error, Result};

impl Clients {
    /// Whether there may be other credentials when those that are held have expired.
    pub(super) fn can_renew(&self) -> bool {
        self.reads_files() || self.assumed.get().is_some()
    }

    /// What a person does about credentials of a profile that have expired.
    pub(super) fn renewal(&self, profile: &Profile) -> Option<String> {
        let reading = lock(&self.files).as_ref().map(|reading| Arc::clone(&reading.profiles));
        reading.filter(|_| self.reads_files()).map(|profiles| profiles.renewal(profile))
    }

    /// Drops what is held of a profile whose credentials have expired, the AWS configuration files among it, and
    /// resolves it anew.
    ///
    /// # Errors
    /// The error that said so, if there are still no other credentials.
    pub(super) async fn renew(&self, profile: &Profile, used: &SdkConfig, expired: Error) -> Result<()> {
        let before = signer(used).await;
        let is_dropped = {
            let held = lock(&self.profiles).get(profile).and_then(|cell| cell.get().cloned());
            let is_same = held.is_some_and(|held| is_same_provider(&held, used));
            // Another call that failed with them may have been here before.
            if is_same {
                lock(&self.profiles).remove(profile);
                // The next ones may be of another account.
                lock(&self.accounts).remove(profile);
                lock(&self.clients).retain(|target| target.profile != *profile);
                *lock(&self.files) = None;
            }
            is_same
        };
        if is_dropped && let Err(error) = self.renew_signer().await {
            return Err(match error.hint() {
                Some(hint) => expired.with_hint(hint),
                None => expired,
            });
        }
        match self.profile(profile).await {
            Ok(renewed) if signer(&renewed).await != before => Ok(()),
            Ok(_) => Err(expired),
            Err(error) => Err(match error.hint() {
                Some(hint) => expired.with_hint(hint),
                None => expired,
            }),
        }
    }
}

/// Whether two configurations take their credentials from one place.
fn is_same_provider(one: &SdkConfig, other: &SdkConfig) -> bool {
    let partition = |config: &SdkConfig| Some(config.credentials_provider()?.cache_partition());
    partition(one) == partition(other)
}

/// The key that signs now.
async fn signer(config: &SdkConfig) -> Option<(String, Option<String>)> {
    let credentials = config.credentials_provider()?.provide_credentials().await.ok()?;
    Some((credentials.access_key_id().to_owned(), credentials.session_token().map(ToOwned::to_owned)))
}
