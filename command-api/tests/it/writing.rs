//! What the writer promises its clients, told against a real driver over a memory log.

use std::sync::Arc;

use async_trait::async_trait;
use command_api::fold::{Content, Fold};
use command_api::{NotApplied, Reply, Request, Snapshots};
use domain::{ChangePassword, Command};
use events::{Credentials, Event, Partition, Position, StoreId};
use futures::StreamExt as _;
use log::{Fault, Kind, Log, MemoryLog, SqliteLog, SqliteOptions, Stored};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::shop::{Shop, add_category, add_item, counted, events, order, pay, sign_up, store, void};

fn memory() -> (MemoryLog, Arc<dyn Log>) {
    let log = MemoryLog::new(1);
    (log.clone(), Arc::new(log))
}

#[tokio::test]
async fn an_order_is_paid_once_and_every_answer_names_its_record() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let placed = shop.answer(None, order(1, 2)).await;
    let paid = shop.answer(None, pay(1)).await;
    assert_eq!((placed.answer.status, paid.answer.status), (200, 201));
    assert!(placed.stamp.unwrap().position < paid.stamp.unwrap().position);
    assert!(String::from_utf8_lossy(&paid.answer.body).contains("\"total_price\":9000"));
    assert_eq!(shop.answer(None, pay(1)).await.answer.status, 409);
    let sales = events(&memory.records(Partition(0))).iter().filter(|e| e.data.name() == "SaleCompleted").count();
    assert_eq!(sales, 1);
    shop.close().await;
}

#[tokio::test]
async fn the_same_key_twice_in_a_row_is_one_order_and_the_same_bytes() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let first = shop.answer(Some("till-1"), order(1, 1)).await;
    let again = shop.answer(Some("till-1"), order(1, 1)).await;
    assert_eq!((first.answer, first.stamp), (again.answer, again.stamp));
    assert!(again.replayed && !first.replayed);
    assert!(matches!(shop.ask(Some("till-1"), order(1, 2)).await, Reply::KeyReused));
    assert_eq!(events(&memory.records(Partition(0))).len(), 4);
    shop.close().await;
}

#[tokio::test]
async fn sixteen_at_once_with_one_key_are_one_order() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let asked = (0..16).map(|_| shop.answer(Some("till-1"), order(1, 1)));
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|answered| answered.answer == answers[0].answer));
    assert_eq!(events(&memory.records(Partition(0))).len(), 4);
    shop.close().await;
}

#[tokio::test]
async fn one_key_at_two_stores_is_two_keys_whether_staged_together_or_remembered() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    let other = StoreId::of_username("anotherstore");
    let at = |store: StoreId, key: Option<&str>, command: Command| {
        let request = Request { store, ..shop.request(key, command) };
        async {
            match shop.writer.submit(request).await {
                Reply::Answered(answered) => answered,
                reply => panic!("no answer: {reply:?}"),
            }
        }
    };
    for store in [store(), other] {
        for command in [sign_up(), add_category(), add_item()] {
            assert_eq!(at(store, None, command).await.answer.status, 201);
        }
    }
    for (key, command, status) in [("order", order(1, 2), 200), ("pay", pay(1), 201), ("pay again", pay(1), 409)] {
        let first =
            futures::future::join(at(store(), Some(key), command.clone()), at(other, Some(key), command.clone()));
        let (here, there) = first.await;
        assert!(!here.replayed && !there.replayed && here.answer.status == status && there.answer.status == status);
        for (store, first) in [(store(), here), (other, there)] {
            let again = at(store, Some(key), command.clone()).await;
            assert!(again.replayed && (again.answer, again.stamp) == (first.answer, first.stamp), "{key}");
        }
    }
    let sales = events(&memory.records(Partition(0)));
    let sales: Vec<_> = sales.iter().filter(|event| event.data.name() == "SaleCompleted").collect();
    assert!(sales.len() == 2 && sales[0].subject != sales[1].subject);
    shop.close().await;
}

#[tokio::test]
async fn what_was_appended_without_a_report_is_found_by_its_id_and_not_decided_again() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    for (key, command) in [(None, order(1, 1)), (Some("till-1"), order(2, 1)), (None, pay(1))] {
        memory.next_append(Fault::LoseReport);
        assert!(shop.answer(key, command).await.answer.status < 300);
    }
    let events = events(&memory.records(Partition(0)));
    assert_eq!(events.len(), 3 + 3, "{:?}", events.iter().map(|event| event.data.name()).collect::<Vec<_>>());
    shop.close().await;
}

#[tokio::test]
async fn a_refusal_with_a_key_is_recorded_and_stays_what_it_was() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let refused = shop.answer(Some("early"), pay(1)).await;
    assert_eq!(refused.answer.status, 409);
    assert!(refused.stamp.is_some(), "the record that carries it");
    shop.answer(None, order(1, 1)).await;
    assert_eq!(shop.answer(Some("early"), pay(1)).await.answer, refused.answer);
    assert_eq!(shop.answer(Some("later"), pay(1)).await.answer.status, 201);
    let receipts = counted(&memory.records(Partition(0))).iter().filter(|r| r.kind == Kind::Answers).count();
    assert_eq!(receipts, 1);
    shop.close().await;
}

#[tokio::test]
async fn a_refused_sign_up_is_not_recorded() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    assert_eq!(shop.answer(Some("guest"), sign_up()).await.answer.status, 409);
    assert!(counted(&memory.records(Partition(0))).iter().all(|r| r.kind != Kind::Answers));
    shop.close().await;
}

#[tokio::test]
async fn a_void_reads_its_sale_back_even_while_that_is_in_flight() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let (_, paid, voided) =
        tokio::join!(shop.answer(None, order(1, 3)), shop.answer(None, pay(1)), shop.answer(None, void(1)));
    assert_eq!((paid.answer.status, voided.answer.status), (201, 200));
    let history = events(&memory.records(Partition(0)));
    let Some(Event::SaleVoided(void_event)) = history.last().map(|event| &event.data) else { panic!("no void") };
    assert_eq!((void_event.total.price.0, void_event.lines[0].quantity), (-13_500, -3));
    assert_eq!(shop.answer(None, void(1)).await.answer.status, 200);
    assert_eq!(shop.answer(None, void(2)).await.answer.status, 404);
    assert_eq!(events(&memory.records(Partition(0))).len(), history.len());
    shop.close().await;
}

#[tokio::test]
async fn a_killed_writer_leaves_its_answers_to_the_next_one() {
    let (memory, log) = memory();
    let shop = Shop::open(log.clone(), 0);
    shop.set_up().await;
    let placed = shop.answer(Some("till-1"), order(1, 1)).await;
    let refused = shop.answer(Some("till-2"), pay(9)).await;
    shop.kill();
    let shop = Shop::open(log, 1_000_000);
    assert_eq!(shop.answer(Some("till-1"), order(1, 1)).await.answer, placed.answer);
    assert_eq!(shop.answer(Some("till-2"), pay(9)).await.answer, refused.answer);
    assert_eq!(shop.answer(None, pay(1)).await.answer.status, 201);
    assert_eq!(events(&memory.records(Partition(0))).len(), 5);
    shop.close().await;
}

#[tokio::test]
async fn a_changed_password_ends_every_token_but_the_one_that_changed_it() {
    let (_, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let change = Command::ChangePassword(ChangePassword {
        keeps: Some(Uuid::nil()),
        personal: Credentials { password_hash: "other".into() },
    });
    assert_eq!(shop.answer(None, change).await.answer.status, 200);
    assert_eq!(shop.answer(None, order(1, 1)).await.answer.status, 200);
    let mut other = shop.request(None, order(1, 1));
    other.authority = command_api::Authority::Token { jti: Uuid::from_u128(9), cv: 0 };
    assert!(matches!(shop.writer.submit(other).await, Reply::Unauthorized));
    shop.close().await;
}

#[tokio::test]
async fn a_closed_store_answers_its_own_retry_and_nothing_else() {
    let (_, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let closed = shop.answer(Some("bye"), Command::CloseStore).await;
    assert_eq!(shop.answer(Some("bye"), Command::CloseStore).await.answer, closed.answer);
    assert!(matches!(shop.ask(None, Command::CloseStore).await, Reply::Unauthorized));
    assert!(matches!(shop.ask(Some("new"), order(1, 1)).await, Reply::Unauthorized));
    assert_eq!(shop.answer(None, sign_up()).await.answer.status, 409, "its name stays taken");
    shop.close().await;
}

#[tokio::test]
async fn a_full_disk_refuses_before_anything_is_decided() {
    let (memory, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    memory.fail_room(true);
    assert!(matches!(shop.ask(Some("k"), order(1, 1)).await, Reply::NotApplied(NotApplied::NoRoom)));
    memory.fail_room(false);
    assert_eq!(shop.answer(Some("k"), order(1, 1)).await.answer.status, 200);
    assert_eq!(events(&memory.records(Partition(0))).len(), 4);
    shop.close().await;
}

#[tokio::test]
async fn an_event_too_large_for_a_record_is_refused_alone() {
    let (_, log) = memory();
    let shop = Shop::open(log, 0);
    shop.set_up().await;
    let mut request = shop.request(Some("huge"), add_category());
    request.key.as_mut().unwrap().text = "x".repeat(1024 * 1024);
    let (huge, fine) = tokio::join!(shop.writer.submit(request), shop.answer(None, order(1, 1)));
    assert!(matches!(huge, Reply::NotApplied(NotApplied::TooLarge) | Reply::Answered(_)));
    assert_eq!(fine.answer.status, 200);
    shop.close().await;
}

/// Every snapshot that was saved.
#[derive(Default)]
struct Shelf(Mutex<Vec<Vec<u8>>>);

#[async_trait]
impl Snapshots for Shelf {
    async fn load(&self, _: Partition) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().await.last().cloned())
    }

    async fn save(&self, _: Partition, snapshot: Vec<u8>) -> std::io::Result<()> {
        self.0.lock().await.push(snapshot);
        Ok(())
    }
}

#[tokio::test]
async fn a_snapshot_gives_the_state_that_folding_gives() {
    let (memory, log) = memory();
    let shelf = Arc::new(Shelf::default());
    let shop = Shop::open_with(log.clone(), 0, Some(shelf.clone()));
    shop.set_up().await;
    for table in 1..20 {
        shop.answer(Some(&format!("order-{table}")), order(table, 1)).await;
    }
    shop.close().await;
    let bytes = shelf.0.lock().await.last().cloned().unwrap();
    let restored = command_api::snapshots::decode(&bytes).unwrap();
    assert_eq!(restored.cursor.next.0, memory.records(Partition(0)).len() as u64);

    let shop = Shop::open_with(log.clone(), 1_000_000, Some(shelf));
    assert_eq!(shop.answer(Some("order-7"), order(7, 1)).await.answer.status, 200);
    assert_eq!(shop.answer(None, pay(19)).await.answer.status, 201);
    assert_eq!(events(&memory.records(Partition(0))).len(), 3 + 19 + 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_taken_under_load_is_the_state_at_its_position_and_no_newer() {
    let folder = tempfile::tempdir().unwrap();
    // On a disk, so that some are staged while others are in flight.
    let log: Arc<dyn Log> = SqliteLog::open(SqliteOptions::appending(folder.path().join("log.db"))).unwrap();
    let shelf = Arc::new(Shelf::default());
    let shop = Shop::open_with(Arc::clone(&log), 0, Some(shelf.clone()));
    shop.set_up().await;
    let ask = |table: i64| shop.answer(None, order(table, 1));
    futures::stream::iter(1..1_000).map(ask).buffer_unordered(16).collect::<Vec<_>>().await;
    shop.close().await;
    let mut records = Vec::new();
    for at in 0..log.current_end(Partition(0)).await.unwrap().0 {
        records.push(log.read(Partition(0), Position(at)).await.unwrap().unwrap());
    }
    let shelf = shelf.0.lock().await;
    // One is written at a time, so a slow machine writes fewer.
    assert!(shelf.len() > 1, "{} snapshots", shelf.len());
    for snapshot in shelf.iter().map(|bytes| command_api::snapshots::decode(bytes).unwrap()) {
        let mut folded = Fold::default();
        for (position, record) in (0..snapshot.cursor.next.0).map(Position).zip(&records) {
            let content = Content::of(&Stored { position, record: record.clone() }).unwrap();
            folded.apply(position, &content).unwrap();
        }
        assert!(snapshot.stores == folded.stores, "the one at {} is of another position", snapshot.cursor.next);
    }
}

#[test]
fn a_snapshot_of_another_version_is_never_read() {
    let bytes = command_api::snapshots::encode(&command_api::fold::Fold::default()).unwrap();
    assert!(command_api::snapshots::decode(&bytes).is_some());
    let other = bytes.iter().rposition(|byte| u32::from(*byte) == domain::VERSION);
    let place = bytes.windows(7).position(|w| w == b"version").unwrap() + 8;
    assert!(other.is_some());
    let mut changed = bytes.clone();
    changed[place] += 1;
    assert!(command_api::snapshots::decode(&changed).is_none());
    assert!(command_api::snapshots::decode(&bytes[..bytes.len() / 2]).is_none());
    assert!(command_api::snapshots::decode(b"").is_none());
}
