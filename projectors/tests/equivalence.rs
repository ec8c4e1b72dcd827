//! Whatever the order in which events gather into batches: the same rows, and those of the plain fold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test fails by panicking, and uses a part of the fixture"
)]

#[path = "fixture/cafe.rs"]
mod cafe;
#[path = "fixture/history.rs"]
mod history;
#[path = "fixture/till.rs"]
mod till;

use std::sync::Arc;

use cafe::Cafe;
use events::Envelope;
use history::History;
use log::MemoryLog;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use till::Till;
use uuid::Uuid;

/// What happens in a few cafés, in one order.
fn history(seed: u64, steps: usize) -> Vec<Envelope> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut cafes: Vec<Cafe> = (0..3).map(|store| Cafe::new(&format!("store{store}"))).collect();
    cafes[0].closes = 0.3;
    (0..steps)
        .filter_map(|_| {
            let store = rng.random_range(0..cafes.len());
            cafes[store].step(&mut rng)
        })
        .collect()
}

async fn in_batches(events: &[Envelope], sizes: &[usize]) -> Till {
    let mut till = Till::open().await;
    let mut rest = events;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (batch, behind) = rest.split_at((*size).min(rest.len()));
        till.happened(batch).await;
        rest = behind;
    }
    till
}

async fn in_one_go(events: &[Envelope]) -> Till {
    let mut history = History::begin(Arc::new(MemoryLog::new(1))).await;
    let last = history.append(events).await;
    let till = Till::over(history);
    till.shown(last).await;
    till
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn small_batches_one_batch_a_rebuild_and_the_plain_fold_agree(
        seed in any::<u64>(),
        steps in 50_usize..700,
        sizes in proptest::collection::vec(1_usize..60, 1..12),
    ) {
        let events = history(seed, steps);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let (small, large) = (in_batches(&events, &sizes).await, in_one_go(&events).await);
            let rows = small.dump().await;
            prop_assert_eq!(&rows, &large.dump().await);
            let report = small.verify().await;
            prop_assert!(report.is_equal(), "{:?}", report.differences);
            large.projector.rebuild(Uuid::from_u128(1), |_| ()).await.unwrap();
            prop_assert_eq!(&rows, &large.dump().await);
            Ok(())
        })?;
    }
}
