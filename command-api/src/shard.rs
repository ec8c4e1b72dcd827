//! The writer of one partition, without its I/O: commands in, records and answers out.
//!
//! ```text
//!  Arrive ─► stage: decide on everything staged so far ─► staging ─Flush─► in flight ─Appended─► Reply
//!              ├ key has a receipt?  Fetch ─► Fetched ─► its answer                     │
//!              └ void needs its sale: Fetch ─► Fetched ─► stage                         └ not all counted: Abdicate,
//!                                                             fold anew, Folded…, Reigning: the rest is decided again
//! ```
//!
//! One rule above all: **an answer leaves only when the record that carries it counts.** The state here is ahead of
//! the log by what is staged and in flight; if that falls, the whole state falls with it and is folded again from the
//! log, so there is one state and no overlay to merge.
//!
//! What is absent: no task, no timer, no log, no clock. `step` is a function of the state and the input, so the
//! driver and the simulation run the same code.

mod batch;
pub mod limits;
mod recovery;
mod staging;

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use events::{Partition, Position};
use log::{AppendError, Appended, Cursor, CursorError, Outcome, Record, WriterId};

use self::batch::{Batch, Carried, Carrier};
use self::recovery::Unresolved;
use self::staging::Parked;
use crate::fold::{Content, Fold, FoldError};
use crate::receipts::Slot;
use crate::request::{Answered, NotApplied, Reply, Request};

/// What happens to a writer.
#[derive(Debug)]
pub enum Input<W> {
    /// Somebody asks something.
    Arrive(Box<Request>, W),
    /// What has gathered may go, if nothing is under way.
    Flush,
    /// An append came back.
    Appended(Appended),
    /// A record that was asked for; `None` if it could not be read.
    Fetched(u64, Option<Content>),
    /// While not serving: counted records in order, and the cursor behind them.
    Folded(Vec<(Position, Content)>, Cursor),
    /// An own claim counts, and everything before it is folded.
    Reigning(WriterId),
    /// Time has passed.
    Tick,
    /// Somebody else has written here, whatever lock was taken: the partition was sealed, or is another's.
    Deposed,
    /// A snapshot is wanted as soon as nothing is staged.
    SnapshotDue,
}

/// What a writer wants done.
#[derive(Debug)]
pub enum Effect<W> {
    /// Append these behind the cursor, as one batch.
    Append(Cursor, Vec<Record>),
    /// Read the record at the position and come back with the ticket.
    Fetch(u64, Position),
    /// Tell them.
    Reply(Vec<W>, Reply),
    /// Write this down; it is the state at its cursor.
    Snapshot(Box<Fold>),
    /// The reign is over: drop its producer, fold anew, claim anew.
    Abdicate,
    /// Stop for good: only an operator can say what to do.
    Halt(Halt),
}

/// Why a writer stops for good.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// The log was cut or replaced under the writer.
    #[error(transparent)]
    Cut(#[from] CursorError),
    /// A counted record cannot be folded.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// The writer of one partition. `W` is whatever waits for an answer.
pub struct Shard<W> {
    partition: Partition,
    fold: Fold,
    /// Whether an empty append is needed to know that nobody else writes (Kafka), or a lock says so (SQLite).
    barrier: bool,
    reign: Option<(WriterId, u64)>,
    staging: Batch<W>,
    in_flight: Option<Batch<W>>,
    /// Keys that are staged or in flight: whether in flight, and where in the batch.
    pending: HashMap<Slot, (bool, usize)>,
    parked: HashMap<u64, Parked<W>>,
    /// Commands that wait until what is in flight has been reported on.
    behind: Vec<(Box<Request>, Vec<W>)>,
    unknown: Vec<Unresolved<W>>,
    again: VecDeque<(Box<Request>, Vec<W>)>,
    /// Since when nobody serves what is to be decided again.
    unserved: Option<Instant>,
    tickets: u64,
    snapshot_due: bool,
    /// The state was left half-moved by a defect: it is folded anew as soon as nothing is under way.
    broken: bool,
}

impl<W> Shard<W> {
    /// A writer that knows nothing yet: fold, then claim, then serve.
    pub fn new(partition: Partition, barrier: bool) -> Self {
        Self {
            partition,
            fold: Fold::default(),
            barrier,
            reign: None,
            staging: Batch::default(),
            in_flight: None,
            pending: HashMap::new(),
            parked: HashMap::new(),
            behind: Vec::new(),
            unknown: Vec::new(),
            again: VecDeque::new(),
            unserved: None,
            tickets: 0,
            snapshot_due: false,
            broken: false,
        }
    }

    /// Begins from a snapshot, or from nothing.
    pub fn restore(&mut self, fold: Fold) {
        self.fold = fold;
    }

    /// Where the fold stands; while serving, behind everything that counts.
    pub fn cursor(&self) -> &Cursor {
        &self.fold.cursor
    }

    /// How many keys have a receipt.
    pub fn receipts(&self) -> usize {
        self.fold.receipts.len()
    }

    /// Whether another command may be given in. What waits outside waits in a bounded queue.
    pub fn has_room(&self) -> bool {
        let waiting = self.parked.len() + self.behind.len();
        self.reign.is_some()
            && !self.snapshot_due
            && !self.broken
            && self.staging.has_room()
            && waiting < limits::PARKED_COMMANDS
    }

    /// Whether nothing is under way: nobody waits for anything but the next command.
    pub fn is_idle(&self) -> bool {
        self.staging.is_empty()
            && self.in_flight.is_none()
            && self.parked.is_empty()
            && self.behind.is_empty()
            && self.unknown.is_empty()
            && self.again.is_empty()
    }

    /// Takes one input and appends what is to be done. `now` is monotonic, and only for waiting.
    pub fn step(&mut self, now: Instant, input: Input<W>, effects: &mut Vec<Effect<W>>) {
        match input {
            Input::Arrive(request, waiter) => self.stage(request, vec![waiter], effects),
            Input::Flush => self.flush(effects),
            Input::Appended(appended) => self.settle(now, appended, effects),
            Input::Fetched(ticket, content) => self.fetched(ticket, content, effects),
            Input::Folded(records, cursor) => self.folded(records, cursor, effects),
            Input::Reigning(writer) => self.reigning(writer, effects),
            Input::Tick => self.give_up_waiting(now, effects),
            Input::Deposed => {
                self.fall();
                effects.push(Effect::Abdicate);
            }
            Input::SnapshotDue => {
                self.snapshot_due = true;
                self.snapshot_if_quiet(effects);
            }
        }
    }

    /// Sends what is staged, unless a batch is under way or nothing is staged.
    fn flush(&mut self, effects: &mut Vec<Effect<W>>) {
        let Some((writer, n)) = self.reign else { return };
        if self.in_flight.is_some() {
            return;
        }
        if self.staging.is_empty() {
            if self.broken {
                self.fall();
                effects.push(Effect::Abdicate);
            }
            return;
        }
        let mut batch = std::mem::take(&mut self.staging);
        let records = batch.send(writer, n + 1, self.barrier);
        if records.is_empty() {
            // Nobody else writes here, so what was decided from memory is true: it leaves.
            batch.carried.into_iter().for_each(|carried| release(carried, None, false, effects));
            return;
        }
        self.reign = Some((writer, n + records.len() as u64));
        for place in self.pending.values_mut() {
            place.0 = true;
        }
        self.in_flight = Some(batch);
        effects.push(Effect::Append(self.fold.cursor.clone(), records));
    }

    fn settle(&mut self, now: Instant, appended: Appended, effects: &mut Vec<Effect<W>>) {
        let Some(batch) = self.in_flight.take() else { return };
        let all = appended.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Counted(_)));
        let answers = batch.events();
        let believed = self.fold.cursor.next;
        self.pending.retain(|_, place| !place.0);
        if !appended.over {
            self.fold.cursor = appended.cursor;
        }
        for carried in batch.carried {
            let outcome = match carried.carrier {
                Carrier::Event(place) => appended.outcomes.get(place).copied(),
                Carrier::Answers(place) => appended.outcomes.get(answers + place).copied(),
                Carrier::Behind if all => appended.outcomes.last().copied(),
                Carrier::Behind => {
                    self.again.push_back((carried.request, carried.waiters));
                    continue;
                }
            };
            self.resolve(now, carried, outcome.unwrap_or(Outcome::Unknown(AppendError::Unreachable)), effects);
        }
        if let Some(cut) = appended.cut {
            self.fall();
            effects.push(Effect::Halt(cut.into()));
        } else if appended.over || shifted(&appended.outcomes, believed) {
            // Where everything counts but elsewhere than staged, the state holds wrong positions: fold it anew too.
            self.fall();
            effects.push(Effect::Abdicate);
        } else {
            for (request, waiters) in std::mem::take(&mut self.behind) {
                self.stage(request, waiters, effects);
            }
            self.flush(effects);
            self.snapshot_if_quiet(effects);
        }
    }

    fn resolve(&mut self, now: Instant, carried: Carried<W>, outcome: Outcome, effects: &mut Vec<Effect<W>>) {
        match outcome {
            Outcome::Counted(at) => {
                if let (Some(slot), true) = (carried.slot, carried.carrier != Carrier::Behind) {
                    self.fold.receipts.insert(slot, at);
                }
                let stamp = (carried.carrier != Carrier::Behind).then(|| self.stamp(at)).flatten();
                release(carried, stamp, false, effects);
            }
            Outcome::Void => effects.push(Effect::Reply(carried.waiters, Reply::NotApplied(NotApplied::Deposed))),
            Outcome::Unknown(why) => self.unknown.push(Unresolved { carried, why, since: now }),
        }
    }

    fn snapshot_if_quiet(&mut self, effects: &mut Vec<Effect<W>>) {
        if self.snapshot_due
            && !self.broken
            && self.reign.is_some()
            && self.in_flight.is_none()
            && self.staging.is_empty()
        {
            self.snapshot_due = false;
            effects.push(Effect::Snapshot(Box::new(self.fold.clone())));
        }
    }

    fn stamp(&self, position: Position) -> Option<events::Stamp> {
        let home = self.fold.cursor.home?;
        Some(events::Stamp { log: home.log.short(), partition: self.partition, position })
    }
}

/// Whether something counts at another position than it was staged for.
fn shifted(outcomes: &[Outcome], believed: Position) -> bool {
    outcomes.iter().zip(believed.0..).any(|(outcome, at)| *outcome != Outcome::Counted(Position(at)))
}

fn release<W>(carried: Carried<W>, stamp: Option<events::Stamp>, replayed: bool, effects: &mut Vec<Effect<W>>) {
    let reply = match carried.answer.status {
        401 => Reply::Unauthorized,
        _ => Reply::Answered(Answered { answer: carried.answer, stamp, event: carried.event, replayed }),
    };
    effects.push(Effect::Reply(carried.waiters, reply));
}
