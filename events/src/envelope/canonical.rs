//! Reading the envelope in the one form in which this program writes it: every field in its place, found without
//! parsing. It halves what a replay of millions costs. Any other form is none of its business; the general parser reads
//! that, and a test holds the two against each other.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::de::value::BorrowedStrDeserializer;
use uuid::Uuid;

use super::{Actor, Decoded};
use crate::digest::Digest;
use crate::ids::{EventId, StoreId};
use crate::subject::Subject;
use crate::timestamp;

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
    let time = rest.instant()?;
    rest.literal(r#"","recordedtime":""#)?;
    let recordedtime = rest.instant()?;
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
        let end = self.0.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
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

    fn instant(&mut self) -> Option<DateTime<Utc>> {
        let text = self.take(27)?;
        timestamp::deserialize(BorrowedStrDeserializer::<serde::de::value::Error>::new(text)).ok()
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
