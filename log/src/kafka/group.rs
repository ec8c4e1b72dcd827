//! Who should try for a partition: a member of a consumer group that reads no record.
//!
//! ```text
//!   coordinator ──assigns──► assigned (watch) ──► the partition's writer ──confirm──► commit, with the address
//!        │                                                                                 │
//!        └──revokes──► assigned (watch) ──► the writer finishes ──let_go──► given back     └──► owner, for others
//! ```
//!
//! Nothing here is trusted for safety: the claim decides. A confirmation says that the coordinator still knew this
//! member after it was asked for, since it refuses the commit of one that it has put out; and what is committed is the
//! member's address, so that others learn whom the last confirmation was given to from the coordinator alone.

mod membership;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use events::Partition;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::{Mutex, Semaphore, oneshot, watch};

use self::membership::{Assigned, Membership};
use super::{KafkaAddress, KafkaSecurity, SecurityError, asking, clients};
use crate::port::LogError;

/// After how long without a sign of life the coordinator puts a member out, in milliseconds, unless told otherwise.
const SESSION_TIMEOUT_MS: u32 = 6_000;

/// How often a member gives a sign of life, in milliseconds.
const HEARTBEAT_MS: u32 = 300;

/// After how long without a poll the library itself leaves the group, in milliseconds. A revocation waits for less.
const POLL_MAX_MS: u32 = 15_000;

/// How long the coordinator is waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// How long what the coordinator said of the owners is believed.
const OWNERS_KEPT: Duration = Duration::from_secs(1);

/// How long it is believed when it has proved to be wrong.
const OWNERS_KEPT_MISTAKEN: Duration = Duration::from_millis(100);

/// How many confirmations and questions are under way at once. Each holds a thread that may block.
const ASKED_AT_ONCE: usize = 8;

/// Which group, and as whom.
#[derive(Debug, Clone)]
pub struct GroupOptions {
    /// The brokers, and the topic whose partitions are shared out.
    pub address: KafkaAddress,
    /// TLS and SASL.
    pub security: KafkaSecurity,
    /// The group's name.
    pub group: String,
    /// Where others reach this instance, as a URL.
    pub advertised: String,
    /// After how long without a sign of life its partitions are given to others, in milliseconds.
    pub session_timeout_ms: u32,
}

impl GroupOptions {
    /// The group of this name, without TLS and log-in.
    pub fn new(address: KafkaAddress, group: impl Into<String>, advertised: impl Into<String>) -> Self {
        let (security, session_timeout_ms) = (KafkaSecurity::default(), SESSION_TIMEOUT_MS);
        Self { address, security, group: group.into(), advertised: advertised.into(), session_timeout_ms }
    }
}

/// The group cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// TLS or SASL cannot be had as asked for.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// The client cannot be made.
    #[error(transparent)]
    Client(#[from] LogError),
}

/// Why an assignment is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// The partition is not, or no more, this member's.
    #[error("the partition is not assigned to this instance")]
    NotAssigned,
    /// The coordinator refuses: it has put this member out, or is sharing out anew.
    #[error("the group's coordinator refuses: {0}")]
    Refused(String),
    /// The coordinator did not answer in time.
    #[error("the group's coordinator did not answer in time")]
    Unanswered,
}

/// A member of a group.
pub struct Group {
    options: GroupOptions,
    assigned: Arc<Assigned>,
    /// Held by its thread alone, which closes it when it leaves.
    consumer: Weak<BaseConsumer<Membership>>,
    permits: Arc<Semaphore>,
    owners: Mutex<Option<Owners>>,
    leaving: Arc<AtomicBool>,
    left: Mutex<Option<oneshot::Receiver<()>>>,
}

/// Whom the partitions were last confirmed to, and when that was asked.
struct Owners {
    asked: Instant,
    /// By partition; empty for one that nobody has.
    advertised: Vec<String>,
}

impl Group {
    /// Joins. Partitions come by and by: see [`Self::assigned`].
    pub fn join(options: GroupOptions) -> Result<Self, GroupError> {
        Self::begin(options, true)
    }

    /// Looks at the group without being one of its members: nothing is ever assigned, but [`Self::owner`] answers.
    pub fn observe(options: GroupOptions) -> Result<Self, GroupError> {
        Self::begin(options, false)
    }

    fn begin(options: GroupOptions, member: bool) -> Result<Self, GroupError> {
        options.security.check()?;
        let assigned = Arc::new(Assigned::default());
        let membership = Membership::new(Arc::clone(&assigned));
        let config = membership::config(&options);
        let consumer: BaseConsumer<Membership> = clients::made(config.create_with_context(membership))?;
        if member {
            clients::made(consumer.subscribe(&[options.address.topic()]))?;
        }
        let (consumer, leaving) = (Arc::new(consumer), Arc::new(AtomicBool::new(false)));
        let asking = Arc::downgrade(&consumer);
        let left = membership::poll_until(&leaving, consumer)?;
        let permits = Arc::new(Semaphore::new(ASKED_AT_ONCE));
        let (owners, left) = (Mutex::new(None), Mutex::new(Some(left)));
        Ok(Self { options, assigned, consumer: asking, permits, owners, leaving, left })
    }

    /// The partitions that this member should try for, and each change. A revocation shows here first; the partition is
    /// given back once [`Self::let_go`] says so, or after three seconds. An assignment that was lost, because the
    /// session ran out, is gone at once.
    pub fn assigned(&self) -> watch::Receiver<Arc<BTreeSet<Partition>>> {
        self.assigned.watch()
    }

    /// Whatever this instance did with a revoked partition is finished: the next owner may have it.
    pub fn let_go(&self, partition: Partition) {
        self.assigned.let_go(partition);
    }

    /// Has the coordinator confirm, after this call began, that the partition is this member's to try for.
    pub async fn confirm(&self, partition: Partition) -> Result<(), NotConfirmed> {
        if !self.assigned.has(partition) {
            return Err(NotConfirmed::NotAssigned);
        }
        let (topic, advertised) = (self.options.address.topic().to_owned(), self.options.advertised.clone());
        let committed = self.ask(move |consumer| {
            let mut place = TopicPartitionList::new();
            let number = asking::number(partition).map_err(|error| KafkaError::Subscription(error.to_string()))?;
            place.add_partition_offset(&topic, number, Offset::Offset(0))?;
            place.find_partition(&topic, number).iter_mut().for_each(|place| place.set_metadata(&advertised));
            consumer.commit(&place, CommitMode::Sync)?;
            Ok(consumer.assignment_lost())
        });
        match committed.await.ok_or(NotConfirmed::Unanswered)? {
            Ok(false) if self.assigned.has(partition) => Ok(()),
            Ok(_) => Err(NotConfirmed::NotAssigned),
            Err(error) => Err(NotConfirmed::Refused(error.to_string())),
        }
    }

    /// Where the instance is reached that the partition was last confirmed to. A hint: it may be gone, and it says no
    /// when it is not the owner.
    pub async fn owner(&self, partition: Partition) -> Option<String> {
        let mut owners = self.owners.lock().await;
        if owners.as_ref().is_none_or(|known| known.asked.elapsed() > OWNERS_KEPT) {
            // Kept also if nobody answered: who asks next must not wait as long.
            *owners = Some(Owners { asked: Instant::now(), advertised: self.ask_owners(partition).await });
        }
        let advertised = owners.as_ref()?.advertised.get(partition.0 as usize)?;
        (!advertised.is_empty()).then(|| advertised.clone())
    }

    /// Whom [`Self::owner`] named was not the owner: it is asked anew, unless it was only just.
    pub fn mistaken(&self) {
        if let Ok(mut owners) = self.owners.try_lock()
            && owners.as_ref().is_some_and(|known| known.asked.elapsed() > OWNERS_KEPT_MISTAKEN)
        {
            *owners = None;
        }
    }

    /// Leaves the group, after its partitions were let go. Others get them at once.
    pub async fn leave(&self) {
        self.leaving.store(true, Ordering::SeqCst);
        if let Some(left) = self.left.lock().await.take() {
            // The sender falls with the thread, however it ends.
            let _ended = left.await;
        }
    }

    /// The addresses of partition 0 up to as many as the topic has.
    async fn ask_owners(&self, asked_for: Partition) -> Vec<String> {
        let topic = self.options.address.topic().to_owned();
        let asked = self.ask(move |consumer| {
            let metadata = consumer.fetch_metadata(Some(&topic), ANSWER_TIMEOUT)?;
            let partitions =
                metadata.topics().iter().find(|found| found.name() == topic).map_or(0, |t| t.partitions().len());
            let mut places = TopicPartitionList::new();
            for number in 0..i32::try_from(partitions).unwrap_or(0) {
                places.add_partition(&topic, number);
            }
            let committed = consumer.committed_offsets(places, ANSWER_TIMEOUT)?;
            let mut owners = vec![String::new(); partitions];
            for place in committed.elements() {
                let number = usize::try_from(place.partition()).unwrap_or(usize::MAX);
                if let Some(owner) = owners.get_mut(number) {
                    place.metadata().clone_into(owner);
                }
            }
            Ok(owners)
        });
        match asked.await {
            Some(Ok(owners)) => owners,
            Some(Err(error)) => {
                tracing::warn!(partition = asked_for.0, error = %error, "nobody says who owns the partition");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Asks on a thread that may block, and waits for a bounded time. A question that was given up ends by itself.
    async fn ask<T, Q>(&self, question: Q) -> Option<KafkaResult<T>>
    where
        T: Send + 'static,
        Q: FnOnce(&BaseConsumer<Membership>) -> KafkaResult<T> + Send + 'static,
    {
        let (consumer, permits) = (Weak::clone(&self.consumer), Arc::clone(&self.permits));
        let asked = async move {
            let permit = permits.acquire_owned().await.ok()?;
            let asked = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                // If the member has left meanwhile, this thread and not the runtime's closes it.
                consumer.upgrade().map(|consumer| question(&consumer))
            });
            asked.await.ok().flatten()
        };
        tokio::time::timeout(ANSWER_TIMEOUT, asked).await.ok().flatten()
    }
}

/// Whoever only drops it leaves too, without waiting for it.
impl Drop for Group {
    fn drop(&mut self) {
        self.leaving.store(true, Ordering::SeqCst);
    }
}
