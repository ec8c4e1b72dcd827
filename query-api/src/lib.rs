//! The read side: view rows out, nothing else.
//!
//! A question comes in through a handler of [`routes`], which names its gate first and then what is asked for as a
//! `Question`. `answers` decides whether the finished body that it keeps is still what the views say, and only
//! otherwise opens a snapshot, in which checkpoint, the store's own position and the rows are of one moment. The
//! statements stand in `views`, the bodies in `shapes`. Lists without a limit go past the memory, page by page
//! (`lists`). [`SessionTable`] tells the gates of both sides which tokens were revoked.
//!
//! What happens is sent to whoever listens (`live`), from one tail per partition.
//!
//! What is absent: no write of any kind, no rule of the trade, no figure that is not a row or a sum of rows.

mod answers;
mod failure;
mod lists;
mod live;
#[cfg(test)]
mod plans;
mod question;
mod routes;
mod sessions;
pub mod shapes;
mod state;
mod views;

pub use answers::KEPT_BYTES;
pub use lists::{LIST_ROWS, LIST_SECONDS, LIST_WAIT_SECONDS, LISTS_AT_ONCE};
pub use live::{LIVE_BACK_RECORDS, LIVE_CATCH_UPS, LIVE_CLIENTS, LIVE_QUEUE_EVENTS};
pub use routes::routes;
pub use sessions::{SessionTable, UNSEEN_STORE_SECONDS};
pub use state::{Parts, QueryState};
