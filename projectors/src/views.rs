//! The views, one module each, named as their tables' file in `migrations` and their queries' module in `query-api`.

pub mod catalogue;
pub mod consultings;
pub mod days;
pub mod orders;
pub mod sales;
pub mod settlements;
pub mod stores;
pub mod tables;

use crate::naive;
use crate::projection::View;

/// Every view there is.
pub const VIEWS: [View; 8] = [
    View::of::<stores::Stores, naive::stores::Stores>("stores"),
    View::of::<catalogue::Catalogue, naive::catalogue::Catalogue>("catalogue"),
    View::of::<tables::Tables, naive::tables::Tables>("tables"),
    View::of::<orders::Orders, naive::orders::Orders>("orders"),
    View::of::<sales::Sales, naive::sales::Sales>("sales"),
    View::of::<days::Days, naive::days::Days>("days"),
    View::of::<settlements::Settlements, naive::settlements::Settlements>("settlements"),
    View::of::<consultings::Consultings, naive::consultings::Consultings>("consultings"),
];

/// The view of this name.
pub fn named(name: &str) -> Option<View> {
    VIEWS.into_iter().find(|view| view.name == name)
}
