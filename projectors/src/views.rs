//! The views, one module each, named as their tables' file in `migrations` and their queries' module in `query-api`.

pub mod catalogue;
pub mod days;
pub mod orders;
pub mod sales;
pub mod stores;
pub mod tables;

use crate::projection::View;

/// Every view there is.
pub const VIEWS: [View; 6] = [
    View { name: "stores", begin: || Box::<stores::Stores>::default() },
    View { name: "catalogue", begin: || Box::<catalogue::Catalogue>::default() },
    View { name: "tables", begin: || Box::<tables::Tables>::default() },
    View { name: "orders", begin: || Box::<orders::Orders>::default() },
    View { name: "sales", begin: || Box::<sales::Sales>::default() },
    View { name: "days", begin: || Box::<days::Days>::default() },
];

/// The view of this name.
pub fn named(name: &str) -> Option<View> {
    VIEWS.into_iter().find(|view| view.name == name)
}
