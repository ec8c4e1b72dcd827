//! The wall clock of an instance, wrong by days for as long as the process lives.
//!
//! A preloaded library is how a clock is set for one process alone, and Linux alone takes one like that; elsewhere the
//! instance runs on the machine's clock.

/// A clock that is given to a process when it starts.
pub(crate) struct Clock {
    #[cfg(target_os = "linux")]
    faults: crate::shim::Faults,
}

#[cfg(target_os = "linux")]
impl Clock {
    pub(crate) fn new() -> Self {
        Self { faults: crate::shim::Faults::none() }
    }

    /// What the environment of the process must have.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        self.faults.environment().to_vec()
    }

    /// Who starts from now on is so far ahead, or behind.
    pub(crate) fn set(&self, hours: i64) {
        self.faults.begin("clock-offset", &(hours * 3_600).to_string());
    }
}

#[cfg(not(target_os = "linux"))]
impl Clock {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    pub(crate) fn set(&self, _: i64) {}
}
