//! What happened on days that have ended: made as the demo makes its history, then asked of the real binary.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use command_api::{Authority, Reply, Request};
use domain::{AddCategory, AddItem, CartItem, Command, ItemCost, PayTab, PlaceOrder, RegisterStore, SetCosts};
use events::{Actor, CategoryId, EventId, ItemId, Money, Owner, StoreId, TableNo};
use salesync::ambient::{SystemClock, SystemIds};
use salesync::folder::Folder;
use salesync::shop::Shop;
use serde_json::{Value, json};
use web::{Ids as _, Passwords};

use crate::harness::{NOON, PASSWORD, Server, Till};

const NAME: &str = "paststore";

/// A café with a latte of 12,000 that costs it 5,000. At table 1 somebody ordered one two days ago and one yesterday,
/// and paid yesterday; at table 2 one was ordered yesterday and is open.
static SERVER: LazyLock<Server> = LazyLock::new(|| Server::on(history(), &[], &[]));

fn till() -> Till {
    SERVER.log_in(NAME)
}

fn history() -> PathBuf {
    let data = tempfile::Builder::new().prefix("salesync-past-").tempdir().unwrap().keep();
    tokio::runtime::Runtime::new().unwrap().block_on(make(&data));
    data
}

async fn make(data: &Path) {
    let folder = Folder::at(data).hold().unwrap();
    let shop = Shop::open(&folder, Arc::new(SystemClock), Arc::new(SystemIds)).await.unwrap();
    let opened = NOON.instant(-3);
    ask(&shop, opened, Command::RegisterStore(sign_up().await)).await;
    ask(&shop, opened, Command::AddCategory(AddCategory { name: "음료".to_owned() })).await;
    let latte = AddItem { category_id: CategoryId(1), name: "라떼".to_owned(), price: Money(12000) };
    ask(&shop, opened, Command::AddItem(latte)).await;
    let cost = ItemCost { item_id: ItemId(1), cost: Some(Money(5000)) };
    ask(&shop, opened, Command::SetCosts(SetCosts { items: vec![cost] })).await;
    ask(&shop, NOON.instant(-2), one_latte(1)).await;
    ask(&shop, NOON.instant(-1), one_latte(1)).await;
    let payment = PayTab {
        table_no: TableNo(1),
        payment_type: "카드".to_owned(),
        stated_total: None,
        strict_total: false,
        occurred_at: None,
    };
    ask(&shop, NOON.instant(-1), Command::PayTab(payment)).await;
    ask(&shop, NOON.instant(-1), one_latte(2)).await;
    shop.close().await.unwrap();
}

async fn sign_up() -> RegisterStore {
    let password_hash = Passwords::new(1).hash(PASSWORD, SystemIds.salt()).await.unwrap();
    let text = |text: &str| text.to_owned();
    RegisterStore {
        username: text(NAME),
        store_name: text("카페 어제"),
        store_type: text("일반음식점"),
        currency: None,
        time_zone: Some(NOON.zone.parse().unwrap()),
        day_begins: None,
        language: None,
        personal: Owner {
            owner_name: text("홍길동"),
            phone: text("01012345678"),
            address: text("서울"),
            password_hash,
        },
    }
}

fn one_latte(table: i64) -> Command {
    let carts = vec![CartItem { item_id: ItemId(1), quantity: 1 }];
    Command::PlaceOrder(PlaceOrder { table_no: TableNo(table), carts, occurred_at: None })
}

async fn ask(shop: &Shop, at: DateTime<Utc>, command: Command) {
    let (authority, actor) = (Authority::Open, Actor::Store);
    let request = Request {
        id: EventId(SystemIds.uuid()),
        store: StoreId::of_username(NAME),
        key: None,
        authority,
        actor,
        at,
        command,
    };
    let reply = shop.writers.submit(request).await;
    assert!(matches!(&reply, Reply::Answered(answered) if answered.event.is_some()), "{reply:?}");
}

fn orders(till: &Till, day: i64) -> Vec<i64> {
    let listed = till.get(&format!("/orders/daily?date={}", NOON.day(day))).is(200);
    listed["orders"].as_array().unwrap().iter().map(|order| order["order_id"].as_i64().unwrap()).collect()
}

#[test]
fn f5_the_orders_of_one_table_are_listed_each_on_its_own_day() {
    let till = till();
    assert_eq!((orders(&till, -3), orders(&till, -2), orders(&till, -1)), (vec![], vec![1], vec![2, 3]));
    let period = till.get(&format!("/orders/period?start={}&end={}", NOON.day(-2), NOON.day(-1))).is(200);
    let days: Vec<String> = period["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| order["order_date"].as_str().unwrap()[..10].to_owned())
        .collect();
    assert_eq!(days, [NOON.day(-2), NOON.day(-1), NOON.day(-1)]);
}

#[test]
fn a_table_that_is_open_overnight_shows_its_day_and_is_booked_when_it_is_paid() {
    let till = till();
    let open = till.get("/orders/unpaids/2").is(200);
    assert!(open["order_date"].as_str().unwrap().starts_with(&NOON.day(-1)), "{open}");
    till.put("/categories/items/1", &json!({"name": "라떼", "price": 1})).is(200);
    till.order(3, &[(1, 1)]).is(200);
    assert_eq!(till.pay(2).is(201)["total_price"], json!(12000));
    let day = till.get(&format!("/sales/daily?date={}", NOON.day(0))).is(200);
    assert_eq!((&day["sales_volume"], &day["late"]), (&json!(12000), &json!(0)));
}

#[test]
fn a_void_of_yesterdays_sale_is_booked_on_yesterday_and_shown_as_late() {
    let till = till();
    let figures = |field: &str| -> Vec<i64> {
        let range = format!("start={}&end={}", NOON.day(-2), NOON.day(-1));
        let days = till.get(&format!("/dashboard/volumes?{range}")).is(200)["total"].clone();
        days.as_array().unwrap().iter().map(|day: &Value| day[field].as_i64().unwrap()).collect()
    };
    assert_eq!((figures("sales_volume"), figures("profit")), (vec![0, 24000], vec![0, 14000]));
    till.delete("/sales/1").is(200);
    assert_eq!((figures("sales_volume"), figures("profit")), (vec![0, 0], vec![0, 0]));
    assert_eq!((figures("voided"), figures("late")), (vec![0, -24000], vec![0, -24000]));
    assert_eq!(figures("corrections"), [0, 0], "no day is settled yet");
    let sale = till.get("/sales/").is(200)["sales"][0].clone();
    assert!(sale["sale_date"].as_str().unwrap().starts_with(&NOON.day(-1)), "{sale}");
    assert!(sale["voided_at"].as_str().unwrap() > sale["sale_date"].as_str().unwrap(), "{sale}");
}
