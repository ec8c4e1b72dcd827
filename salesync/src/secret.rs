//! The token secret: from the environment, from a file that it names, or made once in the data folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rand::TryRng as _;
use rand::rngs::SysRng;

use crate::folder::Folder;
use crate::whole_file;

/// Shorter secrets can be guessed offline from one token.
pub const SECRET_MIN_BYTES: usize = 32;
const VARIABLE: &str = "SALESYNC_TOKEN_SECRET";
const FILE_VARIABLE: &str = "SALESYNC_TOKEN_SECRET_FILE";

/// What tokens are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(Vec<u8>);

/// Why there is no secret to sign with.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Both variables are set.
    #[error("both SALESYNC_TOKEN_SECRET and SALESYNC_TOKEN_SECRET_FILE are set: which one is meant? Unset the other")]
    Both,
    /// Too short to be one.
    #[error(
        "the token secret {place} has {bytes} bytes, fewer than {SECRET_MIN_BYTES}: take one from `openssl rand -hex 32`"
    )]
    TooShort {
        /// Where it stands.
        place: String,
        /// How long it is.
        bytes: usize,
    },
    /// The file cannot be read.
    #[error("the token secret's file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be made.
    #[error("the token secret cannot be made in {path}: {source}")]
    NotMade {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl TokenSecret {
    /// The installation's secret; the first start of a folder without one makes it.
    #[expect(clippy::disallowed_methods, reason = "this is configuration: a secret is given by the environment alone")]
    pub fn of_installation(folder: &Folder) -> Result<Self, SecretError> {
        Self::choose(std::env::var_os(VARIABLE), std::env::var_os(FILE_VARIABLE), &folder.token_secret())
    }

    /// The secret that the environment gives, if it gives one: there is no folder to make one in.
    #[expect(clippy::disallowed_methods, reason = "this is configuration: a secret is given by the environment alone")]
    pub fn of_environment() -> Result<Option<Self>, SecretError> {
        Self::given(std::env::var_os(VARIABLE), std::env::var_os(FILE_VARIABLE))
    }

    /// The bytes to sign with.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn choose(value: Option<OsString>, file: Option<OsString>, own: &Path) -> Result<Self, SecretError> {
        match Self::given(value, file)? {
            Some(given) => Ok(given),
            None if own.exists() => Self::read(own),
            None => Self::make(own),
        }
    }

    fn given(value: Option<OsString>, file: Option<OsString>) -> Result<Option<Self>, SecretError> {
        match (value, file) {
            (Some(_), Some(_)) => Err(SecretError::Both),
            (Some(value), None) => Self::checked(value.as_encoded_bytes(), format!("in {VARIABLE}")).map(Some),
            (None, Some(file)) => Self::read(Path::new(&file)).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn read(path: &Path) -> Result<Self, SecretError> {
        let bytes = std::fs::read(path).map_err(|source| SecretError::Unreadable { path: path.to_owned(), source })?;
        Self::checked(bytes.trim_ascii(), format!("in {}", path.display()))
    }

    fn checked(bytes: &[u8], place: String) -> Result<Self, SecretError> {
        if bytes.len() < SECRET_MIN_BYTES {
            return Err(SecretError::TooShort { place, bytes: bytes.len() });
        }
        Ok(Self(bytes.to_vec()))
    }

    fn make(path: &Path) -> Result<Self, SecretError> {
        let mut drawn = [0; SECRET_MIN_BYTES];
        SysRng
            .try_fill_bytes(&mut drawn)
            .map_err(std::io::Error::other)
            .and_then(|()| whole_file::write(path, hex(&drawn).as_bytes()))
            .map_err(|source| SecretError::NotMade { path: path.to_owned(), source })?;
        Self::read(path)
    }
}

impl std::fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenSecret(secret)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    fn own() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-secret");
        (folder, path)
    }

    #[test]
    fn the_first_start_makes_a_secret_that_the_second_finds() {
        let (_folder, path) = own();
        let first = TokenSecret::choose(None, None, &path).unwrap();
        assert_eq!(TokenSecret::choose(None, None, &path).unwrap(), first);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(first.as_bytes().len(), 64);
    }

    #[test]
    fn two_installations_sign_with_two_secrets() {
        let ((_a, a), (_b, b)) = (own(), own());
        assert_ne!(TokenSecret::choose(None, None, &a).unwrap(), TokenSecret::choose(None, None, &b).unwrap());
    }

    #[test]
    fn the_environment_goes_before_the_folder_and_makes_nothing() {
        let (_folder, path) = own();
        let secret = TokenSecret::choose(Some(LONG.into()), None, &path).unwrap();
        assert_eq!(secret.as_bytes(), LONG.as_bytes());
        assert!(!path.exists());
    }

    #[test]
    fn a_files_last_line_end_is_no_part_of_the_secret() {
        let (_folder, path) = own();
        std::fs::write(&path, format!("{LONG}\n")).unwrap();
        let secret = TokenSecret::choose(None, Some(path.into_os_string()), Path::new("nowhere")).unwrap();
        assert_eq!(secret.as_bytes(), LONG.as_bytes());
    }

    #[test]
    fn a_short_secret_and_two_secrets_are_refused() {
        let (_folder, path) = own();
        assert!(matches!(
            TokenSecret::choose(Some("short".into()), None, &path),
            Err(SecretError::TooShort { bytes: 5, .. })
        ));
        assert!(matches!(TokenSecret::choose(Some(LONG.into()), Some("f".into()), &path), Err(SecretError::Both)));
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = TokenSecret::choose(Some(LONG.into()), None, Path::new("nowhere")).unwrap();
        assert!(!format!("{secret:?}").contains(LONG));
        let error = TokenSecret::choose(Some("hunter2".into()), None, Path::new("nowhere")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
