//! Ids in a path. What does not parse is an id of nobody: 404.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::problem::Problem;

/// The most that a JSON number carries exactly.
const ID: i64 = (1 << 53) - 1;

/// The one id in the path, where it is a number: a category, an item, a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathId(pub i64);

/// The one id in the path, where it is a uuid: a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathUuid(pub Uuid);

/// The one id in the path, where it is any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathText(pub String);

/// The id that a path segment writes: digits alone, without zeros ahead.
pub fn path_id(segment: &str) -> Result<i64, Problem> {
    let digits = segment.bytes().all(|byte| byte.is_ascii_digit()) && (segment == "0" || !segment.starts_with('0'));
    let id = if digits { segment.parse().ok() } else { None };
    id.filter(|id| *id <= ID).ok_or_else(Problem::not_found)
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path_id(&segment(parts, state).await?).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathUuid {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segment = segment(parts, state).await?;
        Uuid::try_parse(&segment).map(Self).map_err(|_| Problem::not_found())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        segment(parts, state).await.map(Self)
    }
}

/// The one variable segment of the matched path, decoded.
async fn segment<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
    params.iter().next().map(|(_, value)| value.to_owned()).ok_or_else(Problem::not_found)
}
