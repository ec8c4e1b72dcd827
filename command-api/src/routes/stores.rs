//! Sign-up, change of password, closing: the commands whose requests hold secrets.

use axum::extract::{FromRequest, Request as HttpRequest, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveTime;
use domain::{ChangePassword, Command, RegisterStore};
use events::{Actor, Credentials, Event, EventId, Language, Owner, StoreId};
use serde_json::{Value, json};
use web::{CSRF_TOKEN, ClientAddress, Fields, Limit, Payload, Prefer, Problem, ProblemType, Secret};

use super::ask::{Ask, Line, without_secret};
use super::bodies::{NewPassword, SignUp};
use super::documents::{Refused, RefusedBody, RefusedOpen, Sent};
use super::limits::{ADDRESS_CHARS, NAME_CHARS, PASSWORD_CHARS, PHONE_CHARS};
use super::{CommandState, deliver};
use crate::request::{Answered, Authority, Reply, Request};

/// Characters of a time zone's name, a currency's code and the like.
const CODE_CHARS: Limit = Limit::new("code_characters", 1..=64);

/// Opens a store under a username that nobody has.
#[utoipa::path(
    post, path = "/stores", operation_id = "sign_up", tag = "stores", request_body = SignUp,
    params(Sent),
    responses(
        RefusedOpen,
        (status = 201, description = "The store is open; its token"),
        (status = 409, description = "The username is taken", body = web::ProblemDocument),
    ),
    security(()),
)]
pub(super) async fn post(State(state): State<CommandState>, request: HttpRequest) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let address = parts.extensions.get::<ClientAddress>().copied();
    let line = Line::of(&mut parts).await?;
    let prefer = Prefer::of(&parts.headers);
    let Payload(body) = Payload::from_request(HttpRequest::from_parts(parts, body), &state).await?;
    let fields = Fields::parse(&body)?;
    let password = fields.secret("password", &PASSWORD_CHARS)?;
    let mut command = register(&fields)?;
    if let Some(address) = address {
        state.throttle.sign_up(address.0)?;
    }
    command.personal.password_hash = state.passwords.hash(password.expose(), state.ids.salt()).await?;

    let digest = line.digest(prefer, &without_secret(&body, "password"));
    let request = Request {
        id: EventId(state.ids.uuid()),
        store: StoreId::of_username(&command.username),
        key: line.key(digest),
        authority: Authority::Open,
        actor: Actor::Guest,
        at: state.clock.now(),
        command: Command::RegisterStore(command),
    };
    let answered = answered(state.writers.submit(request).await)?;
    let Some(Event::StoreRegistered(registered)) = answered.event.as_ref().map(|event| &event.data) else {
        return Ok(deliver::answer(&answered.answer, answered.stamp));
    };
    // A replayed sign-up opens nothing to somebody who merely knows the key.
    if !knows(&state, &answered, &password, &registered.personal.password_hash).await? {
        return Err(Problem::new(ProblemType::UsernameTaken));
    }
    deliver::seen(&state, &answered, prefer).await;
    Ok(with_token(&state, &answered))
}

/// Changes the store's password; the token that does it stays good, every other ends.
#[utoipa::path(
    put, path = "/stores/{store_id}", operation_id = "change_password", tag = "stores", request_body = NewPassword,
    params(("store_id" = String, Path, description = "The token's own store"), Sent),
    responses(
        RefusedBody,
        (status = 200, description = "Changed"),
        (status = 404, description = "Not the token's store", body = web::ProblemDocument),
    ),
)]
pub(super) async fn put(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    match change(&state, &ask).await {
        Ok(response) => response,
        Err(problem) => ask.refuse(&state, problem).await,
    }
}

async fn change(state: &CommandState, ask: &super::ask::Asked) -> Result<Response, Problem> {
    own(ask)?;
    let password = Fields::parse(&ask.body)?.secret("password", &PASSWORD_CHARS)?;
    let password_hash = state.passwords.hash(password.expose(), state.ids.salt()).await?;
    let keeps = ask.caller.claims.map(|claims| claims.jti);
    let command = Command::ChangePassword(ChangePassword { keeps, personal: Credentials { password_hash } });
    let digest = ask.line.digest(ask.prefer, &without_secret(&ask.body, "password"));
    let answered = answered(state.writers.submit(ask.request(state, command, digest)).await)?;
    if let Some(Event::PasswordChanged(changed)) = answered.event.as_ref().map(|event| &event.data)
        && !knows(state, &answered, &password, &changed.personal.password_hash).await?
    {
        return Err(Problem::new(ProblemType::KeyReused).field("Idempotency-Key"));
    }
    deliver::seen(state, &answered, ask.prefer).await;
    Ok(deliver::answer(&answered.answer, answered.stamp))
}

/// Closes the store for good: its tokens end, its name stays taken, its history stays.
#[utoipa::path(
    delete, path = "/stores/{store_id}", operation_id = "close_store", tag = "stores",
    params(("store_id" = String, Path, description = "The token's own store"), Sent),
    responses(
        Refused,
        (status = 200, description = "Closed"),
        (status = 404, description = "Not the token's store", body = web::ProblemDocument),
    ),
)]
pub(super) async fn delete(State(state): State<CommandState>, Ask(ask): Ask) -> Response {
    ask.run_bodiless(&state, |ask| own(ask).map(|()| Command::CloseStore)).await
}

/// The store in the path must be the token's own: any other is nobody's.
fn own(ask: &super::ask::Asked) -> Result<(), Problem> {
    let named = ask.path_text()?;
    if named.eq_ignore_ascii_case(&ask.caller.store.to_string()) { Ok(()) } else { Err(Problem::not_found()) }
}

fn answered(reply: Reply) -> Result<Answered, Problem> {
    match reply {
        Reply::Answered(answered) => Ok(answered),
        other => Err(deliver::refusal(&other)),
    }
}

/// Whether this attempt's password is the one that the recorded answer was given to.
async fn knows(state: &CommandState, answered: &Answered, password: &Secret, hash: &str) -> Result<bool, Problem> {
    if !answered.replayed {
        return Ok(true);
    }
    Ok(state.passwords.verify(password.expose(), hash).await?)
}

/// The recorded answer with a token, which is minted here and recorded nowhere. It carries the count of password
/// changes at sign-up, so one that is minted for a late retry is as old as it looks.
fn with_token(state: &CommandState, answered: &Answered) -> Response {
    let store = answered.event.as_ref().map(|event| event.subject.store());
    let (Some(store), Ok(mut body)) = (store, serde_json::from_slice::<Value>(&answered.answer.body)) else {
        return Problem::new(ProblemType::Internal).into_response();
    };
    body["token"] = json!({"access_token": state.tokens.mint(store, 0), "csrf_token": CSRF_TOKEN});
    let mut answer = answered.answer.clone();
    answer.body = body.to_string().into();
    deliver::answer(&answer, answered.stamp)
}

fn register(fields: &Fields<'_>) -> Result<RegisterStore, Problem> {
    Ok(RegisterStore {
        username: fields.text("username", &NAME_CHARS)?,
        store_name: fields.text("store_name", &NAME_CHARS)?,
        store_type: fields.text("store_type", &NAME_CHARS)?,
        currency: coded(fields, "currency", "must be three capital letters (ISO 4217)")?,
        time_zone: coded(fields, "time_zone", "must be an IANA time zone")?,
        day_begins: day_begins(fields)?,
        language: language(fields)?,
        personal: Owner {
            owner_name: fields.text("owner_name", &NAME_CHARS)?,
            phone: fields.text("phone", &PHONE_CHARS)?,
            address: fields.text("address", &ADDRESS_CHARS)?,
            password_hash: String::new(),
        },
    })
}

fn coded<T: std::str::FromStr>(fields: &Fields<'_>, name: &str, must: &str) -> Result<Option<T>, Problem> {
    let Some(text) = fields.optional_text(name, &CODE_CHARS)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| fields.invalid(name, must))
}

fn day_begins(fields: &Fields<'_>) -> Result<Option<NaiveTime>, Problem> {
    let Some(text) = fields.optional_text("day_begins", &CODE_CHARS)? else { return Ok(None) };
    let time = NaiveTime::parse_from_str(&text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M:%S"));
    time.map(Some).map_err(|_| fields.invalid("day_begins", "must be a time as 05:30"))
}

fn language(fields: &Fields<'_>) -> Result<Option<Language>, Problem> {
    match fields.optional_text("language", &CODE_CHARS)?.as_deref() {
        None => Ok(None),
        Some("ko") => Ok(Some(Language::Ko)),
        Some("en") => Ok(Some(Language::En)),
        Some(_) => Err(fields.invalid("language", "must be ko or en")),
    }
}
