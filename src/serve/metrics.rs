//! How a server is: `/metrics` in the form that Prometheus reads, and `/healthz`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Server;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::scan::Record;

/// The upper bounds of the classes of latency, in milliseconds.
const BOUNDS: [u64; 9] = [10, 50, 100, 250, 500, 1_000, 5_000, 30_000, 120_000];

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Clients that are here.
    pub(super) connections: AtomicU64,
    /// Clients that have come.
    pub(super) connected: AtomicU64,
    /// Statements that were begun.
    pub(super) statements: AtomicU64,
    running: AtomicU64,
    rows: AtomicU64,
    calls: AtomicU64,
    throttled: AtomicU64,
    pages: AtomicU64,
    failed: Mutex<BTreeMap<String, u64>>,
    classes: [AtomicU64; BOUNDS.len()],
    milliseconds: AtomicU64,
    ended: AtomicU64,
}

/// A statement that runs.
pub(super) struct RunningStatement<'a>(&'a Counts);

impl Drop for RunningStatement<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counts {
    pub(super) fn running(&self) -> RunningStatement<'_> {
        self.running.fetch_add(1, Ordering::Relaxed);
        RunningStatement(self)
    }

    /// An error of a code of five letters.
    pub(super) fn failed(&self, code: &str) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner).entry(code.to_owned()).or_default() += 1;
    }

    /// What a statement that has all its rows has read.
    pub(super) fn read(&self, record: &Record, rows: u64) {
        let pages: usize = record.scans().iter().map(|scan| scan.pages).sum();
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.calls.fetch_add(record.calls(), Ordering::Relaxed);
        self.throttled.fetch_add(record.throttled(), Ordering::Relaxed);
        self.pages.fetch_add(u64::try_from(pages).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How long a statement took.
    pub(super) fn took(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
        self.ended.fetch_add(1, Ordering::Relaxed);
        for (class, _) in self.classes.iter().zip(BOUNDS).filter(|(_, bound)| milliseconds <= *bound) {
            class.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut say = |name: &str, kind: &str, help: &str, value: u64| {
            let _ = writeln!(
                text,
                "# HELP lightsail_sql_{name} {help}\n# TYPE lightsail_sql_{name} {kind}\nlightsail_sql_{name} {value}"
            );
        };
        say("connections", "gauge", "Clients that are connected.", of(&self.connections));
        say("connections_total", "counter", "Clients that have connected.", of(&self.connected));
        say("statements_running", "gauge", "Statements that are running.", of(&self.running));
        say("statements_total", "counter", "Statements that were begun.", of(&self.statements));
        say("rows_total", "counter", "Rows of answers that were sent to their end.", of(&self.rows));
        say("api_calls_total", "counter", "API calls of those answers, retries included.", of(&self.calls));
        say("throttled_calls_total", "counter", "Calls among them that AWS throttled.", of(&self.throttled));
        say("pages_read_total", "counter", "Pages that those answers are made of.", of(&self.pages));
        let cached = of(&self.pages).saturating_sub(of(&self.calls));
        say("pages_cached_total", "counter", "Pages among them that were there already.", cached);
        let _ = writeln!(
            text,
            "# HELP lightsail_sql_errors_total Errors that clients were told.\n# TYPE lightsail_sql_errors_total counter"
        );
        for (code, count) in self.failed.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(text, "lightsail_sql_errors_total{{sqlstate=\"{code}\"}} {count}");
        }
        let name = "lightsail_sql_statement_seconds";
        let _ = writeln!(text, "# HELP {name} How long statements took.\n# TYPE {name} histogram");
        for (class, bound) in self.classes.iter().zip(BOUNDS) {
            let bound = Duration::from_millis(bound).as_secs_f64();
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {}", of(class));
        }
        let seconds = Duration::from_millis(of(&self.milliseconds)).as_secs_f64();
        let ended = of(&self.ended);
        let _ = writeln!(
            text,
            "{name}_bucket{{le=\"+Inf\"}} {ended}\n{name}_sum {seconds}\n{name}_count {ended}"
        );
        text
    }
}

/// Listens for those who want to know how a server is.
///
/// # Errors
/// When it cannot listen there.
pub(super) async fn listen(
    address: SocketAddr,
    server: &Arc<Server>,
    tasks: &mut JoinSet<()>,
) -> Result<SocketAddr> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Error::new(Kind::Usage, format!("cannot listen at {address} for --metrics: {error}"))
    })?;
    let bound = listener.local_addr().map_err(Error::bug)?;
    let server = Arc::clone(server);
    tasks.spawn(async move {
        let mut asking = JoinSet::new();
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted,
                () = server.ending() => return,
                Some(_) = asking.join_next() => continue,
            };
            let Ok((stream, _)) = stream else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let server = Arc::clone(&server);
            asking.spawn(async move {
                let service = service_fn(|request| {
                    let answer = answer(&request, &server);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let mut connection = http1::Builder::new();
                connection.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
                // Who asks and goes away has no answer.
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(bound)
}

fn answer(request: &Request<Incoming>, server: &Server) -> Response<String> {
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, "text/plain; version=0.0.4", server.counts.text()),
        (&Method::GET, "/healthz") => (StatusCode::OK, "text/plain", "ok\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "text/plain", "there are /metrics and /healthz\n".to_owned()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
