//! The demo against the rules: a history is decided and folded as the writer would, and then looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, TimeZone as _, Weekday};
use domain::{Context, Decision, StoreState};
use events::{Actor, Envelope, Event, EventId, Position, SaleCompleted, Subject};
use uuid::Uuid;

use super::*;

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";

fn plan(sales: u64, days: u32) -> Plan {
    let date = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    Plan { sales, days, stores: 1, seed: 7, end: End::of_day(date) }
}

/// Everything that happened, by the rules; any refusal, and any step without an effect, fails.
fn lived(plan: &Plan) -> Vec<Envelope> {
    let mut stores: HashMap<StoreId, StoreState> = HashMap::new();
    let mut events: Vec<Envelope> = Vec::new();
    for step in History::new(plan, HASH) {
        let state = stores.entry(step.store).or_default();
        let command = match step.command.needs(state) {
            Some(position) => {
                step.command.clone().with_event(events[usize::try_from(position.0).unwrap()].data.clone())
            }
            None => step.command.clone(),
        };
        let context = Context { id: EventId(Uuid::nil()), now: step.at, actor: Actor::Demo };
        let Ok(Decision::Event(data)) = domain::decide(state, &command, &context) else {
            panic!("refused or without effect: {step:?}");
        };
        let envelope = envelope(&step, state.revision() + 1, data);
        state.evolve(&envelope, Position(events.len() as u64)).unwrap();
        events.push(envelope);
    }
    events
}

fn envelope(step: &Step, revision: u64, data: Event) -> Envelope {
    Envelope {
        id: EventId(Uuid::nil()),
        subject: Subject::Store(step.store),
        revision,
        time: step.at,
        recorded_time: step.at,
        actor: Actor::Demo,
        idempotency_key: None,
        digest: None,
        causation_id: None,
        data,
    }
}

fn count(events: &[Envelope], name: &str) -> usize {
    events.iter().filter(|event| event.data.name() == name).count()
}

fn sales(events: &[Envelope]) -> impl Iterator<Item = &SaleCompleted> {
    events.iter().filter_map(|event| match &event.data {
        Event::SaleCompleted(sale) => Some(sale),
        _ => None,
    })
}

#[test]
fn a_year_passes_every_rule_and_has_a_bit_of_everything() {
    let events = lived(&plan(20_000, 365));
    assert_eq!(count(&events, "SaleCompleted"), 20_000);
    assert!((60..=140).contains(&count(&events, "SaleVoided")), "{}", count(&events, "SaleVoided"));
    for (name, least) in
        [("OrderPlaced", 20_000), ("CartUpdated", 300), ("TabCancelled", 100), ("ItemChanged", 5), ("CostsSet", 5)]
    {
        assert!(count(&events, name) >= least, "{} of {name}", count(&events, name));
    }
    for name in ["ItemAdded", "ItemRemoved", "CategoryAdded", "StoreRegistered"] {
        assert!(count(&events, name) >= 1, "no {name}");
    }
}

#[test]
fn small_plans_come_out_exactly_too() {
    for (sales, days, stores, hours) in [(1, 1, 1, 24), (1, 1, 1, 0), (7, 1, 1, 9), (50, 3, 4, 15), (3, 30, 5, 24)] {
        let end = End { hours, ..plan(1, 1).end };
        let events = lived(&Plan { stores, end, ..plan(sales, days) });
        assert_eq!(count(&events, "SaleCompleted") as u64, sales, "{sales} {days} {stores} {hours}");
        assert_eq!(count(&events, "StoreRegistered"), stores as usize);
    }
}

#[test]
fn a_rush_of_guests_gets_tables_enough() {
    let events = lived(&plan(20_000, 2));
    assert_eq!(count(&events, "SaleCompleted"), 20_000);
}

#[test]
fn the_same_plan_is_the_same_history_and_another_seed_another() {
    let steps = |plan: &Plan| History::new(plan, HASH).collect::<Vec<_>>();
    let once = plan(500, 20);
    assert_eq!(steps(&once), steps(&once));
    assert_ne!(steps(&once), steps(&Plan { seed: 8, ..once }));
}

#[test]
fn time_only_goes_forward_and_stays_within_the_days() {
    let plan = Plan { stores: 3, ..plan(2_000, 20) };
    let steps: Vec<Step> = History::new(&plan, HASH).collect();
    assert!(steps.is_sorted_by_key(|step| step.at));
    let first = steps.first().unwrap().at + Duration::hours(SEOUL_HOURS);
    let last = steps.last().unwrap().at + Duration::hours(SEOUL_HOURS);
    assert_eq!(first.date_naive(), NaiveDate::from_ymd_opt(2026, 11, 1).unwrap());
    assert_eq!(last.date_naive(), plan.end.date);
}

#[test]
fn a_history_that_ends_today_holds_nothing_that_has_not_been_yet() {
    let now = Utc.with_ymd_and_hms(2026, 11, 20, 6, 40, 0).unwrap();
    let plan = Plan { end: End::at(now), ..plan(3_000, 10) };
    assert_eq!(plan.end, End { date: plan.end.date, hours: 15 });
    let steps: Vec<Step> = History::new(&plan, HASH).collect();
    assert!(steps.last().unwrap().at < now);
    let today = steps.iter().filter(|step| step.at > now - Duration::hours(7)).count();
    assert!(today > 50, "{today} steps today");
}

#[test]
fn weekends_are_busier_than_mondays_and_the_staff_has_its_day() {
    let events = lived(&plan(20_000, 364));
    let mut by_day: BTreeMap<NaiveDate, u32> = BTreeMap::new();
    for sale in sales(&events) {
        *by_day.entry(sale.business_date).or_default() += 1;
    }
    let of =
        |weekday: Weekday| -> u32 { by_day.iter().filter(|(day, _)| day.weekday() == weekday).map(|(_, n)| n).sum() };
    assert!(of(Weekday::Sat) * 10 > of(Weekday::Tue) * 13, "{} {}", of(Weekday::Sat), of(Weekday::Tue));
    assert_eq!(by_day.len(), 352, "twelve second Mondays in a year of 364 days");
}

#[test]
fn warm_drinks_sell_in_winter_and_cold_ones_in_summer() {
    let events = lived(&plan(20_000, 365));
    let sold = |month: u32, item: i64| -> i64 {
        let lines = sales(&events).filter(|sale| sale.business_date.month() == month).flat_map(|sale| &sale.lines);
        lines.filter(|line| line.item_id.0 == item).map(|line| line.quantity).sum()
    };
    let (warm, cold) = (1, 2);
    assert!(sold(1, warm) > sold(1, cold) && sold(7, cold) > 2 * sold(7, warm));
}

#[test]
fn tills_know_the_total_and_rarely_believe_in_another() {
    let events = lived(&plan(5_000, 100));
    let misstated = sales(&events).filter(|sale| sale.stated_total.is_some()).count();
    assert!((1..=40).contains(&misstated), "{misstated}");
}

#[test]
fn one_item_has_no_cost_and_prices_go_up_in_the_course_of_the_year() {
    let events = lived(&plan(5_000, 365));
    let lines: Vec<_> = sales(&events).flat_map(|sale| &sale.lines).collect();
    let costless: std::collections::BTreeSet<_> =
        lines.iter().filter(|line| line.unit_cost.is_none()).map(|line| line.item_id).collect();
    assert_eq!(costless.len(), 1, "{costless:?}");
    let prices = |item: i64| {
        lines.iter().filter(|l| l.item_id.0 == item).map(|l| l.unit_price).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(prices(1).len(), 2);
}

#[test]
fn some_tables_are_still_open_when_it_ends() {
    let steps: Vec<Step> = History::new(&plan(500, 10), HASH).collect();
    let mut open: BTreeMap<i64, i32> = BTreeMap::new();
    for step in steps {
        match step.command {
            Command::PlaceOrder(order) => drop(open.insert(order.table_no.0, 1)),
            Command::PayTab(pay) => drop(open.remove(&pay.table_no.0)),
            Command::CancelTab(cancel) => drop(open.remove(&cancel.table_no.0)),
            Command::UpdateCart(update) if update.carts.is_empty() => drop(open.remove(&update.table_no.0)),
            _ => {}
        }
    }
    assert_eq!(open.len(), 3);
}
