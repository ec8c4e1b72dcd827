//! Bodies as the front end sends them.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::PASSWORD;

static NAMES: AtomicU32 = AtomicU32::new(0);

/// A username that no other store of this run has.
pub(crate) fn new_name() -> String {
    format!("tillstore{}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// A sign-up as the front end sends it, with these fields beside or instead.
pub(crate) fn registration(username: &str, fields: &Value) -> Value {
    let mut body = json!({
        "username": username, "password": PASSWORD, "owner_name": "홍길동", "phone": "01012345678",
        "store_name": "카페 하늘", "address": "서울시 강남구 1", "store_type": "일반음식점",
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// The body of an order.
pub(crate) fn table_of(table: i64, carts: &[(i64, i64)]) -> Value {
    let carts: Vec<Value> =
        carts.iter().map(|(item, quantity)| json!({"item_id": item, "quantity": quantity})).collect();
    json!({"table_no": table, "carts": carts})
}
