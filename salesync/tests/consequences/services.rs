//! The services outside: a language model's API of our own, and a real SNS behind a gateway that can misbehave.

pub(crate) mod gateway;
pub(crate) mod http;
pub(crate) mod moto;
pub(crate) mod openai;
