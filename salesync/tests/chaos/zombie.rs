//! A writer that stands still for longer than its lease, and goes on with requests in its sockets while another one
//! writes its partition: nothing that it believes reaches anybody.

use events::{Partition, Position};
use log::{Kind, NewTopic, WriterId};
use serde_json::json;

use crate::cafe::furnish;
use crate::harness::{Broker, NOON, Server, Till};
use crate::history::Outcome;
use crate::ledger::Ledger;
use crate::mailbox::{Letter, Mailbox, Posted};
use crate::patience::{until, until_ready};
use crate::say;
use crate::underneath::Underneath;

/// How often the partition changes hands this way; each time the other one wakes up as what it was.
const ROUNDS: i64 = 4;

/// What an instance is asked that goes by what it remembers. The tables' numbers are such that it is wrong about all of
/// them: it remembers a tab on the first, which has been paid, and none on the second and third, where there is one.
struct Asked {
    pays_again: Posted,
    pays_again_keyed: Posted,
    pays: Posted,
    pays_keyed: Posted,
    paid_before: Posted,
}

/// Two instances, of which one writes the one partition.
struct Pair {
    instances: [Server; 2],
    owner: usize,
    till: Till,
    below: Underneath,
    _broker: Broker,
}

#[test]
fn a_writer_that_slept_past_its_lease_tells_nobody_what_it_remembers() {
    let mut pair = Pair::start();
    for round in 0..ROUNDS {
        pair.falls_asleep_and_wakes(10 * round);
    }
    let log = pair.below.log();
    let ledger = pair.below.block_on(Ledger::read(log.as_ref()));
    let reigns = ledger.reigns();
    assert!(reigns > ROUNDS as u64, "{reigns} reigns: the partition did not change hands each time");
    let late = ledger.void().concat().len();
    assert!(late > 0, "no writer slept and woke in the middle of something");
    say(&format!("{reigns} reigns, {late} records of writers that had been asleep, all void"));
}

impl Pair {
    fn start() -> Self {
        let broker = Broker::own();
        let below = Underneath::new(&broker.address, NewTopic::on_one_broker(1));
        let instance = || below.instance(&broker.address, "command,project,query", &[], &[]);
        let first = instance();
        until_ready(&first);
        let till = first.sign_up_as("sleepystore", &json!({"time_zone": NOON.zone}));
        furnish(&till);
        let instances = [first, instance()];
        Self { instances, owner: 0, till, below, _broker: broker }
    }

    fn falls_asleep_and_wakes(&mut self, table: i64) {
        let [sleeper, other] = [&self.instances[self.owner], &self.instances[1 - self.owner]];
        let till = self.till.at(sleeper);
        till.key(&key(table, "before")).order(table + 1, &[(1, 1)]).is(200);
        let old = self.writer();
        let boxes: [Mailbox; 5] = std::array::from_fn(|_| Mailbox::open(sleeper.address()));
        sleeper.signal("STOP");
        let asked = Asked::of(boxes, &till, table);
        let awake = self.till.at(other);
        // It becomes the owner when the other's lease has run out.
        until("the other one to take over", || {
            let paid = awake.key(&key(table, "paid")).pay(table + 1);
            if paid.status == 201 { Ok(()) } else { Err(paid.text()) }
        });
        for table in [table + 2, table + 3] {
            awake.order(table, &[(2, 1)]).is(200);
        }
        let taken_over_at = self.ends();
        sleeper.signal("CONT");
        asked.are_told_nothing_untrue();
        self.nothing_counts_of(old, taken_over_at);
        self.owner = 1 - self.owner;
    }

    /// Whose claim is in force.
    fn writer(&self) -> WriterId {
        let ledger = self.ledger();
        let counted = ledger.counted().concat();
        counted.iter().rfind(|(_, record)| record.kind == Kind::Claim).unwrap().1.writer
    }

    fn ends(&self) -> Position {
        let log = self.below.log();
        self.below.block_on(log::Log::current_end(log.as_ref(), Partition(0))).unwrap()
    }

    fn ledger(&self) -> Ledger {
        let log = self.below.log();
        self.below.block_on(Ledger::read(log.as_ref()))
    }

    fn nothing_counts_of(&self, old: WriterId, from: Position) {
        let ledger = self.ledger();
        let counted = ledger.counted().concat();
        let of_old = counted.iter().filter(|(place, record)| record.writer == old && place.position >= from);
        assert_eq!(of_old.count(), 0, "what a writer sent after it had slept counts");
    }
}

impl Asked {
    fn of(boxes: [Mailbox; 5], till: &Till, table: i64) -> Self {
        let [one, two, three, four, five] = boxes;
        let pay = |mailbox: Mailbox, table: i64, key: Option<&str>| {
            let body = json!({"table_no": table, "payment_type": "카드"}).to_string();
            mailbox.post(till, Letter { key, path: "/sales/", body: &body })
        };
        let order = json!({"table_no": table + 1, "carts": [{"item_id": 1, "quantity": 1}]}).to_string();
        let before = key(table, "before");
        let asked = Self {
            pays_again: pay(one, table + 1, None),
            pays_again_keyed: pay(two, table + 1, Some(&key(table, "again"))),
            pays: pay(three, table + 2, None),
            pays_keyed: pay(four, table + 3, Some(&key(table, "pays"))),
            paid_before: five.post(till, Letter { key: Some(&before), path: "/orders/", body: &order }),
        };
        let all = [&asked.pays_again, &asked.pays_again_keyed, &asked.pays, &asked.pays_keyed, &asked.paid_before];
        all.into_iter().for_each(Posted::delivered);
        asked
    }

    /// A definite answer may come from whoever owns the partition now, and is then what is true there.
    fn are_told_nothing_untrue(self) {
        for again in [self.pays_again, self.pays_again_keyed] {
            let outcome = again.outcome();
            assert!(status(&outcome).is_none_or(|status| status >= 400), "paid a second time: {outcome:?}");
        }
        for pays in [self.pays, self.pays_keyed] {
            let outcome = pays.outcome();
            assert!(status(&outcome).is_none_or(|status| status == 201), "refused from memory: {outcome:?}");
        }
        // A receipt for what counts may leave at any time.
        let outcome = self.paid_before.outcome();
        assert!(status(&outcome).is_none_or(|status| status == 200), "{outcome:?}");
    }
}

/// The status of a definite answer.
fn status(outcome: &Outcome) -> Option<u16> {
    if let Outcome::Answered(answer) = outcome { Some(answer.status) } else { None }
}

fn key(table: i64, what: &str) -> String {
    format!("{what}-{table}")
}
