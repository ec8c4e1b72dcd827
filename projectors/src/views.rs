//! The views, one module each, named as their tables' file in `migrations` and their queries' module in `query-api`.

pub mod catalogue;
pub mod consultings;
pub mod days;
pub mod orders;
pub mod sales;
pub mod settlements;
pub mod stores;
pub mod tables;

use crate::projection::View;

/// Every view there is.
pub const VIEWS: [View; 8] = [
    View { name: "stores", begin: || Box::<stores::Stores>::default() },
    View { name: "catalogue", begin: || Box::<catalogue::Catalogue>::default() },
    View { name: "tables", begin: || Box::<tables::Tables>::default() },
    View { name: "orders", begin: || Box::<orders::Orders>::default() },
    View { name: "sales", begin: || Box::<sales::Sales>::default() },
    View { name: "days", begin: || Box::<days::Days>::default() },
    View { name: "settlements", begin: || Box::<settlements::Settlements>::default() },
    View { name: "consultings", begin: || Box::<consultings::Consultings>::default() },
];

/// The view of this name.
pub fn named(name: &str) -> Option<View> {
    VIEWS.into_iter().find(|view| view.name == name)
}
