//! A second fold of the same events, as plain as can be: what `verify` and a rebuild hold the projections against.
//!
//! It shares the event types with them and nothing else: no merging, no statements, one map per table, every row
//! changed when its event comes.

mod totals;

pub(crate) use totals::Totals;
