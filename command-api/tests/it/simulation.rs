//! A shop on a bad night: the writer's own code under a seeded scheduler, over a log that loses, delays, doubles and
//! reorders. Instances die, are deposed and wake as zombies; clients retry by key. What is checked is read from the
//! clients' record and the log alone.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use command_api::fold::Content;
use command_api::shard::{Effect, Input, Shard};
use command_api::{Answer, NotApplied, Reply};
use events::{LogId, Partition, Position};
use futures::executor::block_on;
use log::{Admitted, Appended, Claim, Cursor, Home, Hostility, Kind, Log, MemoryLog, Record, Reign, Report, WriterId};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::shop::{add_category, add_item, counted, order, pay, request, sign_up, void};

const SEEDS: u64 = 100;
const CLIENTS: usize = 6;
const COMMANDS: u64 = 20;
const INSTANCES: usize = 3;
const P: Partition = Partition(0);

#[test]
fn nothing_acknowledged_is_lost_or_doubled_on_a_hostile_log() {
    let mut sum = Night::default();
    for seed in 0..SEEDS {
        let hostility = if seed % 4 == 3 { Hostility::severe(seed) } else { Hostility::moderate(seed) };
        let night = World::new(seed, hostility).run();
        sum.acked += night.acked;
        sum.unknown += night.unknown;
        sum.reigns += night.reigns;
        sum.void += night.void;
    }
    // A run that never exercised recovery proves nothing.
    assert!(
        sum.acked >= SEEDS * 100 && sum.unknown >= SEEDS && sum.reigns >= SEEDS * 4 && sum.void >= SEEDS,
        "{sum:?}"
    );
}

#[derive(Debug, Default)]
struct Night {
    acked: u64,
    unknown: u64,
    reigns: u64,
    void: u64,
}

/// One process: a shard, and what its driver would be waiting for.
struct Instance {
    shard: Shard<usize>,
    reign: Option<Reign>,
    /// An append that was performed, and whose outcome has not been heard of yet.
    unheard: Option<(Reign, Appended)>,
    fetching: Vec<(u64, Position)>,
}

/// One terminal: a table of its own, one command at a time, retried with its key until it is answered.
struct Client {
    chance: ChaCha8Rng,
    n: u64,
    asking: Option<(String, domain::Command)>,
    waiting: bool,
    answers: HashMap<String, Vec<Answer>>,
    unknown: u64,
}

struct World {
    seed: u64,
    chance: ChaCha8Rng,
    log: MemoryLog,
    instances: Vec<Instance>,
    clients: Vec<Client>,
    begun: Instant,
    steps: u64,
}

impl Instance {
    fn new() -> Self {
        Self { shard: Shard::new(P, true), reign: None, unheard: None, fetching: Vec::new() }
    }

    fn serves(&self) -> bool {
        self.reign.is_some() || self.unheard.is_some()
    }
}

impl World {
    fn new(seed: u64, hostility: Hostility) -> Self {
        let client = |n: usize| Client {
            chance: ChaCha8Rng::seed_from_u64(seed << 8 | n as u64),
            n: 0,
            asking: None,
            waiting: false,
            answers: HashMap::new(),
            unknown: 0,
        };
        Self {
            seed,
            chance: ChaCha8Rng::seed_from_u64(seed),
            log: MemoryLog::hostile(1, hostility),
            instances: (0..INSTANCES).map(|_| Instance::new()).collect(),
            clients: (0..=CLIENTS).map(client).collect(),
            begun: Instant::now(),
            steps: 0,
        }
    }

    fn run(mut self) -> Night {
        while self.clients.iter().any(|client| !client.done()) {
            self.steps += 1;
            assert!(self.steps < 400_000, "seed {}: nobody gets on", self.seed);
            let at = self.chance.random_range(0..INSTANCES);
            match self.chance.random_range(0..100) {
                0..40 => self.ask(at),
                40..60 => self.hear(at),
                60..75 => self.input(at, Input::Flush),
                75..85 => self.fetch(at),
                85..94 if !self.instances[at].serves() => self.own(at),
                94..97 => self.input(at, Input::Tick),
                97 if self.chance.random_bool(0.2) => self.kill(at),
                _ => {}
            }
        }
        self.check()
    }

    /// Time moves with the steps, so that waits end.
    fn now(&self) -> Instant {
        self.begun + Duration::from_millis(10 * self.steps)
    }

    fn fresh(&mut self) -> Uuid {
        Uuid::from_u128(self.chance.random())
    }

    fn ask(&mut self, at: usize) {
        let client = self.chance.random_range(0..self.clients.len());
        // The terminals begin when the store is set up, which client 0 does.
        let ready = client == 0 || self.clients[0].done();
        if !ready || self.clients[client].waiting || !self.instances[at].shard.has_room() {
            return;
        }
        let Some((key, command)) = self.clients[client].next(client) else { return };
        self.clients[client].waiting = true;
        let request = request(self.fresh(), Some(&key), command);
        self.input(at, Input::Arrive(Box::new(request), client));
    }

    /// The outcome of an append comes in, or a fetched record.
    fn hear(&mut self, at: usize) {
        if let Some((reign, appended)) = self.instances[at].unheard.take() {
            self.instances[at].reign = Some(reign);
            self.input(at, Input::Appended(appended));
        }
    }

    fn fetch(&mut self, at: usize) {
        let Some((ticket, position)) = self.instances[at].fetching.pop() else { return };
        let record = block_on(self.log.read(P, position)).unwrap();
        let content = record.map(|record| Content::of(&log::Stored { position, record }).unwrap());
        self.input(at, Input::Fetched(ticket, content));
    }

    fn own(&mut self, at: usize) {
        let cursor = self.instances[at].shard.cursor().clone();
        let mut reader = block_on(Admitted::open(&self.log, P, cursor)).unwrap();
        let end = block_on(self.log.current_end(P)).unwrap();
        self.fold(at, &mut reader, end);
        let writer = WriterId(self.fresh());
        let fresh = Home { log: LogId(self.fresh()), partitions: 1 };
        let cursor = self.instances[at].shard.cursor();
        let claim = Claim { term: cursor.term + 1, home: cursor.home.unwrap_or(fresh), sealed: false };
        let mut handle = block_on(self.log.reign(P, writer)).unwrap();
        let reports = block_on(handle.send(vec![Record::claim(writer, &claim)]));
        let Some(Report::At(position)) = reports.first().copied() else { return };
        self.fold(at, &mut reader, position.next());
        if self.instances[at].shard.cursor().writer == Some(writer) {
            self.instances[at].reign = Some(Reign::new(std::sync::Arc::new(self.log.clone()), P, handle));
            self.input(at, Input::Reigning(writer));
        }
    }

    fn fold(&mut self, at: usize, reader: &mut Admitted, end: Position) {
        while reader.cursor().next < end {
            let left = usize::try_from(end.0 - reader.cursor().next.0).unwrap();
            let records = block_on(reader.next(left)).unwrap();
            let contents = records.iter().map(|stored| (stored.position, Content::of(stored).unwrap())).collect();
            self.input(at, Input::Folded(contents, reader.cursor().clone()));
        }
    }

    /// kill -9: what waits for this process hears nothing more, and tries elsewhere.
    fn kill(&mut self, at: usize) {
        let mut dead = std::mem::replace(&mut self.instances[at], Instance::new());
        let mut effects = Vec::new();
        dead.shard.dismiss(NotApplied::Stopping, &mut effects);
        for effect in effects {
            if let Effect::Reply(waiters, _) = effect {
                for client in waiters {
                    self.clients[client].lost_connection();
                }
            }
        }
    }

    fn input(&mut self, at: usize, input: Input<usize>) {
        let now = self.now();
        let mut effects = Vec::new();
        self.instances[at].shard.step(now, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Append(cursor, records) => self.append(at, cursor, records),
                Effect::Fetch(ticket, position) => self.instances[at].fetching.push((ticket, position)),
                Effect::Reply(waiters, reply) => {
                    for client in waiters {
                        self.clients[client].hears(&reply, self.seed);
                    }
                }
                Effect::Snapshot(_) => {}
                Effect::Abdicate => self.instances[at].reign = None,
                Effect::Halt(halt) => panic!("seed {}: {halt}", self.seed),
            }
        }
    }

    fn append(&mut self, at: usize, cursor: Cursor, records: Vec<Record>) {
        let mut reign = self.instances[at].reign.take().expect("an append needs a reign");
        let appended = block_on(reign.append(cursor, records));
        self.instances[at].unheard = Some((reign, appended));
    }

    fn check(self) -> Night {
        self.log.settle();
        let all = self.log.records(P);
        let records = counted(&all);
        let mut carried: HashMap<String, u64> = HashMap::new();
        let mut revision = 0;
        for record in &records {
            for key in keys(record, &mut revision) {
                *carried.entry(key).or_default() += 1;
            }
        }
        let heard: HashMap<&String, &Vec<Answer>> = self.clients.iter().flat_map(|client| &client.answers).collect();
        for (key, answers) in &heard {
            assert_eq!(carried.get(*key), Some(&1), "seed {}: {key} was answered, so it stands once", self.seed);
            assert!(answers.iter().all(|a| a == &answers[0]), "seed {}: {key} got different answers", self.seed);
        }
        assert_eq!(carried.len(), heard.len(), "seed {}: something stands that nobody was told of", self.seed);
        Night {
            acked: heard.len() as u64,
            unknown: self.clients.iter().map(|client| client.unknown).sum(),
            reigns: records.iter().filter(|record| record.kind == Kind::Claim).count() as u64,
            void: (all.len() - records.len()) as u64,
        }
    }
}

/// The client keys that a counted record carries.
fn keys(record: &Record, revision: &mut u64) -> Vec<String> {
    match record.kind {
        Kind::Claim => Vec::new(),
        Kind::Event => {
            let event = events::Envelope::decode(&record.value).unwrap();
            *revision += 1;
            assert_eq!(event.revision, *revision, "revisions have no gap");
            vec![event.idempotency_key.unwrap()]
        }
        Kind::Answers => {
            let all: Vec<command_api::fold::Recorded> = serde_json::from_slice(&record.value).unwrap();
            all.into_iter().map(|recorded| recorded.key).collect()
        }
    }
}

impl Client {
    fn done(&self) -> bool {
        self.n >= COMMANDS && self.asking.is_none()
    }

    /// What it asks now: what it has not been answered yet, or the next thing, or the last thing once more.
    fn next(&mut self, client: usize) -> Option<(String, domain::Command)> {
        if self.asking.is_none() {
            if self.n >= COMMANDS {
                return None;
            }
            let key = format!("{client}-{}", self.n);
            let command = if client == 0 { set_up(self.n) } else { self.trade(i64::try_from(client).unwrap()) };
            self.asking = Some((key, command));
            self.n += 1;
        }
        self.asking.clone()
    }

    fn trade(&mut self, table: i64) -> domain::Command {
        match self.chance.random_range(0..10) {
            0..5 => order(table, 1),
            5..8 => pay(table),
            _ => void(self.chance.random_range(1..20)),
        }
    }

    fn hears(&mut self, reply: &Reply, seed: u64) {
        self.waiting = false;
        match reply {
            Reply::Answered(answered) => {
                let Some((key, _)) = &self.asking else { return };
                let answers = self.answers.entry(key.clone()).or_default();
                answers.push(answered.answer.clone());
                if answers.len() > usize::from(self.chance.random_bool(0.3)) {
                    self.asking = None;
                }
            }
            Reply::Unknown(_) => self.unknown += 1,
            Reply::NotApplied(_) => {}
            other => panic!("seed {seed}: {other:?}"),
        }
    }

    fn lost_connection(&mut self) {
        self.waiting = false;
        self.unknown += 1;
    }
}

fn set_up(n: u64) -> domain::Command {
    match n {
        0 => sign_up(),
        1 => add_category(),
        2 => add_item(),
        _ => order(99, 1),
    }
}
