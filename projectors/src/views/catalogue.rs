//! The menu as it is now: what the till shows and what costs are set on.

use std::collections::BTreeMap;

use events::{CategoryId, CostsSet, Envelope, Event, ItemAdded, ItemChanged, ItemId, Money, StoreId};
use migrations::Value;

use crate::projection::{Change, Inapplicable, Projection};

/// A batch's changes to the menus.
#[derive(Default)]
pub struct Catalogue {
    /// The name, or `None` once removed.
    categories: BTreeMap<(StoreId, CategoryId), Option<String>>,
    items: BTreeMap<(StoreId, ItemId), ItemChange>,
}

enum ItemChange {
    Added(Details, Option<Money>),
    Changed(Option<Details>, Option<Money>),
    Removed,
}

#[derive(Clone)]
struct Details {
    category: CategoryId,
    name: String,
    price: Money,
}

const PUT_CATEGORY: &str = "INSERT INTO categories (store_id, category_id, name) VALUES ($1, $2, $3) \
    ON CONFLICT (store_id, category_id) DO UPDATE SET name = excluded.name";
const REMOVE_CATEGORY: &str = "DELETE FROM categories WHERE store_id = $1 AND category_id = $2";
const ADD_ITEM: &str = "INSERT INTO items (store_id, item_id, category_id, name, price, cost) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const CHANGE_ITEM: &str =
    "UPDATE items SET category_id = $1, name = $2, price = $3 WHERE store_id = $4 AND item_id = $5";
const SET_COST: &str = "UPDATE items SET cost = $1 WHERE store_id = $2 AND item_id = $3";
const REMOVE_ITEM: &str = "DELETE FROM items WHERE store_id = $1 AND item_id = $2";

impl Projection for Catalogue {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let store = event.subject.store();
        match &event.data {
            Event::CategoryAdded(added) => self.name(store, added.category_id, &added.name),
            Event::CategoryRenamed(renamed) => self.name(store, renamed.category_id, &renamed.name),
            Event::CategoryRemoved(removed) => {
                self.categories.insert((store, removed.category_id), None);
                self.items.extend(removed.items.iter().map(|item| ((store, *item), ItemChange::Removed)));
            }
            Event::ItemAdded(added) => self.add_item(store, added)?,
            Event::ItemChanged(changed) => self.change_item(store, changed),
            Event::ItemRemoved(removed) => {
                self.items.insert((store, removed.item_id), ItemChange::Removed);
            }
            Event::CostsSet(costs) => self.set_costs(store, costs),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let categories = || self.categories.iter();
        let named = categories().filter_map(|((store, id), name)| Some((store, id, name.as_ref()?)));
        let gone = categories().filter(|(_, name)| name.is_none());
        let mut changes = vec![
            Change::new(
                PUT_CATEGORY,
                named.map(|(store, id, name)| vec![store.0.into(), id.0.into(), name.as_str().into()]),
            ),
            Change::new(REMOVE_CATEGORY, gone.map(|((store, id), _)| vec![store.0.into(), id.0.into()])),
        ];
        changes.extend(item_changes(&self.items));
        changes
    }
}

impl Catalogue {
    fn name(&mut self, store: StoreId, category: CategoryId, name: &str) {
        self.categories.insert((store, category), Some(name.to_owned()));
    }

    fn add_item(&mut self, store: StoreId, added: &ItemAdded) -> Result<(), Inapplicable> {
        let details = Details { category: added.category_id, name: added.name.clone(), price: added.price };
        match self.items.insert((store, added.item_id), ItemChange::Added(details, None)) {
            Some(_) => Err(Inapplicable::Twice("item")),
            None => Ok(()),
        }
    }

    fn change_item(&mut self, store: StoreId, changed: &ItemChanged) {
        let details = Details { category: changed.category_id, name: changed.name.clone(), price: changed.price };
        match self.item(store, changed.item_id) {
            ItemChange::Added(known, _) => *known = details,
            ItemChange::Changed(known, _) => *known = Some(details),
            ItemChange::Removed => {}
        }
    }

    fn set_costs(&mut self, store: StoreId, costs: &CostsSet) {
        for set in &costs.items {
            match self.item(store, set.item_id) {
                ItemChange::Added(_, cost) | ItemChange::Changed(_, cost) => *cost = Some(set.cost),
                ItemChange::Removed => {}
            }
        }
    }

    fn item(&mut self, store: StoreId, item: ItemId) -> &mut ItemChange {
        self.items.entry((store, item)).or_insert(ItemChange::Changed(None, None))
    }
}

fn item_changes(items: &BTreeMap<(StoreId, ItemId), ItemChange>) -> [Change; 4] {
    let (mut added, mut changed, mut costs, mut removed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((store, item), change) in items {
        let key: [Value; 2] = [store.0.into(), item.0.into()];
        match change {
            ItemChange::Added(details, cost) => {
                let cost: Value = cost.map(|cost| cost.0).into();
                added.push([key.as_slice(), &described(details), &[cost]].concat());
            }
            ItemChange::Changed(details, cost) => {
                changed.extend(details.iter().map(|details| [described(details).as_slice(), &key].concat()));
                costs.extend(cost.iter().map(|cost| [&[cost.0.into()], key.as_slice()].concat()));
            }
            ItemChange::Removed => removed.push(key.to_vec()),
        }
    }
    [
        Change { sql: ADD_ITEM, rows: added },
        Change { sql: CHANGE_ITEM, rows: changed },
        Change { sql: SET_COST, rows: costs },
        Change { sql: REMOVE_ITEM, rows: removed },
    ]
}

fn described(details: &Details) -> [Value; 3] {
    [details.category.0.into(), details.name.as_str().into(), details.price.0.into()]
}
