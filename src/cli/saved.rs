//! `run` and `queries`: the saved queries by name. Folders of query files.

use std::path::{Path, PathBuf};

use clap::Args;

use super::capture::Past;
use super::{Ask, Write, about, run_scripts};
use crate::output::Destination;
use crate::saved::{Library, files};
use crate::script::Script;
use datafusion_lightsail::error::{Error, Kind, Result};

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Which one: lightsail-sql queries lists them
    #[arg(value_name = "NAME", hide_possible_values = true, value_parser = about::saved_query())]
    name: String,
    /// Values for its parameters, such as days=30
    #[arg(value_name = "NAME=VALUE")]
    values: Vec<String>,
    #[command(flatten)]
    ask: Ask,
    #[command(flatten)]
    past: Past,
    #[command(flatten)]
    write: Write,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those with this in their name, theme or title; the name of one tells all of it
    #[arg(value_name = "PATTERN")]
    pattern: Option<String>,
}

impl Run {
    pub(super) async fn run(self) -> Result<()> {
        let library = Library::of_config()?;
        let (script, parameters) = library.find(&self.name)?.with(&self.values)?;
        let output = self.write.output()?;
        run_scripts((self.ask, &self.past), &[script], &[], &parameters, &output).await
    }
}

/// How wide the list is where nobody sees it at once.
const WIDTH: usize = 120;

impl List {
    pub(super) fn print(&self) -> Result<()> {
        let width = terminal_size::terminal_size_of(std::io::stdout())
            .map_or(WIDTH, |(width, _)| usize::from(width.0));
        let list = Library::of_config()?.list(self.pattern.as_deref(), width)?;
        Destination::stdout().send(list.as_bytes())
    }
}

/// The files that are named, and those in the folders that are.
///
/// # Errors
/// [`Kind::Usage`] when a folder cannot be read or holds no query.
pub(super) fn expanded<'a>(named: impl Iterator<Item = &'a PathBuf>) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for path in named {
        match path.is_dir() {
            false => paths.push(path.clone()),
            true => match files(path)? {
                found if found.is_empty() => {
                    let what = format!("there is no .sql file in {}", path.display());
                    return Err(Error::new(Kind::Usage, what));
                }
                found => paths.extend(found),
            },
        }
    }
    Ok(paths)
}

/// Reads a file of statements. Where there is none of the name of a command, that was meant.
///
/// # Errors
/// As [`Script::read`].
pub(super) fn read(path: &Path) -> Result<Script> {
    let is_command = || {
        use clap::CommandFactory;
        let commands = super::Cli::command();
        commands.get_subcommands().any(|command| path.as_os_str() == command.get_name())
    };
    Script::read(path).map_err(|error| match path.exists() || !is_command() {
        true => error,
        false => error.with_hint(format!(
            "a command comes first and its flags behind it: lightsail-sql {} …",
            path.display()
        )),
    })
}
