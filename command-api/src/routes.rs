//! HTTP for commands: one handler per endpoint, each the reading of its fields into a command.

mod advice;
mod ask;
mod bodies;
mod categories;
mod costs;
mod deliver;
mod documents;
mod fields;
mod items;
mod limits;
mod orders;
mod sales;
mod settlements;
mod stores;

use std::sync::Arc;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Clock, Freshness, Gate, Ids, Passwords, Throttle, Tokens};

pub(crate) use self::deliver::VIEWS_WAIT;
use crate::writers::Writers;

/// What the handlers of commands share.
#[derive(Clone)]
pub struct CommandState {
    /// The writers of all partitions.
    pub writers: Writers,
    /// Who may come in.
    pub gate: Arc<Gate>,
    /// Mints tokens at sign-up.
    pub tokens: Tokens,
    /// Hashes passwords.
    pub passwords: Arc<Passwords>,
    /// Bounds sign-ups.
    pub throttle: Arc<Throttle>,
    /// How far the views are, so that a client sees its own write.
    pub freshness: Arc<dyn Freshness>,
    /// Where commands get their ids.
    pub ids: Arc<dyn Ids>,
    /// Where commands get their time.
    pub clock: Arc<dyn Clock>,
}

impl FromRef<CommandState> for Arc<Gate> {
    fn from_ref(state: &CommandState) -> Self {
        Self::clone(&state.gate)
    }
}

/// Every command's route.
pub fn routes() -> OpenApiRouter<CommandState> {
    OpenApiRouter::new()
        .routes(routes!(stores::post))
        .routes(routes!(stores::put, stores::delete))
        .routes(routes!(categories::post))
        .routes(routes!(categories::put, categories::delete))
        .routes(routes!(items::post))
        .routes(routes!(items::put, items::delete))
        .routes(routes!(costs::post_categories))
        .routes(routes!(costs::post_bff))
        .routes(routes!(costs::post_dashboard))
        .routes(routes!(costs::put_categories))
        .routes(routes!(costs::put_dashboard))
        .routes(routes!(orders::post, orders::put))
        .routes(routes!(orders::delete))
        .routes(routes!(sales::post))
        .routes(routes!(sales::delete))
        .routes(routes!(settlements::post))
        .routes(routes!(settlements::post_message))
        .routes(routes!(settlements::calculate))
        .routes(routes!(advice::request))
        .routes(routes!(advice::request_test))
}
