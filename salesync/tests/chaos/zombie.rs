//! A writer that stands still for longer than its lease, in the middle of a busy hour, and goes on with requests in its
//! sockets while another one writes its partition: nothing that it believes reaches anybody.

use std::sync::Arc;
use std::time::Duration;

use events::StoreId;
use log::{Kind, NewTopic, WriterId};
use serde_json::{Value, json};

use crate::cafe::furnish;
use crate::checker::{self, money::ANSWERED};
use crate::door::{Door, Manners};
use crate::harness::{Broker, NOON, PATIENCE, Server, Till, table_of};
use crate::history::{Attempt, Command, History, Outcome};
use crate::ledger::Ledger;
use crate::load::Load;
use crate::mailbox::{Letter, Mailbox, Posted};
use crate::patience::{until, until_ready};
use crate::underneath::Underneath;
use crate::{alone, say};

/// How often the partition changes hands this way; each time the other one wakes up as what it was.
const ROUNDS: i64 = 3;
/// Tills at another store of the partition, so that a writer falls asleep in the middle of something.
const TILLS: usize = 8;
/// They do not wait for who sleeps.
const MANNERS: Manners = Manners { answer: Duration::from_secs(3), command: PATIENCE, hurried: None };

/// Two instances, of which one writes the one partition.
struct Pair {
    instances: [Server; 2],
    owner: usize,
    till: Till,
    busy: Till,
    door: Arc<Door>,
    history: History,
    below: Underneath,
    _broker: Broker,
}

/// What an instance is asked that goes by what it remembers, and which answers are true meanwhile.
struct Asked {
    posted: Posted,
    command: Option<Command>,
    began: u64,
    truth: u16,
}

#[test]
fn a_writer_that_slept_past_its_lease_tells_nobody_what_it_remembers() {
    let _alone = alone();
    let mut pair = Pair::start();
    let load = Load::start(Arc::clone(&pair.door), std::slice::from_ref(&pair.busy), TILLS, 1);
    let old: Vec<WriterId> = (0..ROUNDS).map(|round| pair.falls_asleep_and_wakes(10 * round)).collect();
    pair.history.extend(load.finish());
    let stores = [pair.till.clone(), pair.busy.clone()];
    let evidence = pair.below.evidence(&pair.instances[pair.owner], &stores, std::mem::take(&mut pair.history));
    // Who pays without a key is not in the history, so what was told does not add up.
    checker::check(&evidence).but(ANSWERED).assert_sound_and_asked();
    let reigns = evidence.ledger.reigns();
    assert!(reigns > ROUNDS as u64, "{reigns} reigns: the partition did not change hands each time");
    let late = evidence.ledger.void().concat();
    let of_sleepers = late.iter().filter(|(_, record)| old.contains(&record.writer)).count();
    say(&format!("{reigns} reigns, {of_sleepers} records of writers that had slept, all void"));
}

impl Pair {
    fn start() -> Self {
        let broker = Broker::own();
        let below = Underneath::new(&broker.address, NewTopic::on_one_broker(1));
        let instance = || below.instance(&broker.address, "command,project,query", &[], &[]);
        let first = instance();
        until_ready(&first);
        let [till, busy] = ["sleepystore", "busystore"].map(|name| {
            let till = first.sign_up_as(name, &json!({"time_zone": NOON.zone}));
            furnish(&till);
            till
        });
        let instances = [first, instance()];
        let door = Arc::new(Door::with(MANNERS));
        (0..2).for_each(|nth| door.place(nth, Some(instances[nth].address())));
        Self { instances, owner: 0, till, busy, door, history: History::new(), below, _broker: broker }
    }

    /// It remembers a tab on the first table, which is paid meanwhile, and none on the next two, where there is one.
    fn falls_asleep_and_wakes(&mut self, table: i64) -> WriterId {
        let [till, awake] = [self.owner, 1 - self.owner].map(|instance| self.till.at(&self.instances[instance]));
        let answers = self.door.tally().answers;
        self.door.await_tally("a busy hour", |tally| tally.answers > answers + 100);
        self.insist(&till, "/orders/", &table_of(table + 1, &[(1, 1)]));
        let writer = self.below.ledger().writer();
        let boxes: Vec<Mailbox> = (0..4).map(|_| Mailbox::open(till.address)).collect();
        self.instances[self.owner].pause();
        let asked: Vec<Asked> = boxes.into_iter().enumerate().map(|(nth, b)| self.ask(b, &till, table, nth)).collect();
        // The other one becomes the owner when the sleeper's lease has run out.
        self.insist(&awake, "/sales/", &payment_of(table + 1));
        for table in [table + 2, table + 3] {
            self.insist(&awake, "/orders/", &table_of(table, &[(2, 1)]));
        }
        let goes_on = self.door.tally().answers;
        self.door.await_tally("the busy store to go on", |tally| tally.answers > goes_on + 100);
        self.instances[self.owner].resume();
        for each in asked {
            let command = each.witnessed(&self.door);
            let answered = command.map(|command| self.until_answered(command, &awake));
            self.history.extend(answered);
        }
        assert_ne!(self.below.ledger().writer(), writer, "the partition changed hands");
        self.owner = 1 - self.owner;
        writer
    }

    /// Twice what would be a second payment, twice a payment that is due; with a key and without.
    fn ask(&self, mailbox: Mailbox, till: &Till, table: i64, nth: usize) -> Asked {
        let (table, truth) = if nth < 2 { (table + 1, 409) } else { (table + nth as i64, 201) };
        let (path, body) = ("/sales/", payment_of(table).to_string());
        let key = (nth % 2 == 1).then(|| format!("asleep-{table}"));
        let began = self.door.tick();
        let posted = mailbox.post(till, Letter { key: key.as_deref(), path, body: &body });
        posted.delivered();
        let session = 1_000 + usize::try_from(table).unwrap();
        Asked { posted, command: key.map(|key| command(till, session, key, path, body)), began, truth }
    }

    /// A command that is done in the end, whatever its first attempts are told.
    fn insist(&mut self, till: &Till, path: &str, body: &Value) {
        let number = self.history.len();
        let command = command(till, 10_000 + number, format!("insists-{number}"), path, body.to_string());
        let done = self.until_answered(command, till);
        assert!(done.answer().unwrap().status < 300, "{done:?}");
        self.history.push(done);
    }

    /// Asks there until there is an answer.
    fn until_answered(&self, mut command: Command, asked: &Till) -> Command {
        until("an answer under the key", || {
            if command.answer().is_some() {
                return Ok(());
            }
            let (began, mailbox) = (self.door.tick(), Mailbox::open(asked.address));
            let letter = Letter { key: Some(&command.key), path: &command.path, body: &command.body };
            let outcome = mailbox.post(asked, letter).outcome();
            let said = format!("{outcome:?}");
            command.attempts.push(Attempt { began, ended: self.door.tick(), outcome });
            Err(said)
        });
        command
    }
}

fn payment_of(table: i64) -> Value {
    json!({"table_no": table, "payment_type": "카드"})
}

fn command(till: &Till, session: usize, key: String, path: &str, body: String) -> Command {
    let (store, path) = (StoreId(till.store_id.parse().unwrap()), path.to_owned());
    Command { session, store, key, method: "POST", path, body, attempts: Vec::new() }
}

impl Asked {
    /// A definite answer may come from whoever owns the partition now, and is then what is true there.
    fn witnessed(self, door: &Door) -> Option<Command> {
        let Self { posted, command, began, truth } = self;
        let outcome = posted.outcome();
        if let Outcome::Answered(answer) = &outcome {
            assert_eq!(answer.status, truth, "said from memory: {answer:?}");
        }
        let mut command = command?;
        command.attempts.push(Attempt { began, ended: door.tick(), outcome });
        Some(command)
    }
}

impl Ledger {
    /// Whose claim is in force on the one partition.
    fn writer(&self) -> WriterId {
        let counted = self.counted().concat();
        counted.iter().rfind(|(_, record)| record.kind == Kind::Claim).unwrap().1.writer
    }
}
