//! The record of a statement: what each of its scans read at each target, what a person should know, and what it cost.
//!
//! A record is a statement's own from its birth: any number of statements run at the same time without getting each
//! other's warnings, calls or tokens.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use tokio::sync::watch;

use crate::aws::Target;
use crate::aws::calls::Caller;
use crate::catalog::shortfall::Shortfall;
use crate::error::{Error, Kind};

/// How many scans of targets `system.scans` remembers, some 40 MB of them; whole statements go, the oldest first.
const REMEMBERED: usize = 100_000;

/// What a scan read at one target.
#[derive(Debug, Clone)]
pub struct ScanRecord {
    /// The table that was read.
    pub table: &'static str,
    /// The API operation that was asked.
    pub operation: &'static str,
    /// Who was asked.
    pub target: Target,
    /// Pages that were read, whoever had fetched them.
    pub pages: usize,
    /// Items on those pages.
    pub items: usize,
    /// How many requests were made out of it: one, or one for each item of a parent.
    pub requests: usize,
    /// How many of them were not read to their end.
    pub open: usize,
    /// Our token for the next run, where a bounded scan stopped here.
    pub next_token: Option<String>,
    /// What the query may want and was not asked.
    pub shortfall: Option<Arc<str>>,
    /// Why the rest is missing.
    pub error: Option<Arc<Error>>,
    /// Whether the statement read the scan to its end: rows that it did not want are not missing.
    pub(in crate::scan) is_read: Arc<AtomicBool>,
}

impl ScanRecord {
    /// Whether everything that the query may want was read; not if a LIMIT had enough before.
    pub fn is_complete(&self) -> bool {
        self.open == 0 && self.error.is_none() && self.next_token.is_none() && self.shortfall.is_none()
    }
}

/// The record of one statement.
pub struct Record {
    /// The statement's number in its session, from 1.
    pub number: u64,
    /// When the statement was begun: the `now` of all of its scans.
    pub begun_at: SystemTime,
    caller: Arc<Caller>,
    log: Weak<RecordLog>,
    told: Mutex<Told>,
    foreseen: Mutex<Notes>,
    has_started: watch::Sender<bool>,
}

/// What a statement has told so far.
#[derive(Debug, Default)]
struct Told {
    scans: Vec<ScanRecord>,
    notes: Notes,
    /// The records of the statements that made the tables which it reads.
    sources: Vec<Arc<Record>>,
    /// The files of earlier answers that it reads.
    files: Vec<StoredAnswer>,
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
    pub oldest: Option<SystemTime>,
    /// Pages that were fetched again because there was no room to keep them.
    pub given_up: usize,
    /// Elements of lists in place of which the API sent null.
    pub nulls: usize,
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
    /// Those of two queries of one statement.
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
            cut_logs: &self.cut_logs | &other.cut_logs,
            is_cut: self.is_cut || other.is_cut,
            next_token: self.next_token.or(other.next_token),
            remarks: [self.remarks, other.remarks].concat(),
        }
    }

    /// What a person is told even who wants no notes.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.unasked.iter().map(|text| format!("warning: {text}"))
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

impl Record {
    /// The record of statement number `number`, whose calls `caller` makes. `log` takes it in when it begins to read.
    pub(in crate::scan) fn new(number: u64, caller: Arc<Caller>, log: Weak<RecordLog>) -> Self {
        Self {
            number,
            begun_at: SystemTime::now(),
            caller,
            log,
            told: Mutex::default(),
            foreseen: Mutex::default(),
            has_started: watch::Sender::new(false),
        }
    }

    /// The maker of its calls.
    pub(in crate::scan) fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// How many API calls it has made.
    pub fn calls(&self) -> u64 {
        self.caller.calls()
    }

    /// The size of the bodies that its calls were answered with.
    pub fn bytes(&self) -> u64 {
        self.caller.bytes()
    }

    /// Says that somebody wants rows of a scan.
    pub(in crate::scan) fn start(self: &Arc<Self>) {
        if !self.has_started.send_replace(true)
            && let Some(log) = self.log.upgrade()
        {
            log.add(self);
        }
    }

    /// Waits until somebody wants rows.
    pub(in crate::scan) async fn started(&self) {
        // The sender lives as long as this does.
        let _ = self.has_started.subscribe().wait_for(|has_started| *has_started).await;
    }

    /// Opens the record of a scan at a target and says where to find it. `is_read` becomes true when the statement has
    /// read the scan to its end.
    pub(in crate::scan) fn open(
        self: &Arc<Self>,
        table: &'static str,
        operation: &'static str,
        target: Target,
        is_read: &Arc<AtomicBool>,
    ) -> usize {
        let index = {
            let mut told = self.told();
            told.scans.push(ScanRecord {
                table,
                operation,
                target,
                pages: 0,
                items: 0,
                requests: 0,
                open: 0,
                next_token: None,
                shortfall: None,
                error: None,
                is_read: Arc::clone(is_read),
            });
            told.scans.len() - 1
        };
        if let Some(log) = self.log.upgrade() {
            log.count(self);
        }
        index
    }

    /// Changes the record of a scan.
    pub(in crate::scan) fn update(&self, index: usize, change: impl FnOnce(&mut ScanRecord)) {
        change(&mut self.told().scans[index]);
    }

    /// Adds to what a person should know.
    pub(in crate::scan) fn note(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.told().notes);
    }

    /// Adds a remark of one sentence for a person to know.
    pub(crate) fn remark(&self, text: String) {
        self.note(|notes| notes.remarks.push(text));
    }

    /// Takes in what a table was made of that the statement reads.
    pub(crate) fn adopt(&self, sources: &[Arc<Self>]) {
        let mut told = self.told();
        for source in sources {
            let is_known = told.sources.iter().any(|known| Arc::ptr_eq(known, source));
            if !is_known && !std::ptr::eq(Arc::as_ptr(source), self) {
                told.sources.push(Arc::clone(source));
            }
        }
    }

    /// Takes in what a file says of itself that the statement reads.
    pub(crate) fn adopt_file(&self, file: StoredAnswer) {
        let mut told = self.told();
        if !told.files.contains(&file) {
            told.files.push(file);
        }
    }

    /// What its scans have read so far.
    pub fn scans(&self) -> Vec<ScanRecord> {
        self.told().scans.clone()
    }

    /// Adds to what a person should know of a statement that is only explained.
    pub(in crate::scan) fn foresee(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.foreseen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What a person should know of it, as far as its plan tells.
    pub fn foreseen(&self) -> Notes {
        self.foreseen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a person should know of it.
    pub fn notes(&self) -> Notes {
        self.told().notes.clone()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no scan has read a page.
    pub(in crate::scan) fn has_no_pages(&self) -> bool {
        self.told().scans.iter().all(|scan| scan.pages == 0)
    }

    /// The first failure of an answer of which nothing is left, for a partial answer of nothing is none.
    pub fn total_failure(&self) -> Option<Error> {
        let told = self.told();
        let is_missing = |scan: &&ScanRecord| scan.is_read.load(Ordering::Relaxed);
        let has_no_pages = told.scans.iter().all(|scan| scan.pages == 0);
        let failures = told.scans.iter().filter(is_missing).filter_map(|scan| scan.error.as_ref());
        failures.map(|error| error.retold()).next().filter(|_| has_no_pages)
    }

    /// How complete its rows are, and those of the tables that it read.
    pub fn completeness(self: &Arc<Self>) -> Completeness {
        let mut sources: Vec<Arc<Self>> = Vec::new();
        let mut open = self.told().sources.clone();
        while let Some(source) = open.pop() {
            if !Arc::ptr_eq(&source, self) && !sources.iter().any(|known| Arc::ptr_eq(known, &source)) {
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
            for scan in &told.scans {
                let reason = targets.entry(scan.target.clone()).or_default();
                let error = scan.error.as_ref().filter(|_| scan.is_read.load(Ordering::Relaxed));
                *reason = reason.take().or(error.cloned());
            }
            let taken_at = told.notes.oldest.or(record.has_started.borrow().then_some(record.begun_at));
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

    /// What is said beside the first error: how many targets had not failed, and how many profiles whose targets are not
    /// known yet.
    pub(in crate::scan) fn others_are_well(&self, unfound: usize) -> String {
        let mut targets: HashMap<Target, bool> = HashMap::new();
        for scan in &self.told().scans {
            *targets.entry(scan.target.clone()).or_default() |= scan.error.is_some();
        }
        let all = targets.len();
        let others = targets.into_values().filter(|has_failed| !has_failed).count();
        let targets = (others > 0).then(|| format!("{others} of {all} targets"));
        let profiles = (unfound > 0).then(|| format!("{unfound} more profiles"));
        let others: Vec<_> = targets.into_iter().chain(profiles).collect();
        match others.is_empty() {
            true => String::new(),
            false => format!("; {} had not failed; --allow-partial shows the rest", others.join(" and ")),
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.number)
    }
}

/// The failures that a partial answer may leave out: the target's, not the query's.
pub(in crate::scan) fn is_targets_own(error: &Error) -> bool {
    matches!(error.kind(), Kind::Api | Kind::Credentials)
}

/// The records of a session's statements that read anything, behind `system.scans`.
#[derive(Debug, Default)]
pub struct RecordLog {
    begun: AtomicU64,
    newest: Mutex<Newest>,
}

#[derive(Debug, Default)]
struct Newest {
    records: VecDeque<Arc<Record>>,
    /// How many scans of targets they have together.
    scans: usize,
}

impl RecordLog {
    /// The newest records, in the order in which they began to read.
    pub fn records(&self) -> Vec<Arc<Record>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).records.iter().cloned().collect()
    }

    /// The number of the next statement.
    pub(in crate::scan) fn next_number(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn add(&self, record: &Arc<Record>) {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).records.push_back(Arc::clone(record));
    }

    /// Counts a scan of a record. Of too many scans the oldest records go.
    fn count(&self, record: &Arc<Record>) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.scans += 1;
        while newest.scans > REMEMBERED
            && newest.records.front().is_some_and(|oldest| !Arc::ptr_eq(oldest, record))
            && let Some(oldest) = newest.records.pop_front()
        {
            newest.scans = newest.scans.saturating_sub(oldest.told().scans.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::target::Profile;

    #[test]
    fn the_log_is_bounded_by_scans_and_keeps_the_newest_record_whole() {
        let log = Arc::new(RecordLog::default());
        let target =
            Target { profile: Profile { name: "p".into(), is_explicit: true }, region: "us-east-1".into() };
        let read = Arc::default();
        for scans in [10, REMEMBERED - 10, REMEMBERED + 5] {
            let number = log.next_number();
            let record = Arc::new(Record::new(number, Arc::default(), Arc::downgrade(&log)));
            record.start();
            (0..scans).for_each(|_| {
                record.open("instances", "GetInstances", target.clone(), &read);
            });
            let kept: Vec<u64> = log.records().iter().map(|record| record.number).collect();
            let expected: &[u64] = match number {
                1 => &[1],
                2 => &[1, 2],
                _ => &[3],
            };
            assert_eq!(kept, expected);
        }
        assert_eq!(log.records()[0].scans().len(), REMEMBERED + 5);
    }
}
