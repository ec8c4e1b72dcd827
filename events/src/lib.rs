//! The language of Salesync: what happened, said once and kept for ever.
//!
//! Everything downstream of a command speaks these types: the writer appends an [`Envelope`], the log stores its
//! bytes, projections fold it into rows. An event, once written, is read for as long as the log lives, so nothing here
//! changes meaning: a new shape is a new version of its type ([`Event::schema`]), and `golden/` keeps one file of each.
//!
//! What is absent: no clock, no I/O, no rule of the trade (that is `domain`), no position inside an event.

mod business_date;
mod date;
mod digest;
mod envelope;
mod event;
mod ids;
mod line;
mod money;
mod position;
mod subject;
mod text;
mod timestamp;

pub use business_date::business_date;
pub use digest::Digest;
pub use envelope::{Actor, DecodeError, Envelope, SOURCE, SPEC_VERSION};
pub use event::*;
pub use ids::{CategoryId, EventId, ItemId, OrderId, SaleId, StoreId, TabNo, TableNo};
pub use line::{Amounts, Line};
pub use money::{Currency, Money, Overflow};
pub use position::{LogId, Partition, Position, PositionError, Stamp};
pub use subject::{Subject, SubjectError};
pub use text::{Language, PaymentType};
