//! Identifiers, each a type of its own so that none is passed for another.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

macro_rules! numbered {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

numbered! {
    /// A category of a store's menu: 1, 2, 3 … per store, none used twice.
    CategoryId;
    /// An item of a store's menu: 1, 2, 3 … per store (not per category), none used twice.
    ItemId;
    /// An order: 1, 2, 3 … per store.
    OrderId;
    /// A sale, that is a paid tab: 1, 2, 3 … per store.
    SaleId;
    /// A table as its guests know it, 0 or more; 0 is the kiosk.
    TableNo;
    /// A tab, that is what one table holds until it is paid or cancelled: 1, 2, 3 … per table.
    TabNo;
}

/// A store. Derived from the username it signed up with, so "this name is taken once" is decided by the one writer
/// that decides everything else of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreId(pub Uuid);

/// The namespace of store ids; a constant for good, since every store's id is made with it.
const STORES: Uuid = Uuid::from_u128(0x5a1e_5c0d_e000_5000_8000_5707_e1d5_0001);

impl StoreId {
    /// The id of the store whose username this is, whatever case or Unicode form it was typed in.
    pub fn of_username(username: &str) -> Self {
        let canonical: String = username.nfkc().flat_map(char::to_lowercase).nfkc().collect();
        Self(Uuid::new_v5(&STORES, canonical.as_bytes()))
    }
}

impl std::fmt::Display for StoreId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// An event, and the command that it came from: they share the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_one_store_in_every_spelling() {
        let store = StoreId::of_username("demostore");
        assert_eq!(store, StoreId::of_username("DemoStore"));
        assert_eq!(store, StoreId::of_username("demostore"));
        assert_ne!(store, StoreId::of_username("demostore1"));
    }

    #[test]
    fn a_stores_id_never_changes_between_versions() {
        let id = StoreId::of_username("demostore").to_string();
        assert_eq!(id, include_str!("../golden/demostore.id").trim());
    }
}
