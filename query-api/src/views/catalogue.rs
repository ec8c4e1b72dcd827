//! The `catalogue` view: the menu as it is now, with costs.

use events::{ItemId, StoreId};
use migrations::{Snapshot, ViewsError};

use crate::shapes::{Categories, Category, CategoryItems, CostedItem, Costs, Item, MenuItem, OneItem};

/// The projection's name.
pub(crate) const NAME: &str = "catalogue";

const CATEGORIES: &str = "SELECT category_id, name FROM categories WHERE store_id = $1 ORDER BY category_id";
const ITEMS: &str =
    "SELECT category_id, item_id, name, price, cost FROM items WHERE store_id = $1 ORDER BY category_id, item_id";
const ITEM: &str = "SELECT name, price FROM items WHERE store_id = $1 AND item_id = $2";
const COSTS: &str = "SELECT i.item_id, i.name, i.category_id, c.name, i.price, i.cost FROM items i \
     JOIN categories c ON c.store_id = i.store_id AND c.category_id = i.category_id \
     WHERE i.store_id = $1 ORDER BY i.item_id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[CATEGORIES, ITEMS, ITEM, COSTS];

/// The store's categories.
pub(crate) async fn categories(snapshot: &mut Snapshot, store: StoreId) -> Result<Categories, ViewsError> {
    let rows = snapshot.fetch(CATEGORIES, &[store.0.into()]).await?;
    let category = |row: &migrations::Row| Ok(Category { id: row.int(0)?, name: row.text(1)?.to_owned() });
    let categories = rows.iter().map(category).collect::<Result<_, ViewsError>>()?;
    Ok(Categories { categories, store_id: store.0 })
}

/// The store's categories, each with its items.
pub(crate) async fn menu(snapshot: &mut Snapshot, store: StoreId) -> Result<Vec<CategoryItems>, ViewsError> {
    let categories = snapshot.fetch(CATEGORIES, &[store.0.into()]).await?;
    let items = snapshot.fetch(ITEMS, &[store.0.into()]).await?;
    let mut items = items.iter().peekable();
    let mut menu = Vec::with_capacity(categories.len());
    for row in &categories {
        let mut category =
            CategoryItems { category_id: row.int(0)?, category_name: row.text(1)?.to_owned(), items: Vec::new() };
        // Both lists are in the order of the categories, so one pass is enough.
        while let Some(row) = items.next_if(|row| row.int(0).is_ok_and(|of| of <= category.category_id)) {
            if row.int(0)? == category.category_id {
                category.items.push(MenuItem {
                    item_id: row.int(1)?,
                    name: row.text(2)?.to_owned(),
                    price: row.int(3)?,
                    cost: row.opt_int(4)?,
                });
            }
        }
        menu.push(category);
    }
    Ok(menu)
}

/// Every item with its cost and its category.
pub(crate) async fn costs(snapshot: &mut Snapshot, store: StoreId) -> Result<Costs, ViewsError> {
    let rows = snapshot.fetch(COSTS, &[store.0.into()]).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        items.push(CostedItem {
            item_id: row.int(0)?,
            name: row.text(1)?.to_owned(),
            category_id: row.int(2)?,
            category_name: row.text(3)?.to_owned(),
            price: row.int(4)?,
            cost: row.opt_int(5)?,
        });
    }
    Ok(Costs { items })
}

/// One item, if the store has it.
pub(crate) async fn item(snapshot: &mut Snapshot, store: StoreId, item: ItemId) -> Result<Option<OneItem>, ViewsError> {
    let row = snapshot.fetch_optional(ITEM, &[store.0.into(), item.0.into()]).await?;
    row.map(|row| Ok(OneItem { item: Item { item_id: item.0, name: row.text(0)?.to_owned(), price: row.int(1)? } }))
        .transpose()
}
