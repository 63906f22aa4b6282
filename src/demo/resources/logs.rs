//! Logs: a line every ten minutes or so, for ever back and forth, each a pure function of its log and its number.

use crate::demo::call::Call;
use crate::demo::error::Error;
use crate::demo::fleet::{DAY, TODAY};
use crate::demo::json::Json;
use crate::demo::place::Place;
use crate::demo::random::hash;

/// Each stretch of this many ms has one line.
const STRETCH: u64 = 600_000;

/// The lines of a log between two times.
pub(super) struct Log<'a> {
    place: Place<'a>,
    key: u64,
    /// What may stand in a line; `{}` is some number.
    lines: &'static [&'static str],
    /// In ms since 1970; the end does not belong to it.
    start: u64,
    end: u64,
}

/// A line.
pub(super) struct Event {
    time: u64,
    message: String,
}

impl<'a> Log<'a> {
    /// The part of a log that a call asks for with `startTime` and `endTime`: by default the last day that there is.
    pub(super) fn of(call: &Call<'a>, name: &str, lines: &'static [&'static str]) -> Result<Self, Error> {
        let start = call.time("startTime");
        let end = call.time("endTime").unwrap_or(start.map_or(TODAY, |start| TODAY.max(start + DAY)));
        let start = start.unwrap_or(end.saturating_sub(DAY));
        if start > end {
            return Err(Error::invalid_input("endTime is before startTime.", "Exchange the two."));
        }
        Ok(Self { place: call.place, key: hash(name), lines, start, end })
    }

    /// The numbers of its lines.
    pub(super) fn numbers(&self) -> std::ops::Range<u64> {
        let first = |time: u64| {
            let number = time / STRETCH;
            if self.time(number) < time { number + 1 } else { number }
        };
        first(self.start)..first(self.end)
    }

    fn time(&self, number: u64) -> u64 {
        number * STRETCH + self.place.random("log time", self.key ^ number).below(STRETCH)
    }

    pub(super) fn event(&self, number: u64) -> Event {
        let mut random = self.place.random("log line", self.key ^ number);
        let line = random.pick(self.lines);
        Event { time: self.time(number), message: line.replace("{}", &random.below(900).to_string()) }
    }
}

impl Event {
    pub(super) fn write(&self, json: &mut Json) {
        json.time("createdAt", self.time);
        json.text("message", &self.message);
    }

    /// Whether the line matches a filter: every plain term must be in it and no `-term`, and of the `?terms` any one.
    pub(super) fn matches(&self, pattern: &str) -> bool {
        let has = |term: &str| self.message.contains(term.trim_matches('"'));
        let mut any = None;
        for term in pattern.split_whitespace() {
            if let Some(term) = term.strip_prefix('?') {
                any = Some(any.unwrap_or(false) || has(term));
            } else if match term.strip_prefix('-') {
                Some(term) => has(term),
                None => !has(term),
            } {
                return false;
            }
        }
        any.unwrap_or(true)
    }
}
