//! What the program says of itself: its version, its help, completions for shells and man pages.

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::output::Destination;
use crate::saved::shipped_names;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;

/// The number alone: of `-V`, and the first words of `--version`.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The number, the commit and the libraries.
pub(super) const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("LIGHTSAIL_SQL_BUILD"),
    ")\n",
    env!("LIGHTSAIL_SQL_LIBRARIES")
);

/// How wide the help is at most: an old terminal.
pub(super) const WIDTH: usize = 80;

/// What stands behind the flags.
pub(super) const AFTER_HELP: &str = "\
Examples:
  A shell on the embedded demo fleet, which needs no account:
    lightsail-sql --demo
  One question to the default profile in its region:
    lightsail-sql -c 'SELECT name, state FROM instances'
  A saved query, to a profile in all regions:
    lightsail-sql run stopped_instances --profile prod --region all
  A file of its rows:
    lightsail-sql --region us-east-1 -o disks.parquet -c 'SELECT * FROM disks'
  A check for a pipeline, which fails if there are rows:
    lightsail-sql run sensitive_ports_open_to_world --fail-on-rows

Exit codes:
    0  all well                      4  --fail-on-rows found rows
    1  SQL or output error         130  interrupted
    2  usage                       143  terminated
    3  rows are missing, as        253  credentials, profile or region not found
       --allow-partial allowed          or expired
                                   254  the API refused or failed
                                   255  our own fault";

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell that is to complete
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn print(&self) -> Result<()> {
        let mut command = Cli::command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name.clone(), &mut script);
        // https://github.com/clap-rs/clap/issues/6421: the script looks for the commands of a program with a hyphen in its
        // name under another label than they have, and completes nothing behind them. The labels are the same once that
        // is mended, and then there is nothing to replace.
        let script = String::from_utf8_lossy(&script);
        let script = script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"));
        Destination::stdout().send(script.as_bytes())
    }
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// The command that the page is about, such as run [default: lightsail-sql itself]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

impl Man {
    pub(super) fn print(&self) -> Result<()> {
        let mut whole = Cli::command();
        whole.build();
        let page = match &self.command {
            None => whole,
            Some(name) => of(&whole, name)?,
        };
        let mut text = Vec::new();
        clap_mangen::Man::new(page)
            .source(concat!("lightsail-sql ", env!("CARGO_PKG_VERSION")))
            .render(&mut text)
            .map_err(|error| Error::io(Kind::Internal, "cannot write the page", error))?;
        Destination::stdout().send(&text)
    }
}

/// The command of this name, as its page names it: `lightsail-sql-run`.
fn of(whole: &Command, name: &str) -> Result<Command> {
    let found = whole.get_subcommands().find(|command| command.get_name() == name);
    let found = found.ok_or_else(|| {
        let names: Vec<&str> = whole.get_subcommands().map(Command::get_name).collect();
        let hint = match nearest(name, names.iter().copied()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("there are {}", names.join(", ")),
        };
        Error::new(Kind::Usage, format!("there is no command {name}")).with_hint(hint)
    })?;
    let page = format!("{}-{name}", whole.get_name());
    // `display_name` is what the page calls itself.
    Ok(found.clone().display_name(page).version(VERSION))
}

/// Takes the name of any saved query; those that ship are what shells complete.
pub(super) fn saved_query() -> impl TypedValueParser<Value = String> {
    Names
}

#[derive(Debug, Clone)]
struct Names;

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(shipped_names().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    /// Every help, by the words that lead to it.
    fn helps() -> Vec<(String, String)> {
        let mut whole = Cli::command();
        whole.build();
        let own = ("lightsail-sql".to_owned(), whole.render_long_help().to_string());
        let of_commands = whole
            .get_subcommands_mut()
            .map(|command| (command.get_name().to_owned(), command.render_long_help().to_string()));
        std::iter::once(own).chain(of_commands).collect()
    }

    #[test]
    fn every_help_fits_an_old_terminal() {
        for (name, help) in helps() {
            for line in help.lines() {
                assert!(line.width() <= WIDTH, "{name}: {line}");
            }
        }
    }

    #[test]
    fn every_command_says_what_it_does_in_one_line() {
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().unwrap().to_string();
            assert!(about.len() <= 60 && !about.ends_with('.'), "{}: {about}", command.get_name());
        }
    }
}
