//! The real services that tests run against: what is configured, else brokers of the test's own that end with it.
//!
//! Included by `#[path]` from the test binaries that need it. Nothing is skipped: where a prerequisite is missing, the
//! script's own sentence is the failure.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often free ports are looked for: another process may take one in between.
const STARTS_MAX: u32 = 3;
/// How long a process may take to stand still: longer than any machine leaves a thread without its turn.
const STILL_AFTER: Duration = Duration::from_mins(5);

/// A broker to test against.
pub struct Broker {
    /// Where it listens, as `HOST:PORT`.
    pub address: String,
    /// The one that this process started, if it did.
    pub own: Option<Node>,
    /// A second port, at which it says of itself that it is somewhere else.
    pub detour: Option<u16>,
    _held: Option<Held>,
}

/// Three brokers of this process's own, which share three replicas.
pub struct Cluster {
    /// Where they listen, as `HOST:PORT,HOST:PORT,HOST:PORT`.
    pub address: String,
    /// Each of them.
    pub nodes: Vec<Node>,
    _held: Held,
}

/// A broker that can be killed, paused and started again.
pub struct Node {
    folder: PathBuf,
    ports: [u16; 2],
}

/// Brokers that end with this process, however that ends: they stop when the pipe to their script closes.
struct Held {
    _script: Child,
    _pipe: ChildStdin,
}

impl Broker {
    /// The broker that `SALESYNC_TEST_KAFKA` names, else one of this process's own; says which on standard error.
    pub fn any() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test's own setting, explained in docs/OPERATING.md")]
        if let Ok(address) = std::env::var("SALESYNC_TEST_KAFKA") {
            eprintln!("tests use the Kafka broker at {address} (SALESYNC_TEST_KAFKA)");
            return Self { address, own: None, detour: None, _held: None };
        }
        Self::own()
    }

    /// A broker of this process's own.
    pub fn own() -> Self {
        let (address, mut nodes, held) = start(1, None);
        Self { address, own: nodes.pop(), detour: None, _held: Some(held) }
    }

    /// A broker of this process's own with a second port for what stands between it and some of its clients: who
    /// connects to [`Self::detour`] is told that the broker is at this port.
    pub fn behind(advertised: u16) -> Self {
        let detour = free_ports(1)[0];
        let (address, mut nodes, held) = start(1, Some((detour, advertised)));
        Self { address, own: nodes.pop(), detour: Some(detour), _held: Some(held) }
    }
}

impl Cluster {
    /// Starts them.
    pub fn own() -> Self {
        let (address, nodes, held) = start(3, None);
        Self { address, nodes, _held: held }
    }
}

impl Node {
    /// Ends it at once, as a crash does.
    pub fn kill(&self) {
        self.script("kill");
    }

    /// Stops its process in mid-work, until [`Self::resume`]; when this returns it stands still.
    pub fn pause(&self) {
        pause(self.process());
    }

    /// Lets a paused process go on.
    pub fn resume(&self) {
        signal(self.process(), "CONT");
    }

    /// Starts it again on its old data; it answers when this returns.
    pub fn restart(&self) {
        self.script("start");
    }

    /// Has it run, whatever a test before left it in.
    pub fn repair(&self) {
        if self.run("status").status.success() {
            self.resume();
        } else {
            self.restart();
        }
    }

    fn script(&self, command: &str) {
        let done = self.run(command);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn run(&self, command: &str) -> Output {
        let ports = self.ports.map(|port| port.to_string());
        Command::new("sh").arg(script()).arg(command).arg(&self.folder).args(ports).output().expect("sh runs")
    }

    fn process(&self) -> u32 {
        let process = std::fs::read_to_string(self.folder.join("pid")).expect("the broker's process id");
        process.trim().parse().expect("a process id")
    }
}

/// Sends a process a signal: `TERM`, `STOP`, `CONT` …
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status().expect("kill runs");
    assert!(sent.success(), "process {process} is not there to be sent {name}");
}

/// Has a process stand still, and waits until it does: a signal is heard when the thread that hears it gets its turn, and
/// the others work on until then.
#[allow(clippy::disallowed_methods, reason = "the machine is asked until the other process stands still")]
pub fn pause(process: u32) {
    signal(process, "STOP");
    let begun = Instant::now();
    while !stands_still(process) {
        assert!(begun.elapsed() < STILL_AFTER, "process {process} does not stand still");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn stands_still(process: u32) -> bool {
    // Where there is no such folder, as on macOS, the signal is all there is.
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    threads.map(|thread| std::fs::read_to_string(thread.expect("a thread").path().join("stat"))).all(|stat| {
        // A thread that has ended meanwhile does nothing either. The state stands behind the name in brackets.
        stat.is_err() || stat.is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T")))
    })
}

fn start(brokers: usize, detour: Option<(u16, u16)>) -> (String, Vec<Node>, Held) {
    let mut failure = String::new();
    for _ in 0..STARTS_MAX {
        match try_start(brokers, detour) {
            Ok(started) => {
                eprintln!("tests use Kafka of their own at {}", started.0);
                return started;
            }
            Err(said) => failure = said,
        }
    }
    panic!("{failure}");
}

fn try_start(brokers: usize, detour: Option<(u16, u16)>) -> Result<(String, Vec<Node>, Held), String> {
    static STARTED: AtomicU64 = AtomicU64::new(0);
    let name = format!("salesync-kafka-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::SeqCst));
    let folder = std::env::temp_dir().join(name);
    let ports = free_ports(brokers * 2);
    let mut script = Command::new("sh")
        .arg(script())
        .args(["hold".as_ref(), folder.as_os_str()])
        .args(ports.iter().map(ToString::to_string))
        .envs(detour.map(|(port, advertised)| ("BROKER_DETOUR", format!("{port} {advertised}"))))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh runs");
    let pipe = script.stdin.take().expect("the pipe that holds them");
    let mut said = String::new();
    BufReader::new(script.stdout.take().expect("its word")).read_line(&mut said).expect("its word");
    let address = said.trim().to_owned();
    if address.is_empty() {
        drop(pipe);
        let output = script.wait_with_output().expect("sh ends");
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let place = |node: usize| if brokers == 1 { folder.clone() } else { folder.join((node + 1).to_string()) };
    let node = |(node, ports): (usize, &[u16])| Node { folder: place(node), ports: [ports[0], ports[1]] };
    let nodes = ports.chunks(2).enumerate().map(node).collect();
    Ok((address, nodes, Held { _script: script, _pipe: pipe }))
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/services/broker.sh")
}

/// Ports that were free together, so that none is named twice.
fn free_ports(ports: usize) -> Vec<u16> {
    let listeners: Vec<_> = (0..ports).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("its port").port()).collect()
}
