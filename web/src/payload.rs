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
#[derive(Clone)]
pub struct Payload(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        arrived(request.into_body(), ARRIVAL).await.map(Self)
    }
}

async fn arrived(body: Body, within: Duration) -> Result<Bytes, Problem> {
    timeout(within, whole(body)).await.unwrap_or_else(|_| Err(Problem::new(ProblemType::BodyTooSlow)))
}

async fn whole(body: Body) -> Result<Bytes, Problem> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use http_body_util::Full;
    use hyper::body::Frame;

    use super::*;

    /// A body of which nothing ever comes.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_the_clients_fault() {
        let refused = arrived(Body::new(Silent), Duration::from_millis(1)).await.unwrap_err();
        assert_eq!(refused.kind(), ProblemType::BodyTooSlow);
    }

    #[tokio::test]
    async fn a_body_as_large_as_allowed_comes_whole_and_one_byte_more_is_refused() {
        let most = usize::try_from(BODY_BYTES.most).unwrap();
        let full = |bytes: usize| arrived(Body::new(Full::from(vec![b' '; bytes])), ARRIVAL);
        assert_eq!(full(most).await.unwrap().len(), most);
        assert_eq!(full(most + 1).await.unwrap_err().kind(), ProblemType::BodyTooLarge);
    }
}
