//! A command that comes to the wrong instance: passed on to the one that writes its store's partition.
//!
//! ```text
//!   till ──► this instance ──(not assigned here)──► the owner ──► its writer
//!                │  ▲                                  │
//!                │  └── nothing was applied: ask again who it is ── refused, or connection refused
//!                └───── anything else that goes wrong after sending: unknown
//! ```
//!
//! One hop at most: who gets a request that was passed on serves it or refuses. The owner verifies the original token
//! again and writes only under its own claim, so who owns a partition may safely be a guess.

mod passing;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest as _, FromRequestParts as _, Request, State};
use axum::http::header::HeaderName;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use events::{Partition, Stamp, StoreId};
use tokio::time::Instant;
use web::{
    ClientAddress, Fields, Limit, Outcome, Payload, Prefer, Problem, ProblemType, Relayed, SALESYNC_POSITION,
    SignedOrDemonstration,
};

use self::passing::{Outgoing, Passed, Passing};
use crate::routes::{CommandState, VIEWS_WAIT};
use crate::writer::QUEUE_WAIT;

/// How long an owner is looked for; as long as a command waits for a writer that is here.
const OWNER_WAIT: Duration = QUEUE_WAIT;
/// The pause before it is asked again who the owner is.
const OWNER_PAUSE: Duration = Duration::from_millis(50);
/// Characters of a username that is worth looking at.
const USERNAME_CHARS: Limit = Limit::new("username_characters", 0..=1_000);

/// What the instance that took the request first says about it.
pub(crate) const SALESYNC_RELAYED: HeaderName = HeaderName::from_static("salesync-relayed");

/// Passes commands on. One for all routes.
pub struct Relay {
    commands: CommandState,
    passing: Passing,
}

/// A request whose store is known, and so where it belongs.
struct Placed {
    parts: Parts,
    body: Bytes,
    partition: Partition,
    relayed: Option<Relayed>,
}

impl Relay {
    /// For these commands.
    pub fn new(commands: CommandState) -> Arc<Self> {
        Arc::new(Self { commands, passing: Passing::new() })
    }

    async fn run(&self, request: Request, next: Next) -> Result<Response, Problem> {
        let relayed = self.relayed(request.headers());
        let (mut parts, body) = request.into_parts();
        if let Some(relayed) = relayed {
            parts.extensions.insert(ClientAddress(relayed.client));
        }
        let sign_up = parts.method == Method::POST && parts.uri.path().trim_end_matches('/') == "/stores";
        // A request that speaks for nobody is refused here as well as anywhere.
        let caller = SignedOrDemonstration::from_request_parts(&mut parts, &self.commands).await.ok();
        if !sign_up && caller.is_none() {
            return Ok(next.run(Request::from_parts(parts, body)).await);
        }
        let Payload(body) = Payload::from_request(Request::new(body), &()).await?;
        let store = if sign_up { newcomer(&body) } else { caller.map(|caller| caller.0.store) };
        let Some(store) = store else {
            return Ok(next.run(Request::from_parts(parts, body.into())).await);
        };
        let partition = self.commands.writers.partition_of(store);
        self.place(&Placed { parts, body, partition, relayed }, next).await
    }

    /// Serves the request where its partition is written, once that is found.
    async fn place(&self, placed: &Placed, next: Next) -> Result<Response, Problem> {
        let wait = placed.relayed.map_or(OWNER_WAIT, |relayed| relayed.within.min(OWNER_WAIT));
        let deadline = Instant::now() + wait;
        let writers = &self.commands.writers;
        loop {
            if writers.is_assigned(placed.partition) {
                let response = self.serve(placed, &next).await;
                if !is_elsewhere(&response) || placed.relayed.is_some() {
                    return Ok(response);
                }
            } else if placed.relayed.is_some() {
                return Err(elsewhere());
            } else if let Some(owner) = writers.owner(placed.partition).await {
                match self.passing.pass(&owner, self.outgoing(placed)).await {
                    Passed::Answered(response) => return Ok(self.seen(placed, response).await),
                    Passed::NotApplied => writers.mistaken(placed.partition),
                    Passed::Busy => return Err(Problem::busy()),
                    Passed::Unknown => return Err(Problem::unavailable(Outcome::Unknown)),
                }
            }
            if Instant::now() + OWNER_PAUSE >= deadline {
                return Err(elsewhere());
            }
            tokio::time::sleep(OWNER_PAUSE).await;
        }
    }

    /// The routes of this instance. Who passed the request on waits for so long; what is decided later is unknown to it.
    async fn serve(&self, placed: &Placed, next: &Next) -> Response {
        let request = Request::from_parts(placed.parts.clone(), placed.body.clone().into());
        let answer = next.clone().run(request);
        let Some(relayed) = placed.relayed else { return answer.await };
        match tokio::time::timeout(relayed.within, answer).await {
            Ok(response) => response,
            Err(_) => Problem::unavailable(Outcome::Unknown).into_response(),
        }
    }

    fn outgoing(&self, placed: &Placed) -> Outgoing {
        let client = placed.parts.extensions.get::<ClientAddress>();
        let client = client.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.0);
        let word = self.commands.tokens.vouch(&Relayed { client, within: passing::ANSWER_WAIT });
        Outgoing { parts: placed.parts.clone(), body: placed.body.clone(), word }
    }

    /// Waits until this instance's views show what the owner did, as the owner has waited for its own.
    async fn seen(&self, placed: &Placed, response: Response) -> Response {
        let stamp = response.headers().get(SALESYNC_POSITION).and_then(|value| value.to_str().ok());
        let stamp: Option<Stamp> = stamp.and_then(|stamp| stamp.parse().ok());
        if let (Some(stamp), true) = (stamp, response.status().is_success())
            && !Prefer::of(&placed.parts.headers).respond_async
        {
            self.commands.freshness.reached(stamp.partition, stamp.position, VIEWS_WAIT).await;
        }
        response
    }

    fn relayed(&self, headers: &HeaderMap) -> Option<Relayed> {
        self.commands.tokens.vouched(headers.get(SALESYNC_RELAYED)?.to_str().ok()?)
    }
}

/// The layer around every command's route of a process that is not alone.
pub async fn pass_on(State(relay): State<Arc<Relay>>, request: Request, next: Next) -> Response {
    relay.run(request, next).await.unwrap_or_else(Problem::into_response)
}

/// The store that somebody signs up; none if the body does not say, which its own route then tells.
fn newcomer(body: &Bytes) -> Option<StoreId> {
    let username = Fields::parse(body).ok()?.text("username", &USERNAME_CHARS).ok()?;
    Some(StoreId::of_username(&username))
}

fn is_elsewhere(response: &Response) -> bool {
    response.extensions().get::<ProblemType>() == Some(&ProblemType::Elsewhere)
}

fn elsewhere() -> Problem {
    Problem::new(ProblemType::Elsewhere).retry_after(Duration::from_secs(1))
}
