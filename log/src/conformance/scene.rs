//! What the cases are told with: a fresh log, its writers, and expectations that say what was broken.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use events::{LogId, Partition, Position};
use uuid::Uuid;

use super::{Candidate, Failure, Fixture};
use crate::cursor::Cursor;
use crate::port::{Log, LogError, ReignHandle, Report};
use crate::record::{Claim, Home, Kind, Record, Stored, WriterId};
use crate::reign::{Appended, Reign};

/// The partition that a case works on.
pub(super) const HERE: Partition = Partition(0);

/// How often a log that cannot be read now is asked again before it has failed.
const RETRIES_MAX: u32 = 1_000;

/// The pause before it is asked again.
const RETRY_PAUSE: Duration = Duration::from_millis(10);

/// A fresh log and the candidate's way of reading and appending.
pub(super) struct Scene<'a> {
    pub(super) candidate: &'a dyn Candidate,
    pub(super) log: Arc<dyn Log>,
    pub(super) beside: Arc<dyn Log>,
    pub(super) settle: Box<dyn Fn() + Send + Sync>,
    writers: AtomicU64,
}

/// One attempt to be the writer.
pub(super) struct Writer {
    pub(super) id: WriterId,
    /// The `n` of the next record.
    pub(super) n: u64,
    pub(super) handle: Box<dyn ReignHandle>,
}

impl<'a> Scene<'a> {
    pub(super) async fn new(candidate: &'a dyn Candidate) -> Result<Self, Failure> {
        let Fixture { log, beside, settle } = candidate.fresh().await?;
        Ok(Self { candidate, log, beside, settle, writers: AtomicU64::new(1) })
    }

    pub(super) fn home(&self) -> Home {
        Home { log: LogId(Uuid::from_u128(0x1057)), partitions: self.log.partitions() }
    }

    /// A writer that has sent nothing yet.
    pub(super) async fn writer(&self) -> Result<Writer, Failure> {
        let id = WriterId(Uuid::from_u128(self.writers.fetch_add(1, Ordering::SeqCst).into()));
        let handle = self.log.reign(HERE, id).await?;
        Ok(Writer { id, n: 0, handle })
    }

    /// A writer whose claim of this term has been sent.
    pub(super) async fn claimed(&self, term: u64) -> Result<Writer, Failure> {
        let mut writer = self.writer().await?;
        let claim = writer.claim(term, self.home());
        writer.send(vec![claim]).await?;
        Ok(writer)
    }

    /// A writer with this term, as its reign, and the cursor behind its claim.
    pub(super) async fn reigning(&self, term: u64) -> Result<(Seat, Cursor), Failure> {
        let writer = self.claimed(term).await?;
        let (cursor, _) = self.fold(Cursor::default()).await?;
        equal("the writer of the claim in force", &cursor.writer, &Some(writer.id))?;
        Ok((self.seat(writer), cursor))
    }

    /// Seats a writer whose claim counts.
    pub(super) fn seat(&self, writer: Writer) -> Seat {
        let Writer { id, n, handle } = writer;
        Seat { id, n, reign: Reign::new(Arc::clone(&self.log), HERE, handle) }
    }

    pub(super) async fn append(&self, seat: &mut Seat, cursor: &Cursor, batch: Vec<Record>) -> Appended {
        self.candidate.append(&mut seat.reign, cursor.clone(), batch).await
    }

    /// What counts behind a cursor, to the present end.
    pub(super) async fn fold(&self, from: Cursor) -> Result<(Cursor, Vec<Stored>), Failure> {
        let end = self.end().await?;
        self.fold_to(from, end).await
    }

    /// What counts behind a cursor, to `end`. A log that cannot be read now is asked again.
    pub(super) async fn fold_to(&self, from: Cursor, end: Position) -> Result<(Cursor, Vec<Stored>), Failure> {
        for _ in 0..RETRIES_MAX {
            match self.candidate.fold(&*self.log, HERE, from.clone(), end).await {
                Err(error) if error.is_transient() => tokio::time::sleep(RETRY_PAUSE).await,
                folded => return Ok(folded?),
            }
        }
        Err(Failure("the log cannot be read for long".to_owned()))
    }

    /// The present end, as the storage tells it. A log that cannot be read now is asked again.
    pub(super) async fn end(&self) -> Result<Position, Failure> {
        for _ in 0..RETRIES_MAX {
            match self.log.current_end(HERE).await {
                Err(error) if error.is_transient() => tokio::time::sleep(RETRY_PAUSE).await,
                end => return Ok(end?),
            }
        }
        Err(Failure("the end cannot be read for long".to_owned()))
    }

    /// The values of all events that count.
    pub(super) async fn events(&self) -> Result<Vec<String>, Failure> {
        Ok(texts(&self.fold(Cursor::default()).await?.1))
    }
}

/// A writer whose claim counts.
pub(super) struct Seat {
    pub(super) id: WriterId,
    pub(super) n: u64,
    pub(super) reign: Reign,
}

impl Seat {
    pub(super) fn events<const N: usize>(&mut self, texts: [&str; N]) -> Vec<Record> {
        texts.into_iter().map(|text| event(self.id, &mut self.n, text)).collect()
    }
}

impl Writer {
    pub(super) fn claim(&mut self, term: u64, home: Home) -> Record {
        self.n = 1;
        Record::claim(self.id, &Claim { term, home, sealed: false })
    }

    pub(super) fn seal(&mut self, term: u64, home: Home) -> Record {
        self.n = 1;
        Record::claim(self.id, &Claim { term, home, sealed: true })
    }

    pub(super) fn events<const N: usize>(&mut self, texts: [&str; N]) -> Vec<Record> {
        texts.into_iter().map(|text| event(self.id, &mut self.n, text)).collect()
    }

    /// Sends, and demands a report on each record.
    pub(super) async fn send(&mut self, batch: Vec<Record>) -> Result<Vec<Position>, Failure> {
        let sent = batch.len();
        let reports = self.handle.send(batch).await;
        equal("the number of reports", &reports.len(), &sent)?;
        let reported = reports.into_iter().map(|report| match report {
            Report::At(position) => Ok(position),
            Report::Unknown(why) => Err(Failure(format!("an append to a quiet log is unknown: {why}"))),
        });
        reported.collect()
    }
}

fn event(writer: WriterId, n: &mut u64, text: &str) -> Record {
    let record = Record {
        kind: Kind::Event,
        writer,
        n: *n,
        key: "store/1".to_owned(),
        value: Bytes::copy_from_slice(text.as_bytes()),
    };
    *n += 1;
    record
}

/// The values of the events among these.
pub(super) fn texts(stored: &[Stored]) -> Vec<String> {
    let events = stored.iter().filter(|stored| stored.record.kind == Kind::Event);
    events.map(|stored| String::from_utf8_lossy(&stored.record.value).into_owned()).collect()
}

/// Expects two things to be equal.
pub(super) fn equal<T: PartialEq + Debug + ?Sized>(what: &str, found: &T, expected: &T) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(Failure(format!("{what}: found {found:?}, expected {expected:?}"))) }
}

/// Expects something to hold.
pub(super) fn holds(what: &str, holds: bool) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure(format!("it does not hold that {what}"))) }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self(error.to_string())
    }
}
