//! Payments and voids.

use axum::extract::State;
use axum::response::Response;
use domain::{Command, PayTab, VoidSale};
use events::{Money, SaleId, TableNo};

use super::CommandState;
use super::ask::{Ask, AskOrDemonstration};
use super::bodies::Payment;
use super::documents::{Refused, RefusedBody, Sent};
use super::fields::occurred_at;
use super::limits::{AMOUNT_MINOR_UNITS, PAYMENT_TYPE_CHARS, TABLE_NO};

/// Pays everything on a table. Booked is the server's total; a stated one that differs is kept beside it.
#[utoipa::path(
    post, path = "/sales", operation_id = "pay", tag = "sales", request_body = Payment,
    params(Sent),
    responses(
        RefusedBody,
        (status = 201, description = "Paid; the sale's id and what was booked"),
        (status = 409, description = "The table has no open order; or the totals differ and handling is strict",
            body = web::ProblemDocument),
    ),
)]
pub(super) async fn post(State(state): State<CommandState>, AskOrDemonstration(ask): AskOrDemonstration) -> Response {
    ask.run(&state, |ask, fields| {
        let table_no = TableNo(fields.integer("table_no", &TABLE_NO)?);
        let payment_type = fields.text("payment_type", &PAYMENT_TYPE_CHARS)?;
        let stated_total = fields.optional_integer("total_price", &AMOUNT_MINOR_UNITS)?.map(Money);
        let occurred_at = occurred_at(fields)?;
        let strict_total = ask.prefer.strict;
        Ok(Command::PayTab(PayTab { table_no, payment_type, stated_total, strict_total, occurred_at }))
    })
    .await
}

/// Voids a sale: its lines are booked once more, negative.
#[utoipa::path(
    delete, path = "/sales/{sale_id}", operation_id = "void_sale", tag = "sales",
    params(("sale_id" = i64, Path, description = "The sale"), Sent),
    responses(
        Refused,
        (status = 200, description = "Voided; again changes nothing"),
        (status = 404, description = "No such sale", body = web::ProblemDocument),
    ),
)]
pub(super) async fn delete(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run_bodiless(&state, |ask| Ok(Command::VoidSale(VoidSale { sale_id: SaleId(ask.path_id()?), sale: None })))
        .await
}
