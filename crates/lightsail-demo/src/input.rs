//! What an operation may be asked with, and the refusal of what it may not.

use serde_json::{Map, Value};

use super::error::Error;
use super::patterns::refusal;

/// A member of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// What a member holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Flag,
    /// A whole number between these two.
    Number(i64, i64),
    /// Seconds since 1970, with or without a fraction.
    Time,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of these texts.
    SomeOf(&'static [&'static str]),
}

const fn member(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: false }
}

pub(super) const fn text(name: &'static str) -> Member {
    member(name, Kind::Text)
}

pub(super) const fn flag(name: &'static str) -> Member {
    member(name, Kind::Flag)
}

pub(super) const fn number(name: &'static str, least: i64, most: i64) -> Member {
    member(name, Kind::Number(least, most))
}

pub(super) const fn time(name: &'static str) -> Member {
    member(name, Kind::Time)
}

pub(super) const fn one_of(name: &'static str, texts: &'static [&'static str]) -> Member {
    member(name, Kind::OneOf(texts))
}

pub(super) const fn some_of(name: &'static str, texts: &'static [&'static str]) -> Member {
    member(name, Kind::SomeOf(texts))
}

impl Member {
    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The type's error, which AWS finds while it reads the body.
    fn check_type(&self, value: &Value) -> Result<(), Error> {
        match (self.kind, value) {
            (_, Value::Null)
            | (Kind::Text | Kind::OneOf(_), Value::String(_))
            | (Kind::Flag, Value::Bool(_))
            | (Kind::Time, Value::Number(_)) => Ok(()),
            (Kind::Number(..), Value::Number(number)) if number.is_i64() => Ok(()),
            (Kind::SomeOf(_), Value::Array(list)) => list
                .iter()
                .find(|item| !item.is_string())
                .map_or(Ok(()), |item| Err(mistyped(item, "String"))),
            (Kind::Text | Kind::OneOf(_), other) => Err(mistyped(other, "String")),
            (Kind::Flag, other) => Err(mistyped(other, "Boolean")),
            (Kind::Number(..), other) => Err(mistyped(other, "Integer")),
            (Kind::Time, other) => Err(mistyped(other, "Timestamp")),
            (Kind::SomeOf(_), _) => Err(Error::serialization("Unexpected field type")),
        }
    }

    /// The constraint that a value of the right type breaks, in AWS's words.
    fn violation(&self, value: &Value) -> Option<String> {
        let unmet = |value: &Value, constraint: String| {
            let value = match value {
                Value::Null => "null".to_owned(),
                Value::String(text) => format!("'{text}'"),
                other => format!("'{other}'"),
            };
            Some(format!("Value {value} at '{}' failed to satisfy constraint: {constraint}", self.name))
        };
        let outside = |text: &Value, texts: &[&str]| text.as_str().is_none_or(|text| !texts.contains(&text));
        match (self.kind, value) {
            (_, Value::Null) if self.required => unmet(value, "Member must not be null".to_owned()),
            (_, Value::Null) => None,
            (Kind::OneOf(texts), text) if outside(text, texts) => {
                unmet(text, format!("Member must satisfy enum value set: [{}]", texts.join(", ")))
            }
            (Kind::SomeOf(texts), Value::Array(list)) if list.iter().any(|text| outside(text, texts)) => {
                let set = texts.join(", ");
                unmet(
                    value,
                    format!("Member must satisfy constraint: [Member must satisfy enum value set: [{set}]]"),
                )
            }
            (Kind::Number(least, _), number) if number.as_i64().is_some_and(|number| number < least) => {
                unmet(number, format!("Member must have value greater than or equal to {least}"))
            }
            (Kind::Number(_, most), number) if number.as_i64().is_some_and(|number| number > most) => {
                unmet(number, format!("Member must have value less than or equal to {most}"))
            }
            (Kind::Text, Value::String(text)) => refusal(self.name, text).and_then(|pattern| {
                unmet(value, format!("Member must satisfy regular expression pattern: {pattern}"))
            }),
            _ => None,
        }
    }
}

/// Refuses members that are not these, are not what these hold, or are missing. A null member is an absent one.
pub(super) fn check(members: &[Member], body: &Map<String, Value>) -> Result<(), Error> {
    // AWS passes over members that it does not know; here a client's slip shall come out.
    if let Some(key) = body.keys().find(|key| members.iter().all(|member| member.name != *key)) {
        return Err(Error::invalid_input(format!("Unknown member '{key}'."), "Check the spelling."));
    }
    let with = |member: &Member| body.get(member.name).unwrap_or(&Value::Null);
    members.iter().try_for_each(|member| member.check_type(with(member)))?;
    let violations: Vec<String> =
        members.iter().filter_map(|member| member.violation(with(member))).collect();
    match violations.len() {
        0 => Ok(()),
        count => {
            let errors = if count == 1 { "error" } else { "errors" };
            let message = format!("{count} validation {errors} detected: {}", violations.join("; "));
            Err(Error::invalid_input(message, "Look the members up in the API reference."))
        }
    }
}

fn mistyped(value: &Value, wanted: &str) -> Error {
    let found = match value {
        Value::Null => "NULL",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) | Value::Object(_) => return Error::serialization("Unexpected field type"),
    };
    Error::serialization(format!("{found} can not be converted to a {wanted}"))
}
