//! The shell's own commands.

use std::path::PathBuf;

use rustyline::completion::unescape;

use datafusion_lightsail::error::{Error, Kind, Result};

/// What is not SQL.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    /// All tables.
    Tables,
    /// The columns of a table.
    Columns(String),
    /// The statements of a file.
    Include(PathBuf),
    /// Results go to this file, or to the screen.
    Output(Option<PathBuf>),
    /// The line after each statement: on, off, or the other of both.
    Timing(Option<bool>),
    /// A record for each row: on, off, or the other of both.
    Expanded(Option<bool>),
    /// The API calls of the last query.
    Calls,
    /// Ask anew.
    Refresh,
    /// All commands.
    Help,
    /// The end.
    Quit,
}

/// Every command and what it does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("\\d", "list the tables"),
    ("\\d TABLE", "describe the columns of a table"),
    ("\\i FILE", "run the statements of a file"),
    ("\\o FILE", "write results to a file, in the format of its suffix"),
    ("\\o", "write results to the screen again"),
    ("\\calls", "show the API calls of the last statement"),
    ("\\refresh", "ask anew, whatever lightsail.cache_ttl would read again"),
    ("\\timing [on|off]", "say rows, time and API calls after each statement"),
    ("\\x [on|off]", "show a record for each row"),
    ("\\?", "this help"),
    ("\\q", "leave; so does Ctrl-D"),
];

/// All commands, a line each.
pub(super) fn help() -> String {
    let lines = COMMANDS.iter().map(|(usage, what)| format!("  {usage:<18}{what}\n"));
    let more = "Statements end with a semicolon. Tab completes, Ctrl-C cancels.";
    format!("{}{more}", lines.collect::<String>())
}

/// The command that the entry is; none if it is SQL.
pub(super) fn parse(entry: &str) -> Option<Result<Command>> {
    let entry = entry.trim().trim_end_matches(';').trim_end();
    match entry.to_ascii_lowercase().as_str() {
        "exit" | "quit" => return Some(Ok(Command::Quit)),
        "help" => return Some(Ok(Command::Help)),
        _ => {}
    }
    entry.starts_with('\\').then(|| command(entry))
}

fn command(entry: &str) -> Result<Command> {
    let (name, argument) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
    let argument = Some(argument.trim()).filter(|argument| !argument.is_empty());
    match (name, argument) {
        ("\\d", None) => Ok(Command::Tables),
        ("\\d", Some(table)) => Ok(Command::Columns(table.to_owned())),
        ("\\i", Some(file)) => Ok(Command::Include(path(file))),
        ("\\i", None) => Err(usage("\\i needs a file")),
        ("\\o", file) => Ok(Command::Output(file.map(path))),
        ("\\timing", switch) => Ok(Command::Timing(on_or_off(switch)?)),
        ("\\x", switch) => Ok(Command::Expanded(on_or_off(switch)?)),
        ("\\calls", None) => Ok(Command::Calls),
        ("\\refresh", None) => Ok(Command::Refresh),
        ("\\?", _) => Ok(Command::Help),
        ("\\q", _) => Ok(Command::Quit),
        _ => Err(usage(format!("there is no command {name}"))),
    }
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message).with_hint("\\? lists the commands")
}

fn on_or_off(switch: Option<&str>) -> Result<Option<bool>> {
    match switch.map(str::to_ascii_lowercase).as_deref() {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(usage(format!("{other} is neither on nor off"))),
    }
}

/// A path as completion writes it: spaces behind a backslash or all in quotes, and `~` for the home directory.
fn path(text: &str) -> PathBuf {
    let unquoted = ['"', '\''].iter().find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote));
    let escape = if cfg!(windows) { None } else { Some('\\') };
    let text = unquoted.map_or_else(|| unescape(text, escape), Into::into);
    match (text.strip_prefix("~/"), dirs::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => text.as_ref().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(entry: &str) -> Command {
        parse(entry).unwrap().unwrap()
    }

    #[test]
    fn commands_are_told_from_sql() {
        assert_eq!(parsed("\\d"), Command::Tables);
        assert_eq!(parsed("  \\d  instances ; "), Command::Columns("instances".into()));
        assert_eq!(parsed("\\timing"), Command::Timing(None));
        assert_eq!(parsed("\\x OFF"), Command::Expanded(Some(false)));
        assert_eq!(parsed("\\o"), Command::Output(None));
        assert_eq!(parsed("\\calls;"), Command::Calls);
        assert_eq!(parsed("\\refresh"), Command::Refresh);
        for quit in ["\\q", "exit", "QUIT;", " exit "] {
            assert_eq!(parsed(quit), Command::Quit);
        }
        for sql in ["SELECT 1;", "", "exit_code", "EXPLAIN SELECT '\\d'"] {
            assert!(parse(sql).is_none(), "{sql}");
        }
    }

    #[test]
    fn files_may_have_spaces() {
        for text in ["\\i my\\ file.sql", "\\i \"my file.sql\"", "\\i 'my file.sql'", "\\i my file.sql"] {
            assert_eq!(parsed(text), Command::Include("my file.sql".into()));
        }
        let home = dirs::home_dir().unwrap();
        assert_eq!(parsed("\\o ~/x.csv"), Command::Output(Some(home.join("x.csv"))));
    }

    #[test]
    fn what_is_no_command_leads_to_the_help() {
        for (entry, message) in [
            ("\\dt", "there is no command \\dt"),
            ("\\i", "\\i needs a file"),
            ("\\x maybe", "maybe is neither on nor off"),
        ] {
            let error = parse(entry).unwrap().unwrap_err().to_string();
            assert_eq!(error, format!("{message}\nhint: \\? lists the commands"));
        }
    }

    #[test]
    fn the_help_names_every_command() {
        let help = help();
        assert!(COMMANDS.iter().all(|(usage, what)| help.contains(usage) && help.contains(what)));
    }
}
