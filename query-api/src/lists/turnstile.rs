//! How many lists are read at once, and how long the next one waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use web::Problem;

/// How many lists are read at once.
pub const LISTS_AT_ONCE: usize = 4;
/// How long a further one waits for its turn.
pub const LIST_WAIT_SECONDS: u64 = 10;

/// Lets so many lists pass at once.
pub(crate) struct Turnstile {
    permits: Arc<Semaphore>,
    wait: Duration,
}

impl Default for Turnstile {
    fn default() -> Self {
        Self::new(Duration::from_secs(LIST_WAIT_SECONDS))
    }
}

impl Turnstile {
    fn new(wait: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(LISTS_AT_ONCE)), wait }
    }

    /// Waits for a turn, which lasts as long as the permit.
    pub(crate) async fn pass(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = timeout(self.wait, Arc::clone(&self.permits).acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| Problem::busy().detail("too many lists are being read"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[tokio::test]
    async fn the_fifth_list_waits_and_is_then_turned_away() {
        let turnstile = Turnstile::new(Duration::from_millis(1));
        let mut passed = Vec::new();
        for _ in 0..LISTS_AT_ONCE {
            passed.push(turnstile.pass().await.unwrap());
        }
        assert_eq!(turnstile.pass().await.unwrap_err().status(), 503);
        passed.pop();
        assert!(turnstile.pass().await.is_ok());
    }

    #[tokio::test]
    async fn the_fifth_list_passes_as_soon_as_one_of_the_four_ends() {
        let turnstile = Turnstile::default();
        let mut passed = Vec::new();
        for _ in 0..LISTS_AT_ONCE {
            passed.push(turnstile.pass().await.unwrap());
        }
        let (fifth, ()) = tokio::join!(turnstile.pass(), async { drop(passed.pop()) });
        assert!(fifth.is_ok());
    }
}
