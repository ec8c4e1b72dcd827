//! The chain that is tormented: six instances, a store on every partition, and what is gathered when a run is over.

use std::sync::Arc;
use std::time::Duration;

use events::{Partition, StoreId};
use log::NewTopic;
use serde_json::json;

use crate::cafe::{furnish, furnish_long};
use crate::checker::Evidence;
use crate::clock::Clock;
use crate::door::{Door, Manners};
use crate::gauge::Appends;
use crate::harness::{Broker, NOON, Node, Server, Till};
use crate::history::History;
use crate::patience::until_ready;
use crate::proxy::Proxy;
use crate::underneath::Underneath;

/// Into how many partitions the topic is divided.
pub(crate) const PARTITIONS: u32 = 6;
/// What each instance does. The tills turn to the first [`OPEN`] of them.
const ROLES: [&str; 6] = ["command", "command", "command", "query", "project", "project"];
/// How many of the instances write partitions: the first of them.
pub(crate) const COMMANDS: usize = 3;
/// How many of them take commands from tills.
const OPEN: usize = 4;
/// How many instances there are.
pub(crate) const INSTANCES: usize = ROLES.len();
/// The one whose clock is wrong and whose way to the broker leads through the proxy.
pub(crate) const BAD: usize = COMMANDS - 1;
/// The store with a long menu.
pub(crate) const FEASTS: usize = 0;
/// The one that answers queries.
const QUERY: usize = 3;
/// Kafka's client gives up a record after so long, so that the broker's pauses of about as long fall on it.
const MESSAGE_TIMEOUT_MS: &str = "3000";
/// How patient the tills are: the hurried ones less than an instance, so that they ask another one while the first still
/// tries; the others more, so that they are told what an instance has to say.
const MANNERS: Manners = Manners {
    answer: Duration::from_secs(12),
    command: Duration::from_mins(10),
    hurried: Some(Duration::from_secs(3)),
};

/// A chain at work.
pub(crate) struct Chain {
    instances: Vec<Server>,
    pub(crate) stores: Vec<Till>,
    pub(crate) door: Arc<Door>,
    pub(crate) appends: Appends,
    pub(crate) proxy: Proxy,
    clock: Clock,
    broker: Broker,
    pub(crate) below: Underneath,
}

impl Chain {
    /// Starts all of it, with a furnished store on every partition.
    pub(crate) fn start() -> Self {
        let proxy = Proxy::listen();
        let broker = Broker::behind(proxy.port);
        proxy.lead_to(broker.detour.unwrap());
        let below = Underneath::new(&broker.address, NewTopic::on_one_broker(PARTITIONS));
        let clock = Clock::new();
        let detour = format!("127.0.0.1:{}", proxy.port);
        let start = |instance: usize| {
            let args = ["--message-timeout-ms", MESSAGE_TIMEOUT_MS, "--log-filter", "info,access=off,log=debug"];
            let environment = if instance == BAD { clock.environment() } else { Vec::new() };
            let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let brokers = if instance == BAD { &detour } else { &broker.address };
            below.instance(brokers, ROLES[instance], &args, &environment)
        };
        // Those that project make the read models, which the others wait for.
        let mut instances: Vec<Server> = (OPEN..INSTANCES).map(start).collect();
        instances.splice(0..0, (0..OPEN).map(start));
        let door = Arc::new(Door::with(MANNERS));
        let appends = Appends::of(INSTANCES);
        let mut chain = Self { instances, stores: Vec::new(), door, appends, proxy, clock, broker, below };
        chain.instances.iter().for_each(until_ready);
        chain.stores = (0..PARTITIONS).map(|partition| chain.open_store(Partition(partition))).collect();
        furnish_long(&chain.stores[FEASTS]);
        (0..OPEN).for_each(|instance| chain.door.place(instance, Some(chain.instances[instance].address())));
        chain
    }

    fn open_store(&self, partition: Partition) -> Till {
        let on = |name: &String| log::partition_of_store(StoreId::of_username(name), PARTITIONS) == partition;
        let name = (0..u32::MAX).map(|n| format!("chainstore{n}")).find(on).unwrap();
        let till = self.instances[QUERY].sign_up_as(&name, &json!({"time_zone": NOON.zone}));
        furnish(&till);
        till
    }

    /// kill -9.
    pub(crate) fn kill(&mut self, instance: usize) {
        self.read_appends(instance);
        self.appends.begin_anew(instance);
        self.instances[instance].kill();
        self.place(instance, false);
    }

    /// Serves again after a kill, the bad one with its clock so wrong.
    pub(crate) fn restart(&mut self, instance: usize, hours: i64) {
        if instance == BAD {
            self.clock.set(hours);
        }
        self.instances[instance].run();
        self.place(instance, true);
    }

    /// Waits until every instance says that it is ready: that all partitions are somebody's and are written.
    pub(crate) fn recovers(&self) {
        self.instances.iter().for_each(until_ready);
    }

    /// Stops an instance in mid-work.
    pub(crate) fn pause(&self, instance: usize) {
        self.instances[instance].pause();
    }

    /// Lets it go on.
    pub(crate) fn resume(&self, instance: usize) {
        self.instances[instance].resume();
    }

    fn place(&self, instance: usize, there: bool) {
        if instance < OPEN {
            self.door.place(instance, there.then(|| self.instances[instance].address()));
        }
    }

    pub(crate) fn broker(&self) -> &Node {
        self.broker.own.as_ref().unwrap()
    }

    /// Reads of all instances how many appends have failed so far.
    pub(crate) fn read_all_appends(&mut self) {
        (0..COMMANDS).for_each(|instance| self.read_appends(instance));
    }

    fn read_appends(&mut self, instance: usize) {
        self.appends.read(instance, self.instances[instance].admin_address());
    }

    /// Everything that there is to check, once all is quiet: every instance is ready, every partition is written, and
    /// the views have reached the log's end.
    pub(crate) fn evidence(&self, history: History) -> Evidence {
        self.recovers();
        for store in &self.stores {
            store.at(&self.instances[QUERY]).order(501, &[(1, 1)]).is(200);
        }
        self.below.evidence(&self.instances[QUERY], &self.stores, history)
    }

    /// What all instances wrote to their logs, for who looks into a failure.
    pub(crate) fn logs(&self) -> Vec<String> {
        self.instances.iter().map(Server::log).collect()
    }
}
