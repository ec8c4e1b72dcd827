//! Two instances of a chain, of which one dies, is paused or steps down in the middle of an effect: one outcome, and no
//! message twice.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{ASKED_AGAIN, NOON, PATIENCE, Server, Till, new_name};
use crate::history::{events, of_type, verified};
use crate::services::gateway::{Do, Gateway};
use crate::services::openai::{OpenAi, Say};

/// Two instances; which partitions are whose is the group's affair.
struct Pair(Vec<Server>);

impl Pair {
    fn start(env: &[(&str, &str)]) -> Self {
        let one = Server::with(&[], env);
        let other = one.beside();
        let pair = Self(vec![one, other]);
        pair.until("both write something", |pair| pair.0.iter().all(|server| !reactors(server).is_empty()));
        pair
    }

    /// The one that has something under way; the other is left.
    fn at_work(&mut self) -> Server {
        self.until("somebody is at work", |pair| pair.0.iter().any(is_at_work));
        let at = self.0.iter().position(is_at_work).unwrap();
        self.0.remove(at)
    }

    /// The one that is left.
    fn left(&self) -> &Server {
        &self.0[0]
    }

    /// Waits until every reactor of the one that is left acts, of all partitions.
    fn taken_over(&self) {
        let act = |pair: &Self| {
            let reactors = reactors(pair.left());
            reactors.len() == partitions(pair.left()) && reactors.iter().all(|reactor| reactor["acts"] == true)
        };
        self.until("the other takes over", act);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "other processes are asked again and again, which must not take the machine away from them"
    )]
    fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is(self) {
            assert!(begun.elapsed() < PATIENCE, "never so: {what}");
            std::thread::sleep(ASKED_AGAIN);
        }
    }
}

fn health(server: &Server) -> Value {
    server.guest().get("/health/ready").json()
}

fn reactors(server: &Server) -> Vec<Value> {
    health(server)["reactors"].as_array().unwrap().clone()
}

fn partitions(server: &Server) -> usize {
    server.writers(&health(server)).len()
}

fn is_at_work(server: &Server) -> bool {
    reactors(server).iter().any(|reactor| reactor["under_way"].as_i64() > Some(0))
}

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

/// The last message's state becomes this; what was before it stays.
fn until_sent(till: &Till) {
    till.until("/messages", |answer| answer["messages"][0]["state"] == "sent");
}

fn attempts(server: &Server) -> Vec<i64> {
    of_type(server, "EffectStarted").iter().map(|event| event["attempt"].as_i64().unwrap()).collect()
}

fn runners(server: &Server) -> Vec<Value> {
    let mut runners: Vec<Value> =
        of_type(server, "EffectStarted").iter().map(|event| event["runner"].clone()).collect();
    runners.sort_by_key(ToString::to_string);
    runners.dedup();
    runners
}

/// Each call told another total, so nothing was sent twice.
fn sent_once_each(gateway: &Gateway, calls: usize) {
    let mut bodies = gateway.calls();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), gateway.calls().len()), (calls, calls));
}

#[test]
fn a_message_whose_instance_was_killed_is_unknown_and_nobody_sends_it_again() {
    for (what, passed) in [(Do::HoldBefore, 0), (Do::HoldAfter, 1)] {
        let gateway = Gateway::start(&[what]);
        let mut pair = Pair::start(&gateway.env());
        let till = pair.left().cafe(&[("라떼", 5_500)]);
        ask_for_a_message(&till);
        gateway.wait_for(1);
        gateway.wait_for_passed(passed);
        pair.at_work().kill();
        let till = till.at(pair.left());
        pair.taken_over();
        assert_eq!(till.get("/messages").is(200)["messages"][0]["state"], "unknown");
        ask_for_a_message(&till);
        until_sent(&till);
        assert_eq!(till.get("/messages").is(200)["messages"][1]["state"], "unknown");
        sent_once_each(&gateway, 2);
        let ended = of_type(pair.left(), "SettlementNotified").len();
        assert_eq!((ended, attempts(pair.left())), (1, vec![1, 1]), "one outcome, of the one that is known");
        verified(pair.left());
    }
}

#[test]
fn advice_whose_instance_was_killed_is_given_by_the_other_when_its_time_is_up() {
    let api = OpenAi::start(&[Say::Hold]);
    let mut pair = Pair::start(&api.env());
    let till = pair.left().cafe(&[("라떼", 5_500)]);
    let request = ask_for_advice(&till);
    api.wait_for(1);
    pair.at_work().kill();
    let till = till.at(pair.left());
    pair.taken_over();
    assert_eq!(till.get(&format!("/consulting/{request}")).is(200)["result"], "not completed");
    till.until(&format!("/consulting/{request}"), |answer| answer["result"] == "success");
    assert_eq!((api.requests().len(), attempts(pair.left())), (2, vec![1, 2]));
    assert_eq!((runners(pair.left()).len(), of_type(pair.left(), "ConsultingCompleted").len()), (2, 1));
    verified(pair.left());
}

#[test]
fn what_is_under_way_ends_before_an_instance_steps_down() {
    let api = OpenAi::start(&[Say::Hold]);
    let mut pair = Pair::start(&api.env());
    let till = pair.left().cafe(&[("라떼", 5_500)]);
    let request = ask_for_advice(&till);
    api.wait_for(1);
    let mut leaving = pair.at_work();
    leaving.signal("TERM");
    leaving.wait_for_log(|line| line["message"].as_str().is_some_and(|said| said.starts_with("stopping")));
    api.release();
    assert!(leaving.stop().success());
    let till = till.at(pair.left());
    pair.taken_over();
    assert_eq!(till.get(&format!("/consulting/{request}")).is(200)["result"], "success");
    assert_eq!((api.requests().len(), attempts(pair.left())), (1, vec![1]));
    sold(&till);
    verified(pair.left());
}

#[test]
fn an_instance_that_was_paused_in_mid_effect_and_wakes_up_changes_nothing() {
    let (gateway, api) = (Gateway::start(&[Do::HoldUntilReleased]), OpenAi::start(&[Say::Hold]));
    let env: Vec<(&str, &str)> = gateway.env().into_iter().chain(api.env()).collect();
    let mut pair = Pair::start(&env);
    let till = pair.left().cafe(&[("라떼", 5_500)]);
    ask_for_a_message(&till);
    let request = ask_for_advice(&till);
    gateway.wait_for(1);
    api.wait_for(1);
    let paused = pair.at_work();
    paused.pause();
    let till = till.at(pair.left());
    pair.taken_over();
    assert_eq!(till.get("/messages").is(200)["messages"][0]["state"], "unknown");
    ask_for_a_message(&till);
    until_sent(&till);
    till.until(&format!("/consulting/{request}"), |answer| answer["result"] == "success");
    // It finds its answers when it wakes up, and a partition that has gone on without it.
    gateway.release();
    api.release();
    paused.resume();
    gateway.wait_for_passed(2);
    pair.0.push(paused);
    pair.until("it is an instance again", |pair| pair.0.iter().all(|server| health(server)["status"] == "ready"));
    for server in &pair.0 {
        sold(&till.at(server));
    }
    sent_once_each(&gateway, 2);
    assert_eq!(api.requests().len(), 2);
    let all = events(pair.left());
    let count = |name: &str| all.iter().filter(|event| event["type"] == name).count();
    assert_eq!((count("ConsultingCompleted"), count("ConsultingFailed")), (1, 0));
    // If it still has something to report of its message, that is that it was sent, or that it does not know.
    let mut reported = of_type(pair.left(), "SettlementNotificationFailed");
    assert!(reported.iter().all(|failed| failed["uncertain"] == true), "{reported:?}");
    reported.extend(of_type(pair.left(), "SettlementNotified"));
    let messages: BTreeSet<String> = reported.iter().map(|outcome| outcome["message"].to_string()).collect();
    assert_eq!(messages.len(), reported.len(), "one outcome for each message: {reported:?}");
    assert_eq!(count("EffectStarted"), 4, "a message, advice, another message, the advice's second attempt");
    verified(pair.left());
}

/// A store with this telephone whose partition that instance writes.
fn store_of(server: &Server, phone: &str) -> Till {
    let begun = Instant::now();
    loop {
        let till = server.sign_up_as(&new_name(), &json!({"time_zone": NOON.zone, "phone": phone}));
        let category = till.post("/categories/", &json!({"name": "x"}));
        let stamp = category.header("salesync-position").unwrap().to_owned();
        let partition: i64 = stamp.split('-').nth(1).unwrap().parse().unwrap();
        if reactors(server).iter().any(|reactor| reactor["partition"] == partition) {
            till.menu(&[("라떼", 5_500)]);
            return till;
        }
        assert!(begun.elapsed() < PATIENCE, "no store is on a partition of this instance");
    }
}

#[test]
fn a_telephone_has_ten_messages_a_day_over_the_stores_of_all_instances() {
    let gateway = Gateway::start(&[]);
    let pair = Pair::start(&gateway.env());
    let stores: Vec<Till> = pair.0.iter().map(|server| store_of(server, "01088880000")).collect();
    for n in 0..10 {
        let till = &stores[n % 2];
        ask_for_a_message(till);
        until_sent(till);
    }
    for till in &stores {
        ask_for_a_message(till);
        let told = till.until("/messages", |answer| answer["messages"][0]["state"] == "failed");
        assert_eq!(told["messages"][0]["reason"], "phone_limit");
    }
    assert_eq!(gateway.calls().len(), 10);
}
