//! What a profile of the AWS configuration files is: who signs for it, where it is at home, how its calls are made.
//!
//! Which of the things that a section says goes before the others is botocore's order; whatever signs or asks for
//! credentials is the SDK's.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::credential_process::CredentialProcessProvider;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::login::LoginCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_lightsail::config::{Credentials, SharedCredentialsProvider};
use tokio::sync::OnceCell;

use super::client::lock;
use super::credentials::{Renewed, Shared};
use super::files::{ALIAS, FileProfile, Files};
use super::role::Role;
use super::source::{Source, kind_as_source, kind_of};
use super::sso::{self, Flaw};
use super::target::{Profile, has_keys, named_profile};
use super::transport::Transport;
use super::word::word;
use crate::error::{Error, Kind, Result};

/// Where STS is asked for a profile that is at home nowhere.
pub(super) const STS_REGION: &str = "us-east-1";

/// The profiles of the AWS configuration files, which are read once.
#[derive(Debug)]
pub(super) struct Profiles {
    pub(super) files: Files,
    transport: Transport,
    /// By what the SDK is told of them: thousands of profiles differ in nothing but their credentials.
    configs: Mutex<HashMap<String, Arc<OnceCell<SdkConfig>>>>,
    /// The credentials of profiles that others take theirs from.
    sources: Mutex<HashMap<String, Arc<OnceCell<Arc<Renewed>>>>>,
}

impl Profiles {
    /// Reads the files.
    pub(super) fn read(transport: Transport) -> Self {
        let files = Files::of_environment();
        Self { files, transport, configs: Mutex::default(), sources: Mutex::default() }
    }

    /// The SDK's configuration of a profile, and its account if its credentials tell it.
    ///
    /// A profile that was asked for by name is read from the profile files alone, as the AWS CLI does: keys in the
    /// environment must not stand in for it, as the SDK's own chain would let them.
    ///
    /// # Errors
    /// [`Kind::Credentials`] when there is no such profile, or it has no credentials; the hint is the command that mends it.
    pub(super) async fn load(&self, profile: &Profile) -> Result<(SdkConfig, Option<String>)> {
        let section = match profile.is_explicit {
            true => {
                let found = self.files.profile(&profile.name)?;
                Some(found.ok_or_else(|| self.files.no_such(&profile.name))?)
            }
            false => self.of_environment()?,
        };
        let region = region_of_environment().or_else(|| section.and_then(region));
        let config = self.config(section, region).await?;
        let credentials = match section {
            Some(section) if profile.is_explicit => self.credentials(section, &config, false).await?,
            section => self.chain(profile, section, &config).await?,
        };
        let account = credentials.check().await?;
        let told = section.and_then(|section| section.get("aws_account_id")).filter(|_| profile.is_explicit);
        let config = config.into_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(Shared(credentials))).build();
        Ok((config, account.or_else(|| told.map(ToOwned::to_owned))))
    }

    /// The profile that the environment names, whoever signs: the AWS CLI wants it to be there even where keys in the
    /// environment go before it. Else the default one, if there is one.
    fn of_environment(&self) -> Result<Option<&FileProfile>> {
        let Some((variable, name)) = named_profile() else { return self.files.profile("default") };
        let why = match self.files.profile(&name) {
            Ok(Some(profile)) => return Ok(Some(profile)),
            Ok(None) => "the AWS configuration files have no such profile".to_owned(),
            Err(error) => error.message().to_owned(),
        };
        let hint = match self.files.meant(&name) {
            Some(meant) => format!("did you mean {meant}? or unset {variable}"),
            None => format!("see which profiles there are: aws configure list-profiles; or unset {variable}"),
        };
        Err(Error::new(Kind::Credentials, format!("no profile {name}, which {variable} names: {why}"))
            .with_hint(hint))
    }

    /// The configuration of a profile without credentials. The SDK reads what it is to know of the profile from a file
    /// in memory, once for all that have the same.
    ///
    /// # Errors
    /// When the way in which it is to retry is none.
    async fn config(&self, section: Option<&FileProfile>, region: Option<String>) -> Result<SdkConfig> {
        let settings = section.map_or_else(|| format!("[profile {ALIAS}]\n"), |it| self.files.settings(it));
        let retries = match &self.transport.retries {
            Some(retries) => Some(retries.clone()),
            None => self.files.retries(section)?,
        };
        let cell = Arc::clone(lock(&self.configs).entry(format!("{settings}{retries:?}")).or_default());
        let load = || async {
            let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, settings).build();
            let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
                .profile_files(files)
                .profile_name(ALIAS)
                // Or else the SDK asks the metadata service of EC2 for it.
                .region(Region::from_static(STS_REGION))
                .http_client(self.transport.http.clone())
                .timeout_config(self.transport.timeouts.clone())
                .identity_cache(IdentityCache::no_cache())
                .no_credentials();
            if let Some(retries) = retries {
                loader = loader.retry_config(retries);
            }
            loader.load().await
        };
        let config = cell.get_or_init(load).await.to_builder();
        Ok(config.region(region.map(Region::new)).build())
    }

    /// The credentials that the environment has, or else the profile, or else this machine.
    async fn chain(
        &self,
        profile: &Profile,
        section: Option<&FileProfile>,
        config: &SdkConfig,
    ) -> Result<Arc<Renewed>> {
        let provider = self.provider_config(config);
        let mut chain =
            CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new());
        let mut source = None;
        let mut hint = "set them up with: aws configure; or try without an account: --demo".to_owned();
        if let Some(section) = section.filter(|section| !has_keys() && kind_of(section).is_some()) {
            let own = self.credentials(section, config, false).await?;
            hint = own.hint().to_owned();
            chain = chain.or_else("Profile", Shared(Arc::clone(&own)));
            source = Some(own);
        }
        let web = WebIdentityTokenCredentialsProvider::builder().configure(&provider).build();
        let ecs = EcsCredentialsProvider::builder().configure(&provider).build();
        let imds = ImdsCredentialsProvider::builder().configure(&provider).build();
        let chain = chain.or_else("WebIdentityToken", web).or_else("EcsContainer", ecs);
        let chain = chain.or_else("Ec2InstanceMetadata", imds);
        Ok(Arc::new(Renewed::new(chain, source, format!("profile {profile}"), hint)))
    }

    fn provider_config(&self, config: &SdkConfig) -> ProviderConfig {
        ProviderConfig::default()
            .with_http_client(self.transport.http.clone())
            .with_region(Some(config.region().cloned().unwrap_or(Region::from_static(STS_REGION))))
            .with_use_fips(config.use_fips())
            .with_use_dual_stack(config.use_dual_stack())
    }

    /// The credentials of a profile of the files, which may be the source of another's.
    ///
    /// # Errors
    /// When its section says none, or what it says cannot be.
    async fn credentials(
        &self,
        section: &FileProfile,
        config: &SdkConfig,
        is_source: bool,
    ) -> Result<Arc<Renewed>> {
        let name = &section.name;
        let pasted = word(name);
        let kind = if is_source { kind_as_source(section) } else { kind_of(section) };
        let owner = format!("profile {name}");
        let provider = self.provider_config(config);
        let get = |key| section.get(key).unwrap_or_default().to_owned();
        let renewed = |provider, hint: String| Renewed::new(provider, None, owner.clone(), hint);
        let none =
            |reason: String| Error::new(Kind::Credentials, format!("no credentials for {owner}: {reason}"));
        let credentials = match kind {
            None => {
                let at = self.files.at(section, "");
                return Err(none(format!("the AWS configuration files say none: {at}"))
                    .with_hint(format!("set them up with: aws configure --profile {pasted}")));
            }
            Some(Source::Keys(origin)) => {
                let keys = self.files.keys(section, origin)?;
                let keys = keys.ok_or_else(|| none("half a pair of keys".to_owned()))?;
                let keys =
                    Credentials::new(keys.id, keys.secret, keys.token.map(Into::into), None, "ProfileFile");
                renewed(SharedCredentialsProvider::new(keys), String::new())
            }
            Some(Source::Process) => renewed(
                SharedCredentialsProvider::new(CredentialProcessProvider::new(get("credential_process"))),
                format!(
                    "see what it runs, and run that: aws configure get credential_process --profile {pasted}"
                ),
            ),
            Some(Source::Login) => renewed(
                SharedCredentialsProvider::new(
                    LoginCredentialsProvider::builder(get("login_session")).configure(&provider).build(),
                ),
                format!("the login session may have expired; run: aws login --profile {pasted}"),
            ),
            Some(Source::WebIdentity) => {
                if section.get("role_arn").is_none() {
                    let at = self.files.at(section, "web_identity_token_file");
                    return Err(none(format!("{at}: web_identity_token_file wants a role_arn")));
                }
                let session = section.get("role_session_name").unwrap_or("lightsail-sql").to_owned();
                let configuration = StaticConfiguration {
                    web_identity_token_file: get("web_identity_token_file").into(),
                    role_arn: get("role_arn"),
                    session_name: session,
                };
                let web = WebIdentityTokenCredentialsProvider::builder().static_configuration(configuration);
                let at = self.files.at(section, "web_identity_token_file");
                renewed(
                    SharedCredentialsProvider::new(web.configure(&provider).build()),
                    format!("the token is in the file that web_identity_token_file names: {at}"),
                )
            }
            Some(Source::Sso) => renewed(
                SharedCredentialsProvider::new(self.sso(section, &provider)?),
                format!("the SSO session may have expired; run: aws sso login --profile {pasted}"),
            ),
            Some(Source::Role) => return self.role(section, config).await.map(Arc::new),
        };
        Ok(Arc::new(credentials))
    }

    fn sso(&self, section: &FileProfile, provider: &ProviderConfig) -> Result<SsoCredentialsProvider> {
        let session = section.get("sso_session").map(|name| self.files.session(section, name)).transpose()?;
        let wanted = |key: &str| {
            let own = section.get(key);
            let of_session = session.and_then(|session| session.get(key));
            let at = || self.files.at(section, key);
            match (own, of_session) {
                (Some(own), Some(other)) if own != other => {
                    Err(format!("{}: {key} is {own}, and {other} in the sso-session", at()))
                }
                (Some(value), _) | (None, Some(value)) if !value.is_empty() => Ok(value.to_owned()),
                _ => Err(format!("{}: SSO wants {key}", at())),
            }
        };
        let build = || -> Result<SsoCredentialsProvider, Flaw> {
            let mut sso = SsoCredentialsProvider::builder()
                .configure(provider)
                .account_id(wanted("sso_account_id")?)
                .role_name(wanted("sso_role_name")?)
                .start_url(wanted("sso_start_url")?)
                .region(Region::new(wanted("sso_region")?));
            sso.set_session_name(section.get("sso_session").map(ToOwned::to_owned));
            // The SDK would ask with it, and be told no more than that it is not authorized.
            if session.is_none() {
                sso::check_login(&wanted("sso_start_url")?, SystemTime::now())?;
            }
            Ok(sso.build())
        };
        build().map_err(|what| {
            let name = &section.name;
            let pasted = word(name);
            let error = |what: &str| {
                Error::new(Kind::Credentials, format!("no credentials for profile {name}: {what}"))
            };
            match what {
                Flaw::Section(what) => {
                    error(&what).with_hint(format!("set it up with: aws configure sso --profile {pasted}"))
                }
                Flaw::Login(what) => error(&what).with_hint(format!("run: aws sso login --profile {pasted}")),
            }
        })
    }

    /// The credentials of a role that a profile takes on.
    async fn role(&self, section: &FileProfile, config: &SdkConfig) -> Result<Renewed> {
        let name = &section.name;
        let pasted = word(name);
        let wrong = |key: &str, what: String| {
            let at = self.files.at(section, key);
            Error::new(Kind::Credentials, format!("no credentials for profile {name}: {at}: {what}"))
        };
        if let Some(device) = section.get("mfa_serial") {
            return Err(wrong("mfa_serial", format!("it wants a code of the MFA device {device}"))
                .with_hint(format!(
                    "let the AWS CLI ask for the code, and ask without --profile: \
                 eval \"$(aws configure export-credentials --profile {pasted} --format env)\""
                )));
        }
        let source = match (section.get("source_profile"), section.get("credential_source")) {
            (Some(_), Some(_)) => {
                let what = "both source_profile and credential_source: one of them may be said".to_owned();
                return Err(wrong("source_profile", what));
            }
            (None, None) => {
                let what = "role_arn wants a source_profile or a credential_source".to_owned();
                return Err(wrong("role_arn", what));
            }
            (None, Some(source)) => {
                let provider = self.named(source, config);
                let provider = provider.ok_or_else(|| {
                    let what = "credential_source is Environment, Ec2InstanceMetadata or EcsContainer, not";
                    wrong("credential_source", format!("{what} {source}"))
                })?;
                let hint = format!("it is what credential_source of profile {name} says");
                Arc::new(Renewed::new(provider, None, format!("profile {name} from {source}"), hint))
            }
            (Some(source), None) => {
                let found = self.files.profile(source).map_err(|error| {
                    let hint = error.hint().unwrap_or_default().to_owned();
                    wrong("source_profile", error.message().to_owned()).with_hint(hint)
                })?;
                let found = found.ok_or_else(|| {
                    let error = wrong("source_profile", format!("there is no profile {source}"));
                    error.with_hint(match self.files.meant(source) {
                        Some(meant) => format!("did you mean {meant}?"),
                        None => format!(
                            "source_profile names one of the profiles there are, or set it up: aws configure --profile {}",
                            word(source)
                        ),
                    })
                })?;
                if self.leads_back(found) {
                    return Err(wrong("source_profile", format!("{source} leads back to {source}")));
                }
                self.source(found).await?
            }
        };
        let role = Role {
            // The region of a profile that is at home nowhere does not matter: the role is the same everywhere.
            config: match config.region() {
                Some(_) => config.clone(),
                None => config.to_builder().region(Region::from_static(STS_REGION)).build(),
            },
            arn: section.get("role_arn").unwrap_or_default().to_owned(),
            external_id: section.get("external_id").map(ToOwned::to_owned),
            session_name: section.get("role_session_name").map(ToOwned::to_owned),
            duration: section
                .get("duration_seconds")
                .and_then(|text| text.parse().ok())
                .map(Duration::from_secs),
            source: Shared(Arc::clone(&source)),
        };
        let hint = format!(
            "may it be assumed? see its trust policy, and try: aws sts get-caller-identity --profile {pasted}"
        );
        Ok(Renewed::new(role, Some(source), format!("profile {name}"), hint))
    }

    /// Whether the chain of `source_profile` that begins at a profile has no end.
    fn leads_back(&self, source: &FileProfile) -> bool {
        let mut seen = HashSet::new();
        let mut next = Some(source);
        while let Some(section) = next.filter(|section| kind_as_source(section) == Some(Source::Role)) {
            if !seen.insert(&section.name) {
                return true;
            }
            let source = section.get("source_profile");
            next = source.and_then(|source| self.files.profile(source).ok().flatten());
        }
        false
    }

    /// The credentials of a profile that others take theirs from: fetched once for all of them.
    async fn source(&self, section: &FileProfile) -> Result<Arc<Renewed>> {
        let cell = Arc::clone(lock(&self.sources).entry(section.name.clone()).or_default());
        let find = || async {
            let region = region_of_environment().or_else(|| region(section));
            let config = self.config(Some(section), region).await?;
            Box::pin(self.credentials(section, &config, true)).await
        };
        cell.get_or_try_init(find).await.cloned()
    }

    fn named(&self, source: &str, config: &SdkConfig) -> Option<SharedCredentialsProvider> {
        let provider = self.provider_config(config);
        Some(match source.to_ascii_lowercase().as_str() {
            "environment" => SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()),
            "ec2instancemetadata" => SharedCredentialsProvider::new(
                ImdsCredentialsProvider::builder().configure(&provider).build(),
            ),
            "ecscontainer" => {
                SharedCredentialsProvider::new(EcsCredentialsProvider::builder().configure(&provider).build())
            }
            _ => return None,
        })
    }
}

/// The region that the environment or the files give a profile.
pub(super) fn configured_region(files: &Files, profile: &Profile) -> Option<String> {
    let named = named_profile().filter(|_| !profile.is_explicit).map(|(_, name)| name);
    let section = files.profile(named.as_deref().unwrap_or(&profile.name));
    region_of_environment().or_else(|| section.ok().flatten().and_then(region))
}

/// The account that a profile is of, as far as the files say for sure: that of its role, or that which it signs in to.
#[cfg(feature = "cluster")]
pub(super) fn configured_account(files: &Files, profile: &Profile) -> Option<String> {
    let section = files.profile(&profile.name).ok().flatten().filter(|_| profile.is_explicit)?;
    let of_role = section.get("role_arn").and_then(|role| role.split(':').nth(4));
    let account = of_role.or_else(|| section.get("sso_account_id"));
    account.filter(|account| !account.is_empty()).map(ToOwned::to_owned)
}

/// AWS_REGION, or else AWS_DEFAULT_REGION.
pub(crate) fn region_of_environment() -> Option<String> {
    let region = |variable| std::env::var(variable).ok().filter(|region| !region.is_empty());
    ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(region)
}

fn region(section: &FileProfile) -> Option<String> {
    section.get("region").filter(|region| !region.is_empty()).map(ToOwned::to_owned)
}
