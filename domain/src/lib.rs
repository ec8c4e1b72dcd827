//! The rules: what may happen in a store, and what follows.
//!
//! The writer asks [`decide`] what a [`Command`] comes to: an event, the news that it is so already, or a
//! [`Rejection`]. What counted is folded by [`StoreState::evolve`], by the writer and by whoever rebuilds its memory.
//!
//! Each part of the trade (`store`, `catalogue`, `order`, `sale`, `settlement`, `advice`, `effect`) holds the same pieces in the same order: its
//! commands, its section of the state, what is decided (ladders of early returns, then the event; the rejections stand
//! together in `rejection`, as the events do in their crate), what follows, and its tests as scenarios.
//!
//! What is absent: waiting, a clock, a database, chance, a panic, and arithmetic that could wrap. Time, actor and id of
//! a command come in with its [`Context`].

mod advice;
mod catalogue;
mod command;
mod day;
mod decision;
mod effect;
mod field;
pub mod limits;
mod occurrence;
mod order;
mod rejection;
mod sale;
mod settlement;
mod state;
mod store;
#[cfg(test)]
mod tests;

pub use advice::{CompleteConsulting, FailConsulting, RequestConsulting};
pub use catalogue::{AddCategory, AddItem, ChangeItem, ItemCost, RemoveCategory, RemoveItem, RenameCategory, SetCosts};
pub use command::{Command, decide};
pub use decision::{Already, Context, Decision};
pub use effect::StartEffect;
pub use field::Field;
pub use order::{CancelTab, CartItem, PlaceOrder, UpdateCart};
pub use rejection::Rejection;
pub use sale::{PayTab, VoidSale};
pub use settlement::{MessageOutcome, RepeatMessage, ReportMessage, SettleDay, TellTotal};
pub use state::{EvolveError, StoreState, VERSION};
pub use store::{ChangePassword, Profile, RegisterStore, Session};
