//! Waiting for what another process does.

use std::time::{Duration, Instant};

use crate::harness::{PATIENCE, Server};

/// The pause before it is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks again and again until there is an answer.
#[expect(
    clippy::disallowed_methods,
    reason = "another process is asked again and again until it has what is waited for"
)]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Ok(found) => return found,
            Err(said) => assert!(Instant::now() < deadline, "waited in vain for {what}: {said}"),
        }
        std::thread::sleep(PAUSE);
    }
}

/// Waits until the instance says that it is ready.
pub(crate) fn until_ready(server: &Server) {
    until("an instance to be ready", || {
        let said = server.guest().get("/health/ready");
        if said.status == 200 { Ok(()) } else { Err(format!("{}\n{}", said.text(), server.log())) }
    });
}
