//! How a client shows who it is and knows the brokers: TLS and SASL, from settings of their own.

use std::fmt;
use std::path::PathBuf;

use rdkafka::ClientConfig;

/// A text that is shown to nobody but the broker.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaSecret(String);

/// TLS and SASL. The default is neither, for brokers on a network of one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KafkaSecurity {
    /// Whether, and whom, to trust on the way.
    pub tls: Option<KafkaTls>,
    /// As whom to log in.
    pub login: Option<KafkaLogin>,
}

/// TLS to the brokers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KafkaTls {
    /// The authorities that sign the brokers' certificates, as PEM; the system's without it.
    pub authorities: Option<PathBuf>,
    /// This client's certificate, as PEM.
    pub certificate: Option<PathBuf>,
    /// The certificate's key, as PEM.
    pub key: Option<PathBuf>,
    /// What the key is encrypted with.
    pub key_password: Option<KafkaSecret>,
}

/// A log-in by SASL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaLogin {
    /// How the password is shown.
    pub mechanism: KafkaMechanism,
    /// The user.
    pub user: String,
    /// The password.
    pub password: KafkaSecret,
}

/// How a password is shown to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KafkaMechanism {
    /// As it is; with TLS alone.
    Plain,
    /// SCRAM with SHA-256.
    ScramSha256,
    /// SCRAM with SHA-512.
    ScramSha512,
}

/// Settings that this program cannot follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecurityError {
    /// TLS and SASL are compiled in on demand.
    #[error("this salesync was built without TLS and SASL for Kafka: build it with the feature kafka-tls")]
    NotBuilt,
    /// Who listens on the way would read it.
    #[error("a password is sent as it is by the mechanism PLAIN: use TLS with it, or SCRAM")]
    PlainWithoutTls,
}

impl KafkaSecret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for KafkaSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KafkaSecret(…)")
    }
}

impl KafkaSecurity {
    /// Refuses what cannot be followed, before any client is made.
    pub(super) fn check(&self) -> Result<(), SecurityError> {
        if *self == Self::default() {
            return Ok(());
        }
        if !cfg!(feature = "kafka-tls") {
            return Err(SecurityError::NotBuilt);
        }
        let plain = self.login.as_ref().is_some_and(|login| login.mechanism == KafkaMechanism::Plain);
        if plain && self.tls.is_none() { Err(SecurityError::PlainWithoutTls) } else { Ok(()) }
    }

    pub(super) fn apply(&self, config: &mut ClientConfig) {
        let protocol = match (&self.tls, &self.login) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(tls) = &self.tls {
            let files = [
                ("ssl.ca.location", &tls.authorities),
                ("ssl.certificate.location", &tls.certificate),
                ("ssl.key.location", &tls.key),
            ];
            for (name, file) in files {
                if let Some(file) = file {
                    config.set(name, file.to_string_lossy());
                }
            }
            if let Some(password) = &tls.key_password {
                config.set("ssl.key.password", &password.0);
            }
        }
        if let Some(login) = &self.login {
            config.set("sasl.mechanism", login.mechanism.name());
            config.set("sasl.username", &login.user);
            config.set("sasl.password", &login.password.0);
        }
    }
}

impl KafkaMechanism {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(mechanism: KafkaMechanism) -> KafkaSecurity {
        let login = KafkaLogin { mechanism, user: "till".to_owned(), password: KafkaSecret::new("hunter2") };
        KafkaSecurity { tls: None, login: Some(login) }
    }

    #[test]
    fn a_secret_is_in_no_debug_output() {
        let mut security = login(KafkaMechanism::ScramSha512);
        security.tls = Some(KafkaTls { key_password: Some(KafkaSecret::new("hunter3")), ..KafkaTls::default() });
        assert!(!format!("{security:?}").contains("hunter"));
    }

    #[test]
    fn a_plain_password_wants_tls_and_both_want_the_feature() {
        let refused =
            if cfg!(feature = "kafka-tls") { SecurityError::PlainWithoutTls } else { SecurityError::NotBuilt };
        assert_eq!(login(KafkaMechanism::Plain).check(), Err(refused));
        assert_eq!(KafkaSecurity::default().check(), Ok(()));
        let scram = login(KafkaMechanism::ScramSha256).check();
        assert_eq!(scram.is_ok(), cfg!(feature = "kafka-tls"));
    }
}
