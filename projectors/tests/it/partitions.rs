//! Many partitions, and projectors of them in more than one process.

use std::sync::Arc;

use events::{Envelope, Partition, Position};
use log::{Log, MemoryLog};
use migrations::Views;
use projectors::{Handle, RebuildError, verify};
use uuid::Uuid;

use crate::cafe::Cafe;
use crate::history::History;
use crate::on_both_engines;
use crate::place::Place;

on_both_engines!(
    the_projectors_of_several_partitions_fill_one_set_of_views,
    a_rebuild_takes_every_partition_and_every_projector_follows_it,
    a_rebuild_under_load_on_every_partition_loses_and_doubles_nothing,
    an_event_that_nobody_can_apply_on_one_partition_ends_the_rebuild_of_all,
);

const PARTITIONS: u32 = 3;
const NEW: Uuid = Uuid::from_u128(77);

/// A chain of cafés, one on each partition.
struct Chain {
    log: Arc<dyn Log>,
    histories: Vec<History>,
    views: Views,
    projectors: Vec<Handle>,
    place: Place,
}

impl Chain {
    async fn open(place: Place) -> Self {
        let log: Arc<dyn Log> = Arc::new(MemoryLog::new(PARTITIONS));
        let mut histories = Vec::new();
        for partition in (0..PARTITIONS).map(Partition) {
            histories.push(History::begin_on(Arc::clone(&log), partition).await);
        }
        let views = place.open().await;
        let projectors = (0..PARTITIONS).map(|partition| start(&log, partition, &views)).collect();
        Self { log, histories, views, projectors, place }
    }

    /// What happens in the café of the partition.
    fn events(partition: usize, count: usize) -> Vec<Envelope> {
        Cafe::busy(&format!("cafe{partition}"), partition as u64, count)
    }

    async fn happened(&mut self, partition: usize, events: &[Envelope]) -> Position {
        let position = self.histories[partition].append(events).await;
        shown(&self.projectors[partition], position).await;
        position
    }

    async fn is_what_the_log_says(&self, events: usize) {
        let report = verify(self.log.as_ref(), &self.views, |_, _| ()).await.unwrap();
        assert!(report.is_equal(), "{:?}", report.differences);
        let sales = report.views.iter().filter(|view| view.name == "sales");
        let sales: Vec<_> = sales.map(|view| (view.partition.0, view.events)).collect();
        assert_eq!(sales.iter().map(|(partition, _)| *partition).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(sales.iter().map(|(_, events)| *events).sum::<u64>(), events as u64);
    }
}

fn start(log: &Arc<dyn Log>, partition: u32, views: &Views) -> Handle {
    projectors::start(Arc::clone(log), Partition(partition), views.clone(), Arc::new(|_| ())).unwrap()
}

async fn shown(projector: &Handle, position: Position) {
    projector.progress().wait_for(|progress| progress.shows(position)).await.unwrap();
}

async fn the_projectors_of_several_partitions_fill_one_set_of_views(place: Place) {
    let mut chain = Chain::open(place).await;
    for round in 0..5 {
        for partition in 0..3 {
            let events = Chain::events(partition, 500);
            chain.happened(partition, &events[round * 100..(round + 1) * 100]).await;
        }
    }
    chain.is_what_the_log_says(1_500).await;
    let mut snapshot = chain.views.snapshot().await.unwrap();
    let stores = snapshot.fetch("SELECT COUNT(*) FROM stores", &[]).await.unwrap();
    assert_eq!(stores[0].int(0).unwrap(), 3);
}

async fn a_rebuild_takes_every_partition_and_every_projector_follows_it(place: Place) {
    let mut chain = Chain::open(place).await;
    for partition in 0..3 {
        chain.happened(partition, &Chain::events(partition, 400 + partition * 100)).await;
    }
    let report = projectors::rebuild(Arc::clone(&chain.log), chain.views.clone(), NEW, |_| ()).await.unwrap();
    assert_eq!(report.events, 1_500);
    let ends: Vec<_> = report.next.iter().map(|(partition, next)| (partition.0, next.0)).collect();
    assert_eq!(ends, [(0, 401), (1, 501), (2, 601)]);
    assert!(report.differences.is_empty() && report.not_compared.is_empty(), "{report:?}");
    for projector in &chain.projectors {
        // Nothing new happens, and yet each goes on in the new generation.
        let progress = projector.progress().wait_for(|progress| progress.generation == NEW).await.unwrap().clone();
        assert!(progress.stopped.is_empty());
    }
    chain.is_what_the_log_says(1_500).await;
    for partition in 0..3 {
        let more = &Chain::events(partition, 900)[400 + partition * 100..];
        chain.happened(partition, more).await;
    }
    chain.is_what_the_log_says(2_700).await;
    chain.place.only_the_live_one_is_left(&chain.views).await;
}

async fn a_rebuild_under_load_on_every_partition_loses_and_doubles_nothing(place: Place) {
    let mut chain = Chain::open(place).await;
    let all: Vec<_> = (0..3).map(|partition| Chain::events(partition, 4_000)).collect();
    for (partition, events) in all.iter().enumerate() {
        chain.happened(partition, &events[..1_000]).await;
    }
    let rebuilding = tokio::spawn(projectors::rebuild(Arc::clone(&chain.log), chain.views.clone(), NEW, |_| ()));
    for at in (1_000..4_000).step_by(50) {
        for (partition, events) in all.iter().enumerate() {
            chain.happened(partition, &events[at..at + 50]).await;
        }
    }
    let report = rebuilding.await.unwrap().unwrap();
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    for projector in &chain.projectors {
        projector.progress().wait_for(|progress| progress.generation == NEW).await.unwrap();
    }
    chain.is_what_the_log_says(12_000).await;
}

async fn an_event_that_nobody_can_apply_on_one_partition_ends_the_rebuild_of_all(place: Place) {
    let mut chain = Chain::open(place).await;
    let before = chain.views.live_generation();
    chain.happened(0, &Chain::events(0, 100)).await;
    chain.histories[2].append_nonsense("{}").await;
    let mut progress = chain.projectors[2].progress();
    progress.wait_for(|progress| progress.stopped.len() == 8).await.unwrap();
    let refused = projectors::rebuild(Arc::clone(&chain.log), chain.views.clone(), NEW, |_| ()).await;
    assert!(matches!(refused, Err(RebuildError::Poison { .. })), "{refused:?}");
    assert_eq!(chain.views.live_generation(), before);
    chain.happened(0, &Chain::events(0, 200)[100..]).await;
    chain.is_what_the_log_says(200).await;
}

#[tokio::test]
async fn a_projector_in_another_process_follows_a_rebuild_and_announces_where_it_is() {
    let place = Place::postgres().await;
    let mut chain = Chain::open(place).await;
    chain.happened(0, &Chain::events(0, 300)).await;
    // Another process has its own connections and hears of the switch from the database alone.
    let elsewhere = chain.place.open().await;
    let other = start(&chain.log, 1, &elsewhere);
    chain.projectors[1].stop().await;
    let last = chain.histories[1].append(&Chain::events(1, 300)).await;
    shown(&other, last).await;
    projectors::rebuild(Arc::clone(&chain.log), chain.views.clone(), NEW, |_| ()).await.unwrap();
    let mut heard = elsewhere.listen().await.unwrap();
    loop {
        let told = heard.next().await.unwrap();
        if told.partition == 1 && told.generation == NEW {
            assert_eq!(told.next, last.next().0 as i64);
            break;
        }
    }
    assert_eq!(other.progress().borrow().generation, NEW);
    let last = chain.histories[1].append(&Chain::events(1, 400)[300..]).await;
    shown(&other, last).await;
    while heard.next().await.unwrap().next != last.next().0 as i64 {}
    chain.is_what_the_log_says(700).await;
}

#[tokio::test]
async fn two_projectors_of_one_partition_in_two_processes_apply_each_event_once() {
    let place = Place::postgres().await;
    let mut chain = Chain::open(place).await;
    let elsewhere = chain.place.open().await;
    let other = start(&chain.log, 0, &elsewhere);
    let events = Chain::events(0, 1_500);
    let mut last = Position(0);
    for batch in events.chunks(5) {
        last = chain.histories[0].append(batch).await;
    }
    shown(&chain.projectors[0], last).await;
    shown(&other, last).await;
    chain.is_what_the_log_says(1_500).await;
}
