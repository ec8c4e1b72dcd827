//! Commands made at random: those of a busy day, and those of somebody who means no well.

use chrono::{Days, NaiveDate, TimeDelta};
use events::{CategoryId, Credentials, ItemId, Money};
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::scenario::*;
use crate::limits::{AMOUNT_MINOR_UNITS, QUANTITY};
use crate::*;

/// Tables that histories use: 0, 1, 2.
pub(crate) const TABLES: i64 = 3;

/// What a store may be asked on a busy day with few tables, few items and few names.
pub(crate) fn commands() -> impl Strategy<Value = Command> {
    let (table, category, item) = (0..TABLES, (1_i64..4).prop_map(CategoryId), (1_i64..7).prop_map(ItemId));
    let name = || select(vec!["라떼", "모카", "스콘", "커피", "차"]);
    let price = || select(vec![0, 10, 5_500, AMOUNT_MINOR_UNITS / 3]);
    prop_oneof![
        1 => name().prop_map(add_category),
        1 => (category.clone(), name()).prop_map(|(id, name)| rename_category(id, name)),
        1 => category.clone().prop_map(remove_category),
        4 => (category, name(), price()).prop_map(|(id, name, price)| add_item(id, name, price)),
        2 => (item.clone(), name(), price()).prop_map(|(id, name, price)| change_item(id, name, price)),
        1 => item.clone().prop_map(remove_item),
        2 => prop::collection::vec((item, prop::option::of(price())), 0..3).prop_map(set_costs),
        10 => (table.clone(), small_carts()).prop_map(|(table, carts)| place_order(table, carts)),
        8 => (table.clone(), small_carts()).prop_map(|(table, carts)| update_cart(table, carts)),
        1 => table.clone().prop_map(cancel_tab),
        4 => (table, prop::option::of(price()), any::<bool>()).prop_map(|(table, stated, strict_total)| {
            Command::PayTab(PayTab { stated_total: stated.map(Money), strict_total, ..by_card(table) })
        }),
        3 => (1_i64..6).prop_map(void_sale),
        1 => any::<u128>().prop_map(|jti| change_password(Uuid::from_u128(jti))),
        2 => days().prop_map(settle),
        1 => days().prop_map(tell_total),
        1 => days().prop_map(|day| request_consulting(day, day)),
        1 => days().prop_map(repeat_message),
        2 => (0..TABLES, -1_i64..200).prop_map(|(table, hours)| late_payment(table, hours)),
    ]
}

/// What nobody would ask who means well.
pub(crate) fn hostile_commands() -> impl Strategy<Value = Command> {
    let number =
        || prop_oneof![select(vec![i64::MIN, -1, 0, 1, 2, QUANTITY, AMOUNT_MINOR_UNITS, i64::MAX]), any::<i64>()];
    let carts = move || prop::collection::vec((number().prop_map(ItemId), number()), 0..600);
    let carts = move || prop_oneof![carts(), prop::collection::vec(((1_i64..4).prop_map(ItemId), number()), 0..5)];
    prop_oneof![
        any::<String>().prop_map(|name| add_category(&name)),
        (number(), any::<String>(), number()).prop_map(|(id, name, price)| add_item(CategoryId(id), &name, price)),
        (number(), ".*", number()).prop_map(|(id, name, price)| change_item(ItemId(id), &name, price)),
        number().prop_map(|id| remove_category(CategoryId(id))),
        (number(), number()).prop_map(|(id, cost)| set_costs([(ItemId(id), Some(cost))])),
        (0..TABLES, carts()).prop_map(|(table, carts)| place_order(table, carts)),
        (number(), carts()).prop_map(|(table, carts)| place_order(table, carts)),
        (0..TABLES, carts()).prop_map(|(table, carts)| update_cart(table, carts)),
        number().prop_map(cancel_tab),
        (0..TABLES, any::<String>(), number()).prop_map(|(table, payment_type, total)| {
            Command::PayTab(PayTab { payment_type, stated_total: Some(Money(total)), ..by_card(table) })
        }),
        number().prop_map(void_sale),
    ]
}

/// The days that a history of eighty commands goes through, and their neighbours.
fn days() -> impl Strategy<Value = NaiveDate> {
    (0_u64..8).prop_map(|days| date("2026-11-18") + Days::new(days))
}

/// A payment that occurred so many hours after the history began.
fn late_payment(table: i64, hours: i64) -> Command {
    let occurred_at = Some(instant("2026-11-20T09:00:00+09:00") + TimeDelta::hours(hours));
    Command::PayTab(PayTab { occurred_at, ..by_card(table) })
}

fn small_carts() -> impl Strategy<Value = Vec<(ItemId, i64)>> {
    prop::collection::vec(((1_i64..7).prop_map(ItemId), 0_i64..4), 0..4)
}

fn change_password(jti: Uuid) -> Command {
    Command::ChangePassword(ChangePassword { keeps: Some(jti), personal: Credentials { password_hash: String::new() } })
}
