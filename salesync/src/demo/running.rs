//! `salesync demo`: the history's commands through the real writer, at the speed of the log.
//!
//! Time and ids come from the plan, so the same plan makes the same log, byte for byte. Each command has a key, so a
//! demo that was cut off is finished by running it again: what stands already is answered, the rest is decided.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use chrono::NaiveDate;
use command_api::{Authority, Key, Reply, Request, Writers};
use domain::Command;
use events::{Actor, Digest, EventId, Partition, Position};
use indicatif::ProgressBar;
use log::Log as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;
use web::{Clock, Freshness, Ids, Passwords};

use super::{End, History, PASSWORD, Plan, Step};
use crate::ambient::{SystemClock, SystemIds};
use crate::chain::Chain;
use crate::cli::{Demo, Role};
use crate::folder::{Folder, Held};
use crate::places::{ChainPlaces, Places};
use crate::shop::{PARTITION, Shop};
use crate::terminal;

/// Commands that wait for their answers at once.
const UNDER_WAY: usize = 4_096;
/// How long it may take until all partitions are the demo's.
const ALL_PARTITIONS_WAIT: Duration = Duration::from_mins(1);
/// How long the read models may take to come to the log's end.
const VIEWS_WAIT: Duration = Duration::from_mins(30);

/// What a folder says of its demo: `DATA/demo.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    sales: u64,
    days: u32,
    stores: u32,
    seed: u64,
    until: NaiveDate,
    hours: u32,
    finished: bool,
}

/// Ids drawn from a seed.
struct Seeded(Mutex<ChaCha8Rng>);

impl Ids for Seeded {
    fn uuid(&self) -> Uuid {
        let drawn: u128 = self.0.lock().unwrap_or_else(PoisonError::into_inner).random();
        uuid::Builder::from_random_bytes(drawn.to_be_bytes()).into_uuid()
    }

    fn salt(&self) -> [u8; 16] {
        self.uuid().into_bytes()
    }
}

impl Seeded {
    fn new(seed: u64, stream: u64) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(stream);
        Self(Mutex::new(chance))
    }
}

/// Makes the demo, or finishes it; where it is finished, all is left as it is. Of a chain's demo too the data folder says
/// which one it is.
pub async fn run(places: &Places, data: &Path, options: &Demo) -> anyhow::Result<()> {
    let folder = Folder::at(data).hold()?;
    let wanted = marker(options);
    let made: Option<Marker> = read(&folder)?;
    if let Some(made) = made.as_ref().filter(|made| made.finished) {
        terminal::line(&format!("the demo of {} sales up to {} is here already", made.sales, made.until))?;
        return Ok(());
    }
    if made.is_none() {
        refuse_another_history(places, &folder).await?;
    }
    // What was begun is finished as it was begun.
    let plan = made.unwrap_or(wanted);
    write(&folder, &plan)?;
    match places {
        Places::Folder(_) => into_folder(&folder, &plan).await?,
        Places::Chain(chain) => into_chain(chain, &plan).await?,
    }
    write(&folder, &Marker { finished: true, ..plan })
}

async fn refuse_another_history(places: &Places, folder: &Held) -> anyhow::Result<()> {
    let Places::Chain(chain) = places else {
        ensure!(
            !folder.log().exists(),
            "{} holds a history that is no demo's: give the demo a folder of its own with --data",
            folder.root().display()
        );
        return Ok(());
    };
    let log = chain.open_log().await?;
    for partition in (0..log.partitions()).map(Partition) {
        let end = log.current_end(partition).await?;
        ensure!(
            end == Position(0),
            "{} holds a history that is no demo's: give the demo a topic of its own",
            chain.log.address
        );
    }
    Ok(())
}

async fn into_folder(folder: &Held, plan: &Marker) -> anyhow::Result<()> {
    let begun = std::fs::metadata(folder.log()).map_or(0, |log| log.len());
    let ids = Arc::new(Seeded::new(plan.seed, begun));
    let shop = Shop::open(folder, Arc::new(SystemClock), ids).await?;
    book(&shop.writers, plan).await?;
    let end = shop.log.current_end(PARTITION).await?;
    project(shop.freshness.as_ref(), &[end]).await?;
    let progress = shop.projector.progress().borrow().clone();
    ensure!(progress.stopped.is_empty(), "a projection stopped: {:?}", progress.stopped);
    shop.close().await
}

/// As an instance among the others, if there are any: it is given all partitions, or none of the demo is made.
async fn into_chain(places: &ChainPlaces, plan: &Marker) -> anyhow::Result<()> {
    let ids = Arc::new(SystemIds);
    let mut chain =
        Chain::open(places, (&[Role::Command, Role::Project], "http://demo"), (Arc::new(SystemClock), ids), None)
            .await?;
    let all = async {
        for mut writer in chain.writers.statuses() {
            writer.wait_for(|status| status.home().is_some()).await.context("a writer ended")?;
        }
        anyhow::Ok(())
    };
    match tokio::time::timeout(ALL_PARTITIONS_WAIT, all).await {
        Ok(served) => served?,
        Err(_) => bail!("other instances hold partitions of {}: stop them while the demo is made", places.log.address),
    }
    book(&chain.writers, plan).await?;
    let mut ends = Vec::new();
    for partition in (0..chain.log.partitions()).map(Partition) {
        ends.push(chain.log.current_end(partition).await?);
    }
    project(chain.announced.as_ref(), &ends).await?;
    let stopped: Vec<_> = chain.projecting.progress().into_iter().flat_map(|progress| progress.stopped).collect();
    ensure!(stopped.is_empty(), "a projection stopped: {stopped:?}");
    chain.hand_over().await;
    chain.close().await;
    Ok(())
}

/// Sends the whole history in order, with a bounded number of commands under way.
async fn book(writers: &Writers, made: &Marker) -> anyhow::Result<()> {
    let ids = Seeded::new(made.seed, u64::MAX);
    let hash = Passwords::new(1).hash(PASSWORD, ids.salt()).await.context("the demo password cannot be hashed")?;
    let plan = Plan {
        sales: made.sales,
        days: made.days,
        stores: made.stores,
        seed: made.seed,
        end: End { date: made.until, hours: made.hours },
    };
    let bar = terminal::bar(made.sales, "sales booked")?;
    let mut under_way: VecDeque<(bool, oneshot::Receiver<Reply>)> = VecDeque::with_capacity(UNDER_WAY);
    for (nth, step) in History::new(&plan, &hash).enumerate() {
        let pays = matches!(step.command, Command::PayTab(_));
        // A void waits for its sale to be read back, and what is sent after it must not be decided before it.
        let waits = matches!(step.command, Command::VoidSale(_));
        let reply = writers.enqueue(request(nth, step, &ids)).await.context("the writer takes no command")?;
        under_way.push_back((pays, reply));
        while under_way.len() >= if waits { 1 } else { UNDER_WAY } {
            answered(&mut under_way, &bar).await?;
        }
    }
    while !under_way.is_empty() {
        answered(&mut under_way, &bar).await?;
    }
    bar.finish();
    Ok(())
}

fn request(nth: usize, step: Step, ids: &Seeded) -> Request {
    let text = format!("demo-{nth}");
    let authority = match &step.command {
        Command::RegisterStore(_) => Authority::Open,
        _ => Authority::Token { jti: Uuid::nil(), cv: 0 },
    };
    Request {
        id: EventId(ids.uuid()),
        store: step.store,
        key: Some(Key { digest: Digest::of(&[text.as_bytes()]), text }),
        authority,
        actor: Actor::Demo,
        at: step.at,
        command: step.command,
    }
}

async fn answered(under_way: &mut VecDeque<(bool, oneshot::Receiver<Reply>)>, bar: &ProgressBar) -> anyhow::Result<()> {
    let Some((pays, reply)) = under_way.pop_front() else { return Ok(()) };
    match reply.await.context("the writer ended")? {
        Reply::Answered(answered) if answered.answer.status < 300 => {
            bar.inc(u64::from(pays));
            Ok(())
        }
        Reply::Answered(answered) => {
            bail!("a demo command was refused: {}", String::from_utf8_lossy(&answered.answer.body))
        }
        other => bail!("a demo command was not taken: {other:?}; run it again to go on"),
    }
}

/// Waits until the read models show everything before these ends.
async fn project(freshness: &dyn Freshness, ends: &[Position]) -> anyhow::Result<()> {
    let bar = terminal::bar(ends.iter().map(|end| end.0).sum(), "records in the read models")?;
    for (partition, end) in (0..).map(Partition).zip(ends) {
        if let Some(last) = end.0.checked_sub(1) {
            ensure!(
                freshness.reached(partition, Position(last), VIEWS_WAIT).await,
                "the read models do not get to the log's end: a projection has stopped, or nobody projects"
            );
        }
        bar.inc(end.0);
    }
    bar.finish();
    Ok(())
}

fn marker(options: &Demo) -> Marker {
    let end = options.until.map_or_else(|| End::at(SystemClock.now()), End::of_day);
    Marker {
        sales: options.sales,
        days: options.days,
        stores: options.stores,
        seed: options.seed,
        until: end.date,
        hours: end.hours,
        finished: false,
    }
}

fn read(folder: &Held) -> anyhow::Result<Option<Marker>> {
    match std::fs::read(folder.demo()) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).context("demo.json is not what a demo leaves")?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("demo.json cannot be read"),
    }
}

fn write(folder: &Held, marker: &Marker) -> anyhow::Result<()> {
    let begun = folder.demo().with_extension("new");
    std::fs::write(&begun, serde_json::to_vec(marker)?)
        .and_then(|()| std::fs::rename(&begun, folder.demo()))
        .context("demo.json cannot be written")
}
