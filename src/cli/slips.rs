//! Slips of the command line that say what was meant.

use std::path::Path;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::output::Format;
use datafusion_lightsail::error::{Error, Kind};
use datafusion_lightsail::script::parse;

impl Cli {
    /// Reads the arguments of this program. Where they make no sense it says so and ends it with exit code 2.
    pub fn of_arguments() -> Self {
        Self::try_parse().unwrap_or_else(|error| with_format(error).exit())
    }
}

/// Says of `--csv` that it is `--format csv`.
fn with_format(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    let format = flag.strip_prefix("--").and_then(Format::from_name);
    if let (ErrorKind::UnknownArgument, Some(format)) = (error.kind(), format) {
        let hint = format!("a format is asked for with '--format {}'", format.spec().name);
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

/// Whether what stands where a file is named is SQL: it begins as a statement does, and parses.
pub(super) fn is_sql(path: &Path) -> bool {
    let Some(text) = path.to_str().filter(|text| text.trim().contains(char::is_whitespace)) else {
        return false;
    };
    parse("", text).is_ok_and(|statements| !statements.is_empty())
}

/// The error of SQL where a file is named.
pub(super) fn sql(path: &Path) -> Error {
    let text = path.display().to_string();
    let quoted = if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") };
    Error::new(Kind::Usage, format!("{quoted} is SQL, not a file")).with_hint(format!("-c {quoted} runs it"))
}
