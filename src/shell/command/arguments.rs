//! The arguments of commands. An empty text is no argument; an error is what follows the command's name in a message.

use std::path::PathBuf;
use std::time::Duration;

use rustyline::completion::unescape;

use super::Command;

/// What a switch is set to; nothing is the other of both.
pub(in crate::shell) const SWITCH: &[&str] = &["on", "off"];

/// What records are shown: always, never, or where a table would not fit.
pub(in crate::shell) const EXPANDED: &[&str] = &["on", "off", "auto"];

pub(super) fn lone(text: &str, command: Command) -> Result<Command, String> {
    if text.is_empty() { Ok(command) } else { Err("it takes nothing".to_owned()) }
}

pub(super) fn maybe(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The first word; what follows it is ignored.
pub(super) fn word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(ToOwned::to_owned)
}

pub(super) fn need(text: &str, what: &str) -> Result<String, String> {
    maybe(text).ok_or_else(|| format!("{what} is missing"))
}

pub(super) fn file(text: &str) -> Result<PathBuf, String> {
    need(text, "a file").map(|text| path(&text))
}

pub(super) fn maybe_file(text: &str) -> Option<PathBuf> {
    maybe(text).map(|text| path(&text))
}

/// A name and what it gets: `NAME`, `NAME VALUE` or `NAME = VALUE`.
pub(super) fn pair(text: &str) -> Result<(Option<String>, Option<String>), String> {
    let end = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
    let (name, value) = text.split_at(end);
    let value = value.trim_start().strip_prefix('=').unwrap_or(value).trim();
    Ok((maybe(name.trim_start_matches('$')), maybe(value)))
}

pub(super) fn seconds(text: &str, default: Duration) -> Result<Duration, String> {
    if text.is_empty() {
        return Ok(default);
    }
    let number: Option<f64> = text.trim_end_matches('s').parse().ok();
    let time = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| format!("{text:?} is no number of seconds"))
}

/// A path as completion writes it: spaces behind a backslash or all in quotes, and `~` for the home directory.
pub(super) fn path(text: &str) -> PathBuf {
    let unquoted = ['"', '\''].iter().find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote));
    let escape = if cfg!(windows) { None } else { Some('\\') };
    let text = unquoted.map_or_else(|| unescape(text, escape), Into::into);
    match (text.strip_prefix("~/"), dirs::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => text.as_ref().into(),
    }
}
