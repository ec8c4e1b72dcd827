//! The writers' snapshots in the database that the instances share, so that the next owner of a partition finds them.

use async_trait::async_trait;
use command_api::Snapshots;
use events::Partition;
use migrations::SnapshotRows;

/// Snapshots as rows.
pub struct SharedSnapshots(pub SnapshotRows);

#[async_trait]
impl Snapshots for SharedSnapshots {
    async fn load(&self, partition: Partition) -> std::io::Result<Option<Vec<u8>>> {
        self.0.load(partition.0).await.map_err(std::io::Error::other)
    }

    async fn save(&self, partition: Partition, snapshot: Vec<u8>) -> std::io::Result<()> {
        self.0.save(partition.0, &snapshot).await.map_err(std::io::Error::other)
    }
}
