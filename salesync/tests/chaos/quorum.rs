//! Three brokers, and a partition whose leader is cut off from the other two together with the partition's writer: what
//! that one remembers reaches nobody while the others go on without it.
//!
//! Each side stands still while the other one runs, with their connections open and silent. To each side that is what
//! a cut between them is: nothing comes from over there, and nobody says that nothing will.

use std::time::Duration;

use events::Stamp;
use log::NewTopic;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::json;

use crate::alone;
use crate::cafe::furnish;
use crate::harness::{Cluster, NOON, Node, Server, Till};
use crate::history::Outcome;
use crate::mailbox::{Letter, Mailbox, Posted};
use crate::patience::{until, until_ready};
use crate::underneath::{TOPIC, Underneath};

/// How long the brokers are asked for the leader.
const ASK: Duration = Duration::from_secs(10);

/// A request under a key that is asked again when all is well, and what must be said then.
struct Question {
    key: &'static str,
    path: &'static str,
    body: String,
    truth: u16,
}

/// Two instances on three brokers.
struct Sides {
    /// The writer, and the other instance.
    instances: [Server; 2],
    leader: usize,
    cluster: Cluster,
    till: Till,
    below: Underneath,
}

#[test]
fn a_writer_that_is_cut_off_with_its_leader_says_nothing_definite_while_the_others_go_on() {
    let _alone = alone();
    let sides = Sides::start();
    let (here, there) = (sides.till.at(&sides.instances[0]), sides.till.at(&sides.instances[1]));
    here.key("a-tab").order(1, &[(1, 1)]).is(200);

    sides.let_run(0);
    let at_first = [order("alone", 4), refused("refused-alone")];
    let posted = at_first.each_ref().map(|question| (question.post(&here), question.without_key(&here)));
    posted.into_iter().for_each(|(keyed, bare)| [keyed, bare].into_iter().for_each(says_nothing_definite));

    let boxes: Vec<Mailbox> = (0..7).map(|_| Mailbox::open(here.address)).collect();
    sides.let_run(1);
    until("the others to go on", || {
        let paid = there.key("paid-elsewhere").pay(1);
        if paid.status == 201 { Ok(()) } else { Err(paid.text()) }
    });
    until("a tab over there", || {
        let placed = there.key("a-tab-elsewhere").order(2, &[(2, 1)]);
        if placed.status == 200 { Ok(()) } else { Err(placed.text()) }
    });
    // The writer remembers a tab that was paid, none where there is one, and nothing of what was refused.
    let later = [pay("pays-again", 1, 409), pay("pays", 2, 201), refused("refused-later")];
    let mut boxes = boxes.into_iter();
    let posted: Vec<Posted> = later
        .iter()
        .flat_map(|question| [(question, Some(question.key)), (question, None)])
        .map(|(question, key)| question.into(boxes.next().unwrap(), key, &here))
        .collect();
    posted.iter().for_each(Posted::delivered);

    sides.let_run(0);
    posted.into_iter().for_each(says_nothing_definite);

    sides.heal();
    at_first.iter().chain(&later).for_each(|question| sides.is_told_the_truth(question));
}

impl Sides {
    fn start() -> Self {
        let cluster = Cluster::own();
        let below = Underneath::new(&cluster.address, NewTopic { partitions: 1, ..NewTopic::default() });
        let instance = || below.instance(&cluster.address, "command,project,query", &[], &[]);
        let first = instance();
        until_ready(&first);
        let till = first.sign_up_as("cutoffstore", &json!({"time_zone": NOON.zone}));
        furnish(&till);
        let instances = [first, instance()];
        until_ready(&instances[1]);
        let leader = leader(&cluster.address);
        Self { instances, leader, cluster, till, below }
    }

    /// One side stands still, then the other one goes on: the writer with its leader, or the rest.
    fn let_run(&self, side: usize) {
        self.each_of(1 - side, Node::pause, Server::pause);
        self.each_of(side, Node::resume, Server::resume);
    }

    fn heal(&self) {
        for side in [0, 1] {
            self.each_of(side, Node::resume, Server::resume);
        }
    }

    fn each_of(&self, side: usize, node: fn(&Node), instance: fn(&Server)) {
        let of_side = |(at, _): &(usize, &Node)| (*at == self.leader) == (side == 0);
        self.cluster.nodes.iter().enumerate().filter(of_side).for_each(|(_, each)| node(each));
        instance(&self.instances[side]);
    }

    /// Asked again by its key, it is answered as it stands; and it stands once.
    fn is_told_the_truth(&self, question: &Question) {
        let till = self.till.at(&self.instances[1]).key(question.key);
        let answer = until("an answer", || {
            let answer = till.send("POST", question.path, Some(question.body.as_bytes()));
            let definite = answer.status < 500;
            assert!(!definite || answer.status == question.truth, "{}: {}", question.key, answer.text());
            let logs = || self.instances.each_ref().map(Server::log).join("\n\n");
            if definite { Ok(answer) } else { Err(format!("{}\n{}", answer.text(), logs())) }
        });
        let stamp: Stamp = answer.header("salesync-position").unwrap().parse().unwrap();
        let carriers = self.below.ledger_beyond(stamp.partition, stamp.position).carriers();
        let times = carriers.iter().filter(|((_, key), _)| key == question.key).map(|(_, at)| at.len()).sum::<usize>();
        assert_eq!(times, 1, "{}", question.key);
    }
}

impl Question {
    fn post(&self, till: &Till) -> Posted {
        self.into(Mailbox::open(till.address), Some(self.key), till)
    }

    fn without_key(&self, till: &Till) -> Posted {
        self.into(Mailbox::open(till.address), None, till)
    }

    fn into(&self, mailbox: Mailbox, key: Option<&str>, till: &Till) -> Posted {
        mailbox.post(till, Letter { key, path: self.path, body: &self.body })
    }
}

fn order(key: &'static str, table: i64) -> Question {
    let body = json!({"table_no": table, "carts": [{"item_id": 1, "quantity": 1}]}).to_string();
    Question { key, path: "/orders/", body, truth: 200 }
}

/// Of something that is not on the menu.
fn refused(key: &'static str) -> Question {
    let body = json!({"table_no": 5, "carts": [{"item_id": 99, "quantity": 1}]}).to_string();
    Question { key, path: "/orders/", body, truth: 404 }
}

fn pay(key: &'static str, table: i64, truth: u16) -> Question {
    let body = json!({"table_no": table, "payment_type": "카드"}).to_string();
    Question { key, path: "/sales/", body, truth }
}

fn says_nothing_definite(posted: Posted) {
    let outcome = posted.outcome();
    assert!(!matches!(outcome, Outcome::Answered(_)), "said by who was cut off: {outcome:?}");
}

/// The place of the broker that leads the one partition.
fn leader(brokers: &str) -> usize {
    let client: BaseConsumer = ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let metadata = client.fetch_metadata(Some(TOPIC), ASK).unwrap();
    let leader = metadata.topics()[0].partitions()[0].leader();
    usize::try_from(leader - 1).unwrap()
}
