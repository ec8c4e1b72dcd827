//! One view's way along the partition: where it stands, how large a step it takes, whether it has stopped.

use events::Position;
use log::Cursor;

use super::BATCH_RECORDS;
use crate::checkpoint::Checkpoint;

/// How often an event is tried alone before its projection stops there.
const TRIES: u32 = 3;

/// A view on its way.
pub(super) struct Lane {
    pub(super) checkpoint: Checkpoint,
    /// Why it has stopped, if it has.
    pub(super) stopped: Option<String>,
    /// How many records it takes at once; few while it looks for the event that it cannot apply.
    records: u64,
    tries: u32,
}

/// Where the running view furthest behind stands, and how many records it may take before it meets the next one.
pub(super) fn next_batch(lanes: &[Lane]) -> Option<(Cursor, u64)> {
    let running = || lanes.iter().filter(|lane| lane.stopped.is_none());
    let lowest = running().map(|lane| &lane.checkpoint.cursor).min_by_key(|cursor| cursor.next)?;
    let mut records = BATCH_RECORDS;
    for lane in running() {
        let ahead = lane.checkpoint.cursor.next.0 - lowest.next.0;
        records = records.min(if ahead == 0 { lane.records } else { ahead });
    }
    Some((lowest.clone(), records))
}

/// Where the one of these lanes stands that runs and is furthest behind.
pub(super) fn lowest<'a>(lanes: impl Iterator<Item = &'a Lane>) -> Option<Position> {
    lanes.filter(|lane| lane.stopped.is_none()).map(|lane| lane.checkpoint.cursor.next).min()
}

/// Lanes at their stored checkpoints. What stands where it stood goes on as it was: stopped, if it was, unless it is to
/// leave out more than before.
pub(super) fn resumed(checkpoints: Vec<Checkpoint>, before: &[Lane]) -> Vec<Lane> {
    let resume = |checkpoint: Checkpoint| {
        let same = |lane: &&Lane| {
            let (before, now) = (&lane.checkpoint, &checkpoint);
            (before.view.name, &before.cursor, &before.skips) == (now.view.name, &now.cursor, &now.skips)
        };
        let (stopped, records, tries) = match before.iter().find(same) {
            Some(lane) => (lane.stopped.clone(), lane.records, lane.tries),
            None => (None, BATCH_RECORDS, 0),
        };
        Lane { checkpoint, stopped, records, tries }
    };
    checkpoints.into_iter().map(resume).collect()
}

/// Stops the running views that are furthest behind: they cannot read on.
pub(super) fn stop_lowest(lanes: &mut [Lane], reason: &str) {
    let Some((at, _)) = next_batch(lanes) else { return };
    lanes.iter_mut().filter(|lane| lane.stands_at(&at)).for_each(|lane| lane.stop(reason));
}

/// Stops every view: their storage is beyond use.
pub(super) fn stop_all(lanes: &mut [Lane], reason: &str) {
    lanes.iter_mut().filter(|lane| lane.stopped.is_none()).for_each(|lane| lane.stop(reason));
}

impl Lane {
    pub(super) fn stands_at(&self, cursor: &Cursor) -> bool {
        self.stopped.is_none() && self.checkpoint.cursor == *cursor
    }

    pub(super) fn stopped_at(&self) -> Option<Position> {
        self.stopped.as_ref().map(|_| self.checkpoint.cursor.next)
    }

    pub(super) fn advance(&mut self, behind: &Cursor) {
        self.checkpoint.cursor = behind.clone();
        self.records = (self.records * 2).min(BATCH_RECORDS);
        self.tries = 0;
    }

    /// Takes note that a batch failed. What came before the event that spoils it is applied next, by smaller batches if
    /// it is not known which one does; the event alone is tried again, then the lane stops in front of it.
    pub(super) fn fail(&mut self, behind: &Cursor, culprit: Option<Position>, reason: &str) {
        let next = self.checkpoint.cursor.next.0;
        let tried = behind.next.0 - next;
        if tried > 1 {
            self.records = culprit.map_or(tried / 2, |culprit| culprit.0 - next).max(1);
            return;
        }
        self.tries += 1;
        if self.tries == TRIES {
            self.stop(reason);
        }
    }

    fn stop(&mut self, reason: &str) {
        let (projection, position) = (self.checkpoint.view.name, self.checkpoint.cursor.next);
        tracing::error!(projection, %position, reason, "a projection has stopped; the others go on");
        self.stopped = Some(reason.to_owned());
    }
}
