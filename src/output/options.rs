//! How results are dressed: what a person can set of it, by flags or in the shell.

use super::{Book, Codec, Pager};

/// How rows are dressed; a format ignores what does not concern it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The text of NULL in a table, Markdown, CSV and TSV; `None` is `NULL` on a terminal and nothing elsewhere.
    pub null: Option<String>,
    /// Whether table, Markdown, CSV and TSV begin with the columns' names.
    pub header: bool,
    /// The most rows that a table shows; `None` is all.
    pub max_rows: Option<usize>,
    /// The terminal's width in columns; `None` where the table does not go to a terminal.
    pub width: Option<usize>,
    /// Whether a table shows a record per row, a line per column.
    pub expanded: Expanded,
    /// How a table shows times.
    pub times: TimeFormat,
    /// Whether a table is in colours.
    pub has_color: bool,
    /// What shows an answer that is longer or wider than the terminal.
    pub pager: Option<Pager>,
    /// Whether standard error shows how far a query has come, if it is a terminal.
    pub progress: bool,
    /// Whether the answer is kept as the table `_`.
    pub keeps_answer: bool,
    /// Where the person asks, for notes that name what works there.
    pub place: Place,
    /// How a file is written.
    pub file: FileOptions,
    /// What the result is, for documents that say so.
    pub about: About,
}

/// How a file is written; a format ignores what does not concern it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FileOptions {
    /// What stands between two values of CSV; `None` is a comma, or a tab in TSV.
    pub delimiter: Option<u8>,
    /// Whether texts of CSV that a spreadsheet would take for a formula begin with `'`.
    pub is_csv_safe: bool,
    /// How the file is compressed; `None` is as its suffix says. Parquet compresses its pages itself.
    pub codec: Option<Codec>,
    /// How many rows a row group of Parquet has at most; `None` is our own bound.
    pub row_group_rows: Option<usize>,
    /// The columns whose values are folders, `region=us-east-1/`, in their order.
    pub partition_by: Vec<String>,
    /// The workbook whose sheet the result is, if several results go into one.
    pub book: Option<Book>,
}

/// What a result is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name, such as that of the query's file.
    pub title: Option<String>,
    /// The statement that asked for it.
    pub query: Option<String>,
}

/// When a table shows a record per row.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Expanded {
    /// Where not even some of its columns fit into the terminal.
    #[default]
    Off,
    /// Always.
    On,
    /// Where not all of its columns fit into the terminal.
    Auto,
}

/// How a table shows times; files have them to the millisecond.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// `2026-09-25 03:17`
    #[default]
    Short,
    /// `2026-09-25T03:17:00.123Z`
    Full,
}

/// Where a person asks.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the command line.
    #[default]
    Batch,
    /// In the shell.
    Shell,
}

impl Options {
    /// The options for a file, which gets every row of the result, at any width.
    #[must_use]
    pub fn for_file(&self) -> Self {
        Self { max_rows: None, width: None, has_color: false, pager: None, ..self.clone() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            null: None,
            header: true,
            max_rows: None,
            width: None,
            expanded: Expanded::default(),
            times: TimeFormat::default(),
            has_color: false,
            pager: None,
            progress: false,
            keeps_answer: false,
            place: Place::default(),
            file: FileOptions::default(),
            about: About::default(),
        }
    }
}
