//! Backslash commands: what is not SQL. Parsing, the help, completion and the documents come from [`COMMANDS`].

mod arguments;
mod functions;
mod help;
mod others;
mod split;
mod table;
mod topics;

use std::path::PathBuf;
use std::time::Duration;

pub(super) use arguments::{EXPANDED, SWITCH};
pub(super) use functions::{Function, functions};
pub(super) use help::{commands, topic};
pub(crate) use split::is_command;
pub(crate) use split::{Placed, Step, Text, steps};
pub(super) use table::COMMANDS;
pub(super) use topics::TOPICS;

use datafusion::common::utils::datafusion_strsim::levenshtein;
use datafusion_lightsail::error::{Error, Kind, Result};

/// What is not SQL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// The tables and views, or one's columns.
    Describe(Relations, Option<String>),
    /// The functions.
    Functions(Option<String>),
    /// What there is to know of a word of SQL.
    Topic(Option<String>),
    /// The statements and commands of a file.
    Include(PathBuf),
    /// Results go to this file, or to the screen.
    Output(Option<PathBuf>),
    /// The next result goes to this file.
    Once(PathBuf),
    /// How results look: a name of [`OPTIONS`](super::display::OPTIONS) and its value.
    Display(Option<String>, Option<String>),
    /// The statement is run, its result goes to this file.
    Run(Option<PathBuf>),
    /// The statement is run, a record for each row.
    RunExpanded,
    /// The statement is run again and again.
    Watch(Duration),
    /// The statement is opened in an editor.
    Edit,
    /// The statement is shown.
    Print,
    /// The statement is written to a file.
    Save(PathBuf),
    /// What was typed.
    History(Option<String>),
    /// A `lightsail.*` setting, shown or set.
    Setting(&'static str, Option<String>),
    /// A value for `$name`, or all values.
    Parameter(Option<String>, Option<String>),
    /// The saved queries with this in their names, themes or titles.
    Queries(String),
    /// A saved query by its name, with values for its parameters.
    RunSaved(String),
    /// The last answer as a picture, on the screen or in a file.
    Chart(Option<PathBuf>),
    /// The API calls of the last statement.
    Calls,
    /// Whom statements ask.
    Targets,
    /// Ask anew.
    Refresh,
    /// A command of the system's shell.
    System(String),
    /// All commands, or one.
    Help(Option<String>),
    /// The end.
    Quit,
}

impl Command {
    /// Whether it runs the statement before it, as a `;` does.
    pub(crate) fn runs(&self) -> bool {
        matches!(self, Self::Run(_) | Self::RunExpanded | Self::Watch(_))
    }

    /// Whether it needs the last answer as a table.
    pub(crate) fn reads_last_answer(&self) -> bool {
        matches!(self, Self::Chart(_))
    }

    /// How it reaches files, or runs a program of the system, in words that follow its name; `None` if it does neither.
    ///
    /// Said of every command, so that a new one does not slip past `--safe`.
    pub(crate) fn reach(&self) -> Option<&'static str> {
        match self {
            Self::Include(_) => Some("\\i reads them"),
            Self::Output(Some(_)) => Some("\\o writes them"),
            Self::Once(_) => Some("\\once writes them"),
            Self::Run(Some(_)) => Some("\\g FILE writes them"),
            Self::Save(_) => Some("\\save writes them"),
            Self::Chart(Some(_)) => Some("\\chart FILE writes them"),
            Self::Edit => Some("\\e runs an editor"),
            Self::System(_) => Some("\\! runs a program"),
            Self::History(_) => Some("\\s reads what was typed before"),
            Self::Display(Some(option), value) if option == "pager" && value.as_deref() != Some("off") => {
                Some("a pager is a program")
            }
            Self::Describe(..)
            | Self::Functions(_)
            | Self::Topic(_)
            | Self::Output(None)
            | Self::Display(..)
            | Self::Run(None)
            | Self::RunExpanded
            | Self::Watch(_)
            | Self::Print
            | Self::Setting(..)
            | Self::Parameter(..)
            | Self::Queries(_)
            // Out of the folders that the configuration names, and no others.
            | Self::RunSaved(_)
            | Self::Chart(None)
            | Self::Calls
            | Self::Targets
            | Self::Refresh
            | Self::Help(_)
            | Self::Quit => None,
        }
    }

    /// Whether statements come of it that are not known before it is obeyed.
    pub(crate) fn brings_statements(&self) -> bool {
        matches!(self, Self::Include(_) | Self::RunSaved(_) | Self::Edit)
    }
}

/// Which names `\d` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relations {
    All,
    Tables,
    Views,
}

/// A command's declaration.
pub(super) struct CommandSpec {
    /// What it begins with.
    pub(super) name: &'static str,
    /// What else it may be called: words, and what other shells call it.
    pub(super) aliases: &'static [&'static str],
    /// What follows it, as the help shows it; empty if nothing does.
    pub(super) argument: &'static str,
    /// What Tab offers behind it.
    pub(super) completes: Completes,
    /// The command with an argument, which is empty if there is none.
    parse: fn(&str) -> Result<Command, String>,
    /// What it does, for the help.
    pub(super) does: &'static str,
}

/// What Tab offers behind a command's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completes {
    Nothing,
    Table,
    Function,
    Topic,
    File,
    Words(&'static [&'static str]),
    Format,
    Option,
    Region,
    Profile,
    Command,
    /// The name of a saved query, and behind it its parameters.
    Query,
}

impl CommandSpec {
    /// How it is typed, such as `\timing [on|off]`.
    pub(super) fn usage(&self) -> String {
        format!("{} {}", self.name, self.argument).trim_end().to_owned()
    }

    /// Whether it is called so.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }
}

/// The command that a text is, which begins with a command's name.
pub(super) fn parse(text: &str) -> Result<Command> {
    let text = text.trim();
    let end = match text.strip_prefix("\\!") {
        Some(_) => 2,
        None => text.find(char::is_whitespace).unwrap_or(text.len()),
    };
    let (name, argument) = text.split_at(end);
    // A command of the system's shell may need its semicolon.
    let ended = |text: &'_ str| text.trim().trim_end_matches(';').trim_end().to_owned();
    let name = ended(name);
    let Some(spec) = COMMANDS.iter().find(|spec| spec.is(&name)) else { return Err(unknown(&name)) };
    let argument = if spec.is("\\!") { argument.trim().to_owned() } else { ended(argument) };
    (spec.parse)(&argument).map_err(|what| {
        Error::new(Kind::Usage, format!("{}: {what}", spec.name)).with_hint(format!(
            "{} – {}",
            spec.usage(),
            spec.does
        ))
    })
}

fn unknown(name: &str) -> Error {
    let names =
        || COMMANDS.iter().flat_map(|spec| std::iter::once(spec.name).chain(spec.aliases.iter().copied()));
    let distance = |other: &&str| levenshtein(other, name);
    // Of a letter or two everything is near.
    let far = (name.chars().count().saturating_sub(1) / 2).min(2);
    let is_near = |other: &&str| distance(other) <= far && other.starts_with(&name[..1]);
    let hint = match (others::instead(name), names().filter(is_near).min_by_key(distance)) {
        (Some(instead), _) => instead.to_owned(),
        (None, Some(near)) => format!("did you mean {near}? \\? lists the commands"),
        (None, None) => "\\? lists the commands".to_owned(),
    };
    Error::new(Kind::Usage, format!("there is no command {name}")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_of_its_own_and_is_parsed_as_the_help_shows_it() {
        let help = commands(None).unwrap();
        for spec in COMMANDS {
            let name = spec.name;
            for called in std::iter::once(&name).chain(spec.aliases) {
                assert_eq!(COMMANDS.iter().filter(|other| other.is(called)).count(), 1, "{called}");
            }
            assert!(help.contains(&format!("  {:<22} {}\n", spec.usage(), spec.does)), "{name}");
            assert!(!spec.does.ends_with('.'), "{name}");
            let is_needed = !spec.argument.is_empty() && !spec.argument.starts_with('[');
            let bare = parse(name);
            assert_eq!(bare.is_err(), is_needed, "{name}: {bare:?}");
            let with = match spec.argument.trim_matches(['[', ']']) {
                "" => continue,
                "on|off" | "on|off|auto" => "on",
                "SECONDS" => "7",
                "NAME" => "csv",
                _ => "some thing",
            };
            let (with, without) = (parse(&format!("{name} {with};")).unwrap(), parse(name).ok());
            assert_ne!(Some(with), without, "{name}");
        }
    }

    #[test]
    fn every_command_that_tab_offers_files_for_says_that_it_reaches_them() {
        for spec in COMMANDS.iter().filter(|spec| spec.completes == Completes::File) {
            let reach = parse(&format!("{} file.csv", spec.name)).unwrap().reach();
            assert!(reach.is_some_and(|reach| reach.starts_with(spec.name)), "{}: {reach:?}", spec.name);
        }
        for reaching in ["\\e", "\\s", "\\pset pager", "\\pset pager on"] {
            assert!(parse(reaching).unwrap().reach().is_some(), "{reaching}");
        }
        for harmless in ["\\o", "\\g", "\\chart", "\\pset pager off", "\\pset null -", "\\d", "\\run x"] {
            assert_eq!(parse(harmless).unwrap().reach(), None, "{harmless}");
        }
    }

    #[test]
    fn aliases_are_the_commands_of_other_shells() {
        assert_eq!(parse(".tables").unwrap(), parse("\\dt").unwrap());
        assert_eq!(parse(".schema disks").unwrap(), parse("\\d disks").unwrap());
        assert_eq!(parse(".mode csv").unwrap(), parse("\\format csv").unwrap());
        assert_eq!(parse(".read a.sql").unwrap(), Command::Include("a.sql".into()));
        assert_eq!(parse("QUIT;").unwrap(), Command::Quit);
        assert_eq!(parse("\\!ls -l; pwd;").unwrap(), Command::System("ls -l; pwd;".into()));
    }

    #[test]
    fn what_is_no_command_is_met_with_the_nearest() {
        for (text, message) in [
            ("\\clals", "there is no command \\clals\nhint: did you mean \\calls? \\? lists the commands"),
            (
                "\\regoin all",
                "there is no command \\regoin\nhint: did you mean \\region? \\? lists the commands",
            ),
            (".tabels", "there is no command .tabels\nhint: did you mean .tables? \\? lists the commands"),
            ("\\k", "there is no command \\k\nhint: \\? lists the commands"),
            ("\\nothing-like-it", "there is no command \\nothing-like-it\nhint: \\? lists the commands"),
            ("\\i", "\\i: a file is missing\nhint: \\i FILE – run the statements and commands of a file"),
            (
                "\\calls all",
                "\\calls: it takes nothing\nhint: \\calls – show the API calls of the last statement",
            ),
            (
                "\\watch often",
                "\\watch: \"often\" is no number of seconds\nhint: \\watch [SECONDS] – run the statement again and again, and say what changed",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn files_may_have_spaces() {
        for text in ["\\i my\\ file.sql", "\\i \"my file.sql\"", "\\i 'my file.sql'", "\\i my file.sql"] {
            assert_eq!(parse(text).unwrap(), Command::Include("my file.sql".into()));
        }
        let home = dirs::home_dir().unwrap();
        assert_eq!(parse("\\o ~/x.csv").unwrap(), Command::Output(Some(home.join("x.csv"))));
    }
}
