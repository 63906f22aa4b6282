//! HTTP, AWS JSON 1.1 and STS's query protocol: one task for each connection, one POST for each call.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::accounts;
use super::auth::{self, Caller};
use super::error::Error;
use super::faults::{Damage, Outcome, Script};
use super::heard;
use super::operations;
use super::page::PAGE;
use super::place::Extent;
use super::random::Random;
use super::socket::{End, Sending, Socket};
use super::{Config, Reply, Request};

/// The largest request body that is read.
const BODY_LIMIT: usize = 1 << 20;
/// How many requests the log keeps, and how many bytes of their bodies.
const LOG_LIMIT: usize = 10_000;
const LOG_BYTES: usize = 16 << 20;
/// How many connections are served at the same time; more of them wait.
const CONNECTIONS: usize = 4096;
/// How often in a row, 10 ms apart, no connection can be accepted before those that wait are closed.
const PATIENT_FAILURES: usize = 50;
/// The largest head of a request that is read.
const HEAD_LIMIT: usize = 64 << 10;
const CONTENT: &str = "application/x-amz-json-1.1";

/// The services that are asked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Lightsail,
    Organizations,
    Sts,
}

impl Service {
    /// The service that a request is for: its headers say so.
    fn of(head: &Parts) -> Self {
        match (header(head, CONTENT_TYPE).split(';').next(), header(head, TARGET)) {
            (Some("application/x-www-form-urlencoded"), "") => Self::Sts,
            (_, target) if target.starts_with(Self::Organizations.prefix()) => Self::Organizations,
            _ => Self::Lightsail,
        }
    }

    /// Its name in the scope of a signature.
    fn name(self) -> &'static str {
        match self {
            Self::Lightsail => "lightsail",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
        }
    }

    /// Whether an operation leaves everything as it is.
    fn only_reads(self, operation: &str) -> bool {
        match self {
            Self::Lightsail => operation.starts_with("Get") || operation.starts_with("Is"),
            Self::Organizations => operation == "ListAccounts",
            Self::Sts => operation == "AssumeRole",
        }
    }

    /// What stands before the operation in the header that names it.
    fn prefix(self) -> &'static str {
        match self {
            Self::Lightsail => "Lightsail_20161128.",
            Self::Organizations => "AWSOrganizationsV20161128.",
            Self::Sts => "",
        }
    }
}

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

fn header(head: &Parts, name: HeaderName) -> &str {
    head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What all connections share.
pub(super) struct State {
    config: Config,
    pub(super) extent: Extent,
    responses: AtomicU64,
    log: Mutex<Log>,
    script: RwLock<Arc<Script>>,
    /// Operations that are no reading.
    writes: Mutex<BTreeSet<String>>,
    /// Whether the endpoint takes no connection any more.
    is_gone: watch::Sender<bool>,
}

#[derive(Default)]
struct Log {
    total: u64,
    /// Each with the bytes of its body.
    newest: VecDeque<(Request, usize)>,
    bytes: usize,
}

impl State {
    pub(super) fn new(config: Config) -> Self {
        let extent = Extent {
            regions: config.regions.unwrap_or(super::regions::STANDARD),
            instances: config.instances,
            page: config.page.unwrap_or(PAGE).max(1),
            today: config.today(),
        };
        let script = RwLock::new(Arc::new(Script::new(config.faults.clone())));
        let (responses, log, is_gone) = (AtomicU64::new(0), Mutex::default(), watch::Sender::new(false));
        Self { config, extent, responses, log, script, writes: Mutex::default(), is_gone }
    }

    /// The newest requests, the oldest of them first.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.log().newest.iter().map(|(request, _)| request.clone()).collect()
    }

    /// How many requests there were.
    pub(super) fn total(&self) -> u64 {
        self.log().total
    }

    /// The operations that it was asked for and that are no reading.
    pub(super) fn writes(&self) -> Vec<String> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn takes_writes(&self) -> bool {
        self.config.takes_writes
    }

    fn script(&self) -> Arc<Script> {
        Arc::clone(&self.script.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on with another script.
    pub(super) fn set_script(&self, script: Script) {
        *self.script.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(
        &self,
        service: Service,
        caller: Caller,
        operation: String,
        body: serde_json::Value,
        bytes: usize,
    ) -> Request {
        heard::note(service.name(), &operation);
        if !service.only_reads(&operation) {
            self.writes.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.clone());
            debug_assert!(self.config.takes_writes, "{operation} is no reading");
        }
        let mut log = self.log();
        let Caller { access_key, region } = caller;
        let request = Request { operation, region, access_key, body, sequence: log.total };
        log.total += 1;
        log.bytes += bytes;
        log.newest.push_back((request.clone(), bytes));
        while (log.newest.len() > LOG_LIMIT || log.bytes > LOG_BYTES)
            && let Some((_, bytes)) = log.newest.pop_front()
        {
            log.bytes -= bytes;
        }
        request
    }
}

/// Accepts connections, until a fault ends that. When the future ends or is dropped they are all closed.
pub(super) async fn serve(state: Arc<State>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    let mut is_gone = state.is_gone.subscribe();
    let (mut spare, mut is_spare_given, mut failures) = (spare(), false, 0);
    loop {
        tokio::select! {
            _ = is_gone.changed() => return,
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    failures = 0;
                    if std::mem::take(&mut is_spare_given) {
                        // Nothing could be sent to it. A client that is this very process would wait for ever.
                        drop(stream);
                        spare = self::spare();
                    } else {
                        connections.spawn(connection(Arc::clone(&state), stream));
                    }
                }
                // Out of file descriptors, most likely: connections that end give some back.
                Err(_) => {
                    failures += 1;
                    if failures > PATIENT_FAILURES {
                        is_spare_given = spare.take().is_some();
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
            Some(_) = connections.join_next() => (),
        }
    }
}

/// A descriptor to give up where no other is left.
fn spare() -> Option<std::fs::File> {
    std::fs::File::open(if cfg!(windows) { "NUL" } else { "/dev/null" }).ok()
}

async fn connection(state: Arc<State>, stream: TcpStream) {
    // Without this a response of two packets may wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let end = End::default();
    let service = service_fn(|request| exchange(Arc::clone(&state), end.clone(), request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(state.config.patience).max_buf_size(HEAD_LIMIT);
    // A client that hangs up in the middle is none of the server's troubles.
    let _ = http.serve_connection(TokioIo::new(Socket { stream, end: end.clone() }), service).await;
}

/// One request and its response; an error closes the connection without one.
async fn exchange(
    state: Arc<State>,
    end: End,
    request: hyper::Request<Incoming>,
) -> io::Result<Response<Sending>> {
    let (head, body) = request.into_parts();
    let service = Service::of(&head);
    let request = match receive(&state, service, &head, body).await {
        Ok(request) => request,
        Err(error) => return Ok(respond(&state, service, Err(error))),
    };
    let reply = state.config.hook.as_ref().and_then(|hook| hook(&request));
    hold(state.config.latency).await;
    match reply {
        None => {
            let account = auth::account(&request.access_key);
            let (outcome, retry_after) =
                state.script().outcome(&request, &account, |request| answer(&state, service, request));
            let mut response = match outcome {
                Outcome::Answer(answer) => respond(&state, service, answer),
                Outcome::Damaged(answer, how) => damaged(respond(&state, service, answer), how, &end)?,
                Outcome::Reply(reply) => replied(&state, service, &request, reply).await?,
                Outcome::Gone => {
                    state.is_gone.send_replace(true);
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
            };
            if let Some(ms) = retry_after {
                response.headers_mut().insert("x-amz-retry-after", ms.into());
            }
            Ok(response)
        }
        Some(reply) => replied(&state, service, &request, reply).await,
    }
}

/// What a hook, or a fault, has the server do.
async fn replied(
    state: &State,
    service: Service,
    request: &Request,
    reply: Reply,
) -> io::Result<Response<Sending>> {
    match reply {
        Reply::After(delay) => {
            hold(delay).await;
            Ok(respond(state, service, answer(state, service, request)))
        }
        Reply::Status { status, body, headers } => {
            let mut response = respond(state, service, Ok(body));
            *response.status_mut() = status.try_into().map_err(io::Error::other)?;
            for (name, value) in headers {
                let name = HeaderName::try_from(name).map_err(io::Error::other)?;
                response.headers_mut().insert(name, value.try_into().map_err(io::Error::other)?);
            }
            Ok(response)
        }
        Reply::Silence => std::future::pending().await,
        Reply::Drop => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

/// A response that is sent in another way.
fn damaged(response: Response<Sending>, how: Damage, end: &End) -> io::Result<Response<Sending>> {
    let length = response.body().length();
    let with_length = |mut response: Response<Sending>, length: usize| {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
        response
    };
    Ok(match how {
        Damage::Truncated => response.map(Sending::cut),
        Damage::LongLength => with_length(response.map(Sending::cut), length),
        Damage::ShortLength => with_length(response.map(Sending::of_other_length), length / 2),
        Damage::Closed => return Err(io::ErrorKind::ConnectionReset.into()),
        Damage::ResetBefore => {
            end.reset();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Damage::ResetWithin => {
            end.reset();
            with_length(response.map(Sending::cut), length)
        }
        Damage::ResetAfter => {
            end.reset_when_sent();
            response
        }
        Damage::Trickle => response.map(Sending::trickle),
        Damage::OldDate => {
            let mut response = response;
            response.headers_mut().insert(DATE, HeaderValue::from_static(OLD_DATE));
            response
        }
    })
}

/// A date that is off by more than hours.
const OLD_DATE: &str = "Sat, 01 Jan 2000 00:00:00 GMT";

/// A timer's resolution is a millisecond, even when there is nothing to wait for.
async fn hold(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// Reads a request as far as any operation has it: dispatch, then authentication, then the body, in AWS's order.
async fn receive(state: &State, service: Service, head: &Parts, body: Incoming) -> Result<Request, Error> {
    let operation = operation(service, head).map_err(Error::unknown_operation)?.to_owned();
    let caller = auth::caller(&head.headers, service.name())?;
    let body = tokio::time::timeout(state.config.patience, Limited::new(body, BODY_LIMIT).collect());
    let slow = |_| Error::common(408, "RequestTimeoutException", "The request took too long to arrive.");
    let body = body.await.map_err(slow)?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Error::common(413, "RequestEntityTooLargeException", format!("The limit is {BODY_LIMIT} bytes."))
        } else {
            Error::serialization(error.to_string())
        }
    })?;
    let body = body.to_bytes();
    if service == Service::Sts {
        let parameters = accounts::parameters(&body);
        let action =
            parameters.get("Action").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        return Ok(state.record(service, caller, action, parameters, body.len()));
    }
    let json = serde_json::from_slice(&body).map_err(|error| Error::serialization(error.to_string()))?;
    Ok(state.record(service, caller, operation, json, body.len()))
}

/// The operation that is asked for, empty where the body says it; as an error, what stands in its place in a request
/// that is none.
fn operation(service: Service, head: &Parts) -> Result<&str, &str> {
    let target = header(head, TARGET);
    let content = header(head, CONTENT_TYPE).split(';').next();
    let is_content = service == Service::Sts || content == Some(CONTENT);
    if head.method != Method::POST || head.uri.path() != "/" || !is_content {
        return Err(target);
    }
    target.strip_prefix(service.prefix()).ok_or(target)
}

fn answer(state: &State, service: Service, request: &Request) -> Result<String, Error> {
    let Request { operation, region, access_key, body, .. } = request;
    match service {
        Service::Lightsail => {
            let (region, _) = state.extent.region(region).ok_or_else(|| auth::unknown_region(region))?;
            operations::answer(state.extent, &auth::account(access_key), region, operation, body)
        }
        Service::Organizations => accounts::organizations(&state.config, operation, body),
        Service::Sts => accounts::sts(&state.config, body),
    }
}

fn respond(state: &State, service: Service, answer: Result<String, Error>) -> Response<Sending> {
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(error) if service == Service::Sts => (error.status, error.xml()),
        Err(error) => (error.status, error.body()),
    };
    let content = if service == Service::Sts { "text/xml" } else { CONTENT };
    let mut response = Response::new(Sending::whole(body));
    // Every status that comes here is a literal of this module: the conversion cannot fail.
    *response.status_mut() = status.try_into().unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content));
    let id = Random::of(&[state.responses.fetch_add(1, Ordering::Relaxed)]).uuid();
    if let Ok(id) = id.try_into() {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
