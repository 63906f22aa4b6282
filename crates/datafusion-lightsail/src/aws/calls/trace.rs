//! What is seen of a call on its way: the SDK's interceptor looks over its shoulder at each attempt.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_sdk_lightsail::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_lightsail::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_lightsail::error::BoxError;
use chrono::DateTime;

use crate::aws::route::Seen;

/// How often the API has said that it was asked too fast.
#[derive(Debug, Default)]
pub(super) struct Throttling {
    /// Calls that wait to be tried again.
    pub(super) waiting: AtomicUsize,
    pub(super) total: AtomicU64,
}

/// What the SDK's interceptor sees of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    pub(super) attempts: u32,
    pub(super) status: Option<u16>,
    pub(super) bytes: Option<u64>,
    pub(super) request_id: Option<String>,
    pub(super) nulls: usize,
    pub(super) seen: Seen,
    throttling: Arc<Throttling>,
    /// Whether it waits to be tried again because the API said that it was asked too fast.
    is_waiting: bool,
}

impl Trace {
    /// What is seen of a call that has not been tried yet.
    pub(super) fn new(throttling: Arc<Throttling>) -> Self {
        Self { throttling, ..Self::default() }
    }

    fn wait(&mut self) {
        self.throttling.total.fetch_add(1, Ordering::Relaxed);
        if !std::mem::replace(&mut self.is_waiting, true) {
            self.throttling.waiting.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn go_on(&mut self) {
        if std::mem::replace(&mut self.is_waiting, false) {
            self.throttling.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Whether a code is that of an API which is asked too fast: those that the SDK slows down at.
pub(in crate::aws) fn is_throttling_code(code: &str) -> bool {
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
    pub(super) static TRACE: Arc<Mutex<Trace>>;
}

/// Writes down that the answer to the call of this task has a null where something is missing.
pub(in crate::aws) fn note_null() {
    let _ = TRACE.try_with(|trace| trace.lock().unwrap_or_else(PoisonError::into_inner).nulls += 1);
}

/// Looks over the SDK's shoulder at each attempt.
#[derive(Debug)]
pub(in crate::aws) struct Tracer;

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
