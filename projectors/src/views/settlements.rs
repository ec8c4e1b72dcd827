//! The settled days with their totals, and every message to the owner with what became of it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use events::{DaySettled, EffectFailure, Envelope, Event, EventId, MessagePurpose, PaymentTotals, StoreId, Via};
use migrations::Value;
use serde::Serialize;

use crate::projection::{Change, Inapplicable, Projection};

/// A batch's changes to settlements and messages.
#[derive(Default)]
pub struct Settlements {
    settled: BTreeMap<(StoreId, NaiveDate), Vec<Value>>,
    asked: BTreeMap<(StoreId, EventId), Vec<Value>>,
    states: BTreeMap<(StoreId, EventId), State>,
}

/// What is known of a message.
struct State {
    name: &'static str,
    reason: Option<EffectFailure>,
    at: DateTime<Utc>,
}

const SETTLE: &str = "INSERT INTO settlements (store_id, business_date, message_id, settled_at, gross, voids, \
    corrections, late, sales_volume, cost, profit, sales, voided_sales, first_sale, last_sale, payments, no_message) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const ASK: &str = "INSERT INTO messages (store_id, message_id, revision, business_date, purpose, body, state, reason, \
    requested_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const CHANGE: &str =
    "UPDATE messages SET state = $1, reason = $2, changed_at = $3 WHERE store_id = $4 AND message_id = $5";

impl Projection for Settlements {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let (store, at) = (event.subject.store(), event.recorded_time);
        match &event.data {
            Event::DaySettled(settled) => self.settle(event, settled)?,
            Event::MessageRequested(asked) => {
                let row = message(event, (asked.business_date, purpose(asked.purpose)), &asked.message.text);
                self.ask((store, event.id), row)?;
            }
            // Of what is begun nobody knows more until somebody reports on it. Advice is begun too, and has no row here.
            Event::EffectStarted(started) => self.change((store, started.effect), "unknown", None, at),
            Event::SettlementNotified(notified) => {
                let name = match notified.via {
                    Via::Sms => "sent",
                    Via::Outbox => "outbox",
                };
                self.change((store, notified.message), name, None, at);
            }
            Event::SettlementNotificationFailed(failed) => {
                let name = if failed.uncertain { "unknown" } else { "failed" };
                self.change((store, failed.message), name, Some(failed.reason), at);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let states = self.states.into_iter().map(|((store, message), state)| {
            let reason = state.reason.map(stored);
            vec![state.name.into(), reason.into(), state.at.into(), store.0.into(), message.0.into()]
        });
        vec![
            Change::new(SETTLE, self.settled.into_values()),
            Change::new(ASK, self.asked.into_values()),
            Change::new(CHANGE, states),
        ]
    }
}

impl Settlements {
    fn settle(&mut self, event: &Envelope, settled: &DaySettled) -> Result<(), Inapplicable> {
        let store = event.subject.store();
        if self.settled.insert((store, settled.business_date), settlement(event, settled)).is_some() {
            return Err(Inapplicable::Twice("settlement"));
        }
        if settled.no_message.is_some() {
            return Ok(());
        }
        self.ask((store, event.id), message(event, (settled.business_date, "settlement"), &settled.message.text))
    }

    fn ask(&mut self, key: (StoreId, EventId), row: Vec<Value>) -> Result<(), Inapplicable> {
        match self.asked.insert(key, row) {
            None => Ok(()),
            Some(_) => Err(Inapplicable::Twice("message")),
        }
    }

    fn change(
        &mut self,
        key: (StoreId, EventId),
        name: &'static str,
        reason: Option<EffectFailure>,
        at: DateTime<Utc>,
    ) {
        self.states.insert(key, State { name, reason, at });
    }
}

/// A word of the events' vocabulary as the tables keep it.
pub(crate) fn stored<T: Serialize>(word: T) -> String {
    let json = serde_json::to_value(word).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// The ways of paying as the read side shows them.
pub(crate) fn payments(payments: &[PaymentTotals]) -> String {
    let shown = payments.iter().map(
        |paid| serde_json::json!({"payment_type": paid.payment_type, "sales_volume": paid.net, "sales": paid.sales}),
    );
    shown.collect::<serde_json::Value>().to_string()
}

fn purpose(purpose: MessagePurpose) -> &'static str {
    match purpose {
        MessagePurpose::TotalSoFar => "total_so_far",
        MessagePurpose::SettlementAgain => "settlement_again",
    }
}

fn message(event: &Envelope, (date, purpose): (NaiveDate, &'static str), text: &str) -> Vec<Value> {
    let at = event.recorded_time;
    vec![
        event.subject.store().0.into(),
        event.id.0.into(),
        (event.revision as i64).into(),
        date.into(),
        purpose.into(),
        text.into(),
        "pending".into(),
        Value::Null,
        at.into(),
        at.into(),
    ]
}

fn settlement(event: &Envelope, settled: &DaySettled) -> Vec<Value> {
    let totals = &settled.totals;
    vec![
        event.subject.store().0.into(),
        settled.business_date.into(),
        event.id.0.into(),
        event.recorded_time.into(),
        totals.gross.0.into(),
        totals.voids.0.into(),
        totals.corrections.0.into(),
        totals.late.0.into(),
        totals.net.0.into(),
        totals.cost.0.into(),
        totals.profit.0.into(),
        (totals.sales as i64).into(),
        (totals.voided as i64).into(),
        totals.first_sale.into(),
        totals.last_sale.into(),
        payments(&totals.payments).into(),
        settled.no_message.map(stored).into(),
    ]
}
