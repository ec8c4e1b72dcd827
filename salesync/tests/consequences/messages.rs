//! Messages through the SDK to a real SNS, and through what can go wrong on the way.

use serde_json::{Value, json};

use crate::harness::{NOON, Server, Till, new_name};
use crate::history::of_type;
use crate::services::gateway::{self, Do, Gateway};
use crate::services::openai::{OpenAi, Say};

fn sending(gateway: &Gateway) -> Server {
    Server::with(&[], &gateway.env())
}

/// Asks for a message on today's total so far, which is so many lattes.
fn told(till: &Till, lattes: i64) {
    till.order(1, &[(1, lattes)]).is(200);
    till.pay(1).is(201);
    till.get(&format!("/dashboard/calculate?date={}", NOON.day(0))).is(200);
}

fn last_message(till: &Till) -> Value {
    till.get("/messages").is(200)["messages"][0].clone()
}

fn until_state(till: &Till, state: &str) -> Value {
    till.until("/messages", |answer| answer["messages"][0]["state"] == state)["messages"][0].clone()
}

#[test]
fn a_total_reaches_sns_once_with_the_number_in_the_form_that_it_takes() {
    let gateway = Gateway::start(&[]);
    let server = sending(&gateway);
    let till = server.cafe(&[("라떼", 5_500)]);
    told(&till, 2);
    until_state(&till, "sent");
    let calls = gateway.calls();
    assert_eq!((calls.len(), gateway.passed()), (1, 1));
    assert!(calls[0].contains("Action=Publish") && calls[0].contains("PhoneNumber=%2B821012345678"), "{}", calls[0]);
    assert!(calls[0].contains("Transactional"), "{}", calls[0]);
    till.get(&format!("/dashboard/calculate?date={}", NOON.day(0))).is(200);
    assert_eq!(till.get("/messages").is(200)["messages"].as_array().map(Vec::len), Some(1), "once per total");
    let log = server.log();
    for canary in ["testing-secret-canary", "1012345678"] {
        assert!(!log.contains(canary), "{canary}");
    }
    assert_eq!(of_type(&server, "SettlementNotified").len(), 1);
}

#[test]
fn what_sns_refuses_for_good_has_failed_with_its_reason() {
    for (status, code, reason) in [
        (403, "InvalidClientTokenId", "credentials"),
        (403, "AuthorizationError", "credentials"),
        (400, "InvalidParameter", "refused"),
    ] {
        let gateway = Gateway::start(&[Do::Error(status, code)]);
        let server = sending(&gateway);
        let till = server.cafe(&[("라떼", 5_500)]);
        told(&till, 1);
        assert_eq!(until_state(&till, "failed")["reason"], reason, "{code}");
        assert_eq!(gateway.calls().len(), 1);
    }
}

#[test]
fn a_throttled_message_is_sent_later() {
    let gateway = Gateway::start(&[Do::Error(429, "Throttled"), Do::Error(400, "Throttling")]);
    let server = sending(&gateway);
    let till = server.cafe(&[("라떼", 5_500)]);
    told(&till, 1);
    until_state(&till, "sent");
    assert_eq!((gateway.calls().len(), gateway.passed()), (3, 1));
    assert_eq!(of_type(&server, "EffectStarted").len(), 1);
}

#[test]
fn an_answer_that_is_lost_leaves_it_unknown_and_a_person_may_repeat_it() {
    for what in [Do::LoseTheAnswer, Do::Error(500, "InternalError")] {
        let gateway = Gateway::start(&[what]);
        let server = sending(&gateway);
        let till = server.cafe(&[("라떼", 5_500)]);
        told(&till, 1);
        till.until("/messages", |answer| answer["messages"][0]["reason"] == "unavailable");
        assert_eq!(last_message(&till)["state"], "unknown");
        told(&till, 1);
        until_state(&till, "sent");
        assert_eq!(gateway.calls().len(), 2, "nothing is repeated by itself");
        assert!(of_type(&server, "SettlementNotificationFailed")[0]["uncertain"].as_bool().unwrap());
    }
}

#[test]
fn while_sns_is_away_messages_wait_and_everything_else_goes_on() {
    let address = Gateway::nowhere();
    let server = Server::with(&[], &gateway::env(&format!("http://{address}")));
    let till = server.cafe(&[("라떼", 5_500)]);
    for lattes in 1..=4 {
        told(&till, lattes);
    }
    server.guest().until("/health/ready", |health| health["reactors"][0]["circuits_open"]["message"] == true);
    let gateway = Gateway::at(address);
    till.until("/messages", |answer| answer["messages"].as_array().unwrap().iter().all(|m| m["state"] == "sent"));
    assert_eq!((gateway.passed(), gateway.address()), (4, address));
}

#[test]
fn a_telephone_has_ten_messages_a_day_over_all_stores() {
    let gateway = Gateway::start(&[]);
    let mut server = sending(&gateway);
    let phone = json!({"time_zone": NOON.zone, "phone": "01099990000"});
    let stores: Vec<Till> = (0..2).map(|_| server.sign_up_as(&new_name(), &phone)).collect();
    for till in &stores {
        till.menu(&[("라떼", 5_500)]);
        for lattes in 1..=5 {
            told(till, lattes);
        }
        till.until("/messages", |answer| answer["messages"].as_array().unwrap().iter().all(|m| m["state"] == "sent"));
    }
    told(&stores[0], 6);
    assert_eq!(until_state(&stores[0], "failed")["reason"], "phone_limit");
    server.crash_and_restart();
    let till = stores[1].at(&server);
    told(&till, 6);
    assert_eq!(until_state(&till, "failed")["reason"], "phone_limit", "a new process counts on");
    assert_eq!(gateway.passed(), 10);
}

#[test]
fn a_model_that_hangs_keeps_no_message_waiting() {
    let (api, gateway) = (OpenAi::start(&vec![Say::Hold; 12]), Gateway::start(&[]));
    let env: Vec<(&str, &str)> = gateway.env().into_iter().chain(api.env()).collect();
    let server = Server::with(&[], &env);
    let till = server.cafe(&[("라떼", 5_500)]);
    told(&till, 1);
    until_state(&till, "sent");
    for days in 0..12 {
        till.get(&format!("/consulting/?start={}&end={}", NOON.day(-days), NOON.day(0))).is(200);
    }
    // As many as are asked at once wait for an answer.
    api.wait_for(8);
    told(&till, 1);
    until_state(&till, "sent");
    api.release();
    api.wait_for(12);
}

#[test]
fn a_store_has_twenty_messages_a_day() {
    let server = Server::start();
    let till = server.cafe(&[("라떼", 5_500)]);
    for lattes in 1..=20 {
        told(&till, lattes);
    }
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    let refused = till.get(&format!("/dashboard/calculate?date={}", NOON.day(0))).refused(429, "too-many-requests");
    assert_eq!(refused["limit"], "messages_per_store_day");
}
