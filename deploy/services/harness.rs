//! The real services that tests run against: what is configured, else a broker of the test's own that ends with it.
//!
//! Included by `#[path]` from the test binaries that need it. Nothing is skipped: where a prerequisite is missing, the
//! script's own sentence is the failure.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// How often free ports are looked for: another process may take one in between.
const STARTS_MAX: u32 = 3;

/// A broker to test against.
pub struct Broker {
    /// Where it listens, as `HOST:PORT`.
    pub address: String,
    /// The one that this process started, if it did.
    pub own: Option<OwnBroker>,
}

/// A broker that ends with this process, however that ends: it stops when the pipe to its script closes.
pub struct OwnBroker {
    /// Where its log and its process id are.
    pub folder: PathBuf,
    port: u16,
    controller_port: u16,
    _held: (Child, ChildStdin),
}

impl Broker {
    /// The broker that `SALESYNC_TEST_KAFKA` names, else one of this process's own; says which on standard error.
    pub fn any() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test's own setting, explained in docs/OPERATING.md")]
        if let Ok(address) = std::env::var("SALESYNC_TEST_KAFKA") {
            eprintln!("tests use the Kafka broker at {address} (SALESYNC_TEST_KAFKA)");
            return Self { address, own: None };
        }
        Self::own()
    }

    /// A broker of this process's own, which may be stopped and started.
    pub fn own() -> Self {
        let mut failure = String::new();
        for _ in 0..STARTS_MAX {
            match OwnBroker::start() {
                Ok(own) => {
                    let address = format!("127.0.0.1:{}", own.port);
                    eprintln!("tests use a Kafka broker of their own at {address}");
                    return Self { address, own: Some(own) };
                }
                Err(said) => failure = said,
            }
        }
        panic!("{failure}");
    }
}

impl OwnBroker {
    fn start() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("salesync-kafka-{}-{}", std::process::id(), free_port()));
        let (port, controller_port) = (free_port(), free_port());
        let mut held = Command::new("sh")
            .arg(script())
            .args(["hold".as_ref(), folder.as_os_str()])
            .args([port.to_string(), controller_port.to_string()])
            .arg("remove")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let stdin = held.stdin.take().expect("the pipe that holds it");
        let mut said = String::new();
        let stdout = held.stdout.take().expect("its word");
        BufReader::new(stdout).read_line(&mut said).expect("its word");
        if said.trim() == format!("127.0.0.1:{port}") {
            return Ok(Self { folder, port, controller_port, _held: (held, stdin) });
        }
        drop(stdin);
        let output = held.wait_with_output().expect("sh ends");
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Ends the broker at once, as a crash does.
    pub fn kill(&self) {
        let killed = Command::new("sh").arg(script()).arg("kill").arg(&self.folder).status().expect("sh runs");
        assert!(killed.success(), "the broker is not there to be killed");
    }

    /// Stops its process in mid-work, until [`Self::resume`].
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets a paused process go on.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// Starts it again on its old data.
    pub fn restart(&self) {
        let ports = [self.port.to_string(), self.controller_port.to_string()];
        let started = Command::new("sh").arg(script()).arg("start").arg(&self.folder).args(ports).output();
        let started = started.expect("sh runs");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    }

    fn signal(&self, signal: &str) {
        let process = std::fs::read_to_string(self.folder.join("pid")).expect("the broker's process id");
        let sent = Command::new("kill").args([signal, process.trim()]).status().expect("kill runs");
        assert!(sent.success(), "the broker is not there to be sent {signal}");
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/services/broker.sh")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}
