//! A call, as an operation sees it: where it came, and with which members.

use serde_json::{Map, Value};

use super::error::Error;
use super::input::{self, Member};
use super::place::Place;

/// The response body, or the error that the caller gets.
pub(super) type Answer = Result<String, Error>;

/// An operation that the endpoint serves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    /// What it may be asked with.
    pub(super) members: &'static [Member],
    /// Answers a call whose members are these.
    pub(super) answer: fn(&Call<'_>) -> Answer,
}

/// A call whose members have been checked: none is unknown, mistyped or missing.
pub(super) struct Call<'a> {
    pub(super) place: Place<'a>,
    pub(super) operation: &'static str,
    members: &'a Map<String, Value>,
}

impl<'a> Call<'a> {
    /// Checks the members of a request.
    pub(super) fn new(place: Place<'a>, operation: &Operation, body: &'a Value) -> Result<Self, Error> {
        let members =
            body.as_object().ok_or_else(|| Error::serialization("Start of structure or map expected."))?;
        input::check(operation.members, members)?;
        Ok(Self { place, operation: operation.name, members })
    }

    /// Refuses a call about what only us-east-1 can tell of.
    pub(super) fn at_home(&self, kind: &str) -> Result<(), Error> {
        if self.place.is_home() {
            return Ok(());
        }
        let message = format!(
            "{kind}-related APIs are only available in the us-east-1 Region. Please set your Region configuration \
            to us-east-1 to create, view, or edit these resources."
        );
        Err(Error::invalid_input(message, "Ask us-east-1."))
    }

    /// A text, if it was given.
    pub(super) fn text(&self, member: &str) -> Option<&'a str> {
        self.members.get(member)?.as_str()
    }

    /// A text that the operation requires.
    pub(super) fn required(&self, member: &str) -> &'a str {
        self.text(member).unwrap_or_default()
    }

    /// A flag; false where it was not given.
    pub(super) fn flag(&self, member: &str) -> bool {
        self.members.get(member).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A number, if it was given.
    pub(super) fn number(&self, member: &str) -> Option<u64> {
        self.members.get(member)?.as_u64()
    }

    /// A time in milliseconds since 1970, if it was given.
    pub(super) fn time(&self, member: &str) -> Option<u64> {
        Some((self.members.get(member)?.as_f64()? * 1000.0).round() as u64)
    }

    /// A list of texts, if it was given and is not empty.
    pub(super) fn texts(&self, member: &str) -> Option<Vec<&'a str>> {
        let list = self.members.get(member)?.as_array().filter(|list| !list.is_empty())?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// The request but for the page that it asks for: what the pages of one listing have in common.
    pub(super) fn listing(&self) -> String {
        let mut listing = self.operation.to_owned();
        for (member, value) in self.members.iter().filter(|(member, _)| *member != "pageToken") {
            listing += &format!(" {member}={value}");
        }
        listing
    }
}
