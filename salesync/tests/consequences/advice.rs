//! Advice: from the plain rules and from a language model, whatever that one does.

use serde_json::{Value, json};

use crate::harness::{NOON, Server, Till};
use crate::history::of_type;
use crate::services::openai::{OpenAi, Say};

fn asking(api: &OpenAi, args: &[&str]) -> Server {
    Server::with(args, &api.env())
}

/// A café that sold something today: net sales 16,500, of which one latte without a cost.
fn cafe(server: &Server) -> Till {
    let till = server.cafe(&[("아메리카노", 4_500), ("라떼", 5_500), ("스콘 2호", 3_500)]);
    till.cost(1, 900);
    till.cost(3, 1_400);
    till.order(1, &[(1, 2), (2, 1)]).is(200);
    till.pay(1).is(201);
    till.order(2, &[(3, 1)]).is(200);
    till.pay(2).is(201);
    till.order(3, &[(1, 1)]).is(200);
    till.pay(3).is(201);
    till.delete("/sales/3").is(200);
    till
}

fn ask(till: &Till) -> String {
    let today = NOON.day(0);
    let asked = till.get(&format!("/consulting/?start={today}&end={today}")).is(200);
    asked["req_id"].as_str().unwrap().to_owned()
}

/// Asks, waits until it has ended, and gives the advice.
fn advised(till: &Till) -> Value {
    let request = ask(till);
    till.until(&format!("/consulting/{request}"), |answer| answer["result"] != "not completed");
    till.get(&format!("/dashboard/consulting/{request}")).is(200)
}

#[test]
fn a_model_is_given_the_table_and_nothing_personal_and_its_true_finding_is_shown() {
    let api = OpenAi::start(&[]);
    let server = asking(&api, &["--advice-model", "test-model"]);
    let till = cafe(&server);
    let advice = advised(&till);
    assert_eq!((&advice["result"], &advice["advisor"]), (&json!("success"), &json!("test-model")));
    assert_eq!(advice["findings"][0]["verified"], true, "{advice}");
    assert!(advice["consulting"].as_str().unwrap().contains("순매출은 18,000원입니다."), "{advice}");
    let (head, body) = api.requests().remove(0);
    assert!(head.starts_with("POST /v1/chat/completions") && head.to_lowercase().contains("bearer sk-test-canary"));
    assert_eq!((&body["model"], &body["response_format"]["type"]), (&json!("test-model"), &json!("json_schema")));
    for personal in ["홍길동", "01012345678", "821012345678", &till.username, &till.store_id] {
        assert!(!body.to_string().contains(personal), "{personal}");
    }
    assert!(body.to_string().contains("item.1.net_sales"), "{body}");
    assert!(!server.log().contains("sk-test-canary"), "a key never shows");
    assert_eq!(of_type(&server, "ConsultingCompleted").len(), 1);
}

#[test]
fn figures_that_are_not_the_tables_are_marked_and_never_shown_as_fact() {
    let unheard = json!({"findings": [{
        "kind": "other", "statement": "순매출은 18,000원이고 손님은 977명입니다.",
        "figures": [{"name": "net_sales", "value": 18_000}], "action": "유지하세요.",
    }]});
    for say in [Say::Lie, Say::Content(unheard.to_string())] {
        let api = OpenAi::start(&[say]);
        let server = asking(&api, &[]);
        let advice = advised(&cafe(&server));
        assert_eq!(advice["findings"][0]["verified"], false, "{advice}");
        let text = advice["consulting"].as_str().unwrap();
        let (fact, opinion) = text.split_once("수치가 확인되지 않은 의견").unwrap();
        assert!(!fact.contains("순매출") && opinion.contains("순매출"), "{text}");
    }
}

#[test]
fn what_is_refused_for_good_fails_with_its_reason_and_may_be_asked_anew() {
    for (say, reason) in [
        (Say::Refusal, "refused"),
        (Say::Status(400, ""), "refused"),
        (Say::Status(401, ""), "credentials"),
        (Say::Status(403, ""), "credentials"),
    ] {
        let api = OpenAi::start(&[say]);
        let server = asking(&api, &[]);
        let till = cafe(&server);
        let failed = advised(&till);
        assert_eq!((&failed["result"], &failed["reason"]), (&json!("failed"), &json!(reason)));
        assert!(!failed["consulting"].as_str().unwrap().is_empty());
        assert_eq!(of_type(&server, "ConsultingFailed").len(), 1);
        assert_eq!(advised(&till)["result"], "success", "a new request after a failed one");
    }
}

#[test]
fn what_may_pass_is_tried_again() {
    for says in [
        vec![Say::Status(429, "Retry-After: 1\r\n")],
        vec![Say::Status(500, ""), Say::Status(503, "")],
        vec![Say::Cut, Say::Cut],
        vec![Say::Garbage],
        vec![Say::Content("{\"findings\": 7}".to_owned()), Say::Content("no JSON".to_owned())],
    ] {
        let api = OpenAi::start(&says);
        let server = asking(&api, &[]);
        assert_eq!(advised(&cafe(&server))["result"], "success", "{says:?}");
        assert!(api.requests().len() > says.len(), "{says:?}");
        assert_eq!(of_type(&server, "ConsultingCompleted").len(), 1);
        assert_eq!(of_type(&server, "EffectStarted").len(), 1, "one attempt by one process");
    }
}

#[test]
fn an_answer_that_stays_of_no_use_fails() {
    let nonsense = || Say::Content("{}".to_owned());
    let api = OpenAi::start(&[nonsense(), nonsense(), nonsense()]);
    let server = asking(&api, &[]);
    assert_eq!(advised(&cafe(&server))["reason"], "unusable");
}

#[test]
fn a_slow_model_keeps_nobody_waiting() {
    let api = OpenAi::start(&[Say::Hold]);
    let server = asking(&api, &[]);
    let till = cafe(&server);
    let request = ask(&till);
    api.wait_for(1);
    let poll = till.get(&format!("/consulting/test/{request}")).is(200);
    assert_eq!(poll["result"], "not completed");
    assert_eq!(ask(&till), request, "a pending request is the known one");
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    api.release();
    till.until(&format!("/consulting/{request}"), |answer| answer["result"] == "success");
}

#[test]
fn a_model_is_asked_no_oftener_than_its_budget() {
    let api = OpenAi::start(&[]);
    let mut server = asking(&api, &["--advice-per-store-day", "1", "--advice-per-day", "2"]);
    let till = cafe(&server);
    assert_eq!(advised(&till)["result"], "success");
    till.order(1, &[(1, 1)]).is(200);
    till.pay(1).is(201);
    assert_eq!(advised(&till)["reason"], "budget");
    assert_eq!(advised(&cafe(&server))["result"], "success");
    assert_eq!(advised(&cafe(&server))["reason"], "budget", "over all stores");
    server.crash_and_restart();
    assert_eq!(advised(&cafe(&server))["reason"], "budget", "a new process counts on");
    assert_eq!(api.requests().len(), 2);
}

/// What the café's figures are by what the dashboard and the list of sales show.
struct Shown {
    sales: Value,
    day: Value,
    list: Value,
}

impl Shown {
    fn to(till: &Till) -> Self {
        let today = NOON.day(0);
        let sales = till.get(&format!("/dashboard/sales?start={today}&end={today}")).is(200);
        let day = till.get(&format!("/dashboard/volumes?start={today}&end={today}")).is(200)["total"][0].clone();
        Self { sales, day, list: till.get("/sales").is(200)["sales"].clone() }
    }

    fn net(&self) -> i64 {
        self.sales["sales_volume"].as_i64().unwrap()
    }

    fn of_day(&self, name: &str) -> i64 {
        self.day[name].as_i64().unwrap()
    }

    fn of_item(&self, id: &str, name: &str) -> i64 {
        let id: i64 = id.parse().unwrap();
        let item = self.sales["items"].as_array().unwrap().iter().find(|item| item["item_id"] == id).unwrap();
        item[name].as_i64().unwrap()
    }

    fn in_hour(&self, hour: &str) -> i64 {
        let hour: u32 = hour.parse().unwrap();
        let of_hour = |sale: &&Value| sale["sale_date"].as_str().unwrap()[11..13].parse::<u32>().unwrap() == hour;
        let standing = self.list.as_array().unwrap().iter().filter(|sale| sale["voided_at"].is_null());
        standing.filter(of_hour).map(|sale| sale["total_price"].as_i64().unwrap()).sum()
    }

    fn figure(&self, name: &str) -> i64 {
        let net = self.net();
        match name.split('.').collect::<Vec<_>>().as_slice() {
            ["net_sales"] => net,
            ["profit"] => self.of_day("profit"),
            ["sales"] => 2,
            ["average_sale"] => net / 2,
            ["margin_permille"] => self.of_day("profit") * 1_000 / net,
            ["voided"] => self.of_day("voided"),
            ["voided_permille"] => -self.of_day("voided") * 1_000 / (net - self.of_day("voided")),
            ["missing_cost", "items"] => 1,
            ["missing_cost", "net_sales"] => self.of_item("2", "sales_volume"),
            ["item", id, "quantity"] => self.of_item(id, "quantity"),
            ["item", id, "net_sales"] => self.of_item(id, "sales_volume"),
            ["item", id, "profit"] => self.of_item(id, "profit"),
            ["item", id, "share_permille"] => self.of_item(id, "sales_volume") * 1_000 / net,
            ["item", id, "margin_permille"] => self.of_item(id, "profit") * 1_000 / self.of_item(id, "sales_volume"),
            ["hour", hour, "net_sales"] => self.in_hour(hour),
            ["hour", hour, "share_permille"] => self.in_hour(hour) * 1_000 / net,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn without_a_key_plain_rules_advise_and_every_figure_is_the_stores_own() {
    let server = Server::start();
    let till = cafe(&server);
    let advice = advised(&till);
    assert_eq!(advice["advisor"], "embedded");
    let shown = Shown::to(&till);
    let findings = advice["findings"].as_array().unwrap();
    for finding in findings {
        assert_eq!(finding["verified"], true, "{finding}");
        let cited = finding["figures"].as_array().unwrap();
        assert!(!cited.is_empty(), "every sentence names a figure: {finding}");
        for figure in cited {
            assert_eq!(figure["value"], shown.figure(figure["name"].as_str().unwrap()), "{figure}");
        }
    }
    let kinds: Vec<&str> = findings.iter().map(|finding| finding["kind"].as_str().unwrap()).collect();
    for kind in ["overview", "best", "margin", "worst", "hour", "voids", "missing_cost"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
}

#[test]
fn an_english_store_is_advised_in_english_and_nothing_sold_is_no_advice() {
    let server = Server::start();
    let fields = json!({"time_zone": NOON.zone, "language": "en", "currency": "EUR"});
    let till = server.sign_up_as(&crate::harness::new_name(), &fields);
    assert_eq!(advised(&till)["reason"], "nothing_sold");
    till.menu(&[("Latte", 550)]);
    till.order(1, &[(1, 2)]).is(200);
    till.pay(1).is(201);
    let advice = advised(&till);
    assert!(advice["consulting"].as_str().unwrap().contains("Net sales are EUR 11.00"), "{advice}");
}
