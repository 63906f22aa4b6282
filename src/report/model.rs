//! A report: what was asked and what came of it, computed once, whatever it is written as.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::saved::Level;
use datafusion_lightsail::error::Error;

/// The state of a fleet.
#[derive(Debug)]
pub struct Report {
    /// As of when it is.
    pub taken_at: DateTime<Utc>,
    /// The folder of captures that it is of; `None` if the service was asked.
    pub folder: Option<String>,
    /// How many targets were asked.
    pub targets: usize,
    /// How many API calls it took.
    pub calls: u64,
    /// The questions, by theme and then the worst first.
    pub questions: Vec<Question>,
    /// The totals, in the order in which they are declared.
    pub totals: Vec<Total>,
    /// How figures went over the captures of the folder.
    pub trends: Vec<Trend>,
    /// The questions that were not asked.
    pub left_out: Vec<LeftOut>,
    /// Why rows are missing, one line for each target and reason.
    pub missing: Vec<String>,
    /// Why rows may be missing although no call failed.
    pub gaps: Vec<String>,
}

/// A saved query that is a finding if it has rows.
#[derive(Debug)]
pub struct Question {
    /// The name that it is run by.
    pub name: String,
    /// What it asks, in a few words.
    pub title: String,
    /// The folder that it is in.
    pub theme: String,
    /// How bad it is that it has rows.
    pub level: Level,
    /// What to do about its rows.
    pub advice: Option<String>,
    /// What is typed to see its rows.
    pub command: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a question or a total.
#[derive(Debug)]
pub enum Outcome<T = Findings> {
    /// It was answered.
    Answered {
        /// What the rows are.
        rows: T,
        /// Whether every row is there.
        is_complete: bool,
    },
    /// It could not be asked.
    Failed(Error),
}

/// The rows of a question.
#[derive(Debug)]
pub struct Findings {
    /// How many there are.
    pub count: usize,
    /// The first, which is the worst where the query orders them so.
    pub example: Option<Example>,
}

/// A row of a question.
#[derive(Debug)]
pub struct Example {
    /// What of it is said in a line.
    pub text: String,
    /// Its columns.
    pub row: Map<String, Value>,
}

/// What is said of a question in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// There is nothing to find.
    Green,
    /// Nothing was found, but not all of it was seen.
    Unknown,
    /// There are findings of this level.
    Found(Level),
    /// It could not be asked.
    Failed,
}

impl Status {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Unknown => "unknown",
            Self::Found(level) => level.name(),
            Self::Failed => "failed",
        }
    }
}

impl Question {
    /// What is said of it in a word.
    pub fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Failed(_) => Status::Failed,
            Outcome::Answered { rows, .. } if rows.count > 0 => Status::Found(self.level),
            Outcome::Answered { is_complete: false, .. } => Status::Unknown,
            Outcome::Answered { .. } => Status::Green,
        }
    }

    /// How many rows it has; none if it could not be asked.
    pub fn count(&self) -> usize {
        match &self.outcome {
            Outcome::Answered { rows, .. } => rows.count,
            Outcome::Failed(_) => 0,
        }
    }
}

/// A total: a few rows about the whole fleet.
#[derive(Debug)]
pub struct Total {
    /// Its name in what machines read.
    pub name: &'static str,
    /// What it says, in a few words.
    pub title: String,
    /// What is to be known of its rows.
    pub description: String,
    /// The column that is drawn over the first one, if one is.
    pub chart: Option<String>,
    /// Its rows, or why there are none.
    pub outcome: Outcome<RecordBatch>,
}

impl Total {
    /// The sum of a column; `None` where the total failed or no row has a value.
    pub fn sum(&self, column: &str) -> Option<f64> {
        let Outcome::Answered { rows, .. } = &self.outcome else { return None };
        let numbers = cast(rows.column_by_name(column)?, &DataType::Float64).ok()?;
        let numbers = numbers.as_primitive_opt::<Float64Type>()?;
        match numbers.len() {
            // Of no instances there are none: that is known.
            0 => Some(0.0),
            _ => arrow::compute::sum(numbers),
        }
    }

    /// How many rows it has; `None` where it failed.
    pub fn count(&self) -> Option<usize> {
        match &self.outcome {
            Outcome::Answered { rows, .. } => Some(rows.num_rows()),
            Outcome::Failed(_) => None,
        }
    }

    /// Whether every row is there.
    pub fn is_complete(&self) -> bool {
        is_whole(&self.outcome)
    }
}

/// A number that says something of the whole fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name in what machines read.
    pub name: &'static str,
    /// What it counts, for people.
    pub label: &'static str,
    /// `None` where it is not known.
    pub value: Option<f64>,
    /// What else is to be said of it.
    pub remark: String,
    /// Whether it is a sum of dollars.
    pub is_money: bool,
    /// Whether everything was counted.
    pub is_complete: bool,
}

impl Figure {
    /// The number as people write it: `$1,234.50`, `≥ 12` where not all was counted, `?` where it is not known.
    pub fn text(&self) -> String {
        let least = if self.is_complete { "" } else { "≥ " };
        self.value.map_or_else(|| "?".to_owned(), |value| format!("{least}{}", number(value, self.is_money)))
    }
}

/// A number as people write it.
pub(super) fn number(value: f64, is_money: bool) -> String {
    let rounded = if is_money { format!("{value:.2}") } else { format!("{value:.0}") };
    let (whole, cents) = rounded.split_once('.').unwrap_or((&rounded, ""));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    match (is_money, cents) {
        (false, _) => text,
        (true, "00") => format!("${text}"),
        (true, cents) => format!("${text}.{cents}"),
    }
}

/// How a figure went.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// The name of the figure.
    pub name: &'static str,
    /// What it counts, for people.
    pub label: &'static str,
    /// When, and how many; `None` where it is not known.
    pub points: Vec<(DateTime<Utc>, Option<f64>)>,
    /// Whether it is a sum of dollars.
    pub is_money: bool,
}

/// A question that was not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The name that it is run by.
    pub name: String,
    /// Why, and what asks it.
    pub reason: String,
}

impl Report {
    /// Whether everything was answered, of all targets.
    pub fn is_complete(&self) -> bool {
        let questions = self.questions.iter().map(|question| is_whole(&question.outcome));
        let totals = self.totals.iter().map(|total| is_whole(&total.outcome));
        self.missing.is_empty() && self.gaps.is_empty() && questions.chain(totals).all(|is_whole| is_whole)
    }

    /// A total by its name.
    pub fn total(&self, name: &str) -> Option<&Total> {
        self.totals.iter().find(|total| total.name == name)
    }

    /// How many findings of a level there are, and whether all of its questions were answered whole.
    pub fn findings(&self, level: Level) -> (usize, bool) {
        let questions = || self.questions.iter().filter(|question| question.level == level);
        let is_complete = questions().all(|question| is_whole(&question.outcome));
        (questions().map(Question::count).sum(), is_complete)
    }

    /// The errors of what could not be asked.
    pub fn errors(&self) -> impl Iterator<Item = &Error> {
        let questions = self.questions.iter().map(|question| failure(&question.outcome));
        questions.chain(self.totals.iter().map(|total| failure(&total.outcome))).flatten()
    }
}

fn is_whole<T>(outcome: &Outcome<T>) -> bool {
    matches!(outcome, Outcome::Answered { is_complete: true, .. })
}

fn failure<T>(outcome: &Outcome<T>) -> Option<&Error> {
    match outcome {
        Outcome::Failed(error) => Some(error),
        Outcome::Answered { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        let figure = |value, is_money| Figure {
            name: "x",
            label: "x",
            value,
            remark: String::new(),
            is_money,
            is_complete: true,
        };
        for (value, is_money, expected) in [
            (Some(0.0), false, "0"),
            (Some(999.0), false, "999"),
            (Some(1_234_567.0), false, "1,234,567"),
            (Some(11_167.5), true, "$11,167.50"),
            (Some(1000.0), true, "$1,000"),
            (Some(-1000.0), false, "-1,000"),
            (None, true, "?"),
        ] {
            assert_eq!(figure(value, is_money).text(), expected);
        }
        assert_eq!(Figure { is_complete: false, ..figure(Some(1e3), false) }.text(), "≥ 1,000");
    }
}
