//! The `lightsail.*` settings, as DataFusion knows them: `SET lightsail.regions = 'us-*'`, `SHOW lightsail.regions`.

use std::any::Any;

use datafusion::common::config::ConfigField;
use datafusion::common::{Result, config_err};
use datafusion::config::{ConfigEntry, ConfigExtension, ExtensionOptions};

use crate::aws::DEFAULT_CONCURRENCY;

/// What a query asks; the flag of the same name sets it for the whole session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LightsailOptions {
    /// AWS profiles to ask, separated by commas; empty for the environment's.
    pub profiles: String,
    /// Regions to ask, separated by commas: names, globs, !exclusions or all; empty for the profile's own.
    pub regions: String,
    /// Rows from the targets that answer and a warning for each that does not, instead of an error.
    pub allow_partial: bool,
    /// Calls in flight at most, over all targets.
    pub concurrency: usize,
}

impl Default for LightsailOptions {
    fn default() -> Self {
        Self {
            profiles: String::new(),
            regions: String::new(),
            allow_partial: false,
            concurrency: DEFAULT_CONCURRENCY,
        }
    }
}

impl LightsailOptions {
    /// The same with these profiles, separated by commas.
    #[must_use]
    pub fn with_profiles(self, profiles: impl Into<String>) -> Self {
        Self { profiles: profiles.into(), ..self }
    }

    /// The same with these regions, separated by commas: names, globs, !exclusions or all.
    #[must_use]
    pub fn with_regions(self, regions: impl Into<String>) -> Self {
        Self { regions: regions.into(), ..self }
    }

    /// The same with partial answers allowed, or not.
    #[must_use]
    pub fn with_allow_partial(self, allow_partial: bool) -> Self {
        Self { allow_partial, ..self }
    }

    /// The same with so many calls in flight at most.
    #[must_use]
    pub fn with_concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
    }
}

impl ConfigExtension for LightsailOptions {
    const PREFIX: &'static str = "lightsail";
}

/// By hand, because DataFusion's macro leaves the prefix out of the entries, and then SHOW does not find them.
impl ExtensionOptions for LightsailOptions {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "profiles" => self.profiles.set(key, value),
            "regions" => self.regions.set(key, value),
            "allow_partial" => self.allow_partial.set(key, value),
            "concurrency" if value.trim() == "0" => config_err!("lightsail.concurrency is a number from 1"),
            "concurrency" => self.concurrency.set(key, value),
            _ => config_err!("there is no setting lightsail.{key}"),
        }
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        let entry = |key: &str, value: String, description| ConfigEntry {
            key: format!("{}.{key}", Self::PREFIX),
            value: Some(value),
            description,
        };
        vec![
            entry("profiles", self.profiles.clone(), "AWS profiles to ask, separated by commas."),
            entry("regions", self.regions.clone(), "Regions to ask: names, globs, !exclusions or all."),
            entry(
                "allow_partial",
                self.allow_partial.to_string(),
                "Rows from the targets that answer, not an error.",
            ),
            entry("concurrency", self.concurrency.to_string(), "Calls in flight at most, over all targets."),
        ]
    }
}

/// The parts of a setting that is a list.
pub(crate) fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Into::into).collect()
}
