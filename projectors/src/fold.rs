//! Folding one batch into every view: decoding on all cores, then the views beside each other.

use std::collections::BTreeSet;

use events::Position;
use log::Stored;
use rayon::prelude::*;

use crate::decoding::{Decoded, decode};
use crate::projection::{Change, Poison, View};
use crate::views::VIEWS;

/// Fewer events than this are folded one view after the other.
const ALONE_EVENTS: usize = 256;

/// One view's part in a batch: what it skips, and what came of it.
pub(crate) fn fold_each<'a>(
    views: impl Iterator<Item = (View, &'a BTreeSet<Position>)>,
    batch: &[Decoded],
) -> Vec<Result<Vec<Change>, Poison>> {
    let views: Vec<_> = views.collect();
    if batch.len() < ALONE_EVENTS {
        return views.iter().map(|(view, skips)| view.fold(batch, skips)).collect();
    }
    views.par_iter().with_max_len(1).map(|(view, skips)| view.fold(batch, skips)).collect()
}

/// Decodes and folds counted records into every view without writing a row, and says how many rows would be written:
/// what a rebuild costs apart from its database.
pub fn fold_only(records: &[Stored]) -> Result<usize, Poison> {
    let (batch, none) = (decode(records), BTreeSet::new());
    let mut rows = 0;
    for changes in fold_each(VIEWS.into_iter().map(|view| (view, &none)), &batch) {
        rows += changes?.iter().map(|change| change.rows.len()).sum::<usize>();
    }
    Ok(rows)
}
