//! The real binary: started, stopped, killed and started again on a data folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use super::bodies::{new_name, registration};
use super::lines::Lines;
use super::noon::NOON;
use super::till::Till;
use super::underneath::{self, Chain};
use super::{PASSWORD, broker};

/// `salesync serve` on a data folder of its own.
pub(crate) struct Server {
    data: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// Outlives restarts, so that a test can ask what any of its runs wrote.
    log: Arc<Lines>,
    chain: Option<Arc<Chain>>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    /// Ends the server and removes its folder when the test process ends, however that happens.
    watchdog: Child,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Server {
    /// A server on a new folder.
    pub(crate) fn start() -> Self {
        Self::with(&[], &[])
    }

    /// A server on a new folder with these arguments and environment variables too.
    pub(crate) fn with(args: &[&str], env: &[(&str, &str)]) -> Self {
        let data = tempfile::Builder::new().prefix("salesync-till-").tempdir().unwrap().keep();
        Self::on(data, args, env)
    }

    /// A server on a folder that is there; it is removed at the end.
    pub(crate) fn on(data: PathBuf, args: &[&str], env: &[(&str, &str)]) -> Self {
        let args = args.iter().map(ToString::to_string).collect();
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let chain = underneath::is_chain().then(Chain::fresh);
        if let Some(chain) = &chain {
            chain.take_over(&data);
        }
        let mut server = Self { data, args, env, log: Arc::default(), chain: chain.map(Arc::new), running: None };
        server.run();
        server
    }

    /// Another instance of the same chain, of the same settings.
    pub(crate) fn beside(&self) -> Self {
        assert!(self.chain.is_some(), "a data folder is served by one process");
        let data = tempfile::Builder::new().prefix("salesync-till-").tempdir().unwrap().keep();
        let (args, env, chain) = (self.args.clone(), self.env.clone(), self.chain.clone());
        let mut server = Self { data, args, env, log: Arc::default(), chain, running: None };
        server.run();
        server
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], with another address.
    pub(crate) fn run(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let from = self.log.count();
        let mut command = Command::new(env!("CARGO_BIN_EXE_salesync"));
        command.envs(self.chain.as_ref().map(|chain| chain.env()));
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json"])
            .args(self.places())
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        self.log.follow(child.stderr.take().unwrap());
        let watchdog = watchdog(child.id(), &self.data);
        let serving = self.log.wait_for(from, |line| line["message"] == "serving");
        let address = |name: &str| serving[name].as_str().unwrap().parse().unwrap();
        let (address, admin) = (address("listen"), address("admin.listen"));
        self.running = Some(Running { child, watchdog, address, admin });
        if self.chain.is_some() {
            self.wait_until_ready();
        }
    }

    /// The arguments by which any command finds its log and its read models.
    pub(crate) fn places(&self) -> Vec<String> {
        let chain = self.chain.iter().flat_map(|chain| chain.args()).map(ToOwned::to_owned);
        let data = ["--data".to_owned(), self.data.display().to_string()];
        data.into_iter().chain(chain).collect()
    }

    /// What health says of the writers: the one of a data folder, or each partition's of a chain.
    pub(crate) fn writers(&self, health: &Value) -> Vec<Value> {
        match &self.chain {
            None => vec![health["writer"].clone()],
            Some(_) => health["partitions"].as_array().unwrap().iter().map(|at| at["writer"].clone()).collect(),
        }
    }

    /// Takes the read models away from under it, while it does not run.
    pub(crate) fn lose_views(&mut self) {
        match &mut self.chain {
            Some(chain) => Arc::get_mut(chain).expect("the one instance of its chain").lose_views(),
            None => std::fs::remove_dir_all(self.data.join("views")).unwrap(),
        }
    }

    /// On a chain the partitions come by and by, after a crash when its session has run out.
    #[expect(
        clippy::disallowed_methods,
        reason = "another process is asked again and again until it says that it is ready"
    )]
    fn wait_until_ready(&self) {
        let until = std::time::Instant::now() + super::PATIENCE;
        while self.guest().get("/health/ready").status != 200 {
            assert!(std::time::Instant::now() < until, "it is not ready: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// kill -9, then starts it again.
    pub(crate) fn crash_and_restart(&mut self) {
        self.kill();
        self.run();
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        let mut running = self.running.take().expect("it runs");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        running.call_off_watchdog();
    }

    /// SIGTERM, then waits until it has ended.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let mut running = self.running.take().expect("it runs");
        let status = running.child.wait().unwrap();
        running.call_off_watchdog();
        status
    }

    /// Sends it a signal: `TERM`, `STOP`, `CONT` …
    pub(crate) fn signal(&self, name: &str) {
        broker::signal(self.pid(), name);
    }

    /// Has it stand still; when this returns, it does.
    pub(crate) fn pause(&self) {
        broker::pause(self.pid());
    }

    /// Has it go on.
    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running().child.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running().address
    }

    pub(crate) fn admin_address(&self) -> SocketAddr {
        self.running().admin
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Everything it wrote so far, over all its runs.
    pub(crate) fn log(&self) -> String {
        self.log.all()
    }

    /// Waits for a line of the log.
    pub(crate) fn wait_for_log(&self, is: impl Fn(&Value) -> bool) -> Value {
        self.log.wait_for(0, is)
    }

    /// How much memory it holds at most ever held, in kilobytes.
    pub(crate) fn peak_memory_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// A client without a token.
    pub(crate) fn guest(&self) -> Till {
        Till::nobodys(self.address())
    }

    /// A client of a store that has just signed up.
    pub(crate) fn sign_up(&self) -> Till {
        self.sign_up_as(&new_name(), &json!({}))
    }

    /// A client of a store that has just signed up under this name, with these fields too.
    pub(crate) fn sign_up_as(&self, username: &str, fields: &Value) -> Till {
        let signed_up = self.guest().post("/stores/", &registration(username, fields));
        let answer = signed_up.is(201);
        let token = answer["token"]["access_token"].as_str().unwrap();
        let till = self.guest().of(answer["store_id"].as_str().unwrap(), username).bearer(token);
        till.remember(&signed_up);
        till
    }

    /// A client of a store that is there, which logs in.
    pub(crate) fn log_in(&self, username: &str) -> Till {
        let answer = self.guest().post("/stores/login", &json!({"username": username, "password": PASSWORD})).is(200);
        let till = self.guest().of(answer["store_id"].as_str().unwrap(), username);
        till.bearer(answer["access_token"].as_str().unwrap())
    }

    /// A client of a new store on whose clocks it is about noon, so that no test meets midnight, with this menu.
    pub(crate) fn cafe(&self, items: &[(&str, i64)]) -> Till {
        let till = self.sign_up_as(&new_name(), &json!({"time_zone": NOON.zone}));
        till.menu(items);
        till
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
            running.call_off_watchdog();
        }
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Running {
    fn call_off_watchdog(&mut self) {
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}

/// A shell that reads its input until the test process is gone. A static of a test is never dropped.
fn watchdog(server: u32, data: &Path) -> Child {
    let script = "cat >/dev/null; kill -9 \"$0\"; rm -rf \"$1\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, &server.to_string()]).arg(data).stdin(Stdio::piped()).stdout(Stdio::null());
    shell.stderr(Stdio::null()).spawn().unwrap()
}
