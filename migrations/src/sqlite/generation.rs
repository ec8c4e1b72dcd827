//! One generation of the read models: its file, its idle readers, its end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use uuid::Uuid;

use super::{connection, folder, schema};
use crate::error::ViewsError;

/// A generation as long as anybody uses it. Once retired its files go with its last user.
pub(crate) struct Generation {
    pub(crate) id: Uuid,
    folder: PathBuf,
    idle: Mutex<Vec<Connection>>,
    retired: AtomicBool,
}

impl Generation {
    pub(crate) fn new(folder: PathBuf, id: Uuid) -> Self {
        Self { id, folder, idle: Mutex::new(Vec::new()), retired: AtomicBool::new(false) }
    }

    /// Makes the file of a generation anew, empty, and opens it for filling: without journal and secondary indexes.
    pub(crate) fn build(&self) -> Result<Connection, ViewsError> {
        folder::remove(&self.folder, self.id)?;
        let builder = connection::builder(&folder::path(&self.folder, self.id))?;
        schema::create_tables(&builder)?;
        Ok(builder)
    }

    /// Closes the connection that filled the generation and makes the file durable.
    pub(crate) fn finish(&self, builder: Connection) -> Result<(), ViewsError> {
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

    /// Says that another generation is live: this one's files go with its last user.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    /// Takes back [`Self::retire`]: the generation that was built is the live one now.
    pub(crate) fn go_live(&self) {
        self.retired.store(false, Ordering::Release);
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
            Ok(damage.or_else(|| (version != schema::VERSION).then(|| format!("its schema is {version}"))))
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
        if self.retired.load(Ordering::Acquire)
            && let Err(error) = folder::remove(&self.folder, self.id)
        {
            tracing::warn!(generation = %self.id, %error, "an old generation stays until the next start removes it");
        }
    }
}
