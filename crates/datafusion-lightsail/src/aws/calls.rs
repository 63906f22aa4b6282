//! The record of every call, behind `system.api_calls`.

#[cfg(feature = "cluster")]
mod remote;
mod trace;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::limits::Limit;
use super::route::Seen;
use super::target::Target;
use trace::{TRACE, Throttling, Trace};
pub(super) use trace::{Tracer, is_throttling_code, note_null};

/// How many calls are remembered; the oldest go first.
const REMEMBERED: usize = 10_000;

/// One call, as `system.api_calls` tells it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its number in this session, from 1.
    pub sequence: u64,
    /// The number of the statement that made it.
    pub statement: u64,
    /// The API operation.
    pub operation: &'static str,
    /// Who was asked.
    pub target: Target,
    /// Which page of its listing it asked for, from 1.
    pub page: usize,
    /// When it was sent.
    pub started_at: SystemTime,
    /// From its being sent to its answer's being decoded, retries and the waits between them included.
    pub latency: Duration,
    /// How often it was tried.
    pub attempts: u32,
    /// The HTTP status of the last answer, if there was one.
    pub status: Option<u16>,
    /// The size of the last answer's body.
    pub bytes: Option<u64>,
    /// AWS's id of the last attempt.
    pub request_id: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// What was seen of it on its way.
    pub(super) seen: Seen,
}

impl Call {
    /// Where it was sent.
    pub fn url(&self) -> Option<&str> {
        self.seen.url.as_deref()
    }

    /// The service's clock at the time that it answered, and this machine's.
    pub fn clocks(&self) -> Option<(SystemTime, SystemTime)> {
        self.seen.clocks
    }

    /// How far this machine's clock is off, if it matters: `14 min behind`.
    pub fn skew(&self) -> Option<String> {
        self.seen.skew()
    }
}

/// The calls of a session.
#[derive(Debug, Default)]
pub struct CallLog {
    total: AtomicU64,
    newest: Mutex<VecDeque<Call>>,
}

impl CallLog {
    /// How many there were.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// The newest, in the order in which they ended.
    pub fn calls(&self) -> Vec<Call> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, call: Call) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() == REMEMBERED {
            newest.pop_front();
        }
        newest.push_back(call);
    }
}

/// A statement as the maker of calls: they are counted, kept within its session's limit and written into its log.
#[derive(Debug)]
pub struct Caller {
    statement: u64,
    calls: AtomicU64,
    bytes: AtomicU64,
    limit: Arc<Limit>,
    log: Arc<CallLog>,
    throttling: Arc<Throttling>,
}

impl Caller {
    /// The caller of statement number `statement` of the session that has this limit and this log.
    pub fn new(statement: u64, limit: Arc<Limit>, log: Arc<CallLog>) -> Self {
        Self {
            statement,
            calls: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            limit,
            log,
            throttling: Arc::default(),
        }
    }

    /// How many calls it has made.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The size of all answers' bodies.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many of its calls wait to be tried again because the API said that it was asked too fast.
    pub fn waiting(&self) -> usize {
        self.throttling.waiting.load(Ordering::Relaxed)
    }

    /// How often the API said that it was asked too fast.
    pub fn throttled(&self) -> u64 {
        self.throttling.total.load(Ordering::Relaxed)
    }

    /// How many of its session's calls may be in flight.
    pub fn limit(&self) -> &Arc<Limit> {
        &self.limit
    }

    /// Sets how many of its session's calls may be in flight, unless a statement that was begun later has.
    pub fn set_concurrency(&self, concurrency: usize) {
        self.limit.set(self.statement, concurrency);
    }
}

impl Default for Caller {
    /// A caller of no session.
    fn default() -> Self {
        Self::new(0, Arc::default(), Arc::default())
    }
}

/// A call under way. It is written down when this is dropped: at its end, or when nobody wants its answer any more.
pub(super) struct Pending<'a> {
    caller: &'a Caller,
    sequence: u64,
    operation: &'static str,
    target: &'a Target,
    page: usize,
    started_at: SystemTime,
    started: Instant,
    trace: Arc<Mutex<Trace>>,
    /// What went wrong.
    pub(super) error: Option<String>,
}

impl<'a> Pending<'a> {
    pub(super) fn begin(
        caller: &'a Caller,
        operation: &'static str,
        target: &'a Target,
        page: usize,
    ) -> Self {
        caller.calls.fetch_add(1, Ordering::Relaxed);
        Self {
            caller,
            sequence: caller.log.total.fetch_add(1, Ordering::Relaxed) + 1,
            operation,
            target,
            page,
            started_at: SystemTime::now(),
            started: Instant::now(),
            trace: Arc::new(Mutex::new(Trace::new(Arc::clone(&caller.throttling)))),
            error: Some(GIVEN_UP.to_owned()),
        }
    }
}

/// What stands for the error of a call whose answer nobody waited for.
pub(crate) const GIVEN_UP: &str = "given up: nobody wanted the answer any more";

/// What a call cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// How often it was tried.
    pub attempts: u32,
    /// The size of the answer's body.
    pub bytes: u64,
    /// Nulls in place of elements that are no texts: nothing is left of them.
    pub nulls: usize,
    /// AWS's id of the last attempt.
    pub request_id: Option<Arc<str>>,
}

impl Pending<'_> {
    /// What it has cost so far.
    pub(super) fn cost(&self) -> Cost {
        let trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        Cost {
            attempts: trace.attempts,
            bytes: trace.bytes.unwrap_or_default(),
            nulls: trace.nulls,
            request_id: trace.request_id.as_deref().map(Into::into),
        }
    }

    /// What was seen of it on its way.
    pub(super) fn seen(&self) -> Seen {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }

    /// Makes the call, with the SDK's interceptor looking on.
    pub(super) async fn watch<F: Future>(&self, call: F) -> F::Output {
        TRACE.scope(Arc::clone(&self.trace), call).await
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let mut trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        trace.go_on();
        let Trace { attempts, status, bytes, request_id, seen, .. } = trace.clone();
        drop(trace);
        self.caller.bytes.fetch_add(bytes.unwrap_or_default(), Ordering::Relaxed);
        tracing::info!(
            operation = self.operation,
            target = %self.target,
            page = self.page,
            attempts,
            status,
            bytes,
            ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            request_id,
            error = self.error,
            "call"
        );
        self.caller.log.push(Call {
            sequence: self.sequence,
            statement: self.caller.statement,
            operation: self.operation,
            target: self.target.clone(),
            page: self.page,
            started_at: self.started_at,
            latency: self.started.elapsed(),
            attempts,
            status,
            bytes,
            request_id,
            error: self.error.take(),
            seen,
        });
    }
}
