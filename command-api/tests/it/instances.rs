//! Several processes over one log of several partitions: who is assigned writes, who is not refuses, and a hand-over
//! loses nothing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use command_api::{
    Answered, Assigned, Membership, NotApplied, NotConfirmed, Reply, Snapshots, WriterOptions, WriterStatus, Writers,
};
use domain::Command;
use events::{Partition, StoreId};
use log::{Kind, MemoryLog};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::shop::{Steps, add_category, add_item, counted, events, order, request, sign_up};

const PARTITIONS: u32 = 4;

/// What one process has been told, as a test tells it.
struct Told {
    assigned: watch::Sender<Assigned>,
    let_go: watch::Sender<BTreeSet<Partition>>,
    confirms: AtomicBool,
}

impl Told {
    fn new(assigned: &[u32]) -> Arc<Self> {
        let told = Self {
            assigned: watch::Sender::new(Assigned::default()),
            let_go: watch::Sender::default(),
            confirms: AtomicBool::new(true),
        };
        told.assign(assigned);
        Arc::new(told)
    }

    fn assign(&self, partitions: &[u32]) {
        self.assigned.send_replace(Arc::new(partitions.iter().copied().map(Partition).collect()));
    }

    /// Waits until the process has let go of the partition.
    async fn gone(&self, partition: Partition) {
        self.let_go.subscribe().wait_for(|gone| gone.contains(&partition)).await.unwrap();
    }
}

#[async_trait]
impl Membership for Told {
    fn assigned(&self) -> watch::Receiver<Assigned> {
        self.assigned.subscribe()
    }

    async fn confirm(&self, _: Partition) -> Result<(), NotConfirmed> {
        if self.confirms.load(Ordering::SeqCst) { Ok(()) } else { Err(NotConfirmed("fenced".to_owned())) }
    }

    fn let_go(&self, partition: Partition) {
        self.let_go.send_modify(|gone| {
            gone.insert(partition);
        });
    }

    fn give_up(&self, _: Partition) {}

    async fn owner(&self, _: Partition) -> Option<String> {
        None
    }

    fn mistaken(&self, _: Partition) {}
}

/// One process.
struct Process {
    writers: Writers,
    told: Arc<Told>,
    ids: Arc<Steps>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shelves(Mutex<BTreeMap<Partition, Vec<u8>>>);

#[async_trait]
impl Snapshots for Shelves {
    async fn load(&self, partition: Partition) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().await.get(&partition).cloned())
    }

    async fn save(&self, partition: Partition, snapshot: Vec<u8>) -> std::io::Result<()> {
        self.0.lock().await.insert(partition, snapshot);
        Ok(())
    }
}

impl Process {
    fn start(log: &MemoryLog, nth: u64, assigned: &[u32], shelves: Option<Arc<Shelves>>) -> Self {
        let (told, ids) = (Told::new(assigned), Steps::from(nth * 1_000_000));
        let options = WriterOptions {
            log: Arc::new(log.clone()),
            partition: Partition(0),
            ids: ids.clone(),
            snapshots: shelves.map(|shelves| shelves as Arc<dyn Snapshots>),
            locked: false,
            snapshot_every_records: u64::MAX,
        };
        let (writers, task) = Writers::new(&options, told.clone());
        let (stop, stopping) = watch::channel(false);
        Self { writers, told, ids, stop, task: tokio::spawn(task.run(stopping)) }
    }

    async fn ask(&self, store: StoreId, key: &str, command: Command) -> Reply {
        let mut request = request(web::Ids::uuid(self.ids.as_ref()), Some(key), command);
        request.store = store;
        self.writers.submit(request).await
    }

    async fn answer(&self, store: StoreId, key: &str, command: Command) -> Answered {
        match self.ask(store, key, command).await {
            Reply::Answered(answered) => answered,
            other => panic!("no answer: {other:?}"),
        }
    }

    async fn set_up(&self, store: StoreId) {
        for (key, command) in [("sign-up", sign_up()), ("category", add_category()), ("item", add_item())] {
            assert_eq!(self.answer(store, key, command).await.answer.status, 201);
        }
    }

    async fn status(&self, partition: Partition, is: impl FnMut(&WriterStatus) -> bool) {
        self.writers.statuses()[partition.0 as usize].wait_for(is).await.unwrap();
    }

    async fn close(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

/// A store whose history is on the partition.
fn store_on(partition: u32) -> StoreId {
    let on = |store: &StoreId| log::partition_of_store(*store, PARTITIONS) == Partition(partition);
    (0..1_000).map(|n| StoreId::of_username(&format!("store{n}"))).find(on).unwrap()
}

#[tokio::test]
async fn every_store_is_written_on_its_own_partition_and_the_answer_names_it() {
    let log = MemoryLog::new(PARTITIONS);
    let process = Process::start(&log, 1, &[0, 1, 2, 3], None);
    for partition in 0..PARTITIONS {
        let store = store_on(partition);
        assert_eq!(process.writers.partition_of(store), Partition(partition));
        process.set_up(store).await;
        let placed = process.answer(store, "order", order(1, 1)).await;
        assert_eq!(placed.stamp.unwrap().partition, Partition(partition));
        assert!(events(&log.records(Partition(partition))).iter().all(|event| event.subject.store() == store));
    }
    let homes: HashSet<_> =
        (0..PARTITIONS).map(|p| log.records(Partition(p))[0].as_claim().unwrap().home.log).collect();
    assert_eq!(homes.len(), 1, "all partitions are of one log");
    process.close().await;
}

#[tokio::test]
async fn who_is_not_assigned_refuses_at_once_and_writes_nothing() {
    let log = MemoryLog::new(PARTITIONS);
    let process = Process::start(&log, 1, &[0, 1], None);
    let refused = process.ask(store_on(3), "sign-up", sign_up()).await;
    assert!(matches!(refused, Reply::NotApplied(NotApplied::Elsewhere)), "{refused:?}");
    process.set_up(store_on(1)).await;
    process.close().await;
    assert!(log.records(Partition(3)).is_empty());
}

#[tokio::test]
async fn a_partition_that_is_handed_over_goes_on_with_the_same_answers() {
    let log = MemoryLog::new(PARTITIONS);
    let shelves = Arc::new(Shelves::default());
    let first = Process::start(&log, 1, &[0, 1, 2, 3], Some(shelves.clone()));
    let second = Process::start(&log, 2, &[], Some(shelves.clone()));
    let store = store_on(2);
    first.set_up(store).await;
    let placed = first.answer(store, "order", order(1, 2)).await;
    first.told.assign(&[0, 1, 3]);
    first.told.gone(Partition(2)).await;
    let saved = command_api::snapshots::decode(&shelves.0.lock().await[&Partition(2)]).unwrap();
    assert_eq!(saved.cursor.next.0, log.records(Partition(2)).len() as u64, "the next owner has nothing left to fold");
    assert!(matches!(first.ask(store, "late", order(1, 1)).await, Reply::NotApplied(NotApplied::Elsewhere)));
    second.told.assign(&[2]);
    second.status(Partition(2), |status| status.home().is_some()).await;
    let again = second.answer(store, "order", order(1, 2)).await;
    assert_eq!((&again.answer, again.stamp, again.replayed), (&placed.answer, placed.stamp, true));
    assert_eq!(second.answer(store, "late", order(1, 1)).await.answer.status, 200);
    let claims = counted(&log.records(Partition(2))).iter().filter(|record| record.kind == Kind::Claim).count();
    assert_eq!((claims, events(&log.records(Partition(2))).len()), (2, 5));
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn commands_under_way_at_a_hand_over_are_answered_once_each() {
    let log = MemoryLog::new(PARTITIONS);
    let first = Arc::new(Process::start(&log, 1, &[0, 1, 2, 3], None));
    let second = Process::start(&log, 2, &[], None);
    let store = store_on(1);
    first.set_up(store).await;
    let asked: Vec<_> = (0..64)
        .map(|n| {
            let first = first.clone();
            tokio::spawn(async move { first.ask(store, &format!("order-{n}"), order(n, 1)).await })
        })
        .collect();
    first.told.assign(&[0]);
    second.told.assign(&[1]);
    let mut refused = Vec::new();
    for (n, asked) in asked.into_iter().enumerate() {
        match asked.await.unwrap() {
            Reply::Answered(answered) => assert_eq!(answered.answer.status, 200),
            Reply::NotApplied(_) => refused.push(n),
            Reply::Unknown(_) => panic!("the log lost nothing, so nothing is unknown"),
            other => panic!("{other:?}"),
        }
    }
    second.status(Partition(1), |status| status.home().is_some()).await;
    let standing = events(&log.records(Partition(1)));
    assert_eq!(standing.len(), 3 + 64 - refused.len(), "what was refused is not there");
    for n in 0..64 {
        second.answer(store, &format!("order-{n}"), order(n, 1)).await;
    }
    assert_eq!(events(&log.records(Partition(1))).len(), 3 + 64);
    Arc::into_inner(first).unwrap().close().await;
    second.close().await;
}

#[tokio::test]
async fn a_zombies_records_do_not_count_and_it_claims_again_only_after_a_confirmation() {
    let log = MemoryLog::new(PARTITIONS);
    let zombie = Process::start(&log, 1, &[0, 1, 2, 3], None);
    let store = store_on(0);
    zombie.set_up(store).await;
    // It sleeps past its lease: the group has given the partition away and would not confirm it, it has heard nothing.
    zombie.told.confirms.store(false, Ordering::SeqCst);
    let next = Process::start(&log, 2, &[0], None);
    next.status(Partition(0), |status| status.home().is_some()).await;
    let before = counted(&log.records(Partition(0))).len();
    let woken = zombie.ask(store, "zombie", order(1, 1)).await;
    assert!(matches!(woken, Reply::NotApplied(NotApplied::Deposed)), "{woken:?}");
    zombie.status(Partition(0), |status| matches!(status, WriterStatus::Starting)).await;
    assert_eq!(counted(&log.records(Partition(0))).len(), before, "what it sent is void");
    assert_eq!(next.answer(store, "order", order(2, 1)).await.answer.status, 200, "nobody has deposed the next one");
    zombie.told.assign(&[1]);
    zombie.told.gone(Partition(0)).await;
    let refused = zombie.ask(store, "zombie", order(1, 1)).await;
    assert!(matches!(refused, Reply::NotApplied(NotApplied::Elsewhere)), "{refused:?}");
    zombie.close().await;
    next.close().await;
}

#[tokio::test]
async fn a_refusal_from_memory_leaves_only_behind_an_append_that_counts() {
    let log = MemoryLog::new(PARTITIONS);
    let zombie = Process::start(&log, 1, &[0, 1, 2, 3], None);
    let store = store_on(0);
    zombie.set_up(store).await;
    zombie.told.confirms.store(false, Ordering::SeqCst);
    let next = Process::start(&log, 2, &[0], None);
    next.status(Partition(0), |status| status.home().is_some()).await;
    next.answer(store, "order", order(1, 1)).await;
    // To the zombie's memory table 1 is empty; without a key no record would carry that but the barrier.
    let mut request = request(web::Ids::uuid(zombie.ids.as_ref()), None, crate::shop::pay(1));
    request.store = store;
    let stale = tokio::spawn({
        let writers = zombie.writers.clone();
        async move { writers.submit(request).await }
    });
    zombie.status(Partition(0), |status| matches!(status, WriterStatus::Starting)).await;
    zombie.told.assign(&[]);
    let stale = stale.await.unwrap();
    assert!(matches!(stale, Reply::NotApplied(NotApplied::Elsewhere)), "{stale:?}");
    zombie.close().await;
    next.close().await;
}

#[tokio::test]
async fn a_partition_waits_for_the_log_to_get_its_name_from_partition_0() {
    let log = MemoryLog::new(PARTITIONS);
    let process = Process::start(&log, 1, &[2], None);
    process.status(Partition(2), |status| matches!(status, WriterStatus::Starting)).await;
    assert!(log.records(Partition(2)).is_empty());
    process.told.assign(&[0, 2]);
    process.status(Partition(2), |status| status.home().is_some()).await;
    let home = |partition| log.records(Partition(partition))[0].as_claim().unwrap().home;
    assert_eq!(home(0), home(2));
    process.close().await;
}
