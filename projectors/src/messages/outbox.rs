//! Where nobody sends messages: they are shown by the API, and say so.

use async_trait::async_trait;
use events::Via;

use crate::reactor::{EffectError, Messenger};

/// The outbox. A message is in it by the event that says so; there is nothing else to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outbox;

#[async_trait]
impl Messenger for Outbox {
    async fn send(&self, _: &str, _: &str) -> Result<Via, EffectError> {
        Ok(Via::Outbox)
    }

    fn costs(&self) -> bool {
        false
    }
}
