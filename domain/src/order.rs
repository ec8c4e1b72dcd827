//! What is on the tables: orders go on a table's tab, the tab's cart is replaced, the tab is cancelled.

mod cart;
mod floor;
mod line;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use events::{CartUpdated, ItemId, Line, OrderPlaced, TabCancelled, TableNo};

pub(crate) use floor::{Floor, Tab};

use crate::decision::{Already, Context, Decided, Decision};
use crate::field;
use crate::occurrence;
use crate::rejection::Rejection;
use crate::state::StoreState;

/// Place an order, which goes on the table's tab and opens one if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceOrder {
    /// The table.
    pub table_no: TableNo,
    /// What is ordered, one or more of each; an item that is here twice is summed.
    pub carts: Vec<CartItem>,
    /// When, if that was earlier: the terminal was offline.
    pub occurred_at: Option<DateTime<Utc>>,
}

/// Replace everything that is on a table by this cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateCart {
    /// The table.
    pub table_no: TableNo,
    /// What is to be on the table; an item that is here twice is summed, 0 means none of it. Empty cancels the tab.
    pub carts: Vec<CartItem>,
}

/// Cancel a table's tab with everything on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelTab {
    /// The table.
    pub table_no: TableNo,
}

/// So many of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CartItem {
    /// The item.
    pub item_id: ItemId,
    /// How many.
    pub quantity: i64,
}

pub(crate) fn place(state: &StoreState, command: &PlaceOrder, context: &Context) -> Decided {
    let table_no = field::table(command.table_no)?;
    let occurred_at = occurrence::instant(command.occurred_at, context.now)?;
    if command.carts.is_empty() {
        return Ok(Decision::Already(Already::NothingOrdered));
    }
    let ordered = cart::ordered(&command.carts)?;
    let lines = cart::at_todays_prices(&state.menu, &ordered)?;
    let total = line::within_limits(&lines)?;
    if let Some(tab) = state.floor.open_tab(table_no) {
        let together = line::merged(tab.lines.clone(), lines.iter().cloned());
        line::within_limits(&together.map_err(|_| line::too_many_pieces())?)?;
    }
    let order = OrderPlaced {
        order_id: state.floor.next_order(),
        table_no,
        tab: state.floor.tab_no(table_no),
        business_date: state.business_date(occurred_at),
        lines: lines.iter().map(Line::from).collect(),
        total: total.price,
    };
    Ok(order.into())
}

pub(crate) fn update_cart(state: &StoreState, command: &UpdateCart) -> Decided {
    let table_no = field::table(command.table_no)?;
    let tab = match state.floor.open_tab(table_no) {
        Some(tab) => tab,
        None if command.carts.is_empty() => return Ok(Decision::Already(Already::TableEmpty { table_no })),
        None => return Err(Rejection::TableHasNoOpenOrder { table_no }),
    };
    if command.carts.is_empty() {
        return Ok(cancelled(table_no, tab));
    }
    let wanted = cart::wanted(&command.carts)?;
    let lines = cart::replaced(&tab.lines, &wanted, &state.menu)?;
    if lines.is_empty() {
        return Ok(cancelled(table_no, tab));
    }
    if tab.orders == 1 && lines == tab.lines {
        return Ok(Decision::Already(Already::CartUnchanged { order_id: tab.order_id, table_no }));
    }
    let total = line::within_limits(&lines)?;
    let updated = CartUpdated {
        table_no,
        tab: tab.no,
        order_id: tab.order_id,
        placed_at: tab.placed_at,
        business_date: tab.business_date,
        orders: tab.orders,
        lines: lines.iter().map(Line::from).collect(),
        total: total.price,
    };
    Ok(updated.into())
}

pub(crate) fn cancel(state: &StoreState, command: &CancelTab) -> Decided {
    let table_no = field::table(command.table_no)?;
    match state.floor.open_tab(table_no) {
        Some(tab) => Ok(cancelled(table_no, tab)),
        None => Ok(Decision::Already(Already::TableEmpty { table_no })),
    }
}

fn cancelled(table_no: TableNo, tab: &Tab) -> Decision {
    TabCancelled { table_no, tab: tab.no, orders: tab.orders, first_orders: tab.first_orders.clone() }.into()
}
