//! The menu: categories, their items, what an item sells for and what it costs the store.

mod menu;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use events::{
    CategoryAdded, CategoryId, CategoryRemoved, CategoryRenamed, CostSet, CostsSet, ItemAdded, ItemChanged, ItemId,
    ItemRemoved, Money,
};

pub(crate) use menu::Menu;

use crate::decision::{Already, Decided, Decision};
use crate::field::{self, Field};
use crate::limits::NAME_CHARS;
use crate::rejection::Rejection;
use crate::state::StoreState;

/// Add a category to the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCategory {
    /// Its name, which no other category of the store has.
    pub name: String,
}

/// Give a category another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameCategory {
    /// The category.
    pub category_id: CategoryId,
    /// Its name from now on.
    pub name: String,
}

/// Take a category off the menu, and its items with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveCategory {
    /// The category.
    pub category_id: CategoryId,
}

/// Add an item to a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddItem {
    /// The category.
    pub category_id: CategoryId,
    /// Its name, which no other item of the category has.
    pub name: String,
    /// What one sells for.
    pub price: Money,
}

/// Give an item another name or price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeItem {
    /// The item.
    pub item_id: ItemId,
    /// Its name from now on.
    pub name: String,
    /// What one sells for from now on.
    pub price: Money,
}

/// Take an item off the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveItem {
    /// The item.
    pub item_id: ItemId,
}

/// Set what items cost the store, all of them or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCosts {
    /// What to set. Of an item that is here twice, the last counts.
    pub items: Vec<ItemCost>,
}

/// What one item is said to cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemCost {
    /// The item.
    pub item_id: ItemId,
    /// What one costs from now on; `None` leaves it as it is.
    pub cost: Option<Money>,
}

pub(crate) fn add_category(state: &StoreState, command: &AddCategory) -> Decided {
    let name = field::text(Field::Name, &command.name, NAME_CHARS)?;
    if let Some(category_id) = state.menu.category_named(&name) {
        return Err(Rejection::CategoryNameInUse { category_id });
    }
    Ok(CategoryAdded { category_id: state.menu.next_category(), name }.into())
}

pub(crate) fn rename_category(state: &StoreState, command: &RenameCategory) -> Decided {
    let category_id = command.category_id;
    let name = field::text(Field::Name, &command.name, NAME_CHARS)?;
    state.menu.category(category_id)?;
    match state.menu.category_named(&name) {
        Some(own) if own == category_id => Ok(Decision::Already(Already::CategoryNamed { category_id })),
        Some(other) => Err(Rejection::CategoryNameInUse { category_id: other }),
        None => Ok(CategoryRenamed { category_id, name }.into()),
    }
}

pub(crate) fn remove_category(state: &StoreState, command: &RemoveCategory) -> Decided {
    let category_id = command.category_id;
    let mut items: Vec<ItemId> = state.menu.category(category_id)?.items.values().copied().collect();
    items.sort_unstable();
    Ok(CategoryRemoved { category_id, items }.into())
}

pub(crate) fn add_item(state: &StoreState, command: &AddItem) -> Decided {
    let category_id = command.category_id;
    let name = field::text(Field::Name, &command.name, NAME_CHARS)?;
    let price = field::amount(Field::Price, command.price)?;
    if let Some(item_id) = state.menu.category(category_id)?.item_named(&name) {
        return Err(Rejection::ItemNameInUse { item_id });
    }
    Ok(ItemAdded { item_id: state.menu.next_item(), category_id, name, price }.into())
}

pub(crate) fn change_item(state: &StoreState, command: &ChangeItem) -> Decided {
    let item_id = command.item_id;
    let name = field::text(Field::Name, &command.name, NAME_CHARS)?;
    let price = field::amount(Field::Price, command.price)?;
    let item = state.menu.item(item_id)?;
    if *item.name == *name && item.price == price {
        return Ok(Decision::Already(Already::ItemUnchanged { item_id }));
    }
    match state.menu.category(item.category_id)?.item_named(&name) {
        Some(other) if other != item_id => Err(Rejection::ItemNameInUse { item_id: other }),
        _ => Ok(ItemChanged { item_id, category_id: item.category_id, name, price }.into()),
    }
}

pub(crate) fn remove_item(state: &StoreState, command: &RemoveItem) -> Decided {
    state.menu.item(command.item_id)?;
    Ok(ItemRemoved { item_id: command.item_id }.into())
}

pub(crate) fn set_costs(state: &StoreState, command: &SetCosts) -> Decided {
    let mut sent = BTreeMap::new();
    for &ItemCost { item_id, cost } in &command.items {
        let cost = cost.map(|cost| field::amount(Field::Cost, cost)).transpose()?;
        state.menu.item(item_id)?;
        sent.insert(item_id, cost);
    }
    let mut items = Vec::new();
    for (item_id, cost) in sent {
        let item = state.menu.item(item_id)?;
        if let Some(cost) = cost.filter(|cost| item.cost != Some(*cost)) {
            let (category_id, name, price) = (item.category_id, item.name.to_string(), item.price);
            items.push(CostSet { item_id, category_id, name, price, cost });
        }
    }
    if items.is_empty() {
        return Ok(Decision::Already(Already::CostsUnchanged));
    }
    Ok(CostsSet { items }.into())
}
