//! What holds after every command of every history, however it was made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use events::{
    Actor, Amounts, CartUpdated, CategoryId, DaySettled, DayTotals, Envelope, Event, EventId, ItemId, Money,
    SaleCompleted, SaleId, TableNo,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::histories::{TABLES, commands, hostile_commands};
use super::scenario::*;
use crate::limits::{AMOUNT_MINOR_UNITS, DAY_AMOUNT_MINOR_UNITS, LINES, QUANTITY};
use crate::order::Tab;
use crate::*;

/// What the events said, counted once more without the state.
#[derive(Default)]
struct Books {
    categories: BTreeMap<CategoryId, String>,
    items: BTreeMap<ItemId, (CategoryId, String)>,
    numbers: [i64; 4],
    sales: BTreeMap<SaleId, SaleCompleted>,
    voids: Vec<SaleId>,
    /// Net sales, cost and count of changes per business date.
    booked: BTreeMap<NaiveDate, (Amounts, u64)>,
    settled: BTreeMap<NaiveDate, DayTotals>,
}

impl Books {
    fn record(&mut self, event: &Event) {
        match event {
            Event::CategoryAdded(e) => {
                self.next(0, e.category_id.0);
                self.categories.insert(e.category_id, e.name.clone());
            }
            Event::CategoryRenamed(e) => {
                self.categories.insert(e.category_id, e.name.clone());
            }
            Event::CategoryRemoved(e) => {
                self.categories.remove(&e.category_id);
                let left: Vec<ItemId> = self
                    .items
                    .extract_if(.., |_, (category, _)| *category == e.category_id)
                    .map(|(id, _)| id)
                    .collect();
                assert_eq!(left, e.items, "a category leaves with exactly its items");
            }
            Event::ItemAdded(e) => {
                self.next(1, e.item_id.0);
                self.items.insert(e.item_id, (e.category_id, e.name.clone()));
            }
            Event::ItemChanged(e) => {
                self.items.insert(e.item_id, (e.category_id, e.name.clone()));
            }
            Event::ItemRemoved(e) => {
                self.items.remove(&e.item_id);
            }
            Event::OrderPlaced(e) => {
                self.next(2, e.order_id.0);
                assert_eq!(Amounts::of(&e.lines).unwrap().price, e.total);
            }
            Event::CartUpdated(e) => assert_eq!(Amounts::of(&e.lines).unwrap().price, e.total),
            Event::SaleCompleted(e) => {
                self.next(3, e.sale_id.0);
                assert_eq!(Amounts::of(&e.lines).unwrap(), e.total);
                self.book(e.business_date, e.total);
                self.sales.insert(e.sale_id, e.clone());
            }
            Event::SaleVoided(e) => {
                let sale = &self.sales[&e.sale_id];
                assert_eq!(Amounts::of(&e.lines).unwrap(), e.total);
                assert_eq!(e.total.plus(sale.total), Ok(Amounts::default()), "a void takes back what was sold");
                assert!(!self.voids.contains(&e.sale_id), "once");
                self.book(e.business_date, e.total);
                self.voids.push(e.sale_id);
            }
            Event::DaySettled(e) => self.settle(e),
            // Nothing else is counted here.
            _ => {}
        }
    }

    /// What is booked is booked on a day that is not settled.
    fn book(&mut self, date: NaiveDate, total: Amounts) {
        assert!(!self.settled.contains_key(&date));
        let (sum, changes) = self.booked.entry(date).or_default();
        (*sum, *changes) = (sum.plus(total).unwrap(), *changes + 1);
    }

    fn settle(&mut self, event: &DaySettled) {
        let totals = &event.totals;
        let (sum, _) = self.booked.get(&event.business_date).copied().unwrap_or_default();
        assert_eq!((totals.net, totals.cost), (sum.price, sum.cost), "what is settled is what was booked");
        assert_eq!(totals.gross.plus(totals.voids), Ok(totals.net));
        assert_eq!(totals.net.minus(totals.cost), Ok(totals.profit));
        let paid = totals.payments.iter().try_fold(Money::ZERO, |sum, payment| sum.plus(payment.net));
        assert_eq!(paid, Ok(totals.net), "the ways of paying add up to the sales");
        assert!(self.settled.insert(event.business_date, totals.clone()).is_none(), "once");
    }

    /// Numbers are 1, 2, 3 … and none is used twice.
    fn next(&mut self, kind: usize, number: i64) {
        self.numbers[kind] += 1;
        assert_eq!(number, self.numbers[kind]);
    }

    fn agree_with(&self, state: &StoreState) {
        let kept = serde_json::to_value(state).unwrap();
        let names = |map: &serde_json::Value| map.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let ids = |ids: Vec<i64>| {
            let mut ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            ids.sort();
            ids
        };
        assert_eq!(names(&kept["menu"]["categories"]), ids(self.categories.keys().map(|id| id.0).collect()));
        assert_eq!(names(&kept["menu"]["items"]), ids(self.items.keys().map(|id| id.0).collect()));
        let mut category_names: Vec<&String> = self.categories.values().collect();
        category_names.sort();
        assert_eq!(names(&kept["menu"]["category_names"]), category_names.into_iter().cloned().collect::<Vec<_>>());
        let distinct: BTreeSet<_> = self.items.values().collect();
        assert_eq!(distinct.len(), self.items.len(), "a name is there once in its category");
        for sale in self.sales.values() {
            let sold = state.sales.get(sale.sale_id).expect("every sale is known");
            assert_eq!(sold.voided, self.voids.contains(&sale.sale_id));
        }
        self.agree_on_days(state);
    }

    fn agree_on_days(&self, state: &StoreState) {
        for (&date, &(sum, changes)) in &self.booked {
            assert_eq!(state.days.changes(date, date), changes);
            assert_eq!(state.days.settled(date).is_some(), self.settled.contains_key(&date));
            if self.settled.contains_key(&date) {
                continue;
            }
            let totals = state.days.totals(date);
            assert_eq!((totals.net, totals.cost), (sum.price, sum.cost));
            let mut gross = self.sales.values().filter(|sale| sale.business_date == date);
            let gross = gross.try_fold(Amounts::default(), |sum, sale| sum.plus(sale.total)).unwrap();
            assert_eq!(state.days.gross(date), gross);
            assert!(gross.price.0 <= DAY_AMOUNT_MINOR_UNITS && gross.cost.0 <= DAY_AMOUNT_MINOR_UNITS);
        }
    }
}

fn is_sound(tab: &Tab) {
    assert!((1..=LINES).contains(&tab.lines.len()));
    let lines: Vec<events::Line> = tab.lines.iter().map(events::Line::from).collect();
    assert_eq!(Amounts::of(&lines), Ok(tab.total));
    assert!(tab.total.price.0 <= AMOUNT_MINOR_UNITS && tab.total.cost.0 <= AMOUNT_MINOR_UNITS);
    assert!(lines.iter().all(|line| (1..=QUANTITY).contains(&line.quantity)));
    let merge = |i: usize, j: usize| lines[i].merges_with(&lines[j]);
    assert!((0..lines.len()).all(|i| (0..i).all(|j| !merge(i, j))), "lines that merge are one");
    assert_eq!(tab.first_orders.len() as u64, tab.orders.min(1_000));
    assert_eq!(tab.first_orders.first(), Some(&tab.order_id));
    assert!(tab.first_orders.is_sorted());
}

/// A cart that was taken is what lies on the table, as far as the menu goes.
fn the_cart_lies_on_the_table(before: &StoreState, asked: &UpdateCart, event: &CartUpdated) {
    let on_table = |item| event.lines.iter().filter(|line| line.item_id == item).map(|line| line.quantity).sum::<i64>();
    for sent in &asked.carts {
        let sum: i64 = asked.carts.iter().filter(|other| other.item_id == sent.item_id).map(|c| c.quantity).sum();
        assert_eq!(on_table(sent.item_id), sum);
    }
    for line in &event.lines {
        let sent = asked.carts.iter().any(|sent| sent.item_id == line.item_id);
        assert!(sent || before.menu.item(line.item_id).is_err(), "what was not sent and is on the menu has left");
    }
}

/// Plays the commands, an hour and a half apart, and looks after each whether everything still adds up.
fn play(commands: Vec<Command>) -> Story {
    let mut story = a_cafe();
    let mut books = Books::default();
    story.log.iter().for_each(|event| books.record(&event.data));
    for (n, command) in commands.into_iter().enumerate() {
        let now = instant("2026-11-20T09:00:00+09:00") + TimeDelta::minutes(90 * n as i64);
        let (before, events) = (story.state.clone(), story.log.len());
        let outcome = story.at(&now.to_rfc3339()).when(command.clone());
        story = outcome.story;
        match outcome.decided {
            Ok(Decision::Event(event)) => {
                books.record(&event);
                if let (Command::UpdateCart(asked), Event::CartUpdated(event)) = (&command, &event) {
                    the_cart_lies_on_the_table(&before, asked, event);
                }
                assert_ne!(but_revision(&before), but_revision(&story.state), "what already is yields no event");
            }
            Ok(Decision::Already(_)) | Err(_) => assert_eq!(story.log.len(), events),
        }
        assert_eq!(story.state.revision(), story.log.len() as u64);
        (0..TABLES).filter_map(|table| story.state.floor.open_tab(TableNo(table))).for_each(is_sound);
        books.agree_with(&story.state);
    }
    story
}

fn but_revision(state: &StoreState) -> serde_json::Value {
    let mut kept = serde_json::to_value(state).unwrap();
    kept["revision"] = 0.into();
    kept
}

fn context(story: &Story) -> Context {
    let last = &story.log[story.log.len() - 1];
    Context { id: EventId(Uuid::nil()), now: last.time, actor: Actor::Store }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn everything_adds_up_after_every_command(commands in prop::collection::vec(commands(), 0..80)) {
        let story = play(commands);
        // The same history, folded by who reads the log from its beginning, is the same store.
        let mut folded = StoreState::default();
        for (index, event) in story.log.iter().enumerate() {
            let read = Envelope::decode(&event.encode().unwrap()).unwrap();
            folded.evolve(&read, position(index)).unwrap();
        }
        prop_assert_eq!(&folded, &story.state);
        // And so is what a snapshot of it reads back as.
        let snapshot: StoreState = serde_json::from_str(&serde_json::to_string(&folded).unwrap()).unwrap();
        prop_assert_eq!(&snapshot, &story.state);
    }

    #[test]
    fn nothing_that_can_be_asked_makes_the_rules_stumble(
        commands in prop::collection::vec(prop_oneof![commands(), hostile_commands()], 0..60),
    ) {
        play(commands);
    }

    #[test]
    fn the_same_question_has_the_same_answer_and_changes_nothing(
        history in prop::collection::vec(commands(), 0..30), command in commands(),
    ) {
        let story = play(history);
        let before = story.state.clone();
        let context = context(&story);
        prop_assert_eq!(decide(&story.state, &command, &context), decide(&story.state, &command, &context));
        prop_assert_eq!(&story.state, &before);
    }

    #[test]
    fn what_has_been_done_is_already_so_when_it_is_asked_again(
        history in prop::collection::vec(commands(), 0..30), command in commands(),
    ) {
        let story = play(history);
        let repeats = matches!(
            command,
            Command::RenameCategory(_) | Command::ChangeItem(_) | Command::SetCosts(_) | Command::UpdateCart(_)
                | Command::CancelTab(_) | Command::VoidSale(_) | Command::SettleDay(_) | Command::TellTotal(_)
                | Command::RequestConsulting(_)
        );
        let outcome = story.when(command.clone());
        if repeats && outcome.decided.is_ok() {
            let again = outcome.story.when(command.clone());
            let emptied = Err(Rejection::TableHasNoOpenOrder { table_no: table_of(&command) });
            let settled = matches!(again.decided, Ok(Decision::Already(_))) || again.decided == emptied;
            prop_assert!(settled, "{:?}", again.decided);
        }
    }
}

fn table_of(command: &Command) -> TableNo {
    match command {
        Command::UpdateCart(update) => update.table_no,
        _ => TableNo(-1),
    }
}
