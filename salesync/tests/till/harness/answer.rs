//! What came back from the server, and what a test may say of it.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, after the status is found to be this one.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text().chars().take(1_000).collect::<String>());
        self.json()
    }

    /// The body of a refusal of this kind and status, after its form is found right.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, kind: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["type"], format!("https://salesync.site/problems/{kind}"), "{problem}");
        assert_eq!((&problem["status"], &problem["result"]), (&json!(status), &json!("failed")), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        let korean = |c: char| ('가'..='힣').contains(&c);
        assert!(problem["message"].as_str().unwrap().contains(korean), "{problem}");
        assert_eq!(problem["outcome"].is_string(), status >= 500, "{problem}");
        problem
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads an answer; none if it is not whole.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let mut lines: VecDeque<&str> = std::str::from_utf8(&bytes[..end]).ok()?.split("\r\n").collect();
        let status = lines.pop_front()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers: Vec<_> = lines.into_iter().filter_map(header).collect();
        let mut answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunked(&answer.body)?;
        } else if let Some(length) = answer.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            (answer.body.len() >= length).then_some(())?;
        }
        Some(answer)
    }
}

/// The body without its envelope, as the contract's examples show it.
pub(crate) fn bare(mut body: Value) -> Value {
    let members = body.as_object_mut().unwrap();
    members.remove("result");
    members.remove("message");
    body
}

/// The body out of its chunks; none if it was broken off.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(line + 2..line + 2 + length)?);
        rest = rest.get(line + 4 + length..)?;
    }
}
