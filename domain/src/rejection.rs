//! Why a command comes to nothing: what is the case, in the words of the trade, with the numbers a client needs.

use chrono::NaiveDate;
use events::{CategoryId, EventId, ItemId, Money, SaleId, TableNo};

use crate::field::Field;

/// What is the case that forbids it. Asking again changes nothing until something else does. No variant holds what a
/// client sent as text, so none can show personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// What was sent is empty.
    #[error("{field} is empty")]
    Blank {
        /// Where.
        field: Field,
    },
    /// What was sent holds characters that no screen shows: line breaks, tabs, other controls.
    #[error("{field} holds control characters")]
    Unprintable {
        /// Where.
        field: Field,
    },
    /// The username holds blanks.
    #[error("a username holds no blanks")]
    UsernameHasBlanks,
    /// What was sent has too many characters.
    #[error("{field} has more than {limit} characters")]
    TooLong {
        /// Where.
        field: Field,
        /// The most it may have.
        limit: usize,
    },
    /// A number is below nothing.
    #[error("{field} is negative")]
    Negative {
        /// Where.
        field: Field,
    },
    /// A number is beyond its limit.
    #[error("{field} is larger than {limit}")]
    TooLarge {
        /// Where.
        field: Field,
        /// The most it may be.
        limit: i64,
    },

    /// No store signed up under this name.
    #[error("there is no such store")]
    UnknownStore,
    /// The store has closed.
    #[error("the store is closed")]
    StoreClosed,
    /// A store signed up under this name before; a closed one keeps it.
    #[error("the username is taken")]
    NameTaken,

    /// The menu has no such category.
    #[error("there is no category {category_id}")]
    UnknownCategory {
        /// Its number.
        category_id: CategoryId,
    },
    /// Another category of the store has this name.
    #[error("category {category_id} has this name")]
    CategoryNameInUse {
        /// The other one.
        category_id: CategoryId,
    },
    /// The menu has no such item.
    #[error("there is no item {item_id}")]
    UnknownItem {
        /// Its number.
        item_id: ItemId,
    },
    /// Another item of the category has this name.
    #[error("item {item_id} has this name")]
    ItemNameInUse {
        /// The other one.
        item_id: ItemId,
    },

    /// None of an item, or less, was ordered.
    #[error("none of item {item_id} was ordered")]
    QuantityNotPositive {
        /// The item.
        item_id: ItemId,
    },
    /// The order was sent with, or the tab would come to, too many lines.
    #[error("more than {limit} lines")]
    TooManyLines {
        /// The most there may be.
        limit: usize,
    },
    /// The tab would come to too much, on the price side or on the cost side.
    #[error("the tab would come to more than {limit}")]
    TabTotalTooLarge {
        /// The most it may come to, in minor units.
        limit: i64,
    },
    /// Nothing is open on the table.
    #[error("table {table_no} has no open order")]
    TableHasNoOpenOrder {
        /// The table.
        table_no: TableNo,
    },

    /// The terminal insists on a total that is not the tab's; nothing was booked.
    #[error("the total is {booked} and not {stated}")]
    TotalsDiffer {
        /// What the tab comes to.
        booked: Money,
        /// What the terminal said.
        stated: Money,
    },
    /// The business date's sales would come to too much, on the price side or on the cost side.
    #[error("the day's sales would come to more than {limit}")]
    DayTotalTooLarge {
        /// The most they may come to, in minor units.
        limit: i64,
    },
    /// There is no such sale.
    #[error("there is no sale {sale_id}")]
    UnknownSale {
        /// Its number.
        sale_id: SaleId,
    },
    /// A terminal's clock is too far ahead.
    #[error("occurred_at lies more than {limit} minutes in the future")]
    OccursInTheFuture {
        /// How far it may be, in minutes.
        limit: i64,
    },
    /// It occurred too long ago to be told now.
    #[error("occurred_at lies more than {limit} days back")]
    OccurredTooLongAgo {
        /// How far it may be, in days.
        limit: i64,
    },

    /// The day that is to be settled has not ended.
    #[error("{date} has not ended")]
    DayNotEnded {
        /// The day.
        date: NaiveDate,
    },
    /// The day has not begun.
    #[error("{date} has not begun")]
    DayNotBegun {
        /// The day.
        date: NaiveDate,
    },
    /// The day is not settled.
    #[error("{date} is not settled")]
    DayNotSettled {
        /// The day.
        date: NaiveDate,
    },
    /// The store has no telephone number that a message can be sent to.
    #[error("the store has no telephone number that a message can be sent to")]
    NoPhone,
    /// The store has had as many messages as it may have in a business day.
    #[error("more than {limit} messages in a day")]
    TooManyMessages {
        /// The most there may be.
        limit: u32,
    },
    /// A period ends before it starts.
    #[error("end lies before start")]
    EndsBeforeItStarts,
    /// As much advice is pending as may be.
    #[error("{limit} requests for advice are pending")]
    TooMuchAdvicePending {
        /// The most there may be.
        limit: usize,
    },
    /// Another runner makes this effect, or made the last attempt that there may be.
    #[error("effect {effect} is another runner's")]
    EffectTaken {
        /// The event that asks for it.
        effect: EventId,
    },
    /// The event that the decision needs was not read back before ([`crate::Command::needs`]): the caller's fault, not
    /// the client's.
    #[error("the event that this needs was not read back")]
    NotReadBack,
    /// The sale was not read back before its void was decided ([`crate::Command::needs`]): the caller's fault, not the
    /// client's.
    #[error("sale {sale_id} was not read back")]
    SaleNotReadBack {
        /// Its number.
        sale_id: SaleId,
    },
}
