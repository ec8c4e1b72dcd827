//! Whether both ends say the same of every store: by count, by the money, and byte by byte.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use command_api::fold::Content;
use events::{Digest, Event, Partition, StoreId};
use log::{Admitted, Cursor, Log};

use super::{Carried, read_on};

/// Records read at a time.
const READ_RECORDS: usize = 4_096;

/// What a log says of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    events: u64,
    answers: u64,
    /// Minor units: what was paid, less what was voided.
    total: i128,
    /// Over every event and every answer, in order.
    digest: Digest,
}

/// Compares the source's stores; an error names the first that differs.
pub(super) async fn compare(source: &dyn Log, target: &dyn Log) -> anyhow::Result<Carried> {
    let here = fold(source, true).await.context("the source cannot be compared")?;
    let there = fold(target, false).await.context("the target cannot be compared")?;
    let mut carried = Carried { stores: here.len(), ..Carried::default() };
    for (store, said) in &here {
        let Some(other) = there.get(store) else { bail!("store {store} is missing in the target: do not open it") };
        if said != other {
            bail!(
                "store {store} differs: {} events, {} answers and a total of {} here, {} events, {} answers and {} there; do not open the target",
                said.events,
                said.answers,
                said.total,
                other.events,
                other.answers,
                other.total
            );
        }
        carried.events += said.events;
        carried.answers += said.answers;
    }
    Ok(carried)
}

/// Everything that a log says, one that is sealed up to each seal.
async fn fold(log: &dyn Log, sealed: bool) -> anyhow::Result<BTreeMap<StoreId, Said>> {
    let mut stores = BTreeMap::new();
    for partition in (0..log.partitions()).map(Partition) {
        let end = log.current_end(partition).await?;
        let mut reader = Admitted::open(log, partition, Cursor::default()).await?;
        while reader.cursor().next < end || (sealed && !reader.cursor().sealed) {
            for stored in read_on(&mut reader, READ_RECORDS).await? {
                add(&mut stores, &Content::of(&stored)?, &stored.record.value)?;
            }
        }
    }
    Ok(stores)
}

fn add(stores: &mut BTreeMap<StoreId, Said>, content: &Content, value: &[u8]) -> anyhow::Result<()> {
    match content {
        Content::Claim => {}
        Content::Event(event) => {
            let said = of(stores, event.subject.store());
            said.events += 1;
            said.total += match &event.data {
                Event::SaleCompleted(sale) => i128::from(sale.total.price.0),
                Event::SaleVoided(void) => i128::from(void.total.price.0),
                _ => 0,
            };
            said.digest = Digest::of(&[&said.digest.0, value]);
        }
        Content::Answers(all) => {
            for one in all {
                let said = of(stores, one.subject);
                said.answers += 1;
                said.digest = Digest::of(&[&said.digest.0, &serde_json::to_vec(one)?]);
            }
        }
    }
    Ok(())
}

fn of(stores: &mut BTreeMap<StoreId, Said>, store: StoreId) -> &mut Said {
    stores.entry(store).or_insert(Said { events: 0, answers: 0, total: 0, digest: Digest([0; 16]) })
}
