//! A shop in front of a real writer over a memory log: what the writer's tests are told in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::DateTime;
use command_api::{Answered, Authority, Key, Reply, Request, Snapshots, Writer, WriterOptions};
use domain::{AddCategory, AddItem, CartItem, Command, PayTab, PlaceOrder, RegisterStore, VoidSale};
use events::{Actor, CategoryId, Digest, EventId, ItemId, Money, Owner, Partition, SaleId, StoreId, TableNo};
use log::{Cursor, Kind, Log, Record};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Ids that count.
pub struct Steps(AtomicU64);

impl Steps {
    pub fn from(first: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(first)))
    }

    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

impl web::Ids for Steps {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()) | 1 << 100)
    }

    fn salt(&self) -> [u8; 16] {
        self.uuid().into_bytes()
    }
}

/// A running writer.
pub struct Shop {
    pub writer: Writer,
    pub ids: Arc<Steps>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Shop {
    pub fn open(log: Arc<dyn Log>, first_id: u64) -> Self {
        Self::open_with(log, first_id, None)
    }

    pub fn open_with(log: Arc<dyn Log>, first_id: u64, snapshots: Option<Arc<dyn Snapshots>>) -> Self {
        let ids = Steps::from(first_id);
        let options = WriterOptions {
            log,
            partition: Partition(0),
            ids: ids.clone(),
            snapshots,
            locked: true,
            snapshot_every_records: 10,
        };
        let (writer, task) = Writer::new(options);
        let (stop, stopping) = watch::channel(false);
        Self { writer, ids, stop, task: tokio::spawn(task.run(stopping)) }
    }

    /// Drains, as at SIGTERM.
    pub async fn close(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }

    /// Dies, as at kill -9.
    pub fn kill(self) {
        self.task.abort();
    }

    pub fn request(&self, key: Option<&str>, command: Command) -> Request {
        request(web::Ids::uuid(self.ids.as_ref()), key, command)
    }

    pub async fn ask(&self, key: Option<&str>, command: Command) -> Reply {
        self.writer.submit(self.request(key, command)).await
    }

    pub async fn answer(&self, key: Option<&str>, command: Command) -> Answered {
        match self.ask(key, command).await {
            Reply::Answered(answered) => answered,
            other => panic!("no answer: {other:?}"),
        }
    }

    /// Signs up and puts one item on the menu, for 4,500.
    pub async fn set_up(&self) {
        for command in [sign_up(), add_category(), add_item()] {
            assert_eq!(self.answer(None, command).await.answer.status, 201);
        }
    }
}

pub fn request(id: Uuid, key: Option<&str>, command: Command) -> Request {
    let authority = match &command {
        Command::RegisterStore(_) => Authority::Open,
        _ => Authority::Token { jti: Uuid::nil(), cv: 0 },
    };
    Request {
        id: EventId(id),
        store: store(),
        key: key.map(|text| Key { text: text.to_owned(), digest: digest(&command) }),
        authority,
        actor: Actor::Store,
        at: DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
        command,
    }
}

/// What tells one command from another under the same key; a route digests the request instead.
pub fn digest(command: &Command) -> Digest {
    Digest::of(&[format!("{command:?}").as_bytes()])
}

pub fn store() -> StoreId {
    StoreId::of_username("demostore")
}

pub fn sign_up() -> Command {
    Command::RegisterStore(RegisterStore {
        username: "demostore".into(),
        store_name: "카페 온도".into(),
        store_type: "일반음식점".into(),
        currency: None,
        time_zone: None,
        day_begins: None,
        language: None,
        personal: Owner {
            owner_name: "김온도".into(),
            phone: "01012345678".into(),
            address: "서울".into(),
            password_hash: "hash".into(),
        },
    })
}

pub fn add_category() -> Command {
    Command::AddCategory(AddCategory { name: "커피".into() })
}

pub fn add_item() -> Command {
    Command::AddItem(AddItem { category_id: CategoryId(1), name: "아메리카노".into(), price: Money(4_500) })
}

pub fn order(table: i64, quantity: i64) -> Command {
    Command::PlaceOrder(PlaceOrder {
        table_no: TableNo(table),
        carts: vec![CartItem { item_id: ItemId(1), quantity }],
        occurred_at: None,
    })
}

pub fn pay(table: i64) -> Command {
    Command::PayTab(PayTab {
        table_no: TableNo(table),
        payment_type: "card".into(),
        stated_total: None,
        strict_total: false,
        occurred_at: None,
    })
}

pub fn void(sale: i64) -> Command {
    Command::VoidSale(VoidSale { sale_id: SaleId(sale), sale: None })
}

/// The counted records, by the reader's rule.
pub fn counted(records: &[Record]) -> Vec<Record> {
    let mut cursor = Cursor::default();
    records.iter().filter(|record| cursor.admit(record).unwrap()).cloned().collect()
}

pub fn events(records: &[Record]) -> Vec<events::Envelope> {
    let all = counted(records);
    all.iter().filter(|r| r.kind == Kind::Event).map(|r| events::Envelope::decode(&r.value).unwrap()).collect()
}
