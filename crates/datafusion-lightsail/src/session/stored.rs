//! What a Parquet file says of the answer that it holds: as of when it is, and what it misses. Written here and read here.

use std::fmt;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::Error;
use crate::scan::{Completeness, StoredAnswer};

const COMPLETE: &str = "lightsail_sql.complete";
const SNAPSHOT_TIME: &str = "lightsail_sql.snapshot_time";
const NEXT_TOKEN: &str = "lightsail_sql.next_token";
const NOT_ASKED: &str = "lightsail_sql.not_asked";
const MISSING: &str = "lightsail_sql.missing";

/// The key-value pairs for a file of rows that are so complete; none if no target was read for them.
pub fn metadata(completeness: &Completeness) -> Vec<(String, String)> {
    let Some(taken_at) = completeness.taken_at else { return Vec::new() };
    let mut pairs = vec![
        (COMPLETE.to_owned(), completeness.is_complete().to_string()),
        (SNAPSHOT_TIME.to_owned(), rfc3339(taken_at)),
    ];
    pairs.extend(completeness.next_token.clone().map(|token| (NEXT_TOKEN.to_owned(), token)));
    if !completeness.gaps.is_empty() {
        pairs.push((NOT_ASKED.to_owned(), completeness.gaps.join("\n")));
    }
    if !completeness.missing.is_empty() {
        let targets: Vec<&str> = completeness.missing.iter().map(Error::message).collect();
        pairs.push((MISSING.to_owned(), targets.join("\n")));
    }
    pairs
}

/// What the pairs of a file say of the answer that it holds; `None` of a file of anything else.
pub(super) fn read<'a>(
    path: impl fmt::Display,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Option<StoredAnswer> {
    let mut answer = StoredAnswer { path: path.to_string(), ..StoredAnswer::default() };
    let mut is_complete = None;
    for (key, value) in pairs {
        let lines = || value.lines().map(ToOwned::to_owned);
        match key {
            COMPLETE => is_complete = Some(value != "false"),
            SNAPSHOT_TIME => {
                answer.taken_at = DateTime::parse_from_rfc3339(value).ok().map(SystemTime::from);
            }
            MISSING => answer.missing = lines().collect(),
            NOT_ASKED => answer.gaps.extend(lines()),
            NEXT_TOKEN => answer.gaps.push(format!("it ends at NextToken {value}")),
            _ => {}
        }
    }
    if !is_complete? && answer.missing.is_empty() && answer.gaps.is_empty() {
        answer.gaps.push("it says that it is not complete".to_owned());
    }
    Some(answer)
}

/// A time as machines and people read it, in UTC.
pub fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn what_is_written_is_read() {
        let mut completeness =
            Completeness { taken_at: Some(SystemTime::UNIX_EPOCH), ..Completeness::default() };
        let stored = |completeness: &Completeness| {
            let pairs = metadata(completeness);
            read("x.parquet", pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
        };
        let whole = StoredAnswer {
            path: "x.parquet".into(),
            taken_at: completeness.taken_at,
            ..StoredAnswer::default()
        };
        assert_eq!(stored(&completeness), Some(whole));
        completeness.missing.push(Error::new(Kind::Api, "GetDisks in eu-west-1 failed"));
        completeness.gaps.push("eu-west-2 is not asked".into());
        completeness.next_token = Some("abc".into());
        let answer = stored(&completeness).unwrap();
        assert_eq!(answer.missing, ["GetDisks in eu-west-1 failed"]);
        assert_eq!(answer.gaps, ["it ends at NextToken abc", "eu-west-2 is not asked"]);
        assert_eq!(read("y", [(COMPLETE, "false")]).unwrap().gaps, ["it says that it is not complete"]);
        assert_eq!(read("y", [("pandas", "{}")]), None);
    }
}
