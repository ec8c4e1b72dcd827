//! What stands beside a question in its request: parameters, and the answers that the client has already.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use web::{IfNoneMatch, Parameters, Problem};

/// The query parameters and the entity tags of a request.
pub(crate) struct Asked {
    /// The parameters.
    pub parameters: Parameters,
    /// The answers that the client has already.
    pub known: IfNoneMatch,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters = Parameters::from_request_parts(parts, state).await?;
        Ok(Self { parameters, known: IfNoneMatch::of(&parts.headers) })
    }
}
