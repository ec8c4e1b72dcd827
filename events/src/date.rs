//! Calendar dates in one form, `2026-11-20`, read in a fraction of a general parser's time.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Deserializer, Serializer};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "this is how serde calls it")]
pub(crate) fn serialize<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    if !(0..=9_999).contains(&date.year()) {
        return serializer.collect_str(date);
    }
    let mut text = *b"0000-00-00";
    let mut digits = |from: usize, to: usize, mut number: u32| {
        for place in text[from..to].iter_mut().rev() {
            *place = b"0123456789"[number as usize % 10];
            number /= 10;
        }
    };
    digits(0, 4, date.year().unsigned_abs());
    digits(5, 7, date.month());
    digits(8, 10, date.day());
    serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    parse(text.as_bytes()).map_or_else(|| text.parse().map_err(serde::de::Error::custom), Ok)
}

/// The same for a date that may be absent.
pub(crate) mod optional {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Dated(#[serde(with = "super")] NaiveDate);

    #[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "this is how serde calls it")]
    pub(crate) fn serialize<S: Serializer>(date: &Option<NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
        date.map(Dated).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
        Ok(Option::<Dated>::deserialize(deserializer)?.map(|Dated(date)| date))
    }
}

/// The date, if it is written with four digits, two and two. Years beyond those are left to the general parser.
fn parse(text: &[u8]) -> Option<NaiveDate> {
    if !(text.len() == 10 && text[4] == b'-' && text[7] == b'-') {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = text[from..to].iter();
        digits.copied().try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, PartialEq, serde::Serialize, Deserialize)]
    struct Dated(#[serde(with = "super")] NaiveDate);

    proptest! {
        #[test]
        fn a_date_is_written_as_everybody_writes_it_and_read_back(days in -1_000_000_i32..5_000_000) {
            let date = NaiveDate::from_num_days_from_ce_opt(days).unwrap_or_default();
            let written = serde_json::to_string(&Dated(date)).unwrap_or_default();
            prop_assert_eq!(&written, &serde_json::to_string(&date).unwrap_or_default());
            prop_assert_eq!(serde_json::from_str::<Dated>(&written).ok(), Some(Dated(date)));
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in ["\"2026-13-01\"", "\"2026-02-30\"", "\"2026-1-1x\"", "\"20261120\"", "1", "\"２026-11-2\""] {
            assert!(serde_json::from_str::<Dated>(bad).is_err(), "{bad}");
        }
    }
}
