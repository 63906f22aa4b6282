//! One query's reading: which snapshot it reads, and what became of each of its scans at each target.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

use crate::aws::Target;
use crate::catalog::shortfall::Shortfall;
use crate::error::{Error, Kind};

/// How many queries `system.scans` remembers; the oldest go first.
const REMEMBERED: usize = 1_000;

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
}

impl ScanRecord {
    /// Whether everything that the query may want was read; not if a LIMIT had enough before.
    pub fn is_complete(&self) -> bool {
        self.open == 0 && self.error.is_none() && self.next_token.is_none() && self.shortfall.is_none()
    }
}

/// A query that reads tables.
pub struct Record {
    /// Its number in the session, from 1.
    pub number: u64,
    /// When it was planned.
    pub begun_at: SystemTime,
    /// When the snapshot that it reads was begun. Not the snapshot itself: the record outlives the query, and the pages
    /// must not.
    pub taken_at: SystemTime,
    told: Mutex<Told>,
    foreseen: Mutex<Notes>,
    has_started: watch::Sender<bool>,
}

/// What its scans tell of a query.
#[derive(Debug, Default)]
struct Told {
    scans: Vec<ScanRecord>,
    notes: Notes,
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
    pub(super) fn new(number: u64, taken_at: SystemTime) -> Self {
        Self {
            number,
            begun_at: SystemTime::now(),
            taken_at,
            told: Mutex::default(),
            foreseen: Mutex::default(),
            has_started: watch::Sender::new(false),
        }
    }

    /// Says that somebody wants rows.
    pub(super) fn start(&self) {
        self.has_started.send_replace(true);
    }

    /// Waits until somebody wants rows.
    pub(super) async fn started(&self) {
        // The sender lives as long as this does.
        let _ = self.has_started.subscribe().wait_for(|has_started| *has_started).await;
    }

    /// Opens a record and says where to find it.
    pub(super) fn open(&self, table: &'static str, operation: &'static str, target: Target) -> usize {
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
        });
        told.scans.len() - 1
    }

    /// Changes a record.
    pub(super) fn update(&self, index: usize, change: impl FnOnce(&mut ScanRecord)) {
        change(&mut self.told().scans[index]);
    }

    /// Adds to what a person should know.
    pub(super) fn note(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.told().notes);
    }

    /// What its scans have read so far.
    pub fn scans(&self) -> Vec<ScanRecord> {
        self.told().scans.clone()
    }

    /// Whether something failed and no page of anything came.
    pub fn has_nothing(&self) -> bool {
        let scans = self.scans();
        scans.iter().any(|scan| scan.error.is_some()) && scans.iter().all(|scan| scan.pages == 0)
    }

    /// Adds to what a person should know of a query that is only explained.
    pub(super) fn foresee(&self, change: impl FnOnce(&mut Notes)) {
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

    /// What is said beside the first error: how many targets had not failed, and how many profiles whose targets are not
    /// known yet.
    pub(super) fn others_are_well(self: &Arc<Self>, unfound: usize) -> String {
        let (missing, all) = missing(std::slice::from_ref(self));
        let others = all - missing.len();
        let targets = (others > 0).then(|| format!("{others} of {all} targets"));
        let profiles = (unfound > 0).then(|| format!("{unfound} more profiles"));
        let others: Vec<_> = targets.into_iter().chain(profiles).collect();
        match others.is_empty() {
            true => String::new(),
            false => format!("; {} had not failed; --allow-partial shows the rest", others.join(" and ")),
        }
    }
}

/// The targets of these queries whose rows are missing, each once, with the reason; and how many targets there were.
pub fn missing(queries: &[Arc<Record>]) -> (Vec<Error>, usize) {
    let mut targets: HashMap<Target, Option<Arc<Error>>> = HashMap::new();
    for query in queries {
        for scan in query.scans() {
            let reason = targets.entry(scan.target).or_default();
            *reason = reason.take().or(scan.error);
        }
    }
    let count = targets.len();
    let mut missing: Vec<(Target, Arc<Error>)> =
        targets.into_iter().filter_map(|(target, reason)| Some((target, reason?))).collect();
    missing.sort_by_key(|(target, _)| target.to_string());
    (missing.iter().map(|(_, error)| error.retold()).collect(), count)
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query {}", self.number)
    }
}

/// The failures that a partial answer may leave out: the target's, not the query's.
pub(super) fn is_targets_own(error: &Error) -> bool {
    matches!(error.kind(), Kind::Api | Kind::Credentials)
}

/// The queries of a session, behind `system.scans`.
#[derive(Debug, Default)]
pub struct RecordLog {
    queries: Mutex<(u64, VecDeque<Arc<Record>>)>,
}

impl RecordLog {
    /// The newest queries in order.
    pub fn queries(&self) -> Vec<Arc<Record>> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner).1.iter().cloned().collect()
    }

    /// How many there were: a mark for [`RecordLog::since`].
    pub fn count(&self) -> u64 {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The queries that came after a mark: those of a statement, whichever way DataFusion went about it.
    pub fn since(&self, mark: u64) -> Vec<Arc<Record>> {
        self.queries().into_iter().filter(|query| query.number > mark).collect()
    }

    /// Takes up a query over a snapshot of that time.
    pub(super) fn begin(&self, taken_at: SystemTime) -> Arc<Record> {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        queries.0 += 1;
        let query = Arc::new(Record::new(queries.0, taken_at));
        if queries.1.len() == REMEMBERED {
            queries.1.pop_front();
        }
        queries.1.push_back(Arc::clone(&query));
        query
    }
}
