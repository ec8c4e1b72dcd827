//! The store itself, and whether a username is taken.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use events::StoreId;
use serde_json::json;
use web::{Limit, Owner, Parameters, Problem, respond};

use super::documents::{Fresh, Refused, RefusedOpen};
use crate::answers::{self, Asked};
use crate::failure::ReadError;
use crate::question::Question;
use crate::shapes::{OwnStore, Success, Verdict};
use crate::state::QueryState;
use crate::views::stores;

/// Characters of a username.
const USERNAME_CHARS: Limit = Limit::new("name_characters", 1..=100);

/// The caller's own store.
#[utoipa::path(get, path = "/stores", tag = "stores", params(Fresh), security(("token" = [])),
    responses((status = 200, description = "The store", body = Success<OwnStore>), Refused))]
pub(super) async fn get_store(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    asked: Asked,
) -> Result<Response, Problem> {
    answers::answer(&state, caller.store, &asked, Question::OwnStore).await
}

/// Whether a username is free: `failed` if it is taken, by an open store or a closed one.
#[utoipa::path(get, path = "/stores/check", tag = "stores", security(()),
    params(("username" = String, Query, description = "The name somebody would like to have")),
    responses((status = 200, description = "`success`: free; `failed`: taken", body = Verdict), RefusedOpen))]
pub(super) async fn check_username(
    State(state): State<QueryState>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let store = StoreId::of_username(parameters.text("username", &USERNAME_CHARS)?);
    let mut snapshot = state.parts().views.snapshot().await.map_err(ReadError::from)?;
    let taken = stores::session(&mut snapshot, store).await.map_err(ReadError::from)?.is_some();
    let verdict = if taken {
        respond::failed("이미 사용 중인 아이디입니다.", &json!({}))
    } else {
        respond::success(StatusCode::OK, "사용할 수 있는 아이디입니다.", &json!({}))
    };
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], verdict).into_response())
}
