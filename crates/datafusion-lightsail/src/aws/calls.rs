//! The record of every call, behind `system.api_calls`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_sdk_lightsail::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_lightsail::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_lightsail::error::BoxError;
use chrono::DateTime;

use super::limits::Limit;
use super::route::Seen;
use super::target::Target;

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

/// How often the API has said that it was asked too fast.
#[derive(Debug, Default)]
struct Throttling {
    /// Calls that wait to be tried again.
    waiting: AtomicUsize,
    total: AtomicU64,
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

#[cfg(feature = "cluster")]
impl Call {
    /// A call that a worker made, which gets its number when it is relayed.
    pub(crate) fn elsewhere(
        operation: &'static str,
        target: Target,
        page: usize,
        started_at: SystemTime,
        latency: Duration,
        attempts: u32,
    ) -> Self {
        Self {
            sequence: 0,
            statement: 0,
            operation,
            target,
            page,
            started_at,
            latency,
            attempts,
            status: None,
            bytes: None,
            request_id: None,
            error: None,
            seen: Seen::default(),
        }
    }
}

#[cfg(feature = "cluster")]
impl Caller {
    /// Counts so many calls, bytes and throttled answers of a worker's.
    pub(crate) fn relay(&self, calls: u64, bytes: u64, throttled: u64) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.throttling.total.fetch_add(throttled, Ordering::Relaxed);
    }

    /// Writes down a call of a worker's, which the statement has counted already.
    pub(crate) fn write_down(&self, call: Call) {
        let sequence = self.log.total.fetch_add(1, Ordering::Relaxed) + 1;
        self.log.push(Call { sequence, statement: self.statement, ..call });
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
            trace: Arc::new(Mutex::new(Trace {
                throttling: Arc::clone(&caller.throttling),
                ..Trace::default()
            })),
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

/// What the SDK's interceptor sees of a call.
#[derive(Debug, Clone, Default)]
struct Trace {
    attempts: u32,
    status: Option<u16>,
    bytes: Option<u64>,
    request_id: Option<String>,
    nulls: usize,
    seen: Seen,
    throttling: Arc<Throttling>,
    /// Whether it waits to be tried again because the API said that it was asked too fast.
    is_waiting: bool,
}

impl Trace {
    fn wait(&mut self) {
        self.throttling.total.fetch_add(1, Ordering::Relaxed);
        if !std::mem::replace(&mut self.is_waiting, true) {
            self.throttling.waiting.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn go_on(&mut self) {
        if std::mem::replace(&mut self.is_waiting, false) {
            self.throttling.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Whether a code is that of an API which is asked too fast: those that the SDK slows down at.
pub(super) fn is_throttling_code(code: &str) -> bool {
    THROTTLING_ERRORS.contains(&code)
}

/// Whether an answer says that the API was asked too fast.
fn is_throttling(status: u16, code: Option<&str>, body: Option<&[u8]>) -> bool {
    if status == 429 {
        return true;
    }
    if status < 400 {
        return false;
    }
    let body: Option<serde_json::Value> = body.and_then(|body| serde_json::from_slice(body).ok());
    let of_body = |name| body.as_ref()?.get(name)?.as_str();
    let code = code.or_else(|| of_body("code")).or_else(|| of_body("__type"));
    let bare =
        |code: &str| code.rsplit('#').next().unwrap_or(code).split(':').next().unwrap_or(code).to_owned();
    code.is_some_and(|code| is_throttling_code(&bare(code)))
}

tokio::task_local! {
    /// The call that this task is making. The SDK polls its interceptors in the task of the call.
    static TRACE: Arc<Mutex<Trace>>;
}

/// Writes down that the answer to the call of this task has a null where something is missing.
pub(super) fn note_null() {
    let _ = TRACE.try_with(|trace| trace.lock().unwrap_or_else(PoisonError::into_inner).nulls += 1);
}

/// Looks over the SDK's shoulder at each attempt.
#[derive(Debug)]
pub(super) struct Tracer;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Tracer {
    fn name(&self) -> &'static str {
        "Tracer"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = TRACE.try_with(|trace| {
            let mut trace = trace.lock().unwrap_or_else(PoisonError::into_inner);
            trace.seen.url = Some(context.request().uri().to_owned());
        });
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = TRACE.try_with(|trace| trace.lock().unwrap_or_else(PoisonError::into_inner).go_on());
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A call outside of `Clients::call`, such as one for credentials, has no trace.
        let _ = TRACE.try_with(|trace| {
            let mut trace = trace.lock().unwrap_or_else(PoisonError::into_inner);
            trace.attempts += 1;
            let Some(response) = context.response() else { return };
            trace.status = Some(response.status().as_u16());
            trace.bytes = response.body().bytes().map(|body| body.len() as u64);
            let date =
                response.headers().get("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
            trace.seen.clocks = date.map(|theirs| (theirs.into(), SystemTime::now()));
            let code = response.headers().get("x-amzn-errortype");
            if is_throttling(response.status().as_u16(), code, response.body().bytes()) {
                trace.wait();
            }
            trace.request_id = response.headers().get("x-amzn-requestid").map(ToOwned::to_owned);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_throttling;

    #[test]
    fn an_answer_says_that_it_was_asked_too_fast_by_its_code() {
        assert!(is_throttling(429, None, None));
        assert!(is_throttling(400, Some("ThrottlingException:http://internal/"), None));
        assert!(is_throttling(400, None, Some(br#"{"__type":"com.amazonaws#ThrottlingException"}"#)));
        assert!(!is_throttling(
            400,
            None,
            Some(br#"{"__type":"InvalidInputException","message":"Throttling"}"#)
        ));
        assert!(!is_throttling(200, None, Some(br#"{"code":"Throttling"}"#)));
    }
}
