//! A real SNS: moto's server, from its package, in a virtual environment below `target/`.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use crate::harness::PATIENCE;

/// The package, of the series that these tests were written against.
const PACKAGE: &str = "moto[server]==5.*";

/// The one server of the test process.
pub(crate) static MOTO: LazyLock<Moto> = LazyLock::new(Moto::start);

/// A server; it ends with the test process.
pub(crate) struct Moto {
    pub(crate) address: SocketAddr,
    _watchdog: Child,
}

impl Moto {
    fn start() -> Self {
        let server = installed();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        // The shell ends the server when the test process is gone, whichever way that goes.
        let script = "\"$0\" -H 127.0.0.1 -p \"$1\" >/dev/null 2>&1 & server=$!; cat >/dev/null; kill -9 $server";
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(server).arg(free.port().to_string());
        let watchdog = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(free).is_err() {
            assert!(begun.elapsed() < PATIENCE, "moto does not listen");
            std::thread::yield_now();
        }
        Self { address: free, _watchdog: watchdog }
    }
}

/// Where the server is, after it was installed if it was not.
fn installed() -> PathBuf {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/tools");
    std::fs::create_dir_all(&tools).unwrap();
    let lock = std::fs::File::create(tools.join("moto.lock")).unwrap();
    lock.lock().unwrap();
    let home = tools.join("moto");
    let server = home.join("bin/moto_server");
    if !server.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&home));
        run(Command::new(home.join("bin/pip")).args(["--quiet", "install", PACKAGE]));
    }
    server
}

fn run(command: &mut Command) {
    let done = command.status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "the tests of messages need a real SNS, which is moto from PyPI: install Python 3 with venv and pip, and let it \
         reach a package index ({command:?} failed)"
    );
}
