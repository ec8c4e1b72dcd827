//! What comes out of deciding, and what goes in beside state and command.

use chrono::{DateTime, Utc};
use events::{Actor, CategoryId, DaySettled, Event, EventId, ItemId, OrderId, SaleId, TableNo};

use crate::rejection::Rejection;

/// What a decision may know beside the state and the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The command's id, which its event takes over.
    pub id: EventId,
    /// The instant, in the form that events keep ([`events::Envelope::instant`]).
    pub now: DateTime<Utc>,
    /// Who asks.
    pub actor: Actor,
}

/// What a command that is not rejected comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Something happens, all of it in this one event.
    Event(Event),
    /// What was asked for is already so; nothing happens.
    Already(Already),
}

/// What is already so, with what its answer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Already {
    /// The category has this name.
    CategoryNamed {
        /// The category.
        category_id: CategoryId,
    },
    /// The item has this name and this price.
    ItemUnchanged {
        /// The item.
        item_id: ItemId,
    },
    /// The items have these costs.
    CostsUnchanged,
    /// The order that was placed had nothing in it, and nothing was booked.
    NothingOrdered,
    /// The table holds exactly this, as one order.
    CartUnchanged {
        /// Its order.
        order_id: OrderId,
        /// The table.
        table_no: TableNo,
    },
    /// The table that was to be emptied holds nothing.
    TableEmpty {
        /// The table.
        table_no: TableNo,
    },
    /// The sale is voided.
    SaleVoided {
        /// The sale.
        sale_id: SaleId,
    },
    /// The day is settled, by this.
    DaySettled(Box<DaySettled>),
    /// The owner was told this total of the date.
    TotalTold,
    /// Advice on this period was asked for, and its figures have not changed since.
    ConsultingKnown {
        /// That request.
        request: EventId,
    },
    /// The effect has come to its end, or was never asked for.
    EffectOver {
        /// The event that asked for it.
        effect: EventId,
    },
    /// Whoever asks to start the effect has started it.
    EffectStarted {
        /// The event that asked for it.
        effect: EventId,
    },
}

/// What a ladder ends in.
pub(crate) type Decided = Result<Decision, Rejection>;

impl<E: Into<Event>> From<E> for Decision {
    fn from(event: E) -> Self {
        Self::Event(event.into())
    }
}
