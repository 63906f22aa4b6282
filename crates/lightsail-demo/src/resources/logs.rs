//! Logs: a line every ten minutes or so, of the last day alone, each a pure function of its log and its number.

use std::ops::Range;

use crate::call::Call;
use crate::error::Error;
use crate::fleet::DAY;
use crate::json::Json;
use crate::place::Place;
use crate::random::hash;

/// Each stretch of this many ms has one line.
const STRETCH: u64 = 600_000;
/// Lines are kept for so long.
const KEPT: u64 = DAY;

/// The lines of a log between two times.
pub(super) struct Log<'a> {
    place: Place<'a>,
    key: u64,
    /// What may stand in a line; `{}` is some number.
    lines: &'static [&'static str],
    /// In ms since [`kept_since`]; the end does not belong to it.
    asked: Range<u64>,
}

/// A line.
pub(super) struct Event {
    time: u64,
    message: String,
}

impl<'a> Log<'a> {
    /// The part of a log that a call asks for with `startTime` and `endTime`, of what is kept: all of it by default.
    pub(super) fn of(call: &Call<'a>, name: &str, lines: &'static [&'static str]) -> Result<Self, Error> {
        let (start, end) = (call.time("startTime"), call.time("endTime"));
        if start.zip(end).is_some_and(|(start, end)| start > end) {
            return Err(Error::invalid_input("endTime is before startTime.", "Exchange the two."));
        }
        let kept = |time: u64| time.saturating_sub(kept_since(&call.place)).min(KEPT);
        let asked = start.map_or(0, kept)..end.map_or(KEPT, kept);
        Ok(Self { place: call.place, key: hash(name), lines, asked })
    }

    /// The numbers of its lines.
    pub(super) fn numbers(&self) -> Range<u64> {
        let first = |at: u64| {
            let number = at / STRETCH;
            if self.at(number) < at { number + 1 } else { number }
        };
        first(self.asked.start)..first(self.asked.end)
    }

    /// When a line was written, in ms since [`kept_since`].
    fn at(&self, number: u64) -> u64 {
        number * STRETCH + self.place.random("log time", self.key ^ number).below(STRETCH)
    }

    pub(super) fn event(&self, number: u64) -> Event {
        let mut random = self.place.random("log line", self.key ^ number);
        let line = random.pick(self.lines);
        Event {
            time: kept_since(&self.place) + self.at(number),
            message: line.replace("{}", &random.below(900).to_string()),
        }
    }
}

/// When the oldest line that is kept may have been written, in ms since 1970.
fn kept_since(place: &Place<'_>) -> u64 {
    place.today() - KEPT
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
