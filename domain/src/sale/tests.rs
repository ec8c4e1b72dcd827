//! Paying and voiding, as they are told in the trade.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use events::{Amounts, Event, Money, PaymentType, SaleCompleted, SaleId, SaleVoided, TabNo, TableNo};

use crate::limits::{AMOUNT_MINOR_UNITS, DAY_AMOUNT_MINOR_UNITS};
use crate::tests::*;
use crate::{Already, Command, Context, Field, PayTab, Rejection, VoidSale, decide};

const TABLE: TableNo = TableNo(1);

fn two_orders() -> Story {
    a_cafe().and(place_order(1, [(LATTE, 1)])).and(place_order(1, [(AMERICANO, 2), (LATTE, 1)]))
}

fn their_sale() -> SaleCompleted {
    SaleCompleted {
        sale_id: SaleId(1),
        table_no: TABLE,
        tab: TabNo(1),
        orders: 2,
        business_date: date("2026-11-20"),
        sold_on: None,
        late: false,
        payment_type: PaymentType::of("card"),
        stated_total: None,
        lines: vec![line(LATTE, "라떼", 2, 5_500, None), line(AMERICANO, "아메리카노", 2, 4_500, Some(900))],
        total: Amounts { price: Money(20_000), cost: Money(1_800) },
    }
}

fn their_void() -> SaleVoided {
    SaleVoided {
        sale_id: SaleId(1),
        sold_on: date("2026-11-20"),
        business_date: date("2026-11-20"),
        late: false,
        payment_type: PaymentType::of("card"),
        lines: vec![line(LATTE, "라떼", -2, 5_500, None), line(AMERICANO, "아메리카노", -2, 4_500, Some(900))],
        total: Amounts { price: Money(-20_000), cost: Money(-1_800) },
    }
}

fn stating(total: i64) -> PayTab {
    PayTab { stated_total: Some(Money(total)), ..by_card(1) }
}

#[test]
fn one_sale_closes_every_order_of_the_tab() {
    two_orders()
        .when(pay(1))
        .then(their_sale())
        .when(pay(1))
        .then_rejected(Rejection::TableHasNoOpenOrder { table_no: TABLE });
}

#[test]
fn what_is_sold_keeps_the_prices_at_which_it_was_ordered() {
    two_orders()
        .and(change_item(LATTE, "라떼", 9_900))
        .and(set_costs([(LATTE, Some(3_000)), (AMERICANO, Some(1))]))
        .and(remove_category(COFFEE))
        .when(pay(1))
        .then(their_sale());
}

#[test]
fn booked_is_the_tabs_total_and_another_one_stated_is_kept_beside_it() {
    two_orders().when(Command::PayTab(stating(20_000))).then(their_sale());
    two_orders()
        .when(Command::PayTab(stating(50)))
        .then(SaleCompleted { stated_total: Some(Money(50)), ..their_sale() });
}

#[test]
fn a_strict_terminal_gets_its_total_or_nothing() {
    let strict = |total| Command::PayTab(PayTab { strict_total: true, ..stating(total) });
    let unsaid = Command::PayTab(PayTab { strict_total: true, ..by_card(1) });
    two_orders()
        .when(strict(50))
        .then_rejected(Rejection::TotalsDiffer { booked: Money(20_000), stated: Money(50) })
        .when(strict(20_000))
        .then(their_sale());
    two_orders().when(unsaid).then(their_sale());
}

#[test]
fn a_payment_that_makes_no_sense_is_refused() {
    let by = |text: &str| Command::PayTab(PayTab { payment_type: text.to_owned(), ..by_card(1) });
    let limit = AMOUNT_MINOR_UNITS;
    two_orders()
        .when(Command::PayTab(stating(-999_999)))
        .then_rejected(Rejection::Negative { field: Field::TotalPrice })
        .when(Command::PayTab(stating(limit + 1)))
        .then_rejected(Rejection::TooLarge { field: Field::TotalPrice, limit })
        .when(by(" "))
        .then_rejected(Rejection::Blank { field: Field::PaymentType })
        .when(by(&"페".repeat(201)))
        .then_rejected(Rejection::TooLong { field: Field::PaymentType, limit: 200 })
        .when(pay(-1))
        .then_rejected(Rejection::Negative { field: Field::TableNo })
        .when(by(&"페".repeat(200)))
        .then(SaleCompleted { payment_type: PaymentType::of(&"페".repeat(200)), ..their_sale() });
    for (said, kept) in [("카드", "card"), (" 현금 ", "cash"), ("cash", "cash"), ("네이버페이", "네이버페이")]
    {
        let paid = two_orders().and(by(said));
        let Event::SaleCompleted(sale) = paid.last_event() else { panic!("not a sale") };
        assert_eq!(sale.payment_type.as_str(), kept);
    }
}

#[test]
fn a_sale_belongs_to_the_date_on_which_it_is_paid() {
    let story = two_orders().at("2026-11-21T00:00:00+09:00").and(pay(1));
    let Event::SaleCompleted(sale) = story.last_event() else { panic!("not a sale") };
    assert_eq!((sale.business_date, sale.late), (date("2026-11-21"), false));
}

#[test]
fn a_date_sells_no_more_than_its_limit_and_the_next_one_sells_again() {
    let limit = DAY_AMOUNT_MINOR_UNITS;
    let (most, days_worth) = (AMOUNT_MINOR_UNITS, limit / AMOUNT_MINOR_UNITS);
    let dear = a_cafe().and(change_item(LATTE, "라떼", most)).and(set_costs([(SCONE, Some(most))]));
    for item in [LATTE, SCONE] {
        let sell = |story: Story| story.and(place_order(1, [(item, 1)])).and(pay(1));
        let full = (0..days_worth).fold(dear.clone(), |story, _| sell(story)).and(place_order(1, [(item, 1)]));
        full.when(pay(1))
            .then_rejected(Rejection::DayTotalTooLarge { limit })
            .and(void_sale(1))
            .when(pay(1))
            .then_rejected(Rejection::DayTotalTooLarge { limit })
            .at("2026-11-21T09:00:00+09:00")
            .and(pay(1));
    }
}

#[test]
fn a_void_books_the_sale_once_more_with_negative_quantities() {
    two_orders().and(pay(1)).when(void_sale(1)).then(their_void());
}

#[test]
fn a_void_on_a_later_date_is_booked_on_the_sales_and_says_that_it_is_late() {
    let story = two_orders().and(pay(1));
    story.clone().at("2026-11-20T23:59:59+09:00").when(void_sale(1)).then(their_void());
    story.at("2026-11-21T00:00:00+09:00").when(void_sale(1)).then(SaleVoided { late: true, ..their_void() });
}

#[test]
fn a_sale_is_voided_once() {
    two_orders()
        .when(void_sale(1))
        .then_rejected(Rejection::UnknownSale { sale_id: SaleId(1) })
        .and(pay(1))
        .and(void_sale(1))
        .when(void_sale(1))
        .then_already(Already::SaleVoided { sale_id: SaleId(1) })
        .when(void_sale(0))
        .then_rejected(Rejection::UnknownSale { sale_id: SaleId(0) })
        .when(void_sale(i64::MIN))
        .then_rejected(Rejection::UnknownSale { sale_id: SaleId(i64::MIN) });
}

#[test]
fn a_void_names_the_record_that_it_needs_and_is_not_decided_without() {
    let story = two_orders().and(pay(1)).and(place_order(2, [(SCONE, 1)])).and(pay(2));
    let sold_at = position(story.log.len() - 1);
    let context = Context { id: story.log[0].id, now: story.log[0].time, actor: events::Actor::Store };
    let decide = |command: &Command| decide(&story.state, command, &context);

    assert_eq!(void_sale(2).needs(&story.state), Some(sold_at));
    assert_eq!(decide(&void_sale(2)), Err(Rejection::SaleNotReadBack { sale_id: SaleId(2) }));
    let wrong = void_sale(2).with_event(their_sale().into());
    assert_eq!(decide(&wrong), Err(Rejection::SaleNotReadBack { sale_id: SaleId(2) }));
    let right = void_sale(1).with_event(their_sale().into());
    assert_eq!(right.needs(&story.state), None);
    assert_eq!(decide(&right), Ok(their_void().into()));
    let voided = story.clone().and(void_sale(1));
    assert_eq!(void_sale(1).needs(&voided.state), None, "what is voided is not read back");
    assert_eq!(void_sale(3).needs(&voided.state), None);
    assert_eq!(pay(1).with_event(their_sale().into()), pay(1));
    let damaged = SaleCompleted { lines: vec![line(LATTE, "라떼", i64::MIN, 1, None)], ..their_sale() };
    let damaged = Command::VoidSale(VoidSale { sale_id: SaleId(1), sale: Some(Box::new(damaged)) });
    assert_eq!(decide(&damaged), Err(Rejection::SaleNotReadBack { sale_id: SaleId(1) }));
}
