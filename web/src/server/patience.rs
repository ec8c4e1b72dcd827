//! A connection that loses patience: with a client that is idle, slow to ask, or slow to take its answer.
//!
//! ```text
//! idle ──first byte──► asking ──head complete──► handling ──answer ready──► idle
//!  75 s                 10 s, for the whole head   the edge's own limit      (each write begins the 75 s again)
//! ```
//!
//! There is one timer per connection, moved only when it fires early or must fire earlier, so a busy connection does
//! not touch it. At its end a connection lingers if the client may be sending still: that is read and thrown away for a
//! while, for a connection closed upon unread bytes is reset, and a reset takes the last answer with it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::ServerLimits;

/// How much is read at a time while lingering.
const DISCARD_BYTES: usize = 16 * 1024;

/// How far the present request is. Shared by the connection and its service.
pub(super) struct Progress {
    /// It is with its handler.
    handling: AtomicBool,
    /// All that the client sent so far was requests without a body, so nothing of it is unread.
    settled: AtomicBool,
}

impl Default for Progress {
    fn default() -> Self {
        Self { handling: AtomicBool::new(false), settled: AtomicBool::new(true) }
    }
}

impl Progress {
    /// A request's head is complete.
    pub(super) fn began(&self, with_body: bool) {
        self.handling.store(true, Ordering::Relaxed);
        self.settled.store(!with_body, Ordering::Relaxed);
    }

    /// Its answer is there.
    pub(super) fn answered(&self) {
        self.handling.store(false, Ordering::Relaxed);
    }

    fn handling(&self) -> bool {
        self.handling.load(Ordering::Relaxed)
    }
}

/// A stream with deadlines.
pub(super) struct Patience {
    stream: TcpStream,
    limits: ServerLimits,
    progress: Arc<Progress>,
    /// Since when the present request's head is being read; none while idle.
    asking: Option<Instant>,
    /// When something last went out, or the connection began.
    idle: Instant,
    /// Since when the client takes nothing.
    stalled: Option<Instant>,
    /// Since when the connection is closed for writing.
    lingering: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    pub(super) fn new(stream: TcpStream, limits: ServerLimits, progress: Arc<Progress>) -> Self {
        let now = Instant::now();
        let timer = Box::pin(sleep_until(now + limits.idle));
        Self { stream, limits, progress, asking: None, idle: now, stalled: None, lingering: None, timer }
    }

    /// An error once the deadline has passed; else the task is woken when it does.
    fn wait_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if Instant::now() >= deadline {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.timer.as_mut().reset(deadline);
        }
    }

    fn read_deadline(&self) -> Option<Instant> {
        if self.progress.handling() {
            return None;
        }
        Some(self.asking.map_or(self.idle + self.limits.idle, |since| since + self.limits.head))
    }

    /// After a write: progress begins the idle time again, a full buffer begins the client's.
    fn wrote<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.idle = Instant::now();
            self.asking = None;
            self.stalled = None;
            // Nobody may read again before there is something to read, so the timer has to know the task from here on.
            let idle_over = self.wait_until(self.idle + self.limits.idle, cx);
            return if idle_over.is_ready() { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { written };
        }
        let since = *self.stalled.get_or_insert_with(Instant::now);
        self.wait_until(since + self.limits.write, cx).map(Err)
    }
}

impl AsyncRead for Patience {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            this.progress.settled.store(false, Ordering::Relaxed);
            if !this.progress.handling() {
                this.asking.get_or_insert_with(Instant::now);
            }
            return Poll::Ready(read);
        }
        match this.read_deadline() {
            Some(deadline) => this.wait_until(deadline, cx).map(Err),
            None => Poll::Pending,
        }
    }
}

impl AsyncWrite for Patience {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Closes for writing, then lingers, if need be, until the client closes too or the time is over.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if this.progress.settled.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let until = *this.lingering.get_or_insert_with(Instant::now) + this.limits.linger;
        let mut room = [0; DISCARD_BYTES];
        loop {
            let mut buffer = ReadBuf::new(&mut room);
            match Pin::new(&mut this.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && Instant::now() < until => {}
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return this.wait_until(until, cx).map(|_| Ok(())),
            }
        }
    }
}
