//! The requests for advice, row by row.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::{Advice, ConsultingRequested, EffectFailure, Envelope, Event, EventId, Language, StoreId};
use migrations::Value;

use super::{Expected, Naive, Table, table};
use crate::views::consultings::advisor;
use crate::views::settlements::stored;

#[derive(Default)]
pub(crate) struct Consultings {
    requests: BTreeMap<(StoreId, EventId), Request>,
}

struct Request {
    asked: ConsultingRequested,
    at: DateTime<Utc>,
    end: Option<(DateTime<Utc>, Result<Advice, EffectFailure>)>,
}

const CONSULTINGS: &Table = &table!(
    "consultings",
    2,
    "store_id, request_id",
    "$1, $2",
    "store_id, request_id, start_date, end_date, language, requested_at, state, advisor, findings, body, reason, finished_at",
);

impl Naive for Consultings {
    fn apply(&mut self, event: &Envelope) -> bool {
        let (store, at) = (event.subject.store(), event.recorded_time);
        match &event.data {
            Event::ConsultingRequested(data) => {
                self.requests.insert((store, event.id), Request { asked: data.clone(), at, end: None });
            }
            Event::ConsultingCompleted(data) => self.end((store, data.request), at, Ok(data.advice.clone())),
            Event::ConsultingFailed(data) => self.end((store, data.request), at, Err(data.reason)),
            _ => return false,
        }
        true
    }

    fn tables(&self) -> Vec<Expected<'_>> {
        let rows = self.requests.iter().map(|((store, id), request)| {
            let language = if request.asked.language == Language::Ko { "ko" } else { "en" };
            let mut row: Vec<Value> = vec![
                store.0.into(),
                id.0.into(),
                request.asked.start.into(),
                request.asked.end.into(),
                language.into(),
                request.at.into(),
            ];
            row.extend(ending(request.end.as_ref()));
            row
        });
        vec![Expected { table: CONSULTINGS, rows: Box::new(rows) }]
    }
}

impl Consultings {
    fn end(&mut self, key: (StoreId, EventId), at: DateTime<Utc>, with: Result<Advice, EffectFailure>) {
        if let Some(request) = self.requests.get_mut(&key) {
            request.end = Some((at, with));
        }
    }
}

fn ending(end: Option<&(DateTime<Utc>, Result<Advice, EffectFailure>)>) -> [Value; 6] {
    match end {
        None => ["pending".into(), Value::Null, Value::Null, Value::Null, Value::Null, Value::Null],
        Some((at, Ok(advice))) => {
            let findings = serde_json::to_string(&advice.findings).unwrap_or_default();
            let (name, text) = (advisor(&advice.advisor).into(), advice.text.as_str().into());
            ["completed".into(), name, findings.into(), text, Value::Null, (*at).into()]
        }
        Some((at, Err(reason))) => {
            ["failed".into(), Value::Null, Value::Null, Value::Null, stored(*reason).into(), (*at).into()]
        }
    }
}
