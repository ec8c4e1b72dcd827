//! From what a terminal sends to the lines of a tab.

use events::ItemId;

use crate::catalogue::Menu;
use crate::field::Field;
use crate::limits::LINES;
use crate::order::CartItem;
use crate::order::line::{self, TabLine, too_many_pieces};
use crate::rejection::Rejection;

/// The cart of a new order: one or more of each item, each item once.
pub(crate) fn ordered(carts: &[CartItem]) -> Result<Vec<CartItem>, Rejection> {
    match carts.iter().find(|sent| sent.quantity < 1) {
        Some(none) => Err(Rejection::QuantityNotPositive { item_id: none.item_id }),
        None => summed(carts),
    }
}

/// The cart that is to replace a table: none or more of each item, each item once.
pub(crate) fn wanted(carts: &[CartItem]) -> Result<Vec<CartItem>, Rejection> {
    if carts.iter().any(|sent| sent.quantity < 0) {
        return Err(Rejection::Negative { field: Field::Quantity });
    }
    summed(carts)
}

/// A line for each item at what it sells for and costs today.
pub(crate) fn at_todays_prices(menu: &Menu, cart: &[CartItem]) -> Result<Vec<TabLine>, Rejection> {
    cart.iter().map(|ordered| at_todays_price(menu, *ordered)).collect()
}

/// The tab's lines after its cart is replaced. Kept pieces keep their price, the newest leave first, added ones come at
/// today's price. What left the menu stays unless it is sent, since a terminal counts it but cannot show it; more of it
/// there cannot be.
pub(crate) fn replaced(lines: &[TabLine], wanted: &[CartItem], menu: &Menu) -> Result<Vec<TabLine>, Rejection> {
    let mut missing = wanted.to_vec();
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        let quantity = match missing.iter_mut().find(|wanted| wanted.item_id == line.item_id) {
            Some(wanted) => take(wanted, line.quantity),
            None if menu.item(line.item_id).is_ok() => 0,
            None => line.quantity,
        };
        if quantity > 0 {
            kept.push(TabLine { quantity, ..line.clone() });
        }
    }
    missing.retain(|still| still.quantity > 0 || is_foreign(still.item_id, lines, menu));
    let added = at_todays_prices(menu, &missing)?;
    line::merged(kept, added).map_err(|_| too_many_pieces())
}

/// Whether the item never was the store's; nobody can want none of such a thing.
fn is_foreign(item_id: ItemId, lines: &[TabLine], menu: &Menu) -> bool {
    !menu.ever_had(item_id) && lines.iter().all(|line| line.item_id != item_id)
}

fn take(wanted: &mut CartItem, there: i64) -> i64 {
    let taken = there.min(wanted.quantity);
    wanted.quantity -= taken;
    taken
}

fn at_todays_price(menu: &Menu, ordered: CartItem) -> Result<TabLine, Rejection> {
    let item = menu.item(ordered.item_id)?;
    Ok(TabLine {
        item_id: ordered.item_id,
        name: item.name.clone(),
        quantity: ordered.quantity,
        unit_price: item.price,
        unit_cost: item.cost,
    })
}

/// Each item once, in the order in which it was first sent.
fn summed(carts: &[CartItem]) -> Result<Vec<CartItem>, Rejection> {
    if carts.len() > LINES {
        return Err(Rejection::TooManyLines { limit: LINES });
    }
    let mut cart: Vec<CartItem> = Vec::with_capacity(carts.len());
    for sent in carts {
        match cart.iter_mut().find(|other| other.item_id == sent.item_id) {
            Some(same) => same.quantity = same.quantity.checked_add(sent.quantity).ok_or_else(too_many_pieces)?,
            None => cart.push(*sent),
        }
    }
    Ok(cart)
}
