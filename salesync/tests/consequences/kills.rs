//! kill -9 at every step of a reactor's work: each request ends in one outcome, and no message is sent twice by itself.

use serde_json::{Value, json};

use crate::harness::{NOON, Server, Till};
use crate::history::{events, of_type, verified};
use crate::services::gateway::{Do, Gateway};
use crate::services::openai::{OpenAi, Say};

fn sold(till: &Till) {
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
}

fn ask_for_a_message(till: &Till) {
    sold(till);
    till.get(&format!("/dashboard/calculate?date={}", NOON.day(0))).is(200);
}

fn ask_for_advice(till: &Till) -> String {
    sold(till);
    let today = NOON.day(0);
    till.get(&format!("/consulting?start={today}&end={today}")).is(200)["req_id"].as_str().unwrap().to_owned()
}

fn until_the_reactor_acts(server: &Server) {
    let begun = std::time::Instant::now();
    let ready = || server.guest().get("/health/ready");
    while !(ready().status == 200 && ready().json()["reactors"][0]["acts"] == true) {
        assert!(begun.elapsed() < crate::harness::PATIENCE, "the reactor does not act");
    }
}

#[test]
fn a_message_whose_sender_died_is_unknown_and_not_sent_again() {
    for (what, passed) in [(Do::HoldBefore, 0), (Do::HoldAfter, 1)] {
        let gateway = Gateway::start(&[what]);
        let mut server = Server::with(&[], &gateway.env());
        let till = server.cafe(&[("라떼", 5_500)]);
        ask_for_a_message(&till);
        gateway.wait_for(1);
        gateway.wait_for_passed(passed);
        server.crash_and_restart();
        let till = till.at(&server);
        until_the_reactor_acts(&server);
        assert_eq!(till.get("/messages").is(200)["messages"][0]["state"], "unknown");
        // What is asked for now is sent, behind the one that nobody touches.
        ask_for_a_message(&till);
        till.until("/messages", |answer| answer["messages"][0]["state"] == "sent");
        assert_eq!(till.get("/messages").is(200)["messages"][1]["state"], "unknown");
        assert_eq!(gateway.calls().len(), 2, "the first is not repeated");
        verified(&server);
    }
}

#[test]
fn advice_whose_advisor_died_is_given_by_the_next_process_once() {
    let api = OpenAi::start(&[Say::Hold]);
    let mut server = Server::with(&[], &api.env());
    let till = server.cafe(&[("라떼", 5_500)]);
    let request = ask_for_advice(&till);
    api.wait_for(1);
    server.crash_and_restart();
    let till = till.at(&server);
    till.until(&format!("/consulting/{request}"), |answer| answer["result"] == "success");
    assert_eq!(api.requests().len(), 2);
    let started = of_type(&server, "EffectStarted");
    assert_eq!(started.iter().map(|event| event["attempt"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert_ne!(started[0]["runner"], started[1]["runner"]);
    assert_eq!(of_type(&server, "ConsultingCompleted").len(), 1);
    verified(&server);
}

#[test]
fn advice_is_given_up_after_three_deaths() {
    let api = OpenAi::start(&[Say::Hold, Say::Hold, Say::Hold]);
    let mut server = Server::with(&[], &api.env());
    let mut till = server.cafe(&[("라떼", 5_500)]);
    let request = ask_for_advice(&till);
    for attempt in 1..=3 {
        api.wait_for(attempt);
        server.crash_and_restart();
        till = till.at(&server);
    }
    till.until(&format!("/consulting/{request}"), |answer| answer["result"] == "failed");
    assert_eq!(of_type(&server, "ConsultingFailed")[0]["reason"], "abandoned");
    assert_eq!(api.requests().len(), 3);
}

#[test]
fn killed_at_any_moment_every_request_has_one_outcome_and_no_message_is_sent_twice() {
    let (api, gateway) = (OpenAi::start(&[]), Gateway::start(&[]));
    let env: Vec<(&str, &str)> = gateway.env().into_iter().chain(api.env()).collect();
    let mut server = Server::with(&[], &env);
    let mut till = server.cafe(&[("라떼", 5_500)]);
    for round in 0..8 {
        ask_for_a_message(&till);
        ask_for_advice(&till);
        // Somewhere on the way: before it is begun, while it is made, before its outcome is written.
        for _ in 0..round * 2 {
            till.get("/messages").is(200);
        }
        server.crash_and_restart();
        till = till.at(&server);
    }
    until_the_reactor_acts(&server);
    let path = "/messages";
    till.until(path, |answer| answer["messages"].as_array().unwrap().iter().all(|m| m["state"] != "pending"));
    let ended =
        |server: &Server| of_type(server, "ConsultingCompleted").len() == of_type(server, "ConsultingRequested").len();
    let begun = std::time::Instant::now();
    while !ended(&server) {
        assert!(begun.elapsed() < crate::harness::PATIENCE, "advice is missing");
    }
    let asked: Vec<Value> = events(&server).into_iter().filter(|event| event["type"] == "MessageRequested").collect();
    assert_eq!(asked.len(), 8);
    let outcomes =
        of_type(&server, "SettlementNotified").len() + of_type(&server, "SettlementNotificationFailed").len();
    let unknown =
        till.get(path).is(200)["messages"].as_array().unwrap().iter().filter(|m| m["state"] == "unknown").count();
    assert_eq!(outcomes + unknown, 8, "each is sent, or nobody knows");
    let mut texts = gateway.calls();
    let sent = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), sent, "every message tells another total, and none was sent twice");
    verified(&server);
}

#[test]
fn losing_every_view_and_building_all_anew_sends_nothing() {
    let gateway = Gateway::start(&[]);
    let mut server = Server::with(&["--settlement", "automatic"], &gateway.env());
    let till = server.cafe(&[("라떼", 5_500)]);
    ask_for_a_message(&till);
    till.until("/messages", |answer| answer["messages"][0]["state"] == "sent");
    server.stop();
    std::fs::remove_dir_all(server.data().join("views")).unwrap();
    std::fs::remove_dir_all(server.data().join("snapshots")).unwrap();
    server.run();
    let till = till.at(&server);
    until_the_reactor_acts(&server);
    till.until("/messages", |answer| answer["messages"][0]["state"] == "sent");
    let rebuilt = std::process::Command::new(env!("CARGO_BIN_EXE_salesync"))
        .args(["rebuild", "--log-format", "json", "--data"])
        .arg(server.data())
        .output()
        .unwrap();
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    server.crash_and_restart();
    until_the_reactor_acts(&server);
    let till = till.at(&server);
    assert_eq!(till.get("/messages").is(200)["messages"].as_array().map(Vec::len), Some(1));
    // The reactor has looked at everything by the time that it sends the next one.
    ask_for_a_message(&till);
    till.until("/messages", |answer| answer["messages"][0]["state"] == "sent");
    assert_eq!((gateway.calls().len(), json!(gateway.passed())), (2, json!(2)));
    verified(&server);
}
