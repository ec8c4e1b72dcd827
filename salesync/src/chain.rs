//! An instance of a chain at work: its share of the writers and projectors, and what it knows of the others'.
//!
//! ```text
//!   group TOPIC-writers ────► which partitions this instance writes ──► writers ──► Kafka
//!                                       └──► a reactor beside each writer ──► advice, messages
//!   group TOPIC-projectors ─► which it projects ──► projectors ──► PostgreSQL ──NOTIFY──► every instance's freshness
//! ```

pub mod announced;
pub mod condition;
pub mod members;
pub mod projecting;
pub mod reacting;
pub mod snapshots;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use command_api::{Membership, WriterOptions, Writers};
use events::{Partition, Position};
use futures::future::try_join_all;
use log::{Group, GroupOptions, KafkaLog, Log};
use migrations::{SnapshotRows, Views, ViewsError};
use query_api::SessionTable;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::info;
use web::{Clock, Ids};

use self::announced::Announced;
use self::condition::{ChainCondition, Probed};
use self::members::{Members, Onlooker};
use self::projecting::Projecting;
use self::reacting::Reacting;
use self::snapshots::SharedSnapshots;
use crate::cli::{self, Role};
use crate::consequences::{Consequences, Others, Services};
use crate::health::Watched;
use crate::places::ChainPlaces;

/// After how many records of a partition its writer's state is written down: the most that the next owner folds.
const SNAPSHOT_EVERY_RECORDS: u64 = 50_000;
/// The pause before it is looked again whether another instance has made the read models.
const VIEWS_PAUSE: Duration = Duration::from_millis(500);
/// How often it is looked.
const VIEWS_TRIES: u32 = 60;

/// An instance at work.
pub struct Chain {
    /// The truth.
    pub log: Arc<KafkaLog>,
    /// The read models.
    pub views: Views,
    /// What decides, of the partitions that are this instance's.
    pub writers: Writers,
    /// How far the read models are.
    pub announced: Arc<Announced>,
    /// Which tokens were revoked.
    pub sessions: Arc<SessionTable>,
    /// What keeps the read models, of the partitions that are this instance's.
    pub projecting: Projecting,
    /// Its health.
    pub watched: Watched,
    reacting: Working,
    writing: Working,
    projected: Working,
    listening: Vec<JoinHandle<()>>,
}

/// Tasks that end in order when they are told to.
struct Working {
    stop: watch::Sender<bool>,
    leave: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
    staying: Option<JoinHandle<()>>,
}

impl Chain {
    /// Connects to broker and database, and sets to work what the roles ask for; reactors only if it is said how
    /// consequences are seen to. To be called within a runtime.
    pub async fn open(
        places: &ChainPlaces,
        (roles, advertised): (&[Role], &str),
        (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>),
        consequences: Option<&cli::Consequences>,
    ) -> anyhow::Result<Self> {
        let log = places.await_log().await?;
        let port: Arc<dyn Log> = log.clone();
        let views = open_views(places, roles).await?;
        let ends = ends(port.as_ref(), &views).await?;
        let announced = Announced::new(port.as_ref(), &views);
        let listening = vec![
            tokio::spawn(Arc::clone(&announced).listen(views.clone())),
            tokio::spawn(Arc::clone(&announced).find_home(Arc::clone(&port))),
        ];
        let sessions =
            SessionTable::new(views.clone(), Arc::clone(&clock), ends.clone()).while_still(announced.clone());
        let reacting = Reacting::default();
        // Before the group is joined, so that what comes to this instance begins at once.
        let services = match consequences {
            Some(options) => Some((Services::of(options).await, options)),
            None => None,
        };
        let beside = services.is_some().then_some(&reacting);
        let (writers, writing, membership) =
            write(places, roles, advertised, (&port, Arc::clone(&ids), beside)).await?;
        let reactors = services.map_or_else(Working::idle, |(services, options)| {
            let parts = (Arc::clone(&port), views.clone(), writers.clone());
            let consequences = Consequences::of(parts, (services, Others::Unknown), options, (clock, ids));
            react(&reacting, consequences, (membership.as_ref(), &writers))
        });
        let (projecting, projected) = project(places, roles, advertised, (&port, &views));
        let condition = Arc::new(ChainCondition {
            roles: roles.to_vec(),
            log: Arc::clone(&log),
            writers: writers.clone(),
            announced: Arc::clone(&announced),
            projecting: projecting.clone(),
            reacting,
            ends_at_start: ends,
            probed: Probed::default(),
        });
        let mut listening = listening;
        listening.push(tokio::spawn(Arc::clone(&condition).probe()));
        let (sessions, watched) = (Arc::new(sessions), Watched::of(condition));
        Ok(Self {
            log,
            views,
            writers,
            announced,
            sessions,
            projecting,
            watched,
            reacting: reactors,
            writing,
            projected,
            listening,
        })
    }

    /// Hands its partitions to others, while requests are still taken and passed on to those. What the reactors have
    /// under way ends first, as long as there is a writer to write its outcome.
    pub async fn hand_over(&mut self) {
        self.reacting.end().await;
        self.writing.end().await;
        info!("the partitions are handed over");
    }

    /// Ends what is left, in order.
    pub async fn close(mut self) {
        self.reacting.end().await;
        self.writing.end().await;
        self.projected.end().await;
        self.listening.iter().for_each(JoinHandle::abort);
    }
}

impl Working {
    fn idle() -> Self {
        Self { stop: watch::Sender::new(false), leave: watch::Sender::new(false), task: None, staying: None }
    }

    /// First the work ends, partition by partition, then the group is left.
    async fn end(&mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take()
            && task.await.is_err()
        {
            tracing::error!("what worked on the partitions ended badly");
        }
        self.leave.send_replace(true);
        if let Some(staying) = self.staying.take()
            && staying.await.is_err()
        {
            tracing::error!("the membership of the group ended badly");
        }
    }
}

/// The ends of all partitions, after it was found that the read models go on from what stands there.
async fn ends(log: &dyn Log, views: &Views) -> anyhow::Result<Vec<Position>> {
    let partitions = || (0..log.partitions()).map(Partition);
    // Asked first: a claim on a log that was cut would stand where something else had been read.
    try_join_all(partitions().map(|partition| projectors::resumable(log, partition, views)))
        .await
        .context("the read models do not go on from the log")?;
    try_join_all(partitions().map(|partition| log.current_end(partition))).await.context("the log cannot be read")
}

async fn open_views(places: &ChainPlaces, roles: &[Role]) -> anyhow::Result<Views> {
    let options = places.views()?;
    let opened = if roles.contains(&Role::Project) {
        Views::connect(options.clone()).await
    } else {
        existing_views(options).await
    };
    opened.with_context(|| format!("the read models at {options} cannot be opened"))
}

/// The read models that an instance with the role `project` makes at its first start.
async fn existing_views(options: &migrations::PostgresOptions) -> Result<Views, ViewsError> {
    for _ in 0..VIEWS_TRIES {
        match Views::connect_read_only(options.clone()).await {
            Err(ViewsError::Absent) => {
                info!("there are no read models yet: an instance with the role project makes them");
            }
            opened => return opened,
        }
        tokio::time::sleep(VIEWS_PAUSE).await;
    }
    Views::connect_read_only(options.clone()).await
}

fn group(places: &ChainPlaces, kind: &str, advertised: &str) -> GroupOptions {
    let address = places.log.address.clone();
    let name = format!("{}-{kind}", address.topic());
    GroupOptions { security: places.log.security.clone(), ..GroupOptions::new(address, name, advertised) }
}

/// The writers of the partitions that the group gives to this instance, and what gives them; without the role `command`,
/// of none.
async fn write(
    places: &ChainPlaces,
    roles: &[Role],
    advertised: &str,
    (log, ids, reacting): (&Arc<dyn Log>, Arc<dyn Ids>, Option<&Reacting>),
) -> anyhow::Result<(Writers, Working, Arc<dyn Membership>)> {
    let writes = roles.contains(&Role::Command);
    let group = group(places, "writers", advertised);
    let mut working = Working::idle();
    let membership: Arc<dyn Membership> = if writes {
        let (members, staying) = Members::join(group, working.leave.subscribe());
        working.staying = Some(staying);
        members
    } else {
        Onlooker::of(Group::observe(group).context("the group of the writers cannot be looked at")?)
    };
    let snapshots = if writes {
        Some(SnapshotRows::connect(places.views()?).await.context("the snapshots cannot be kept")?)
    } else {
        None
    };
    let options = WriterOptions {
        log: Arc::clone(log),
        partition: Partition(0),
        ids,
        snapshots: snapshots.map(|rows| Arc::new(SharedSnapshots(rows)) as Arc<dyn command_api::Snapshots>),
        locked: false,
        snapshot_every_records: SNAPSHOT_EVERY_RECORDS,
    };
    let seen =
        reacting.map_or_else(|| Arc::clone(&membership), |reacting| reacting.before_writers(Arc::clone(&membership)));
    let (writers, task) = Writers::new(&options, seen);
    working.task = Some(tokio::spawn(task.run(working.stop.subscribe())));
    Ok((writers, working, membership))
}

/// The reactors beside these writers.
fn react(reacting: &Reacting, consequences: Consequences, beside: (&dyn Membership, &Writers)) -> Working {
    let mut working = Working::idle();
    let (assigned, writers) = (beside.0.assigned(), beside.1.clone());
    let run = reacting.clone().run(consequences, assigned, writers, working.stop.subscribe());
    working.task = Some(tokio::spawn(run));
    working
}

/// The projectors of the partitions that the other group gives to this instance.
fn project(
    places: &ChainPlaces,
    roles: &[Role],
    advertised: &str,
    (log, views): (&Arc<dyn Log>, &Views),
) -> (Projecting, Working) {
    let (projecting, mut working) = (Projecting::default(), Working::idle());
    if roles.contains(&Role::Project) {
        let (members, staying) = Members::join(group(places, "projectors", advertised), working.leave.subscribe());
        let task = projecting.clone().run(Arc::clone(log), views.clone(), members, working.stop.subscribe());
        (working.staying, working.task) = (Some(staying), Some(tokio::spawn(task)));
    }
    (projecting, working)
}
