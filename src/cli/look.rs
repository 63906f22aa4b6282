//! The flags of how tables look on a terminal, and how files are written.

use std::io::stdout;

use clap::{Args, ValueEnum};

use crate::output::{FileOptions, Options, Pager, TimeFormat, has_color};

#[derive(Debug, Args)]
#[command(next_help_heading = "How tables look")]
pub(super) struct Look {
    /// Times in tables: to the minute, or all of them
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Times::Short)]
    timeformat: Times,
    /// Colours in tables: on a terminal unless NO_COLOR is set, or always, or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,
    /// No pager for answers that are longer or wider than the terminal [env: LIGHTSAIL_SQL_PAGER, PAGER]
    #[arg(long)]
    no_pager: bool,
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
    /// The options that these flags set; the others are the default.
    pub(super) fn options(&self) -> Options {
        Options {
            times: match self.timeformat {
                Times::Short => TimeFormat::Short,
                Times::Full => TimeFormat::Full,
            },
            has_color: match self.color {
                Color::Auto => has_color(&stdout()),
                Color::Always => true,
                Color::Never => false,
            },
            pager: Pager::find().filter(|_| !self.no_pager),
            file: FileOptions {
                is_csv_safe: self.csv_safe,
                row_group_rows: self.row_group_rows.map(Into::into),
                partition_by: self.partition_by.clone(),
                ..FileOptions::default()
            },
            ..Options::default()
        }
    }
}
