//! Times as people say them: a day, a moment, or how long ago.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use crate::error::{Error, Kind, Result};

/// The units of a span, and their seconds.
const UNITS: [(char, i64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// A span of time: `7d`, `12h`, `30m`, `2w`.
///
/// # Errors
/// [`Kind::Usage`] when the text says none.
pub fn span(text: &str) -> Result<TimeDelta> {
    let parsed = text.char_indices().last().and_then(|(at, unit)| {
        let (_, seconds) = UNITS.iter().find(|(known, _)| *known == unit)?;
        let count: u32 = text[..at].parse().ok()?;
        TimeDelta::try_seconds(i64::from(count) * seconds)
    });
    parsed.ok_or_else(|| {
        Error::new(Kind::Usage, format!("{text} is no span of time")).with_hint("say 7d, 12h, 30m or 2w")
    })
}

/// The last moment that a text means: the end of a day, or a moment itself. It knows `today`, `yesterday`, `-7d`, a date, and
/// a time with or without its zone, which is else UTC.
///
/// # Errors
/// [`Kind::Usage`] when the text says no time.
pub fn latest(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let end = |day: NaiveDate| Some(day.and_hms_opt(23, 59, 59)?.and_utc());
    let time = match text.trim() {
        "now" => Some(now),
        "today" => end(now.date_naive()),
        "yesterday" => now.date_naive().checked_sub_days(Days::new(1)).and_then(end),
        ago if ago.starts_with('-') => now.checked_sub_signed(span(&ago[1..])?),
        text => {
            let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(end);
            let zoned = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc));
            let plain = |form| NaiveDateTime::parse_from_str(text, form).ok().map(|time| time.and_utc());
            let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
            day().or_else(zoned).or_else(|| forms.into_iter().find_map(plain))
        }
    };
    time.ok_or_else(|| {
        Error::new(Kind::Usage, format!("{text} is no time"))
            .with_hint("say 2026-11-25, '2026-11-25 06:00', yesterday or -7d; it is in UTC")
    })
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn times_are_read_as_people_say_them() {
        let now = DateTime::parse_from_rfc3339("2026-11-26T12:34:56Z").unwrap().with_timezone(&Utc);
        for (text, time) in [
            ("now", "2026-11-26T12:34:56Z"),
            ("today", "2026-11-26T23:59:59Z"),
            ("yesterday", "2026-11-25T23:59:59Z"),
            ("-7d", "2026-11-19T12:34:56Z"),
            ("-90m", "2026-11-26T11:04:56Z"),
            ("2026-11-01", "2026-11-01T23:59:59Z"),
            ("2026-11-01 06:00", "2026-11-01T06:00:00Z"),
            ("2026-11-01T06:00:01", "2026-11-01T06:00:01Z"),
            ("2026-11-01T06:00:00+02:00", "2026-11-01T04:00:00Z"),
        ] {
            assert_eq!(shown(latest(text, now).unwrap()), time, "{text}");
        }
        for text in ["", "soon", "-7", "-d", "2026-13-01", "-99999999999d", "7d"] {
            assert!(latest(text, now).is_err(), "{text}");
        }
    }
}
