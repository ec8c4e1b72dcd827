//! The read models in a folder: the file of the live generation, and a file beside it while one is being built.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::Connection;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use super::generation::Generation;
use super::reading::Look;
use super::writing::Writer;
use super::{folder, statement};
use crate::error::ViewsError;
use crate::views::{self, EngineHold, FOLLOWS, READERS};
use crate::writer::STANDING;

/// A folder of read models, open.
pub(crate) struct Store {
    folder: PathBuf,
    read_only: bool,
    live: RwLock<Arc<Generation>>,
    generations: watch::Sender<Uuid>,
    readers: Arc<Semaphore>,
}

/// The lock on the live generation's file.
pub(crate) struct Hold {
    connection: Connection,
}

impl Store {
    pub(crate) fn open(folder: &Path) -> Result<Self, ViewsError> {
        folder::create(folder)?;
        let live = match folder::live(folder)? {
            Some(id) => usable(folder, id)?,
            None => first(folder, Uuid::nil())?,
        };
        folder::remove_all_but(folder, live.id)?;
        Ok(Self::new(folder, live, false))
    }

    pub(crate) fn open_read_only(folder: &Path) -> Result<Self, ViewsError> {
        let live = folder::live(folder)?.ok_or(ViewsError::Absent)?;
        Ok(Self::new(folder, Generation::new(folder.to_owned(), live), true))
    }

    pub(crate) fn generations(&self) -> watch::Receiver<Uuid> {
        self.generations.subscribe()
    }

    pub(crate) async fn snapshot(&self) -> Result<Look, ViewsError> {
        let permit = Arc::clone(&self.readers).acquire_owned().await;
        let permit = permit.map_err(|_| ViewsError::Unavailable("the read models are closed".to_owned()))?;
        if self.read_only {
            self.follow()?;
        }
        Look::begin(self.live(), permit)
    }

    pub(crate) fn writer(&self) -> Result<Writer, ViewsError> {
        self.may_write()?;
        let generation = self.live();
        Ok(Writer { connection: generation.writer()?, generation })
    }

    pub(crate) fn build(&self, id: Uuid) -> Result<Writer, ViewsError> {
        self.may_write()?;
        let generation = Arc::new(Generation::built(self.folder.clone(), id));
        Ok(Writer { connection: generation.build()?, generation })
    }

    pub(crate) fn hold(&self) -> Result<views::Hold, ViewsError> {
        self.may_write()?;
        for _ in 0..FOLLOWS {
            let generation = self.live();
            let connection = generation.writer()?;
            statement::execute(&connection, "BEGIN IMMEDIATE", &[])?;
            if generation.is_replaced() {
                continue;
            }
            let rows = statement::fetch(&connection, STANDING, &[])?;
            let standing = rows.iter().map(crate::writer::standing).collect::<Result<_, _>>()?;
            return Ok(views::Hold { engine: EngineHold::Sqlite(Hold { connection }), standing });
        }
        Err(changing())
    }

    pub(crate) fn switch(&self, new: Writer, hold: Hold) -> Result<(), ViewsError> {
        let Writer { connection, generation } = new;
        generation.close(connection)?;
        folder::point_to(&self.folder, generation.id)?;
        generation.go_live();
        self.replace(generation).replace();
        // Whoever waits for the lock to write the old generation is let in, and sees that it was replaced.
        drop(hold.connection);
        Ok(())
    }

    fn new(folder: &Path, live: Generation, read_only: bool) -> Self {
        Self {
            folder: folder.to_owned(),
            read_only,
            generations: watch::Sender::new(live.id),
            live: RwLock::new(Arc::new(live)),
            readers: Arc::new(Semaphore::new(READERS)),
        }
    }

    fn live(&self) -> Arc<Generation> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes this generation the live one within the process, and gives the one that was.
    fn replace(&self, generation: Arc<Generation>) -> Arc<Generation> {
        let id = generation.id;
        let before = std::mem::replace(&mut *self.live.write().unwrap_or_else(PoisonError::into_inner), generation);
        self.generations.send_replace(id);
        before
    }

    fn may_write(&self) -> Result<(), ViewsError> {
        if self.read_only { Err(ViewsError::ReadOnly) } else { Ok(()) }
    }

    /// Looks which generation the writing process has made live, so that a switch over there is seen here.
    fn follow(&self) -> Result<(), ViewsError> {
        for _ in 0..FOLLOWS {
            let id = folder::live(&self.folder)?.ok_or(ViewsError::Absent)?;
            if id == self.live().id {
                return Ok(());
            }
            let generation = Arc::new(Generation::new(self.folder.clone(), id));
            if let Ok(reader) = generation.reader() {
                generation.give_back(reader);
                self.replace(generation);
            }
        }
        Err(changing())
    }
}

fn changing() -> ViewsError {
    ViewsError::Unavailable("the live generation changes faster than it can be opened".to_owned())
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

/// Makes an empty generation and points to it.
fn first(folder: &Path, before: Uuid) -> Result<Generation, ViewsError> {
    let generation = Generation::new(folder.to_owned(), views::id_after(before));
    let builder = generation.build()?;
    generation.finish(&builder)?;
    generation.close(builder)?;
    folder::point_to(folder, generation.id)?;
    Ok(generation)
}
