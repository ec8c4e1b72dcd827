//! A batch: the records of one append, and whom each of them answers.

use std::sync::Arc;

use bytes::Bytes;
use events::{Envelope, StoreId};
use log::{Kind, Record, WriterId};

use super::limits::{ANSWERS_BYTES, BATCH_BYTES, BATCH_RECORDS};
use crate::fold::Recorded;
use crate::receipts::Slot;
use crate::request::{Answer, Request};

/// Which record carries an answer out of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// The event at this place of the batch.
    Event(usize),
    /// The `answers` record at this place of those of the batch.
    Answers(usize),
    /// None: it changes nothing and has no key, so it leaves when everything staged before it counts.
    Behind,
}

/// One decided command and everybody who waits for its answer.
#[derive(Debug)]
pub(super) struct Carried<W> {
    pub(super) request: Box<Request>,
    /// What its key, if it has one, is looked up by.
    pub(super) slot: Option<Slot>,
    pub(super) waiters: Vec<W>,
    pub(super) answer: Answer,
    pub(super) event: Option<Arc<Envelope>>,
    pub(super) carrier: Carrier,
}

/// What was decided and not yet sent, or sent and not yet reported on.
#[derive(Debug)]
pub(super) struct Batch<W> {
    pub(super) carried: Vec<Carried<W>>,
    events: Vec<(StoreId, Bytes)>,
    /// What goes into each `answers` record: one, unless there is more than one record may hold.
    answers: Vec<Vec<Recorded>>,
    bytes: usize,
    answers_bytes: usize,
    /// Of them those of the last record.
    last_bytes: usize,
    sent: usize,
}

impl<W> Default for Batch<W> {
    fn default() -> Self {
        Self {
            carried: Vec::new(),
            events: Vec::new(),
            answers: Vec::new(),
            bytes: 0,
            answers_bytes: 0,
            last_bytes: 0,
            sent: 0,
        }
    }
}

impl<W> Batch<W> {
    pub(super) fn is_empty(&self) -> bool {
        self.carried.is_empty()
    }

    /// Whether one more command fits. The limits are soft by one record: a batch may be a single large one.
    pub(super) fn has_room(&self) -> bool {
        self.carried.len() < BATCH_RECORDS && self.bytes < BATCH_BYTES && self.answers_bytes < ANSWERS_BYTES
    }

    /// How many events are in it.
    pub(super) fn events(&self) -> usize {
        self.events.len()
    }

    /// How many records it was sent as.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    pub(super) fn push_event(&mut self, store: StoreId, value: Bytes) -> Carrier {
        self.bytes += value.len();
        self.events.push((store, value));
        Carrier::Event(self.events.len() - 1)
    }

    pub(super) fn push_answer(&mut self, recorded: Recorded) -> Carrier {
        // As JSON it is twice as long at most, every character of key and body escaped.
        let bytes = 2 * (recorded.body.len() + recorded.key.len()) + 256;
        self.answers_bytes += bytes;
        self.last_bytes += bytes;
        if self.answers.is_empty() || self.last_bytes > ANSWERS_BYTES {
            self.answers.push(Vec::new());
            self.last_bytes = bytes;
        }
        let last = self.answers.len() - 1;
        self.answers[last].push(recorded);
        Carrier::Answers(last)
    }

    /// The records, numbered from `first` on. `barrier` asks for an `answers` record even if there is nothing to say.
    pub(super) fn send(&mut self, writer: WriterId, first: u64, barrier: bool) -> Vec<Record> {
        let mut numbers = first..;
        let mut record = |kind, key: String, value: Bytes| Record {
            kind,
            writer,
            n: numbers.next().unwrap_or(u64::MAX),
            key,
            value,
        };
        let mut records: Vec<Record> = self
            .events
            .iter()
            .map(|(store, value)| record(Kind::Event, events::Subject::Store(*store).to_string(), value.clone()))
            .collect();
        if self.answers.is_empty() && barrier && records.is_empty() {
            self.answers.push(Vec::new());
        }
        for answers in &self.answers {
            let value = serde_json::to_vec(answers).unwrap_or_else(|_| b"[]".to_vec());
            records.push(record(Kind::Answers, String::new(), value.into()));
        }
        self.sent = records.len();
        records
    }
}

#[cfg(test)]
mod tests {
    use events::Digest;
    use uuid::Uuid;

    use super::*;
    use crate::shard::limits::RECORDED_ANSWER_BYTES;

    #[test]
    fn however_many_answers_gather_no_record_of_them_is_larger_than_a_log_takes() {
        let mut batch = Batch::<()>::default();
        let store = StoreId(Uuid::from_u128(7));
        // What JSON makes the most of: each character is escaped.
        let (key, body) = ("\"".repeat(255), "\"".repeat(RECORDED_ANSWER_BYTES));
        let recorded =
            || Recorded { subject: store, key: key.clone(), digest: Digest([0; 16]), status: 404, body: body.clone() };
        let places: Vec<Carrier> = (0..4 * BATCH_RECORDS).map(|_| batch.push_answer(recorded())).collect();
        let records = batch.send(WriterId(Uuid::from_u128(1)), 5, true);
        assert!(records.len() > 10 && records.iter().all(|record| record.value.len() <= ANSWERS_BYTES));
        assert!(records.iter().zip(5..).all(|(record, n)| record.kind == Kind::Answers && record.n == n));
        let mut told = 0;
        for (at, record) in records.iter().enumerate() {
            let answers: Vec<Recorded> = serde_json::from_slice(&record.value).unwrap_or_default();
            told += answers.len();
            assert_eq!(answers.len(), places.iter().filter(|place| **place == Carrier::Answers(at)).count());
        }
        assert_eq!(told, places.len());
        assert_eq!(batch.sent(), records.len());
    }
}
