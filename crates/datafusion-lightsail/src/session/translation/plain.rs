//! DataFusion's and Arrow's messages without their wrappers, and what is done about those that come often.

mod engine_room;
mod operations;

use std::fmt;

use crate::nearest::nearest;
use engine_room::{ENGINE_ROOM, EngineRoom};
pub(crate) use operations::Operation;
use operations::{kind, uncombined};

/// What DataFusion, Arrow and the parser put before a message.
const PREFIXES: &[&str] = &[
    "SQL error: ",
    "Internal error: ",
    "ParserError(\"",
    "Error during planning: ",
    "Schema error: ",
    "Execution error: ",
    "Parser error: ",
    "Cast error: ",
    "Compute error: ",
    "Arrow error: ",
    "Optimizer error: ",
    "Optimizer rule ",
    "External error: ",
    "Divide by zero error: ",
    "Arithmetic overflow: ",
    "Invalid argument error: ",
    "Invalid or Unsupported Configuration: ",
    "This feature is not implemented: ",
];

/// Arrow's names of types, as SQL has them; the longest of two that begin alike comes first.
const TYPES: &[(&str, &str)] = &[
    ("Timestamp(ms, \"UTC\")", "TIMESTAMP"),
    ("Timestamp(ns, \"+00:00\")", "TIMESTAMP"),
    ("Timestamp(ns, \"UTC\")", "TIMESTAMP"),
    ("Timestamp(ns)", "TIMESTAMP"),
    ("Timestamp(ms)", "TIMESTAMP"),
    ("Interval(MonthDayNano)", "INTERVAL"),
    ("LargeUtf8", "VARCHAR"),
    ("Utf8View", "VARCHAR"),
    ("Utf8", "VARCHAR"),
    ("Int64", "BIGINT"),
    ("Int32", "INTEGER"),
    ("Float64", "DOUBLE"),
    ("Date32", "DATE"),
];

/// Aggregates of numbers.
const ADD_UP: [&str; 12] = [
    "sum",
    "avg",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "var",
    "var_pop",
    "var_samp",
    "median",
    "approx_median",
    "approx_percentile_cont",
    "percentile_cont",
];

/// A message without its wrappers, in the words of its author.
pub(crate) fn bare(message: &str) -> &str {
    let mut message = message.trim();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| message.strip_prefix(prefix)) {
        message = rest;
    }
    message
}

/// A message for people, and what to do about it if that is known.
pub(crate) fn text(message: &str) -> (String, Option<String>) {
    let message = bare(message);
    // What a function says of its arguments stands behind its name, which it says again.
    let of_function = message.strip_prefix("Function '").filter(|rest| !rest.starts_with("coalesce'"));
    if let Some((_, said)) =
        of_function.and_then(|rest| rest.split_once("' user-defined coercion failed with: "))
    {
        return text(said);
    }
    // What the optimizer says of itself stands before the cause.
    if let Some((_, cause)) = message.rsplit_once("\ncaused by\n") {
        return text(cause);
    }
    // What DataFusion asks for in case that it is wrong.
    let message =
        message.split("\nThis issue was likely caused by a bug in DataFusion").next().unwrap_or(message);
    let message = message.trim_end_matches("\")").replace("'lightsail.public.", "'");
    // Thirty column names are no help, and neither are all signatures of a function.
    let message = message.split("\nValid fields are").next().unwrap_or(&message);
    let message = message.split(" No function matches the given name").next().unwrap_or(message).to_owned();
    let message = without_debug(&message).to_owned();
    let message = TYPES.iter().fold(message, |message, (arrow, sql)| message.replace(arrow, sql));
    let twice = message.strip_prefix("Schema contains duplicate unqualified field name ");
    if let Some(name) = twice.or_else(|| selected_twice(&message)) {
        return (
            format!("there are two columns '{name}'"),
            Some("give one of them an alias where they are selected: name AS other_name".to_owned()),
        );
    }
    if message.contains("not supported for Null") || message.contains("for (Null -->") {
        return (
            "an aggregate of NULL or of a parameter, which have no type".to_owned(),
            Some("say which type is meant: sum(CAST($1 AS BIGINT))".to_owned()),
        );
    }
    if let Some((value, kind)) = uncast(&message) {
        let hint = format!("TRY_CAST(… AS {kind}) gives NULL where a text is none");
        return (Cast { value, kind }.to_string(), Some(hint));
    }
    if let Some(column) = ungrouped(&message) {
        let hint = format!("GROUP BY {column}, or first_value({column}) for any of them");
        return (format!("{column} must be in GROUP BY or in an aggregate function"), Some(hint));
    }
    if let Some((function, kind)) = untaken(&message).or_else(|| uncoerced(&message)) {
        return match (kind, ADD_UP.contains(&function)) {
            ("VARCHAR", true) => (
                format!("{function} takes numbers, not text"),
                Some("CAST(… AS DOUBLE) makes a number of a text".to_owned()),
            ),
            ("Boolean", true) => (
                format!("{function} takes numbers, not truth values"),
                Some("count(*) FILTER (WHERE …) counts those that are true".to_owned()),
            ),
            _ => (format!("{function} takes other arguments"), None),
        };
    }
    if let Some((message, hint)) =
        ENGINE_ROOM.iter().find(|one| message.starts_with(one.theirs)).map(EngineRoom::ours)
    {
        return (message, Some(hint));
    }
    if let Some(what) = message.strip_prefix("Unsupported ast node") {
        let what = what.trim_start_matches(" in sqltorel").trim_start_matches([':', ' ']);
        let what = if what.is_empty() { "an expression of this kind" } else { what };
        return (format!("{what} is not read here"), None);
    }
    if let Some((_, reason)) = message.rsplit_once("\nerror: ")
        && message.starts_with("regex parse error")
    {
        let hint = "\\( and \\[ stand for the signs themselves; LIKE knows only % and _";
        return (format!("the regular expression is not well-formed: {reason}"), Some(hint.to_owned()));
    }
    if let Some(Operation { left, operator, right }) = Operation::of(&message) {
        return uncombined(left, operator, right);
    }
    if let Some((name, counts)) = miscounted(&message) {
        return (format!("{name} takes {counts}"), None);
    }
    if let Some(of) = message.strip_prefix("Cannot access field at argument 1: type ") {
        return match of.split([' ', '(']).next() {
            Some("List") => (
                "a list has numbers, not names".to_owned(),
                Some("its first element is list[1]; array_has(list, 'x') says whether it has one".to_owned()),
            ),
            of => (
                format!("a {} has no fields", kind(of.unwrap_or_default())),
                Some("a field is one of an element of a list: details[1]['name']".to_owned()),
            ),
        };
    }
    if let Some((value, parts)) = message
        .strip_prefix("Unsupported date_trunc granularity: '")
        .and_then(|rest| rest.split_once("'. Supported values are: "))
    {
        let hint = nearest(value, parts.split(", "))
            .map_or_else(|| format!("there are {parts}"), |near| format!("did you mean '{near}'?"));
        return (format!("'{value}' is no part of a time"), Some(hint));
    }
    if let Some(what) = misread(&message) {
        return what;
    }
    if let Some(kind) = message.strip_prefix("Unsupported SQL type ") {
        let near = nearest(kind, NAMES_OF_TYPES);
        let hint = near.map_or_else(
            || format!("there are {}", NAMES_OF_TYPES.join(", ")),
            |near| format!("did you mean {near}?"),
        );
        return (format!("there is no type {kind}"), Some(hint));
    }
    if let Some(name) =
        message.strip_prefix("Prepared statement '").and_then(|rest| rest.strip_suffix("' does not exist"))
    {
        return (
            format!("there is no prepared statement {name}"),
            Some(format!("PREPARE {name} AS SELECT … makes one")),
        );
    }
    if let Some(name) = unbound(&message) {
        return (
            format!("the parameter {name} has no value"),
            Some(match name.starts_with('$') {
                true => "give it one: --param NAME=VALUE".to_owned(),
                false => "a parameter is written $name, and --param name=VALUE gives it a value".to_owned(),
            }),
        );
    }
    if message.to_ascii_lowercase().contains("placeholder") {
        return (message, Some("give it a value: --param NAME=VALUE".to_owned()));
    }
    (message, None)
}

/// The types that a column of CAST or CREATE TABLE may have.
const NAMES_OF_TYPES: [&str; 11] = [
    "BIGINT",
    "BOOLEAN",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "INTEGER",
    "INTERVAL",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "VARCHAR",
];

/// A text that cannot be cast.
pub(crate) struct Cast<'a> {
    pub(crate) value: &'a str,
    kind: &'a str,
}

impl fmt::Display for Cast<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text '{}' cannot be read as {}", self.value, self.kind)
    }
}

/// The cast that a message of ours says to have failed.
pub(crate) fn cast(message: &str) -> Option<Cast<'_>> {
    let (value, kind) = message.strip_prefix("the text '")?.rsplit_once("' cannot be read as ")?;
    Some(Cast { value, kind })
}

/// The value and the type of a cast that failed.
fn uncast(message: &str) -> Option<(&str, &str)> {
    let cast =
        message.strip_prefix("Cannot cast string '").or_else(|| message.strip_prefix("Cannot cast value '"));
    let (value, kind) = cast?.rsplit_once("' to value of ")?;
    let kind = kind.trim_end_matches(" type");
    Some((value, if kind == "Boolean" { "BOOLEAN" } else { kind }))
}

/// What is said of a text that a function does not read.
fn misread(message: &str) -> Option<(String, Option<String>)> {
    const READ: &[(&str, &str, &str, &str)] = &[
        ("Error parsing timestamp from '", "'", "is no time", "a time is written '2026-01-31 12:00:00'"),
        (
            "Date part '",
            "'",
            "is no part of a time",
            "there are year, quarter, month, week, day, dow, hour, minute, second",
        ),
        (
            "Invalid input syntax for type interval: \"",
            "\"",
            "is no interval",
            "an interval is written INTERVAL '7 days'",
        ),
        ("Unsupported type '", "'", "is no type of Arrow", "CAST(… AS VARCHAR) takes the types of SQL"),
    ];
    READ.iter().find_map(|(before, behind, what, hint)| {
        let (text, _) = message.strip_prefix(before)?.split_once(behind)?;
        Some((format!("'{text}' {what}"), Some((*hint).to_owned())))
    })
}

/// The function and the first type that it does not take.
fn uncoerced(message: &str) -> Option<(&str, &str)> {
    let call = message.strip_prefix("Failed to coerce arguments to satisfy a call to '")?;
    let (function, rest) = call.split_once("' function: coercion from ")?;
    Some((function, rest.split([',', ' ']).next()?))
}

/// The name under which two expressions are selected.
fn selected_twice(message: &str) -> Option<&str> {
    let (_, named) = message.split_once("require unique expression names but the expression \"")?;
    let (expr, _) = named.split_once("\" at position ")?;
    let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let name = expr.rsplit_once(" AS ").map_or(expr, |(_, alias)| alias);
    Some(name.rsplit_once('.').map(|(_, column)| column).filter(|column| is_name(column)).unwrap_or(name))
}

/// The column that is neither grouped nor aggregated.
fn ungrouped(message: &str) -> Option<&str> {
    let (before, _) = message.split_once("\" must appear in the GROUP BY clause")?;
    before.rsplit_once("column \"").map(|(_, column)| column)
}

/// The function and the type of an argument that it does not take.
fn untaken(message: &str) -> Option<(&str, &str)> {
    let (function, rest) =
        message.strip_prefix("Function '")?.split_once("' failed to match any signature")?;
    let (_, kind) = rest.split_once("(DataType: ")?;
    Some((function, kind.split(')').next()?))
}

/// The function and how many arguments it takes, of one that is called with others.
fn miscounted(message: &str) -> Option<(&str, String)> {
    let rest = message.strip_prefix("The function '").or_else(|| message.strip_prefix("Function '"));
    if let Some((name, rest)) = message.strip_prefix('\'').and_then(|rest| rest.split_once('\''))
        && rest.trim() == "does not support zero arguments."
    {
        return Some((name, "at least one argument".to_owned()));
    }
    let (name, rest) = rest?.split_once('\'')?;
    let counts = rest.strip_prefix(" expects ").or_else(|| rest.strip_prefix(" expected "))?;
    let (expected, given) = counts.split_once(" arguments but received ")?;
    let given = given.trim_end_matches(['.', ' ']);
    let noun = if expected == "1" { "argument" } else { "arguments" };
    Some((name, format!("{expected} {noun}, not {given}")))
}

/// The parameter of a statement that nobody gave a value.
fn unbound(message: &str) -> Option<&str> {
    message.strip_prefix("Placeholder '")?.strip_suffix("' was not provided a value for execution.")
}

/// A message up to where it begins to show what Rust makes of a value.
fn without_debug(message: &str) -> &str {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = message.match_indices(" { ").find_map(|(brace, _)| {
        let start = message[..brace].trim_end_matches(is_name).len();
        message[start..brace].starts_with(|c: char| c.is_ascii_uppercase()).then_some(start)
    });
    message[..begins.unwrap_or(message.len())].trim_end_matches([' ', ':', ',', '(', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_and_the_names_of_rust_types_are_left_out() {
        for (theirs, ours) in [
            (
                "Function 'concat_ws' user-defined coercion failed with: Error during planning: concat_ws expects at least 2 arguments, got 1.",
                "concat_ws expects at least 2 arguments, got 1.",
            ),
            (
                "type_coercion\ncaused by\nError during planning: Cannot coerce Utf8 + Int64",
                "Cannot coerce VARCHAR + BIGINT",
            ),
            (
                "Substring without for/from is not valid Substring { expr: Value(ValueWithSpan { value: 1 }) }",
                "Substring without for/from is not valid",
            ),
            (
                "Execution error: Optimizer rule 'simplify' failed\ncaused by\nArrow error: Cast error: Cannot cast string 'a' to value of Int64 type",
                "the text 'a' cannot be read as BIGINT",
            ),
            (
                "Error during planning: Cannot infer common argument type for operation List(Utf8) @> Utf8",
                "@> takes no list beside a text",
            ),
            (
                "Cast error: Cannot cast value 'web' to value of Boolean type",
                "the text 'web' cannot be read as BOOLEAN",
            ),
            ("Execution error: Date part 'foo' not supported", "'foo' is no part of a time"),
            ("Schema error: No field named a. Valid fields are b.", "No field named a. Valid fields are b."),
        ] {
            assert_eq!(text(theirs).0, ours);
        }
    }
}
