//! The real binary as a child: a demo made by it, a server started and stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The program.
pub const BINARY: &str = env!("CARGO_BIN_EXE_salesync");

/// A running server; dropped, it is killed.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Makes a demo folder, unless it is there.
pub fn demo(folder: &Path, sales: u64) {
    if folder.join("log.db").exists() {
        return;
    }
    let made = Command::new(BINARY)
        .args(["demo", "--log-filter", "warn", "--sales", &sales.to_string(), "--data"])
        .arg(folder)
        .status()
        .expect("the demo runs");
    assert!(made.success(), "the demo was not made");
}

impl Server {
    /// Starts on a folder and waits until it is ready.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// The same with these environment variables.
    pub fn start_with(folder: &Path, env: &[(&str, String)]) -> Self {
        Self::started(
            Command::new(BINARY)
                .envs(env.iter().map(|(name, value)| (name, value)))
                .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
                .args(["--log-format", "json", "--log-filter", "warn,salesync::serve=info", "--data"])
                .arg(folder),
        )
    }

    /// A bare axum handler that answers `hello`, in a process of its own too.
    pub fn hello() -> Self {
        Self::started(Command::new(std::env::current_exe().expect("this program")).arg("--hello"))
    }

    fn started(command: &mut Command) -> Self {
        let server = Self::listening(command);
        server.await_ready();
        server
    }

    /// Starts this and waits until it listens.
    pub fn listening(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(lines.read_line(&mut line).expect("its log") > 0, "the server ended");
            if let Some(address) = listening(&line) {
                break address;
            }
        };
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, address }
    }

    /// Waits until it is ready.
    pub fn await_ready(&self) {
        while self.once(&request("GET", "/health/ready", "", "", true)).0 != 200 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("its status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
    }

    /// One request on a connection of its own: status and body.
    pub fn once(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).expect("the server takes connections");
        stream.write_all(request).expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        let status = answer.get(9..12).and_then(|digits| digits.parse().ok()).expect("a status");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }

    /// A token of the demo store.
    pub fn demo_token(&self) -> String {
        let body = r#"{"username":"demostore","password":"Demostore1!"}"#;
        self.token_of(&request("POST", "/stores/login", "", body, true))
    }

    /// The token in the answer to this request.
    pub fn token_of(&self, request: &[u8]) -> String {
        let (status, body) = self.once(request);
        let value: serde_json::Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status} {body}"));
        let token = value.pointer("/access_token").or_else(|| value.pointer("/token/access_token"));
        token.and_then(|token| token.as_str()).unwrap_or_else(|| panic!("{status} {body}")).to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request's bytes.
pub fn request(method: &str, path: &str, token: &str, body: &str, close: bool) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n", body.len());
    if !token.is_empty() {
        head.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if close {
        head.push_str("Connection: close\r\n");
    }
    format!("{head}\r\n{body}").into_bytes()
}

fn listening(line: &str) -> Option<SocketAddr> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    value.get("listen")?.as_str()?.parse().ok()
}
