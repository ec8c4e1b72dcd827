//! Who may make an effect, as it is told between two runners.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use events::{EffectStarted, EventId, Via};
use uuid::Uuid;

use super::*;
use crate::tests::*;
use crate::{Command, MessageOutcome, ReportMessage};

const FIRST: u128 = 1;
const SECOND: u128 = 2;

fn advice_asked() -> (Story, EventId) {
    let story = a_cafe().and(request_consulting(date("2026-11-20"), date("2026-11-20")));
    let effect = story.last_id();
    (story, effect)
}

fn message_asked() -> (Story, EventId) {
    let story = a_cafe().and(tell_total(date("2026-11-20")));
    let effect = story.last_id();
    (story, effect)
}

fn start(effect: EventId, attempt: u32, runner: u128) -> Command {
    Command::StartEffect(start_effect(effect, attempt, runner))
}

#[test]
fn whoever_starts_first_acts_and_is_told_so_again() {
    let (story, effect) = advice_asked();
    story
        .when(start(effect, 1, FIRST))
        .then(EffectStarted { effect, attempt: 1, runner: Uuid::from_u128(FIRST) })
        .when(start(effect, 1, FIRST))
        .then_already(Already::EffectStarted { effect })
        .when(start(effect, 1, SECOND))
        .then_rejected(Rejection::EffectTaken { effect });
}

#[test]
fn advice_is_started_anew_when_its_time_is_up_and_at_once_after_a_death() {
    let (story, effect) = advice_asked();
    let story = story.and(start(effect, 1, FIRST));
    let in_time = story.clone().at("2026-11-20T19:08:33+09:00");
    in_time.when(start(effect, 2, SECOND)).then_rejected(Rejection::EffectTaken { effect });
    story.clone().at("2026-11-20T19:08:34+09:00").and(start(effect, 2, SECOND));
    let takes_over = StartEffect { takes_over: true, ..start_effect(effect, 2, SECOND) };
    story.and(Command::StartEffect(takes_over));
}

#[test]
fn advice_has_three_attempts() {
    let (story, effect) = advice_asked();
    let takes_over =
        |attempt| Command::StartEffect(StartEffect { takes_over: true, ..start_effect(effect, attempt, FIRST) });
    story
        .when(takes_over(2))
        .then_rejected(Rejection::EffectTaken { effect })
        .and(takes_over(1))
        .and(takes_over(2))
        .and(takes_over(3))
        .when(takes_over(4))
        .then_rejected(Rejection::EffectTaken { effect });
}

#[test]
fn a_message_is_started_once_whatever_became_of_it() {
    let (story, effect) = message_asked();
    let takes_over = StartEffect { takes_over: true, ..start_effect(effect, 2, SECOND) };
    story
        .and(start(effect, 1, FIRST))
        .at("2026-11-21T19:00:00+09:00")
        .when(Command::StartEffect(takes_over))
        .then_rejected(Rejection::EffectTaken { effect });
}

#[test]
fn what_is_over_or_never_was_is_not_started() {
    let (story, effect) = message_asked();
    let nobodys = EventId(Uuid::from_u128(99));
    let report = ReportMessage { message: effect, outcome: MessageOutcome::Taken(Via::Sms) };
    story
        .and(Command::ReportMessage(report))
        .when(start(effect, 1, FIRST))
        .then_already(Already::EffectOver { effect })
        .when(start(nobodys, 1, FIRST))
        .then_already(Already::EffectOver { effect: nobodys });
}

#[test]
fn a_closed_store_starts_no_effects() {
    let (story, effect) = message_asked();
    story.and(Command::CloseStore).when(start(effect, 1, FIRST)).then_rejected(Rejection::StoreClosed);
}

#[test]
fn a_message_that_nobody_reported_on_is_forgotten_after_a_week() {
    let (story, effect) = message_asked();
    let story = story.and(start(effect, 1, FIRST)).at("2026-11-28T19:06:35+09:00").and(tell_total(date("2026-11-27")));
    let report = ReportMessage { message: effect, outcome: MessageOutcome::Taken(Via::Sms) };
    story.when(Command::ReportMessage(report)).then_already(Already::EffectOver { effect });
}
