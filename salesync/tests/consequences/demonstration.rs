//! The advice that the demo's store gets without a key, read sentence by sentence: each names figures, and each figure is
//! worked out anew from what the dashboard's own pages show.

use std::path::PathBuf;
use std::process::Command;

use chrono::{Datelike as _, NaiveDate, TimeDelta};
use serde_json::Value;

use crate::harness::{Server, Till};

/// The last day of the demo, and of the period that is asked about.
const UNTIL: &str = "2026-06-30";
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A café of some thousand sales over ten weeks.
fn demo() -> PathBuf {
    let data = tempfile::Builder::new().prefix("salesync-demo-").tempdir().unwrap().keep();
    let made = Command::new(env!("CARGO_BIN_EXE_salesync"))
        .args(["demo", "--sales", "4000", "--days", "70", "--until", UNTIL, "--log-format", "json", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    data
}

/// What the dashboard shows of a period, and of the one before.
struct Dashboard {
    items: Value,
    days: Vec<Value>,
    before: Vec<Value>,
    /// The sales of the period that were not voided, as the page of sales lists them.
    sales: Vec<Value>,
}

impl Dashboard {
    fn shown_to(till: &Till, start: NaiveDate, end: NaiveDate) -> Self {
        let days = |start: NaiveDate, end: NaiveDate| {
            let shown = till.get(&format!("/dashboard/volumes?start={start}&end={end}")).is(200);
            shown["total"].as_array().unwrap().clone()
        };
        let length = (end - start).num_days() + 1;
        let before = days(start - TimeDelta::days(length), start - TimeDelta::days(1));
        let items = till.get(&format!("/dashboard/sales?start={start}&end={end}")).is(200)["items"].clone();
        let mut sales = till.get("/sales").is(200)["sales"].as_array().unwrap().clone();
        sales.retain(|sale| {
            let date: NaiveDate = text(&sale["sale_date"])[..10].parse().unwrap();
            (start..=end).contains(&date) && sale["voided_at"].is_null()
        });
        Self { items, days: days(start, end), before, sales }
    }

    fn sum(days: &[Value], figure: &str) -> i64 {
        days.iter().map(|day| number(&day[figure])).sum()
    }

    fn item(&self, id: &str) -> &Value {
        let id: i64 = id.parse().unwrap();
        self.items.as_array().unwrap().iter().find(|item| item["item_id"] == id).unwrap()
    }

    fn without_cost(&self) -> impl Iterator<Item = &Value> {
        let sold = self.items.as_array().unwrap().iter().filter(|item| number(&item["quantity"]) > 0);
        sold.filter(|item| item["cost_missing"] == true)
    }

    fn of_weekday(&self, name: &str) -> i64 {
        let wanted = WEEKDAYS.iter().position(|day| *day == name).unwrap();
        let is_it = |day: &&Value| {
            let date: NaiveDate = text(&day["date"]).parse().unwrap();
            date.weekday().num_days_from_monday() as usize == wanted
        };
        let days: Vec<Value> = self.days.iter().filter(is_it).cloned().collect();
        Self::sum(&days, "sales_volume") / days.len() as i64
    }

    fn in_hour(&self, hour: &str) -> i64 {
        let hour: u32 = hour.parse().unwrap();
        let in_it = |sale: &&Value| text(&sale["sale_date"])[11..13].parse::<u32>().unwrap() == hour;
        self.sales.iter().filter(in_it).map(|sale| number(&sale["total_price"])).sum()
    }

    /// A figure by its name, worked out from what is shown.
    fn figure(&self, name: &str) -> i64 {
        let (net, profit) = (Self::sum(&self.days, "sales_volume"), Self::sum(&self.days, "profit"));
        let (before, voided) = (Self::sum(&self.before, "sales_volume"), Self::sum(&self.days, "voided"));
        let sales = self.sales.len() as i64;
        match name.split('.').collect::<Vec<_>>().as_slice() {
            ["net_sales"] => net,
            ["profit"] => profit,
            ["margin_permille"] => profit * 1_000 / net,
            ["sales"] => sales,
            ["average_sale"] => net / sales,
            ["before", "net_sales"] => before,
            ["change_permille"] => (net - before) * 1_000 / before,
            ["voided"] => voided,
            ["voided_permille"] => -voided * 1_000 / (net - voided),
            ["missing_cost", "items"] => self.without_cost().count() as i64,
            ["missing_cost", "net_sales"] => self.without_cost().map(|item| number(&item["sales_volume"])).sum(),
            ["item", id, "quantity"] => number(&self.item(id)["quantity"]),
            ["item", id, "net_sales"] => number(&self.item(id)["sales_volume"]),
            ["item", id, "profit"] => number(&self.item(id)["profit"]),
            ["item", id, "share_permille"] => number(&self.item(id)["sales_volume"]) * 1_000 / net,
            ["item", id, "margin_permille"] => {
                number(&self.item(id)["profit"]) * 1_000 / number(&self.item(id)["sales_volume"])
            }
            ["weekday", day, "average_net_sales"] => self.of_weekday(day),
            ["hour", hour, "net_sales"] => self.in_hour(hour),
            ["hour", hour, "share_permille"] => self.in_hour(hour) * 1_000 / net,
            other => panic!("the dashboard shows nothing of {other:?}"),
        }
    }

    /// The sentence without what stands in it that is a name and no figure.
    fn without_names(&self, sentence: &str) -> String {
        let names = self.items.as_array().unwrap().iter().map(|item| text(&item["name"]));
        names.fold(sentence.to_owned(), |sentence, name| sentence.replace(name, "…"))
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The figure as the owner reads it: `1,234원`, `12.3%`, `7`.
fn written(name: &str, value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let grouped: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    let grouped = grouped.join(",");
    let sign = if value < 0 { "-" } else { "" };
    match name.rsplit('.').next().unwrap() {
        // Whether it went up or down is said in words.
        "change_permille" => format!("{}.{}%", value.abs() / 10, value.abs() % 10),
        last if last.ends_with("permille") => format!("{sign}{}.{}%", value.abs() / 10, value.abs() % 10),
        "sales" | "quantity" | "items" => grouped,
        _ => format!("{sign}{grouped}원"),
    }
}

/// Every number that the sentence writes, with its separators.
fn numbers(sentence: &str) -> Vec<String> {
    let parts = sentence.split(|c: char| !(c.is_numeric() || c == ',' || c == '.'));
    let numbers = parts.map(|part| part.trim_matches([',', '.'])).filter(|part| part.contains(char::is_numeric));
    numbers.map(str::to_owned).collect()
}

/// The sentences of a statement: a full stop within a number ends none.
fn sentences(statement: &str) -> Vec<&str> {
    statement.split(". ").filter(|sentence| !sentence.is_empty()).collect()
}

/// One finding against the dashboard: each cited figure, and each number of each sentence.
fn check(finding: &Value, dashboard: &Dashboard) {
    let cited = finding["figures"].as_array().unwrap();
    let mut allowed = Vec::new();
    for figure in cited {
        let name = text(&figure["name"]);
        let value = dashboard.figure(name);
        assert_eq!(figure["value"], value, "{name}: {finding}");
        allowed.push(written(name, value));
    }
    let hours = cited.iter().filter_map(|figure| text(&figure["name"]).strip_prefix("hour.")?.split('.').next());
    let hours: Vec<&str> = hours.collect();
    for sentence in sentences(text(&finding["statement"])) {
        let read = dashboard.without_names(sentence);
        assert!(allowed.iter().any(|figure| read.contains(figure.as_str())), "no figure in: {sentence}");
        let known = |number: &String| {
            let plain = |figure: &String| figure.trim_matches(['-', '%', '원']) == number;
            allowed.iter().any(plain) || hours.contains(&number.as_str())
        };
        let made_up: Vec<String> = numbers(&read).into_iter().filter(|number| !known(number)).collect();
        assert!(made_up.is_empty(), "{made_up:?} in: {sentence}");
    }
}

#[test]
fn every_sentence_of_the_demos_advice_names_a_figure_that_the_dashboard_shows() {
    let server = Server::on(demo(), &[], &[]);
    let till = server.log_in("demostore");
    let end: NaiveDate = UNTIL.parse().unwrap();
    for days in [28, 7, 1] {
        let start = end - TimeDelta::days(days - 1);
        let asked = till.get(&format!("/consulting?start={start}&end={end}")).is(200);
        let request = text(&asked["req_id"]);
        till.until(&format!("/consulting/{request}"), |answer| answer["result"] == "success");
        let advice = till.get(&format!("/dashboard/consulting/{request}")).is(200);
        assert_eq!(advice["advisor"], "embedded");
        let dashboard = Dashboard::shown_to(&till, start, end);
        let findings = advice["findings"].as_array().unwrap();
        let whole = text(&advice["consulting"]);
        for finding in findings {
            check(finding, &dashboard);
            assert_eq!(finding["verified"], true, "{finding}");
            assert!(whole.contains(text(&finding["statement"])) && whole.contains(text(&finding["action"])), "{whole}");
        }
        assert!(findings.len() >= 5, "of {days} days there is more to say: {whole}");
        let kinds: Vec<&str> = findings.iter().map(|finding| text(&finding["kind"])).collect();
        assert!(["overview", "change", "best", "worst", "hour"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        assert_eq!(kinds.contains(&"weekday"), days >= 14, "{kinds:?}");
        assert_eq!(whole.lines().filter(|line| line.starts_with('•')).count(), findings.len(), "{whole}");
    }
}

#[test]
fn a_sentence_without_a_figure_or_with_another_number_is_found() {
    assert_eq!(numbers("순매출은 1,234,567원, 이익률은 12.3%입니다."), ["1,234,567", "12.3"]);
    assert_eq!(sentences("이익은 12.3%입니다. 한 건 평균은 7원입니다.").len(), 2);
    assert_eq!(
        (written("profit", -1_234), written("margin_permille", -5)),
        ("-1,234원".to_owned(), "-0.5%".to_owned())
    );
    assert_eq!(
        (written("item.3.quantity", 1_234), written("change_permille", -123)),
        ("1,234".to_owned(), "12.3%".to_owned())
    );
}
