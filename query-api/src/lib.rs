//! The read side: view rows out, nothing else.
