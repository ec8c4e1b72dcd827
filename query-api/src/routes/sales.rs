//! The sales: all of them, and what a day or a period sold.

use axum::extract::State;
use axum::response::Response;
use web::{OwnerOrDemonstration, Problem};

use super::documents::{Day, Fresh, Period, Refused, RefusedList};
use crate::answers::{self, Asked};
use crate::lists::{self, SaleList};
use crate::question::Question;
use crate::shapes::{AllSales, DaySales, PeriodSales, Success};
use crate::state::QueryState;

/// Every sale of the store, voided or not, oldest first.
#[utoipa::path(get, path = "/sales", tag = "sales", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "All sales", body = Success<AllSales>), RefusedList))]
pub(super) async fn get_sales(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    let opening = r#"{"result":"success","message":"매출 목록입니다.","sales":["#.to_owned();
    lists::stream(&state, caller.store, &asked, opening, SaleList::of(caller.store)).await
}

/// What a business date sold.
#[utoipa::path(get, path = "/sales/daily", operation_id = "get_sales_of_day", tag = "sales",
    params(Day, Fresh), security(("token" = [])),
    responses((status = 200, description = "The day's sums", body = Success<DaySales>), Refused))]
pub(super) async fn get_daily(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    let question = Question::DaySales(asked.parameters.date("date")?);
    answers::answer(&state, caller.store, &asked, question).await
}

/// What a period sold.
#[utoipa::path(get, path = "/sales/period", operation_id = "get_sales_of_period", tag = "sales",
    params(Period, Fresh), security(("token" = [])),
    responses((status = 200, description = "The period's sums", body = Success<PeriodSales>), Refused))]
pub(super) async fn get_period(
    State(state): State<QueryState>,
    OwnerOrDemonstration(caller): OwnerOrDemonstration,
    asked: Asked,
) -> Result<Response, Problem> {
    let question = Question::PeriodSales(asked.parameters.range()?);
    answers::answer(&state, caller.store, &asked, question).await
}
