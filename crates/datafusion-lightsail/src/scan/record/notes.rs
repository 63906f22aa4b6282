//! The notes of a statement: what a person should know of how it came to its rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::shortfall::Shortfall;
use crate::scan::moment::Moment;

/// What a person should know of how a query came to its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Rows that the scans handed on.
    pub rows: usize,
    /// Items that were asked about one by one.
    pub asked_about: usize,
    /// What the query may want and was not asked.
    pub shortfalls: BTreeSet<Shortfall>,
    /// What is to be said of targets that the query names and that were not asked.
    pub unasked: BTreeSet<String>,
    /// When the oldest of the pages was asked for that were there before the query.
    pub oldest: Option<Moment>,
    /// Pages that were fetched again because there was no room to keep them.
    pub given_up: usize,
    /// Elements of lists in place of which the API sent null.
    pub nulls: usize,
    /// Resources that a listing named more than once: how many, by the listing and its target.
    pub repeated: BTreeMap<String, usize>,
    /// Logs that may go on where their reading ended.
    pub cut_logs: BTreeSet<String>,
    /// Whether a LIMIT ended a bounded scan, so that nobody knows where the next run would begin.
    pub is_cut: bool,
    /// Where a bounded query goes on.
    pub next_token: Option<String>,
    /// What else was found out, one sentence each.
    pub remarks: Vec<String>,
}

impl Notes {
    /// Adds the notes of another part of the statement.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            asked_about: self.asked_about + other.asked_about,
            shortfalls: &self.shortfalls | &other.shortfalls,
            unasked: &self.unasked | &other.unasked,
            oldest: match (self.oldest, other.oldest) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            given_up: self.given_up + other.given_up,
            nulls: self.nulls + other.nulls,
            repeated: other.repeated.into_iter().fold(self.repeated, |mut all, (listing, count)| {
                *all.entry(listing).or_default() += count;
                all
            }),
            cut_logs: &self.cut_logs | &other.cut_logs,
            is_cut: self.is_cut || other.is_cut,
            next_token: self.next_token.or(other.next_token),
            remarks: [self.remarks, other.remarks].concat(),
        }
    }

    /// The warnings, which are shown also where notes are not wanted.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let repeated = self.repeated.iter().map(|(listing, count)| {
            let (resources, are) = if *count == 1 { ("resource", "is") } else { ("resources", "are") };
            format!(
                "warning: {listing} named {count} {resources} again on a later page, as when the fleet changes while it \
                 is listed: {count} {are} there twice, and others may have been passed over: ask again"
            )
        });
        self.unasked.iter().map(|text| format!("warning: {text}")).chain(repeated)
    }

    /// Why rows may be missing that the query wants, although no call failed.
    pub fn gaps(&self) -> Vec<String> {
        let missing = self.shortfalls.iter().filter(|shortfall| shortfall.is_missing);
        self.unasked.iter().cloned().chain(missing.map(ToString::to_string)).collect()
    }

    /// What of it a person is told beside the rows.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.given_up > 0 {
            lines.push(format!(
                "note: {} pages were read again, for there was no room to keep them: raise lightsail.page_memory",
                self.given_up
            ));
        }
        if self.nulls > 0 {
            lines.push(format!(
                "note: the API sent null in place of {} elements of lists or maps: they are left out",
                self.nulls
            ));
        }
        lines.extend(self.remarks.iter().map(|remark| format!("note: {remark}")));
        lines.extend(self.cut_logs.iter().map(|log| {
            format!("note: the log may go on: {log} came to no end; a range of created_at in WHERE reads a part of it")
        }));
        lines.extend(self.shortfalls.iter().map(|shortfall| format!("note: {shortfall}")));
        if self.is_cut {
            lines.push(
                "note: LIMIT had its rows before --max-items was reached: there is no NextToken".to_owned(),
            );
        }
        lines
    }
}
