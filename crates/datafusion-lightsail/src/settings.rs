//! The `lightsail.*` settings, declared once each: what SET takes, SHOW shows, the flag is called, and the documents say.

use std::time::Duration;

use datafusion::config::ConfigExtension;

use crate::aws::is_sane;
use crate::options::{LightsailOptions, list};

/// A `lightsail.*` setting. SET, SHOW, RESET, the flags, completion and the documents all come from [`SETTINGS`].
#[derive(Debug)]
pub struct Setting {
    /// What stands behind `lightsail.`.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub description: &'static str,
    /// What holds where nobody sets it, in words for people.
    pub default: &'static str,
    /// The flag that sets it for the whole session; `None` if only SET does.
    pub flag: Option<Flag>,
    set: fn(&mut LightsailOptions, &str) -> Result<(), String>,
    show: fn(&LightsailOptions) -> String,
}

/// The flag of a [`Setting`].
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Its name without dashes.
    pub name: &'static str,
    /// What its value is called in the help; `None` for a switch, which sets `true`.
    pub value: Option<&'static str>,
}

impl Flag {
    const fn new(name: &'static str, value: &'static str) -> Option<Self> {
        Some(Self { name, value: Some(value) })
    }

    const fn switch(name: &'static str) -> Option<Self> {
        Some(Self { name, value: None })
    }
}

/// Every setting, in the order in which the help and the documents list them.
pub static SETTINGS: &[Setting] = &[
    Setting {
        name: "profiles",
        description: "AWS profiles to ask, separated by commas: names, globs, !exclusions or @FILE of names.",
        default: "AWS_PROFILE or default",
        flag: Flag::new("profile", "NAME,…"),
        set: |options, value| {
            options.profiles = value.to_owned();
            Ok(())
        },
        show: |options| options.profiles.clone(),
    },
    Setting {
        name: "regions",
        description: "Regions to ask, separated by commas: names, globs, !exclusions or all.",
        default: "the profile's",
        flag: Flag::new("region", "REGION,…"),
        set: |options, value| {
            options.regions = regions(value)?;
            Ok(())
        },
        show: |options| options.regions.clone(),
    },
    Setting {
        name: "allow_partial",
        description: "Rows from the targets that answer and a warning for each that does not, instead of an error.",
        default: "false",
        flag: Flag::switch("allow-partial"),
        set: |options, value| {
            options.allow_partial = truth(value)?;
            Ok(())
        },
        show: |options| options.allow_partial.to_string(),
    },
    Setting {
        name: "max_items",
        description: "Items of the API that a query reads at most, over all targets, as boto3's MaxItems; a NextToken \
                      says where it goes on.",
        default: "none",
        flag: Flag::new("max-items", "N"),
        set: |options, value| {
            options.max_items = max_items(value)?;
            Ok(())
        },
        show: |options| options.max_items.map_or_else(|| "none".to_owned(), |items| items.to_string()),
    },
    Setting {
        name: "starting_token",
        description: "The NextToken of the run to go on from, as boto3's StartingToken.",
        default: "none",
        flag: Flag::new("starting-token", "TOKEN"),
        set: |options, value| {
            options.starting_token = value.to_owned();
            Ok(())
        },
        show: |options| options.starting_token.clone(),
    },
    Setting {
        name: "cache_ttl",
        description: "Pages younger than this are read again, such as 60s or 5m.",
        default: "0s, but a batch run reads one snapshot; 60s in the shell, serve and mcp",
        flag: Flag::new("cache-ttl", "TIME"),
        set: |options, value| {
            options.cache_ttl = duration(value)?;
            Ok(())
        },
        show: |options| format!("{}s", options.cache_ttl.as_secs_f64()),
    },
    Setting {
        name: "page_memory",
        description: "What pages that are kept for later readers may hold, such as 256 MB.",
        default: "256 MB",
        flag: None,
        set: |options, value| {
            options.page_memory = bytes(value)?;
            Ok(())
        },
        show: |options| size(options.page_memory),
    },
    Setting {
        name: "memory_limit",
        description: "What sorts, joins, aggregates and the session's own tables may hold, such as 1 GB; beyond that \
                      they spill to disk, or fail.",
        default: "1 GB",
        flag: Flag::new("memory-limit", "SIZE"),
        set: |options, value| {
            options.memory_limit = bytes(value)?;
            Ok(())
        },
        show: |options| size(options.memory_limit),
    },
    Setting {
        name: "query_timeout",
        description: "How long a statement may take, such as 30s or 5m, before it fails; none waits for ever.",
        default: "none",
        flag: Flag::new("query-timeout", "TIME"),
        set: |options, value| {
            options.query_timeout = match value.trim() {
                "" | "none" => None,
                time => Some(duration(time)?).filter(|time| !time.is_zero()),
            };
            Ok(())
        },
        show: |options| {
            options.query_timeout.map_or_else(|| "none".to_owned(), |time| format!("{}s", time.as_secs_f64()))
        },
    },
    Setting {
        name: "concurrency",
        description: "Calls in flight at most, over all targets.",
        default: "64",
        flag: Flag::new("concurrency", "N"),
        set: |options, value| {
            options.concurrency = positive(value)?;
            Ok(())
        },
        show: |options| options.concurrency.to_string(),
    },
    Setting {
        name: "confirm_calls",
        description: "On a terminal, ask before a statement makes more calls than this; 0 never asks.",
        default: "500",
        flag: None,
        set: |options, value| {
            let number = value.trim().parse();
            options.confirm_calls = number.map_err(|_| format!("{value:?} is no number of calls"))?;
            Ok(())
        },
        show: |options| options.confirm_calls.to_string(),
    },
];

impl Setting {
    /// Its name in SQL, such as `lightsail.regions`.
    pub fn key(&self) -> String {
        format!("{}.{}", LightsailOptions::PREFIX, self.name)
    }

    /// Reads a value into the options.
    ///
    /// # Errors
    /// What is wrong with the value, in words that follow the setting's or the flag's name.
    pub fn set(&self, options: &mut LightsailOptions, value: &str) -> Result<(), String> {
        (self.set)(options, value)
    }

    /// The value in the options, as [`set`](Self::set) takes it.
    pub fn show(&self, options: &LightsailOptions) -> String {
        (self.show)(options)
    }
}

/// A list of regions, each of which could be one.
fn regions(value: &str) -> Result<String, String> {
    match list(value).iter().find(|pattern| !is_sane(pattern)) {
        Some(junk) => {
            Err(format!("{junk:?} is no region; one reads like us-east-1, us-*, !us-west-2 or all"))
        }
        None => Ok(value.to_owned()),
    }
}

/// `true` or `false`, in any case.
fn truth(value: &str) -> Result<bool, String> {
    value.trim().to_ascii_lowercase().parse().map_err(|_| format!("{value:?} is neither true nor false"))
}

/// A number from 1, or `None` for `none` and the empty text.
fn max_items(value: &str) -> Result<Option<usize>, String> {
    match value.trim() {
        "" | "none" => Ok(None),
        number => positive(number).map(Some).map_err(|what| format!("{what}, and not none")),
    }
}

/// A number from 1.
fn positive(text: &str) -> Result<usize, String> {
    text.trim().parse().ok().filter(|number| *number > 0).ok_or_else(|| "not a number from 1".to_owned())
}

/// The number of a quantity and its unit in lower case.
fn quantity(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text[..end].parse::<f64>().ok()?;
    Some((number, text[end..].trim().to_ascii_lowercase()))
}

/// A time such as `90`, `60s`, `5m` or `1h`; a number alone is seconds. What is too long for the type is the longest.
fn duration(text: &str) -> Result<Duration, String> {
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
    Ok(Duration::try_from_secs_f64(number * seconds).unwrap_or(Duration::MAX))
}

/// A size such as `256 MB`, `1GB` or a number of bytes.
///
/// # Errors
/// When it is anything else, with what it should be.
pub fn bytes(text: &str) -> Result<usize, String> {
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

/// A number of bytes, as [`bytes`] reads it.
fn size(bytes: usize) -> String {
    let (unit, name) =
        if bytes != 0 && bytes.is_multiple_of(1 << 30) { (1 << 30, "GB") } else { (1 << 20, "MB") };
    format!("{} {name}", bytes as f64 / f64::from(unit))
}

#[cfg(test)]
mod tests {
    use datafusion::config::ExtensionOptions;

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
    fn every_setting_says_what_it_is_and_shows_what_is_set() {
        let begun_with = LightsailOptions::default();
        for setting in SETTINGS {
            let name = setting.name;
            assert!(setting.description.ends_with('.'), "{name}: {}", setting.description);
            assert_eq!(SETTINGS.iter().filter(|other| other.name == name).count(), 1, "{name}");
            let shown = setting.show(&begun_with);
            assert!(shown.is_empty() || setting.default.starts_with(&shown), "{name}: {shown}");
            let (value, seen) = match name {
                "profiles" => ("a, b", "a, b"),
                "regions" => ("us-*,!us-west-2", "us-*,!us-west-2"),
                "allow_partial" => (" TRUE ", "true"),
                "max_items" => ("50", "50"),
                "starting_token" => ("eyJ", "eyJ"),
                "cache_ttl" => ("5m", "300s"),
                "page_memory" => ("64 MB", "64 MB"),
                "memory_limit" => ("2gb", "2 GB"),
                "query_timeout" => ("1.5m", "90s"),
                "concurrency" => ("8", "8"),
                "confirm_calls" => ("50", "50"),
                _ => panic!("{name}: which value is it to be tried with?"),
            };
            for key in [name.to_owned(), setting.key()] {
                let mut options = begun_with.clone();
                options.set(&key, value).unwrap();
                assert_eq!(setting.show(&options), seen, "{key}");
                let others = SETTINGS.iter().filter(|other| other.name != name);
                assert!(
                    others.into_iter().all(|other| other.show(&options) == other.show(&begun_with)),
                    "{key}"
                );
                options.set(&key, &shown).unwrap();
                assert_eq!(setting.show(&options), shown, "{key}");
            }
        }
    }
}
