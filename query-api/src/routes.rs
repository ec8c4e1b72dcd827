//! The endpoints: each says who may ask, reads what is asked for, and hands it on.
//!
//! Paths stand here without a slash at the end; both forms are served. Requests of the published load scripts take
//! [`web::OwnerOrDemonstration`], all others [`web::Owner`].

mod advice;
mod documents;
mod figures;
mod live;
mod log_in;
mod menu;
mod orders;
mod sales;
mod settlements;
mod store;
mod tables;

use axum::routing::any;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use crate::state::QueryState;

/// Every endpoint of the read side, with its document.
pub fn routes() -> OpenApiRouter<QueryState> {
    OpenApiRouter::new()
        .routes(routes!(store::get_store))
        .routes(routes!(store::check_username))
        .routes(routes!(log_in::log_in))
        .routes(routes!(log_in::check_password))
        .routes(routes!(menu::get_categories))
        .routes(routes!(menu::get_menu))
        .routes(routes!(menu::get_item))
        .routes(routes!(menu::get_costs))
        .routes(routes!(menu::get_dashboard_costs))
        .routes(routes!(menu::get_bff_costs))
        .routes(routes!(tables::get_open_tables))
        .routes(routes!(tables::get_open_table))
        .routes(routes!(orders::get_daily))
        .routes(routes!(orders::get_period))
        .routes(routes!(sales::get_sales))
        .routes(routes!(sales::get_daily))
        .routes(routes!(sales::get_period))
        .routes(routes!(figures::get_bff_sales))
        .routes(routes!(figures::get_dashboard_sales))
        .routes(routes!(figures::get_bff_volumes))
        .routes(routes!(figures::get_dashboard_volumes))
        .routes(routes!(settlements::get_settlements))
        .routes(routes!(settlements::get_settlement))
        .routes(routes!(settlements::get_messages))
        .routes(routes!(live::get_live))
        .routes(routes!(advice::poll_advice))
        .routes(routes!(advice::poll_test_advice))
        .routes(routes!(advice::read_advice))
        .routes(routes!(advice::read_test_advice))
        .merge(removed())
}

/// What an earlier backend served and nobody should: gone, rather than taken for an id of `/stores/{store_id}` or
/// `/orders/{table_no}`.
fn removed() -> OpenApiRouter<QueryState> {
    let gone = || any(|| async { Problem::not_found() });
    OpenApiRouter::new().route("/stores/all", gone()).route("/orders/paid", gone())
}
