//! The `lightsail.*` settings, as DataFusion knows them: `SET lightsail.regions = 'us-*'`, `SHOW lightsail.regions`.

use datafusion::common::extensions_options;
use datafusion::config::ConfigExtension;

extensions_options! {
    /// What a query asks; the flag of the same name sets it for the whole session.
    pub struct LightsailOptions {
        /// AWS profiles to ask, separated by commas; empty for the environment's.
        pub profiles: String, default = String::new()
        /// Regions to ask: names, globs, !exclusions or all, separated by commas; empty for the profile's own.
        pub regions: String, default = String::new()
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
}

impl ConfigExtension for LightsailOptions {
    const PREFIX: &'static str = "lightsail";
}

/// The parts of a setting that is a list.
pub(crate) fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Into::into).collect()
}
