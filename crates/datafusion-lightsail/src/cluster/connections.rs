//! The connections of coordinators to a worker: what is kept for their statements is kept for as long as they are there.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tonic::metadata::MetadataValue;
use tonic::transport::server::Connected;
use tonic::{Request, Status};

use crate::aws::Clients;
use crate::scan::remote::PageStore;

/// The header in which a request is told of which connection it is: what runs a plan sees no more of it.
const HEADER: &str = "lightsail-sql-connection";

/// How many connections there are at most: a coordinator has one.
const MOST: usize = 256;

/// How long a connection may say nothing when it begins, and how long its TLS handshake may take.
pub(super) const SILENCE: Duration = Duration::from_secs(5);

/// How many bytes an HTTP/2 connection begins with (RFC 9113, 3.4). From then on it is pinged.
const PREFACE: usize = 24;

/// The connections that there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections {
    open: Arc<Mutex<HashMap<u64, Weak<PageStore>>>>,
    last: Arc<AtomicU64>,
}

impl Connections {
    /// Takes in a connection; `None` if there are too many.
    pub(super) fn enter(&self, stream: TcpStream) -> Option<Connection> {
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let kept = Arc::new(PageStore::default());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, kept| kept.strong_count() > 0);
        if open.len() >= MOST {
            return None;
        }
        open.insert(number, Arc::downgrade(&kept));
        let silence = Some(Box::pin(sleep(SILENCE)));
        let number = Number { number, is_new: Arc::new(AtomicBool::new(true)) };
        Some(Connection { stream, bytes: 0, silence, number, _kept: kept })
    }

    /// What is kept for the connection that a request came by.
    pub(super) fn kept(&self, headers: &HeaderMap) -> Option<Arc<PageStore>> {
        let number: u64 = headers.get(HEADER)?.to_str().ok()?.parse().ok()?;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&number)?.upgrade()
    }
}

/// Adds the number of its connection to a request, in place of any that it has itself. The first request of a connection has
/// the worker find out anew which regions there are, as a process of the coordinator's own would.
///
/// # Errors
/// Never: every connection is a [`Connection`].
pub(super) fn number(mut request: Request<()>, clients: &Clients) -> Result<Request<()>, Status> {
    let number = request.extensions().get::<Number>().cloned();
    match number {
        Some(Number { number, is_new }) => {
            if is_new.swap(false, Ordering::Relaxed) {
                clients.forget_regions();
            }
            request.metadata_mut().insert(HEADER, MetadataValue::from(number))
        }
        None => request.metadata_mut().remove(HEADER),
    };
    Ok(request)
}

/// The number of a connection.
#[derive(Debug, Clone)]
pub(super) struct Number {
    number: u64,
    /// Whether it has not made a request yet.
    is_new: Arc<AtomicBool>,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// How many it has read.
    bytes: usize,
    /// Until it has begun as HTTP/2 does, or TLS.
    silence: Option<Pin<Box<Sleep>>>,
    number: Number,
    /// Held by the connection and by its statements under way alone.
    _kept: Arc<PageStore>,
}

impl Connected for Connection {
    type ConnectInfo = Number;

    fn connect_info(&self) -> Number {
        self.number.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.bytes += buffer.filled().len() - before;
        if this.bytes >= PREFACE {
            this.silence = None;
        }
        if read.is_pending()
            && let Some(silence) = &mut this.silence
            && silence.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, buffer)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
