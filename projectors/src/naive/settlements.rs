//! Settlements and messages, row by row.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use events::{DaySettled, Envelope, Event, EventId, MessagePurpose, StoreId, Via};
use migrations::Value;

use super::{Expected, Naive, Table, table};
use crate::views::settlements::{payments, stored};

#[derive(Default)]
pub(crate) struct Settlements {
    settlements: BTreeMap<(StoreId, NaiveDate), (EventId, DateTime<Utc>, DaySettled)>,
    messages: BTreeMap<(StoreId, EventId), Message>,
}

struct Message {
    revision: u64,
    date: NaiveDate,
    purpose: &'static str,
    text: String,
    state: &'static str,
    reason: Option<String>,
    requested_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

const SETTLEMENTS: &Table = &table!(
    "settlements",
    2,
    "store_id, business_date",
    "$1, $2",
    "store_id, business_date, message_id, settled_at, gross, voids, corrections, late, sales_volume, cost, profit, sales, voided_sales, first_sale, last_sale, payments, no_message",
);
const MESSAGES: &Table = &table!(
    "messages",
    2,
    "store_id, message_id",
    "$1, $2",
    "store_id, message_id, revision, business_date, purpose, body, state, reason, requested_at, changed_at",
);

impl Naive for Settlements {
    fn apply(&mut self, event: &Envelope) -> bool {
        let (store, at) = (event.subject.store(), event.recorded_time);
        match &event.data {
            Event::DaySettled(data) => {
                if data.no_message.is_none() {
                    self.ask(event, data.business_date, "settlement", &data.message.text);
                }
                self.settlements.insert((store, data.business_date), (event.id, at, data.clone()));
            }
            Event::MessageRequested(data) => {
                let purpose = match data.purpose {
                    MessagePurpose::TotalSoFar => "total_so_far",
                    MessagePurpose::SettlementAgain => "settlement_again",
                };
                self.ask(event, data.business_date, purpose, &data.message.text);
            }
            Event::EffectStarted(data) => self.change(event, data.effect, "unknown", None),
            Event::SettlementNotified(data) => {
                let state = if data.via == Via::Sms { "sent" } else { "outbox" };
                self.change(event, data.message, state, None);
            }
            Event::SettlementNotificationFailed(data) => {
                let state = if data.uncertain { "unknown" } else { "failed" };
                self.change(event, data.message, state, Some(stored(data.reason)));
            }
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        let settlements = self.settlements.iter().map(|((store, date), (id, at, data))| {
            let totals = &data.totals;
            let numbers = [
                totals.gross.0,
                totals.voids.0,
                totals.corrections.0,
                totals.late.0,
                totals.net.0,
                totals.cost.0,
                totals.profit.0,
                totals.sales as i64,
                totals.voided as i64,
            ];
            let mut row: Vec<Value> = vec![store.0.into(), (*date).into(), id.0.into(), (*at).into()];
            row.extend(numbers.map(Value::from));
            row.extend([totals.first_sale.into(), totals.last_sale.into(), payments(&totals.payments).into()]);
            row.push(data.no_message.map(stored).into());
            row
        });
        let messages = self.messages.iter().map(|((store, id), message)| {
            vec![
                store.0.into(),
                id.0.into(),
                (message.revision as i64).into(),
                message.date.into(),
                message.purpose.into(),
                message.text.as_str().into(),
                message.state.into(),
                message.reason.clone().into(),
                message.requested_at.into(),
                message.changed_at.into(),
            ]
        });
        vec![
            Expected { table: SETTLEMENTS, rows: Box::new(settlements) },
            Expected { table: MESSAGES, rows: Box::new(messages) },
        ]
    }
}

impl Settlements {
    fn ask(&mut self, event: &Envelope, date: NaiveDate, purpose: &'static str, text: &str) {
        let message = Message {
            revision: event.revision,
            date,
            purpose,
            text: text.to_owned(),
            state: "pending",
            reason: None,
            requested_at: event.recorded_time,
            changed_at: event.recorded_time,
        };
        self.messages.insert((event.subject.store(), event.id), message);
    }

    fn change(&mut self, event: &Envelope, message: EventId, state: &'static str, reason: Option<String>) {
        if let Some(message) = self.messages.get_mut(&(event.subject.store(), message)) {
            (message.state, message.reason, message.changed_at) = (state, reason, event.recorded_time);
        }
    }
}
