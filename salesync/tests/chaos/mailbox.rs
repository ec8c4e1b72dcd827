//! Requests that lie in an instance's sockets: sent while it stands still, and answered, if at all, when it goes on.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use crate::harness::{PATIENCE, Till};
use crate::history::Outcome;
use crate::wire::Wire;

/// A request: what for, under which key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter<'a> {
    pub(crate) key: Option<&'a str>,
    pub(crate) path: &'a str,
    pub(crate) body: &'a str,
}

/// A connection that is there before the instance stands still.
pub(crate) struct Mailbox(Wire);

/// A request that was sent.
pub(crate) struct Posted {
    sent: Receiver<()>,
    answer: JoinHandle<Outcome>,
}

impl Mailbox {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self(Wire::connect(address, PATIENCE).expect("it listens"))
    }

    /// Sends it, and goes on without the answer.
    pub(crate) fn post(mut self, till: &Till, letter: Letter<'_>) -> Posted {
        let Letter { key, path, body } = letter;
        let key = key.map_or_else(String::new, |key| format!("Idempotency-Key: {key}\r\n"));
        let (token, length) = (till.token(), body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: till\r\nAuthorization: Bearer {token}\r\n{key}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let (sends, sent) = sync_channel(1);
        let asking = move || self.0.ask(request.as_bytes(), || sends.send(()).unwrap()).0;
        Posted { sent, answer: std::thread::spawn(asking) }
    }
}

impl Posted {
    /// Waits until the instance has it, whether it reads it or not.
    pub(crate) fn delivered(&self) {
        self.sent.recv_timeout(PATIENCE).unwrap();
    }

    /// Waits for what becomes of it.
    pub(crate) fn outcome(self) -> Outcome {
        self.answer.join().unwrap()
    }
}
