//! The reader's rule, and the place in the log that goes with it.

use events::Position;
use serde::{Deserialize, Serialize};

use crate::record::{Home, Kind, Record, RecordDigest, RecordError, Stored, WriterId};

/// A place in a partition together with the claim in force there. Stored whole, never as a bare offset: who resumes
/// in the middle must know whose records count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The log that the claims so far were made for; `None` before the first.
    pub home: Option<Home>,
    /// The position that is read next.
    pub next: Position,
    /// The term of the claim in force; 0 before the first.
    pub term: u64,
    /// The writer of the claim in force.
    pub writer: Option<WriterId>,
    /// The last `n` of that writer that counted.
    pub n: u64,
    /// Whether the claim in force sealed the partition.
    pub sealed: bool,
    /// How many events have counted.
    pub counted: u64,
    /// The digest of the record at `next − 1`; `None` at the beginning.
    pub last: Option<RecordDigest>,
}

/// The log is not the one, or not as long as the one, that the cursor was made on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// The log ends before the cursor: it was cut, or replaced by an older copy.
    #[error("the log ends at {end}, but {next} had been read of it: it was cut or replaced; nothing is resumed")]
    Cut {
        /// The log's end.
        end: Position,
        /// The cursor's place.
        next: Position,
    },
    /// Another record stands before the cursor than the one that was read there.
    #[error("the record at {at} is not the one that had been read there: the log was replaced; nothing is resumed")]
    Replaced {
        /// The record's position.
        at: Position,
    },
}

impl Cursor {
    /// Takes the record at `next` and says whether it counts. A void record moves `next` and `last`, nothing else.
    pub fn admit(&mut self, record: &Record) -> Result<bool, RecordError> {
        let counts = self.judge(record)?;
        self.last = Some(record.digest());
        Ok(counts)
    }

    /// [`Self::admit`] for each of the records in turn; what counts is kept. Only the last one's digest is needed. If
    /// one of them cannot be read, the cursor stays where it was.
    pub fn admit_all(&mut self, records: Vec<Stored>) -> Result<Vec<Stored>, RecordError> {
        let mut ahead = self.clone();
        let counts = ahead.admit_each(records.iter().map(|stored| &stored.record))?;
        *self = ahead;
        Ok(records.into_iter().zip(counts).filter_map(|(stored, counts)| counts.then_some(stored)).collect())
    }

    /// Whether each of the records in turn counts. After an error the cursor is of no use.
    pub(crate) fn admit_each<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<Vec<bool>, RecordError> {
        let (mut counts, mut last) = (Vec::new(), None);
        for record in records {
            counts.push(self.judge(record)?);
            last = Some(record);
        }
        self.last = last.map(Record::digest).or(self.last);
        Ok(counts)
    }

    fn judge(&mut self, record: &Record) -> Result<bool, RecordError> {
        let counts = match record.kind {
            Kind::Claim => {
                let claim = record.as_claim()?;
                let counts = !self.sealed
                    && Some(claim.term) == self.term.checked_add(1)
                    && self.home.is_none_or(|home| home == claim.home);
                if counts {
                    self.home = Some(claim.home);
                    self.term = claim.term;
                    self.writer = Some(record.writer);
                    self.sealed = claim.sealed;
                }
                counts
            }
            Kind::Event | Kind::Answers => {
                !self.sealed && self.writer == Some(record.writer) && Some(record.n) == self.n.checked_add(1)
            }
        };
        if counts {
            self.n = record.n;
            self.counted += u64::from(record.kind == Kind::Event);
        }
        self.next = self.next.next();
        Ok(counts)
    }
}
