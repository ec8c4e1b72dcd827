//! Which tokens were revoked, as the `stores` view tells it, with what it told last kept at hand.
//!
//! A kept word is good as long as nothing of its store was taken back: each carries the count of take-backs that there
//! was *before* it was read, so a word that was read just before the view changed is never believed after.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use events::{Position, StoreId};
use migrations::Views;
use moka::sync::Cache;
use uuid::Uuid;
use web::{Access, Claims, Clock, Freshness, Sessions};

use crate::failure::ReadError;
use crate::views::{self, stores};

/// How long a store may be on its way into the view: so old may its token be.
pub const UNSEEN_STORE_SECONDS: i64 = 60;

/// How many stores are kept at hand, about 150 bytes each.
const STORES: u64 = 50_000;
/// Over how many counts the take-backs are spread; one of them outdates a thousandth of what is kept.
const COUNTS: usize = 1_024;

/// The standing of every store's tokens.
pub struct SessionTable {
    views: Views,
    clock: Arc<dyn Clock>,
    ends_at_start: Vec<Position>,
    freshness: Option<Arc<dyn Freshness>>,
    kept: Cache<StoreId, Kept>,
    counts: Box<[AtomicU64]>,
}

#[derive(Clone, Copy)]
struct Kept {
    session: stores::Session,
    as_of: AsOf,
}

/// What a kept word was good for: the count of take-backs, the generation of the views, whose rows may know more than those
/// of the one before, and where another process changes the view, its place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct AsOf {
    count: u64,
    generation: Uuid,
    present: Option<(Position, Uuid)>,
}

impl SessionTable {
    /// The table over these views. `ends_at_start` are the ends that the log's partitions had when the process began:
    /// once the view has passed its own, a store of the partition that is not in the view does not exist.
    pub fn new(views: Views, clock: Arc<dyn Clock>, ends_at_start: Vec<Position>) -> Self {
        let counts = (0..COUNTS).map(|_| AtomicU64::new(0)).collect();
        Self { views, clock, ends_at_start, freshness: None, kept: Cache::new(STORES), counts }
    }

    /// The same table where other processes change the view, who do not say of which store: a kept word is believed for
    /// as long as its partition stands still, and that is known for certain.
    #[must_use]
    pub fn while_still(self, freshness: Arc<dyn Freshness>) -> Self {
        Self { freshness: Some(freshness), ..self }
    }

    /// Takes back what is kept of these stores. To be called after the view has changed and before anybody is told
    /// that it has.
    pub fn invalidate(&self, stores: &[StoreId]) {
        for store in stores {
            self.count(*store).fetch_add(1, Ordering::AcqRel);
        }
    }

    fn count(&self, store: StoreId) -> &AtomicU64 {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(store);
        &self.counts[usize::try_from(hash).unwrap_or_default() % COUNTS]
    }

    async fn ask(&self, claims: &Claims) -> Result<Access, ReadError> {
        let count = self.count(claims.store).load(Ordering::Acquire);
        let partition =
            log::partition_of_store(claims.store, u32::try_from(self.ends_at_start.len()).unwrap_or(u32::MAX));
        let present = self.freshness.as_ref().map(|freshness| freshness.present(partition));
        let sure = present.is_none_or(|present| present.sure);
        let generation = self.views.live_generation();
        let as_of = AsOf { count, generation, present: present.map(|present| (present.next, present.generation)) };
        if let Some(kept) = self.kept.get(&claims.store).filter(|kept| sure && kept.as_of == as_of) {
            return Ok(judge(&kept.session, claims));
        }
        let mut snapshot = self.views.snapshot().await?;
        if let Some(session) = stores::session(&mut snapshot, claims.store).await? {
            self.kept.insert(claims.store, Kept { session, as_of });
            return Ok(judge(&session, claims));
        }
        if self.clock.now() - claims.issued_at <= TimeDelta::seconds(UNSEEN_STORE_SECONDS) {
            return Ok(Access::Granted);
        }
        let place = views::place(&mut snapshot, stores::NAME, partition, claims.store).await?;
        let end_at_start = self.ends_at_start.get(partition.0 as usize);
        let complete = place.zip(end_at_start).is_some_and(|(place, end)| place.next >= *end);
        Ok(if complete { Access::Revoked } else { Access::Unsure })
    }
}

#[async_trait]
impl Sessions for SessionTable {
    async fn access(&self, claims: &Claims) -> Access {
        self.ask(claims).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a token could not be checked against the views");
            Access::Unsure
        })
    }
}

/// A token is good while its store is open and its password unchanged, or if the change spared it. One that knows of
/// more changes than the view was minted by this program too: the view is behind.
fn judge(session: &stores::Session, claims: &Claims) -> Access {
    let current = claims.cv >= session.cv || session.keeps == Some(claims.jti);
    if !session.closed && current { Access::Granted } else { Access::Revoked }
}
