//! How complete the rows of a statement are, with those of the tables and files that it reads.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use super::{Record, Told};
use crate::aws::Target;
use crate::error::{Error, Kind};

/// How complete the rows of a statement are.
#[derive(Debug, Default)]
pub struct Completeness {
    /// The targets whose rows are missing, each once, with the reason.
    pub missing: Vec<Error>,
    /// How many targets there were.
    pub targets: usize,
    /// Why rows may be missing although no call failed.
    pub gaps: Vec<String>,
    /// Where a bounded statement goes on.
    pub next_token: Option<String>,
    /// As of when the rows are; `None` if no target was read.
    pub taken_at: Option<SystemTime>,
    /// Whether a LIMIT or a log without an end left rows that nobody can go on with.
    pub is_cut: bool,
}

impl Completeness {
    /// Whether every row is there that the statement wants.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.gaps.is_empty() && self.next_token.is_none() && !self.is_cut
    }
}

/// What a file of an earlier answer says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The file.
    pub path: String,
    /// The targets whose rows are missing, one message each.
    pub missing: Vec<String>,
    /// Other reasons why it is not complete.
    pub gaps: Vec<String>,
    /// As of when its rows are.
    pub taken_at: Option<SystemTime>,
}

/// What is left of the scans of a statement that `system.scans` has forgotten. Its completeness needs no more.
#[derive(Debug, Default)]
pub(super) struct Condensed {
    /// Where something was asked.
    pub(super) targets: HashSet<Target>,
    /// Whether a page was read.
    pub(super) has_pages: bool,
}

impl Told {
    /// Forgets the scans that did not fail, except for their targets. One that failed says by a flag of its own whether the
    /// statement wanted its rows, so it is kept as it is.
    pub(super) fn condense(&mut self) {
        for scan in &self.scans {
            self.condensed.has_pages |= scan.pages > 0;
            if scan.error.is_none() {
                self.condensed.targets.insert(scan.target.clone());
            }
        }
        self.scans.retain(|scan| scan.error.is_some());
        self.scans.shrink_to_fit();
    }
}

impl Record {
    /// What is to be said beside its rows, one sentence each: warnings, notes, and what only the tables and files that it
    /// read know to be missing.
    pub fn all_notes(self: &Arc<Self>) -> Vec<String> {
        let notes = self.notes();
        let own = notes.gaps();
        let gaps = self.completeness().gaps.into_iter().filter(|gap| !own.contains(gap));
        notes.warnings().chain(notes.lines()).chain(gaps).collect()
    }

    /// How complete its rows are, and those of the tables that it read.
    pub fn completeness(self: &Arc<Self>) -> Completeness {
        let mut known = HashSet::from([Arc::as_ptr(self)]);
        let mut sources: Vec<Arc<Self>> = Vec::new();
        let mut open = self.told().sources.clone();
        while let Some(source) = open.pop() {
            if known.insert(Arc::as_ptr(&source)) {
                open.extend(source.told().sources.iter().cloned());
                sources.push(source);
            }
        }
        self.completeness_of(&sources)
    }

    fn completeness_of(&self, sources: &[Arc<Self>]) -> Completeness {
        let mut targets: HashMap<Target, Option<Arc<Error>>> = HashMap::new();
        let mut completeness = Completeness::default();
        let (mut gaps, mut lost) = (BTreeSet::new(), BTreeSet::new());
        for record in std::iter::once(self).chain(sources.iter().map(Arc::as_ref)) {
            let told = record.told();
            for target in &told.condensed.targets {
                targets.entry(target.clone()).or_default();
            }
            for scan in &told.scans {
                let reason = targets.entry(scan.target.clone()).or_default();
                let error = scan.error.as_ref().filter(|_| scan.is_read.load(Ordering::Relaxed));
                *reason = reason.take().or(error.cloned());
            }
            let begun_at = record.has_started.borrow().then_some(record.begun_at);
            let taken_at = told.notes.oldest.or(begun_at).map(|moment| moment.time);
            let times = taken_at.into_iter().chain(told.files.iter().filter_map(|file| file.taken_at));
            completeness.taken_at = times.chain(completeness.taken_at).min();
            gaps.extend(told.notes.gaps());
            for file in &told.files {
                gaps.extend(file.gaps.iter().map(|gap| format!("{}: {gap}", file.path)));
                lost.extend(file.missing.iter().map(|target| format!("{}: {target}", file.path)));
            }
            completeness.next_token = completeness.next_token.take().or(told.notes.next_token.clone());
            completeness.is_cut |= told.notes.is_cut || !told.notes.cut_logs.is_empty();
        }
        completeness.targets = targets.len() + lost.len();
        let mut missing: Vec<(Target, Arc<Error>)> =
            targets.into_iter().filter_map(|(target, reason)| Some((target, reason?))).collect();
        missing.sort_by_key(|(target, _)| target.to_string());
        let lost = lost.into_iter().map(|target| Error::new(Kind::Api, target));
        completeness.missing = missing.iter().map(|(_, error)| error.retold()).chain(lost).collect();
        completeness.gaps = gaps.into_iter().collect();
        completeness
    }
}
