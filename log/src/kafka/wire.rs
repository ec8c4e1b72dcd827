//! A record as a Kafka message: kind, writer and `n` as headers, the key as key, the value as value.
//!
//! The value is a whole event in the JSON format of `CloudEvents`, so any Kafka tool reads it. Headers hold what the
//! reader's rule needs and nothing else: a message with others, or with fewer, was not sent by this program, and the
//! reader stops there.

use bytes::{Bytes, BytesMut};
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};
use uuid::Uuid;

use crate::record::{Kind, Record, RecordError, WriterId};

const KIND: &str = "kind";
const WRITER: &str = "writer";
const N: &str = "n";

/// The values of one read share allocations of this size, in bytes: who keeps one value keeps as much.
const CHUNK_BYTES: usize = 32 * 1024;

/// The headers of a record.
pub(super) fn headers(record: &Record) -> OwnedHeaders {
    let mut writer = Uuid::encode_buffer();
    let writer: &str = record.writer.0.hyphenated().encode_lower(&mut writer);
    let n = record.n.to_string();
    OwnedHeaders::new_with_capacity(3)
        .insert(Header { key: KIND, value: Some(record.kind.name()) })
        .insert(Header { key: WRITER, value: Some(writer) })
        .insert(Header { key: N, value: Some(n.as_str()) })
}

/// The record that a message is. Its value is put behind others in `values`.
pub(super) fn record(message: &BorrowedMessage<'_>, values: &mut BytesMut) -> Result<Record, RecordError> {
    let headers = message.headers().ok_or(RecordError::Header(KIND))?;
    if headers.count() != 3 {
        return Err(RecordError::HeaderCount(headers.count()));
    }
    let text = |index, name: &'static str| {
        let header = headers.try_get(index).filter(|header| header.key == name);
        let value = header.and_then(|header| header.value).and_then(|value| str::from_utf8(value).ok());
        value.ok_or(RecordError::Header(name))
    };
    let kind = Kind::of_name(text(0, KIND)?)?;
    let writer = text(1, WRITER)?.parse().map_err(|_| RecordError::Header(WRITER))?;
    let n = text(2, N)?.parse().map_err(|_| RecordError::Header(N))?;
    let key = str::from_utf8(message.key().unwrap_or_default()).map_err(|_| RecordError::BadKey)?;
    let value = share(values, message.payload().ok_or(RecordError::NoValue)?);
    Ok(Record { kind, writer: WriterId(writer), n, key: key.to_owned(), value })
}

/// Copies a value out of the client library's memory, behind others in one allocation.
fn share(values: &mut BytesMut, value: &[u8]) -> Bytes {
    if value.len() >= CHUNK_BYTES {
        return Bytes::copy_from_slice(value);
    }
    if values.capacity() < value.len() {
        *values = BytesMut::with_capacity(CHUNK_BYTES);
    }
    values.extend_from_slice(value);
    values.split().freeze()
}
