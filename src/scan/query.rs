//! One query's reading: which snapshot it reads, and what became of each of its scans at each target.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::aws::Target;
use crate::error::{Error, Kind};

/// How many queries `system.scans` remembers; the oldest go first.
const REMEMBERED: usize = 1_000;

/// What a scan read at one target.
#[derive(Debug)]
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
    /// Whether everything there is was read; not if a LIMIT had enough before.
    pub is_complete: bool,
    /// Where the API says that the next page begins.
    pub next_token: Option<String>,
    /// Why the rest is missing.
    pub error: Option<Error>,
}

/// A query that reads tables.
pub struct Query {
    /// Its number in the session, from 1.
    pub number: u64,
    /// When the snapshot that it reads was begun. Not the snapshot itself: the record outlives the query, and the pages
    /// must not.
    pub taken_at: SystemTime,
    scans: Mutex<Vec<ScanRecord>>,
}

impl Query {
    pub(super) fn new(number: u64, taken_at: SystemTime) -> Self {
        Self { number, taken_at, scans: Mutex::default() }
    }

    /// Opens a record and says where to find it.
    pub(super) fn open(&self, table: &'static str, operation: &'static str, target: Target) -> usize {
        let mut scans = self.scans();
        scans.push(ScanRecord {
            table,
            operation,
            target,
            pages: 0,
            items: 0,
            is_complete: false,
            next_token: None,
            error: None,
        });
        scans.len() - 1
    }

    /// What its scans have read so far.
    pub fn scans(&self) -> MutexGuard<'_, Vec<ScanRecord>> {
        self.scans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The targets of these queries whose rows are missing, each once, with the reason; and how many targets there were.
pub fn missing(queries: &[Arc<Query>]) -> (Vec<Error>, usize) {
    let mut targets: HashMap<Target, Option<Error>> = HashMap::new();
    for query in queries {
        for scan in query.scans().iter() {
            let reason = targets.entry(scan.target.clone()).or_default();
            if reason.is_none() {
                *reason = scan.error.as_ref().map(Error::retold);
            }
        }
    }
    let count = targets.len();
    let mut missing: Vec<(Target, Error)> =
        targets.into_iter().filter_map(|(target, reason)| Some((target, reason?))).collect();
    missing.sort_by_key(|(target, _)| target.to_string());
    (missing.into_iter().map(|(_, error)| error).collect(), count)
}

impl fmt::Debug for Query {
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
pub struct QueryLog {
    queries: Mutex<(u64, VecDeque<Arc<Query>>)>,
}

impl QueryLog {
    /// The newest queries in order.
    pub fn queries(&self) -> Vec<Arc<Query>> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner).1.iter().cloned().collect()
    }

    /// How many there were: a mark for [`QueryLog::since`].
    pub fn count(&self) -> u64 {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The queries that came after a mark: those of a statement, whichever way DataFusion went about it.
    pub fn since(&self, mark: u64) -> Vec<Arc<Query>> {
        self.queries().into_iter().filter(|query| query.number > mark).collect()
    }

    /// Takes up a query over a snapshot of that time.
    pub(super) fn begin(&self, taken_at: SystemTime) -> Arc<Query> {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        queries.0 += 1;
        let query = Arc::new(Query::new(queries.0, taken_at));
        if queries.1.len() == REMEMBERED {
            queries.1.pop_front();
        }
        queries.1.push_back(Arc::clone(&query));
        query
    }
}
