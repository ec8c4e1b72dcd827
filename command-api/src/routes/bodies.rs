//! The bodies of commands as the OpenAPI document shows them. They are read by `web::Fields`, which is stricter in
//! its errors and laxer in what it takes (a number may be sent as a text of digits).
#![expect(
    dead_code,
    clippy::struct_field_names,
    reason = "these structs are shapes for the document; nothing is ever read into them, and the names are the clients'"
)]

use utoipa::ToSchema;

/// A sign-up.
#[derive(ToSchema)]
pub(super) struct SignUp {
    username: String,
    password: String,
    owner_name: String,
    phone: String,
    store_name: String,
    address: String,
    store_type: String,
    /// ISO 4217; KRW unless said.
    currency: Option<String>,
    /// IANA; Asia/Seoul unless said.
    time_zone: Option<String>,
    /// `HH:MM`, local; midnight unless said, and fixed for good.
    day_begins: Option<String>,
    /// `ko` or `en`; `ko` unless said.
    language: Option<String>,
}

/// A new password.
#[derive(ToSchema)]
pub(super) struct NewPassword {
    password: String,
}

/// A name.
#[derive(ToSchema)]
pub(super) struct Named {
    name: String,
}

/// An item's name and price.
#[derive(ToSchema)]
pub(super) struct NameAndPrice {
    name: String,
    /// Minor units.
    price: i64,
}

/// One item's cost.
#[derive(ToSchema)]
pub(super) struct Cost {
    /// Minor units; null changes nothing.
    cost: Option<i64>,
}

/// Costs of items.
#[derive(ToSchema)]
pub(super) struct Costs {
    items: Vec<CostEntry>,
}

/// The cost of an item.
#[derive(ToSchema)]
pub(super) struct CostEntry {
    item_id: i64,
    /// Minor units; null changes nothing.
    cost: Option<i64>,
}

/// Costs of items by category, as `GET /bff/costs` gives them.
#[derive(ToSchema)]
pub(super) struct CostsByCategory {
    items: Vec<Costs>,
}

/// What is ordered at a table, or all that is to be on it.
#[derive(ToSchema)]
pub(super) struct TableAndCarts {
    table_no: i64,
    carts: Vec<Cart>,
}

/// What is ordered at a table.
#[derive(ToSchema)]
pub(super) struct NewOrder {
    table_no: i64,
    carts: Vec<Cart>,
    /// RFC 3339, where the terminal was offline: at most 7 days back.
    occurred_at: Option<String>,
}

/// The day that is to be settled.
#[derive(ToSchema)]
pub(super) struct Day {
    /// `YYYY-MM-DD`.
    date: String,
}

/// So many of one item.
#[derive(ToSchema)]
pub(super) struct Cart {
    item_id: i64,
    quantity: i64,
}

/// A payment.
#[derive(ToSchema)]
pub(super) struct Payment {
    table_no: i64,
    /// `card` or `카드`, `cash` or `현금`, or another text.
    payment_type: String,
    /// What the terminal takes the total to be, in minor units. Booked is the server's.
    total_price: Option<i64>,
    /// RFC 3339, where the terminal was offline: at most 7 days back.
    occurred_at: Option<String>,
}
