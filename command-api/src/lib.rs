//! The write side: a request becomes a command, the writer decides it, and the answer leaves when the log has it.
//!
//! ```text
//!  routes ──Request──► writer (handle) ──► driver ──► shard: stage, batch ──► log
//!     ▲                                                  │
//!     └──────────── Reply: the recorded answer ◄─────────┘ when the record that carries it counts
//! ```
//!
//! [`shard`] is the writer without its I/O, [`writer`] drives it, [`fold`] is its memory, [`answers`] what it says,
//! [`Writers`] are those of all partitions, [`membership`] says which of them work here, [`mod@routes`] how HTTP reaches
//! them.
//!
//! What is absent: no SQL and no read model. Whatever a decision needs, the writer knows from the log.

pub mod answers;
pub mod fold;
pub mod membership;
mod receipts;
mod rejections;
pub mod relay;
mod request;
pub mod routes;
pub mod shard;
pub mod snapshots;
pub mod writer;
mod writers;

pub use membership::{Alone, Assigned, Membership, NotConfirmed};
pub use receipts::{Receipts, Slot};
pub use relay::Relay;
pub use request::{Answer, Answered, Authority, Key, NotApplied, Reply, Request};
pub use routes::{CommandState, routes};
pub use snapshots::Snapshots;
pub use writer::{Writer, WriterOptions, WriterStatus, WriterTask};
pub use writers::{Writers, WritersTask};
