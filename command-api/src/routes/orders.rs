//! Orders on the tables.

use axum::extract::State;
use axum::response::Response;
use domain::{CancelTab, CartItem, Command, PlaceOrder, UpdateCart};
use events::{ItemId, TableNo};
use web::{Fields, Problem};

use super::CommandState;
use super::ask::{Ask, AskOrDemonstration};
use super::bodies::{NewOrder, TableAndCarts};
use super::documents::{Refused, RefusedBody, Sent};
use super::fields::occurred_at;
use super::limits::{CARTS, ID, QUANTITY, TABLE_NO};

/// Places an order on a table; a second one on an occupied table is a second open order.
#[utoipa::path(
    post, path = "/orders", operation_id = "place_order", tag = "orders", request_body = NewOrder,
    params(Sent),
    responses(
        RefusedBody,
        (status = 200, description = "Placed (`success`), or nothing ordered (`failed`)"),
        (status = 404, description = "An item is not on the menu; nothing is booked", body = web::ProblemDocument),
    ),
)]
pub(super) async fn post(State(state): State<CommandState>, AskOrDemonstration(ask): AskOrDemonstration) -> Response {
    ask.run(&state, |_, fields| {
        let (table_no, carts) = table_and_carts(fields)?;
        let occurred_at = occurred_at(fields)?;
        Ok(Command::PlaceOrder(PlaceOrder { table_no, carts, occurred_at }))
    })
    .await
}

/// Replaces what is on a table; empty carts cancel it.
#[utoipa::path(
    put, path = "/orders", operation_id = "update_cart", tag = "orders", request_body = TableAndCarts,
    params(Sent),
    responses(
        RefusedBody,
        (status = 200, description = "Replaced (`success`) or `cancelled`"),
        (status = 404, description = "An item is not on the menu; nothing changes", body = web::ProblemDocument),
        (status = 409, description = "The table has no open order", body = web::ProblemDocument),
    ),
)]
pub(super) async fn put(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run(&state, |_, fields| {
        let (table_no, carts) = table_and_carts(fields)?;
        Ok(Command::UpdateCart(UpdateCart { table_no, carts }))
    })
    .await
}

/// Cancels everything on a table.
#[utoipa::path(
    delete, path = "/orders/{table_no}", operation_id = "cancel_table", tag = "orders",
    params(("table_no" = i64, Path, description = "The table; 0 is the kiosk"), Sent),
    responses(
        Refused,
        (status = 200, description = "The orders that were cancelled, at most the first 1,000"),
    ),
)]
pub(super) async fn delete(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run_bodiless(&state, |ask| Ok(Command::CancelTab(CancelTab { table_no: TableNo(ask.path_id()?) }))).await
}

fn table_and_carts(fields: &Fields<'_>) -> Result<(TableNo, Vec<CartItem>), Problem> {
    let table_no = TableNo(fields.integer("table_no", &TABLE_NO)?);
    let carts = fields.objects("carts", &CARTS)?;
    let carts = carts.iter().map(|cart| {
        let item_id = ItemId(cart.integer("item_id", &ID)?);
        Ok(CartItem { item_id, quantity: cart.integer("quantity", &QUANTITY)? })
    });
    Ok((table_no, carts.collect::<Result<_, Problem>>()?))
}
