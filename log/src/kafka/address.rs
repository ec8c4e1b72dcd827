//! Where a log on Kafka is: `kafka://HOST:PORT[,HOST:PORT]/TOPIC`, as an operator writes it.

use std::fmt;
use std::str::FromStr;

/// How long a topic's name is at most, in bytes; Kafka's own limit.
const TOPIC_MAX_BYTES: usize = 249;

const SCHEME: &str = "kafka://";

/// The brokers to ask first, and the topic. It holds no secret: see [`KafkaSecurity`](super::KafkaSecurity).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaAddress {
    brokers: Vec<String>,
    topic: String,
}

/// An address that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another scheme, or none.
    #[error("a log on Kafka is written kafka://HOST:PORT[,HOST:PORT]/TOPIC")]
    Scheme,
    /// Something before an `@`. It is not repeated, since it may be a password.
    #[error("an address of Kafka holds no user and no password: they are settings of their own")]
    Credentials,
    /// A broker without host or port.
    #[error("{0:?} is no broker: write HOST:PORT")]
    Broker(String),
    /// No topic, or none that Kafka takes.
    #[error("{0:?} is no topic: 1 to 249 of the letters a-z, A-Z, 0-9, '.', '_' and '-'")]
    Topic(String),
}

impl KafkaAddress {
    /// The topic that the log is.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The brokers, as the client library takes them.
    pub(super) fn bootstrap(&self) -> String {
        self.brokers.join(",")
    }
}

impl FromStr for KafkaAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix(SCHEME).ok_or(AddressError::Scheme)?;
        if rest.contains('@') {
            return Err(AddressError::Credentials);
        }
        let (brokers, topic) = rest.split_once('/').ok_or_else(|| AddressError::Topic(String::new()))?;
        let brokers = brokers.split(',').map(broker).collect::<Result<_, _>>()?;
        if !is_topic(topic) {
            return Err(AddressError::Topic(topic.to_owned()));
        }
        Ok(Self { brokers, topic: topic.to_owned() })
    }
}

impl fmt::Display for KafkaAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.brokers.join(","), self.topic)
    }
}

fn broker(text: &str) -> Result<String, AddressError> {
    let wrong = || AddressError::Broker(text.to_owned());
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let bracketed = host.starts_with('[') && host.ends_with(']') && host.len() > 2;
    let plain = |host: &str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let is_host = if bracketed { host[1..host.len() - 1].parse::<std::net::Ipv6Addr>().is_ok() } else { plain(host) };
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    if is_host && is_port { Ok(text.to_owned()) } else { Err(wrong()) }
}

fn is_topic(text: &str) -> bool {
    let length = (1..=TOPIC_MAX_BYTES).contains(&text.len());
    length && text != "." && text != ".." && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_address_reads_back_as_it_was_written() {
        for text in ["kafka://localhost:9092/salesync", "kafka://a.example:1,b-2:65535,[::1]:9092/shop.eu_1-x"] {
            assert_eq!(text.parse::<KafkaAddress>().unwrap().to_string(), text);
        }
        let address: KafkaAddress = "kafka://a:1,b:2/t".parse().unwrap();
        assert_eq!((address.bootstrap().as_str(), address.topic()), ("a:1,b:2", "t"));
    }

    #[test]
    fn what_is_no_address_is_refused_for_its_reason() {
        let refused = |text: &str| text.parse::<KafkaAddress>().unwrap_err();
        for text in ["", "localhost:9092/t", "http://localhost:9092/t", "KAFKA://a:1/t"] {
            assert_eq!(refused(text), AddressError::Scheme, "{text}");
        }
        for text in ["kafka:///t", "kafka://a/t", "kafka://a:/t", "kafka://:1/t", "kafka://a:0/t", "kafka://a:70000/t"]
        {
            assert!(matches!(refused(text), AddressError::Broker(_)), "{text}");
        }
        for text in ["kafka://a:1,/t", "kafka://a:1,b/t", "kafka://a b:1/t", "kafka://[x]:1/t"] {
            assert!(matches!(refused(text), AddressError::Broker(_)), "{text}");
        }
        let long = format!("kafka://a:1/{}", "x".repeat(250));
        for text in ["kafka://a:1", "kafka://a:1/", "kafka://a:1/..", "kafka://a:1/a/b", "kafka://a:1/t?x=1", &long] {
            assert!(matches!(refused(text), AddressError::Topic(_)), "{text}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let refused = "kafka://till:hunter2@a:1/t".parse::<KafkaAddress>().unwrap_err();
        assert_eq!(refused, AddressError::Credentials);
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
}
