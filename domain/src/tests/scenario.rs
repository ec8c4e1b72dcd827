//! Given what happened, when something is asked, then this follows.
//!
//! Every event goes through its encoding on the way into the state, as the log's next reader will see it, and a void
//! reads its sale back from where the state says that it stands.

use chrono::{DateTime, NaiveDate, Utc};
use events::{
    Actor, CategoryId, Envelope, Event, EventId, ItemId, Line, Money, Owner, Position, SaleId, StoreId, Subject,
    TableNo,
};
use uuid::Uuid;

use crate::*;

pub(crate) const COFFEE: CategoryId = CategoryId(1);
pub(crate) const BAKERY: CategoryId = CategoryId(2);
pub(crate) const AMERICANO: ItemId = ItemId(1);
pub(crate) const LATTE: ItemId = ItemId(2);
pub(crate) const SCONE: ItemId = ItemId(3);
/// An item that no store of these tests ever had.
pub(crate) const NEVER_ON_THE_MENU: ItemId = ItemId(99);

/// A store and all that happened in it so far.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) state: StoreState,
    pub(crate) log: Vec<Envelope>,
    now: DateTime<Utc>,
}

/// What came of asking, and the story as it goes on from there.
pub(crate) struct Outcome {
    pub(crate) story: Story,
    pub(crate) decided: Result<Decision, Rejection>,
}

/// Nobody signed up yet; it is Friday, 20 November 2026, 19:06 in Seoul.
pub(crate) fn nobody() -> Story {
    Story { state: StoreState::default(), log: Vec::new(), now: instant("2026-11-20T19:06:34+09:00") }
}

/// An opened café: americano 4,500 (costs 900) and latte 5,500 (its cost nobody knows) under coffee, scone 3,800
/// (costs 1,200) under bakery.
pub(crate) fn a_cafe() -> Story {
    nobody()
        .and(sign_up())
        .and(add_category("커피"))
        .and(add_category("베이커리"))
        .and(add_item(COFFEE, "아메리카노", 4_500))
        .and(add_item(COFFEE, "라떼", 5_500))
        .and(add_item(BAKERY, "스콘", 3_800))
        .and(set_costs([(AMERICANO, Some(900)), (SCONE, Some(1_200))]))
}

impl Story {
    /// The same place at another time.
    pub(crate) fn at(mut self, time: &str) -> Self {
        self.now = instant(time);
        self
    }

    /// Something that happens on the way.
    pub(crate) fn and(self, command: Command) -> Self {
        let asked = format!("{command:?}");
        let outcome = self.when(command);
        assert!(matches!(outcome.decided, Ok(Decision::Event(_))), "{asked}: {:?}", outcome.decided);
        outcome.story
    }

    /// The same thing, so many times.
    pub(crate) fn times(self, count: usize, command: &Command) -> Self {
        (0..count).fold(self, |story, _| story.and(command.clone()))
    }

    pub(crate) fn when(mut self, command: Command) -> Outcome {
        let command = match command.needs(&self.state) {
            Some(position) => command.with_event(self.event_at(position)),
            None => command,
        };
        let id = EventId(Uuid::from_u128(self.log.len() as u128 + 1));
        let context = Context { id, now: self.now, actor: Actor::Store };
        let decided = decide(&self.state, &command, &context);
        if let Ok(Decision::Event(event)) = &decided {
            self.happened(&context, command.occurred_at(self.now), event.clone());
        }
        Outcome { story: self, decided }
    }

    /// What lies on the table: item, quantity, unit price, oldest first.
    pub(crate) fn on_table(&self, table_no: i64) -> Vec<(ItemId, i64, i64)> {
        let tab = self.state.floor.open_tab(TableNo(table_no));
        tab.map_or(Vec::new(), |tab| tab.lines.iter().map(|l| (l.item_id, l.quantity, l.unit_price.0)).collect())
    }

    /// The id of the last event.
    pub(crate) fn last_id(&self) -> EventId {
        self.log.last().expect("something happened").id
    }

    pub(crate) fn last_event(&self) -> &Event {
        &self.log.last().expect("something happened").data
    }

    fn happened(&mut self, context: &Context, occurred_at: DateTime<Utc>, data: Event) {
        let event = Envelope {
            id: context.id,
            subject: Subject::Store(StoreId::of_username("demostore")),
            revision: self.state.revision() + 1,
            time: occurred_at,
            recorded_time: context.now,
            actor: context.actor,
            idempotency_key: None,
            digest: None,
            causation_id: None,
            data,
        };
        let read_back = Envelope::decode(&event.encode().unwrap()).unwrap();
        assert_eq!(read_back, event, "an event is read as it was written");
        self.state.evolve(&read_back, position(self.log.len())).unwrap();
        self.log.push(read_back);
    }

    fn event_at(&self, at: Position) -> Event {
        let index = (0..self.log.len()).find(|index| position(*index) == at).expect("a record stands there");
        self.log[index].data.clone()
    }
}

impl Outcome {
    #[track_caller]
    pub(crate) fn then(self, event: impl Into<Event>) -> Story {
        assert_eq!(self.decided, Ok(Decision::Event(event.into())));
        self.story
    }

    #[track_caller]
    pub(crate) fn then_already(self, already: Already) -> Story {
        assert_eq!(self.decided, Ok(Decision::Already(already)));
        self.story
    }

    #[track_caller]
    pub(crate) fn then_rejected(self, rejection: Rejection) -> Story {
        assert_eq!(self.decided, Err(rejection));
        self.story
    }
}

/// Where the record of the event stands: other records stand between.
pub(crate) fn position(index: usize) -> Position {
    Position(index as u64 * 3 + 7)
}

pub(crate) fn instant(rfc3339: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(rfc3339).unwrap().to_utc()
}

pub(crate) fn date(iso: &str) -> NaiveDate {
    iso.parse().unwrap()
}

pub(crate) fn line(item_id: ItemId, name: &str, quantity: i64, price: i64, cost: Option<i64>) -> Line {
    Line { item_id, name: name.to_owned(), quantity, unit_price: Money(price), unit_cost: cost.map(Money) }
}

pub(crate) fn owner() -> Owner {
    Owner {
        owner_name: "김온도".to_owned(),
        phone: "01012345678".to_owned(),
        address: "서울시 마포구 1".to_owned(),
        password_hash: "$argon2id$first".to_owned(),
    }
}

pub(crate) fn registration() -> RegisterStore {
    RegisterStore {
        username: "demostore".to_owned(),
        store_name: "카페 온도".to_owned(),
        store_type: "일반음식점".to_owned(),
        currency: None,
        time_zone: None,
        day_begins: None,
        language: None,
        personal: owner(),
    }
}

pub(crate) fn sign_up() -> Command {
    Command::RegisterStore(registration())
}

pub(crate) fn add_category(name: &str) -> Command {
    Command::AddCategory(AddCategory { name: name.to_owned() })
}

pub(crate) fn rename_category(category_id: CategoryId, name: &str) -> Command {
    Command::RenameCategory(RenameCategory { category_id, name: name.to_owned() })
}

pub(crate) fn remove_category(category_id: CategoryId) -> Command {
    Command::RemoveCategory(RemoveCategory { category_id })
}

pub(crate) fn add_item(category_id: CategoryId, name: &str, price: i64) -> Command {
    Command::AddItem(AddItem { category_id, name: name.to_owned(), price: Money(price) })
}

pub(crate) fn change_item(item_id: ItemId, name: &str, price: i64) -> Command {
    Command::ChangeItem(ChangeItem { item_id, name: name.to_owned(), price: Money(price) })
}

pub(crate) fn remove_item(item_id: ItemId) -> Command {
    Command::RemoveItem(RemoveItem { item_id })
}

pub(crate) fn set_costs(costs: impl IntoIterator<Item = (ItemId, Option<i64>)>) -> Command {
    let items = costs.into_iter().map(|(item_id, cost)| ItemCost { item_id, cost: cost.map(Money) }).collect();
    Command::SetCosts(SetCosts { items })
}

pub(crate) fn place_order(table_no: i64, carts: impl IntoIterator<Item = (ItemId, i64)>) -> Command {
    Command::PlaceOrder(PlaceOrder { table_no: TableNo(table_no), carts: cart(carts), occurred_at: None })
}

pub(crate) fn update_cart(table_no: i64, carts: impl IntoIterator<Item = (ItemId, i64)>) -> Command {
    Command::UpdateCart(UpdateCart { table_no: TableNo(table_no), carts: cart(carts) })
}

pub(crate) fn cancel_tab(table_no: i64) -> Command {
    Command::CancelTab(CancelTab { table_no: TableNo(table_no) })
}

/// Paid by card, without saying what the total is.
pub(crate) fn pay(table_no: i64) -> Command {
    Command::PayTab(by_card(table_no))
}

pub(crate) fn by_card(table_no: i64) -> PayTab {
    PayTab {
        table_no: TableNo(table_no),
        payment_type: "card".to_owned(),
        stated_total: None,
        strict_total: false,
        occurred_at: None,
    }
}

pub(crate) fn void_sale(sale_id: i64) -> Command {
    Command::VoidSale(VoidSale { sale_id: SaleId(sale_id), sale: None })
}

pub(crate) fn settle(date: NaiveDate) -> Command {
    Command::SettleDay(SettleDay { date, read_back: None })
}

pub(crate) fn tell_total(date: NaiveDate) -> Command {
    Command::TellTotal(TellTotal { date, read_back: None })
}

pub(crate) fn repeat_message(date: NaiveDate) -> Command {
    Command::RepeatMessage(RepeatMessage { date, read_back: None })
}

pub(crate) fn request_consulting(start: NaiveDate, end: NaiveDate) -> Command {
    Command::RequestConsulting(RequestConsulting { start, end })
}

pub(crate) fn start_effect(effect: EventId, attempt: u32, runner: u128) -> StartEffect {
    StartEffect { effect, attempt, runner: Uuid::from_u128(runner), takes_over: false }
}

fn cart(carts: impl IntoIterator<Item = (ItemId, i64)>) -> Vec<CartItem> {
    carts.into_iter().map(|(item_id, quantity)| CartItem { item_id, quantity }).collect()
}
