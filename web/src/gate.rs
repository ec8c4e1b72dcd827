//! Who asks: the extractors by which a route says whom it serves.
//!
//! A handler names its gate as its first extractor, so that a token is asked for before path, parameters and body.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use events::{Actor, StoreId};

use crate::problem::{Outcome, Problem};
use crate::token::{Claims, Tokens, Unauthorized};

/// What is known of a genuine token's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It opens its store.
    Granted,
    /// Its store is closed, or changed its password since.
    Revoked,
    /// Not known at present: 503, since a 401 would log a terminal out for good.
    Unsure,
}

/// Knows which tokens were revoked.
#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    /// The standing of a token that is genuine and in date.
    async fn access(&self, claims: &Claims) -> Access;
}

/// For whom a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The store, from the token alone.
    pub store: StoreId,
    /// The token's claims; none of the demonstration store.
    pub claims: Option<Claims>,
    /// Who this is in the history.
    pub actor: Actor,
}

/// Decides whom a request speaks for. One in the state of every router: `Arc<Gate>` by `FromRef`.
pub struct Gate {
    tokens: Tokens,
    sessions: Arc<dyn Sessions>,
    demonstration: Option<StoreId>,
}

/// The owner of a token that is good and not revoked.
#[derive(Debug, Clone, Copy)]
pub struct Owner(pub Caller);

/// Like [`Owner`], or the demonstration store if there is no `Authorization`, or an empty one, and such a store is
/// configured. Only for the requests of the published load scripts.
#[derive(Debug, Clone, Copy)]
pub struct OwnerOrDemonstration(pub Caller);

/// The owner of a token that is good, revoked or not: for commands, whose writer knows better.
#[derive(Debug, Clone, Copy)]
pub struct Signed(pub Caller);

/// Like [`Signed`], or the demonstration store as in [`OwnerOrDemonstration`].
#[derive(Debug, Clone, Copy)]
pub struct SignedOrDemonstration(pub Caller);

impl Gate {
    /// A gate for these tokens, with the demonstration store if there is to be one.
    pub fn new(tokens: Tokens, sessions: Arc<dyn Sessions>, demonstration: Option<StoreId>) -> Self {
        Self { tokens, sessions, demonstration }
    }

    /// The owner of the token, whether revoked or not.
    pub fn signed(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let token = bearer(headers).ok_or_else(Problem::unauthorized)?;
        let claims = self.tokens.verify(token)?;
        Ok(Caller { store: claims.store, claims: Some(claims), actor: Actor::Store })
    }

    /// The owner of the token, if it is not revoked.
    pub async fn owner(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let caller = self.signed(headers)?;
        let Some(claims) = &caller.claims else { return Ok(caller) };
        match self.sessions.access(claims).await {
            Access::Granted => Ok(caller),
            Access::Revoked => Err(Problem::unauthorized()),
            Access::Unsure => Err(Problem::unavailable(Outcome::NotApplied)),
        }
    }

    /// Whether it is certain that the caller's token was revoked.
    pub async fn is_revoked(&self, caller: &Caller) -> bool {
        match &caller.claims {
            Some(claims) => self.sessions.access(claims).await == Access::Revoked,
            None => false,
        }
    }

    fn demonstration(&self, headers: &HeaderMap) -> Option<Caller> {
        let store = self.demonstration?;
        let silent = headers.get_all(AUTHORIZATION).iter().all(|value| value.as_bytes().trim_ascii().is_empty());
        silent.then_some(Caller { store, claims: None, actor: Actor::Demonstration })
    }
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl From<Unauthorized> for Problem {
    fn from(_: Unauthorized) -> Self {
        Self::unauthorized()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Owner
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let gate = Arc::<Gate>::from_ref(state);
        gate.owner(&parts.headers).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OwnerOrDemonstration
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let gate = Arc::<Gate>::from_ref(state);
        match gate.demonstration(&parts.headers) {
            Some(caller) => Ok(Self(caller)),
            None => gate.owner(&parts.headers).await.map(Self),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Signed
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Arc::<Gate>::from_ref(state).signed(&parts.headers).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedOrDemonstration
where
    Arc<Gate>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let gate = Arc::<Gate>::from_ref(state);
        match gate.demonstration(&parts.headers) {
            Some(caller) => Ok(Self(caller)),
            None => gate.signed(&parts.headers).map(Self),
        }
    }
}
