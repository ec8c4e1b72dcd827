//! What the read side is made of, as `salesync` puts it together.

use std::sync::Arc;

use axum::extract::FromRef;
use chrono_tz::Tz;
use events::{Partition, StoreId};
use log::Log;
use migrations::{Snapshot, Views, ViewsError};
use moka::sync::Cache;
use web::{Freshness, Gate, Passwords, Throttle, Tokens};

use crate::answers::{Memory, Meters};
use crate::lists::Turnstile;
use crate::live::Live;
use crate::views::stores;

/// How many stores' time zones are remembered, about 100 bytes each.
const ZONES: u64 = 10_000;

/// Everything that the read side needs from outside.
pub struct Parts {
    /// Who asks.
    pub gate: Arc<Gate>,
    /// What is tailed for live events.
    pub log: Arc<dyn Log>,
    /// What is read.
    pub views: Views,
    /// How far that is.
    pub freshness: Arc<dyn Freshness>,
    /// How passwords are checked.
    pub passwords: Arc<Passwords>,
    /// What a log-in gives.
    pub tokens: Tokens,
    /// How often one may fail to log in.
    pub throttle: Arc<Throttle>,
}

/// The read side's state. Cheap to clone.
#[derive(Clone)]
pub struct QueryState(Arc<Inner>);

struct Inner {
    parts: Parts,
    memory: Memory,
    meters: Meters,
    turnstile: Turnstile,
    live: Arc<Live>,
    zones: Cache<StoreId, Tz>,
}

impl QueryState {
    /// The read side over these parts.
    pub fn new(parts: Parts) -> Self {
        let memory = Memory::of(parts.freshness.partitions());
        let (meters, turnstile) = (Meters::default(), Turnstile::default());
        let live = Arc::new(Live::new(Arc::clone(&parts.log), parts.views.clone()));
        Self(Arc::new(Inner { parts, memory, meters, turnstile, live, zones: Cache::new(ZONES) }))
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    /// The partition that the store's history is on.
    pub(crate) fn partition_of(&self, store: StoreId) -> Partition {
        log::partition_of_store(store, self.parts().freshness.partitions())
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.0.meters
    }

    pub(crate) fn turnstile(&self) -> &Turnstile {
        &self.0.turnstile
    }

    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.0.live
    }

    /// Lets everybody go who listens to live events, for the end of the process.
    pub fn close(&self) {
        self.live().close();
    }

    /// The store's time zone; `None` while the store is not in its view.
    pub(crate) async fn zone(&self, snapshot: &mut Snapshot, store: StoreId) -> Result<Option<Tz>, ViewsError> {
        if let Some(zone) = self.0.zones.get(&store) {
            return Ok(Some(zone));
        }
        let zone = stores::zone(snapshot, store).await?;
        if let Some(zone) = zone {
            self.0.zones.insert(store, zone);
        }
        Ok(zone)
    }
}

impl FromRef<QueryState> for Arc<Gate> {
    fn from_ref(state: &QueryState) -> Self {
        Arc::clone(&state.parts().gate)
    }
}
