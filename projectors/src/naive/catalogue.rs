//! The menu, row by row.

use std::collections::BTreeMap;

use events::{CategoryId, Envelope, Event, ItemId, Money, StoreId};

use super::{Expected, Naive, Table, table};

#[derive(Default)]
pub(crate) struct Catalogue {
    categories: BTreeMap<(StoreId, CategoryId), String>,
    items: BTreeMap<(StoreId, ItemId), Item>,
}

struct Item {
    category: CategoryId,
    name: String,
    price: Money,
    cost: Option<Money>,
}

const CATEGORIES: &Table = &table!("categories", 2, "store_id, category_id", "$1, $2", "store_id, category_id, name");
const ITEMS: &Table =
    &table!("items", 2, "store_id, item_id", "$1, $2", "store_id, item_id, category_id, name, price, cost");

impl Naive for Catalogue {
    fn apply(&mut self, event: &Envelope) -> bool {
        let store = event.subject.store();
        match &event.data {
            Event::CategoryAdded(data) => {
                self.categories.insert((store, data.category_id), data.name.clone());
            }
            Event::CategoryRenamed(data) => {
                self.categories.insert((store, data.category_id), data.name.clone());
            }
            Event::CategoryRemoved(data) => {
                self.categories.remove(&(store, data.category_id));
                for item in &data.items {
                    self.items.remove(&(store, *item));
                }
            }
            Event::ItemAdded(data) => {
                let (category, name, price) = (data.category_id, data.name.clone(), data.price);
                self.items.insert((store, data.item_id), Item { category, name, price, cost: None });
            }
            Event::ItemChanged(data) => {
                if let Some(item) = self.items.get_mut(&(store, data.item_id)) {
                    (item.category, item.name, item.price) = (data.category_id, data.name.clone(), data.price);
                }
            }
            Event::ItemRemoved(data) => {
                self.items.remove(&(store, data.item_id));
            }
            Event::CostsSet(data) => {
                for set in &data.items {
                    if let Some(item) = self.items.get_mut(&(store, set.item_id)) {
                        item.cost = Some(set.cost);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        let categories = self.categories.iter();
        let categories = categories.map(|((store, id), name)| vec![store.0.into(), id.0.into(), name.as_str().into()]);
        let items = self.items.iter().map(|((store, id), item)| {
            vec![
                store.0.into(),
                id.0.into(),
                item.category.0.into(),
                item.name.as_str().into(),
                item.price.0.into(),
                item.cost.map(|cost| cost.0).into(),
            ]
        });
        vec![
            Expected { table: CATEGORIES, rows: Box::new(categories) },
            Expected { table: ITEMS, rows: Box::new(items) },
        ]
    }
}
