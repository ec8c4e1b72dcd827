//! What stands between an instance and its broker, and what a network does: it loses answers, holds requests back and
//! delivers them late, or breaks off.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes taken at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// All that is sent arrives.
    Fair,
    /// What the broker answers is lost; what it is sent arrives.
    AnswersLost,
    /// What is sent to the broker is held back, and arrives when the weather changes, whoever is still there.
    RequestsHeld,
    /// Nobody gets through, and who was through is cut off.
    Down,
}

/// A proxy before a broker.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    weather: Weather,
    target: Option<u16>,
    next: u64,
    connections: Vec<Connection>,
    lost_bytes: u64,
    held_bytes: u64,
}

/// Both ends of one connection.
struct Connection {
    number: u64,
    ends: [TcpStream; 2],
    /// Whether something of it was lost: what would come then makes no sense any more.
    torn: bool,
}

impl Proxy {
    /// Listens; where to is said later, since a broker must know this port when it starts.
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Vec::new();
        let state = State { weather: Weather::Fair, target: None, next: 0, connections, lost_bytes: 0, held_bytes: 0 };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let taking = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Who is not let through finds its connection closed.
                taking.let_through(&client);
            }
        });
        Self { port, shared }
    }

    /// The port of what it stands before.
    pub(crate) fn lead_to(&self, port: u16) {
        self.shared.state().target = Some(port);
    }

    /// Changes the weather.
    pub(crate) fn becomes(&self, weather: Weather) {
        let mut state = self.shared.state();
        state.weather = weather;
        let down = weather == Weather::Down;
        let ending = |connection: &&Connection| down || (connection.torn && weather != Weather::AnswersLost);
        state.connections.iter().filter(ending).for_each(Connection::close);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// How many bytes were lost, and how many held back, so far.
    pub(crate) fn harm(&self) -> (u64, u64) {
        let state = self.shared.state();
        (state.lost_bytes, state.held_bytes)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.becomes(Weather::Down);
    }
}

impl Connection {
    fn close(&self) {
        for end in &self.ends {
            // It may have been closed by the other side.
            let _closed = end.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn let_through(self: &Arc<Self>, client: &TcpStream) -> Option<()> {
        let target = self.state().target?;
        let broker = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, target))).ok()?;
        let both = || Some([client.try_clone().ok()?, broker.try_clone().ok()?]);
        let (requests, answers, ends) = (both()?, both()?, both()?);
        for end in &ends {
            end.set_nodelay(true).ok()?;
        }
        let mut state = self.state();
        if state.weather == Weather::Down {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.connections.push(Connection { number, ends, torn: false });
        drop(state);
        let [from, to] = requests;
        let shared = Arc::clone(self);
        std::thread::spawn(move || shared.carry(number, from, to, Self::request));
        let [to, from] = answers;
        let shared = Arc::clone(self);
        std::thread::spawn(move || {
            shared.carry(number, from, to, Self::answer);
            shared.state().connections.retain(|connection| connection.number != number);
        });
        Some(())
    }

    /// Carries one direction until it ends; `may_pass` says of what was taken whether it goes on.
    fn carry(&self, number: u64, mut from: TcpStream, mut to: TcpStream, may_pass: fn(&Self, u64, usize) -> bool) {
        let mut bytes = vec![0; CHUNK_BYTES];
        while let Ok(taken @ 1..) = from.read(&mut bytes) {
            if may_pass(self, number, taken) && to.write_all(&bytes[..taken]).is_err() {
                break;
            }
        }
        // Whoever is at the other end is told, or is gone already.
        let _told = to.shutdown(Shutdown::Write);
    }

    /// Waits until requests pass.
    fn request(&self, _: u64, bytes: usize) -> bool {
        let mut state = self.state();
        if state.weather == Weather::RequestsHeld {
            state.held_bytes += bytes as u64;
        }
        let held = |state: &mut State| state.weather == Weather::RequestsHeld;
        drop(self.changed.wait_while(state, held).unwrap_or_else(PoisonError::into_inner));
        true
    }

    fn answer(&self, number: u64, bytes: usize) -> bool {
        let mut state = self.state();
        if state.weather != Weather::AnswersLost {
            return true;
        }
        state.lost_bytes += bytes as u64;
        if let Some(connection) = state.connections.iter_mut().find(|connection| connection.number == number) {
            connection.torn = true;
        }
        false
    }
}
