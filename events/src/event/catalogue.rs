//! The menu: categories, their items, and what an item costs the store.

use serde::{Deserialize, Serialize};

use crate::ids::{CategoryId, ItemId};
use crate::money::Money;

/// A category was added to the menu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CategoryAdded {
    /// Its number.
    pub category_id: CategoryId,
    /// Its name.
    pub name: String,
}

/// A category got another name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CategoryRenamed {
    /// Its number.
    pub category_id: CategoryId,
    /// Its name from now on.
    pub name: String,
}

/// A category left the menu, and its items with it. Open tables and history keep what they hold of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CategoryRemoved {
    /// Its number.
    pub category_id: CategoryId,
    /// The items that left with it.
    pub items: Vec<ItemId>,
}

/// An item was added to a category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemAdded {
    /// Its number.
    pub item_id: ItemId,
    /// The category it stands in.
    pub category_id: CategoryId,
    /// Its name.
    pub name: String,
    /// What one sells for from now on.
    pub price: Money,
}

/// An item got another name or price; what was ordered before keeps the old ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemChanged {
    /// Its number.
    pub item_id: ItemId,
    /// The category it stands in.
    pub category_id: CategoryId,
    /// Its name from now on.
    pub name: String,
    /// What one sells for from now on.
    pub price: Money,
}

/// An item left the menu. Open tables and history keep what they hold of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemRemoved {
    /// Its number.
    pub item_id: ItemId,
}

/// The cost of one or many items was set; only those whose cost it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostsSet {
    /// What was set, in the order of the items' numbers.
    pub items: Vec<CostSet>,
}

/// One item's new cost, beside what was true of it then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostSet {
    /// The item.
    pub item_id: ItemId,
    /// Its category then.
    pub category_id: CategoryId,
    /// Its name then.
    pub name: String,
    /// Its price then.
    pub price: Money,
    /// What one costs the store from now on.
    pub cost: Money,
}
