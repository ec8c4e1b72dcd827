//! How the broker is reached: TLS and log-in, from flags and from the environment where it is secret.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use log::{KafkaLogin, KafkaMechanism, KafkaSecret, KafkaSecurity, KafkaTls};

const PASSWORD_VARIABLE: &str = "SALESYNC_KAFKA_PASSWORD";
const PASSWORD_FILE_VARIABLE: &str = "SALESYNC_KAFKA_PASSWORD_FILE";
const KEY_PASSWORD_VARIABLE: &str = "SALESYNC_KAFKA_KEY_PASSWORD";

/// TLS and log-in to a chain's broker.
#[derive(Debug, Clone, Default, Args)]
pub struct KafkaAccess {
    /// Reach the broker by TLS
    #[arg(long, global = true, env = "SALESYNC_KAFKA_TLS", hide_env_values = true)]
    pub kafka_tls: bool,
    /// The authorities that sign the brokers' certificates, as PEM; the system's without it
    #[arg(long, global = true, value_name = "FILE", env = "SALESYNC_KAFKA_CA", hide_env_values = true)]
    pub kafka_ca: Option<PathBuf>,
    /// This client's certificate, as PEM
    #[arg(long, global = true, value_name = "FILE", env = "SALESYNC_KAFKA_CERTIFICATE", hide_env_values = true)]
    pub kafka_certificate: Option<PathBuf>,
    /// The certificate's key, as PEM
    #[arg(long, global = true, value_name = "FILE", env = "SALESYNC_KAFKA_KEY", hide_env_values = true)]
    pub kafka_key: Option<PathBuf>,
    /// As whom to log in to the broker
    #[arg(long, global = true, value_name = "USER", env = "SALESYNC_KAFKA_USER", hide_env_values = true)]
    pub kafka_user: Option<String>,
    /// How the log-in is shown to the broker
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "scram-sha512",
        env = "SALESYNC_KAFKA_MECHANISM",
        hide_env_values = true
    )]
    pub kafka_mechanism: Mechanism,
}

/// How a password is shown to the broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Mechanism {
    /// As it is; with TLS alone.
    Plain,
    /// SCRAM with SHA-256.
    ScramSha256,
    /// SCRAM with SHA-512.
    #[default]
    ScramSha512,
}

/// Why nobody can log in to the broker.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A user without a password.
    #[error("--kafka-user needs a password: give it by SALESYNC_KAFKA_PASSWORD or SALESYNC_KAFKA_PASSWORD_FILE")]
    NoPassword,
    /// Both variables are set.
    #[error(
        "both SALESYNC_KAFKA_PASSWORD and SALESYNC_KAFKA_PASSWORD_FILE are set: which one is meant? Unset the other"
    )]
    Both,
    /// The file cannot be read.
    #[error("the broker's password file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl KafkaAccess {
    /// What the client library is told.
    #[expect(clippy::disallowed_methods, reason = "this is configuration: a secret is given by the environment alone")]
    pub fn security(&self) -> Result<KafkaSecurity, AccessError> {
        let tls = self.kafka_tls.then(|| KafkaTls {
            authorities: self.kafka_ca.clone(),
            certificate: self.kafka_certificate.clone(),
            key: self.kafka_key.clone(),
            key_password: std::env::var(KEY_PASSWORD_VARIABLE).ok().map(KafkaSecret::new),
        });
        let password = password(std::env::var(PASSWORD_VARIABLE).ok(), std::env::var_os(PASSWORD_FILE_VARIABLE))?;
        Ok(KafkaSecurity { tls, login: self.login(password)? })
    }

    fn login(&self, password: Option<String>) -> Result<Option<KafkaLogin>, AccessError> {
        let Some(user) = self.kafka_user.clone() else { return Ok(None) };
        let mechanism = match self.kafka_mechanism {
            Mechanism::Plain => KafkaMechanism::Plain,
            Mechanism::ScramSha256 => KafkaMechanism::ScramSha256,
            Mechanism::ScramSha512 => KafkaMechanism::ScramSha512,
        };
        let password = KafkaSecret::new(password.ok_or(AccessError::NoPassword)?);
        Ok(Some(KafkaLogin { mechanism, user, password }))
    }
}

fn password(value: Option<String>, file: Option<OsString>) -> Result<Option<String>, AccessError> {
    match (value, file) {
        (Some(_), Some(_)) => Err(AccessError::Both),
        (Some(value), None) => Ok(Some(value)),
        (None, Some(file)) => {
            let path = PathBuf::from(file);
            let text = std::fs::read_to_string(&path)
                .map_err(|source| AccessError::Unreadable { path: path.clone(), source })?;
            Ok(Some(text.trim_end().to_owned()))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_user_without_a_password_is_told_where_to_give_it() {
        let access = KafkaAccess { kafka_user: Some("shop".to_owned()), ..KafkaAccess::default() };
        assert!(access.login(None).unwrap_err().to_string().contains("SALESYNC_KAFKA_PASSWORD"));
        let login = access.login(Some("hunter2".to_owned())).unwrap().unwrap();
        assert!(!format!("{login:?}").contains("hunter2"));
        assert!(KafkaAccess::default().login(Some("unused".to_owned())).unwrap().is_none());
    }

    #[test]
    fn a_password_comes_from_one_place_and_a_files_last_line_end_is_no_part_of_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\n").unwrap();
        assert_eq!(password(None, Some(file.path().into())).unwrap().as_deref(), Some("hunter2"));
        assert!(matches!(password(Some(String::new()), Some("x".into())), Err(AccessError::Both)));
        assert!(password(None, None).unwrap().is_none());
    }
}
