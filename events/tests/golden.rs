//! The past stays readable: every version of every event has a golden file, and each is read back as it was written.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use events::*;
use uuid::Uuid;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap()
}

fn lines() -> Vec<Line> {
    vec![
        Line {
            item_id: ItemId(1),
            name: "아메리카노".into(),
            quantity: 2,
            unit_price: Money(4_500),
            unit_cost: Some(Money(900)),
        },
        Line {
            item_id: ItemId(7),
            name: "Scone \"plain\"".into(),
            quantity: 1,
            unit_price: Money(3_800),
            unit_cost: None,
        },
    ]
}

fn date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
}

fn every_event() -> Vec<Event> {
    [of_the_store(), of_the_menu(), of_the_tables(), of_the_till(), of_the_settlement(), of_the_advice()].concat()
}

fn of_the_store() -> Vec<Event> {
    vec![
        StoreRegistered {
            username: "demostore".into(),
            store_name: "카페 온도".into(),
            store_type: "일반음식점".into(),
            currency: Currency::KRW,
            time_zone: chrono_tz::Asia::Seoul,
            day_begins: NaiveTime::from_hms_opt(5, 30, 0).unwrap(),
            language: Language::Ko,
            personal: Owner {
                owner_name: "김온도".into(),
                phone: "01012345678".into(),
                address: "서울시 마포구 1".into(),
                password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".into(),
            },
        }
        .into(),
        PasswordChanged {
            cv: 1,
            keeps: Some(Uuid::from_u128(7)),
            personal: Credentials { password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$b3RoZXI".into() },
        }
        .into(),
        StoreClosed {}.into(),
    ]
}

fn of_the_menu() -> Vec<Event> {
    vec![
        CategoryAdded { category_id: CategoryId(1), name: "커피".into() }.into(),
        CategoryRenamed { category_id: CategoryId(1), name: "Coffee".into() }.into(),
        CategoryRemoved { category_id: CategoryId(1), items: vec![ItemId(1), ItemId(2)] }.into(),
        ItemAdded {
            item_id: ItemId(1), category_id: CategoryId(1), name: "아메리카노".into(), price: Money(4_500)
        }
        .into(),
        ItemChanged {
            item_id: ItemId(1), category_id: CategoryId(1), name: "아메리카노".into(), price: Money(4_800)
        }
        .into(),
        ItemRemoved { item_id: ItemId(1) }.into(),
        CostsSet {
            items: vec![CostSet {
                item_id: ItemId(1),
                category_id: CategoryId(1),
                name: "아메리카노".into(),
                price: Money(4_500),
                cost: Money(900),
            }],
        }
        .into(),
    ]
}

fn of_the_tables() -> Vec<Event> {
    let total = Amounts::of(&lines()).unwrap();
    vec![
        OrderPlaced {
            order_id: OrderId(3),
            table_no: TableNo(8),
            tab: TabNo(2),
            business_date: date(),
            lines: lines(),
            total: total.price,
        }
        .into(),
        CartUpdated {
            table_no: TableNo(8),
            tab: TabNo(2),
            order_id: OrderId(3),
            placed_at: at(),
            business_date: date(),
            orders: 2,
            lines: lines(),
            total: total.price,
        }
        .into(),
        TabCancelled { table_no: TableNo(8), tab: TabNo(2), orders: 2, first_orders: vec![OrderId(3), OrderId(4)] }
            .into(),
    ]
}

fn of_the_till() -> Vec<Event> {
    let total = Amounts::of(&lines()).unwrap();
    let negative: Vec<Line> = lines().into_iter().map(|line| Line { quantity: -line.quantity, ..line }).collect();
    vec![
        SaleCompleted {
            sale_id: SaleId(5),
            table_no: TableNo(8),
            tab: TabNo(2),
            orders: 2,
            business_date: date(),
            sold_on: NaiveDate::from_ymd_opt(2026, 11, 19),
            late: false,
            payment_type: PaymentType::of("카드"),
            stated_total: Some(Money(50)),
            lines: lines(),
            total,
        }
        .into(),
        SaleVoided {
            sale_id: SaleId(5),
            sold_on: date(),
            business_date: date(),
            late: true,
            payment_type: PaymentType::of("card"),
            total: Amounts::of(&negative).unwrap(),
            lines: negative,
        }
        .into(),
    ]
}

fn message() -> SmsText {
    SmsText { language: Language::Ko, text: "카페 온도 11월20일 마감 매출 12,800원 1건".into() }
}

fn recipient() -> Recipient {
    Recipient { phone: Some("+821012345678".into()) }
}

fn of_the_settlement() -> Vec<Event> {
    let message_id = EventId(Uuid::from_u128(41));
    let totals = DayTotals {
        gross: Money(25_600),
        voids: Money(-12_800),
        corrections: Money(-12_800),
        late: Money(12_800),
        net: Money(12_800),
        cost: Money(1_800),
        profit: Money(11_000),
        sales: 2,
        voided: 1,
        first_sale: Some(at()),
        last_sale: Some(at()),
        payments: vec![PaymentTotals { payment_type: PaymentType::of("카드"), net: Money(12_800), sales: 1 }],
    };
    let again = MessagePurpose::SettlementAgain;
    vec![
        DaySettled {
            business_date: date(),
            totals: totals.clone(),
            message: message(),
            no_message: Some(NoMessage::StoreLimit),
            personal: recipient(),
        }
        .into(),
        MessageRequested {
            business_date: date(),
            purpose: again,
            net: totals.net,
            message: message(),
            personal: recipient(),
        }
        .into(),
        SettlementNotified { message: message_id, business_date: date(), via: Via::Sms }.into(),
        SettlementNotificationFailed {
            message: message_id,
            business_date: date(),
            reason: EffectFailure::Unavailable,
            uncertain: true,
        }
        .into(),
    ]
}

fn of_the_advice() -> Vec<Event> {
    let request = EventId(Uuid::from_u128(41));
    let finding = Finding {
        kind: FindingKind::Margin,
        statement: "아메리카노의 이익률은 80.0%입니다.".into(),
        figures: vec![CitedFigure { name: "item.1.margin_permille".into(), value: 800 }],
        action: "세트로 함께 권해 보세요.".into(),
        verified: true,
    };
    let advisor = Advisor::OpenAi { model: "gpt-5-mini".into() };
    vec![
        ConsultingRequested { start: date(), end: date(), changes: 12, language: Language::Ko }.into(),
        ConsultingCompleted { request, advice: Advice { advisor, findings: vec![finding], text: "…".into() } }.into(),
        ConsultingFailed { request, reason: EffectFailure::Credentials }.into(),
        EffectStarted { effect: request, attempt: 1, runner: Uuid::from_u128(5) }.into(),
    ]
}

fn envelope(data: Event) -> Envelope {
    Envelope {
        id: EventId(Uuid::from_u128(42)),
        subject: Subject::Store(StoreId::of_username("demostore")),
        revision: 9,
        time: at(),
        recorded_time: at(),
        actor: Actor::Store,
        idempotency_key: Some("till-7/\"quoted\"".into()),
        digest: Some(Digest::of(&[b"POST", b"/orders"])),
        causation_id: None,
        data,
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "adding a golden file is asked for where the test is started")]
fn every_event_is_written_as_its_golden_file_says_and_read_back() {
    let mut named = BTreeSet::new();
    for event in every_event() {
        let (name, schema) = (event.name(), event.schema());
        named.insert((name, schema));
        let file = folder().join(format!("{name}.v{schema}.json"));
        let written = String::from_utf8(envelope(event.clone()).encode().unwrap()).unwrap();
        if !file.exists() && std::env::var_os("GOLDEN_ADD").is_some() {
            fs::write(&file, format!("{written}\n")).unwrap();
        }
        let golden = fs::read_to_string(&file).unwrap_or_else(|e| {
            panic!(
                "{name} v{schema} has no golden file ({e}); GOLDEN_ADD=1 writes a new one, an old one is never edited"
            )
        });
        assert_eq!(written, golden.trim_end(), "{name} v{schema} is written otherwise than before: raise its version");
        assert_eq!(Envelope::decode(golden.as_bytes()).unwrap(), envelope(event));
    }
    assert_eq!(named, Event::TYPES.iter().copied().collect(), "every event type is tried here");
}

#[test]
fn every_golden_file_is_still_read() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let value = fs::read(&path).unwrap();
            Envelope::decode(&value).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }
}

#[test]
fn a_newer_version_and_an_unknown_type_stop_the_reader() {
    let value = String::from_utf8(envelope(StoreClosed {}.into()).encode().unwrap()).unwrap();
    let newer = value.replace("\"schema\":1", "\"schema\":2");
    assert!(matches!(Envelope::decode(newer.as_bytes()), Err(DecodeError::Unknown { schema: 2, .. })));
    let unknown = value.replace("StoreClosed", "StoreMoved");
    assert!(matches!(Envelope::decode(unknown.as_bytes()), Err(DecodeError::Unknown { .. })));
}

#[test]
fn personal_data_never_shows_in_debug_output() {
    for event in every_event() {
        let shown = format!("{event:?}");
        for secret in ["argon2id", "01012345678", "김온도", "마포구"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
