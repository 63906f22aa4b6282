//! `$parameters`: what a header declares of them, and the values that they are given.

use std::collections::HashMap;
use std::fmt;

use arrow::compute::kernels::cast_utils::string_to_datetime;
use chrono::Utc;
use datafusion::common::ScalarValue;

use crate::error::{Error, Kind, Result};
use crate::header::{self, Header};

/// Values for `$name` in statements.
pub type Parameters = HashMap<String, ScalarValue>;

/// The value of a `--param`: a number, `true`, `false` or NULL if it reads as one, else text; `'7'` is text too.
///
/// Each but NULL prints as what was written, so that beside a text it is that text.
///
/// ```
/// use datafusion::common::ScalarValue;
/// use datafusion_lightsail::script::parameter;
/// assert_eq!(parameter("port=22").unwrap(), ("port".to_owned(), ScalarValue::from(22_i64)));
/// assert_eq!(parameter("tag='22'").unwrap().1, ScalarValue::from("22"));
/// assert_eq!(parameter("code=007").unwrap().1, ScalarValue::from("007"));
/// ```
///
/// # Errors
/// [`Kind::Usage`] when it is not `name=value`.
pub fn parameter(text: &str) -> Result<(String, ScalarValue)> {
    let wrong = || Error::new(Kind::Usage, format!("{text:?} is not name=value"));
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let name = name.trim().trim_start_matches('$');
    if name.is_empty() {
        return Err(wrong());
    }
    Ok((name.to_owned(), literal(value)))
}

/// A text that a number would not print as again, such as 007, is no number.
fn literal(value: &str) -> ScalarValue {
    if let Some(text) = unquoted(value) {
        return ScalarValue::from(text);
    }
    if value.eq_ignore_ascii_case(NULL) {
        return ScalarValue::Null;
    }
    if let Ok(flag) = value.parse::<bool>() {
        return ScalarValue::from(flag);
    }
    match (value.parse::<i64>(), value.parse::<f64>()) {
        (Ok(number), _) if number.to_string() == value => ScalarValue::from(number),
        (_, Ok(number)) if number.to_string() == value => ScalarValue::from(number),
        _ => ScalarValue::from(value),
    }
}

fn unquoted(value: &str) -> Option<&str> {
    value.strip_prefix('\'')?.strip_suffix('\'')
}

/// The type of a parameter, as its declaration names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// A whole number.
    Integer,
    /// A number with or without a fraction.
    Number,
    /// A text, whatever it reads as.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A date, or a date and a time, in UTC unless it says another offset.
    Timestamp,
}

/// Every type with its name and what a value of it is, in words that follow "is not".
const TYPES: &[(ParameterType, &str, &str)] = &[
    (ParameterType::Integer, "integer", "an integer"),
    (ParameterType::Number, "number", "a number"),
    (ParameterType::Text, "text", "a text"),
    (ParameterType::Boolean, "boolean", "true or false"),
    (ParameterType::Timestamp, "timestamp", "a time such as 2026-01-31 or 2026-01-31T12:00:00Z"),
];

impl ParameterType {
    fn from_name(name: &str) -> Option<Self> {
        TYPES.iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| *kind)
    }

    fn entry(self) -> Option<&'static (ParameterType, &'static str, &'static str)> {
        TYPES.iter().find(|(kind, ..)| *kind == self)
    }

    /// The value that a text is; `None` if it is not of this type.
    fn read(self, text: &str) -> Option<ScalarValue> {
        Some(match self {
            Self::Integer => ScalarValue::from(text.trim().parse::<i64>().ok()?),
            Self::Number => {
                let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite())?;
                text.trim().parse::<i64>().map_or_else(|_| ScalarValue::from(number), ScalarValue::from)
            }
            Self::Text => ScalarValue::from(unquoted(text).unwrap_or(text)),
            Self::Boolean => ScalarValue::from(text.trim().to_ascii_lowercase().parse::<bool>().ok()?),
            Self::Timestamp => {
                let moment = string_to_datetime(&Utc, text.trim()).ok()?;
                ScalarValue::TimestampMillisecond(Some(moment.timestamp_millis()), Some("UTC".into()))
            }
        })
    }

    /// NULL of this type: an untyped one is not known to every function.
    fn null(self) -> ScalarValue {
        match self {
            Self::Integer => ScalarValue::Int64(None),
            Self::Number => ScalarValue::Float64(None),
            Self::Text => ScalarValue::Utf8(None),
            Self::Boolean => ScalarValue::Boolean(None),
            Self::Timestamp => ScalarValue::TimestampMillisecond(None, Some("UTC".into())),
        }
    }
}

impl fmt::Display for ParameterType {
    /// Its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry().map_or("", |(_, name, _)| name))
    }
}

/// A parameter as a script declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Its name, without `$`.
    pub name: String,
    /// Its type; `None` if any will do.
    pub kind: Option<ParameterType>,
    /// Its default as it is written; `None` if it must be given.
    pub default: Option<String>,
    /// What it means; empty if the declaration does not say.
    pub meaning: String,
}

impl Declaration {
    /// Reads a header's declaration.
    ///
    /// # Errors
    /// [`Kind::Usage`] when it has no name, a type that there is not, or a default that is not of its type.
    fn new(declared: header::Parameter<'_>) -> Result<Self> {
        let wrong = |what: String| {
            Error::new(Kind::Usage, what)
                .with_hint("a declaration reads like -- param days integer = 90: what it means")
        };
        let kind = declared.kind.map(|name| {
            let names: Vec<&str> = TYPES.iter().map(|(_, name, _)| *name).collect();
            ParameterType::from_name(name)
                .ok_or_else(|| wrong(format!("{name:?} is no type of a parameter: {}", names.join(", "))))
        });
        let declaration = Self {
            name: declared.name.trim_start_matches('$').to_owned(),
            kind: kind.transpose()?,
            default: declared.default.map(ToOwned::to_owned),
            meaning: declared.meaning.to_owned(),
        };
        if declaration.name.is_empty() {
            return Err(wrong("a parameter without a name".to_owned()));
        }
        if let Some(default) = &declaration.default {
            declaration.read(default)?;
        }
        Ok(declaration)
    }

    /// The value that it has where this one, or none, is given.
    ///
    /// # Errors
    /// [`Kind::Usage`] when the value is not of its type, or it has no default and none is given.
    pub fn value(&self, given: Option<&ScalarValue>) -> Result<ScalarValue> {
        match (given, self.kind, &self.default) {
            (Some(value), None, _) => Ok(value.clone()),
            // What is not NULL prints as what was written.
            (Some(value), Some(_), _) if !value.is_null() => self.read(&value.to_string()),
            (Some(_), Some(_), _) => self.read(NULL),
            (None, _, Some(default)) => self.read(default),
            (None, _, None) => {
                Err(Error::new(Kind::Usage, format!("${} needs a value", self.name))
                    .with_hint(self.to_string()))
            }
        }
    }

    fn read(&self, text: &str) -> Result<ScalarValue> {
        let Some(kind) = self.kind else { return Ok(literal(text)) };
        let may_be_null = self.default.as_deref().is_some_and(|default| default.eq_ignore_ascii_case(NULL));
        if may_be_null && text.eq_ignore_ascii_case(NULL) {
            return Ok(kind.null());
        }
        kind.read(text).ok_or_else(|| {
            let what = kind.entry().map_or("", |(.., what)| what);
            Error::new(Kind::Usage, format!("${} is not {what}: {text}", self.name))
                .with_hint(self.to_string())
        })
    }
}

const NULL: &str = "null";

impl fmt::Display for Declaration {
    /// `days integer = 90: how old is old`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.kind.map_or(Ok(()), |kind| write!(f, " {kind}"))?;
        self.default.as_ref().map_or(Ok(()), |default| write!(f, " = {default}"))?;
        if self.meaning.is_empty() { Ok(()) } else { write!(f, ": {}", self.meaning) }
    }
}

/// The parameters that a script's header declares.
///
/// # Errors
/// [`Kind::Usage`] with the line when a declaration makes no sense.
pub(crate) fn declarations(script: &str, header: &Header) -> Result<Vec<Declaration>> {
    let declaration = |declared: header::Parameter<'_>| {
        Declaration::new(declared).map_err(|error| error.at(format_args!("{script}:{}", declared.line)))
    };
    header.parameters().map(declaration).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(lines: &str) -> Result<Vec<Declaration>> {
        declarations("q.sql", &Header::read(lines))
    }

    #[test]
    fn a_value_is_of_its_type() {
        for (line, given, value) in [
            ("days integer = 90", "days=7", ScalarValue::from(7_i64)),
            ("share number = 1", "share=0.5", ScalarValue::from(0.5)),
            ("share number = 1", "share=2", ScalarValue::from(2_i64)),
            ("tag text = env", "tag=007", ScalarValue::from("007")),
            ("tag text = env", "tag=7", ScalarValue::from("7")),
            ("tag text = env", "tag=true", ScalarValue::from("true")),
            ("tag text = env", "tag='7'", ScalarValue::from("7")),
            ("all boolean = false", "all=true", ScalarValue::from(true)),
            ("as_of timestamp = null", "as_of=null", ParameterType::Timestamp.null()),
            (
                "as_of timestamp = null",
                "as_of=2025-06-01",
                ScalarValue::TimestampMillisecond(Some(1_748_736_000_000), Some("UTC".into())),
            ),
            ("v = 1", "v=x", ScalarValue::from("x")),
        ] {
            let declared = declared(&format!("-- param {line}: it")).unwrap().remove(0);
            let (name, given) = parameter(given).unwrap();
            assert_eq!(declared.name, name);
            assert_eq!(declared.value(Some(&given)).unwrap(), value, "{line}");
        }
    }

    #[test]
    fn what_is_not_of_its_type_is_refused() {
        for (line, given, message) in [
            (
                "days integer = 90: age",
                "days=soon",
                "$days is not an integer: soon\nhint: days integer = 90: age",
            ),
            ("days integer = 90", "days=1.5", "$days is not an integer: 1.5\nhint: days integer = 90"),
            ("days integer = 90", "days=null", "$days is not an integer: null\nhint: days integer = 90"),
            ("all boolean = true", "all=maybe", "$all is not true or false: maybe\nhint: all boolean = true"),
            (
                "as_of timestamp = null",
                "as_of=yesterday",
                "$as_of is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z: yesterday\n\
                 hint: as_of timestamp = null",
            ),
        ] {
            let declared = declared(&format!("-- param {line}")).unwrap().remove(0);
            let (_, given) = parameter(given).unwrap();
            assert_eq!(declared.value(Some(&given)).unwrap_err().to_string(), message);
        }
        let needed = declared("-- param tag text: its key").unwrap().remove(0);
        let error = needed.value(None).unwrap_err().to_string();
        assert_eq!(error, "$tag needs a value\nhint: tag text: its key");
    }

    #[test]
    fn a_declaration_that_makes_no_sense_is_named_with_its_line() {
        for (line, message) in [
            (
                "days int = 90",
                "q.sql:2: \"int\" is no type of a parameter: integer, number, text, boolean, timestamp",
            ),
            ("days integer = x", "q.sql:2: $days is not an integer: x"),
            ("= 5", "q.sql:2: a parameter without a name"),
        ] {
            let error = declared(&format!("-- title: T\n-- param {line}")).unwrap_err();
            assert_eq!(error.message(), message);
        }
    }
}
