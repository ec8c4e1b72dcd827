//! The fields of a body: strict reading of JSON that may be hostile.
//!
//! The body is looked at twice: once for its form (400), then each field, as it is asked for, for its type and limit
//! (422, naming both). A field that nobody asks for is never decoded.

mod limit;
mod number;
mod secret;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

pub use limit::Limit;
pub use secret::Secret;

use crate::problem::Problem;
use number::{NotWhole, digit_text, whole_number};

/// How deep a body may be nested; the deepest that a client sends is four.
const DEPTH: usize = 32;

/// The fields of one JSON object, borrowed from the body. Of a name that comes twice, the last counts.
#[derive(Clone)]
pub struct Fields<'a> {
    entries: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// Where the object stands in the body, with a dot behind: empty, or `carts[2].`.
    place: String,
}

impl<'a> Fields<'a> {
    /// Reads a body that must be one JSON object: 400 if it is not JSON, 422 if it is something else.
    pub fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(body).map_err(|_| Problem::malformed_json("the body is not UTF-8"))?;
        if too_deep(text) {
            return Err(Problem::malformed_json(format!("the body is nested more than {DEPTH} deep")));
        }
        if !text.trim_start().starts_with('{') {
            serde_json::from_str::<IgnoredAny>(text).map_err(|error| malformed(&error))?;
            return Err(Problem::invalid_field("body", "the body must be a JSON object"));
        }
        let Entries(entries) = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        Ok(Self { entries, place: String::new() })
    }

    /// A required text: blanks around it are cut, then its characters are counted. Control characters are refused.
    pub fn text(&self, name: &str, limit: &Limit) -> Result<String, Problem> {
        self.optional_text(name, limit)?.ok_or_else(|| self.missing(name))
    }

    /// A text that may be absent or null.
    pub fn optional_text(&self, name: &str, limit: &Limit) -> Result<Option<String>, Problem> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        let text = self.string(name, raw)?.trim().to_owned();
        if text.chars().any(char::is_control) {
            return Err(self.invalid(name, "must not contain control characters"));
        }
        self.counted(name, limit, text.chars().count(), "characters")?;
        Ok(Some(text))
    }

    /// A required password: nothing is cut, its characters are counted.
    pub fn secret(&self, name: &str, limit: &Limit) -> Result<Secret, Problem> {
        let raw = self.get(name).ok_or_else(|| self.missing(name))?;
        let text = self.string(name, raw)?;
        self.counted(name, limit, text.chars().count(), "characters")?;
        Ok(Secret::new(text.into_owned()))
    }

    /// A required whole number: an int, a number without fraction, or a text of digits.
    pub fn integer(&self, name: &str, limit: &Limit) -> Result<i64, Problem> {
        self.optional_integer(name, limit)?.ok_or_else(|| self.missing(name))
    }

    /// A whole number that may be absent or null.
    pub fn optional_integer(&self, name: &str, limit: &Limit) -> Result<Option<i64>, Problem> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        let read = match raw.get().as_bytes().first() {
            Some(b'"') => digit_text(&self.string(name, raw)?),
            Some(b'-' | b'0'..=b'9') => whole_number(raw.get()),
            _ => Err(NotWhole::Form),
        };
        match read {
            Ok(number) if limit.allows(number) => Ok(Some(number)),
            Ok(_) | Err(NotWhole::Range) => Err(self.out_of_range(name, limit)),
            Err(NotWhole::Fraction) => Err(self.invalid(name, "must be a whole number").limit(limit)),
            Err(NotWhole::Form) => Err(self.invalid(name, "must be a number").limit(limit)),
        }
    }

    /// A required list of objects, so many as the limit allows.
    pub fn objects(&self, name: &str, limit: &Limit) -> Result<Vec<Fields<'a>>, Problem> {
        let raw = self.get(name).ok_or_else(|| self.missing(name))?;
        if !raw.get().starts_with('[') {
            return Err(self.invalid(name, "must be a list"));
        }
        let entries: Vec<&'a RawValue> =
            serde_json::from_str(raw.get()).map_err(|_| self.invalid(name, "must be a list"))?;
        self.counted(name, limit, entries.len(), "entries")?;
        let place = |index: usize| format!("{}{name}[{index}]", self.place);
        entries.into_iter().enumerate().map(|(index, raw)| nested(place(index), raw)).collect()
    }

    /// Whether the field is there and not null.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A refusal of the field that only the handler could find.
    pub fn invalid(&self, name: &str, must: &str) -> Problem {
        let field = format!("{}{name}", self.place);
        let detail = format!("{field} {must}");
        Problem::invalid_field(field, detail)
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, raw) = self.entries.iter().rev().find(|(known, _)| known == name)?;
        (raw.get() != "null").then_some(*raw)
    }

    fn missing(&self, name: &str) -> Problem {
        self.invalid(name, "is required")
    }

    fn out_of_range(&self, name: &str, limit: &Limit) -> Problem {
        let Limit { least, most, .. } = limit;
        self.invalid(name, &format!("must be at least {least} and at most {most}")).limit(limit)
    }

    fn counted(&self, name: &str, limit: &Limit, count: usize, unit: &str) -> Result<(), Problem> {
        let Limit { least, most, .. } = limit;
        let must = || format!("must have at least {least} and at most {most} {unit}");
        if limit.allows_count(count) { Ok(()) } else { Err(self.invalid(name, &must()).limit(limit)) }
    }

    /// The text of a JSON string. A lone surrogate is no text.
    fn string(&self, name: &str, raw: &'a RawValue) -> Result<Cow<'a, str>, Problem> {
        let Text(text) = serde_json::from_str(raw.get()).map_err(|_| self.invalid(name, "must be a text"))?;
        Ok(text)
    }
}

/// Bodies hold passwords and personal data: only the number of fields is shown.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({} at {:?})", self.entries.len(), self.place)
    }
}

fn nested(place: String, raw: &RawValue) -> Result<Fields<'_>, Problem> {
    if !raw.get().starts_with('{') {
        let detail = format!("{place} must be an object");
        return Err(Problem::invalid_field(place, detail));
    }
    let Entries(entries) = serde_json::from_str(raw.get()).map_err(|error| malformed(&error))?;
    Ok(Fields { entries, place: format!("{place}.") })
}

/// The error's place and kind, without a word of the body.
fn malformed(error: &serde_json::Error) -> Problem {
    Problem::malformed_json(format!("not JSON at line {}, column {}", error.line(), error.column()))
}

/// Whether brackets outside of texts are open more than [`DEPTH`] deep, whatever else is wrong with the body.
fn too_deep(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return true;
        }
    }
    false
}

/// A string that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object's fields in their order, undecoded.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((Text(name), raw)) = map.next_entry()? {
                    entries.push((name, raw));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
