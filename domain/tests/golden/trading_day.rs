//! One day of a small café, with something of everything that can happen in it.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use domain::*;
use events::{
    Actor, Advice, Advisor, CategoryId, CitedFigure, Credentials, Currency, EffectFailure, Envelope, EventId, Finding,
    FindingKind, ItemId, Language, Money, Owner, SaleId, StoreId, Subject, TableNo, Via,
};
use uuid::Uuid;

/// The day's events, half an hour apart, over midnight and the cut-off at five.
pub(crate) fn play() -> Vec<Envelope> {
    let (mut state, mut history) = (StoreState::default(), Vec::<Envelope>::new());
    let mut now: DateTime<Utc> = "2026-11-20T11:00:00.123456Z".parse().unwrap();
    for command in the_day() {
        now += TimeDelta::minutes(30);
        let id = EventId(Uuid::from_u128(history.len() as u128 + 1));
        let command = match command.needs(&state) {
            Some(at) => command.with_event(history[usize::try_from((at.0 - 1) / 2).unwrap()].data.clone()),
            None => command,
        };
        let data = match decide(&state, &command, &Context { id, now, actor: Actor::Store }) {
            Ok(Decision::Event(event)) => event,
            other => panic!("{command:?}: {other:?}"),
        };
        let event = Envelope {
            id,
            subject: Subject::Store(StoreId::of_username("demostore")),
            revision: state.revision() + 1,
            time: command.occurred_at(now),
            recorded_time: now,
            actor: Actor::Store,
            idempotency_key: None,
            digest: None,
            causation_id: None,
            data,
        };
        state.evolve(&event, events::Position(2 * history.len() as u64 + 1)).unwrap();
        history.push(event);
    }
    history
}

fn the_day() -> Vec<Command> {
    let mut day = opening();
    day.extend(trading());
    day.extend(settling());
    day.extend(advising());
    day.extend(closing());
    day
}

fn opening() -> Vec<Command> {
    vec![
        sign_up(),
        Command::AddCategory(AddCategory { name: "커피".to_owned() }),
        Command::AddCategory(AddCategory { name: "베이커리".to_owned() }),
        Command::AddCategory(AddCategory { name: "굿즈".to_owned() }),
        add_item(1, "아메리카노", 4_500),
        add_item(1, "라떼", 5_500),
        add_item(2, "스콘", 3_800),
        add_item(3, "머그", 18_000),
        Command::RenameCategory(RenameCategory { category_id: CategoryId(2), name: "디저트".to_owned() }),
        Command::SetCosts(SetCosts {
            items: vec![
                ItemCost { item_id: ItemId(1), cost: Some(Money(900)) },
                ItemCost { item_id: ItemId(3), cost: Some(Money(1_200)) },
            ],
        }),
    ]
}

fn trading() -> Vec<Command> {
    vec![
        place_order(1, &[(1, 2), (3, 1)]),
        place_order(2, &[(2, 1)]),
        Command::ChangeItem(ChangeItem { item_id: ItemId(1), name: "아메리카노".to_owned(), price: Money(4_800) }),
        place_order(1, &[(1, 1)]),
        pay(1, Some(50)),
        place_order(1, &[(4, 1)]),
        Command::RemoveCategory(RemoveCategory { category_id: CategoryId(3) }),
        Command::UpdateCart(UpdateCart { table_no: TableNo(2), carts: cart(&[(2, 1), (3, 2)]) }),
        Command::RemoveItem(RemoveItem { item_id: ItemId(3) }),
        pay(2, None),
        Command::VoidSale(VoidSale { sale_id: SaleId(1), sale: None }),
        place_order(3, &[(2, 1)]),
        Command::CancelTab(CancelTab { table_no: TableNo(3) }),
    ]
}

/// The day is settled, a sale comes late, and the owner is told of it all. Events have the ids 1, 2, 3 …
fn settling() -> Vec<Command> {
    let date = "2026-11-20".parse().unwrap();
    let told = effect(24);
    vec![
        Command::TellTotal(TellTotal { date, read_back: None }),
        start(told, 1),
        Command::ReportMessage(ReportMessage { message: told, outcome: MessageOutcome::Taken(Via::Outbox) }),
        Command::SettleDay(SettleDay { date, read_back: None }),
        start(effect(27), 1),
        Command::ReportMessage(ReportMessage {
            message: effect(27),
            outcome: MessageOutcome::Uncertain(EffectFailure::Unavailable),
        }),
        Command::RepeatMessage(RepeatMessage { date, read_back: None }),
        Command::VoidSale(VoidSale { sale_id: SaleId(2), sale: None }),
        place_order(3, &[(2, 1)]),
        Command::PayTab(PayTab { occurred_at: Some("2026-11-20T15:00:00Z".parse().unwrap()), ..by_card(3, None) }),
    ]
}

/// Advice is asked for twice: given once, given up once.
fn advising() -> Vec<Command> {
    let date = |day: &str| day.parse().unwrap();
    let finding = Finding {
        kind: FindingKind::Overview,
        statement: "순매출은 15,100원입니다.".to_owned(),
        figures: vec![CitedFigure { name: "net_sales".to_owned(), value: 15_100 }],
        action: "그대로 유지하세요.".to_owned(),
        verified: true,
    };
    let advice = Advice { advisor: Advisor::Embedded, findings: vec![finding], text: "…".to_owned() };
    vec![
        Command::RequestConsulting(RequestConsulting { start: date("2026-11-20"), end: date("2026-11-20") }),
        start(effect(34), 1),
        Command::CompleteConsulting(CompleteConsulting { request: effect(34), advice: Box::new(advice) }),
        Command::RequestConsulting(RequestConsulting { start: date("2026-11-14"), end: date("2026-11-20") }),
        Command::FailConsulting(FailConsulting { request: effect(37), reason: EffectFailure::Credentials }),
    ]
}

fn effect(id: u128) -> EventId {
    EventId(Uuid::from_u128(id))
}

fn start(effect: EventId, attempt: u32) -> Command {
    Command::StartEffect(StartEffect { effect, attempt, runner: Uuid::from_u128(5), takes_over: false })
}

/// The store closes for good with something left on a table.
fn closing() -> Vec<Command> {
    vec![
        place_order(1, &[(1, 1)]),
        Command::ChangePassword(ChangePassword {
            keeps: Some(Uuid::from_u128(7)),
            personal: Credentials { password_hash: "$argon2id$second".to_owned() },
        }),
        Command::CloseStore,
    ]
}

fn sign_up() -> Command {
    Command::RegisterStore(RegisterStore {
        username: "demostore".to_owned(),
        store_name: "카페 온도".to_owned(),
        store_type: "일반음식점".to_owned(),
        currency: Some(Currency::KRW),
        time_zone: Some(chrono_tz::Asia::Seoul),
        day_begins: NaiveTime::from_hms_opt(5, 0, 0),
        language: Some(Language::Ko),
        personal: Owner {
            owner_name: "김온도".to_owned(),
            phone: "01012345678".to_owned(),
            address: "서울시 마포구 1".to_owned(),
            password_hash: "$argon2id$first".to_owned(),
        },
    })
}

fn add_item(category: i64, name: &str, price: i64) -> Command {
    Command::AddItem(AddItem { category_id: CategoryId(category), name: name.to_owned(), price: Money(price) })
}

fn place_order(table: i64, carts: &[(i64, i64)]) -> Command {
    Command::PlaceOrder(PlaceOrder { table_no: TableNo(table), carts: cart(carts), occurred_at: None })
}

fn pay(table: i64, stated_total: Option<i64>) -> Command {
    Command::PayTab(by_card(table, stated_total))
}

fn by_card(table: i64, stated_total: Option<i64>) -> PayTab {
    PayTab {
        table_no: TableNo(table),
        payment_type: "카드".to_owned(),
        stated_total: stated_total.map(Money),
        strict_total: false,
        occurred_at: None,
    }
}

fn cart(carts: &[(i64, i64)]) -> Vec<CartItem> {
    carts.iter().map(|&(item, quantity)| CartItem { item_id: ItemId(item), quantity }).collect()
}
