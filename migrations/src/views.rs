//! The read models as a whole: which generation is live, how it is read, written, replaced.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::error::{SwitchError, ViewsError};
use crate::snapshot::Snapshot;
use crate::sqlite::generation::Generation;
use crate::sqlite::{folder, schema};
use crate::writer::Writer;

/// How many snapshots there are at once; who asks for one more waits.
pub(crate) const READERS: usize = 8;
/// How often a read-only opening follows a pointer that was flipped while it looked.
const FOLLOWS: usize = 5;
/// The namespace of the ids of generations that nobody asked for: the first one, and those folded anew.
const GENERATIONS: Uuid = Uuid::from_u128(0x5a1e_5c0d_e000_5000_8000_9e4e_2a71_0001);

/// The read models. A cheap handle: clones share the live generation.
#[derive(Clone)]
pub struct Views {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    read_only: bool,
    live: RwLock<Arc<Generation>>,
    readers: Arc<Semaphore>,
}

impl Views {
    /// Opens the read models in a folder of their own, and makes an empty generation if there is none, or if the live
    /// one is damaged or of another schema: the log is the truth, and the projectors fold it anew. Reads every page of
    /// the live generation once. Only one process may have them open like this.
    pub fn open(folder: &Path) -> Result<Self, ViewsError> {
        folder::create(folder)?;
        let live = match folder::live(folder)? {
            Some(id) => usable(folder, id)?,
            None => first(folder, Uuid::nil())?,
        };
        folder::remove_all_but(folder, live.id)?;
        Ok(Self::new(folder, live, false))
    }

    /// Opens the read models of another process for reading, beside it.
    pub fn open_read_only(folder: &Path) -> Result<Self, ViewsError> {
        let live = folder::live(folder)?.ok_or(ViewsError::Absent)?;
        Ok(Self::new(folder, Generation::new(folder.to_owned(), live), true))
    }

    /// The live generation.
    pub fn live_generation(&self) -> Uuid {
        self.live().id
    }

    /// A consistent look at the live generation. Waits while all of them are taken.
    pub async fn snapshot(&self) -> Result<Snapshot, ViewsError> {
        let permit = Arc::clone(&self.shared.readers).acquire_owned().await;
        let permit = permit.map_err(|_| ViewsError::Unavailable("the read models are closed".to_owned()))?;
        if self.shared.read_only {
            self.follow()?;
        }
        Snapshot::begin(self.live(), permit)
    }

    /// A writer of the live generation. Several may be open; the compare-and-set on the checkpoints says whose
    /// transaction counts.
    pub fn writer(&self) -> Result<Writer, ViewsError> {
        self.may_write()?;
        let generation = self.live();
        Ok(Writer { connection: generation.writer()?, generation })
    }

    /// A writer of a new, empty generation beside the live one: without secondary indexes, not durable, with no
    /// rollback, invisible to every reader. It goes with its writer unless it is switched to.
    pub fn build(&self, id: Uuid) -> Result<Writer, ViewsError> {
        self.may_write()?;
        let generation = Arc::new(Generation::new(self.shared.folder.clone(), id));
        generation.retire();
        Ok(Writer { connection: generation.build()?, generation })
    }

    /// Puts a built generation in the live one's place: locks the live checkpoints, requires that the new ones are
    /// nowhere behind, makes the new file durable, flips the pointer. The old one's files go when its last reader has
    /// gone. Gives the writer of what is live from then on.
    pub async fn switch(&self, mut new: Writer, mut live: Writer) -> Result<Writer, SwitchError> {
        self.may_write()?;
        let reached = checkpoints(&mut new).await?;
        new.generation.finish(new.connection)?;
        let before = live.generation();
        let mut lock = live.begin().await?;
        if self.live_generation() != before {
            return Err(SwitchError::Overtaken(self.live_generation()));
        }
        for (projection, partition, live) in read_checkpoints(&mut lock).await? {
            let found = reached.iter().find(|(name, at, _)| *name == projection && *at == partition);
            let new = found.map_or(-1, |(_, _, next)| *next);
            if new < live {
                return Err(SwitchError::Behind { projection, partition, new, live });
            }
        }
        let writer = new.generation.writer()?;
        folder::point_to(&self.shared.folder, new.generation.id)?;
        new.generation.go_live();
        let old = std::mem::replace(
            &mut *self.shared.live.write().unwrap_or_else(PoisonError::into_inner),
            Arc::clone(&new.generation),
        );
        old.retire();
        // Whoever still writes the old generation finds its checkpoint gone and looks again which one is live.
        let farewell = async {
            lock.execute("DELETE FROM checkpoints", &[]).await?;
            lock.commit().await
        };
        if let Err(error) = farewell.await {
            tracing::warn!(generation = %old.id, %error, "the checkpoints of the old generation could not be removed");
        }
        Ok(Writer { connection: writer, generation: new.generation })
    }

    fn new(folder: &Path, live: Generation, read_only: bool) -> Self {
        let live = RwLock::new(Arc::new(live));
        let readers = Arc::new(Semaphore::new(READERS));
        Self { shared: Arc::new(Shared { folder: folder.to_owned(), read_only, live, readers }) }
    }

    fn live(&self) -> Arc<Generation> {
        Arc::clone(&self.shared.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn may_write(&self) -> Result<(), ViewsError> {
        if self.shared.read_only { Err(ViewsError::ReadOnly) } else { Ok(()) }
    }

    /// Looks which generation the writing process has made live, so that a switch over there is seen here.
    fn follow(&self) -> Result<(), ViewsError> {
        for _ in 0..FOLLOWS {
            let id = folder::live(&self.shared.folder)?.ok_or(ViewsError::Absent)?;
            if id == self.live_generation() {
                return Ok(());
            }
            let generation = Arc::new(Generation::new(self.shared.folder.clone(), id));
            if let Ok(reader) = generation.reader() {
                generation.give_back(reader);
                *self.shared.live.write().unwrap_or_else(PoisonError::into_inner) = generation;
            }
        }
        Err(ViewsError::Unavailable("the live generation changes faster than it can be opened".to_owned()))
    }
}

fn usable(folder: &Path, id: Uuid) -> Result<Generation, ViewsError> {
    let generation = Generation::new(folder.to_owned(), id);
    match generation.unusable()? {
        None => Ok(generation),
        Some(reason) => {
            tracing::error!(generation = %id, reason, "the read models cannot be used and are folded anew from the log");
            first(folder, id)
        }
    }
}

/// Makes an empty generation and points to it. Its id follows from the one before it and the schema, so that no two
/// generations with different rows ever share one.
fn first(folder: &Path, before: Uuid) -> Result<Generation, ViewsError> {
    let mut name = before.as_bytes().to_vec();
    name.extend_from_slice(&schema::VERSION.to_be_bytes());
    let generation = Generation::new(folder.to_owned(), Uuid::new_v5(&GENERATIONS, &name));
    let builder = generation.build()?;
    schema::create_indexes(&builder)?;
    generation.finish(builder)?;
    folder::point_to(folder, generation.id)?;
    Ok(generation)
}

async fn checkpoints(writer: &mut Writer) -> Result<Vec<(String, i64, i64)>, ViewsError> {
    let mut tx = writer.begin().await?;
    let found = read_checkpoints(&mut tx).await?;
    tx.commit().await?;
    Ok(found)
}

async fn read_checkpoints(tx: &mut crate::writer::Tx<'_>) -> Result<Vec<(String, i64, i64)>, ViewsError> {
    let rows = tx.fetch("SELECT projection, partition, next FROM checkpoints", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?, row.int(2)?))).collect()
}
