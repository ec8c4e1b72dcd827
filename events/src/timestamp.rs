//! Instants in one form: UTC with exactly six decimals, `2026-11-20T10:06:34.123456Z`.
//!
//! One form means one set of bytes for one event, and reading it takes a fraction of a general parser's time, which
//! shows in a replay of millions.

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use serde::{Deserialize, Deserializer, Serializer};

/// How long the one form is.
pub(crate) const CHARS: usize = 27;

/// The instant as it will be read back: to the microsecond.
pub(crate) fn truncate(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

pub(crate) fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let written = write(at);
    serializer.serialize_str(std::str::from_utf8(&written).map_err(serde::ser::Error::custom)?)
}

/// The form with every digit at its place.
pub(crate) fn write(at: &DateTime<Utc>) -> [u8; CHARS] {
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let mut digits = |from: usize, to: usize, mut number: u32| {
        for place in text[from..to].iter_mut().rev() {
            *place = b"0123456789"[number as usize % 10];
            number /= 10;
        }
    };
    digits(0, 4, at.year().unsigned_abs());
    digits(5, 7, at.month());
    digits(8, 10, at.day());
    digits(11, 13, at.hour());
    digits(14, 16, at.minute());
    digits(17, 19, at.second());
    digits(20, 26, at.timestamp_subsec_micros());
    text
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    parse(text.as_bytes()).ok_or_else(|| serde::de::Error::custom("an instant is written 2026-11-20T10:06:34.123456Z"))
}

/// The same for an instant that may be absent.
pub(crate) mod optional {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Timed(#[serde(with = "super")] DateTime<Utc>);

    #[expect(clippy::ref_option, reason = "this is how serde calls it")]
    pub(crate) fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(Timed).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<Timed>::deserialize(deserializer)?.map(|Timed(at)| at))
    }
}

/// The instant, if it is written in the one form.
pub(crate) fn parse(text: &[u8]) -> Option<DateTime<Utc>> {
    let shape = text.len() == CHARS && text[4] == b'-' && text[7] == b'-' && text[10] == b'T' && text[13] == b':';
    if !(shape && text[16] == b':' && text[19] == b'.' && text[26] == b'Z') {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
    let at = date.and_hms_micro_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 26)?)?;
    Some(at.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_instant_reads_back_what_it_wrote(micros in 0_i64..4_102_444_800_000_000) {
            let at = DateTime::from_timestamp_micros(micros).unwrap_or_default();
            let written = write(&at);
            prop_assert_eq!(std::str::from_utf8(&written).unwrap_or_default(), at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            prop_assert_eq!(parse(&written), Some(at));
        }
    }

    #[test]
    fn another_form_is_refused() {
        for bad in [
            "2026-11-20T10:06:34Z",
            "2026-11-20T10:06:34.123456+09",
            "2026-13-20T10:06:34.123456Z",
            "２０26-11-20T10:06:34.1Z",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
