//! The table of figures that advice rests on: every one with a name, and nothing personal among them.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use events::{Currency, Language};

/// Items that are named in the table: those that sold most, and as many of those that sold least.
const ITEMS_NAMED: usize = 20;
/// Weekdays are compared once there are so many days.
const WEEKDAY_DAYS: i64 = 14;
/// The days of the week as figures name them.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Minor units of the store's currency.
    Money,
    /// Pieces, sales, days.
    Count,
    /// Thousandths.
    Permille,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Its value.
    pub value: i64,
    /// What it counts.
    pub unit: Unit,
}

/// What was read for a period, before anything is worked out.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Net sales, cost and voids by business date, of the period and of the one before.
    pub days: BTreeMap<NaiveDate, DayFacts>,
    /// What sold in the period, by item.
    pub items: BTreeMap<i64, ItemFacts>,
    /// Sales and net sales in the period by hour of the store's clock, voided ones left out.
    pub hours: [(i64, i64); 24],
    /// Net sales in the period by way of paying.
    pub payments: BTreeMap<String, i64>,
}

/// What one business date came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct DayFacts {
    /// Net sales.
    pub net: i64,
    /// Their cost.
    pub cost: i64,
    /// Voids of its own sales: negative.
    pub voided: i64,
    /// Sales less voids.
    pub sales: i64,
}

/// What one item came to.
#[derive(Debug, Clone, Default)]
pub struct ItemFacts {
    /// Its last name.
    pub name: String,
    /// How many.
    pub quantity: i64,
    /// Net sales.
    pub net: i64,
    /// Their cost.
    pub cost: i64,
    /// Pieces without a cost.
    pub cost_missing: i64,
}

/// The table.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The language to speak in.
    pub language: Language,
    /// The currency of all money.
    pub currency: Currency,
    /// The first business date.
    pub start: NaiveDate,
    /// The last business date.
    pub end: NaiveDate,
    /// The trade that the store is in, in its own words.
    pub trade: String,
    /// The names of the items that figures speak of.
    pub items: BTreeMap<i64, String>,
    by_name: BTreeMap<String, Figure>,
}

impl Figures {
    /// Works the table out.
    pub fn of(
        facts: &Facts,
        (start, end): (NaiveDate, NaiveDate),
        (language, currency, trade): (Language, Currency, String),
    ) -> Self {
        let (items, by_name) = (BTreeMap::new(), BTreeMap::new());
        let mut table = Self { language, currency, start, end, trade, items, by_name };
        table.add_period(facts);
        table.add_items(facts);
        table.add_weekdays(facts);
        table.add_hours(facts);
        for (how, net) in &facts.payments {
            table.money(&format!("payment.{how}.net_sales"), *net);
        }
        table
    }

    /// The figure of this name.
    pub fn get(&self, name: &str) -> Option<&Figure> {
        self.by_name.get(name)
    }

    /// The value of this name; 0 if there is none.
    pub fn value(&self, name: &str) -> i64 {
        self.get(name).map_or(0, |figure| figure.value)
    }

    /// Every figure, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Figure)> {
        self.by_name.iter().map(|(name, figure)| (name.as_str(), figure))
    }

    fn add_period(&mut self, facts: &Facts) {
        let within = |from, to| facts.days.range(from..=to).map(|(_, day)| day);
        let sum = |days: &mut dyn Iterator<Item = &DayFacts>| {
            days.fold(DayFacts::default(), |sum, day| DayFacts {
                net: sum.net.saturating_add(day.net),
                cost: sum.cost.saturating_add(day.cost),
                voided: sum.voided.saturating_add(day.voided),
                sales: sum.sales.saturating_add(day.sales),
            })
        };
        let period = sum(&mut within(self.start, self.end));
        let length = (self.end - self.start).num_days() + 1;
        let before_end = self.start.pred_opt().unwrap_or(self.start);
        let before_start = before_end - chrono::TimeDelta::days(length - 1);
        let before = sum(&mut within(before_start, before_end));
        self.count("days", length);
        self.money("net_sales", period.net);
        self.money("cost", period.cost);
        self.money("profit", period.net.saturating_sub(period.cost));
        self.permille("margin_permille", period.net.saturating_sub(period.cost), period.net);
        self.count("sales", period.sales);
        if period.sales > 0 {
            self.money("average_sale", period.net / period.sales);
        }
        self.money("voided", period.voided);
        self.permille("voided_permille", -period.voided, period.net.saturating_sub(period.voided));
        self.money("before.net_sales", before.net);
        self.money("before.profit", before.net.saturating_sub(before.cost));
        self.permille("change_permille", period.net.saturating_sub(before.net), before.net);
    }

    fn add_items(&mut self, facts: &Facts) {
        let mut sold: Vec<(&i64, &ItemFacts)> = facts.items.iter().filter(|(_, item)| item.quantity > 0).collect();
        self.count("items", sold.len() as i64);
        let missing: Vec<_> = sold.iter().filter(|(_, item)| item.cost_missing > 0).collect();
        self.count("missing_cost.items", missing.len() as i64);
        let net = missing.iter().fold(0_i64, |sum, (_, item)| sum.saturating_add(item.net));
        self.money("missing_cost.net_sales", net);
        sold.sort_by_key(|(id, item)| (std::cmp::Reverse(item.net), **id));
        let all = self.value("net_sales");
        let named = sold.len().min(ITEMS_NAMED);
        let last = sold.len().saturating_sub(ITEMS_NAMED).max(named);
        for (id, item) in sold[..named].iter().chain(&sold[last..]) {
            let name = |figure: &str| format!("item.{id}.{figure}");
            self.items.insert(**id, item.name.clone());
            self.count(&name("quantity"), item.quantity);
            self.money(&name("net_sales"), item.net);
            self.permille(&name("share_permille"), item.net, all);
            if item.cost_missing == 0 {
                self.money(&name("profit"), item.net.saturating_sub(item.cost));
                self.permille(&name("margin_permille"), item.net.saturating_sub(item.cost), item.net);
            }
        }
    }

    /// The mean net sales of each day of the week, those without sales counted in.
    fn add_weekdays(&mut self, facts: &Facts) {
        if self.value("days") < WEEKDAY_DAYS {
            return;
        }
        let mut weekdays = [(0_i64, 0_i64); 7];
        for date in self.start.iter_days().take_while(|date| *date <= self.end) {
            let (sum, days) = &mut weekdays[date.weekday().num_days_from_monday() as usize];
            *sum = sum.saturating_add(facts.days.get(&date).map_or(0, |day| day.net));
            *days += 1;
        }
        for (name, (sum, days)) in WEEKDAYS.into_iter().zip(weekdays) {
            self.money(&format!("weekday.{name}.average_net_sales"), sum / days.max(1));
        }
    }

    fn add_hours(&mut self, facts: &Facts) {
        let all = facts.hours.iter().fold(0_i64, |sum, (_, net)| sum.saturating_add(*net));
        for (hour, (sales, net)) in facts.hours.iter().enumerate().filter(|(_, (sales, _))| *sales > 0) {
            self.count(&format!("hour.{hour}.sales"), *sales);
            self.money(&format!("hour.{hour}.net_sales"), *net);
            self.permille(&format!("hour.{hour}.share_permille"), *net, all);
        }
    }

    fn money(&mut self, name: &str, value: i64) {
        self.by_name.insert(name.to_owned(), Figure { value, unit: Unit::Money });
    }

    fn count(&mut self, name: &str, value: i64) {
        self.by_name.insert(name.to_owned(), Figure { value, unit: Unit::Count });
    }

    /// The part in thousandths of the whole, rounded towards zero; no figure where there is no whole.
    fn permille(&mut self, name: &str, part: i64, whole: i64) {
        if whole <= 0 {
            return;
        }
        let value = i128::from(part) * 1_000 / i128::from(whole);
        let value = i64::try_from(value).unwrap_or_default();
        self.by_name.insert(name.to_owned(), Figure { value, unit: Unit::Permille });
    }
}
