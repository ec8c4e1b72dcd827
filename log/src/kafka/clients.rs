//! How each kind of client is set up, and how one is closed.

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, KafkaResult};

use super::KafkaOptions;
use crate::port::LogError;

/// The largest message that is sent, in bytes. A record has at most 900 KiB, refused before it is staged.
pub(super) const MESSAGE_MAX_BYTES: u32 = 1_000_000;

/// How many bytes a reading client holds that nobody has asked for yet, in kilobytes.
const READ_AHEAD_KBYTES: u32 = 16 * 1024;

/// The first pause between two attempts to connect, in milliseconds; it doubles. The library waits for half as long
/// before it turns from the address that it was given to the one that the broker names, so each new client does.
const RECONNECT_MIN_MS: u32 = 10;

/// The longest pause between two attempts to connect, in milliseconds.
const RECONNECT_MAX_MS: u32 = 1_000;

/// A client's log lines come here; what it lives through by itself is of no interest above debugging.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "the Kafka client says");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(error = %error, reason, "the Kafka client met an error and goes on by itself");
    }
}

impl ConsumerContext for Quiet {}

/// What every client has in common.
pub(super) fn any(options: &KafkaOptions) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", options.address.bootstrap())
        .set("client.id", "salesync")
        .set("reconnect.backoff.ms", RECONNECT_MIN_MS.to_string())
        .set("reconnect.backoff.max.ms", RECONNECT_MAX_MS.to_string())
        .set("socket.keepalive.enable", "true")
        .set("allow.auto.create.topics", "false")
        .set_log_level(RDKafkaLogLevel::Warning);
    options.security.apply(&mut config);
    config
}

/// The one producer of a reign. Nothing waits to be sent together with what may come: the writer has gathered already.
pub(super) fn producing(options: &KafkaOptions) -> ClientConfig {
    let mut config = any(options);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("max.in.flight.requests.per.connection", "5")
        .set("retries", i32::MAX.to_string())
        .set("retry.backoff.ms", "20")
        .set("linger.ms", "0")
        .set("message.timeout.ms", options.message_timeout_ms.to_string())
        .set("message.max.bytes", MESSAGE_MAX_BYTES.to_string())
        .set("compression.codec", "none");
    config
}

/// A consumer that is told what to read and keeps no place at the broker. The library wants a group's name to read at
/// all, and never joins that group.
pub(super) fn consuming(options: &KafkaOptions) -> ClientConfig {
    let mut config = any(options);
    config
        .set("group.id", format!("{}-readers", options.address.topic()))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_uncommitted")
        .set("check.crcs", "true")
        .set("fetch.error.backoff.ms", "50")
        .set("fetch.queue.backoff.ms", "5");
    config
}

/// Reads a partition from a place on, and waits at its end: the broker answers as soon as there is more.
pub(super) fn tailing(options: &KafkaOptions) -> ClientConfig {
    let mut config = consuming(options);
    config.set("queued.max.messages.kbytes", READ_AHEAD_KBYTES.to_string());
    config
}

/// Reads one record here and there. It must not be held up by what it does not want: it asks for little at a time, and
/// the broker holds no answer back.
pub(super) fn finding(options: &KafkaOptions) -> ClientConfig {
    let mut config = consuming(options);
    config.set("fetch.message.max.bytes", "1").set("queued.min.messages", "1").set("fetch.wait.max.ms", "1");
    config
}

/// Why a client could not be made. Settings are named without their values: one of them is a password.
pub(super) fn made<T>(client: KafkaResult<T>) -> Result<T, LogError> {
    client.map_err(|error| match error {
        KafkaError::ClientConfig(_, _, setting, _) => {
            LogError::Unavailable(format!("the Kafka client refuses its setting {setting}"))
        }
        other => LogError::Unavailable(format!("no Kafka client can be made: {other}")),
    })
}

/// Closes a client on a thread of its own: it blocks until the library's threads have ended.
pub(super) fn close<T: Send + 'static>(client: T) {
    let closing = std::thread::Builder::new().name("kafka-close".to_owned());
    // Without a thread it is closed here, which takes longer and is as good.
    let _closed = closing.spawn(move || drop(client));
}
