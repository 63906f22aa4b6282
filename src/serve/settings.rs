//! The settings that clients of Postgres set and ask for, each with what can be done about it here.

use std::collections::BTreeMap;
use std::time::Duration;

use pgwire::error::PgWireError;

use super::errors::{state, state_with_hint};
use datafusion_lightsail::nearest::nearest;

/// What a setting may be.
enum Values {
    /// Whatever it is, it changes nothing here.
    Any,
    /// These, in lower case: what else it might be would change what answers look like, and does not.
    Only(&'static [&'static str], &'static str),
    /// A time of a statement.
    Time,
    /// Nobody sets it.
    Fixed,
}

struct Known {
    name: &'static str,
    default: &'static str,
    values: Values,
}

const fn known(name: &'static str, default: &'static str, values: Values) -> Known {
    Known { name, default, values }
}

const ONLY_UTC: &str =
    "times are in UTC here; date_trunc('day', created_at AT TIME ZONE 'Europe/Berlin') is a day elsewhere";

/// The version of Postgres that clients are told: what they ask of the system catalog depends on it.
pub(super) const VERSION: &str = concat!("16.6 (lightsail-sql ", env!("CARGO_PKG_VERSION"), ")");

/// Sorted by name.
static KNOWN: &[Known] = &[
    known("application_name", "", Values::Any),
    known("array_nulls", "on", Values::Any),
    known("bytea_output", "hex", Values::Only(&["hex"], "bytes are in hex here")),
    known("check_function_bodies", "on", Values::Any),
    known(
        "client_encoding",
        "UTF8",
        // SQL_ASCII is what a client without a locale says that takes bytes as they are.
        Values::Only(&["utf8", "utf-8", "unicode", "'utf-8'", "sql_ascii"], "texts are in UTF8 here"),
    ),
    known("client_min_messages", "notice", Values::Any),
    known("constraint_exclusion", "partition", Values::Any),
    known(
        "DateStyle",
        "ISO, MDY",
        Values::Only(
            &["iso", "iso,mdy", "iso,dmy", "iso,ymd", "mdy", "ymd"],
            "dates are as in ISO 8601 here",
        ),
    ),
    known("default_tablespace", "", Values::Any),
    known("default_transaction_deferrable", "off", Values::Any),
    known("default_transaction_isolation", "read committed", Values::Any),
    known("default_transaction_read_only", "on", Values::Any),
    known("effective_cache_size", "4GB", Values::Any),
    known("escape_string_warning", "on", Values::Any),
    known("extra_float_digits", "1", Values::Any),
    known("from_collapse_limit", "8", Values::Any),
    known("geqo", "on", Values::Any),
    known("idle_in_transaction_session_timeout", "0", Values::Any),
    known("integer_datetimes", "on", Values::Fixed),
    known("IntervalStyle", "postgres", Values::Any),
    known("is_superuser", "off", Values::Fixed),
    known("jit", "off", Values::Any),
    known("join_collapse_limit", "8", Values::Any),
    known("lc_collate", "C", Values::Fixed),
    known("lc_ctype", "C", Values::Fixed),
    known("lc_messages", "C", Values::Any),
    known("lc_monetary", "C", Values::Any),
    known("lc_numeric", "C", Values::Any),
    known("lc_time", "C", Values::Any),
    known("lock_timeout", "0", Values::Any),
    known("max_identifier_length", "63", Values::Fixed),
    known("max_index_keys", "32", Values::Fixed),
    known("max_parallel_workers_per_gather", "0", Values::Any),
    known("plan_cache_mode", "auto", Values::Any),
    known("quote_all_identifiers", "off", Values::Any),
    known("random_page_cost", "4", Values::Any),
    known(
        "role",
        "none",
        Values::Only(&["none"], "users have no roles here: all of them ask what the server's flags say"),
    ),
    known("row_security", "on", Values::Any),
    known("search_path", "public", Values::Any),
    known("server_encoding", "UTF8", Values::Fixed),
    known("server_version", VERSION, Values::Fixed),
    known("server_version_num", "160006", Values::Fixed),
    known(
        "session_authorization",
        "default",
        Values::Only(&["default"], "a connection asks as the user who has opened it"),
    ),
    known(
        "standard_conforming_strings",
        "on",
        Values::Only(&["on", "true", "1"], "a backslash is a backslash here; E'\\n' is a new line"),
    ),
    known("statement_timeout", "0", Values::Time),
    known("synchronize_seqscans", "on", Values::Any),
    known("synchronous_commit", "on", Values::Any),
    known("temp_buffers", "8MB", Values::Any),
    known("temp_tablespaces", "", Values::Any),
    known(
        "TimeZone",
        "UTC",
        Values::Only(
            &["utc", "etc/utc", "gmt", "z", "zulu", "universal", "default", "+00:00", "0"],
            ONLY_UTC,
        ),
    ),
    known("transaction_deferrable", "off", Values::Any),
    known("transaction_isolation", "read committed", Values::Any),
    known("transaction_read_only", "on", Values::Any),
    known("work_mem", "4MB", Values::Any),
    known("xmlbinary", "base64", Values::Any),
    known("xmloption", "content", Values::Any),
];

fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The settings of a connection that are Postgres' own.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, String>,
    /// How long a statement may take, whatever the client sets.
    timeout: Duration,
}

impl Settings {
    /// The defaults, where a statement may take so long at most.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { values: BTreeMap::new(), timeout }
    }

    /// Sets one, or back to what it was.
    ///
    /// # Errors
    /// 42704 if there is none of that name, 22023 if it cannot be that here.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), PgWireError> {
        let Some(known) = find(name) else { return Err(unknown(name)) };
        let Some(value) = value else {
            self.values.remove(known.name);
            return Ok(());
        };
        match known.values {
            Values::Any => {}
            Values::Only(values, why) => {
                let plain = value.to_ascii_lowercase().replace(' ', "");
                if !values.contains(&plain.as_str()) {
                    return Err(state_with_hint("22023", format!("{} cannot be {value:?}", known.name), why));
                }
            }
            Values::Time => {
                let time = time(value)
                    .ok_or_else(|| state("22023", format!("{value:?} is no time, such as 30s")))?;
                if time > self.timeout {
                    let most = self.timeout.as_secs_f64();
                    let what = format!("a statement may take {most} s at most here (--timeout)");
                    return Err(state("22023", what));
                }
            }
            Values::Fixed => return Err(state("55P02", format!("{} cannot be changed", known.name))),
        }
        self.values.insert(known.name, value.to_owned());
        Ok(())
    }

    /// Sets one that a client begins with. What it would like and cannot have is told it back, and is no error: every JDBC
    /// driver sends the time zone of its machine.
    ///
    /// # Errors
    /// 42704 if there is none of that name.
    pub(super) fn begin_with(&mut self, name: &str, value: &str) -> Result<(), PgWireError> {
        match find(name) {
            None => Err(unknown(name)),
            Some(Known { values: Values::Only(..) | Values::Fixed, .. }) => Ok(()),
            Some(_) => self.set(name, Some(value)),
        }
    }

    /// What one is.
    ///
    /// # Errors
    /// 42704 if there is none of that name.
    pub(super) fn get(&self, name: &str) -> Result<String, PgWireError> {
        let known = find(name).ok_or_else(|| unknown(name))?;
        Ok(self.values.get(known.name).map_or(known.default, String::as_str).to_owned())
    }

    /// How long a statement may take.
    pub(super) fn statement_timeout(&self) -> Duration {
        let own = self.values.get("statement_timeout").and_then(|value| time(value));
        own.filter(|time| !time.is_zero()).unwrap_or(self.timeout)
    }
}

/// Every setting, with what it is where nobody sets it.
pub(super) fn defaults() -> impl Iterator<Item = (&'static str, &'static str)> {
    KNOWN.iter().map(|known| (known.name, known.default))
}

/// How a setting's name is written where clients are told it: `TimeZone`.
pub(super) fn called(name: &str) -> &str {
    find(name).map_or(name, |known| known.name)
}

/// Whether there is a setting of this name.
pub(super) fn is_known(name: &str) -> bool {
    find(name).is_some()
}

fn unknown(name: &str) -> PgWireError {
    let names = KNOWN.iter().map(|known| known.name);
    let what = format!("unrecognized configuration parameter \"{name}\"");
    match nearest(name, names) {
        Some(near) => state_with_hint("42704", what, &format!("did you mean {near}?")),
        None => {
            state_with_hint("42704", what, "SHOW ALL lists the settings; lightsail.regions is one of ours")
        }
    }
}

/// `5000` is milliseconds, as for Postgres; `30s`, `1.5 min`, `500us`. What is less than a millisecond is rounded to some.
fn time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    Duration::try_from_secs_f64((number * unit).round() / 1000.0).ok()
}

/// The settings in `options` of a connection: `-c name=value`, `--name=value`; a backslash keeps a space.
///
/// # Errors
/// 42601 if it is anything else.
pub(super) fn options(text: &str) -> Result<Vec<(String, String)>, PgWireError> {
    let (mut words, mut word, mut is_kept) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            '\\' if !is_kept => is_kept = true,
            ' ' if !is_kept => words.push(std::mem::take(&mut word)),
            letter => {
                word.push(letter);
                is_kept = false;
            }
        }
    }
    words.push(word);
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") => words.next(),
            Some(setting) => Some(setting.to_owned()),
            None => None,
        };
        let setting = setting.and_then(|setting| {
            let (name, value) = setting.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        found.push(setting.ok_or_else(|| {
            state_with_hint("42601", format!("{word} is no option"), "-c lightsail.regions=all is one")
        })?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_connection_are_settings() {
        let found = options("-c lightsail.regions=all  -cstatement_timeout=5s --a=b\\ c").unwrap();
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("lightsail.regions", "all"), ("statement_timeout", "5s"), ("a", "b c")]);
        assert!(options("-x").is_err() && options("-c").is_err());
    }

    #[test]
    fn a_setting_is_known_or_an_error() {
        let mut settings = Settings::new(Duration::from_secs(300));
        assert!(settings.set("Extra_Float_Digits", Some("3")).is_ok());
        assert_eq!(settings.get("extra_float_digits").unwrap(), "3");
        for (name, value) in
            [("extra_float_digit", "3"), ("timezone", "Europe/Berlin"), ("server_version", "1")]
        {
            assert!(settings.set(name, Some(value)).is_err(), "{name}");
        }
        assert!(settings.begin_with("TimeZone", "Europe/Berlin").is_ok());
        assert_eq!(settings.get("timezone").unwrap(), "UTC");
        settings.set("statement_timeout", Some("1min")).unwrap();
        assert_eq!(settings.statement_timeout(), Duration::from_secs(60));
        assert!(settings.set("statement_timeout", Some("1h")).is_err(), "more than the server lets");
        assert_eq!(settings.statement_timeout(), Duration::from_secs(60));
        settings.set("statement_timeout", Some("0")).unwrap();
        assert_eq!(settings.statement_timeout(), Duration::from_secs(300));
    }

    #[test]
    fn times_have_the_units_of_postgres() {
        let told = |text| time(text).map(|time| time.as_micros());
        let all = ["5000", "5s", " 5 s ", "1.5min", "250ms", "400us", "1600us", "1d"].map(told);
        let expected = [5_000_000, 5_000_000, 5_000_000, 90_000_000, 250_000, 0, 2000, 86_400_000_000];
        assert_eq!(all, expected.map(Some));
        assert_eq!(["", "s", "-1", "1 year", "1.2.3"].map(told), [None; 5]);
    }

    #[test]
    fn the_settings_are_sorted() {
        assert!(KNOWN.is_sorted_by_key(|known| known.name.to_ascii_lowercase()));
    }
}
