//! What a session is set to, as an extension of DataFusion's options: `SET lightsail.regions = 'us-*'`.

use std::any::Any;
use std::time::Duration;

use datafusion::common::{DataFusionError, config_err};
use datafusion::config::{ConfigEntry, ConfigExtension, ExtensionOptions};

use crate::aws::{DEFAULT_CONCURRENCY, is_name, is_profile_name};
use crate::settings::{SETTINGS, Setting};

/// What the pages of a session may hold, in bytes, unless somebody sets `lightsail.page_memory`.
pub const DEFAULT_PAGE_MEMORY: usize = 256 << 20;

/// What sorts, joins, aggregates and the session's own tables may hold, in bytes, unless somebody sets
/// `lightsail.memory_limit`.
pub const DEFAULT_MEMORY_LIMIT: usize = 1 << 30;

/// How many calls a statement may make before a person is asked, unless somebody sets `lightsail.confirm_calls`.
pub const DEFAULT_CONFIRM_CALLS: usize = 500;

/// What a query asks; the flag of the same name sets it for the whole session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LightsailOptions {
    /// AWS profiles to ask, separated by commas: names, globs, !exclusions or @file; empty for the environment's.
    pub profiles: String,
    /// Regions to ask, separated by commas: names, globs, !exclusions or all; empty for the profile's own.
    pub regions: String,
    /// Rows from the targets that answer and a warning for each that does not, instead of an error.
    pub allow_partial: bool,
    /// Items of the API that a query reads at most, over all targets, as boto3's MaxItems.
    pub max_items: Option<usize>,
    /// Where a bounded query left off, as boto3's StartingToken; empty to begin at the start.
    pub starting_token: String,
    /// How old pages may be that a query reads again; zero asks anew for each query.
    pub cache_ttl: Duration,
    /// What pages that are kept for later readers may hold, in bytes.
    pub page_memory: usize,
    /// What sorts, joins, aggregates and the session's own tables may hold, in bytes.
    pub memory_limit: usize,
    /// How long a statement may take.
    pub query_timeout: Option<Duration>,
    /// Calls in flight at most, over all targets.
    pub concurrency: usize,
    /// A statement that is about to make more calls than this is asked about on a terminal; zero asks about none.
    pub confirm_calls: usize,
}

impl Default for LightsailOptions {
    fn default() -> Self {
        Self {
            profiles: String::new(),
            regions: String::new(),
            allow_partial: false,
            max_items: None,
            starting_token: String::new(),
            cache_ttl: Duration::ZERO,
            page_memory: DEFAULT_PAGE_MEMORY,
            memory_limit: DEFAULT_MEMORY_LIMIT,
            query_timeout: None,
            concurrency: DEFAULT_CONCURRENCY,
            confirm_calls: DEFAULT_CONFIRM_CALLS,
        }
    }
}

impl LightsailOptions {
    /// Sets the profiles, separated by commas.
    #[must_use]
    pub fn with_profiles(self, profiles: impl Into<String>) -> Self {
        Self { profiles: profiles.into(), ..self }
    }

    /// Sets the regions, separated by commas: names, globs, !exclusions or all.
    #[must_use]
    pub fn with_regions(self, regions: impl Into<String>) -> Self {
        Self { regions: regions.into(), ..self }
    }

    /// Sets whether partial answers are allowed.
    #[must_use]
    pub fn with_allow_partial(self, allow_partial: bool) -> Self {
        Self { allow_partial, ..self }
    }

    /// Sets how many items are read at most.
    #[must_use]
    pub fn with_max_items(self, max_items: Option<usize>) -> Self {
        Self { max_items, ..self }
    }

    /// Sets where a bounded query goes on.
    #[must_use]
    pub fn with_starting_token(self, token: impl Into<String>) -> Self {
        Self { starting_token: token.into(), ..self }
    }

    /// Sets how old pages may be that are read again.
    #[must_use]
    pub fn with_cache_ttl(self, cache_ttl: Duration) -> Self {
        Self { cache_ttl, ..self }
    }

    /// Sets how many bytes of pages are kept for later readers.
    #[must_use]
    pub fn with_page_memory(self, page_memory: usize) -> Self {
        Self { page_memory, ..self }
    }

    /// Sets how many bytes sorts, joins, aggregates and the session's own tables may hold.
    #[must_use]
    pub fn with_memory_limit(self, memory_limit: usize) -> Self {
        Self { memory_limit, ..self }
    }

    /// Sets how long a statement may take.
    #[must_use]
    pub fn with_query_timeout(self, query_timeout: Option<Duration>) -> Self {
        Self { query_timeout, ..self }
    }

    /// Sets how many calls may be in flight.
    #[must_use]
    pub fn with_concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
    }

    /// The parts of the list of profiles.
    pub fn profile_list(&self) -> Vec<String> {
        list(&self.profiles)
    }

    /// The parts of the list of regions.
    pub fn region_list(&self) -> Vec<String> {
        list(&self.regions)
    }

    /// Whether one region of one profile is asked.
    pub(crate) fn is_one_target(&self) -> bool {
        let is_one = |list: &[String]| list.len() < 2;
        let (profiles, regions) = (list(&self.profiles), list(&self.regions));
        is_one(&profiles)
            && is_one(&regions)
            && regions.iter().all(|region| is_name(region))
            && profiles.iter().all(|profile| is_profile_name(profile))
    }

    /// Whether only a part of what there is shall be read.
    pub(crate) fn is_bounded(&self) -> bool {
        self.max_items.is_some() || !self.starting_token.is_empty()
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

    /// Takes `regions` and `lightsail.regions`: ConfigOptions takes the prefix off, but other transports of options
    /// hand on the keys of [`entries`](Self::entries) as they are.
    fn set(&mut self, key: &str, value: &str) -> datafusion::common::Result<()> {
        let name = key.strip_prefix(Self::PREFIX).and_then(|rest| rest.strip_prefix('.')).unwrap_or(key);
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            return config_err!("there is no setting {}.{name}", Self::PREFIX);
        };
        let wrong = |what: String| DataFusionError::Configuration(format!("{}: {what}", setting.key()));
        setting.set(self, value).map_err(wrong)
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        let entry = |setting: &Setting| ConfigEntry {
            key: setting.key(),
            value: Some(setting.show(self)),
            description: setting.description,
        };
        SETTINGS.iter().map(entry).collect()
    }
}

/// The parts of a setting that is a list, such as `lightsail.profiles`.
pub fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use datafusion::config::ConfigOptions;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_an_error_that_names_the_setting() {
        for (key, value) in [
            ("max_items", "0"),
            ("concurrency", "none"),
            ("cache_ttl", "soon"),
            ("page_memory", "much"),
            ("allow_partial", "maybe"),
            ("regions", "us-east-1,US EAST"),
            ("speed", "9"),
            ("lightsail", "9"),
            ("lightsailregions", "all"),
            ("", "all"),
        ] {
            for key in [key.to_owned(), format!("lightsail.{key}")] {
                let error = LightsailOptions::default().set(&key, value).unwrap_err().to_string();
                let name = key.trim_start_matches("lightsail.");
                assert!(error.contains(&format!("lightsail.{name}")), "{error}");
            }
        }
    }

    /// Options as far from the default as they can be.
    fn unusual() -> Vec<LightsailOptions> {
        let some = LightsailOptions::default()
            .with_profiles("prod, it's,=x;y")
            .with_regions("us-*, !us-west-2")
            .with_allow_partial(true)
            .with_max_items(Some(usize::MAX))
            .with_starting_token("eyJhIjoiPSJ9==")
            .with_cache_ttl(Duration::from_nanos(1_500_000_001))
            .with_page_memory(1)
            .with_concurrency(1);
        let ttls = [Duration::MAX, Duration::from_secs(u64::from(u32::MAX)), Duration::from_millis(100)];
        let memories = [usize::MAX, 0, 3 << 19, (256 << 20) + 1];
        let ttls = ttls.map(|ttl| some.clone().with_cache_ttl(ttl));
        let memories = memories.map(|memory| some.clone().with_page_memory(memory));
        [LightsailOptions::default(), some].into_iter().chain(ttls).chain(memories).collect()
    }

    #[test]
    fn options_survive_transport_as_entries() {
        for sent in unusual() {
            let mut origin = ConfigOptions::new();
            origin.extensions.insert(sent.clone());
            // The way through a session's configuration: all keys are full, and it takes the prefix off.
            let mut received = ConfigOptions::new();
            received.extensions.insert(LightsailOptions::default());
            // The way of those who hand an extension its own entries.
            let mut direct = LightsailOptions::default();
            let entries = origin.entries().into_iter().filter(|entry| entry.key.starts_with("lightsail."));
            let entries: Vec<_> = entries.collect();
            assert_eq!(entries.len(), SETTINGS.len());
            for entry in entries {
                let value = entry.value.unwrap();
                received.set(&entry.key, &value).unwrap();
                direct.set(&entry.key, &value).unwrap();
            }
            let received = received.extensions.get::<LightsailOptions>().unwrap();
            assert_eq!(format!("{received:?}"), format!("{sent:?}"));
            assert_eq!(format!("{direct:?}"), format!("{sent:?}"));
        }
    }
}
