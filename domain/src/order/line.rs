//! The lines of an open tab: what merges, what they add up to, how many there may be.

use std::sync::Arc;

use events::{Amounts, ItemId, Line, Money, Overflow};
use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::limits::{AMOUNT_MINOR_UNITS, LINES, QUANTITY};
use crate::rejection::Rejection;

/// A line as the state keeps it: its name is shared with every copy, so a copied tab copies no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TabLine {
    pub(crate) item_id: ItemId,
    pub(crate) name: Arc<str>,
    pub(crate) quantity: i64,
    pub(crate) unit_price: Money,
    pub(crate) unit_cost: Option<Money>,
}

impl TabLine {
    fn merges_with(&self, other: &Self) -> bool {
        self.item_id == other.item_id
            && self.unit_price == other.unit_price
            && self.unit_cost == other.unit_cost
            && self.name == other.name
    }

    fn amounts(&self) -> Result<Amounts, Overflow> {
        Ok(Amounts {
            price: self.unit_price.times(self.quantity)?,
            cost: self.unit_cost.unwrap_or(Money::ZERO).times(self.quantity)?,
        })
    }
}

impl From<&Line> for TabLine {
    fn from(line: &Line) -> Self {
        Self {
            item_id: line.item_id,
            name: line.name.as_str().into(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            unit_cost: line.unit_cost,
        }
    }
}

impl From<&TabLine> for Line {
    fn from(line: &TabLine) -> Self {
        Self {
            item_id: line.item_id,
            name: line.name.to_string(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            unit_cost: line.unit_cost,
        }
    }
}

/// The lines with more put on them: lines that differ in quantity alone are one, and stand where the first of them
/// stood.
pub(crate) fn merged(
    mut lines: Vec<TabLine>,
    more: impl IntoIterator<Item = TabLine>,
) -> Result<Vec<TabLine>, Overflow> {
    for new in more {
        match lines.iter_mut().find(|line| line.merges_with(&new)) {
            Some(line) => line.quantity = line.quantity.checked_add(new.quantity).ok_or(Overflow)?,
            None => lines.push(new),
        }
    }
    Ok(lines)
}

/// What the lines add up to.
pub(crate) fn total(lines: &[TabLine]) -> Result<Amounts, Overflow> {
    lines.iter().try_fold(Amounts::default(), |sum, line| sum.plus(line.amounts()?))
}

/// What the lines add up to, if an order or a tab may hold them.
pub(crate) fn within_limits(lines: &[TabLine]) -> Result<Amounts, Rejection> {
    if lines.len() > LINES {
        return Err(Rejection::TooManyLines { limit: LINES });
    }
    if lines.iter().any(|line| line.quantity > QUANTITY) {
        return Err(too_many_pieces());
    }
    let limit = AMOUNT_MINOR_UNITS;
    match total(lines) {
        Ok(total) if total.price <= Money(limit) && total.cost <= Money(limit) => Ok(total),
        _ => Err(Rejection::TabTotalTooLarge { limit }),
    }
}

/// More pieces of one thing than a line holds.
pub(crate) fn too_many_pieces() -> Rejection {
    Rejection::TooLarge { field: Field::Quantity, limit: QUANTITY }
}
