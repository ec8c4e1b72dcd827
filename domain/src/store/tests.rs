//! Signing up, changing the password, closing, as they are told in the trade.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use chrono::NaiveTime;
use events::{
    Credentials, Currency, Envelope, Event, Language, PasswordChanged, Position, StoreClosed, StoreRegistered,
};
use uuid::Uuid;

use crate::tests::*;
use crate::{ChangePassword, Command, EvolveError, Field, RegisterStore, Rejection, Session};

#[test]
fn who_signs_up_and_says_no_more_gets_won_seoul_midnight_and_korean() {
    let story = nobody().when(sign_up()).then(StoreRegistered {
        username: "demostore".to_owned(),
        store_name: "카페 온도".to_owned(),
        store_type: "일반음식점".to_owned(),
        currency: Currency::KRW,
        time_zone: chrono_tz::Asia::Seoul,
        day_begins: NaiveTime::MIN,
        language: Language::Ko,
        personal: owner(),
    });
    assert!(story.state.exists());
    assert_eq!(story.state.session(), Session { cv: 0, keeps: None, closed: false });
}

#[test]
fn a_store_elsewhere_says_its_currency_zone_day_and_language() {
    let elsewhere = RegisterStore {
        currency: Some("EUR".parse().unwrap()),
        time_zone: Some(chrono_tz::Europe::Berlin),
        day_begins: NaiveTime::from_hms_opt(5, 0, 0),
        language: Some(Language::En),
        ..registration()
    };
    let story = nobody().and(Command::RegisterStore(elsewhere));
    let profile = story.state.profile().unwrap();
    assert_eq!(profile.currency.code(), "EUR");
    assert_eq!((profile.time_zone, profile.language), (chrono_tz::Europe::Berlin, Language::En));
    assert_eq!(story.state.business_date(instant("2026-11-21T04:59:59+01:00")), date("2026-11-20"));
}

#[test]
fn a_name_is_taken_once_and_for_good() {
    a_cafe().when(sign_up()).then_rejected(Rejection::NameTaken);
    a_cafe().and(Command::CloseStore).when(sign_up()).then_rejected(Rejection::NameTaken);
}

#[test]
fn the_form_may_leave_the_sign_and_the_address_empty_and_nothing_else() {
    let bare = |change: fn(&mut RegisterStore)| {
        let mut form = registration();
        change(&mut form);
        nobody().when(Command::RegisterStore(form))
    };
    assert!(bare(|form| form.store_name.clear()).decided.is_ok());
    assert!(bare(|form| form.personal.address.clear()).decided.is_ok());
    bare(|form| form.username.clear()).then_rejected(Rejection::Blank { field: Field::Username });
    bare(|form| form.store_type.clear()).then_rejected(Rejection::Blank { field: Field::StoreType });
    bare(|form| form.personal.owner_name.clear()).then_rejected(Rejection::Blank { field: Field::OwnerName });
    bare(|form| form.personal.phone.clear()).then_rejected(Rejection::Blank { field: Field::Phone });
    bare(|form| form.username.push(' ')).then_rejected(Rejection::UsernameHasBlanks);
    bare(|form| form.store_name = "온".repeat(101))
        .then_rejected(Rejection::TooLong { field: Field::StoreName, limit: 100 });
    bare(|form| form.personal.phone = "0".repeat(41))
        .then_rejected(Rejection::TooLong { field: Field::Phone, limit: 40 });
    bare(|form| form.personal.address = "가".repeat(301))
        .then_rejected(Rejection::TooLong { field: Field::Address, limit: 300 });
}

#[test]
fn a_changed_password_ends_every_token_but_the_one_that_changed_it() {
    let personal = Credentials { password_hash: "$argon2id$second".to_owned() };
    let change = |jti| {
        let keeps = Some(Uuid::from_u128(jti));
        Command::ChangePassword(ChangePassword { keeps, personal: personal.clone() })
    };
    let story = a_cafe().when(change(7)).then(PasswordChanged {
        cv: 1,
        keeps: Some(Uuid::from_u128(7)),
        personal: personal.clone(),
    });
    assert_eq!(story.state.session(), Session { cv: 1, keeps: Some(Uuid::from_u128(7)), closed: false });
    let story = story.and(change(8));
    assert_eq!(story.state.session(), Session { cv: 2, keeps: Some(Uuid::from_u128(8)), closed: false });
}

#[test]
fn a_closed_store_refuses_everything_and_an_unknown_one_knows_nothing() {
    let story = a_cafe().and(place_order(1, [(LATTE, 1)])).when(Command::CloseStore).then(StoreClosed {});
    assert!(story.state.session().closed);
    for command in everything_but_signing_up() {
        story.clone().when(command.clone()).then_rejected(Rejection::StoreClosed);
        nobody().when(command).then_rejected(Rejection::UnknownStore);
    }
}

#[test]
fn the_state_keeps_nothing_personal_and_no_secret() {
    let story = a_cafe().and(Command::ChangePassword(ChangePassword {
        keeps: None,
        personal: Credentials { password_hash: "$argon2id$second".to_owned() },
    }));
    let (kept, shown) = (serde_json::to_string(&story.state).unwrap(), format!("{:?}", story.state));
    for secret in ["argon2id", "01012345678", "김온도", "마포구"] {
        assert!(!kept.contains(secret) && !shown.contains(secret), "{secret}");
    }
    let asked = format!("{:?}", sign_up());
    for secret in ["argon2id", "01012345678", "김온도", "마포구"] {
        assert!(!asked.contains(secret), "{asked}");
    }
}

#[test]
fn an_event_that_cannot_follow_stops_the_fold() {
    let story = a_cafe();
    let again = |revision: u64, data: Event| {
        let event = Envelope { revision, data, ..story.log[0].clone() };
        story.state.clone().evolve(&event, Position(99))
    };
    let next = story.state.revision() + 1;
    assert_eq!(
        again(next + 1, StoreClosed {}.into()),
        Err(EvolveError::Revision { expected: next, found: next + 1 }),
        "a gap"
    );
    assert_eq!(
        again(next - 1, StoreClosed {}.into()),
        Err(EvolveError::Revision { expected: next, found: next - 1 }),
        "a repetition"
    );
    assert!(matches!(again(next, story.log[0].data.clone()), Err(EvolveError::Impossible(_))), "a second sign-up");
    assert!(matches!(again(next, story.log[1].data.clone()), Err(EvolveError::Impossible(_))), "a number twice");
    let personal = Credentials { password_hash: String::new() };
    let unchanged = PasswordChanged { cv: 0, keeps: None, personal };
    assert!(matches!(again(next, unchanged.into()), Err(EvolveError::Impossible(_))), "a count that stands still");
    let first = Envelope { revision: 1, data: StoreClosed {}.into(), ..story.log[0].clone() };
    assert!(matches!(nobody().state.evolve(&first, Position(0)), Err(EvolveError::Impossible(_))), "before sign-up");
}

fn everything_but_signing_up() -> Vec<Command> {
    let personal = Credentials { password_hash: String::new() };
    vec![
        Command::ChangePassword(ChangePassword { keeps: None, personal }),
        Command::CloseStore,
        add_category("차"),
        rename_category(COFFEE, "차"),
        remove_category(COFFEE),
        add_item(COFFEE, "모카", 6_000),
        change_item(LATTE, "카페 라떼", 5_500),
        remove_item(LATTE),
        set_costs([(LATTE, Some(1_500))]),
        place_order(1, [(LATTE, 1)]),
        update_cart(1, [(LATTE, 2)]),
        cancel_tab(1),
        pay(1),
        void_sale(1),
    ]
}
