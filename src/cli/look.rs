//! The flags of how tables look on a terminal, and how files are written.

use std::io::stdout;

use clap::{Args, ValueEnum};

use crate::config;
use crate::output::{FileOptions, Options, Pager, TimeFormat, has_color};
use crate::say::set_color;
use datafusion_lightsail::error::Result;

#[derive(Debug, Args)]
#[command(next_help_heading = "How tables look")]
pub(super) struct Screen {
    /// Times in tables: to the minute, or all of them [default: short]
    #[arg(long, value_name = "FORMAT", value_enum)]
    timeformat: Option<Times>,
    /// Colours: on a terminal unless NO_COLOR is set, or always, or never [default: auto]
    #[arg(long, value_name = "WHEN", value_enum)]
    color: Option<Color>,
    /// No pager for answers that are longer or wider than the terminal [env: LIGHTSAIL_SQL_PAGER, PAGER]
    #[arg(long)]
    no_pager: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How tables look")]
pub(super) struct Look {
    #[command(flatten)]
    screen: Screen,
    /// Write -o as a folder of files by the values of these columns, region=us-east-1/data.parquet
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        requires = "path",
        help_heading = "How to write"
    )]
    partition_by: Vec<String>,
    /// Rows of a row group of Parquet at most [default: 32768, or 8 MB]
    #[arg(long, value_name = "N", help_heading = "How to write")]
    row_group_rows: Option<std::num::NonZeroUsize>,
    /// Begin texts of CSV with ' that a spreadsheet would take for a formula
    #[arg(long, help_heading = "How to write")]
    csv_safe: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Times {
    Short,
    Full,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Look {
    /// The options that these flags set, or else the environment or the configuration file; the others are the default.
    ///
    /// # Errors
    /// As [`Screen::options`].
    pub(super) fn options(&self) -> Result<Options> {
        let file = FileOptions {
            is_csv_safe: self.csv_safe,
            row_group_rows: self.row_group_rows.map(Into::into),
            partition_by: self.partition_by.clone(),
            ..FileOptions::default()
        };
        Ok(Options { file, ..self.screen.options()? })
    }
}

impl Screen {
    /// The options that these flags set, or else the environment or the configuration file; the others are the default.
    ///
    /// # Errors
    /// When a variable has a value that makes no sense.
    pub(super) fn options(&self) -> Result<Options> {
        let configured = |key| config::current().text(key, None);
        let times = configured("timeformat")?.and_then(|name| Times::from_str(&name, true).ok());
        let color = configured("color")?.and_then(|name| Color::from_str(&name, true).ok());
        let color = self.color.or(color).unwrap_or(Color::Auto);
        match color {
            Color::Auto => {}
            Color::Always => set_color(true),
            Color::Never => set_color(false),
        }
        Ok(Options {
            times: match self.timeformat.or(times).unwrap_or(Times::Short) {
                Times::Short => TimeFormat::Short,
                Times::Full => TimeFormat::Full,
            },
            has_color: match color {
                Color::Auto => has_color(&stdout()),
                Color::Always => true,
                Color::Never => false,
            },
            pager: Pager::find(configured("pager")?).filter(|_| !self.no_pager),
            ..Options::default()
        })
    }
}
