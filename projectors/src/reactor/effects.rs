//! The two effects on the world outside, as whoever makes them must offer them, and how they fail.

use async_trait::async_trait;
use events::{Advice, EffectFailure, Via};

use crate::advice::Figures;

/// Gives advice.
#[async_trait]
pub trait Advisor: Send + Sync + 'static {
    /// Advice on these figures. May be asked again; nothing comes of it but the advice.
    async fn advise(&self, figures: &Figures) -> Result<Advice, EffectError>;

    /// Whether asking costs money, so that a budget is kept.
    fn costs(&self) -> bool;
}

/// Sends messages.
#[async_trait]
pub trait Messenger: Send + Sync + 'static {
    /// Sends one message to a telephone number in the form of E.164. Tries once: what may have been sent is
    /// [`EffectError::Uncertain`] and never tried again.
    async fn send(&self, phone: &str, text: &str) -> Result<Via, EffectError>;

    /// Whether sending costs money, so that a limit is kept.
    fn costs(&self) -> bool;
}

/// Why an effect was not made, and what that means for trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// It will never succeed.
    #[error("it is refused for good: {0:?}")]
    Permanent(EffectFailure),
    /// The service gave an answer that cannot be used; another try may get a better one.
    #[error("the service gave an answer that cannot be used")]
    Unusable,
    /// The service could not be reached or had no time; certainly nothing was done.
    #[error("the service cannot be reached")]
    Transient,
    /// Nobody knows whether it was done.
    #[error("nobody knows whether it was done: {0:?}")]
    Uncertain(EffectFailure),
    /// The views do not show yet what it is about.
    #[error("the views are not far enough")]
    NotYet,
}
