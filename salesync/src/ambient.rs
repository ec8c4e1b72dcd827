//! Time and chance from the machine: the only clock and the only source of ids that the running program has.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use web::{Clock, Ids};

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids that everybody else is handed")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn salt(&self) -> [u8; 16] {
        // A random uuid has 122 random bits, and more than that is not asked of a salt.
        self.uuid().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_and_no_salt_comes_twice() {
        assert_ne!(SystemIds.uuid(), SystemIds.uuid());
        assert_ne!(SystemIds.salt(), SystemIds.salt());
    }
}
