//! A reactor's task: reads its partition, keeps the ledger, and has performed what is pending, a bounded number at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use events::{Envelope, Event, EventId, Position};
use log::{Admitted, Cursor, Kind, Log, LogError, Stored};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ReactorStatus;
use super::commands::{Intent, Submitted};
use super::ledger::{self, Ledger, Step, What};
use super::performing::{Means, Tried};
use super::settling::{self, Calendars};

/// Effects of one kind that are made at once; of each kind apart, so that a service that hangs keeps nobody from the
/// other.
const AT_ONCE: usize = 8;
/// Records read at a time.
const READ_RECORDS: usize = 8_192;
/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_millis(250);
/// How often it is looked whether a day has ended.
const SETTLING_TICK: Duration = Duration::from_secs(5);
/// The pauses between two tries of an effect whose service cannot be reached.
const FAILED_FIRST: Duration = Duration::from_secs(1);
const FAILED_LAST: Duration = Duration::from_mins(1);
/// The pause before a log that cannot be read is read again.
const UNREADABLE: Duration = Duration::from_secs(1);
/// When it is looked again at what another runner does.
const LEFT: Duration = Duration::from_secs(10);
/// How long what is under way may take at the end, if nobody who waits for it says less.
const DRAIN: Duration = Duration::from_secs(10);

pub(super) struct Driver {
    log: Arc<dyn Log>,
    means: Arc<Means>,
    alone: bool,
    settles: bool,
    status: watch::Sender<ReactorStatus>,
    stop: watch::Receiver<bool>,
    ledger: Ledger,
    calendars: Calendars,
    /// What this process knows of a pending effect beside what the log says.
    holds: HashMap<EventId, Hold>,
    advising: Tries,
    sending: Tries,
    settling: JoinSet<()>,
    settled_at: Option<Instant>,
    acting: Acting,
    /// Everything before this place is in the ledger.
    cursor: Cursor,
    /// The end that the log had when this reactor began.
    end_at_start: Option<Position>,
}

type Tries = JoinSet<(EventId, Tried)>;

/// What is known of an effect while it is pending.
struct Hold {
    state: Held,
    pauses: ExponentialBackoff,
    unusable: u32,
}

enum Held {
    /// Being made.
    UnderWay,
    /// Not before this.
    Until(Instant),
    /// It has ended, and this process has not read so yet.
    Over,
}

/// Whether anything is begun. An order or a payment is nothing to a reactor, and must not cost a walk over all that waits
/// while a service is down.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acting {
    /// Nothing: what has ended stands further on in the log.
    CatchesUp,
    /// What is due, for something has happened since it was looked.
    Looks,
    /// Nothing more until something happens.
    Rests,
}

/// Why reading ended.
enum End {
    Stopping,
    Unreadable(LogError),
    Undecodable(Position, String),
}

impl Driver {
    pub(super) fn new(
        log: Arc<dyn Log>,
        means: Arc<Means>,
        (alone, settles): (bool, bool),
        status: watch::Sender<ReactorStatus>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            log,
            means,
            alone,
            settles,
            status,
            stop,
            ledger: Ledger::default(),
            calendars: Calendars::default(),
            holds: HashMap::new(),
            advising: JoinSet::new(),
            sending: JoinSet::new(),
            settling: JoinSet::new(),
            settled_at: None,
            acting: Acting::CatchesUp,
            cursor: Cursor::default(),
            end_at_start: None,
        }
    }

    pub(super) async fn run(mut self) {
        let partition = self.means.partition;
        loop {
            match self.read().await {
                End::Stopping => break,
                End::Unreadable(error) if error.is_transient() => {
                    tracing::warn!(%partition, %error, "a reactor cannot read the log, trying again");
                    tokio::select! { () = tokio::time::sleep(UNREADABLE) => {}, () = stopping(&mut self.stop) => break }
                }
                End::Unreadable(error) => return self.give_up(&error.to_string()),
                End::Undecodable(at, why) => return self.give_up(&format!("at {at}: {why}")),
            }
        }
        let drained = tokio::time::timeout(DRAIN, async {
            while self.advising.join_next().await.is_some() || self.sending.join_next().await.is_some() {}
        });
        if drained.await.is_err() {
            tracing::warn!(%partition, under_way = self.under_way(), "a reactor stops with effects under way");
        }
    }

    /// Reads on from where it stands, at first from the beginning, acting once the end is passed that the log had when
    /// it began; ends when it must.
    async fn read(&mut self) -> End {
        let (end, mut reader) = match self.open().await {
            Ok(opened) => opened,
            Err(error) => return End::Unreadable(error),
        };
        let mut tick = tokio::time::interval(TICK);
        loop {
            self.cursor = reader.cursor().clone();
            if self.acting == Acting::CatchesUp && self.cursor.next >= end {
                self.acting = Acting::Looks;
                tracing::info!(partition = %self.means.partition, position = %self.cursor.next, pending = self.ledger.len(), "a reactor has caught up");
            }
            if self.acting == Acting::Looks {
                self.acting = Acting::Rests;
                self.begin_what_is_due();
            }
            self.publish();
            tokio::select! {
                () = stopping(&mut self.stop) => return End::Stopping,
                Some(tried) = self.advising.join_next() => self.tried(tried),
                Some(tried) = self.sending.join_next() => self.tried(tried),
                records = reader.next(READ_RECORDS) => match records {
                    Ok(records) => if let Err(end) = self.apply(&records) { return end },
                    Err(error) => return End::Unreadable(error),
                },
                _ = tick.tick() => {
                    self.stir();
                    self.settle_what_has_ended();
                }
            }
        }
    }

    async fn open(&mut self) -> Result<(Position, Admitted), LogError> {
        let partition = self.means.partition;
        let end = match self.end_at_start {
            Some(end) => end,
            None => self.log.current_end(partition).await?,
        };
        self.end_at_start = Some(end);
        Ok((end, Admitted::open(self.log.as_ref(), partition, self.cursor.clone()).await?))
    }

    fn apply(&mut self, records: &[Stored]) -> Result<(), End> {
        for stored in records.iter().filter(|stored| stored.record.kind == Kind::Event) {
            let value = &stored.record.value;
            if !self.reads(Envelope::type_of(value)) {
                continue;
            }
            let event = Envelope::decode(value)
                .map_err(|_| End::Undecodable(stored.position, "the event cannot be read".to_owned()))?;
            self.count_spent(&event);
            self.ledger.apply(&event, stored.position);
            self.stir();
            if self.settles {
                self.calendars.apply(&event);
            }
        }
        if self.acting != Acting::Looks {
            return Ok(());
        }
        let ledger = &self.ledger;
        self.holds.retain(|effect, hold| matches!(hold.state, Held::UnderWay) || ledger.get(*effect).is_some());
        Ok(())
    }

    /// Whether an event of this type says anything here; one whose type only decoding tells is decoded.
    fn reads(&self, name: Option<&str>) -> bool {
        name.is_none_or(|name| ledger::TYPES.contains(&name) || (self.settles && settling::TYPES.contains(&name)))
    }

    /// What was begun is spent, by whomever.
    fn count_spent(&self, event: &Envelope) {
        let Event::EffectStarted(started) = &event.data else { return };
        let Some(work) = self.ledger.get(started.effect) else { return };
        let (means, at) = (&self.means, event.recorded_time);
        match &work.what {
            What::Advice { .. } if means.advisor.costs() => {
                means.spent.advice((work.store, started.effect, started.attempt), at, &means.budgets);
            }
            What::Message { to, .. } if means.messenger.costs() => {
                if let Some(phone) = &to.phone {
                    means.spent.message(phone, started.effect, at);
                }
            }
            _ => {}
        }
    }

    fn begin_what_is_due(&mut self) {
        let (now, wall) = (Instant::now(), (self.means.now)());
        for (effect, work) in self.ledger.pending() {
            let tries = match work.what {
                What::Advice { .. } => &mut self.advising,
                What::Message { .. } => &mut self.sending,
            };
            if tries.len() >= AT_ONCE {
                continue;
            }
            let hold = self.holds.get(&effect);
            let free = hold.is_none_or(|hold| matches!(hold.state, Held::Until(at) if at <= now));
            let step = work.step(self.means.runner, self.alone, wall);
            // Of a message that was begun, only who began it and remembers knows whether it was sent.
            let begun = matches!(work.what, What::Message { .. }) && step == Step::Act && hold.is_none();
            if !free || begun || step == Step::Leave {
                continue;
            }
            let (means, work) = (Arc::clone(&self.means), work.clone());
            let hold = self.holds.entry(effect).or_insert_with(Hold::new);
            let unusable = hold.unusable;
            hold.state = Held::UnderWay;
            tries.spawn(async move { (effect, means.perform(effect, work, step, unusable).await) });
        }
    }

    fn tried(&mut self, tried: Result<(EventId, Tried), tokio::task::JoinError>) {
        let (effect, tried) = match tried {
            Ok(tried) => tried,
            Err(error) => {
                // Its effect stays held as under way, so that a message is not sent again by a defect.
                tracing::error!(partition = %self.means.partition, %error, "an effect ended by a defect");
                return;
            }
        };
        self.stir();
        let Some(hold) = self.holds.get_mut(&effect) else { return };
        let now = Instant::now();
        hold.state = match tried {
            Tried::Over => Held::Over,
            Tried::Left => Held::Until(now + LEFT),
            Tried::Again(Some(pause)) => Held::Until(now + pause),
            Tried::Again(None) => Held::Until(now + hold.pauses.next().unwrap_or(FAILED_LAST)),
            Tried::Unusable => {
                hold.unusable += 1;
                Held::Until(now + hold.pauses.next().unwrap_or(FAILED_LAST))
            }
        };
        if self.ledger.get(effect).is_none() {
            self.holds.remove(&effect);
        }
    }

    fn settle_what_has_ended(&mut self) {
        while self.settling.try_join_next().is_some() {}
        let soon = self.settled_at.is_some_and(|at| at.elapsed() < SETTLING_TICK);
        if !(self.settles && self.acts()) || soon || !self.settling.is_empty() {
            return;
        }
        self.settled_at = Some(Instant::now());
        let due = self.calendars.due((self.means.now)());
        if due.is_empty() {
            return;
        }
        let means = Arc::clone(&self.means);
        self.settling.spawn(async move {
            for (store, date) in due {
                if means.submit(store, Intent::Settle { date }).await == Submitted::Refused {
                    tracing::warn!(%store, %date, "the rules refuse to settle a day that seems to be due");
                }
            }
        });
    }

    fn acts(&self) -> bool {
        self.acting != Acting::CatchesUp
    }

    /// Something has happened, so that something may be due.
    fn stir(&mut self) {
        if self.acting == Acting::Rests {
            self.acting = Acting::Looks;
        }
    }

    fn under_way(&self) -> usize {
        self.advising.len() + self.sending.len()
    }

    fn publish(&self) {
        let status = ReactorStatus {
            partition: self.means.partition,
            next: self.cursor.next,
            acts: self.acts(),
            pending: self.ledger.len(),
            under_way: self.under_way(),
            advice_circuit_open: self.means.circuits.advice.is_open(),
            message_circuit_open: self.means.circuits.message.is_open(),
            stopped: None,
        };
        measure(&status);
        self.status.send_if_modified(|known| {
            let changed = *known != status;
            *known = status;
            changed
        });
    }

    /// Stops for good: what cannot be read is not skipped.
    fn give_up(&self, why: &str) {
        tracing::error!(partition = %self.means.partition, reason = why, "a reactor has stopped; all else goes on");
        self.status.send_modify(|status| {
            status.acts = false;
            status.stopped = Some(why.to_owned());
        });
    }
}

impl Hold {
    fn new() -> Self {
        let pauses = ExponentialBuilder::default().with_min_delay(FAILED_FIRST).with_max_delay(FAILED_LAST);
        Self { state: Held::UnderWay, pauses: pauses.with_jitter().without_max_times().build(), unusable: 0 }
    }
}

/// Waits until the reactor is told to stop, or nobody holds it any more.
async fn stopping(stop: &mut watch::Receiver<bool>) {
    // Either way it is to end.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[expect(clippy::cast_precision_loss, reason = "gauges are read by people")]
pub(super) fn measure(status: &ReactorStatus) {
    let label = status.partition.to_string();
    let gauge = |name: &'static str, value: f64| metrics::gauge!(name, "partition" => label.clone()).set(value);
    gauge("salesync_reactors_next_position", status.next.0 as f64);
    gauge("salesync_reactors_pending", status.pending as f64);
    gauge("salesync_reactors_under_way", status.under_way as f64);
    let truth = |is: bool| if is { 1.0 } else { 0.0 };
    gauge("salesync_reactors_acts", truth(status.acts));
    metrics::gauge!("salesync_reactors_circuit_open", "effect" => "advice").set(truth(status.advice_circuit_open));
    metrics::gauge!("salesync_reactors_circuit_open", "effect" => "message").set(truth(status.message_circuit_open));
}
