//! What both HTTP sides share: the way of a request before its handler sees it, and of an answer after.
//!
//! A request comes in through [`serve`] (connections, their timeouts, the client's address) and [`edge`] (both slash
//! forms, CORS, request id, time limit, the access log). Extractors then ask in the order token, path, body: [`Owner`]
//! and its siblings, [`PathId`], [`Payload`] and [`Fields`]. Whatever is refused on the way is a [`Problem`].
//!
//! What is absent: no rule of the trade, no SQL, no log, no clock and no randomness but those handed in.

mod ambient;
mod edge;
mod fields;
mod freshness;
mod gate;
mod headers;
mod ids;
mod parameters;
mod password;
mod payload;
mod problem;
mod refusals;
pub mod respond;
mod server;
mod throttle;
mod token;

pub use ambient::{Clock, Ids};
pub use edge::{Edge, EdgeOptions, Origins, OriginsError, RequestId, edge};
pub use fields::{Fields, Limit, Secret};
pub use freshness::{Freshness, Present};
pub use gate::{Access, Caller, Gate, Owner, OwnerOrDemonstration, Sessions, Signed, SignedOrDemonstration};
pub use headers::{CSRF_TOKEN, IDEMPOTENCY_KEY_CHARS, IdempotencyKey, IfNoneMatch, Prefer, SALESYNC_POSITION};
pub use ids::{PathId, PathText, PathUuid, path_id};
pub use parameters::{AFTER_STAMPS, DateRange, Parameters, RANGE_DAYS, date as parse_date};
pub use password::{Busy, Passwords};
pub use payload::{BODY_BYTES, Payload};
pub use problem::{Outcome, Problem, ProblemDocument, ProblemType, RECORDED_BYTES};
pub use refusals::refusal_responses;
pub use server::{ClientAddress, ProxiesError, ServerLimits, TrustedProxies, serve};
pub use throttle::{Attempt, Throttle, ThrottleLimits};
pub use token::{Claims, Relayed, TOKEN_DAYS, Tokens, Unauthorized, WeakSecret};
