//! A role that is taken on: credentials that STS gives.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::future;
use aws_sdk_lightsail::config::ProvideCredentials;

use super::credentials::Shared;

/// A role to take on. The SDK's provider is built for each request and dropped: it holds a whole client of STS, and
/// there may be a role for each of thousands of accounts.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) config: SdkConfig,
    pub(super) arn: String,
    pub(super) external_id: Option<String>,
    pub(super) session_name: Option<String>,
    pub(super) duration: Option<Duration>,
    pub(super) source: Shared,
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let mut role = AssumeRoleProvider::builder(&self.arn)
                .configure(&self.config)
                .session_name(self.session_name.as_deref().unwrap_or("lightsail-sql"));
            if let Some(external_id) = &self.external_id {
                role = role.external_id(external_id);
            }
            if let Some(duration) = self.duration {
                role = role.session_length(duration);
            }
            role.build_from_provider(self.source.clone()).await.provide_credentials().await
        })
    }
}
