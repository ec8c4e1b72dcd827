//! Whole numbers as the clients write them: `5000`, `20.0`, `"5000"`.

/// Why something is not a whole number in range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotWhole {
    /// Not a number, nor a text of digits.
    Form,
    /// A number with a fraction.
    Fraction,
    /// Beyond 64 bits.
    Range,
}

/// The digits of no number that could matter.
const DIGITS: usize = 400;

/// Reads a JSON number without rounding: the digits are moved by the exponent, not computed in floating point.
pub(super) fn whole_number(token: &str) -> Result<i64, NotWhole> {
    if let Ok(number) = token.parse() {
        return Ok(number);
    }
    if token.len() > DIGITS {
        return Err(NotWhole::Range);
    }
    let (negative, token) = token.strip_prefix('-').map_or((false, token), |rest| (true, rest));
    let (mantissa, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    let exponent: i64 = exponent.parse().map_err(|_| beyond(exponent))?;
    let zeros = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
    let shifted = shift(digits, zeros)?;
    let number: i128 = shifted.parse().map_err(|_| NotWhole::Range)?;
    i64::try_from(if negative { -number } else { number }).map_err(|_| NotWhole::Range)
}

/// Reads a text of ASCII digits, blanks around it allowed.
pub(super) fn digit_text(text: &str) -> Result<i64, NotWhole> {
    let digits = text.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotWhole::Form);
    }
    digits.parse().map_err(|_| NotWhole::Range)
}

/// An exponent too long to read is a fraction or a giant, by its sign.
fn beyond(exponent: &str) -> NotWhole {
    if exponent.starts_with('-') { NotWhole::Fraction } else { NotWhole::Range }
}

/// The digits with so many zeros more, or fewer where the number is negative.
fn shift(digits: &str, zeros: i64) -> Result<String, NotWhole> {
    let count = usize::try_from(zeros.unsigned_abs()).map_err(|_| NotWhole::Range)?;
    if zeros >= 0 {
        return if digits.len().saturating_add(count) > 20 {
            Err(NotWhole::Range)
        } else {
            Ok(format!("{digits}{}", "0".repeat(count)))
        };
    }
    let cut = digits.len().checked_sub(count).ok_or(NotWhole::Fraction)?;
    let (whole, rest) = digits.split_at(cut);
    if rest.bytes().all(|digit| digit == b'0') && !whole.is_empty() {
        Ok(whole.to_owned())
    } else {
        Err(NotWhole::Fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_without_fraction_is_whole_however_it_is_written() {
        for (token, number) in [
            ("0", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("0e999999999999999999999", 0),
            ("20.0", 20),
            ("5000", 5000),
            ("-7.000", -7),
            ("5e3", 5000),
            ("1.5E1", 15),
            ("1200e-2", 12),
            ("0.0012e4", 12),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808.0", i64::MIN),
        ] {
            assert_eq!(whole_number(token), Ok(number), "{token}");
        }
    }

    #[test]
    fn fractions_and_giants_are_refused_for_what_they_are() {
        for token in ["1000.5", "5.5", "1e-1", "0.1e-99999999999999999999", "1e-400", "9007199254740993.5", "1.25e1"] {
            assert_eq!(whole_number(token), Err(NotWhole::Fraction), "{token}");
        }
        let long = "9".repeat(100_000);
        for token in
            ["1e400", "9223372036854775808", "1e99999999999999999999", "-1e19", "1e18446744073709551616", &long]
        {
            assert_eq!(whole_number(token), Err(NotWhole::Range), "{token}");
        }
    }

    #[test]
    fn only_ascii_digits_make_a_number_of_a_text() {
        assert_eq!(digit_text(" 5000 "), Ok(5000));
        assert_eq!(digit_text("007"), Ok(7));
        for text in ["", "  ", "5000a", "-5", "+5", "5.0", "1e3", "５０００", "5 000", "0x10", "5_000"] {
            assert_eq!(digit_text(text), Err(NotWhole::Form), "{text}");
        }
        assert_eq!(digit_text("9223372036854775808"), Err(NotWhole::Range));
    }
}
