//! The data folder: everything that an embedded till keeps, and the lock by which one process writes it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Only the owner may look into the folder: hashes and personal data stand in the log.
const FOLDER_MODE: u32 = 0o700;
/// The most of a lock file that is read to name its holder.
const HOLDER_BYTES: u64 = 32;

/// Where things stand in a data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    root: PathBuf,
}

/// The data folder, held: nobody else serves it, fills it or rebuilds it until this is dropped.
#[derive(Debug)]
pub struct Held {
    folder: Folder,
    // The lock lives as long as the open file; a process that dies lets go of it.
    _lock: File,
}

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process holds it.
    #[error(
        "another salesync{holder} is running on the data folder {root}: stop it, or give this one another folder with --data"
    )]
    Taken {
        /// The folder.
        root: PathBuf,
        /// ` (process 1234)`, where the holder said so.
        holder: String,
    },
    /// There is nothing in it to read.
    #[error("there is no log in the data folder {root}: `salesync serve --data {root}` begins one")]
    Empty {
        /// The folder.
        root: PathBuf,
    },
    /// The file system refuses.
    #[error("the data folder {root} cannot be used: {source}")]
    Unusable {
        /// The folder.
        root: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Folder {
    /// The folder at this path, which need not be there yet.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The log.
    pub fn log(&self) -> PathBuf {
        self.root.join("log.db")
    }

    /// The read models: a file for each generation, and which one is live.
    pub fn views(&self) -> PathBuf {
        self.root.join("views")
    }

    /// The writer's snapshots.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// The token secret, where the installation made its own.
    pub fn token_secret(&self) -> PathBuf {
        self.root.join("token-secret")
    }

    /// Where the running server takes operators' requests, and the token that they need.
    pub fn admin(&self) -> PathBuf {
        self.root.join("admin")
    }

    /// Which demo was made, or begun, here.
    pub fn demo(&self) -> PathBuf {
        self.root.join("demo.json")
    }

    /// Takes the folder for this process alone, making it if it is not there.
    pub fn hold(self) -> Result<Held, FolderError> {
        self.make()
            .and_then(|()| self.open_lock())
            .map_err(|source| self.unusable(source))
            .and_then(|file| self.take(file))
    }

    /// The folder for reading beside whoever holds it.
    pub fn existing(self) -> Result<Self, FolderError> {
        if self.log().is_file() { Ok(self) } else { Err(FolderError::Empty { root: self.root }) }
    }

    fn make(&self) -> std::io::Result<()> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.root)
    }

    fn open_lock(&self) -> std::io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(self.root.join("lock"))
    }

    fn take(self, mut lock: File) -> Result<Held, FolderError> {
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::Taken { holder: holder(&mut lock), root: self.root });
            }
            Err(TryLockError::Error(source)) => return Err(self.unusable(source)),
        }
        // The number is for the sentence that a second process prints; without it that sentence is only shorter.
        let _ = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
        Ok(Held { folder: self, _lock: lock })
    }

    fn unusable(&self, source: std::io::Error) -> FolderError {
        FolderError::Unusable { root: self.root.clone(), source }
    }
}

impl std::ops::Deref for Held {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
    }
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.rewind().and_then(|()| lock.take(HOLDER_BYTES).read_to_string(&mut text));
    match (read, text.parse::<u32>()) {
        (Ok(_), Ok(process)) => format!(" (process {process})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_is_held_by_one_and_the_second_is_told_by_whom() {
        let root = tempfile::tempdir().unwrap();
        let held = Folder::at(root.path()).hold().unwrap();
        let refused = Folder::at(root.path()).hold().unwrap_err().to_string();
        assert!(refused.contains(&format!("(process {})", std::process::id())), "{refused}");
        drop(held);
        assert!(Folder::at(root.path()).hold().is_ok());
    }

    #[test]
    fn a_folder_that_is_made_is_its_owners_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("till/data");
        let _held = Folder::at(&path).hold().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, FOLDER_MODE);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Folder::at(&file.path().join("data")).hold().unwrap_err();
        assert!(error.to_string().contains(file.path().to_str().unwrap()), "{error}");
    }

    #[test]
    fn there_is_nothing_to_read_before_there_is_a_log() {
        let root = tempfile::tempdir().unwrap();
        assert!(matches!(Folder::at(root.path()).existing(), Err(FolderError::Empty { .. })));
        std::fs::write(Folder::at(root.path()).log(), "").unwrap();
        assert!(Folder::at(root.path()).existing().is_ok());
    }
}
