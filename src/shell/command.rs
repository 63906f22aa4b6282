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
    /// The saved queries with this in their names, themes or titles.
    Queries(String),
    /// A saved query by its name, with values for its parameters.
    RunSaved(String),
    /// All commands.
    Help,
    /// The end.
    Quit,
}

/// A command's declaration. Parsing, the help and completion come from [`COMMANDS`].
pub(super) struct CommandSpec {
    /// What it begins with.
    pub(super) name: &'static str,
    /// Words without a backslash that mean the same.
    words: &'static [&'static str],
    /// What follows it.
    pub(super) takes: Takes,
    /// What it does, for the help.
    does: &'static str,
}

/// What follows a command's name, and the command that it is then.
pub(super) enum Takes {
    Nothing(fn() -> Command),
    /// Whatever follows is ignored.
    Anything(fn() -> Command),
    Table(fn(String) -> Command),
    File(fn(PathBuf) -> Command),
    /// `on`, `off` or nothing.
    Switch(fn(Option<bool>) -> Command),
    /// The name of a saved query, and what may stand behind it in the usage.
    Query(fn(String) -> Command, &'static str),
}

/// What [`Takes::Switch`] takes.
pub(super) const SWITCH: [&str; 2] = ["on", "off"];

const fn spec(name: &'static str, takes: Takes, does: &'static str) -> CommandSpec {
    CommandSpec { name, words: &[], takes, does }
}

/// Every command, in the order of the help; one that may have an argument or none stands there twice.
pub(super) static COMMANDS: &[CommandSpec] = &[
    spec("\\d", Takes::Nothing(|| Command::Tables), "list the tables"),
    spec("\\d", Takes::Table(Command::Columns), "describe the columns of a table"),
    spec("\\i", Takes::File(Command::Include), "run the statements of a file"),
    spec(
        "\\o",
        Takes::File(|path| Command::Output(Some(path))),
        "write results to a file, in the format of its suffix",
    ),
    spec("\\o", Takes::Nothing(|| Command::Output(None)), "write results to the screen again"),
    spec("\\calls", Takes::Nothing(|| Command::Calls), "show the API calls of the last statement"),
    spec(
        "\\refresh",
        Takes::Nothing(|| Command::Refresh),
        "ask anew, whatever lightsail.cache_ttl would read again",
    ),
    spec("\\queries", Takes::Nothing(|| Command::Queries(String::new())), "list the saved queries"),
    spec(
        "\\queries",
        Takes::Query(Command::Queries, "PATTERN"),
        "list those with this in them, or tell all of one",
    ),
    spec("\\run", Takes::Query(Command::RunSaved, "NAME [k=v …]"), "run a saved query"),
    spec("\\timing", Takes::Switch(Command::Timing), "say rows, time and API calls after each statement"),
    spec("\\x", Takes::Switch(Command::Expanded), "show a record for each row"),
    CommandSpec { words: &["help"], ..spec("\\?", Takes::Anything(|| Command::Help), "this help") },
    CommandSpec {
        words: &["exit", "quit"],
        ..spec("\\q", Takes::Anything(|| Command::Quit), "leave; so does Ctrl-D")
    },
];

impl CommandSpec {
    /// How it is typed, such as `\timing [on|off]`.
    fn usage(&self) -> String {
        let argument = match self.takes {
            Takes::Nothing(_) | Takes::Anything(_) => return self.name.to_owned(),
            Takes::Table(_) => "TABLE".to_owned(),
            Takes::File(_) => "FILE".to_owned(),
            Takes::Switch(_) => format!("[{}]", SWITCH.join("|")),
            Takes::Query(_, usage) => usage.to_owned(),
        };
        format!("{} {argument}", self.name)
    }

    /// The command with this argument; `None` if it is not one that takes it.
    fn with(&self, argument: Option<&str>) -> Option<Result<Command>> {
        match (&self.takes, argument) {
            (Takes::Nothing(command), None) | (Takes::Anything(command), _) => Some(Ok(command())),
            (Takes::Query(command, _), Some(query)) => Some(Ok(command(query.to_owned()))),
            (Takes::Table(command), Some(table)) => Some(Ok(command(table.to_owned()))),
            (Takes::File(command), Some(file)) => Some(Ok(command(path(file)))),
            (Takes::Switch(command), switch) => Some(on_or_off(switch).map(command)),
            (Takes::Nothing(_), Some(_)) | (Takes::Table(_) | Takes::File(_) | Takes::Query(..), None) => {
                None
            }
        }
    }
}

/// All commands, a line each.
pub(super) fn help() -> String {
    let lines = COMMANDS.iter().map(|command| format!("  {:<18}{}\n", command.usage(), command.does));
    let more = "Statements end with a semicolon. Tab completes, Ctrl-C cancels.";
    format!("{}{more}", lines.collect::<String>())
}

/// The command that the entry is; `None` if it is SQL.
pub(super) fn parse(entry: &str) -> Option<Result<Command>> {
    let entry = entry.trim().trim_end_matches(';').trim_end();
    let is_it = |command: &&CommandSpec| command.words.iter().any(|word| word.eq_ignore_ascii_case(entry));
    match COMMANDS.iter().find(is_it) {
        Some(command) => command.with(None),
        None => entry.starts_with('\\').then(|| command(entry)),
    }
}

fn command(entry: &str) -> Result<Command> {
    let (name, argument) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
    let argument = Some(argument.trim()).filter(|argument| !argument.is_empty());
    let mut named = COMMANDS.iter().filter(|command| command.name == name);
    if let Some(command) = named.clone().find_map(|command| command.with(argument)) {
        return command;
    }
    Err(usage(match named.next().map(|command| &command.takes) {
        Some(Takes::File(_)) => format!("{name} needs a file"),
        Some(Takes::Query(..)) => format!("{name} needs the name of a saved query; \\queries lists them"),
        _ => format!("there is no command {name}"),
    }))
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message).with_hint("\\? lists the commands")
}

fn on_or_off(switch: Option<&str>) -> Result<Option<bool>> {
    let Some(switch) = switch.map(str::to_ascii_lowercase) else { return Ok(None) };
    match SWITCH.iter().position(|word| *word == switch) {
        Some(position) => Ok(Some(position == 0)),
        None => Err(usage(format!("{switch} is neither on nor off"))),
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
            ("\\calls all", "there is no command \\calls"),
            ("\\x maybe", "maybe is neither on nor off"),
        ] {
            let error = parse(entry).unwrap().unwrap_err().to_string();
            assert_eq!(error, format!("{message}\nhint: \\? lists the commands"));
        }
    }

    #[test]
    fn every_command_is_parsed_as_the_help_shows_it() {
        let help = help();
        for command in COMMANDS {
            let usage = command.usage();
            assert!(help.contains(&format!("  {usage:<18}{}\n", command.does)), "{usage}");
            let entry = match command.takes {
                Takes::Switch(_) => format!("{} {}", command.name, SWITCH[0]),
                _ => usage.clone(),
            };
            let argument = entry.split_once(' ').map(|(_, argument)| argument);
            assert_eq!(parsed(&entry), command.with(argument).unwrap().unwrap(), "{usage}");
            for word in command.words {
                assert_eq!(parsed(word), parsed(command.name), "{word}");
            }
        }
    }
}
