//! The services outside, as they are when they are down and when they are back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// How a service is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// Nobody listens.
    Refuses,
    /// Connections are taken and never answered.
    Hangs,
}

/// A service, of either kind: it answers each as that kind's clients take it.
pub struct Service {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    listens: AtomicBool,
    is_back: Mutex<bool>,
    bell: Condvar,
}

impl Service {
    /// One that is down.
    pub fn down(how: Down) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let service = Self { address: listener.local_addr().expect("its address"), state: Arc::default() };
        match how {
            Down::Hangs => service.listen(listener),
            Down::Refuses => drop(listener),
        }
        service
    }

    /// Where it is, or would be.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on, those who wait too.
    pub fn returns(&self) {
        *self.state.is_back.lock().expect("no panic") = true;
        self.state.bell.notify_all();
        if !self.state.listens.load(Ordering::SeqCst) {
            self.listen(TcpListener::bind(self.address).expect("its own port"));
        }
    }

    fn listen(&self, listener: TcpListener) {
        self.state.listens.store(true, Ordering::SeqCst);
        let state = Arc::clone(&self.state);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                std::thread::spawn(move || state.serve(&mut stream));
            }
        });
    }
}

impl State {
    fn serve(&self, stream: &mut TcpStream) {
        let Some(request) = whole(stream) else { return };
        let back = self.is_back.lock().expect("no panic");
        drop(self.bell.wait_while(back, |back| !*back).expect("no panic"));
        let (kind, body) = if request.contains("/chat/completions") {
            ("application/json", completion())
        } else {
            ("text/xml", published())
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        // Whoever has given up reads nothing.
        let _ = stream.write_all(format!("{head}{body}").as_bytes());
    }
}

/// A request with its body; none if it does not come whole.
fn whole(stream: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 8_192]);
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value);
            let length = length.and_then(|value| value.trim().parse::<usize>().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        match stream.read(&mut chunk) {
            Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}

fn completion() -> String {
    let finding = serde_json::json!({
        "kind": "other", "statement": "꾸준합니다.", "figures": [], "action": "유지하세요.",
    });
    let content = serde_json::json!({"findings": [finding]}).to_string();
    let message = serde_json::json!({"role": "assistant", "content": content, "refusal": null});
    let choice = serde_json::json!({"index": 0, "message": message, "finish_reason": "stop", "logprobs": null});
    serde_json::json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
        .to_string()
}

fn published() -> String {
    "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>1</MessageId>\
     </PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>"
        .to_owned()
}
