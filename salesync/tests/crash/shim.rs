//! The preloaded shim from the test's side: faults are files in a folder, and are played while they are there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

/// The shim, compiled once for all tests.
static SHIM: LazyLock<PathBuf> = LazyLock::new(compile);

/// The faults of one server.
pub(crate) struct Faults {
    folder: TempDir,
}

impl Faults {
    /// None yet.
    pub(crate) fn none() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// What the server's environment must have.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        [("LD_PRELOAD", text(&SHIM)), ("CRASH_SHIM", text(self.folder.path()))]
    }

    /// Plays a fault from now on.
    pub(crate) fn begin(&self, fault: &str, number: &str) {
        let begun = self.folder.path().join("begun");
        std::fs::write(&begun, number).unwrap();
        std::fs::rename(begun, self.folder.path().join(fault)).unwrap();
    }

    /// No longer.
    pub(crate) fn end(&self, fault: &str) {
        std::fs::remove_file(self.folder.path().join(fault)).unwrap();
    }

    /// How often a fault was played so far.
    pub(crate) fn fired(&self) -> u64 {
        std::fs::metadata(self.folder.path().join("fired")).map_or(0, |file| file.len())
    }
}

fn compile() -> PathBuf {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fsync_shim.so");
    let begun = library.with_extension(std::process::id().to_string());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/fsync_shim.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).args([&begun, &source]).arg("-ldl");
    assert!(compiler.status().unwrap().success(), "the shim does not compile");
    std::fs::rename(&begun, &library).unwrap();
    library
}
