//! A reactor over a log that others have acted on: what it asks of the writer, and when.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use events::{Envelope, Event, EventId, StoreId};
use log::{Log, MemoryLog};
use projectors::advice::EmbeddedAdvisor;
use projectors::messages::Outbox;
use projectors::reactor::{Budgets, Circuits, Commands, Intent, ReactorOptions, Spent, Submitted, react};
use uuid::Uuid;

use crate::cafe::Cafe;
use crate::history::{History, PARTITION};
use crate::place::Place;

/// More events than a reactor reads at once, several times.
const EVENTS: usize = 30_000;

/// Writes down what the writer is asked, and answers that it is over.
#[derive(Default)]
struct Asked(Mutex<Vec<Intent>>);

#[async_trait]
impl Commands for Asked {
    async fn submit(&self, _: StoreId, intent: Intent) -> Submitted {
        self.0.lock().unwrap().push(intent);
        Submitted::Over
    }
}

fn effect(intent: &Intent) -> EventId {
    match intent {
        Intent::Start { effect: id, .. }
        | Intent::Complete { request: id, .. }
        | Intent::GiveUp { request: id, .. }
        | Intent::Told { message: id, .. }
        | Intent::NotTold { message: id, .. } => *id,
        Intent::Settle { .. } => panic!("nobody settles here"),
    }
}

/// What the log says has ended.
fn ended(events: &[Envelope]) -> BTreeSet<EventId> {
    let ended = |event: &Envelope| match &event.data {
        Event::SettlementNotified(told) => Some(told.message),
        Event::SettlementNotificationFailed(failed) => Some(failed.message),
        Event::ConsultingCompleted(done) => Some(done.request),
        Event::ConsultingFailed(failed) => Some(failed.request),
        _ => None,
    };
    events.iter().filter_map(ended).collect()
}

#[tokio::test]
async fn a_reactor_asks_for_nothing_whose_end_stands_further_on_in_the_log() {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new(1));
    let events = Cafe::busy("reacting", 11, EVENTS);
    let last = History::begin(Arc::clone(&log)).await.append(&events).await;
    let (asked, now) = (Arc::new(Asked::default()), events.last().unwrap().recorded_time);
    let reactor = react(ReactorOptions {
        log,
        partition: PARTITION,
        views: Place::sqlite().open().await,
        commands: Arc::clone(&asked) as Arc<dyn Commands>,
        advisor: Arc::new(EmbeddedAdvisor),
        messenger: Arc::new(Outbox),
        budgets: Budgets::default(),
        spent: Spent::default(),
        circuits: Circuits::default(),
        runner: Uuid::from_u128(9),
        alone: true,
        settles: false,
        now: Arc::new(move || now),
    });
    reactor.status().wait_for(|status| status.acts && status.next > last).await.unwrap();
    reactor.stop(Duration::from_mins(5)).await;
    let (asked, ended) = (asked.0.lock().unwrap(), ended(&events));
    assert!(ended.len() > 100 && !asked.is_empty(), "{} ended, {} asked", ended.len(), asked.len());
    let in_vain: Vec<_> = asked.iter().filter(|intent| ended.contains(&effect(intent))).collect();
    assert!(in_vain.is_empty(), "{in_vain:?}");
}
