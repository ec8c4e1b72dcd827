//! The rules: what may happen in a store, and what follows.
