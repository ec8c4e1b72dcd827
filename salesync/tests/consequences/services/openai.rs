//! A language model's API of our own: it speaks the wire and says what it is told to.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::http;

/// What it does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// A finding that cites the table's net sales.
    Truth,
    /// A finding that cites other net sales.
    Lie,
    /// This as the model's content.
    Content(String),
    /// The model refuses.
    Refusal,
    /// This status, with these headers.
    Status(u16, &'static str),
    /// A body that is no JSON.
    Garbage,
    /// The connection is closed without an answer.
    Cut,
    /// Nothing until it is released; then the truth.
    Hold,
}

/// The API.
pub(crate) struct OpenAi {
    address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    said: Mutex<Said>,
    bell: Condvar,
}

#[derive(Default)]
struct Said {
    next: VecDeque<Say>,
    requests: Vec<(String, Value)>,
    released: bool,
}

impl OpenAi {
    /// An API that does these with the first requests, and tells the truth after them.
    pub(crate) fn start(next: &[Say]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        state.said.lock().unwrap().next = next.iter().cloned().collect();
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
        Self { address, state }
    }

    /// The variables by which a server finds it.
    pub(crate) fn env(&self) -> [(&str, &str); 2] {
        [("OPENAI_API_KEY", "sk-test-canary"), ("OPENAI_BASE_URL", &self.address)]
    }

    /// Heads and bodies of the requests so far.
    pub(crate) fn requests(&self) -> Vec<(String, Value)> {
        self.state.said.lock().unwrap().requests.clone()
    }

    /// Waits until there were so many requests.
    pub(crate) fn wait_for(&self, requests: usize) {
        let said = self.state.said.lock().unwrap();
        let waited =
            self.state.bell.wait_timeout_while(said, crate::harness::PATIENCE, |said| said.requests.len() < requests);
        assert!(!waited.unwrap().1.timed_out(), "the model was not asked");
    }

    /// Answers those that are held.
    pub(crate) fn release(&self) {
        self.state.said.lock().unwrap().released = true;
        self.state.bell.notify_all();
    }
}

impl State {
    fn serve(&self, stream: &mut std::net::TcpStream, request: &http::Request) {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let say = {
            let mut said = self.said.lock().unwrap();
            said.requests.push((request.head.clone(), body.clone()));
            said.next.pop_front().unwrap_or(Say::Truth)
        };
        self.bell.notify_all();
        let json = "application/json";
        match say {
            Say::Truth => http::answer(stream, 200, "", json, &completion(&finding(&body, 0))),
            Say::Lie => http::answer(stream, 200, "", json, &completion(&finding(&body, 1))),
            Say::Content(content) => http::answer(stream, 200, "", json, &completion(&content)),
            Say::Refusal => http::answer(stream, 200, "", json, &refusal()),
            Say::Status(status, headers) => {
                let error = json!({"error": {"message": "no", "type": "x", "param": null, "code": null}});
                http::answer(stream, status, headers, json, &error.to_string());
            }
            Say::Garbage => http::answer(stream, 200, "", json, "<html>"),
            Say::Cut => {}
            Say::Hold => {
                let said = self.said.lock().unwrap();
                let held = self.bell.wait_timeout_while(said, crate::harness::PATIENCE, |said| !said.released);
                drop(held);
                http::answer(stream, 200, "", json, &completion(&finding(&body, 0)));
            }
        }
    }
}

/// The net sales of the table in the request, as an integer and as written.
fn net_sales(request: &Value) -> (i64, String) {
    let table = request["messages"][1]["content"].as_str().unwrap();
    let line = table.lines().find(|line| line.starts_with("net_sales\t")).unwrap();
    let parts: Vec<&str> = line.split('\t').collect();
    (parts[1].parse().unwrap(), parts[3].to_owned())
}

fn finding(request: &Value, off_by: i64) -> String {
    let (value, written) = net_sales(request);
    let finding = json!({
        "kind": "overview", "statement": format!("순매출은 {written}입니다."),
        "figures": [{"name": "net_sales", "value": value + off_by}], "action": "유지하세요.",
    });
    json!({"findings": [finding]}).to_string()
}

fn completion(content: &str) -> String {
    let message = json!({"role": "assistant", "content": content, "refusal": null});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop", "logprobs": null});
    json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}).to_string()
}

fn refusal() -> String {
    let message = json!({"role": "assistant", "content": null, "refusal": "I would rather not."});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop", "logprobs": null});
    json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}).to_string()
}
