//! Passwords: hashed and checked off the runtime's threads, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::problem::Problem;

/// OWASP's parameters for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How many may wait in each queue; who comes then is told to come back.
const WAITING: usize = 64;
/// How long one waits.
const WAIT: Duration = Duration::from_secs(5);
/// The hash of no password, which costs as much to check as anybody's.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keS0wMA$EpRBu981HsBKSi8bClNpi7/6YK5fN2XHtHMertpxze4";

/// Too many are waiting for a hash, or one waited too long. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being hashed")]
pub struct Busy;

/// Hashes passwords with Argon2id. Log-ins and everything else have permits of their own, so that a storm of log-ins
/// does not keep anybody from signing up.
pub struct Passwords {
    checks: Queue,
    changes: Queue,
}

struct Queue {
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Passwords {
    /// At most so many hashes at once, half of them for log-ins; at least one of each kind.
    pub fn new(concurrency: usize) -> Self {
        let changes = (concurrency / 2).max(1);
        let checks = concurrency.saturating_sub(changes).max(1);
        Self { checks: Queue::new(checks), changes: Queue::new(changes) }
    }

    /// The password's hash, in the form of a PHC string: for sign-ups and changes.
    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, Busy> {
        let password = password.to_owned();
        let hashed = self.changes.run(move || {
            let hash: Result<PasswordHash, _> = argon2()?.hash_password_with_salt(password.as_bytes(), &salt);
            hash.ok().map(|hash| hash.to_string())
        });
        hashed.await?.ok_or(Busy)
    }

    /// Whether the hash is this password's.
    pub async fn verify(&self, password: &str, phc: &str) -> Result<bool, Busy> {
        let (password, phc) = (password.to_owned(), phc.to_owned());
        self.checks.run(move || matches(&password, &phc)).await
    }

    /// Takes the time of [`Passwords::verify`] for a store that does not exist.
    pub async fn verify_nobody(&self, password: &str) -> Result<(), Busy> {
        self.verify(password, NOBODY).await.map(|_| ())
    }
}

impl Queue {
    fn new(running: usize) -> Self {
        Self { running: Arc::new(Semaphore::new(running)), waiting: Semaphore::new(WAITING) }
    }

    /// Runs the work on a thread that may block. The permit goes with the work: a caller who leaves early does not
    /// make room for another hash beside his own.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _place = self.waiting.try_acquire().map_err(|_| Busy)?;
        let permit = timeout(WAIT, Arc::clone(&self.running).acquire_owned()).await;
        let permit = permit.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|_| Busy)
    }
}

impl From<Busy> for Problem {
    fn from(_: Busy) -> Self {
        Self::busy()
    }
}

/// The parameters of a hash stand in it; these are for new ones.
fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn matches(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[tokio::test]
    async fn nobodys_hash_costs_what_anybodys_does() {
        let anybody = Passwords::new(2).hash("Demostore1!", [7; 16]).await.unwrap();
        let shape = |phc: &str| {
            let hash = PasswordHash::new(phc).unwrap();
            let parameters = hash.params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
            let salt = hash.salt.unwrap().len();
            (hash.algorithm.to_string(), hash.version, parameters, salt, hash.hash.unwrap().len())
        };
        assert_eq!(shape(NOBODY), shape(&anybody));
    }
}
