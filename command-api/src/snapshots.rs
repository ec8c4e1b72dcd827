//! Snapshots: a fold written down, so that a start need not read the whole log.
//!
//! A snapshot is never trusted beyond its cursor: opening the log there checks that the record before it is the one
//! that had been folded. One of another fold version is never read.

use async_trait::async_trait;
use events::Partition;
use serde::{Deserialize, Serialize};

use crate::fold::Fold;

/// The layout of this file; together with [`domain::VERSION`] it says what a snapshot means.
const LAYOUT: u32 = 2;

/// Where snapshots are kept. One per partition; a newer one takes the older one's place, whole or not at all.
#[async_trait]
pub trait Snapshots: Send + Sync + 'static {
    /// The latest, if there is one.
    async fn load(&self, partition: Partition) -> std::io::Result<Option<Vec<u8>>>;

    /// Keeps this one in its place.
    async fn save(&self, partition: Partition, snapshot: Vec<u8>) -> std::io::Result<()>;
}

#[derive(Serialize)]
struct Written<'a> {
    version: (u32, u32),
    fold: &'a Fold,
}

#[derive(Deserialize)]
struct Version {
    version: (u32, u32),
}

#[derive(Deserialize)]
struct Read {
    fold: Fold,
}

/// The fold as bytes.
pub fn encode(fold: &Fold) -> Result<Vec<u8>, rmp_serde::encode::Error> {
    rmp_serde::to_vec_named(&Written { version: (LAYOUT, domain::VERSION), fold })
}

/// The fold in these bytes; `None` if another version of the fold, or nobody, wrote them. Then the log is folded from
/// its beginning.
pub fn decode(bytes: &[u8]) -> Option<Fold> {
    let Version { version } = rmp_serde::from_slice(bytes).ok()?;
    if version != (LAYOUT, domain::VERSION) {
        return None;
    }
    rmp_serde::from_slice::<Read>(bytes).ok().map(|read| read.fold)
}
