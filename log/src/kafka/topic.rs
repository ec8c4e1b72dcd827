//! The topic that a log is: how it is made, and every setting that would one day lose a record.

use std::time::{Duration, Instant};

use rdkafka::admin::{self, AdminClient, AdminOptions, ConfigResource, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use super::asking::Asking;
use super::clients;
use super::{KafkaAddress, KafkaOptions};
use crate::port::LogError;

/// The largest batch that the topic must take, in bytes: the broker's own default, and room for what is sent.
const TOPIC_MESSAGE_MIN_BYTES: u64 = 1_048_588;

/// With fewer replicas than this, one machine that fails can take the log with it.
const REPLICAS_MIN: usize = 3;

/// Without so many replicas that have a record, it does not count as appended.
const IN_SYNC_MIN: u64 = 2;

/// How long an administrator's request may take.
const ADMIN_TIMEOUT: Duration = Duration::from_secs(15);

/// The pause before it is looked again whether a new topic is there.
const MADE_PAUSE: Duration = Duration::from_millis(20);

/// The settings that a log cannot do without: name, and what they must be.
const SETTINGS: [(&str, &str); 5] = [
    ("cleanup.policy", "delete"),
    ("retention.ms", "-1"),
    ("retention.bytes", "-1"),
    ("unclean.leader.election.enable", "false"),
    ("message.timestamp.type", "LogAppendTime"),
];

/// What a new topic is like. It is never altered afterwards: `salesync move` copies a log to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTopic {
    /// Into how many partitions it is divided, for good.
    pub partitions: u32,
    /// How many brokers have each record.
    pub replication: u16,
    /// How many of them must have it before it counts as appended.
    pub in_sync: u16,
    /// Whether each append reaches the disk before it is reported. Replicas make that unnecessary; without them a power
    /// cut takes what was acknowledged last.
    pub flushed: bool,
}

impl Default for NewTopic {
    fn default() -> Self {
        Self { partitions: 32, replication: 3, in_sync: 2, flushed: false }
    }
}

impl NewTopic {
    /// For a single broker: one replica, and every append on its disk before it is reported.
    pub fn on_one_broker(partitions: u32) -> Self {
        Self { partitions, replication: 1, in_sync: 1, flushed: true }
    }
}

/// What is wrong with a topic: the setting, what it is, what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicFault {
    /// It is not there.
    #[error("there is no topic {topic}: make it with `salesync topic create`")]
    Missing {
        /// Its name.
        topic: String,
    },
    /// A setting with one right value has another.
    #[error("the topic's setting {setting} is {is} and must be {must}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What it is.
        is: String,
        /// What it must be.
        must: &'static str,
    },
    /// Larger records would be refused in mid-service.
    #[error("the topic's setting max.message.bytes is {is} and must be at least {must}")]
    MaxMessageBytes {
        /// What it is.
        is: String,
        /// What it must be at least.
        must: u64,
    },
    /// A record that only one broker has would count as appended.
    #[error("the topic's setting min.insync.replicas is {is} and must be at least {must}")]
    MinInSyncReplicas {
        /// What it is.
        is: String,
        /// What it must be at least.
        must: u64,
    },
    /// It compresses in a way that this program does not read.
    #[error("the topic's setting compression.type is {is} and must be producer, uncompressed, lz4 or snappy")]
    Compression {
        /// What it is.
        is: String,
    },
    /// Too few brokers have a copy.
    #[error(
        "partition {partition} has a replication factor of {is} and must have at least {must}; one replica will do with --allow-single-replica"
    )]
    Replication {
        /// The partition.
        partition: usize,
        /// How many replicas it has.
        is: usize,
        /// How many it must have at least.
        must: usize,
    },
    /// Partitions were added, or this is the topic of another log: keys would be on other partitions than their past.
    #[error("the topic has {is} partitions and must have {must}, which the log was begun with")]
    Partitions {
        /// How many it has.
        is: u32,
        /// How many the log was begun with.
        must: u32,
    },
    /// Records at the beginning have been deleted.
    #[error("partition {partition} begins at {first} and must begin at 0: records of the log have been deleted")]
    Beginning {
        /// The partition.
        partition: u32,
        /// The first position that is there.
        first: u64,
    },
}

/// A topic is not as it must be, or nobody can say.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// It is not as it must be.
    #[error(transparent)]
    Fault(#[from] TopicFault),
    /// The brokers cannot be asked now; asking again later may help.
    #[error("the brokers cannot be asked for the topic: {0}")]
    Unavailable(String),
    /// What stands in it is no log.
    #[error("the topic holds no log: {0}")]
    NoLog(LogError),
}

/// A topic could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateTopicError {
    /// The brokers cannot be asked now; whether it was made shows when one asks again.
    #[error("the brokers cannot be asked to make the topic: {0}")]
    Unavailable(String),
    /// The brokers refuse to make it.
    #[error("the brokers refuse to make the topic: {0}")]
    Refused(String),
    /// It is there already.
    #[error("there is a topic {0} already; nothing was changed")]
    Exists(String),
}

/// The topic at an address.
pub struct KafkaTopic {
    options: KafkaOptions,
}

impl KafkaTopic {
    /// The topic that these options speak of.
    pub fn new(options: KafkaOptions) -> Self {
        Self { options }
    }

    /// Makes it, with every setting that a log needs.
    pub async fn create(&self, new: NewTopic) -> Result<(), CreateTopicError> {
        let (topic, in_sync) = (self.address().topic(), new.in_sync.to_string());
        let partitions = i32::try_from(new.partitions).map_err(|error| CreateTopicError::Refused(error.to_string()))?;
        let replication = TopicReplication::Fixed(new.replication.into());
        let largest = TOPIC_MESSAGE_MIN_BYTES.to_string();
        let mut wanted = admin::NewTopic::new(topic, partitions, replication)
            .set("min.insync.replicas", &in_sync)
            .set("max.message.bytes", &largest)
            .set("compression.type", "producer");
        for (name, value) in SETTINGS {
            wanted = wanted.set(name, value);
        }
        if new.flushed {
            wanted = wanted.set("flush.messages", "1");
        }
        let client = self.admin().map_err(CreateTopicError::Unavailable)?;
        let made = client.create_topics([&wanted], &admin_options()).await;
        clients::close(client);
        let refused = |error: &dyn ToString| CreateTopicError::Refused(error.to_string());
        match made.map_err(|error| CreateTopicError::Unavailable(error.to_string()))?.pop() {
            Some(Ok(_)) => self.await_made().await,
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Err(CreateTopicError::Exists(topic.to_owned())),
            Some(Err((_, code))) => Err(refused(&code)),
            None => Err(refused(&"they gave no answer")),
        }
    }

    /// Waits until the brokers show the topic that they have made, and its leaders: they tell one another.
    async fn await_made(&self) -> Result<(), CreateTopicError> {
        let unavailable = |error: &dyn ToString| CreateTopicError::Unavailable(error.to_string());
        let asking = Asking::new(&self.options).map_err(|error| unavailable(&error))?;
        let asked = Instant::now();
        loop {
            match asking.layout().await {
                Ok(layout) if layout.led => return Ok(()),
                Err(TopicError::Unavailable(why)) => return Err(CreateTopicError::Unavailable(why)),
                _ if asked.elapsed() > ADMIN_TIMEOUT => return Err(unavailable(&"it is made, and has no leaders yet")),
                _ => tokio::time::sleep(MADE_PAUSE).await,
            }
        }
    }

    /// Everything that is wrong with it, as far as the topic itself tells. What the log in it says, its number of
    /// partitions and its beginning, is checked by [`KafkaLog::check`](super::KafkaLog::check).
    pub async fn faults(&self) -> Result<Vec<TopicFault>, TopicError> {
        let unavailable = |error: LogError| TopicError::Unavailable(error.to_string());
        let asking = Asking::new(&self.options).map_err(unavailable)?;
        let layout = match asking.layout().await {
            Err(TopicError::Fault(missing)) => return Ok(vec![missing]),
            layout => layout?,
        };
        let client = self.admin().map_err(TopicError::Unavailable)?;
        let asked = [ResourceSpecifier::Topic(self.address().topic())];
        let described = client.describe_configs(&asked, &admin_options()).await;
        clients::close(client);
        let described = described.map_err(|error| TopicError::Unavailable(error.to_string()))?.pop();
        let no_answer = || TopicError::Unavailable("they gave no settings".to_owned());
        let settings = described.ok_or_else(no_answer)?.map_err(|code| TopicError::Unavailable(code.to_string()))?;
        let mut faults = self.settings_faults(&settings);
        faults.extend(self.replication_faults(&layout.replicas));
        Ok(faults)
    }

    /// The first of [`Self::faults`], as an error.
    pub async fn check(&self) -> Result<(), TopicError> {
        match self.faults().await?.into_iter().next() {
            Some(fault) => Err(fault.into()),
            None => Ok(()),
        }
    }

    /// Where it is.
    pub fn address(&self) -> &KafkaAddress {
        &self.options.address
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>, String> {
        let client = clients::made(clients::any(&self.options).create());
        client.map_err(|error| error.to_string())
    }

    fn settings_faults(&self, settings: &ConfigResource) -> Vec<TopicFault> {
        let of = |name: &str| {
            let value = settings.get(name).and_then(|entry| entry.value.clone());
            value.unwrap_or_else(|| "not told".to_owned())
        };
        let fixed = SETTINGS.iter().map(|(setting, must)| {
            let is = of(setting);
            (is != *must).then_some(TopicFault::Setting { setting, is, must })
        });
        let below = |is: &str, must: u64| is.parse::<u64>().map_or(true, |is| is < must);
        let largest = of("max.message.bytes");
        let largest = below(&largest, TOPIC_MESSAGE_MIN_BYTES)
            .then_some(TopicFault::MaxMessageBytes { is: largest, must: TOPIC_MESSAGE_MIN_BYTES });
        let must = if self.options.allow_single_replica { 1 } else { IN_SYNC_MIN };
        let in_sync = of("min.insync.replicas");
        let in_sync = below(&in_sync, must).then_some(TopicFault::MinInSyncReplicas { is: in_sync, must });
        let compression = of("compression.type");
        let readable = ["producer", "uncompressed", "lz4", "snappy"].contains(&compression.as_str());
        let compression = (!readable).then_some(TopicFault::Compression { is: compression });
        fixed.chain([largest, in_sync, compression]).flatten().collect()
    }

    fn replication_faults(&self, replicas: &[usize]) -> Option<TopicFault> {
        let must = if self.options.allow_single_replica { 1 } else { REPLICAS_MIN };
        let (partition, is) = replicas.iter().copied().enumerate().find(|(_, is)| *is < must)?;
        Some(TopicFault::Replication { partition, is, must })
    }
}

fn admin_options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ADMIN_TIMEOUT)).operation_timeout(Some(ADMIN_TIMEOUT))
}
