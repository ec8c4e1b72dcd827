//! What became of each key: nothing acknowledged is lost, nothing is there twice, and there is one answer.

use std::collections::{HashMap, HashSet};

use events::{Event, EventId, StoreId};
use serde_json::{Value, json};

use super::{Evidence, Finding};
use crate::history::Command;
use crate::ledger::{Carrier, Carriers, Content, Place};

pub(crate) const LOST: &str = "what was answered is in the log";
pub(crate) const DOUBLED: &str = "no key and no command is in the log twice";
pub(crate) const GHOSTS: &str = "what is in the log was asked, and not only refused";
pub(crate) const OPEN: &str = "what was unknown was resolved by a retry";
pub(crate) const BYTES: &str = "all answers of a key are the same bytes";
pub(crate) const TRUE: &str = "an answer says what its record says, at its position";

pub(super) fn check(evidence: &Evidence, carriers: &Carriers) -> Vec<Finding> {
    vec![
        lost(evidence, carriers),
        doubled(evidence, carriers),
        ghosts(evidence, carriers),
        open(evidence),
        bytes(evidence),
        truthful(evidence, carriers),
    ]
}

fn carried<'a>(command: &Command, carriers: &'a Carriers) -> &'a [Carrier] {
    carriers.get(&(command.store, command.key.clone())).map_or(&[], Vec::as_slice)
}

fn lost(evidence: &Evidence, carriers: &Carriers) -> Finding {
    let mut finding = Finding::new(LOST);
    for command in evidence.history.iter().filter(|command| command.answer().is_some()) {
        finding.hold(!carried(command, carriers).is_empty(), || format!("{} is not there", command.key));
    }
    finding
}

fn doubled(evidence: &Evidence, carriers: &Carriers) -> Finding {
    let mut finding = Finding::new(DOUBLED);
    for ((store, key), carriers) in carriers {
        finding.hold(carriers.len() == 1, || format!("{key} of {store} stands at {carriers:?}"));
    }
    let mut seen: HashSet<EventId> = HashSet::new();
    for (place, event) in evidence.ledger.events() {
        finding.hold(seen.insert(event.id), || format!("the command {} again at {place}", event.id));
    }
    finding
}

fn ghosts(evidence: &Evidence, carriers: &Carriers) -> Finding {
    let asked: HashMap<(StoreId, &str), &Command> =
        evidence.history.iter().map(|command| ((command.store, command.key.as_str()), command)).collect();
    let mut finding = Finding::new(GHOSTS);
    for (store, key) in carriers.keys() {
        match asked.get(&(*store, key.as_str())) {
            None => finding.hold(false, || format!("nobody of {store} asked {key}")),
            Some(command) => finding.hold(!command.definitely_failed(), || format!("{key} was refused each time")),
        }
    }
    finding
}

fn open(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(OPEN);
    for command in evidence.history.iter().filter(|command| command.was_unknown()) {
        finding.hold(command.answer().is_some(), || format!("{} is still unknown", command.key));
    }
    finding
}

fn bytes(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new(BYTES);
    for command in &evidence.history {
        let Some(first) = command.answer() else { continue };
        for (_, answer) in command.answers().skip(1) {
            finding.hold(answer == first, || format!("{}: {first:?}, then {answer:?}", command.key));
        }
    }
    finding
}

fn truthful(evidence: &Evidence, carriers: &Carriers) -> Finding {
    let mut finding = Finding::new(TRUE);
    for command in &evidence.history {
        let (Some(answer), [carrier]) = (command.answer(), carried(command, carriers)) else { continue };
        let stamped = answer
            .stamp
            .is_some_and(|stamp| carrier.place == Place { partition: stamp.partition, position: stamp.position });
        let said = match &carrier.content {
            Content::Answer { status, body } => *status == answer.status && *body == answer.body,
            Content::Event(event) => {
                let body = command.said();
                answer.status < 300
                    && said(&event.data).as_object().unwrap().iter().all(|(name, value)| body[name] == *value)
            }
        };
        finding.hold(stamped && said, || format!("{}: {answer:?} for {carrier:?}", command.key));
    }
    finding
}

/// What an answer must say of what happened, of the commands that the tills send.
fn said(event: &Event) -> Value {
    match event {
        Event::OrderPlaced(e) => json!({"result": "success", "order_id": e.order_id, "table_no": e.table_no}),
        Event::CartUpdated(e) => json!({"result": "success", "order_id": e.order_id, "table_no": e.table_no}),
        Event::TabCancelled(e) => json!({"result": "cancelled", "table_no": e.table_no, "orders": e.first_orders}),
        Event::SaleCompleted(e) => json!({"id": e.sale_id, "table_no": e.table_no, "total_price": e.total.price}),
        Event::SaleVoided(e) => json!({"id": e.sale_id, "voided": e.total.price}),
        other => panic!("no till asks for {other:?}"),
    }
}
