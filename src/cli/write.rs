//! How to write: the flags for it, and the output that comes of them.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::flags;
use super::look::Look;
use crate::batch::Output;
use crate::config as file;
use crate::output::{Format, Options, is_standard};
use datafusion_lightsail::error::Result;

#[derive(Debug, Args)]
#[command(next_help_heading = "How to write")]
pub(super) struct Write {
    /// Write to a file, in the format of its suffix, to a directory, one file for each query file, or to - as without it
    #[arg(short = 'o', long = "output", value_name = "FILE|DIR|-")]
    pub(super) path: Option<PathBuf>,
    /// The format [default: table, or the suffix of -o]
    #[arg(long, value_parser = flags::format())]
    pub(super) format: Option<Format>,
    /// How many rows of a longer result a table shows; 0 shows all [default: 40 on a terminal, else all]
    #[arg(long, value_name = "N")]
    pub(super) maxrows: Option<usize>,
    /// Run the other files after one that fails; the exit code is that of the worst error
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Exit with 4 if there are rows: what is asked is a check that should find none
    #[arg(long)]
    pub(super) fail_on_rows: bool,
    /// What stands for NULL in tables, CSV and TSV [default: NULL on a terminal, else nothing]
    #[arg(long, value_name = "TEXT")]
    pub(super) null: Option<String>,
    /// Leave out the header line of tables, CSV and TSV
    #[arg(long)]
    pub(super) no_header: bool,
    /// Say rows, time and API calls on standard error after each statement
    #[arg(long)]
    pub(super) timing: bool,
    /// No notes on standard error
    #[arg(short = 'q', long)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) look: Look,
}

/// How many rows of a table a terminal shows.
const SHOWN: usize = 40;

impl Write {
    /// How results are written: as the flags say, else the environment or the configuration file.
    ///
    /// # Errors
    /// [`Kind::Usage`] when a variable has a value that makes no sense.
    pub(super) fn output(self) -> Result<Output> {
        let configured = |key| file::current().text(key, None);
        // A file has the format of its suffix.
        let is_file = self.path.as_ref().is_some_and(|path| !is_standard(path) && !path.is_dir());
        let format = configured("format")?.filter(|_| !is_file).and_then(|name| Format::from_name(&name));
        let maxrows = configured("maxrows")?.and_then(|rows| rows.parse().ok());
        let width = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
        // Nobody pages through what goes to a pipe or a file: there all rows are wanted.
        let of_screen = if std::io::stdout().is_terminal() { SHOWN } else { 0 };
        let max_rows = self.maxrows.or(maxrows).unwrap_or(of_screen);
        Ok(Output {
            path: self.path.filter(|path| !is_standard(path)),
            format: self.format.or(format),
            options: Options {
                null: self.null.or(configured("null")?),
                header: !self.no_header,
                max_rows: (max_rows > 0).then_some(max_rows),
                width,
                progress: !self.quiet,
                ..self.look.options()?
            },
            timing: self.timing || configured("timing")?.as_deref() == Some("true"),
            quiet: self.quiet,
            keep_going: self.keep_going,
            fails_on_rows: self.fail_on_rows,
        })
    }
}
