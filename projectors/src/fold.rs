//! Folding records into every view: decoding on all cores, then the views beside each other, a chunk at a time so that
//! what was decoded is folded while it is still in the processor's caches.

use std::collections::{BTreeMap, BTreeSet};

use events::{Position, StoreId};
use log::Stored;
use migrations::Value;
use rayon::prelude::*;

use crate::decoding::{Decoded, decode};
use crate::projection::{Change, Poison, Projection, View};
use crate::views::VIEWS;

/// How many records are decoded before they are folded.
const CHUNK_RECORDS: usize = 512;
/// Fewer events than this are folded one view after the other: handing them to other threads would cost more.
const ALONE_EVENTS: usize = 128;

const KEEP_POSITION: &str = "INSERT INTO positions (projection, store_id, position) VALUES ($1, $2, $3) \
    ON CONFLICT (projection, store_id) DO UPDATE SET position = excluded.position";

/// Folds records into each of the views, but for the events that a view skips, and shows the events to one more reader.
/// A view that cannot apply an event has no changes at all.
pub(crate) fn fold<'a>(
    views: impl Iterator<Item = (View, &'a BTreeSet<Position>)>,
    records: &[Stored],
    also: impl FnMut(&[Decoded]) + Send,
) -> Vec<Result<Vec<Change>, Poison>> {
    let mut folds = Folds::begin(views);
    folds.add(records, also);
    folds.changes()
}

/// Every view's part in a batch that comes in pieces.
pub(crate) struct Folds<'a> {
    views: Vec<Fold<'a>>,
    events: usize,
}

impl<'a> Folds<'a> {
    pub(crate) fn begin(views: impl Iterator<Item = (View, &'a BTreeSet<Position>)>) -> Self {
        Self { views: views.map(|(view, skips)| Fold::begin(view, skips)).collect(), events: 0 }
    }

    /// Folds the next records. While one chunk is folded, the next is decoded.
    pub(crate) fn add(&mut self, records: &[Stored], mut also: impl FnMut(&[Decoded]) + Send) {
        let mut chunks = records.chunks(CHUNK_RECORDS);
        let mut decoded = chunks.next().map(decode);
        while let Some(events) = decoded {
            let Some(ahead) = chunks.next() else {
                self.add_decoded(&events, &mut also);
                return;
            };
            let (next, ()) = rayon::join(|| decode(ahead), || self.add_decoded(&events, &mut also));
            decoded = Some(next);
        }
    }

    fn add_decoded(&mut self, events: &[Decoded], also: &mut (impl FnMut(&[Decoded]) + Send)) {
        self.events += events.len();
        if events.len() < ALONE_EVENTS {
            also(events);
            self.views.iter_mut().for_each(|fold| fold.add(events));
            return;
        }
        let each = || self.views.par_iter_mut().with_max_len(1).for_each(|fold| fold.add(events));
        rayon::join(each, || also(events));
    }

    /// What the rows of each view change by.
    pub(crate) fn changes(self) -> Vec<Result<Vec<Change>, Poison>> {
        if self.events < ALONE_EVENTS {
            return self.views.into_iter().map(Fold::changes).collect();
        }
        self.views.into_par_iter().with_max_len(1).map(Fold::changes).collect()
    }
}

/// Decodes and folds counted records into every view without writing a row, and says how many rows would be written:
/// what a rebuild costs apart from its database.
pub fn fold_only(records: &[Stored]) -> Result<usize, Poison> {
    let none = BTreeSet::new();
    let mut rows = 0;
    for changes in fold(VIEWS.into_iter().map(|view| (view, &none)), records, |_| ()) {
        rows += changes?.iter().map(|change| change.rows.len()).sum::<usize>();
    }
    Ok(rows)
}

/// One view's part in a batch.
struct Fold<'a> {
    view: View,
    skips: &'a BTreeSet<Position>,
    projection: Box<dyn Projection>,
    /// The last position per store that changed a row.
    positions: BTreeMap<StoreId, Position>,
    poison: Option<Poison>,
}

impl<'a> Fold<'a> {
    fn begin(view: View, skips: &'a BTreeSet<Position>) -> Self {
        Self { view, skips, projection: (view.begin)(), positions: BTreeMap::new(), poison: None }
    }

    fn add(&mut self, events: &[Decoded]) {
        for event in events {
            if self.poison.is_some() {
                return;
            }
            if let Err(reason) = self.apply(event) {
                self.poison = Some(Poison { position: event.position, reason });
            }
        }
    }

    fn apply(&mut self, Decoded { position, event }: &Decoded) -> Result<(), String> {
        if self.skips.contains(position) {
            return Ok(());
        }
        let event = event.as_ref().map_err(String::clone)?;
        if self.projection.apply(event).map_err(|reason| reason.to_string())? {
            self.positions.insert(event.subject.store(), *position);
        }
        Ok(())
    }

    fn changes(self) -> Result<Vec<Change>, Poison> {
        if let Some(poison) = self.poison {
            return Err(poison);
        }
        let mut changes = self.projection.changes();
        let positions = self.positions.into_iter();
        let row = |(store, at): (StoreId, Position)| -> Vec<Value> {
            vec![self.view.name.into(), store.0.into(), (at.0 as i64).into()]
        };
        changes.push(Change::new(KEEP_POSITION, positions.map(row)));
        changes.retain(|change| !change.rows.is_empty());
        Ok(changes)
    }
}
