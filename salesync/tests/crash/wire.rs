//! One connection of one client, kept open: what is sent, what came back, and how it ended when it did.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::history::{Answer, Outcome};

/// A connection to the server.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    stream: BufReader<TcpStream>,
    received: usize,
}

/// A response: its status, its position, its body.
struct Response {
    status: u16,
    stamp: Option<String>,
    body: String,
    closes: bool,
}

impl Wire {
    /// Connects; none if nobody listens there. Who does not answer for so long is waited for no more.
    pub(crate) fn connect(address: SocketAddr, patience: Duration) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(patience)).ok()?;
        stream.set_write_timeout(Some(patience)).ok()?;
        Some(Self { address, stream: BufReader::new(stream), received: 0 })
    }

    /// Sends a request; `sent` is told between the last byte of it and the first of the answer. The second value says
    /// whether the connection may be used again.
    pub(crate) fn ask(&mut self, request: &[u8], sent: impl FnOnce()) -> (Outcome, bool) {
        self.received = 0;
        let written = self.stream.get_mut().write_all(request);
        sent();
        match written.and_then(|()| self.response()) {
            Ok(response) => {
                let open = !response.closes;
                (outcome(response), open)
            }
            Err(_) => (Outcome::Lost { partial: self.received > 0 }, false),
        }
    }

    fn response(&mut self) -> std::io::Result<Response> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
        let mut response = Response { status, stamp: None, body: String::new(), closes: false };
        let mut length = 0;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().map_err(|_| broken())?,
                "salesync-position" => response.stamp = Some(value.to_owned()),
                "connection" => response.closes = value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        response.body = String::from_utf8(body).map_err(|_| broken())?;
        Ok(response)
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.received += self.stream.read_line(&mut line)?;
        if line.ends_with("\r\n") { Ok(line.trim_end().to_owned()) } else { Err(broken()) }
    }
}

fn broken() -> std::io::Error {
    std::io::Error::other("no whole response")
}

fn outcome(response: Response) -> Outcome {
    let Response { status, stamp, body, .. } = response;
    if status < 500 {
        let stamp = stamp.map(|stamp| stamp.parse().unwrap());
        return Outcome::Answered(Answer { status, body, stamp });
    }
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    match problem["outcome"].as_str() {
        Some("not_applied") => Outcome::NotApplied(status),
        Some("unknown") => Outcome::Unknown(status),
        _ => panic!("a {status} that does not say what became of the command: {body}"),
    }
}
