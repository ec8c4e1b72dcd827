//! Whatever the order in which events gather into batches: the same rows, and those of the plain fold.

use std::sync::Arc;

use events::Envelope;
use log::MemoryLog;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::cafe::Cafe;
use crate::history::History;
use crate::place::Place;
use crate::till::Till;

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

async fn in_batches(events: &[Envelope], sizes: &[usize], place: Place) -> Till {
    let mut till = Till::open(place).await;
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

async fn in_one_go(events: &[Envelope], place: Place) -> Till {
    let mut history = History::begin(Arc::new(MemoryLog::new(1))).await;
    let last = history.append(events).await;
    let till = Till::over(history, place).await;
    till.shown(last).await;
    till
}

/// Small batches, one batch, a rebuild and the plain fold come to the same rows, which are given.
async fn agreed(events: &[Envelope], sizes: &[usize], place: Place) -> Result<Vec<String>, TestCaseError> {
    let large = in_one_go(events, place.another().await).await;
    let small = in_batches(events, sizes, place).await;
    let rows = small.dump().await;
    prop_assert_eq!(&rows, &large.dump().await);
    let report = small.verify().await;
    prop_assert!(report.is_equal(), "{:?}", report.differences);
    large.projector.rebuild(Uuid::from_u128(1), |_| ()).await.unwrap();
    prop_assert_eq!(&rows, &large.dump().await);
    Ok(rows)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn small_batches_one_batch_a_rebuild_and_the_plain_fold_agree(
        seed in any::<u64>(),
        steps in 50_usize..700,
        sizes in proptest::collection::vec(1_usize..60, 1..12),
    ) {
        runtime().block_on(agreed(&history(seed, steps), &sizes, Place::sqlite()))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn one_engine_and_the_other_come_to_the_same_rows(
        seed in any::<u64>(),
        steps in 50_usize..700,
        sizes in proptest::collection::vec(1_usize..60, 1..12),
    ) {
        let events = history(seed, steps);
        runtime().block_on(async {
            let rows = agreed(&events, &sizes, Place::postgres().await).await?;
            prop_assert_eq!(rows, in_one_go(&events, Place::sqlite()).await.dump().await);
            Ok(())
        })?;
    }
}
