//! One generation of the read models: its file, its idle readers, its end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use uuid::Uuid;

use super::{connection, folder, schema};
use crate::error::ViewsError;
use crate::schema::VERSION;

/// A generation as long as anybody uses it. One that is not live goes with its last user, files and all.
pub(crate) struct Generation {
    pub(crate) id: Uuid,
    folder: PathBuf,
    idle: Mutex<Vec<Connection>>,
    stage: AtomicU8,
}

/// Being filled, beside the live one.
const BUILT: u8 = 0;
const LIVE: u8 = 1;
/// Another generation is live in its place.
const REPLACED: u8 = 2;

impl Generation {
    /// The live one.
    pub(crate) fn new(folder: PathBuf, id: Uuid) -> Self {
        Self { id, folder, idle: Mutex::new(Vec::new()), stage: AtomicU8::new(LIVE) }
    }

    /// One that is to be filled.
    pub(crate) fn built(folder: PathBuf, id: Uuid) -> Self {
        Self { id, folder, idle: Mutex::new(Vec::new()), stage: AtomicU8::new(BUILT) }
    }

    /// Makes the file of a generation anew, empty, and opens it for filling: without journal and secondary indexes.
    pub(crate) fn build(&self) -> Result<Connection, ViewsError> {
        folder::remove(&self.folder, self.id)?;
        let builder = connection::builder(&folder::path(&self.folder, self.id))?;
        schema::create_tables(&builder)?;
        Ok(builder)
    }

    /// Ends the filling: indexes, a journal from here on, and what is there on the disk.
    pub(crate) fn finish(&self, builder: &Connection) -> Result<(), ViewsError> {
        schema::create_indexes(builder)?;
        connection::make_live(builder)?;
        folder::make_durable(&self.folder, self.id)
    }

    /// Closes the connection that filled the generation; with it what it wrote since [`Self::finish`] moves from the
    /// journal into the file, and both are on the disk.
    pub(crate) fn close(&self, builder: Connection) -> Result<(), ViewsError> {
        connection::make_live(&builder)?;
        builder.close().map_err(|(_, error)| error)?;
        folder::make_durable(&self.folder, self.id)
    }

    pub(crate) fn writer(&self) -> Result<Connection, ViewsError> {
        Ok(connection::writer(&folder::path(&self.folder, self.id))?)
    }

    /// An idle reader, or a new one.
    pub(crate) fn reader(&self) -> Result<Connection, ViewsError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(idle.map_or_else(|| connection::reader(&folder::path(&self.folder, self.id)), Ok)?)
    }

    pub(crate) fn give_back(&self, reader: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }

    /// Says that another generation is live in this one's place: its files go with its last user.
    pub(crate) fn replace(&self) {
        self.stage.store(REPLACED, Ordering::Release);
    }

    pub(crate) fn is_replaced(&self) -> bool {
        self.stage.load(Ordering::Acquire) == REPLACED
    }

    /// Says that the generation that was built is the live one now.
    pub(crate) fn go_live(&self) {
        self.stage.store(LIVE, Ordering::Release);
    }

    /// Why the generation cannot be used and has to be folded anew, if so.
    pub(crate) fn unusable(&self) -> Result<Option<String>, ViewsError> {
        let path = folder::path(&self.folder, self.id);
        if !path.exists() {
            return Ok(Some("its file is missing".to_owned()));
        }
        let examined = connection::writer(&path).and_then(|connection| {
            let version = schema::version(&connection)?;
            let damage = connection::damage(&connection)?;
            Ok(damage.or_else(|| (version != VERSION).then(|| format!("its schema is {version}"))))
        });
        match examined.map_err(ViewsError::from) {
            Err(ViewsError::Damaged(what)) => Ok(Some(what)),
            other => other,
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.idle.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        if self.stage.load(Ordering::Acquire) != LIVE
            && let Err(error) = folder::remove(&self.folder, self.id)
        {
            tracing::warn!(generation = %self.id, %error, "an old generation stays until the next start removes it");
        }
    }
}
