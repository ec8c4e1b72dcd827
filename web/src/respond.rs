//! Answers on their way out: JSON with the envelope that the clients know.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use crate::problem::{PROBLEM_JSON, Problem, ProblemType};

/// The media type of an answer.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What is asked for, in its envelope.
#[derive(Serialize)]
struct Envelope<'a, T> {
    result: &'a str,
    message: &'a str,
    #[serde(flatten)]
    value: &'a T,
}

/// The value as JSON, with nothing around it.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => bytes(status, body.into()),
        Err(_) => Problem::new(ProblemType::Internal).into_response(),
    }
}

/// The value as JSON, beside `result: "success"` and the message.
pub fn success<T: Serialize>(status: StatusCode, message: &str, value: &T) -> Response {
    json(status, &Envelope { result: "success", message, value })
}

/// The value as JSON with a 200, beside `result: "failed"` and the message: for the few refusals that a client wants
/// as a success.
pub fn failed<T: Serialize>(message: &str, value: &T) -> Response {
    json(StatusCode::OK, &Envelope { result: "failed", message, value })
}

/// A finished JSON body.
pub fn bytes(status: StatusCode, body: Bytes) -> Response {
    (status, [(CONTENT_TYPE, JSON)], body).into_response()
}

/// A recorded answer, byte by byte: a problem if its status says so.
pub fn recorded(status: StatusCode, body: Bytes) -> Response {
    let kind = if status.is_client_error() || status.is_server_error() { PROBLEM_JSON } else { JSON };
    (status, [(CONTENT_TYPE, kind)], body).into_response()
}
