//! A line of an order, a tab or a sale, with everything that was true when it was made.

use serde::{Deserialize, Serialize};

use crate::ids::ItemId;
use crate::money::{Money, Overflow};

/// So many of one item at the price and cost of that moment; negative quantities in a void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item.
    pub item_id: ItemId,
    /// Its name when the line was made.
    pub name: String,
    /// How many.
    pub quantity: i64,
    /// What one of them sold for.
    pub unit_price: Money,
    /// What one of them cost; `None` if the item had no cost then, which counts as 0 and is shown as missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_cost: Option<Money>,
}

/// What lines add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// Quantity times price, summed.
    pub price: Money,
    /// Quantity times cost, summed; a missing cost counts as 0.
    pub cost: Money,
}

impl Line {
    /// Whether the two differ in quantity alone, so that a tab may hold them as one.
    pub fn merges_with(&self, other: &Self) -> bool {
        self.item_id == other.item_id
            && self.unit_price == other.unit_price
            && self.unit_cost == other.unit_cost
            && self.name == other.name
    }

    /// Quantity times price and cost.
    pub fn amounts(&self) -> Result<Amounts, Overflow> {
        Ok(Amounts {
            price: self.unit_price.times(self.quantity)?,
            cost: self.unit_cost.unwrap_or(Money::ZERO).times(self.quantity)?,
        })
    }
}

impl Amounts {
    /// The sums over lines.
    pub fn of(lines: &[Line]) -> Result<Self, Overflow> {
        lines.iter().try_fold(Self::default(), |sum, line| sum.plus(line.amounts()?))
    }

    /// Both sums.
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self { price: self.price.plus(other.price)?, cost: self.cost.plus(other.cost)? })
    }

    /// Both differences.
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        Ok(Self { price: self.price.minus(other.price)?, cost: self.cost.minus(other.cost)? })
    }
}
