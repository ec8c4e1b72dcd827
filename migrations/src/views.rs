//! The read models as a whole: which generation is live, how it is read, written, replaced.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

use crate::announcements::Announcements;
use crate::error::{SwitchError, ViewsError};
use crate::postgres::options::PostgresOptions;
use crate::snapshot::Snapshot;
use crate::writer::Writer;
use crate::{postgres, sqlite};

/// How many snapshots a process holds at once; who asks for one more waits.
pub(crate) const READERS: usize = 8;
/// How often one follows a pointer that was flipped while one looked.
pub(crate) const FOLLOWS: usize = 5;
/// The namespace of the ids of generations that nobody asked for: the first one, and those folded anew.
const GENERATIONS: Uuid = Uuid::from_u128(0x5a1e_5c0d_e000_5000_8000_9e4e_2a71_0001);

/// The read models. A cheap handle: clones share what is open.
#[derive(Clone)]
pub struct Views {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<sqlite::store::Store>),
    Postgres(Arc<postgres::store::Store>),
}

/// Where a projection stands on a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The projection.
    pub projection: String,
    /// The partition.
    pub partition: u32,
    /// The position of the record that it reads next.
    pub next: i64,
}

/// The live generation held still: nothing writes it, in this process or another, until the hold is dropped or
/// [`Views::switch`] has used it. Hold it briefly.
pub struct Hold {
    pub(crate) engine: EngineHold,
    pub(crate) standing: Vec<Standing>,
}

pub(crate) enum EngineHold {
    Sqlite(sqlite::store::Hold),
    Postgres(Box<postgres::pointer::Hold>),
}

impl Views {
    /// Opens the read models in a folder of their own, and makes an empty generation if there is none, or if the live
    /// one is damaged or of another schema: the log is the truth, and the projectors fold it anew. Reads every page of
    /// the live generation once. Only one process may have them open like this.
    pub fn open(folder: &Path) -> Result<Self, ViewsError> {
        Ok(Self { engine: Engine::Sqlite(Arc::new(sqlite::store::Store::open(folder)?)) })
    }

    /// Opens the read models of another process for reading, beside it.
    pub fn open_read_only(folder: &Path) -> Result<Self, ViewsError> {
        Ok(Self { engine: Engine::Sqlite(Arc::new(sqlite::store::Store::open_read_only(folder)?)) })
    }

    /// Connects to the read models in a PostgreSQL database, with a role that may write them, and makes an empty
    /// generation if there is none or the live one is of an older schema. Any number of processes may be connected.
    pub async fn connect(options: PostgresOptions) -> Result<Self, ViewsError> {
        Ok(Self { engine: Engine::Postgres(Arc::new(postgres::store::Store::connect(options).await?)) })
    }

    /// Connects to the read models in a PostgreSQL database, with a role that need only read them.
    pub async fn connect_read_only(options: PostgresOptions) -> Result<Self, ViewsError> {
        Ok(Self { engine: Engine::Postgres(Arc::new(postgres::store::Store::connect_read_only(options).await?)) })
    }

    /// The live generation, as far as this process knows.
    pub fn live_generation(&self) -> Uuid {
        *self.generations().borrow()
    }

    /// Wakes when another generation becomes the live one, as soon as this process knows of it.
    pub fn generations(&self) -> watch::Receiver<Uuid> {
        match &self.engine {
            Engine::Sqlite(store) => store.generations(),
            Engine::Postgres(store) => store.generations(),
        }
    }

    /// Whether other processes write and read them too, so that what is new has to be announced.
    pub fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// A consistent look at the live generation. Waits while all of them are taken.
    pub async fn snapshot(&self) -> Result<Snapshot, ViewsError> {
        match &self.engine {
            Engine::Sqlite(store) => Ok(Snapshot::of_sqlite(store.snapshot().await?)),
            Engine::Postgres(store) => Ok(Snapshot::of_postgres(postgres::reading::Look::begin(store).await?)),
        }
    }

    /// A writer of the live generation. Several may be open; the compare-and-set on the checkpoints says whose
    /// transaction counts. It belongs to the runtime on which it was taken.
    pub async fn writer(&self) -> Result<Writer, ViewsError> {
        match &self.engine {
            Engine::Sqlite(store) => Ok(Writer::of_sqlite(store.writer()?)),
            Engine::Postgres(store) => Ok(Writer::of_postgres(postgres::writing::Writer::live(store).await?)),
        }
    }

    /// A writer of a new, empty generation beside the live one: without secondary indexes, not durable, with no
    /// rollback, invisible to every reader. It goes with its writer unless it is switched to.
    pub async fn build(&self, id: Uuid) -> Result<Writer, ViewsError> {
        match &self.engine {
            Engine::Sqlite(store) => Ok(Writer::of_sqlite(store.build(id)?)),
            Engine::Postgres(store) => Ok(Writer::of_postgres(postgres::writing::Writer::build(store, id).await?)),
        }
    }

    /// Holds the live generation still, and says where it stands.
    pub async fn hold(&self) -> Result<Hold, ViewsError> {
        match &self.engine {
            Engine::Sqlite(store) => store.hold(),
            Engine::Postgres(store) => postgres::pointer::hold(store).await,
        }
    }

    /// Puts a built and finished generation in the held one's place: requires that it is nowhere behind, makes it
    /// durable, flips the pointer. Who still has a writer of the old one is told [`ViewsError::Superseded`]; the old
    /// one itself goes when its last reader has gone.
    pub async fn switch(&self, mut new: Writer, hold: Hold) -> Result<(), SwitchError> {
        nowhere_behind(&new.standing().await?, &hold.standing)?;
        match (&self.engine, new.into_engine(), hold.engine) {
            (Engine::Sqlite(store), crate::writer::Engine::Sqlite(new), EngineHold::Sqlite(hold)) => {
                Ok(store.switch(new, hold)?)
            }
            (Engine::Postgres(store), crate::writer::Engine::Postgres(new), EngineHold::Postgres(hold)) => {
                Ok(postgres::pointer::switch(store, *new, *hold).await?)
            }
            _ => Err(ViewsError::Refused("a generation of other read models cannot go live here".to_owned()).into()),
        }
    }

    /// Removes generations that nobody reads, writes or builds any more, and says how many are left that it could not
    /// remove yet. They also go by themselves: on SQLite with their last user, on PostgreSQL soon after a switch and
    /// whenever somebody connects.
    pub async fn tidy(&self) -> Result<usize, ViewsError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(0),
            Engine::Postgres(store) => postgres::sweeping::sweep(store).await,
        }
    }

    /// Hears of every commit that is announced from now on.
    pub async fn listen(&self) -> Result<Announcements, ViewsError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(Announcements::never()),
            Engine::Postgres(store) => Ok(Announcements::of(postgres::listening::Listening::begin(store).await?)),
        }
    }
}

impl Hold {
    /// Where each projection stands on each partition while it is held.
    pub fn standing(&self) -> &[Standing] {
        &self.standing
    }
}

/// The id of an empty generation that takes another's place. It follows from the one before it and the schema, so that
/// no two generations with different rows ever share one.
pub(crate) fn id_after(before: Uuid) -> Uuid {
    let mut name = before.as_bytes().to_vec();
    name.extend_from_slice(&crate::schema::VERSION.to_be_bytes());
    Uuid::new_v5(&GENERATIONS, &name)
}

fn nowhere_behind(new: &[Standing], live: &[Standing]) -> Result<(), SwitchError> {
    for live in live {
        let found = new.iter().find(|new| new.projection == live.projection && new.partition == live.partition);
        let next = found.map_or(-1, |new| new.next);
        if next < live.next {
            let (projection, partition) = (live.projection.clone(), live.partition);
            return Err(SwitchError::Behind { projection, partition, new: next, live: live.next });
        }
    }
    Ok(())
}
