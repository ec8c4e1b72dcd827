//! The folder of the read models: one file per generation, and the file `live` that names the one in use.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::ViewsError;

const POINTER: &str = "live";
const POINTER_DRAFT: &str = "live.draft";
/// A generation's file, and what SQLite puts beside it.
const SUFFIXES: [&str; 4] = [".db", ".db-wal", ".db-shm", ".db-journal"];

pub(crate) fn path(folder: &Path, generation: Uuid) -> PathBuf {
    folder.join(format!("{generation}.db"))
}

/// The live generation; `None` if there is none yet, or the pointer says nothing sensible.
pub(crate) fn live(folder: &Path) -> Result<Option<Uuid>, ViewsError> {
    match fs::read_to_string(folder.join(POINTER)) {
        Ok(text) => Ok(Uuid::try_parse(text.trim()).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ViewsError::io("reading the pointer to the live generation", &error)),
    }
}

/// Flips the pointer: after a crash at any moment it names the old generation or the new one, whole.
pub(crate) fn point_to(folder: &Path, generation: Uuid) -> Result<(), ViewsError> {
    let flip = || -> std::io::Result<()> {
        let mut draft = File::create(folder.join(POINTER_DRAFT))?;
        draft.write_all(generation.to_string().as_bytes())?;
        draft.sync_all()?;
        fs::rename(folder.join(POINTER_DRAFT), folder.join(POINTER))?;
        File::open(folder)?.sync_all()
    };
    flip().map_err(|error| ViewsError::io("writing the pointer to the live generation", &error))
}

/// Waits until the generation's file and its name are on the disk.
pub(crate) fn make_durable(folder: &Path, generation: Uuid) -> Result<(), ViewsError> {
    let sync = || -> std::io::Result<()> {
        File::open(path(folder, generation))?.sync_all()?;
        File::open(folder)?.sync_all()
    };
    sync().map_err(|error| ViewsError::io("making a generation durable", &error))
}

pub(crate) fn create(folder: &Path) -> Result<(), ViewsError> {
    fs::create_dir_all(folder).map_err(|error| ViewsError::io("making the folder of the read models", &error))
}

/// Removes a generation's files; one that is not there is removed already.
pub(crate) fn remove(folder: &Path, generation: Uuid) -> Result<(), ViewsError> {
    for suffix in SUFFIXES {
        match fs::remove_file(folder.join(format!("{generation}{suffix}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(ViewsError::io("removing an old generation", &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes every generation but the one: leftovers of a rebuild or a switch that a crash cut short.
pub(crate) fn remove_all_but(folder: &Path, kept: Uuid) -> Result<(), ViewsError> {
    let listing = fs::read_dir(folder).map_err(|error| ViewsError::io("listing the read models", &error))?;
    for entry in listing.flatten() {
        let name = entry.file_name();
        let generation =
            name.to_str().and_then(|name| name.split_once('.')).and_then(|(id, _)| Uuid::try_parse(id).ok());
        if let Some(generation) = generation.filter(|found| *found != kept) {
            remove(folder, generation)?;
        }
    }
    Ok(())
}
