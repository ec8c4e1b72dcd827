//! The services outside: a language model's API of our own, and a real SNS behind a gateway that can misbehave.

// The paths are spelled out, for they must be the same from every crate that includes this.
#[path = "services/gateway.rs"]
pub(crate) mod gateway;
#[path = "services/http.rs"]
pub(crate) mod http;
#[path = "services/moto.rs"]
pub(crate) mod moto;
#[path = "services/openai.rs"]
pub(crate) mod openai;
