//! The tables of the read models, and the only crate that knows the engines.
