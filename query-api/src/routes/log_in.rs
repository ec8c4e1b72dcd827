//! Passwords that are checked and nothing else: the log-in, and the check before a change.
//!
//! Who guesses learns nothing: a username that nobody has, a closed store and a wrong password get one answer, after
//! the same work.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use events::StoreId;
use serde_json::json;
use web::{CSRF_TOKEN, ClientAddress, Fields, Limit, Owner, Payload, Problem, ProblemType, Secret, respond};

use super::documents::{LogIn, PasswordCheck, RefusedCheck, RefusedLogIn};
use crate::failure::ReadError;
use crate::shapes::{LoggedIn, Success, Verdict};
use crate::state::QueryState;
use crate::views::stores::{self, StoredCredentials};

/// Characters of a name or password that is worth looking at; none at all is merely wrong.
const CREDENTIAL_CHARS: Limit = Limit::new("credential_characters", 0..=1_000);
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Gives a token for a username and its password.
#[utoipa::path(post, path = "/stores/login", tag = "stores", security(()), request_body = LogIn,
    responses((status = 200, description = "The token", body = Success<LoggedIn>), RefusedLogIn))]
pub(super) async fn log_in(
    State(state): State<QueryState>,
    ClientAddress(address): ClientAddress,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let fields = Fields::parse(&body)?;
    let store = StoreId::of_username(&fields.text("username", &CREDENTIAL_CHARS)?);
    let password = fields.secret("password", &CREDENTIAL_CHARS)?;
    let attempt = state.parts().throttle.log_in(store, address)?;
    let checked = match credentials(&state, store).await {
        Ok(credentials) => check(&state, credentials, &password).await,
        Err(problem) => Err(problem),
    };
    match checked {
        Ok(Some(cv)) => {
            attempt.forgive();
            let access_token = state.parts().tokens.mint(store, cv);
            let logged_in = LoggedIn { access_token, csrf_token: CSRF_TOKEN, store_id: store.0 };
            let answer = respond::success(StatusCode::OK, "로그인되었습니다.", &logged_in);
            Ok(([(CACHE_CONTROL, NO_STORE)], answer).into_response())
        }
        Ok(None) => Err(wrong()),
        Err(problem) => {
            attempt.forgive();
            Err(problem)
        }
    }
}

/// Whether the password is the caller's: `failed` if it is not.
#[utoipa::path(post, path = "/stores/pwcheck", tag = "stores", request_body = PasswordCheck,
    security(("token" = [])),
    responses((status = 200, description = "`success`: right; `failed`: wrong", body = Verdict), RefusedCheck))]
pub(super) async fn check_password(
    State(state): State<QueryState>,
    Owner(caller): Owner,
    ClientAddress(address): ClientAddress,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let password = Fields::parse(&body)?.secret("password", &CREDENTIAL_CHARS)?;
    let attempt = state.parts().throttle.log_in(caller.store, address)?;
    let checked = match credentials(&state, caller.store).await {
        Ok(credentials) => check(&state, credentials, &password).await,
        Err(problem) => Err(problem),
    };
    let verdict = match checked {
        Ok(Some(_)) => {
            attempt.forgive();
            respond::success(StatusCode::OK, "비밀번호가 확인되었습니다.", &json!({}))
        }
        Ok(None) => respond::failed("비밀번호가 올바르지 않습니다.", &json!({})),
        Err(problem) => {
            attempt.forgive();
            return Err(problem);
        }
    };
    Ok(([(CACHE_CONTROL, NO_STORE)], verdict).into_response())
}

async fn credentials(state: &QueryState, store: StoreId) -> Result<Option<StoredCredentials>, Problem> {
    let mut snapshot = state.parts().views.snapshot().await.map_err(ReadError::from)?;
    Ok(stores::credentials(&mut snapshot, store).await.map_err(ReadError::from)?)
}

/// How often the password has changed, if it is this one and the store is open. Takes the same time if there is no
/// such store.
async fn check(
    state: &QueryState,
    credentials: Option<StoredCredentials>,
    password: &Secret,
) -> Result<Option<u32>, Problem> {
    let passwords = &state.parts().passwords;
    let Some(credentials) = credentials.filter(|credentials| !credentials.closed) else {
        passwords.verify_nobody(password.expose()).await?;
        return Ok(None);
    };
    let right = passwords.verify(password.expose(), &credentials.password_hash).await?;
    Ok(right.then_some(credentials.cv))
}

fn wrong() -> Problem {
    let message = "아이디 또는 비밀번호가 올바르지 않습니다.";
    Problem::new(ProblemType::WrongCredentials).message(message).with("error", message)
}
