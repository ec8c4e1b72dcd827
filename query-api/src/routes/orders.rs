//! The orders of a day or a period, paid or not, but not cancelled.

use axum::extract::State;
use axum::response::Response;
use web::{DateRange, OwnerOrDemonstration, Problem};

use super::documents::{Day, Fresh, Period, RefusedList};
use crate::answers::Asked;
use crate::lists::{self, OrderList};
use crate::shapes::{DayOrders, PeriodOrders, Success};
use crate::state::QueryState;

/// The orders placed on a business date, oldest first.
#[utoipa::path(get, path = "/orders/daily", operation_id = "get_orders_of_day", tag = "orders",
    params(Day, Fresh), security(("token" = [])),
    responses((status = 200, description = "All orders", body = Success<DayOrders>), RefusedList))]
pub(super) async fn get_daily(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    let date = asked.parameters.date("date")?;
    let list = OrderList::of(caller.store, DateRange { start: date, end: date });
    let opening = format!(r#"{{"result":"success","message":"주문 목록입니다.","date":"{date}","orders":["#);
    lists::stream(&state, caller.store, &asked, opening, list).await
}

/// The orders placed in a period, oldest first.
#[utoipa::path(get, path = "/orders/period", operation_id = "get_orders_of_period", tag = "orders",
    params(Period, Fresh), security(("token" = [])),
    responses((status = 200, description = "All orders", body = Success<PeriodOrders>), RefusedList))]
pub(super) async fn get_period(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    let range = asked.parameters.range()?;
    let DateRange { start, end } = range;
    let opening = format!(
        r#"{{"result":"success","message":"주문 목록입니다.","start_date":"{start}","end_date":"{end}","orders":["#
    );
    lists::stream(&state, caller.store, &asked, opening, OrderList::of(caller.store, range)).await
}
