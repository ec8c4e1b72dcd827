//! The menu as it stands: the state's section of the catalogue, and what follows for it from events.

use std::sync::Arc;

use events::{
    CategoryAdded, CategoryId, CategoryRemoved, CategoryRenamed, CostsSet, ItemAdded, ItemChanged, ItemId, ItemRemoved,
    Money,
};
use imbl::OrdMap;
use serde::{Deserialize, Serialize};

use crate::rejection::Rejection;
use crate::state::EvolveError;

/// What is on the menu, and how many numbers have been taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Menu {
    categories: OrdMap<CategoryId, Category>,
    category_names: OrdMap<Arc<str>, CategoryId>,
    items: OrdMap<ItemId, Item>,
    categories_added: i64,
    items_added: i64,
}

/// A category on the menu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Category {
    name: Arc<str>,
    /// Its items by their names.
    pub(crate) items: OrdMap<Arc<str>, ItemId>,
}

/// An item on the menu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) category_id: CategoryId,
    pub(crate) name: Arc<str>,
    pub(crate) price: Money,
    pub(crate) cost: Option<Money>,
}

impl Category {
    pub(crate) fn item_named(&self, name: &str) -> Option<ItemId> {
        self.items.get(name).copied()
    }
}

impl Menu {
    pub(crate) fn category(&self, category_id: CategoryId) -> Result<&Category, Rejection> {
        self.categories.get(&category_id).ok_or(Rejection::UnknownCategory { category_id })
    }

    pub(crate) fn category_named(&self, name: &str) -> Option<CategoryId> {
        self.category_names.get(name).copied()
    }

    pub(crate) fn item(&self, item_id: ItemId) -> Result<&Item, Rejection> {
        self.items.get(&item_id).ok_or(Rejection::UnknownItem { item_id })
    }

    /// Whether the item is or was on the menu.
    pub(crate) fn ever_had(&self, item_id: ItemId) -> bool {
        (1..=self.items_added).contains(&item_id.0)
    }

    pub(crate) fn next_category(&self) -> CategoryId {
        CategoryId(self.categories_added + 1)
    }

    pub(crate) fn next_item(&self) -> ItemId {
        ItemId(self.items_added + 1)
    }

    pub(crate) fn category_added(&mut self, event: &CategoryAdded) -> Result<(), EvolveError> {
        if event.category_id != self.next_category() {
            return Err(EvolveError::Impossible("a category takes a number out of turn"));
        }
        let name: Arc<str> = event.name.as_str().into();
        self.category_names.insert(name.clone(), event.category_id);
        self.categories.insert(event.category_id, Category { name, items: OrdMap::new() });
        self.categories_added += 1;
        Ok(())
    }

    pub(crate) fn category_renamed(&mut self, event: &CategoryRenamed) -> Result<(), EvolveError> {
        let category = in_use(self.categories.get_mut(&event.category_id))?;
        self.category_names.remove(&category.name);
        category.name = event.name.as_str().into();
        self.category_names.insert(category.name.clone(), event.category_id);
        Ok(())
    }

    pub(crate) fn category_removed(&mut self, event: &CategoryRemoved) -> Result<(), EvolveError> {
        let category = in_use(self.categories.remove(&event.category_id))?;
        self.category_names.remove(&category.name);
        for item_id in &event.items {
            in_use(self.items.remove(item_id))?;
        }
        Ok(())
    }

    pub(crate) fn item_added(&mut self, event: &ItemAdded) -> Result<(), EvolveError> {
        if event.item_id != self.next_item() {
            return Err(EvolveError::Impossible("an item takes a number out of turn"));
        }
        let name: Arc<str> = event.name.as_str().into();
        in_use(self.categories.get_mut(&event.category_id))?.items.insert(name.clone(), event.item_id);
        let item = Item { category_id: event.category_id, name, price: event.price, cost: None };
        self.items.insert(event.item_id, item);
        self.items_added += 1;
        Ok(())
    }

    pub(crate) fn item_changed(&mut self, event: &ItemChanged) -> Result<(), EvolveError> {
        let item = in_use(self.items.get_mut(&event.item_id))?;
        in_use(self.categories.get_mut(&item.category_id))?.items.remove(&item.name);
        (item.category_id, item.name, item.price) = (event.category_id, event.name.as_str().into(), event.price);
        in_use(self.categories.get_mut(&item.category_id))?.items.insert(item.name.clone(), event.item_id);
        Ok(())
    }

    pub(crate) fn item_removed(&mut self, event: &ItemRemoved) -> Result<(), EvolveError> {
        let item = in_use(self.items.remove(&event.item_id))?;
        in_use(self.categories.get_mut(&item.category_id))?.items.remove(&item.name);
        Ok(())
    }

    pub(crate) fn costs_set(&mut self, event: &CostsSet) -> Result<(), EvolveError> {
        for set in &event.items {
            in_use(self.items.get_mut(&set.item_id))?.cost = Some(set.cost);
        }
        Ok(())
    }
}

/// What an event names, it finds on the menu.
fn in_use<T>(found: Option<T>) -> Result<T, EvolveError> {
    found.ok_or(EvolveError::Impossible("an event names what is not on the menu"))
}
