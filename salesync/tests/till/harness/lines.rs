//! The lines that a server writes to its log.

use std::io::{BufRead as _, BufReader};
use std::process::ChildStderr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use serde_json::Value;

use super::PATIENCE;

/// The lines that the server wrote, and a bell for who waits for one.
#[derive(Default)]
pub(super) struct Lines {
    text: Mutex<Vec<String>>,
    more: Condvar,
}

impl Lines {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.text.lock().unwrap().len()
    }

    /// All of them.
    pub(super) fn all(&self) -> String {
        self.text.lock().unwrap().join("\n")
    }

    /// Takes over what comes from here on.
    pub(super) fn follow(self: &Arc<Self>, stderr: ChildStderr) {
        let lines = Arc::clone(self);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.text.lock().unwrap().push(line);
                lines.more.notify_all();
            }
        });
    }

    pub(super) fn wait_for(&self, from: usize, is: impl Fn(&Value) -> bool) -> Value {
        let (deadline, mut seen) = (Instant::now() + PATIENCE, from);
        let mut text = self.text.lock().unwrap();
        loop {
            let parsed = text[seen..].iter().filter_map(|line| serde_json::from_str(line).ok());
            if let Some(line) = parsed.into_iter().find(|line| is(line)) {
                return line;
            }
            seen = text.len();
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the line did not come:\n{}", text.join("\n"));
            text = self.more.wait_timeout(text, left).unwrap().0;
        }
    }
}
