//! `salesync topic`: makes the topic that a chain's log is, or says what is wrong with it.

use anyhow::{Context as _, ensure};
use log::{CreateTopicError, KafkaLog, KafkaOptions, KafkaTopic, Log as _, NewTopic};

use crate::cli;
use crate::places::Places;
use crate::terminal;

/// Makes or checks; an error if it cannot be made, or is not as it must be.
pub async fn run(places: &Places, action: &cli::Topic) -> anyhow::Result<()> {
    let options = places.chain_log()?.clone();
    match action {
        cli::Topic::Create(new) => create(options, new).await,
        cli::Topic::Check => check(options).await,
    }
}

async fn create(options: KafkaOptions, new: &cli::NewTopic) -> anyhow::Result<()> {
    let address = options.address.clone();
    let new = NewTopic {
        partitions: new.partitions,
        replication: new.replicas,
        in_sync: new.in_sync.min(new.replicas),
        // Without a second copy an append has to be on the disk before it counts.
        flushed: new.replicas == 1,
    };
    let (partitions, replicas) = (new.partitions, new.replication);
    match KafkaTopic::new(options.clone()).create(new).await {
        Err(CreateTopicError::Exists(_)) => existing(options, partitions).await,
        made => {
            made.with_context(|| format!("{address} cannot be made"))?;
            terminal::line(&format!("{address} is made: {partitions} partitions, {replicas} replicas"))
        }
    }
}

/// Made already is as good as made, if it is what was asked for.
async fn existing(options: KafkaOptions, partitions: u32) -> anyhow::Result<()> {
    let address = options.address.clone();
    let log = KafkaLog::open(options).await.with_context(|| format!("{address} is there and not as a log must be"))?;
    let there = log.partitions();
    ensure!(there == partitions, "{address} is there already with {there} partitions, which cannot be changed");
    terminal::line(&format!("{address} is there already and as a log must be"))
}

async fn check(options: KafkaOptions) -> anyhow::Result<()> {
    let address = options.address.clone();
    KafkaLog::open(options).await.with_context(|| format!("{address} is not as a log must be"))?;
    terminal::line(&format!("{address} is as a log must be"))
}
