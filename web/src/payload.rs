//! The body of a request, read last, whole and bounded in size and time.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::fields::Limit;
use crate::problem::{Problem, ProblemType};

/// The largest body: 2 MiB.
pub const BODY_BYTES: Limit = Limit::new("body_bytes", 0..=2 * 1024 * 1024);
/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(20);

/// The raw body. A handler's last extractor.
#[derive(Debug, Clone)]
pub struct Payload(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        timeout(ARRIVAL, read(request.into_body()))
            .await
            .unwrap_or_else(|_| Err(Problem::new(ProblemType::BodyTooSlow)))
            .map(Self)
    }
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    let most = usize::try_from(BODY_BYTES.most).unwrap_or(usize::MAX);
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Problem::malformed_json("the body ended early")),
    }
}

fn too_large() -> Problem {
    Problem::new(ProblemType::BodyTooLarge).limit(&BODY_BYTES)
}
