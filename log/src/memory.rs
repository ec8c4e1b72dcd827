//! A log in memory, for tests: well-behaved, or hostile like a bad producer on a bad network.
//!
//! Clones share the log, so that several "processes" can work on it. Whatever is done to what is under way, the port's
//! promises hold: positions have no gaps, what a reader was shown stays, and a reported record stands where it was
//! reported.

mod delivery;
mod hostility;
mod reader;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use events::{Partition, Position};
use tokio::sync::watch;

use self::delivery::Delivery;
pub use self::delivery::Fault;
use self::hostility::Chance;
pub use self::hostility::Hostility;
use self::reader::MemoryReader;
use crate::port::{AppendError, Log, LogError, Reader, ReignHandle, Report};
use crate::record::{Record, WriterId};

/// A log in memory. A clone is the same log.
#[derive(Clone)]
pub struct MemoryLog {
    shared: Arc<Shared>,
}

struct Shared {
    partitions: Vec<Partitioned>,
    chance: Option<Chance>,
    faults: Mutex<VecDeque<Fault>>,
    no_room: AtomicBool,
}

struct Partitioned {
    records: Mutex<Records>,
    end: watch::Sender<Position>,
}

#[derive(Default)]
struct Records {
    landed: Vec<Record>,
    /// Sent, and to land later or never.
    under_way: Vec<Record>,
}

impl MemoryLog {
    /// An empty log that does as it is told.
    pub fn new(partitions: u32) -> Self {
        Self::build(partitions, None)
    }

    /// An empty log that loses, delays, doubles and reorders what it is given, and its own reports.
    pub fn hostile(partitions: u32, hostility: Hostility) -> Self {
        Self::build(partitions, Some(Chance::new(hostility)))
    }

    /// Lets this happen to the next append that no fault is laid for yet, on whichever partition.
    pub fn next_append(&self, fault: Fault) {
        lock(&self.shared.faults).push_back(fault);
    }

    /// Makes [`Log::room`] refuse, or not any more.
    pub fn fail_room(&self, fail: bool) {
        self.shared.no_room.store(fail, Ordering::SeqCst);
    }

    /// Lands everything that is under way, and ends the hostility: what is sent from now on arrives.
    pub fn settle(&self) {
        if let Some(chance) = &self.shared.chance {
            chance.end();
        }
        for partition in &self.shared.partitions {
            let mut records = lock(&partition.records);
            let late: Vec<_> = records.under_way.drain(..).collect();
            records.landed.extend(late);
            partition.show(&records);
        }
    }

    /// The records of a partition as they stand, void ones too.
    pub fn records(&self, partition: Partition) -> Vec<Record> {
        lock(&self.partition(partition).records).landed.clone()
    }

    fn build(partitions: u32, chance: Option<Chance>) -> Self {
        let empty = || Partitioned { records: Mutex::default(), end: watch::Sender::new(Position(0)) };
        let partitions = (0..partitions).map(|_| empty()).collect();
        let shared = Shared { partitions, chance, faults: Mutex::default(), no_room: AtomicBool::new(false) };
        Self { shared: Arc::new(shared) }
    }

    fn partition(&self, partition: Partition) -> &Partitioned {
        &self.shared.partitions[partition.0 as usize]
    }

    fn plan(&self, records: usize) -> Delivery {
        match (lock(&self.shared.faults).pop_front(), &self.shared.chance) {
            (Some(fault), _) => fault.delivery(records),
            (None, Some(chance)) => chance.delivery(records),
            (None, None) => Delivery::plain(records),
        }
    }

    /// In a hostile log, something sent long ago may land whenever anybody looks.
    fn stir(&self, partition: Partition) {
        let Some(chance) = &self.shared.chance else { return };
        let partition = self.partition(partition);
        let mut records = lock(&partition.records);
        records.land_late(chance);
        partition.show(&records);
    }
}

#[async_trait]
impl Log for MemoryLog {
    fn partitions(&self) -> u32 {
        u32::try_from(self.shared.partitions.len()).unwrap_or(u32::MAX)
    }

    fn end(&self, partition: Partition) -> watch::Receiver<Position> {
        self.partition(partition).end.subscribe()
    }

    async fn current_end(&self, partition: Partition) -> Result<Position, LogError> {
        self.stir(partition);
        Ok(*self.partition(partition).end.borrow())
    }

    async fn read(&self, partition: Partition, position: Position) -> Result<Option<Record>, LogError> {
        self.stir(partition);
        let index = usize::try_from(position.0).unwrap_or(usize::MAX);
        Ok(lock(&self.partition(partition).records).landed.get(index).cloned())
    }

    async fn reader(&self, partition: Partition, from: Position) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(MemoryReader::new(self.clone(), partition, from)))
    }

    async fn reign(&self, partition: Partition, _: WriterId) -> Result<Box<dyn ReignHandle>, LogError> {
        Ok(Box::new(MemoryReign { log: self.clone(), partition }))
    }

    fn room(&self) -> Result<(), AppendError> {
        if self.shared.no_room.load(Ordering::SeqCst) { Err(AppendError::NoRoom) } else { Ok(()) }
    }
}

struct MemoryReign {
    log: MemoryLog,
    partition: Partition,
}

#[async_trait]
impl ReignHandle for MemoryReign {
    async fn send(&mut self, batch: Vec<Record>) -> Vec<Report> {
        let plan = self.log.plan(batch.len());
        let partition = self.log.partition(self.partition);
        let mut records = lock(&partition.records);
        let reports = records.deliver(&batch, plan, self.log.shared.chance.as_ref());
        partition.show(&records);
        reports
    }
}

impl Partitioned {
    /// Tells the watchers where the partition ends.
    fn show(&self, records: &Records) {
        let end = records.end();
        self.end.send_if_modified(|known| std::mem::replace(known, end) != end);
    }
}

impl Records {
    fn end(&self) -> Position {
        Position(self.landed.len() as u64)
    }

    fn deliver(&mut self, batch: &[Record], plan: Delivery, chance: Option<&Chance>) -> Vec<Report> {
        let mut reports = vec![Report::Unknown(plan.unreported); batch.len()];
        for step in plan.steps {
            if let Some(chance) = chance {
                self.land_late(chance);
            }
            match step {
                delivery::Step::Land { index, reported } => {
                    if reported {
                        reports[index] = Report::At(self.end());
                    }
                    self.landed.push(batch[index].clone());
                }
                delivery::Step::Delay { index } => self.under_way.push(batch[index].clone()),
                delivery::Step::Intrude(record) => self.landed.push(*record),
            }
        }
        reports
    }

    fn land_late(&mut self, chance: &Chance) {
        while let Some(index) = chance.landing(self.under_way.len()) {
            let record = self.under_way.swap_remove(index);
            self.landed.push(record);
        }
    }
}

/// A test that panicked with the lock held has failed already; its neighbours may go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
