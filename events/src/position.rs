//! Where a record stands: in which log, on which partition, at which position.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The uuid of a log, made when its partition 0 is first claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(pub Uuid);

impl LogId {
    /// The first eight hex digits, by which clients know the log.
    pub fn short(self) -> u32 {
        self.0.as_fields().0
    }
}

/// A partition of the log: 0, 1, 2 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Partition(pub u32);

impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A record's place in its partition: 0, 1, 2 … without gaps, counting records of every kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// The place after this one. Behind the last that there is, which no log has and a client may name, is that one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A position as clients carry it: `5f3a90c1-3-1042`, that is log, partition, position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// [`LogId::short`] of the log; a stamp of another log says nothing about this one.
    pub log: u32,
    /// The partition.
    pub partition: Partition,
    /// The record's position.
    pub position: Position,
}

/// Not of the form `5f3a90c1-3-1042`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a position is eight hex digits, a partition and a position, joined by hyphens")]
pub struct PositionError;

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}-{}-{}", self.log, self.partition, self.position)
    }
}

impl std::str::FromStr for Stamp {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let (Some(log), Some(partition), Some(position), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(PositionError);
        };
        let hex = log.len() == 8 && log.bytes().all(|b| b.is_ascii_hexdigit());
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !(hex && digits(partition) && digits(position)) {
            return Err(PositionError);
        }
        Ok(Self {
            log: u32::from_str_radix(log, 16).map_err(|_| PositionError)?,
            partition: Partition(partition.parse().map_err(|_| PositionError)?),
            position: Position(position.parse().map_err(|_| PositionError)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_back_what_it_wrote() {
        let stamp: Stamp = "5f3a90c1-3-1042".parse().unwrap_or_else(|e| unreachable!("{e}"));
        assert_eq!((stamp.log, stamp.partition, stamp.position), (0x5f3a_90c1, Partition(3), Position(1042)));
        assert_eq!(stamp.to_string(), "5f3a90c1-3-1042");
    }

    #[test]
    fn nonsense_is_no_stamp() {
        for bad in ["", "1-2-3", "5f3a90c1-3", "5f3a90c1-3-1042-1", "5f3a90c1--1", "5f3a90c1-+3-1", "zzzzzzzz-1-1"] {
            assert_eq!(bad.parse::<Stamp>(), Err(PositionError), "{bad}");
        }
        assert!("5f3a90c1-1-99999999999999999999999".parse::<Stamp>().is_err());
    }
}
