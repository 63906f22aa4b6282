//! What a statement may want of an operation and what is not asked of it.

use std::fmt;

use super::request::Known;

/// Something that a statement may want and that is not asked, so that its rows can be missing although no call fails.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shortfall {
    /// What it is about: a column, or a table.
    pub of: String,
    /// Why it is not asked and what is asked instead: a sentence without a full stop.
    pub text: String,
    /// Whether the service has more than what is asked, or had it before: then the answer is not complete.
    pub is_missing: bool,
}

impl Shortfall {
    /// Rows may be missing, of which `text` says why.
    pub fn new(of: impl Into<String>, text: impl Into<String>) -> Self {
        Self { of: of.into(), text: text.into(), is_missing: true }
    }

    /// Makes it one of which nothing is missing: what is asked is all that the service has.
    #[must_use]
    pub fn of_nothing(self) -> Self {
        Self { is_missing: false, ..self }
    }

    /// Makes it one of a column of `table`.
    #[must_use]
    pub fn in_table(self, table: &str) -> Self {
        Self { of: format!("{table}.{}", self.of), ..self }
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.of, self.text)
    }
}

/// The shortfall of a column of times for which no predicate says a beginning; `asked` says what is asked instead.
pub(super) fn without_start(known: &dyn Known, column: &str, asked: &str) -> Option<Shortfall> {
    if known.range(column).0.is_some() {
        return None;
    }
    let why = if known.is_decided_later(column) {
        "from when on is only said after the calls"
    } else if known.is_about(column) {
        "the filter does not say from when on"
    } else {
        "no filter says from when on"
    };
    Some(Shortfall::new(column, format!("{why}: {asked}")))
}

/// The shortfall of a column of times for which no beginning is asked, so that the service answers with all it has: how
/// far back that goes, only the service knows.
pub(super) fn kept_alone(known: &dyn Known, column: &str) -> Option<Shortfall> {
    without_start(known, column, "what the service still keeps is asked").map(Shortfall::of_nothing)
}
