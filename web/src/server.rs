//! Connections: accepted up to a bound, each with its deadlines, drained at the end.

mod address;
mod patience;

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower::{Service, ServiceExt as _};

pub use address::{ClientAddress, ProxiesError, TrustedProxies};
use patience::{Patience, Progress};

/// The most that a connection's unread input takes, and so the longest head of a request.
const BUFFER_BYTES: usize = 64 * 1024;
/// After accepting failed, for want of file descriptors most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How much the server bears.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections at once; further ones wait in the system's queue.
    pub connections: u32,
    /// For a request's head, from its first byte to its last.
    pub head: Duration,
    /// For a connection on which nothing is asked.
    pub idle: Duration,
    /// For a client that takes nothing of its answer.
    pub write: Duration,
    /// For a client to stop sending after its last answer.
    pub linger: Duration,
    /// For requests under way when the server is told to end.
    pub drain: Duration,
}

/// What connections are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    Draining,
    Over,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(5),
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves until `shutdown` is done, then accepts nothing more, lets the requests under way finish, and after
/// [`ServerLimits::drain`] cuts what is left. Returns when no connection is open any more.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    limits: ServerLimits,
    proxies: TrustedProxies,
    shutdown: impl Future<Output = ()>,
) where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let slots = Arc::new(Semaphore::new(limits.connections as usize));
    let (phase, told) = watch::channel(Phase::Serving);
    let proxies = Arc::new(proxies);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer, slot) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let service = service.clone();
        let connection = Connection { limits, peer, proxies: Arc::clone(&proxies), told: told.clone() };
        tokio::spawn(async move {
            let open = metrics::gauge!("http_connections");
            open.increment(1);
            connection.run(stream, service).await;
            open.decrement(1);
            drop(slot);
        });
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    let empty = slots.acquire_many(limits.connections);
    if timeout(limits.drain, empty).await.is_err() {
        let open = limits.connections as usize - slots.available_permits();
        tracing::warn!(connections = open, "requests were still under way at the end of the drain and are cut");
        phase.send_replace(Phase::Over);
        drop(slots.acquire_many(limits.connections).await);
    }
}

struct Connection {
    limits: ServerLimits,
    peer: IpAddr,
    proxies: Arc<TrustedProxies>,
    told: watch::Receiver<Phase>,
}

impl Connection {
    async fn run<S>(self, stream: TcpStream, service: S)
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        let progress = Arc::new(Progress::default());
        let stream = TokioIo::new(Patience::new(stream, self.limits, Arc::clone(&progress)));
        let mut told = self.told.clone();
        let service = hyper::service::service_fn(move |request| {
            let (service, progress, request) = (service.clone(), Arc::clone(&progress), self.received(request));
            progress.began(!request.body().is_end_stream());
            async move {
                let answer = service.oneshot(request).await;
                progress.answered();
                answer
            }
        });
        // Its deadlines are ours, since hyper has one alone for a slow head and an idle connection.
        let served = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(stream, service);
        let mut served = pin!(served);
        // How a connection ended is its client's affair: there is nobody left to answer.
        tokio::select! {
            _ = served.as_mut() => return,
            _ = told.wait_for(|phase| *phase != Phase::Serving) => served.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            _ = served => {}
            _ = told.wait_for(|phase| *phase == Phase::Over) => {}
        }
    }

    /// The request with its body as handlers take it and with its client's address.
    fn received(&self, request: hyper::Request<Incoming>) -> Request {
        let mut request = request.map(Body::new);
        let client =
            if self.proxies.is_empty() { self.peer } else { self.proxies.client(self.peer, request.headers()) };
        request.extensions_mut().insert(ClientAddress(client));
        request
    }
}

/// The next connection, once there is room for one.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, IpAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a slot.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole: waiting to fill a packet would only delay them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection ended before it was served");
                }
                return (stream, peer.ip().to_canonical(), slot);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
