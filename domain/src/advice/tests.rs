//! Asking for advice and getting it, as it is told in the trade.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use events::{Advisor, ConsultingRequested, Event};

use super::*;
use crate::Command;
use crate::tests::*;

const DAY: &str = "2026-11-20";

fn ask() -> Command {
    request_consulting(date(DAY), date(DAY))
}

fn advice() -> Advice {
    Advice { advisor: Advisor::Embedded, findings: Vec::new(), text: "more coffee".to_owned() }
}

fn complete(request: EventId) -> Command {
    Command::CompleteConsulting(CompleteConsulting { request, advice: Box::new(advice()) })
}

fn give_up(request: EventId) -> Command {
    Command::FailConsulting(FailConsulting { request, reason: EffectFailure::Unavailable })
}

#[test]
fn advice_on_unchanged_figures_is_the_known_request_pending_or_completed() {
    let asked = a_cafe().and(ask());
    let request = asked.last_id();
    let completed = asked.clone().and(complete(request));
    for story in [asked, completed] {
        let story = story.when(ask()).then_already(Already::ConsultingKnown { request });
        let sold = story.and(place_order(1, [(LATTE, 1)])).and(pay(1)).and(ask());
        assert_ne!(sold.last_id(), request);
        let request = sold.last_id();
        let story = sold.when(ask()).then_already(Already::ConsultingKnown { request });
        story.and(void_sale(1)).and(ask());
    }
}

#[test]
fn a_change_in_the_period_before_is_a_change_since_the_two_are_compared() {
    let before = "2026-11-19";
    let story = a_cafe().at("2026-11-19T12:00:00+09:00").and(place_order(1, [(LATTE, 1)])).and(pay(1));
    let story = story.at("2026-11-20T12:00:00+09:00").and(ask());
    let Event::ConsultingRequested(asked) = story.last_event() else { panic!("not a request") };
    assert_eq!(*asked, ConsultingRequested { start: date(DAY), end: date(DAY), changes: 1, language: Language::Ko });
    let two_days = request_consulting(date(before), date(DAY));
    story.and(two_days).and(void_sale(1)).and(ask());
}

#[test]
fn after_a_failed_request_comes_a_new_one() {
    let asked = a_cafe().and(ask());
    let request = asked.last_id();
    let story = asked.and(give_up(request)).and(ask());
    assert_ne!(story.last_id(), request);
}

#[test]
fn a_request_ends_once() {
    let asked = a_cafe().and(ask());
    let request = asked.last_id();
    let over = Already::EffectOver { effect: request };
    let story = asked.and(complete(request)).when(complete(request)).then_already(over.clone());
    story.when(give_up(request)).then_already(over.clone());
    let nobodys = a_cafe().last_id();
    a_cafe().when(complete(nobodys)).then_already(Already::EffectOver { effect: nobodys });
}

#[test]
fn a_store_waits_for_so_much_advice_at_once_and_no_more() {
    let day = |n: u64| date(DAY) - Days::new(n);
    let full = (0..ADVICE_PENDING as u64).fold(a_cafe(), |story, n| story.and(request_consulting(day(n), day(n))));
    let first = full.log[full.log.len() - ADVICE_PENDING].id;
    full.when(request_consulting(day(99), day(99)))
        .then_rejected(Rejection::TooMuchAdvicePending { limit: ADVICE_PENDING })
        .and(complete(first))
        .and(request_consulting(day(99), day(99)));
}

#[test]
fn a_period_has_an_order_and_a_length() {
    a_cafe()
        .when(request_consulting(date("2026-11-21"), date(DAY)))
        .then_rejected(Rejection::EndsBeforeItStarts)
        .when(request_consulting(date("2016-11-12"), date(DAY)))
        .then_rejected(Rejection::TooLarge { field: Field::End, limit: ADVICE_DAYS })
        .and(request_consulting(date("2016-11-13"), date(DAY)));
}

#[test]
fn so_many_periods_are_remembered() {
    let day = |n: u64| date(DAY) - Days::new(n);
    let one = |story: Story, n: u64| {
        let asked = story.and(request_consulting(day(n), day(n)));
        let request = asked.last_id();
        asked.and(complete(request))
    };
    let story = (0..=ADVICE_REMEMBERED as u64).fold(a_cafe(), one);
    story.clone().and(request_consulting(day(0), day(0)));
    assert!(story.when(request_consulting(day(1), day(1))).decided.is_ok_and(|d| matches!(d, Decision::Already(_))));
}
