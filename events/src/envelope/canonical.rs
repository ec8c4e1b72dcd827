//! The one form in which this program writes the envelope: every field in its place, so that it is written in one go and
//! found without parsing. It halves what a command and a replay of millions cost. Reading any other form is none of its
//! business; the general parser does that, and a test holds the two against each other.

use std::borrow::Cow;

use uuid::Uuid;

use super::{Actor, Decoded, Envelope};
use crate::digest::Digest;
use crate::ids::{EventId, StoreId};
use crate::subject::Subject;
use crate::timestamp;

/// Writes the event in the canonical form: `CloudEvents` attributes, our extensions, `data`.
pub(super) fn write(event: &Envelope, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let Subject::Store(store) = event.subject;
    out.extend_from_slice(br#"{"specversion":"1.0","id":""#);
    uuid(event.id.0, out);
    out.extend_from_slice(br#"","type":""#);
    out.extend_from_slice(event.data.name().as_bytes());
    out.extend_from_slice(br#"","schema":"#);
    serde_json::to_writer(&mut *out, &event.data.schema())?;
    out.extend_from_slice(br#","source":"salesync","subject":"store/"#);
    uuid(store.0, out);
    out.extend_from_slice(br#"","revision":"#);
    serde_json::to_writer(&mut *out, &event.revision)?;
    out.extend_from_slice(br#","time":""#);
    out.extend_from_slice(&timestamp::write(&event.time));
    out.extend_from_slice(br#"","recordedtime":""#);
    out.extend_from_slice(&timestamp::write(&event.recorded_time));
    out.extend_from_slice(br#"","actor":"#);
    serde_json::to_writer(&mut *out, &event.actor)?;
    if let Some(key) = &event.idempotency_key {
        out.extend_from_slice(br#","idempotencykey":"#);
        serde_json::to_writer(&mut *out, key)?;
    }
    if let Some(digest) = event.digest {
        out.extend_from_slice(br#","digest":""#);
        out.extend_from_slice(&digest.hex());
        out.push(b'"');
    }
    if let Some(cause) = event.causation_id {
        out.extend_from_slice(br#","causationid":""#);
        uuid(cause, out);
        out.push(b'"');
    }
    out.extend_from_slice(br#","data":"#);
    serde_json::to_writer(&mut *out, &event.data)?;
    out.push(b'}');
    Ok(())
}

fn uuid(id: Uuid, out: &mut Vec<u8>) {
    out.extend_from_slice(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
}

/// The envelope, if it is written in the canonical form; `data` is not looked at.
pub(super) fn read(value: &str) -> Option<Decoded<'_>> {
    let mut rest = Rest(value);
    rest.literal(r#"{"specversion":"1.0","id":""#)?;
    let id = EventId(rest.uuid()?);
    rest.literal(r#"","type":""#)?;
    let name = rest.plain_text()?;
    rest.literal(r#","schema":"#)?;
    let schema = u32::try_from(rest.number()?).ok()?;
    rest.literal(r#","source":"salesync","subject":"store/"#)?;
    let subject = Subject::Store(StoreId(rest.uuid()?));
    rest.literal(r#"","revision":"#)?;
    let revision = rest.number()?;
    rest.literal(r#","time":""#)?;
    let occurred = rest.take(timestamp::CHARS)?;
    let time = timestamp::parse(occurred.as_bytes())?;
    rest.literal(r#"","recordedtime":""#)?;
    let recorded = rest.take(timestamp::CHARS)?;
    // Nearly always the same instant, to the microsecond.
    let recordedtime = if recorded == occurred { time } else { timestamp::parse(recorded.as_bytes())? };
    rest.literal(r#"","actor":""#)?;
    let actor = actor(rest.plain_text()?)?;
    let idempotencykey = rest.optional(r#","idempotencykey":""#, |rest| Some(rest.plain_text()?.to_owned()))?;
    let digest = rest.optional(r#","digest":""#, Rest::digest)?;
    let causationid = rest.optional(r#","causationid":""#, Rest::quoted_uuid)?;
    rest.literal(r#","data":"#)?;
    let data = rest.0.strip_suffix('}')?;
    Some(Decoded {
        id,
        r#type: Cow::Borrowed(name),
        schema,
        subject,
        revision,
        time,
        recordedtime,
        actor,
        idempotencykey,
        digest,
        causationid,
        data,
    })
}

/// The type of the event in a value of the canonical form, found without reading the rest.
pub(super) fn type_of(value: &str) -> Option<&str> {
    let mut rest = Rest(value);
    rest.literal(r#"{"specversion":"1.0","id":""#)?;
    rest.take(36)?;
    rest.literal(r#"","type":""#)?;
    rest.plain_text()
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn literal(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn take(&mut self, bytes: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    /// Text up to the closing quote, which is taken too; none if it needs unescaping.
    fn plain_text(&mut self) -> Option<&'a str> {
        let end = memchr::memchr(b'"', self.0.as_bytes())?;
        let plain = |byte: u8| byte != b'\\' && byte >= b' ';
        if !self.0.as_bytes()[..end].iter().all(|byte| plain(*byte)) {
            return None;
        }
        let text = self.take(end)?;
        self.literal("\"")?;
        Some(text)
    }

    /// Digits without a leading zero, as JSON has them.
    fn number(&mut self) -> Option<u64> {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit())?;
        let digits = self.take(end)?;
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        digits.parse().ok()
    }

    fn uuid(&mut self) -> Option<Uuid> {
        Uuid::try_parse_ascii(self.take(36)?.as_bytes()).ok()
    }

    fn quoted_uuid(&mut self) -> Option<Uuid> {
        let uuid = self.uuid()?;
        self.literal("\"")?;
        Some(uuid)
    }

    fn digest(&mut self) -> Option<Digest> {
        let digest = self.take(32)?.parse().ok()?;
        self.literal("\"")?;
        Some(digest)
    }

    /// A field that may be left out: outer `None` if it is there and cannot be read.
    #[expect(clippy::option_option, reason = "absent and unreadable are two things, and `?` tells them apart")]
    fn optional<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.literal(key).is_none() {
            return Some(None);
        }
        read(self).map(Some)
    }
}

fn actor(name: &str) -> Option<Actor> {
    Some(match name {
        "guest" => Actor::Guest,
        "store" => Actor::Store,
        "demonstration" => Actor::Demonstration,
        "demo" => Actor::Demo,
        "reactor" => Actor::Reactor,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every golden file in the canonical form reads as the general parser reads it.
    #[test]
    fn both_ways_of_reading_agree_on_every_golden_file() {
        let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let mut agreed = 0;
        for file in std::fs::read_dir(golden).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(file.path()).unwrap_or_default();
            let text = text.trim_end();
            if let Ok(general) = serde_json::from_str::<Decoded<'_>>(text) {
                // The files' key has an escaped quote in it, which is not plain text; every other key is.
                let plain = text.replace(r#"till-7/\"quoted\""#, "till-7");
                let general_of_plain = serde_json::from_str::<Decoded<'_>>(&plain).ok();
                assert_eq!(read(&plain), general_of_plain);
                assert!(read(&plain).is_some());
                assert_eq!(type_of(text), Some(&*general.r#type));
                assert!(read(text).is_none_or(|canonical| canonical == general));
                agreed += 1;
            }
        }
        assert!(agreed >= crate::Event::TYPES.len());
    }

    /// The canonical form spells out what the constants say.
    #[test]
    fn the_form_names_the_version_and_the_source_that_are_declared() {
        let event = Envelope {
            id: EventId(Uuid::nil()),
            subject: Subject::Store(StoreId(Uuid::nil())),
            revision: 1,
            time: chrono::DateTime::UNIX_EPOCH,
            recorded_time: chrono::DateTime::UNIX_EPOCH,
            actor: Actor::Store,
            idempotency_key: None,
            digest: None,
            causation_id: Some(Uuid::nil()),
            data: crate::StoreClosed {}.into(),
        };
        let value: serde_json::Value = serde_json::from_slice(&event.encode().unwrap_or_default()).unwrap_or_default();
        assert_eq!(value["specversion"], crate::SPEC_VERSION);
        assert_eq!(value["source"], crate::SOURCE);
        assert_eq!(value["causationid"], Uuid::nil().to_string());
    }

    #[test]
    fn any_other_form_is_left_to_the_general_parser() {
        let canonical = r#"{"specversion":"1.0","id":"00000000-0000-0000-0000-00000000002a","type":"StoreClosed","schema":1,"source":"salesync","subject":"store/b9978827-018f-53c2-847b-28bec9dc3a3c","revision":9,"time":"2026-11-18T11:06:40.123456Z","recordedtime":"2026-11-18T11:06:40.123456Z","actor":"store","data":{}}"#;
        assert!(read(canonical).is_some());
        for (from, to) in [
            (r#""schema":1"#, r#""schema": 1"#),
            (r#""schema":1"#, r#""schema":01"#),
            (r#""schema":1"#, r#""schema":99999999999999999999"#),
            (r#""revision":9"#, r#""revision":-9"#),
            ("salesync", "elsewhere"),
            ("11:06:40.123456Z", "11:06:40Z"),
            (r#""actor":"store""#, r#""actor":"nobody""#),
            (r#""type":"StoreClosed""#, r#""type":"Store\u0043losed""#),
            ("b9978827-018f", "b9978827+018f"),
            ("{}}", "{}} "),
            ("{}}", ""),
        ] {
            assert!(read(&canonical.replace(from, to)).is_none(), "{to}");
        }
        assert!(read("").is_none());
    }
}
