//! Time and chance, handed in: whoever needs an instant or an id asks one of these.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The wall clock. Waits and time limits never ask it: they are monotonic.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The source of everything that must not be guessed or must be new.
pub trait Ids: Send + Sync + 'static {
    /// An id that nobody has had.
    fn uuid(&self) -> Uuid;
    /// A salt for a password's hash.
    fn salt(&self) -> [u8; 16];
}
