//! The `lightsail.*` settings, as DataFusion knows them: `SET lightsail.regions = 'us-*'`, `SHOW lightsail.regions`.

use std::any::Any;
use std::time::Duration;

use datafusion::common::config::ConfigField;
use datafusion::common::{DataFusionError, Result, config_err};
use datafusion::config::{ConfigEntry, ConfigExtension, ExtensionOptions};

use crate::aws::{DEFAULT_CONCURRENCY, is_name, is_profile_name, is_sane};

/// What the pages of a session may hold, in bytes, unless somebody sets `lightsail.page_memory`.
pub const DEFAULT_PAGE_MEMORY: usize = 256 << 20;

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
    /// Calls in flight at most, over all targets.
    pub concurrency: usize,
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

    /// The same with so many items at most.
    #[must_use]
    pub fn with_max_items(self, max_items: Option<usize>) -> Self {
        Self { max_items, ..self }
    }

    /// The same from where a bounded query left off.
    #[must_use]
    pub fn with_starting_token(self, token: impl Into<String>) -> Self {
        Self { starting_token: token.into(), ..self }
    }

    /// The same with pages that are read again while they are younger than this.
    #[must_use]
    pub fn with_cache_ttl(self, cache_ttl: Duration) -> Self {
        Self { cache_ttl, ..self }
    }

    /// The same with so many bytes of pages that are kept for later readers.
    #[must_use]
    pub fn with_page_memory(self, page_memory: usize) -> Self {
        Self { page_memory, ..self }
    }

    /// The same with so many calls in flight at most.
    #[must_use]
    pub fn with_concurrency(self, concurrency: usize) -> Self {
        Self { concurrency, ..self }
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

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let wrong = |what: String| DataFusionError::Configuration(format!("lightsail.{key}: {what}"));
        match key {
            "profiles" => self.profiles.set(key, value),
            "regions" => {
                if let Some(junk) = list(value).iter().find(|pattern| !is_sane(pattern)) {
                    return Err(wrong(format!(
                        "{junk:?} is no region; one reads like us-east-1, us-*, !us-west-2 or all"
                    )));
                }
                self.regions.set(key, value)
            }
            "allow_partial" => {
                let flag = value.trim().to_ascii_lowercase();
                self.allow_partial =
                    flag.parse().map_err(|_| wrong(format!("{value:?} is neither true nor false")))?;
                Ok(())
            }
            "max_items" => {
                self.max_items = match value.trim() {
                    "" | "none" => None,
                    number => Some(positive(number).map_err(|what| wrong(format!("{what}, and not none")))?),
                };
                Ok(())
            }
            "starting_token" => self.starting_token.set(key, value),
            "cache_ttl" => {
                self.cache_ttl = duration(value).map_err(wrong)?;
                Ok(())
            }
            "page_memory" => {
                self.page_memory = bytes(value).map_err(wrong)?;
                Ok(())
            }
            "concurrency" => {
                self.concurrency = positive(value).map_err(wrong)?;
                Ok(())
            }
            _ => config_err!("there is no setting lightsail.{key}"),
        }
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        let entry = |key: &str, value: String, description| ConfigEntry {
            key: format!("{}.{key}", Self::PREFIX),
            value: Some(value),
            description,
        };
        let max_items = self.max_items.map_or_else(|| "none".to_owned(), |items| items.to_string());
        let ttl = format!("{}s", self.cache_ttl.as_secs_f64());
        vec![
            entry(
                "profiles",
                self.profiles.clone(),
                "AWS profiles to ask: names, globs, !exclusions or @file.",
            ),
            entry("regions", self.regions.clone(), "Regions to ask: names, globs, !exclusions or all."),
            entry(
                "allow_partial",
                self.allow_partial.to_string(),
                "Rows from the targets that answer, not an error.",
            ),
            entry("max_items", max_items, "API items that a query reads at most, over all targets, or none."),
            entry("starting_token", self.starting_token.clone(), "The NextToken of the run to go on from."),
            entry(
                "cache_ttl",
                ttl,
                "Pages younger than this are read again, such as 60s or 5m; 0 asks anew.",
            ),
            entry(
                "page_memory",
                format!("{} MB", self.page_memory as f64 / f64::from(1 << 20)),
                "What pages that are kept for later readers may hold.",
            ),
            entry("concurrency", self.concurrency.to_string(), "Calls in flight at most, over all targets."),
        ]
    }
}

/// The parts of a setting that is a list.
pub(crate) fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Into::into).collect()
}

/// A number from 1.
pub fn positive(text: &str) -> std::result::Result<usize, String> {
    text.trim().parse().ok().filter(|number| *number > 0).ok_or_else(|| "not a number from 1".to_owned())
}

/// The number of a quantity and its unit in lower case.
fn quantity(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text[..end].parse::<f64>().ok()?;
    Some((number, text[end..].trim().to_ascii_lowercase()))
}

/// A time such as `90`, `60s`, `5m` or `1h`; a number alone is seconds.
pub fn duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("{text:?} is no time such as 60s, 5m or 1h");
    let (number, unit) = quantity(text).ok_or_else(wrong)?;
    let seconds = match unit.as_str() {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

/// A size such as `256 MB`, `1GB` or a number of bytes.
fn bytes(text: &str) -> std::result::Result<usize, String> {
    let wrong = || format!("{text:?} is no size such as 256 MB");
    let (number, unit) = quantity(text).ok_or_else(wrong)?;
    let factor = match unit.as_str() {
        "" | "b" => 1.0,
        "kb" => 1024.0,
        "mb" => 1_048_576.0,
        "gb" => 1_073_741_824.0,
        _ => return Err(wrong()),
    };
    Ok((number * factor) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes() {
        for (text, seconds) in
            [("0", 0.0), ("90", 90.0), ("60s", 60.0), ("1.5 m", 90.0), ("1h", 3600.0), ("250ms", 0.25)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "soon", "5 weeks", "-1s", "s", "1e999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!((bytes("256 MB"), bytes("1gb"), bytes("0")), (Ok(256 << 20), Ok(1 << 30), Ok(0)));
        assert!(bytes("much").is_err());
    }

    #[test]
    fn what_is_set_is_shown() {
        let mut options = LightsailOptions::default();
        let shown = |options: &LightsailOptions, key: &str| {
            let entries = options.entries().into_iter();
            let mut of_key = entries.filter(|entry| entry.key == format!("lightsail.{key}"));
            of_key.next().and_then(|entry| entry.value).unwrap()
        };
        for (key, value, seen) in [
            ("max_items", "50", "50"),
            ("max_items", "none", "none"),
            ("cache_ttl", "5m", "300s"),
            ("page_memory", "64 MB", "64 MB"),
            ("concurrency", "8", "8"),
        ] {
            options.set(key, value).unwrap();
            assert_eq!(shown(&options, key), seen);
        }
        for (key, value) in [
            ("max_items", "0"),
            ("concurrency", "none"),
            ("cache_ttl", "soon"),
            ("allow_partial", "maybe"),
            ("regions", "us-east-1,US EAST"),
            ("speed", "9"),
        ] {
            let error = options.set(key, value).unwrap_err().to_string();
            assert!(error.contains(&format!("lightsail.{key}")), "{error}");
        }
    }
}
