//! The requests for advice, each with the advice or why there is none.

use std::collections::BTreeMap;

use events::{Advisor, Envelope, Event, EventId, Language, StoreId};
use migrations::Value;

use super::settlements::stored;
use crate::projection::{Change, Inapplicable, Projection};

/// A batch's changes to the requests.
#[derive(Default)]
pub struct Consultings {
    asked: BTreeMap<(StoreId, EventId), Vec<Value>>,
    ended: BTreeMap<(StoreId, EventId), [Value; 6]>,
}

const ASK: &str = "INSERT INTO consultings (store_id, request_id, start_date, end_date, language, requested_at, state, \
    advisor, findings, body, reason, finished_at) \
    VALUES ($1, $2, $3, $4, $5, $6, 'pending', NULL, NULL, NULL, NULL, NULL)";
const END: &str = "UPDATE consultings SET state = $1, advisor = $2, findings = $3, body = $4, reason = $5, \
    finished_at = $6 WHERE store_id = $7 AND request_id = $8";

impl Projection for Consultings {
    fn apply(&mut self, event: &Envelope) -> Result<bool, Inapplicable> {
        let (store, at) = (event.subject.store(), event.recorded_time);
        match &event.data {
            Event::ConsultingRequested(asked) => {
                let language = match asked.language {
                    Language::Ko => "ko",
                    Language::En => "en",
                };
                let (start, end) = (asked.start.into(), asked.end.into());
                let row = vec![store.0.into(), event.id.0.into(), start, end, language.into(), at.into()];
                if self.asked.insert((store, event.id), row).is_some() {
                    return Err(Inapplicable::Twice("request for advice"));
                }
            }
            Event::ConsultingCompleted(completed) => {
                let advice = &completed.advice;
                let findings = serde_json::to_string(&advice.findings).unwrap_or_default();
                let (advisor, text) = (advisor(&advice.advisor).into(), advice.text.as_str().into());
                let row = ["completed".into(), advisor, findings.into(), text, Value::Null, at.into()];
                self.ended.insert((store, completed.request), row);
            }
            Event::ConsultingFailed(failed) => {
                let reason = stored(failed.reason).into();
                let row = ["failed".into(), Value::Null, Value::Null, Value::Null, reason, at.into()];
                self.ended.insert((store, failed.request), row);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn changes(self: Box<Self>) -> Vec<Change> {
        let ended = self.ended.into_iter();
        let end = |((store, request), row): ((StoreId, EventId), [Value; 6])| -> Vec<Value> {
            row.into_iter().chain([store.0.into(), request.0.into()]).collect()
        };
        vec![Change::new(ASK, self.asked.into_values()), Change::new(END, ended.map(end))]
    }
}

/// Who spoke, as the tables keep it: `embedded`, or the name of a model.
pub(crate) fn advisor(advisor: &Advisor) -> &str {
    match advisor {
        Advisor::Embedded => "embedded",
        Advisor::OpenAi { model } => model,
    }
}
