//! Slips of the command line that say what was meant.

use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use super::Cli;
use crate::output::Format;
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::script::parse;

impl Cli {
    /// Reads the arguments of this program. Where they make no sense it says so and ends it with exit code 2.
    pub fn of_arguments() -> Self {
        Self::try_parse().unwrap_or_else(|error| with_meant(error).exit())
    }
}

/// Flags of other shells whose value is what to run.
const RUN: &[&str] = &["-e", "--execute", "--sql", "-Q", "--eval", "--statement"];

/// Flags of other shells that choose a format: after `-F`, `-A`, `-H` and `-j` nobody looks for the file of that name.
const FORMAT: &[&str] = &["-F", "-A", "-H", "-j", "-B", "-t", "-x", "--output-format", "--mode", "-m"];

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

/// Whether a text begins as a statement does, and parses.
fn is_sql(text: &str) -> bool {
    let is_long = text.trim().contains(char::is_whitespace);
    is_long && parse("", text).is_ok_and(|statements| !statements.is_empty())
}
