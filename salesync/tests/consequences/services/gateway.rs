//! Between the program and SNS: counts what is sent, and fails where it is told to.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, LazyLock, Mutex};

use super::http;
use super::moto::MOTO;

/// What is done with a call.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "each crate that includes this has its own misfortunes")]
pub(crate) enum Do {
    /// It is passed on, and its answer back.
    Pass,
    /// It is passed on, and the answer is lost.
    LoseTheAnswer,
    /// It is not passed on: an error of the service with this status and code.
    Error(u16, &'static str),
    /// It is held, not passed on, until the caller is gone.
    HoldBefore,
    /// It is passed on, and the answer is held until the caller is gone.
    HoldAfter,
    /// It is held until [`Gateway::release`], then passed on, whether the caller is there or not.
    HoldUntilReleased,
}

/// The gateway.
pub(crate) struct Gateway {
    address: SocketAddr,
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    calls: Mutex<Calls>,
    bell: Condvar,
}

#[derive(Default)]
struct Calls {
    next: VecDeque<Do>,
    /// The bodies of all calls, and how many of them SNS got.
    bodies: Vec<String>,
    passed: usize,
    released: bool,
}

impl Gateway {
    /// A gateway that does these with the first calls, and passes on the others.
    pub(crate) fn start(next: &[Do]) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), next)
    }

    /// An address on which nobody listens yet.
    pub(crate) fn nowhere() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    /// A gateway at that address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::listen(TcpListener::bind(address).unwrap(), &[])
    }

    fn listen(listener: TcpListener, next: &[Do]) -> Self {
        // It may have to be installed first, which takes longer than a message may.
        LazyLock::force(&MOTO);
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        state.calls.lock().unwrap().next = next.iter().copied().collect();
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                std::thread::spawn(move || {
                    if let Some(request) = http::request(&mut stream) {
                        state.serve(&mut stream, &request);
                    }
                });
            }
        });
        Self { address, url: format!("http://{address}"), state }
    }

    /// The variables by which a server finds SNS here.
    pub(crate) fn env(&self) -> Vec<(&str, &str)> {
        env(&self.url)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bodies of all calls so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.state.calls.lock().unwrap().bodies.clone()
    }

    /// How many of them SNS got.
    pub(crate) fn passed(&self) -> usize {
        self.state.calls.lock().unwrap().passed
    }

    /// Passes on what is held.
    #[allow(dead_code, reason = "each crate that includes this has its own misfortunes")]
    pub(crate) fn release(&self) {
        self.state.calls.lock().unwrap().released = true;
        self.state.bell.notify_all();
    }

    /// Waits until there were so many calls.
    pub(crate) fn wait_for(&self, count: usize) {
        self.wait_until(|calls| calls.bodies.len() >= count);
    }

    /// Waits until SNS got so many of them.
    pub(crate) fn wait_for_passed(&self, count: usize) {
        self.wait_until(|calls| calls.passed >= count);
    }

    fn wait_until(&self, is: impl Fn(&Calls) -> bool) {
        let calls = self.state.calls.lock().unwrap();
        let waited = self.state.bell.wait_timeout_while(calls, crate::harness::PATIENCE, |calls| !is(calls));
        assert!(!waited.unwrap().1.timed_out(), "SNS was not called");
    }
}

/// The SDK's variables for an SNS at this address.
pub(crate) fn env(url: &str) -> Vec<(&str, &str)> {
    vec![
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing-secret-canary"),
        ("AWS_REGION", "ap-northeast-2"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}

impl State {
    fn serve(&self, stream: &mut TcpStream, request: &http::Request) {
        let what = {
            let mut calls = self.calls.lock().unwrap();
            calls.bodies.push(request.body.clone());
            calls.next.pop_front().unwrap_or(Do::Pass)
        };
        self.bell.notify_all();
        match what {
            Do::Pass => {
                let answer = self.pass(request);
                let _ = stream.write_all(&answer);
            }
            Do::LoseTheAnswer => drop(self.pass(request)),
            Do::HoldBefore => wait_until_gone(stream),
            Do::HoldAfter => {
                drop(self.pass(request));
                wait_until_gone(stream);
            }
            Do::HoldUntilReleased => {
                let calls = self.calls.lock().unwrap();
                drop(self.bell.wait_while(calls, |calls| !calls.released).unwrap());
                let answer = self.pass(request);
                let _ = stream.write_all(&answer);
            }
            Do::Error(status, code) => {
                let body = format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>\
                     <RequestId>1</RequestId></ErrorResponse>"
                );
                http::answer(stream, status, "", "text/xml", &body);
            }
        }
    }

    /// Has SNS answer the request, and gives its answer.
    fn pass(&self, request: &http::Request) -> Vec<u8> {
        let mut upstream = TcpStream::connect(MOTO.address).unwrap();
        let bytes = String::from_utf8_lossy(&request.bytes).replacen("\r\n", "\r\nConnection: close\r\n", 1);
        upstream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).unwrap();
        self.calls.lock().unwrap().passed += 1;
        self.bell.notify_all();
        answer
    }
}

/// Waits until the caller has closed the connection.
fn wait_until_gone(stream: &mut TcpStream) {
    let mut rest = [0; 64];
    while stream.read(&mut rest).is_ok_and(|read| read > 0) {}
}
