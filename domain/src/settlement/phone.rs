//! A telephone number in the one form that every service takes: E.164.

use chrono_tz::Tz;
use events::Currency;

/// What stands between the digits of a number as people write it.
const BETWEEN: [char; 6] = [' ', '-', '.', '(', ')', '/'];

/// The number with its country, if it can be one: a leading `+` or `00` names the country, else it is the one that the
/// store stands in by its clock or its money, where we know that one's code.
pub(super) fn e164(typed: &str, zone: Tz, currency: Currency) -> Option<String> {
    let bare: String = typed.chars().filter(|c| !BETWEEN.contains(c)).collect();
    let (country, digits) = match bare.strip_prefix('+').or_else(|| bare.strip_prefix("00")) {
        Some(rest) => ("", rest),
        None => (country_code(zone, currency)?, bare.strip_prefix('0').unwrap_or(&bare)),
    };
    let number = format!("{country}{digits}");
    let plain = digits.len() >= 6 && number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    (plain && (8..=15).contains(&number.len())).then(|| format!("+{number}"))
}

fn country_code(zone: Tz, currency: Currency) -> Option<&'static str> {
    Some(match zone {
        Tz::Asia__Seoul => "82",
        Tz::Asia__Tokyo => "81",
        Tz::Europe__Berlin => "49",
        Tz::Europe__London => "44",
        Tz::Europe__Paris => "33",
        _ if currency == Currency::KRW => "82",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euro() -> Currency {
        "EUR".parse().unwrap_or(Currency::KRW)
    }

    #[test]
    fn a_number_gets_its_country_and_loses_its_leading_zero() {
        let seoul = |typed| e164(typed, Tz::Asia__Seoul, Currency::KRW);
        assert_eq!(seoul("01012345678").as_deref(), Some("+821012345678"));
        assert_eq!(seoul("010-1234-5678").as_deref(), Some("+821012345678"));
        assert_eq!(seoul("+82 10 1234 5678").as_deref(), Some("+821012345678"));
        assert_eq!(seoul("0049 151 12345678").as_deref(), Some("+4915112345678"));
        assert_eq!(e164("0151 12345678", Tz::Europe__Berlin, euro()).as_deref(), Some("+4915112345678"));
        assert_eq!(e164("01012345678", Tz::UTC, Currency::KRW).as_deref(), Some("+821012345678"));
    }

    #[test]
    fn what_can_be_no_number_is_none() {
        for bad in ["", "없음", "010", "12345", "+0101234567890", "+1234567890123456", "０１０12345678", "010x1234567"]
        {
            assert_eq!(e164(bad, Tz::Asia__Seoul, Currency::KRW), None, "{bad}");
        }
        assert_eq!(e164("01012345678", Tz::America__New_York, euro()), None);
        assert_eq!(e164("+12125550100", Tz::America__New_York, euro()).as_deref(), Some("+12125550100"));
    }
}
