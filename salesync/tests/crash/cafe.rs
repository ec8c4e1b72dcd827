//! The stores of a run: their menu, and what the dashboard shows of them at the end.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::StoreId;
use serde_json::{Value, json};

use crate::checker::Day;
use crate::harness::Till;
use crate::ledger::Ledger;
use crate::load::{ITEMS, LONG_MENU};

/// Gives a new store its menu.
pub(crate) fn furnish(till: &Till) {
    let menu: Vec<(String, i64)> = (1..=ITEMS).map(|item| (format!("메뉴 {item}"), 1_000 * item + 500)).collect();
    let menu: Vec<(&str, i64)> = menu.iter().map(|(name, price)| (name.as_str(), *price)).collect();
    till.menu(&menu);
    till.cost(1, 700);
    till.cost(2, 1_100);
}

/// Makes the menu of a store that has one a long one, of names as long as they may be.
pub(crate) fn furnish_long(till: &Till) {
    let hurried = till.with("Prefer", "respond-async");
    for nth in 0..LONG_MENU {
        let name = format!("{nth:0>3}{}", "가".repeat(97));
        hurried.post("/categories/1/items", &json!({"name": name, "price": 500})).is(201);
    }
}

/// What the dashboard shows of every day on which something was booked and those beside it, asked for with the last
/// position that each store was answered from.
pub(crate) fn volumes(tills: &[Till], ledger: &Ledger) -> BTreeMap<(StoreId, NaiveDate), Day> {
    let events = ledger.events();
    let booked: Vec<NaiveDate> = events.iter().filter_map(|(_, event)| event.data.books_on()).collect();
    let (Some(first), Some(last)) = (booked.iter().min(), booked.iter().max()) else { return BTreeMap::new() };
    let path = format!("/dashboard/volumes?start={first}&end={last}");
    let mut volumes = BTreeMap::new();
    for till in tills {
        // An order makes the client know the present end, so that the figures are asked for up to there.
        till.post("/orders/", &json!({"table_no": 500, "carts": []})).is(200);
        let store = StoreId(till.store_id.parse().unwrap());
        for day in till.get(&path).is(200)["total"].as_array().unwrap() {
            volumes.insert((store, day["date"].as_str().unwrap().parse().unwrap()), figures(day));
        }
    }
    volumes
}

fn figures(day: &Value) -> Day {
    Day { sales_volume: day["sales_volume"].as_i64().unwrap(), profit: day["profit"].as_i64().unwrap() }
}
