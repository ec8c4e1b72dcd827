//! What can go wrong, picked by a seed, two things at a time.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use events::Partition;
use rand::seq::SliceRandom as _;
use rand::{Rng, RngExt as _};

use crate::chain::{BAD, COMMANDS, Chain, INSTANCES, PARTITIONS};
use crate::echo::resound;
use crate::proxy::Weather;

/// Something that goes wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An instance is killed, and started again.
    Kill(usize),
    /// An instance stands still for longer than its lease.
    Pause(usize),
    /// An instance stands still for longer than a record is tried to be delivered, and wakes up within its lease.
    Nap(usize),
    /// The broker stands still for about as long as a record is tried to be delivered.
    BrokerPause,
    /// The broker stands still for longer than a writer waits.
    LongBrokerPause,
    /// The broker is killed, and started again.
    BrokerKill,
    /// The database is killed, and started again.
    DatabaseKill,
    /// A partition's last records come once more.
    Echo(u32),
    /// The way between the bad instance and the broker is bad.
    Network(Weather),
}

/// What a fault falls on: two at a time fall on different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Instance(usize),
    Broker,
    Database,
    Network,
}

impl Fault {
    /// Each kind once, on an instance by chance, in an order by chance.
    pub(crate) fn deck(chance: &mut impl Rng) -> Vec<Self> {
        let mut deck = vec![
            Self::Kill(chance.random_range(0..COMMANDS)),
            Self::Kill(BAD),
            Self::Kill(chance.random_range(COMMANDS..INSTANCES)),
            Self::Pause(chance.random_range(0..COMMANDS)),
            Self::Pause(chance.random_range(0..COMMANDS)),
            Self::Nap(chance.random_range(0..COMMANDS)),
            Self::Nap(chance.random_range(0..COMMANDS)),
            Self::BrokerPause,
            Self::BrokerPause,
            Self::LongBrokerPause,
            Self::BrokerKill,
            Self::Echo(chance.random_range(0..PARTITIONS)),
            Self::Echo(chance.random_range(0..PARTITIONS)),
            Self::DatabaseKill,
            Self::Network(Weather::AnswersLost),
            Self::Network(Weather::RequestsHeld),
            Self::Network(Weather::Down),
        ];
        deck.shuffle(chance);
        deck
    }

    /// Its kind, as the run's last words name it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Kill(BAD) => "kills of the instance with the bad clock and network",
            Self::Kill(0..COMMANDS) => "kills of a command instance",
            Self::Kill(_) => "kills of another instance",
            Self::Pause(_) => "instances paused past their lease",
            Self::Nap(_) => "instances paused within their lease",
            Self::BrokerPause => "broker paused for about the message timeout",
            Self::LongBrokerPause => "broker paused for longer",
            Self::BrokerKill => "broker killed",
            Self::Echo(_) => "records sent once more",
            Self::DatabaseKill => "database killed",
            Self::Network(Weather::AnswersLost) => "answers lost",
            Self::Network(Weather::RequestsHeld) => "requests held back",
            Self::Network(_) => "network down",
        }
    }

    fn target(self) -> Target {
        match self {
            Self::Kill(instance) | Self::Pause(instance) | Self::Nap(instance) => Target::Instance(instance),
            Self::BrokerPause | Self::LongBrokerPause | Self::BrokerKill | Self::Echo(_) => Target::Broker,
            Self::DatabaseKill => Target::Database,
            Self::Network(_) => Target::Network,
        }
    }

    /// Whether it may fall on an append of which a part is on its way, if that is a large one.
    pub(crate) fn parts_appends(self) -> bool {
        matches!(self, Self::BrokerPause | Self::Nap(_))
    }

    /// Whether both can be there at once.
    pub(crate) fn goes_with(self, other: Self) -> bool {
        self.target() != other.target()
    }

    /// How long it lasts.
    pub(crate) fn lasts(self, chance: &mut impl Rng) -> Duration {
        let milliseconds = match self {
            Self::Kill(_) | Self::BrokerKill | Self::DatabaseKill => 0..4_000,
            // The lease is 6 s.
            Self::Pause(_) => 6_500..9_500,
            Self::Echo(_) => 0..1_000,
            Self::Nap(_) => 3_100..5_500,
            // A record is given up after 3 s, looked for once a second; a writer waits for 4 s.
            Self::BrokerPause => 2_300..3_800,
            Self::LongBrokerPause => 4_500..8_000,
            // Held back for longer than the lease, it arrives when another one writes.
            Self::Network(Weather::RequestsHeld) => 3_000..12_000,
            Self::Network(_) => 1_000..9_000,
        };
        Duration::from_millis(chance.random_range(milliseconds))
    }

    pub(crate) fn begin(self, chain: &mut Chain) {
        match self {
            Self::Kill(instance) => chain.kill(instance),
            Self::Pause(instance) | Self::Nap(instance) => chain.pause(instance),
            Self::BrokerPause | Self::LongBrokerPause => chain.broker().pause(),
            Self::BrokerKill => chain.broker().kill(),
            Self::Echo(partition) => resound(&chain.below.brokers, Partition(partition)),
            Self::DatabaseKill => chain.below.server.kill(),
            Self::Network(weather) => chain.proxy.becomes(weather),
        }
    }

    /// Ends it. An instance needs broker, database and network to start: it comes after them.
    pub(crate) fn end(self, chain: &mut Chain, chance: &mut impl Rng) {
        match self {
            Self::Kill(instance) => chain.restart(instance, chance.random_range(-48..=72)),
            Self::Pause(instance) | Self::Nap(instance) => chain.resume(instance),
            Self::BrokerPause | Self::LongBrokerPause => chain.broker().resume(),
            Self::BrokerKill => chain.broker().restart(),
            Self::Echo(_) => {}
            Self::DatabaseKill => chain.below.server.restart(),
            Self::Network(_) => chain.proxy.becomes(Weather::Fair),
        }
    }

    /// Whether it falls on an instance, and so ends after what does not.
    pub(crate) fn is_of_instance(self) -> bool {
        matches!(self.target(), Target::Instance(_))
    }
}

/// Lets a fault last: nothing in the chain or in its clients decides for how long.
pub(crate) fn last(moment: Duration) {
    let (_kept, nothing) = sync_channel::<()>(0);
    assert_eq!(nothing.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
}
