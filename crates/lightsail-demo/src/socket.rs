//! A connection that can be reset, and a body that can be cut or slow.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How a connection ends.
#[derive(Debug, Clone, Default)]
pub(super) struct End(Arc<AtomicU8>);

/// As connections end.
const USUAL: u8 = 0;
/// With a reset when it is dropped.
const RESET: u8 = 1;
/// With a reset as soon as what was written is sent.
const RESET_WHEN_SENT: u8 = 2;
/// It is sent.
const SENT: u8 = 3;

impl End {
    /// Has the connection end with a reset.
    pub(super) fn reset(&self) {
        self.0.store(RESET, Ordering::Relaxed);
    }

    /// Has the connection be reset behind what is written next.
    pub(super) fn reset_when_sent(&self) {
        self.0.store(RESET_WHEN_SENT, Ordering::Relaxed);
    }

    fn is(&self, end: u8) -> bool {
        self.0.load(Ordering::Relaxed) == end
    }
}

/// A connection whose end can be chosen.
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    pub(super) end: End,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.end.is(SENT) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if self.end.is(RESET_WHEN_SENT) {
            self.end.0.store(SENT, Ordering::Relaxed);
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.end.is(USUAL) {
            // The other side would take it for an end like any other.
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if !self.end.is(USUAL) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

/// A body as it is sent.
#[derive(Debug)]
pub(super) struct Sending {
    rest: Bytes,
    pace: Pace,
    pause: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// At once.
    Whole,
    /// At once, under a length that its head says.
    OfOtherLength,
    /// At once, and then the connection ends in the middle of it.
    Cut,
    /// One byte a second.
    Trickle,
}

/// So long what is sent of a body that is cut has time to get away.
const AWAY: Duration = Duration::from_millis(2);

impl Sending {
    pub(super) fn whole(body: String) -> Self {
        Self { rest: body.into(), pace: Pace::Whole, pause: None }
    }

    pub(super) fn of_other_length(self) -> Self {
        Self { pace: Pace::OfOtherLength, ..self }
    }

    /// The first half, and then nothing any more.
    pub(super) fn cut(self) -> Self {
        let half = self.rest.len() / 2;
        Self { rest: self.rest.slice(..half), pace: Pace::Cut, ..self }
    }

    pub(super) fn trickle(self) -> Self {
        Self { pace: Pace::Trickle, ..self }
    }

    /// How many bytes there are.
    pub(super) fn length(&self) -> usize {
        self.rest.len()
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        if self.rest.is_empty() {
            let cut = || Err(io::ErrorKind::ConnectionReset.into());
            return Poll::Ready((self.pace == Pace::Cut).then(cut));
        }
        let (bytes, pause) = match self.pace {
            Pace::Trickle => (self.rest.split_to(1), Some(Duration::from_secs(1))),
            Pace::Cut => (std::mem::take(&mut self.rest), Some(AWAY)),
            Pace::Whole | Pace::OfOtherLength => (std::mem::take(&mut self.rest), None),
        };
        self.pause = pause.map(|pause| Box::pin(tokio::time::sleep(pause)));
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.pace != Pace::Cut
    }

    fn size_hint(&self) -> SizeHint {
        match self.pace {
            Pace::Whole | Pace::Trickle => SizeHint::with_exact(self.rest.len() as u64),
            Pace::Cut | Pace::OfOtherLength => SizeHint::default(),
        }
    }
}
