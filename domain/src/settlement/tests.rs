//! Settling a day, and what comes after it, as they are told in the trade.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use chrono::TimeDelta;
use events::{DayTotals, EffectFailure, Event, Language, Money, NoMessage, PaymentType, SmsText, TableNo, Via};
use proptest::prelude::*;

use super::message::{Wording, compose, fits};
use super::{Already, Context, MessageOutcome, MessagePurpose, Rejection, ReportMessage, StoreRegistered};
use crate::limits::MESSAGES_PER_STORE_DAY;
use crate::tests::*;
use crate::{Command, PayTab, PlaceOrder, RegisterStore};

const DAY: &str = "2026-11-20";

/// Two sales on the 20th, one of them voided; then it is the evening of the 21st.
fn the_day_after() -> Story {
    a_cafe()
        .and(place_order(1, [(AMERICANO, 2)]))
        .and(pay(1))
        .at("2026-11-20T20:00:00+09:00")
        .and(place_order(2, [(LATTE, 1), (SCONE, 1)]))
        .and(Command::PayTab(PayTab { payment_type: "현금".to_owned(), ..by_card(2) }))
        .and(void_sale(1))
        .at("2026-11-21T19:00:00+09:00")
}

fn settled(story: &Story) -> events::DaySettled {
    let Event::DaySettled(settled) = story.last_event() else { panic!("not a settlement: {:?}", story.last_event()) };
    settled.clone()
}

fn payment(name: &str, net: i64, sales: i64) -> events::PaymentTotals {
    events::PaymentTotals { payment_type: PaymentType::of(name), net: Money(net), sales }
}

#[test]
fn a_settlement_fixes_what_the_day_came_to() {
    let story = the_day_after().and(settle(date(DAY)));
    let settled = settled(&story);
    let expected = DayTotals {
        gross: Money(18_300),
        voids: Money(-9_000),
        net: Money(9_300),
        cost: Money(1_200),
        profit: Money(8_100),
        sales: 2,
        voided: 1,
        first_sale: Some(instant("2026-11-20T19:06:34+09:00")),
        last_sale: Some(instant("2026-11-20T20:00:00+09:00")),
        payments: vec![payment("card", 0, 0), payment("cash", 9_300, 1)],
        ..DayTotals::default()
    };
    assert_eq!(settled.totals, expected);
    assert_eq!(settled.message.text, "카페 온도 11월20일 마감 매출 9,300원 2건, 취소 -9,000원, 이익 8,100원");
    assert_eq!(settled.personal.phone.as_deref(), Some("+821012345678"));
    assert_eq!(settled.no_message, None);
}

#[test]
fn a_day_is_settled_once_and_not_before_it_has_ended() {
    let story = the_day_after()
        .when(settle(date("2026-11-21")))
        .then_rejected(Rejection::DayNotEnded { date: date("2026-11-21") })
        .when(settle(date("2026-12-01")))
        .then_rejected(Rejection::DayNotEnded { date: date("2026-12-01") })
        .and(settle(date(DAY)));
    let first = settled(&story);
    story.when(settle(date(DAY))).then_already(Already::DaySettled(Box::new(first)));
}

#[test]
fn a_day_without_sales_may_be_settled_too() {
    let story = the_day_after().and(settle(date("2026-11-19")));
    assert_eq!(settled(&story).totals, DayTotals::default());
}

#[test]
fn what_comes_after_a_settlement_is_booked_on_the_open_day_and_names_the_settled_one() {
    let story = the_day_after().and(settle(date(DAY))).and(void_sale(2));
    let Event::SaleVoided(void) = story.last_event() else { panic!("not a void") };
    assert_eq!((void.sold_on, void.business_date, void.late), (date(DAY), date("2026-11-21"), false));

    let yesterday = instant("2026-11-20T21:00:00+09:00");
    let story = story.and(place_order(3, [(LATTE, 1)]));
    let story = story.and(Command::PayTab(PayTab { occurred_at: Some(yesterday), ..by_card(3) }));
    let Event::SaleCompleted(sale) = story.last_event() else { panic!("not a sale") };
    assert_eq!((sale.sold_on, sale.business_date, sale.late), (Some(date(DAY)), date("2026-11-21"), false));
    assert_eq!(story.log.last().unwrap().time, yesterday);

    let story = story.at("2026-11-22T09:00:00+09:00").and(settle(date("2026-11-21")));
    let totals = settled(&story).totals;
    assert_eq!((totals.gross, totals.voids, totals.net), (Money(5_500), Money(-9_300), Money(-3_800)));
    assert_eq!(totals.corrections, Money(-3_800), "all of it belongs to the day before");
}

#[test]
fn before_a_settlement_a_late_sale_is_booked_on_its_own_day_and_says_so() {
    let yesterday = Some(instant("2026-11-20T23:59:59+09:00"));
    let order = PlaceOrder { occurred_at: yesterday, ..order_of(3) };
    let story = the_day_after().and(Command::PlaceOrder(order));
    let Event::OrderPlaced(order) = story.last_event() else { panic!("not an order") };
    assert_eq!(order.business_date, date(DAY));
    let story = story.and(Command::PayTab(PayTab { occurred_at: yesterday, ..by_card(3) }));
    let Event::SaleCompleted(sale) = story.last_event() else { panic!("not a sale") };
    assert_eq!((sale.sold_on, sale.business_date, sale.late), (None, date(DAY), true));
    let totals = settled(&story.and(settle(date(DAY)))).totals;
    assert_eq!((totals.late, totals.sales), (Money(5_500), 3));
    assert_eq!(totals.last_sale, yesterday);
}

fn order_of(table: i64) -> PlaceOrder {
    let Command::PlaceOrder(order) = place_order(table, [(LATTE, 1)]) else { panic!("not an order") };
    order
}

#[test]
fn an_instant_beyond_its_limits_is_refused() {
    let at = |time: &str| PlaceOrder { occurred_at: Some(instant(time)), ..order_of(3) };
    the_day_after()
        .when(Command::PlaceOrder(at("2026-11-21T19:05:01+09:00")))
        .then_rejected(Rejection::OccursInTheFuture { limit: 5 })
        .when(Command::PlaceOrder(at("2026-11-14T18:59:59+09:00")))
        .then_rejected(Rejection::OccurredTooLongAgo { limit: 7 });
}

#[test]
fn a_total_so_far_is_told_once_and_closes_nothing() {
    let story = the_day_after().and(tell_total(date(DAY)));
    let Event::MessageRequested(asked) = story.last_event() else { panic!("not a message") };
    assert_eq!((asked.net, asked.purpose), (Money(9_300), MessagePurpose::TotalSoFar));
    assert_eq!(asked.message.text, "카페 온도 11월20일 현재 매출 9,300원 2건, 취소 -9,000원, 이익 8,100원");
    story
        .when(tell_total(date(DAY)))
        .then_already(Already::TotalTold)
        .and(void_sale(2))
        .and(tell_total(date(DAY)))
        .when(tell_total(date("2026-11-23")))
        .then_rejected(Rejection::DayNotBegun { date: date("2026-11-23") })
        .and(settle(date(DAY)))
        .when(tell_total(date(DAY)))
        .then_already(Already::TotalTold);
}

#[test]
fn a_settlements_message_may_be_repeated_by_hand() {
    the_day_after()
        .when(repeat_message(date(DAY)))
        .then_rejected(Rejection::DayNotSettled { date: date(DAY) })
        .and(settle(date(DAY)))
        .and(repeat_message(date(DAY)))
        .and(repeat_message(date(DAY)));
}

#[test]
fn a_store_has_no_more_messages_than_its_limit_in_a_day_and_is_settled_nevertheless() {
    let limit = MESSAGES_PER_STORE_DAY;
    let full = the_day_after().and(settle(date(DAY))).times(limit as usize - 1, &repeat_message(date(DAY)));
    let story = full
        .when(repeat_message(date(DAY)))
        .then_rejected(Rejection::TooManyMessages { limit })
        .when(tell_total(date("2026-11-19")))
        .then_rejected(Rejection::TooManyMessages { limit })
        .and(settle(date("2026-11-19")));
    assert_eq!(settled(&story).no_message, Some(NoMessage::StoreLimit));
    story.at("2026-11-22T00:00:00+09:00").and(repeat_message(date("2026-11-19")));
}

#[test]
fn a_store_without_a_number_is_settled_without_a_message() {
    let mut register = RegisterStore { time_zone: Some(chrono_tz::UTC), ..registration() };
    register.personal.phone = "none".to_owned();
    let story = nobody().and(Command::RegisterStore(register)).at("2026-11-22T00:00:00+09:00");
    let story = story.when(tell_total(date(DAY))).then_rejected(Rejection::NoPhone).and(settle(date(DAY)));
    assert_eq!(settled(&story).no_message, Some(NoMessage::NoPhone));
    story.when(repeat_message(date(DAY))).then_rejected(Rejection::NoPhone);
}

#[test]
fn a_message_ends_once() {
    let story = the_day_after().and(settle(date(DAY)));
    let message = story.last_id();
    let report = |outcome| Command::ReportMessage(ReportMessage { message, outcome });
    let sent = story.clone().and(report(MessageOutcome::Taken(Via::Sms)));
    sent.when(report(MessageOutcome::NotSent(EffectFailure::Refused)))
        .then_already(Already::EffectOver { effect: message });
    let lost = story.and(report(MessageOutcome::Uncertain(EffectFailure::Unavailable)));
    let Event::SettlementNotificationFailed(failed) = lost.last_event() else { panic!("not a failure") };
    assert!(failed.uncertain);
    assert_eq!(failed.business_date, date(DAY));
}

#[test]
fn what_became_of_a_message_is_recorded_of_a_closed_store_too() {
    let story = the_day_after().and(settle(date(DAY)));
    let report = ReportMessage { message: story.last_id(), outcome: MessageOutcome::Taken(Via::Outbox) };
    story.and(Command::CloseStore).and(Command::ReportMessage(report));
}

#[test]
fn a_settlement_needs_the_sign_up_and_a_second_one_the_first() {
    let story = the_day_after();
    let command = settle(date(DAY));
    assert_eq!(command.needs(&story.state), Some(position(0)));
    let context =
        Context { id: story.log[0].id, now: instant("2026-11-21T19:00:00+09:00"), actor: events::Actor::Store };
    assert_eq!(crate::decide(&story.state, &command, &context), Err(Rejection::NotReadBack));
    let ready = command.clone().with_event(story.log[0].data.clone());
    assert_eq!(ready.needs(&story.state), None);
    let after = story.and(settle(date(DAY)));
    assert_eq!(ready.needs(&after.state), Some(position(after.log.len() - 1)), "another one was settled meanwhile");
    assert_eq!(repeat_message(date("2026-11-01")).needs(&after.state), None);
}

#[test]
fn ways_of_paying_beyond_the_named_ones_are_summed() {
    let pay_by = |story: Story, n: usize| {
        let by = PayTab { payment_type: format!("way {n:02}"), ..by_card(1) };
        story.and(place_order(1, [(AMERICANO, 1)])).and(Command::PayTab(by))
    };
    let story = (0..40).fold(a_cafe(), pay_by).at("2026-11-21T19:00:00+09:00").and(settle(date(DAY)));
    let totals = settled(&story).totals;
    assert_eq!(totals.payments.len(), DayTotals::NAMED_PAYMENTS + 1);
    assert_eq!(totals.payments[0], payment("other", 8 * 4_500, 8));
    assert_eq!(totals.payments.iter().map(|p| p.net.0).sum::<i64>(), totals.net.0);
}

#[test]
fn a_message_in_english_counts_in_the_stores_currency() {
    let Event::StoreRegistered(registered) = a_cafe().log[0].data.clone() else { panic!("not a sign-up") };
    let store = StoreRegistered {
        store_name: "Cafe Ondo".to_owned(),
        language: Language::En,
        currency: "EUR".parse().unwrap(),
        ..registered
    };
    let totals = DayTotals { net: Money(123_456), profit: Money(-5), sales: 3, ..DayTotals::default() };
    let SmsText { text, .. } = compose(&store, Wording::Settled, date(DAY), &totals);
    assert_eq!(text, "Cafe Ondo 2026-11-20 closed: sales EUR 1,234.56 in 3, profit EUR -0.05");
}

proptest! {
    #[test]
    fn every_message_is_one_sms_and_tells_the_net_sales(
        name in ".{0,100}", english in any::<bool>(), net in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
        voids in -1_000_000_000_000_000_i64..1, sales in 0_u64..1_000_000_000, so_far in any::<bool>(),
    ) {
        let Event::StoreRegistered(registered) = a_cafe().log[0].data.clone() else { panic!("not a sign-up") };
        let language = if english { Language::En } else { Language::Ko };
        let store = StoreRegistered { store_name: name, language, ..registered };
        let totals = DayTotals { net: Money(net), voids: Money(voids), profit: Money(net), sales, ..DayTotals::default() };
        let wording = if so_far { Wording::SoFar } else { Wording::Settled };
        let text = compose(&store, wording, date("2026-12-31"), &totals).text;
        prop_assert!(fits(&text), "{text}");
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        prop_assert!(digits.contains(&net.unsigned_abs().to_string()), "{text}");
    }
}

#[test]
fn a_clock_that_goes_back_books_behind_the_last_settlement() {
    let story =
        the_day_after().and(settle(date(DAY))).at("2026-11-20T12:00:00+09:00").and(place_order(3, [(LATTE, 1)]));
    let story = story.and(pay(3));
    let Event::SaleCompleted(sale) = story.last_event() else { panic!("not a sale") };
    assert_eq!((sale.business_date, sale.table_no), (date("2026-11-21"), TableNo(3)));
    assert!(TimeDelta::zero() == story.log.last().unwrap().time - instant("2026-11-20T12:00:00+09:00"));
}
