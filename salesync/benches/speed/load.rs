//! A load of HTTP/1.1 over keep-alive connections, made as cheap as it can be: it shares the machine with what it
//! measures.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a load came to.
pub struct Load {
    /// Answers that were of the expected status.
    pub good: u64,
    /// Answers that were not.
    pub bad: u64,
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long each took, sorted.
    pub latencies: Vec<Duration>,
}

/// One connection of a load.
pub struct Connection {
    /// Where to.
    pub address: SocketAddr,
    /// What is asked.
    pub source: Box<dyn Requests>,
    /// How long after the one before a request is due; none asks again as soon as it is answered. A request that is sent
    /// late, because the one before took long, has waited since it was due.
    pub every: Option<Duration>,
}

/// One connection's requests: the nth in full, or `None` when it is done.
pub trait Requests: Send + 'static {
    /// Writes the next request into the buffer; false ends the connection.
    fn next(&mut self, n: u64, request: &mut Vec<u8>) -> bool;
}

impl<F: FnMut(u64, &mut Vec<u8>) -> bool + Send + 'static> Requests for F {
    fn next(&mut self, n: u64, request: &mut Vec<u8>) -> bool {
        self(n, request)
    }
}

impl Load {
    /// Good answers per second.
    pub fn per_second(&self) -> f64 {
        self.good as f64 / self.took.as_secs_f64()
    }

    /// The latency that this share of the requests stayed within.
    pub fn quantile(&self, share: f64) -> Duration {
        let place = ((self.latencies.len() as f64 - 1.0) * share).round() as usize;
        self.latencies.get(place).copied().unwrap_or_default()
    }
}

/// Runs a load to its end: one connection for each of the request sources, all on this thread.
pub fn run(address: SocketAddr, sources: Vec<Box<dyn Requests>>) -> Load {
    run_all(sources.into_iter().map(|source| Connection { address, source, every: None }).collect())
}

/// Runs a load to its end, all on this thread.
pub fn run_all(connections: Vec<Connection>) -> Load {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let begun = Instant::now();
        let tasks: Vec<_> = connections.into_iter().map(|connection| tokio::spawn(connection.work())).collect();
        let mut load = Load { good: 0, bad: 0, took: Duration::ZERO, latencies: Vec::new() };
        for task in tasks {
            let (good, bad, latencies) = task.await.expect("a connection's task");
            load.good += good;
            load.bad += bad;
            load.latencies.extend(latencies);
        }
        load.took = begun.elapsed();
        load.latencies.sort_unstable();
        load
    })
}

impl Connection {
    async fn work(self) -> (u64, u64, Vec<Duration>) {
        let Self { address, mut source, every } = self;
        let mut stream = TcpStream::connect(address).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("nodelay");
        let (mut request, mut answer) = (Vec::with_capacity(1024), Vec::with_capacity(64 * 1024));
        let (mut good, mut bad, mut latencies) = (0, 0, Vec::with_capacity(16 * 1024));
        let mut due = Instant::now();
        for n in 0.. {
            request.clear();
            if !source.next(n, &mut request) {
                break;
            }
            match every {
                Some(every) => {
                    due += every;
                    tokio::time::sleep_until(due.into()).await;
                }
                None => due = Instant::now(),
            }
            stream.write_all(&request).await.expect("the server reads");
            let status = exchange(&mut stream, &mut answer).await;
            latencies.push(due.elapsed());
            match status {
                200..300 => good += 1,
                _ => bad += 1,
            }
        }
        (good, bad, latencies)
    }
}

/// Reads one answer whole and gives its status.
async fn exchange(stream: &mut TcpStream, answer: &mut Vec<u8>) -> u16 {
    answer.clear();
    loop {
        let read = stream.read_buf(answer).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection: {}", String::from_utf8_lossy(answer));
        if let Some((status, whole)) = measure(answer) {
            while answer.len() < whole {
                assert!(stream.read_buf(answer).await.expect("the server answers") > 0, "the body ended early");
            }
            return status;
        }
    }
}

/// Status and full length of the answer whose head is here.
fn measure(answer: &[u8]) -> Option<(u16, usize)> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).expect("a head is text");
    let status = text.get(9..12).and_then(|digits| digits.parse().ok()).expect("a status");
    let length = text
        .lines()
        .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")))
        .map_or(0, |(_, length)| length.trim().parse().expect("a length"));
    Some((status, head + length))
}
