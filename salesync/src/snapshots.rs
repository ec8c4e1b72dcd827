//! The writer's snapshots as files, one a partition: whole or not at all.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use async_trait::async_trait;
use command_api::Snapshots;
use events::Partition;

use crate::whole_file;

/// Snapshots in a folder.
pub struct SnapshotFiles(PathBuf);

impl SnapshotFiles {
    /// In this folder, which is made if it is not there.
    pub fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        Ok(Self(folder.to_owned()))
    }

    fn file(&self, partition: Partition) -> PathBuf {
        self.0.join(format!("partition-{partition}.snapshot"))
    }
}

#[async_trait]
impl Snapshots for SnapshotFiles {
    async fn load(&self, partition: Partition) -> std::io::Result<Option<Vec<u8>>> {
        match tokio::fs::read(self.file(partition)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn save(&self, partition: Partition, snapshot: Vec<u8>) -> std::io::Result<()> {
        let file = self.file(partition);
        let written = tokio::task::spawn_blocking(move || whole_file::write(&file, &snapshot));
        written.await.map_err(std::io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[tokio::test]
    async fn the_last_one_saved_is_the_one_loaded_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let files = SnapshotFiles::in_folder(folder.path()).unwrap();
        assert_eq!(files.load(Partition(0)).await.unwrap(), None);
        for bytes in [b"first".to_vec(), b"second".to_vec()] {
            files.save(Partition(0), bytes.clone()).await.unwrap();
            assert_eq!(files.load(Partition(0)).await.unwrap(), Some(bytes));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
