//! Slips of the command line that say what was meant.

use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use super::Cli;
use crate::output::Format;
use crate::shell::is_command;
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::script::parse;

impl Cli {
    /// Reads the arguments of this program. Where they make no sense it says so and ends it with exit code 2.
    pub fn of_arguments() -> Self {
        let mut arguments = std::env::args_os().skip(1).filter_map(|argument| argument.into_string().ok());
        if let Some(flag) = arguments.by_ref().take_while(|arg| arg != "--").find(|arg| names_format(arg)) {
            let hint = format!("a format is asked for with '--format {}'", flag.trim_start_matches('-'));
            let mut error = clap::Error::new(ErrorKind::UnknownArgument).with_cmd(&Self::command());
            error.insert(ContextKind::InvalidArg, ContextValue::String(flag));
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
            error.exit()
        }
        Self::try_parse().unwrap_or_else(|error| with_meant(error).exit())
    }
}

/// Whether an argument is a format behind one hyphen, as DuckDB and SQLite have it: `-csv` would be read as `-c sv`.
fn names_format(argument: &str) -> bool {
    let name = argument.strip_prefix('-').filter(|name| name.len() > 1 && !name.starts_with('-'));
    name.and_then(Format::from_name).is_some()
}

/// Flags of other shells whose value is what to run.
const RUN: &[&str] = &["-e", "--execute", "--sql", "-Q", "--eval", "--statement"];

/// Flags of other shells that choose a format: after `-F`, `-A`, `-H` and `-j` nobody looks for the file of that name.
const FORMAT: &[&str] = &["-F", "-A", "-H", "-j", "-B", "-x", "--output-format", "--mode", "-m"];

/// Flags of the commands that read captures.
const PAST: &[&str] = &["--from", "--at"];

/// Says of a flag that there is not which one is meant: of `--csv` that it is `--format csv`.
fn with_meant(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    let format = flag.strip_prefix("--").and_then(Format::from_name);
    let hint = match format {
        Some(format) => format!("a format is asked for with '--format {}'", format.spec().name),
        None if RUN.contains(&flag.as_str()) => "SQL is run with '-c SQL'".to_owned(),
        None if PAST.contains(&flag.as_str()) => {
            "what was captured is asked with 'lightsail-sql --from DIR --at TIME -c SQL', or by run, report and diff".to_owned()
        }
        None if flag == "-t" || flag == "--tuples-only" => "rows alone are asked for with '--no-header'".to_owned(),
        None if ["--limit", "-n", "--rows"].contains(&flag.as_str()) => {
            "rows are limited with LIMIT in SQL, those that are shown with '--maxrows'".to_owned()
        }
        None if FORMAT.contains(&flag.as_str()) => "a format is asked for with '--format NAME'".to_owned(),
        None => {
            // What clap says where it knows nothing: that it could be the name of a file.
            if error.get(ContextKind::SuggestedArg).is_none() {
                error.remove(ContextKind::Suggested);
            }
            return error;
        }
    };
    error.remove(ContextKind::SuggestedArg);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    error
}

/// What was meant by a file that is not there: SQL, in one argument or in many, or a command of this program.
pub(super) fn meant(path: &Path, all: &[PathBuf]) -> Option<Error> {
    let text = path.to_str().filter(|_| !path.exists())?;
    if text.starts_with(['\\', '.']) && is_command(text) {
        let what = format!("'{text}' is a command of the shell, not a file");
        return Some(Error::new(Kind::Usage, what).with_hint(format!("-c '{text}' runs it")));
    }
    if is_region(text) {
        let what = format!("{text} is a region, not a file");
        return Some(
            Error::new(Kind::Usage, what)
                .with_hint("regions are separated by commas: --region us-east-1,us-west-2"),
        );
    }
    let joined =
        || all.iter().map(|path| path.to_str()).collect::<Option<Vec<_>>>().map(|words| words.join(" "));
    if let Some(sql) =
        Some(text.to_owned()).filter(|text| is_sql(text)).or_else(|| joined().filter(|text| is_sql(text)))
    {
        let quoted = if sql.contains('\'') { format!("\"{sql}\"") } else { format!("'{sql}'") };
        let what = format!("{quoted} is SQL, not a file");
        return Some(Error::new(Kind::Usage, what).with_hint(format!("-c {quoted} runs it")));
    }
    let command = Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    // Of a command behind its flags the reading says so.
    let near = nearest(text, names).filter(|near| *near != text)?;
    Some(
        Error::new(Kind::Usage, format!("there is no file {text}"))
            .with_hint(format!("did you mean the command {near}?")),
    )
}

/// Whether a text has the form of a region's name: `us-west-2`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) if words.len() >= 2 => {
            words.iter().all(is_word) && number.len() == 1 && number.chars().all(|c| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether a text begins as a statement does, and parses.
fn is_sql(text: &str) -> bool {
    let is_long = text.trim().contains(char::is_whitespace);
    is_long && parse("", text).is_ok_and(|statements| !statements.is_empty())
}
