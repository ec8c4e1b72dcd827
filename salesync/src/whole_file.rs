//! Files that are there whole or not at all, for their owner alone.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Writes beside the file, makes that durable, then has it take the file's place: a power cut leaves the old one or the new
/// one.
pub fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let begun = file.with_extension("new");
    let mut new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&begun)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    std::fs::rename(&begun, file)?;
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
