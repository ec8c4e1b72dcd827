//! Messages to a store's owner: by SNS, or, where nobody is configured to send them, into the outbox that the API shows.

mod outbox;
mod sns;

pub use outbox::Outbox;
pub use sns::Sns;
