//! A request for a command, read in the order token, headers, body, and sent to the writer.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request as HttpRequest};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::Command;
use events::{Digest, EventId};
use web::{
    Caller, Fields, IdempotencyKey, Parameters, Payload, Prefer, Problem, Signed, SignedOrDemonstration, path_id,
};

use super::{CommandState, deliver};
use crate::request::{Authority, Key, Request};

/// A request of somebody with a token.
pub(super) struct Ask(pub(super) Asked);

/// A request of somebody with a token, or of a load script on the demonstration store.
pub(super) struct AskOrDemonstration(pub(super) Asked);

/// What every command is made from.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) prefer: Prefer,
    pub(super) line: Line,
    pub(super) body: Bytes,
}

/// What identifies a request beside its body.
pub(super) struct Line {
    pub(super) key: Option<IdempotencyKey>,
    method: String,
    path: String,
    id: Option<String>,
    uri: Uri,
}

impl Asked {
    /// The id in the path; what does not parse is nobody's.
    pub(super) fn path_id(&self) -> Result<i64, Problem> {
        path_id(self.path_text()?)
    }

    /// The text in the path.
    pub(super) fn path_text(&self) -> Result<&str, Problem> {
        self.line.id.as_deref().ok_or_else(Problem::not_found)
    }

    /// Makes the command, has it decided, and delivers the answer.
    pub(super) async fn run(
        self,
        state: &CommandState,
        command: impl FnOnce(&Self, &Fields<'_>) -> Result<Command, Problem>,
    ) -> Response {
        let command = Fields::parse(&self.body).and_then(|fields| command(&self, &fields));
        self.submit(state, command).await
    }

    /// [`Self::run`] for a command that needs no body; one that is sent along is ignored.
    pub(super) async fn run_bodiless(
        self,
        state: &CommandState,
        command: impl FnOnce(&Self) -> Result<Command, Problem>,
    ) -> Response {
        let command = command(&self);
        self.submit(state, command).await
    }

    /// [`Self::run_bodiless`] for a command that is asked by query parameters of these names; they are part of what
    /// tells a retry from another request.
    pub(super) async fn run_query(
        self,
        state: &CommandState,
        names: &[&str],
        command: impl FnOnce(&Self, &Parameters) -> Result<Command, Problem>,
    ) -> Response {
        let parameters = match Parameters::of(&self.line.uri) {
            Ok(parameters) => parameters,
            Err(problem) => return self.refuse(state, problem).await,
        };
        let values: Vec<&str> = names.iter().map(|name| parameters.get(name).unwrap_or_default()).collect();
        let digest = self.line.digest_of_query(self.prefer, &values);
        let command = command(&self, &parameters);
        self.submit_digested(state, command, digest).await
    }

    async fn submit(self, state: &CommandState, command: Result<Command, Problem>) -> Response {
        let digest = self.line.digest(self.prefer, &self.body);
        self.submit_digested(state, command, digest).await
    }

    async fn submit_digested(
        self,
        state: &CommandState,
        command: Result<Command, Problem>,
        digest: Digest,
    ) -> Response {
        match command {
            Ok(command) => {
                let reply = state.writers.submit(self.request(state, command, digest)).await;
                deliver::reply(state, reply, self.prefer).await
            }
            Err(problem) => self.refuse(state, problem).await,
        }
    }

    /// The request for the writer.
    pub(super) fn request(&self, state: &CommandState, command: Command, digest: Digest) -> Request {
        let authority = match self.caller.claims {
            Some(claims) => Authority::Token { jti: claims.jti, cv: claims.cv },
            None => Authority::Demonstration,
        };
        Request {
            id: EventId(state.ids.uuid()),
            store: self.caller.store,
            key: self.line.key(digest),
            authority,
            actor: self.caller.actor,
            at: state.clock.now(),
            command,
        }
    }

    /// What a refusal before the writer is answered: a revoked token learns nothing but that. Whether one is revoked the
    /// writer knows for certain, so nobody is asked about the tokens of commands that get to it.
    pub(super) async fn refuse(&self, state: &CommandState, problem: Problem) -> Response {
        refused(state, &self.caller, problem).await.into_response()
    }

    async fn read(parts: Parts, body: Body, state: &CommandState, caller: Caller) -> Result<Self, Problem> {
        match Self::whole(parts, body, state, caller).await {
            Err(problem) => Err(refused(state, &caller, problem).await),
            read => read,
        }
    }

    async fn whole(mut parts: Parts, body: Body, state: &CommandState, caller: Caller) -> Result<Self, Problem> {
        let line = Line::of(&mut parts).await;
        let prefer = Prefer::of(&parts.headers);
        let Payload(body) = Payload::from_request(HttpRequest::from_parts(parts, body), state).await?;
        Ok(Self { caller, prefer, line: line?, body })
    }
}

async fn refused(state: &CommandState, caller: &Caller, problem: Problem) -> Problem {
    if state.gate.is_revoked(caller).await { Problem::unauthorized() } else { problem }
}

impl Line {
    /// Reads what identifies the request from its head.
    pub(super) async fn of(parts: &mut Parts) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, &()).await.ok();
        Ok(Self {
            key: IdempotencyKey::of(&parts.headers)?,
            method: parts.method.to_string(),
            path: parts.uri.path().trim_end_matches('/').to_owned(),
            uri: parts.uri.clone(),
            id: params.and_then(|params| params.iter().next().map(|(_, value)| value.to_owned())),
        })
    }

    /// The digest that tells a retry from another request under the same key.
    pub(super) fn digest(&self, prefer: Prefer, body: &[u8]) -> Digest {
        let handling: &[u8] = if prefer.strict { b"strict" } else { b"" };
        Digest::of(&[self.method.as_bytes(), self.path.as_bytes(), handling, body])
    }

    /// The digest of a request that is asked by query parameters.
    fn digest_of_query(&self, prefer: Prefer, values: &[&str]) -> Digest {
        let handling: &[u8] = if prefer.strict { b"strict" } else { b"" };
        let mut parts = vec![self.method.as_bytes(), self.path.as_bytes(), handling];
        parts.extend(values.iter().map(|value| value.as_bytes()));
        Digest::of(&parts)
    }

    /// The client's key with the digest, if it sent one.
    pub(super) fn key(&self, digest: Digest) -> Option<Key> {
        self.key.as_ref().map(|key| Key { text: key.as_str().to_owned(), digest })
    }
}

/// The body's JSON less the named secret, in one form: what is digested on routes with secrets.
pub(super) fn without_secret(body: &[u8], secret: &str) -> Vec<u8> {
    let mut value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove(secret);
    }
    value.to_string().into_bytes()
}

impl FromRequest<CommandState> for Ask {
    type Rejection = Problem;

    async fn from_request(request: HttpRequest, state: &CommandState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Signed(caller) = Signed::from_request_parts(&mut parts, state).await?;
        Asked::read(parts, body, state, caller).await.map(Self)
    }
}

impl FromRequest<CommandState> for AskOrDemonstration {
    type Rejection = Problem;

    async fn from_request(request: HttpRequest, state: &CommandState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let SignedOrDemonstration(caller) = SignedOrDemonstration::from_request_parts(&mut parts, state).await?;
        Asked::read(parts, body, state, caller).await.map(Self)
    }
}
