//! The menu and its costs as the clients read them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The categories of a store, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Categories {
    /// All of them.
    pub categories: Vec<Category>,
    /// The store.
    pub store_id: Uuid,
}

/// One category.
#[derive(Debug, Serialize, ToSchema)]
pub struct Category {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// The whole menu, empty categories too.
#[derive(Debug, Serialize, ToSchema)]
pub struct Menu {
    /// Oldest first.
    pub categories: Vec<CategoryItems>,
}

/// The whole menu under the name by which the page of costs asks for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryCosts {
    /// Oldest first.
    pub items: Vec<CategoryItems>,
}

/// A category with what is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryItems {
    /// Its number.
    pub category_id: i64,
    /// Its name.
    pub category_name: String,
    /// Oldest first.
    pub items: Vec<MenuItem>,
}

/// An item of the menu.
#[derive(Debug, Serialize, ToSchema)]
pub struct MenuItem {
    /// Its number.
    pub item_id: i64,
    /// Its name.
    pub name: String,
    /// What one sells for, in minor units.
    pub price: i64,
    /// What one costs the store, in minor units; `null` if nobody has said.
    pub cost: Option<i64>,
}

/// Every item with its cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct Costs {
    /// Oldest first.
    pub items: Vec<CostedItem>,
}

/// An item with its cost and its category.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostedItem {
    /// Its number.
    pub item_id: i64,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category_id: i64,
    /// Its category's name.
    pub category_name: String,
    /// What one sells for, in minor units.
    pub price: i64,
    /// What one costs the store, in minor units; `null` if nobody has said.
    pub cost: Option<i64>,
}

/// One item of the menu.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneItem {
    /// The item.
    pub item: Item,
}

/// An item by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Item {
    /// Its number.
    pub item_id: i64,
    /// Its name.
    pub name: String,
    /// What one sells for, in minor units.
    pub price: i64,
}
