//! The writer on SQLite without HTTP: what deciding and appending cost.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use command_api::{Authority, Key, Reply, Request, Writer, WriterOptions};
use domain::{AddCategory, AddItem, CartItem, Command, PayTab, PlaceOrder, RegisterStore};
use events::{Actor, CategoryId, Digest, EventId, ItemId, Money, Owner, Partition, StoreId, TableNo};
use log::{SqliteLog, SqliteOptions};
use salesync::ambient::{SystemClock, SystemIds};
use tokio::sync::watch;
use uuid::Uuid;
use web::{Clock as _, Ids as _};

use crate::table::Table;

const COMMANDS: u64 = 1_000_000;
const TILLS: u64 = 2_048;

/// Measures in a fresh folder.
pub fn measure(table: &mut Table, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let per_second = runtime.block_on(run(folder));
    table.at_least("the writer on SQLite without HTTP, commands", per_second, 100_000.0, "/s");
}

async fn run(folder: &Path) -> f64 {
    let log = SqliteLog::open(SqliteOptions::appending(folder.join("log.db"))).expect("a log");
    let (writer, task) = Writer::new(WriterOptions {
        log,
        partition: Partition(0),
        ids: Arc::new(SystemIds),
        snapshots: None,
        locked: true,
        snapshot_every_records: u64::MAX,
    });
    let (stop, stopping) = watch::channel(false);
    let task = tokio::spawn(task.run(stopping));
    for command in set_up() {
        ask(&writer, StoreId::of_username("benchcafe"), None, command).await;
    }
    let begun = Instant::now();
    let tills: Vec<_> = (0..TILLS).map(|till| tokio::spawn(trade(writer.clone(), till))).collect();
    for till in tills {
        till.await.expect("a till");
    }
    let per_second = COMMANDS as f64 / begun.elapsed().as_secs_f64();
    stop.send_replace(true);
    task.await.expect("the writer");
    per_second
}

async fn trade(writer: Writer, till: u64) {
    let store = StoreId::of_username("benchcafe");
    let table_no = TableNo(till.cast_signed());
    for n in 0..COMMANDS / TILLS {
        let command = match n % 2 {
            0 => Command::PlaceOrder(PlaceOrder {
                table_no,
                carts: vec![CartItem { item_id: ItemId(1), quantity: 1 }],
                occurred_at: None,
            }),
            _ => Command::PayTab(PayTab {
                table_no,
                payment_type: "card".to_owned(),
                stated_total: None,
                strict_total: false,
                occurred_at: None,
            }),
        };
        ask(&writer, store, Some(format!("{till}-{n}")), command).await;
    }
}

async fn ask(writer: &Writer, store: StoreId, key: Option<String>, command: Command) {
    let authority = match &command {
        Command::RegisterStore(_) => Authority::Open,
        _ => Authority::Token { jti: Uuid::nil(), cv: 0 },
    };
    let request = Request {
        id: EventId(SystemIds.uuid()),
        store,
        key: key.map(|text| Key { digest: Digest::of(&[text.as_bytes()]), text }),
        authority,
        actor: Actor::Store,
        at: SystemClock.now(),
        command,
    };
    match writer.submit(request).await {
        Reply::Answered(answered) if answered.answer.status < 300 => {}
        other => panic!("a command was refused: {other:?}"),
    }
}

fn set_up() -> [Command; 3] {
    let personal = Owner {
        owner_name: "김벤치".to_owned(),
        phone: "01012345678".to_owned(),
        address: String::new(),
        password_hash: "hash".to_owned(),
    };
    [
        Command::RegisterStore(RegisterStore {
            username: "benchcafe".to_owned(),
            store_name: "벤치".to_owned(),
            store_type: "일반음식점".to_owned(),
            currency: None,
            time_zone: None,
            day_begins: None,
            language: None,
            personal,
        }),
        Command::AddCategory(AddCategory { name: "커피".to_owned() }),
        Command::AddItem(AddItem {
            category_id: CategoryId(1), name: "아메리카노".to_owned(), price: Money(4_500)
        }),
    ]
}
