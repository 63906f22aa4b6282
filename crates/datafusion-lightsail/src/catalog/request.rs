//! What a query decides of the requests for it: what its columns need, what its predicates know, and the request members
//! that follow from both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_lightsail::primitives::DateTime;

/// What the predicates of a query say for sure of the columns of a row.
pub trait Known {
    /// The only texts that a column can have; none if it can have any.
    fn texts(&self, column: &str) -> Option<BTreeSet<String>>;
    /// The least and the greatest value that a number or a time (ms since 1970) can have.
    fn range(&self, column: &str) -> (Option<i64>, Option<i64>);
    /// Keeps of `values` (numbers, or ms since the epoch) those that the predicates allow; `None` if they do not constrain
    /// the column.
    fn allowed(&self, column: &str, values: &[i64]) -> Option<Vec<i64>>;
    /// Whether anything is said of a column at all.
    fn is_about(&self, column: &str) -> bool;
    /// Whether the query compares a column with what it only finds out after the calls: another side of a join, or a
    /// subquery.
    fn is_decided_later(&self, column: &str) -> bool;
    /// The only value that a Boolean column can have.
    fn flag(&self, column: &str) -> Option<bool>;
    /// The time now, in ms since 1970: the same for all that one query asks.
    fn now(&self) -> i64;
}

/// Knows nothing but the time.
struct Nothing {
    now: i64,
}

/// What a query without predicates knows, at this time in ms since 1970.
pub fn nothing_known(now: i64) -> impl Known {
    Nothing { now }
}

impl Known for Nothing {
    fn texts(&self, _: &str) -> Option<BTreeSet<String>> {
        None
    }

    fn range(&self, _: &str) -> (Option<i64>, Option<i64>) {
        (None, None)
    }

    fn allowed(&self, _: &str, _: &[i64]) -> Option<Vec<i64>> {
        None
    }

    fn is_about(&self, _: &str) -> bool {
        false
    }

    fn is_decided_later(&self, _: &str) -> bool {
        false
    }

    fn flag(&self, _: &str) -> Option<bool> {
        None
    }

    fn now(&self) -> i64 {
        self.now
    }
}

/// Knows nothing, and takes note of what it is asked about.
#[derive(Default)]
pub(super) struct Listener {
    heard: Mutex<BTreeSet<String>>,
}

impl Listener {
    /// The columns that it was asked about.
    pub(super) fn into_columns(self) -> BTreeSet<String> {
        self.heard.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, column: &str) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(column.to_owned());
    }
}

impl Known for Listener {
    fn texts(&self, column: &str) -> Option<BTreeSet<String>> {
        self.hear(column);
        None
    }

    fn range(&self, column: &str) -> (Option<i64>, Option<i64>) {
        self.hear(column);
        (None, None)
    }

    fn allowed(&self, column: &str, _: &[i64]) -> Option<Vec<i64>> {
        self.hear(column);
        None
    }

    fn is_about(&self, column: &str) -> bool {
        self.hear(column);
        false
    }

    fn is_decided_later(&self, column: &str) -> bool {
        self.hear(column);
        false
    }

    fn flag(&self, column: &str) -> Option<bool> {
        self.hear(column);
        None
    }

    fn now(&self) -> i64 {
        0
    }
}

/// What the columns that are read ask of the API beyond what it answers by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Needs(u8);

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `includeHealthStatus`: only then have instances a status.
    pub const HEALTH_STATUS: Self = Self(1);
    /// `includeAvailabilityZones`: only then have regions zones.
    pub const ZONES: Self = Self(2);
    /// `includeRelationalDatabaseAvailabilityZones`.
    pub const DATABASE_ZONES: Self = Self(4);
    /// `includeConnectedResources`: only then do buckets tell which instances have access.
    pub const CONNECTED_RESOURCES: Self = Self(8);
    /// All that can be asked.
    pub const ALL: Self = Self(15);
    /// No request member: what a listing leaves out, so that the operation's `detail` is asked instead.
    pub const DETAIL: Self = Self(16);

    /// Everything that either asks for.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it asks for all that `other` does.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The request member of one need: `Some(true)` if it is asked for, else left out.
    pub fn flag(self, need: Self) -> Option<bool> {
        self.contains(need).then_some(true)
    }

    /// The request members, for EXPLAIN.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (Self::HEALTH_STATUS, "includeHealthStatus"),
            (Self::ZONES, "includeAvailabilityZones"),
            (Self::DATABASE_ZONES, "includeRelationalDatabaseAvailabilityZones"),
            (Self::CONNECTED_RESOURCES, "includeConnectedResources"),
        ]
        .into_iter()
        .filter_map(move |(need, name)| self.contains(need).then_some(name))
    }
}

/// The value of a request member.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
    /// A Boolean.
    Flag(bool),
    /// A time in ms since 1970.
    Time(i64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Time(millis) => match chrono::DateTime::from_timestamp_millis(*millis) {
                Some(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%SZ")),
                None => write!(f, "{millis} ms"),
            },
        }
    }
}

/// The request members that a query fills, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parameters(BTreeMap<&'static str, Value>);

impl Parameters {
    /// Adds a member with its value.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: Value) -> Self {
        self.0.insert(member, value);
        self
    }

    /// Adds a member with a text.
    #[must_use]
    pub fn with_text(self, member: &'static str, text: impl Into<String>) -> Self {
        self.with(member, Value::Text(text.into()))
    }

    /// These and all of `others`, which win.
    #[must_use]
    pub fn merged(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().map(|(member, value)| (*member, value.clone())));
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(member, value)| (*member, value))
    }

    /// The text of the only member, if there is just one.
    pub fn only_text(&self) -> Option<&str> {
        let mut members = self.0.keys();
        let member = members.next()?;
        members.next().is_none().then(|| self.text(member))?
    }

    /// A text.
    pub fn text(&self, member: &str) -> Option<&str> {
        match self.0.get(member)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that fits the API's integers.
    pub fn int(&self, member: &str) -> Option<i32> {
        match self.0.get(member)? {
            Value::Int(number) => i32::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A Boolean.
    pub fn flag(&self, member: &str) -> Option<bool> {
        match self.0.get(member)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A time.
    pub fn time(&self, member: &str) -> Option<DateTime> {
        match self.0.get(member)? {
            Value::Time(millis) => Some(DateTime::from_millis(*millis)),
            _ => None,
        }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (member, value)) in self.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{member}={value}")?;
        }
        Ok(())
    }
}

/// One call for one page.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// Where the page before said this one begins; none for the first.
    pub token: Option<String>,
    /// What the columns ask for.
    pub needs: Needs,
    /// What the predicates ask for, and whom.
    pub parameters: Arc<Parameters>,
}

impl PageRequest {
    /// A request member that is a text.
    pub fn text(&self, member: &str) -> Option<String> {
        self.parameters.text(member).map(ToOwned::to_owned)
    }

    /// A request member that is an enum.
    pub fn name<E: for<'a> From<&'a str>>(&self, member: &str) -> Option<E> {
        self.parameters.text(member).map(E::from)
    }

    /// A request member that is a list of enums, of which one is asked for.
    pub fn one<E: for<'a> From<&'a str>>(&self, member: &str) -> Option<Vec<E>> {
        self.name(member).map(|name| vec![name])
    }
}
