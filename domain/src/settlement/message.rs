//! What the owner is told, in the store's language and within the length of one SMS.

use chrono::{Datelike as _, NaiveDate};
use events::{Currency, DayTotals, Language, Money, SmsText, StoreRegistered};

/// Characters of one SMS if all of them are in the GSM alphabet.
const GSM_CHARS: usize = 160;
/// UTF-16 units of one SMS with any other character.
const UNICODE_UNITS: usize = 70;
/// What a store's name is cut to before anything of the figures is left out.
const NAME_CHARS: usize = 12;
/// The GSM 03.38 alphabet, less line breaks and less what counts twice.
const GSM: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
    abcdefghijklmnopqrstuvwxyzäöñüà";

/// Whether the day is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    Settled,
    SoFar,
}

/// The fullest wording that fits: names are cut and figures left out from the last on, never the net sales.
pub(super) fn compose(store: &StoreRegistered, wording: Wording, date: NaiveDate, totals: &DayTotals) -> SmsText {
    let head = head(store.language, wording, date);
    let figures = figures(store.language, store.currency, totals);
    let name = store.store_name.trim();
    let names = [name.to_owned(), name.chars().take(NAME_CHARS).collect(), String::new()];
    let tellings = (1..=figures.len()).rev().flat_map(|told| names.iter().map(move |name| (told, name)));
    let word =
        |(told, name): (usize, &String)| format!("{name} {head} {}", figures[..told].join(", ")).trim().to_owned();
    let fullest = tellings.map(word).find(|text| fits(text));
    // The shortest wording fits for any date of four digits and any amount of money.
    SmsText { language: store.language, text: fullest.unwrap_or(head) }
}

/// Whether the text is one SMS.
pub(super) fn fits(text: &str) -> bool {
    if text.chars().all(|c| GSM.contains(c)) {
        return text.chars().count() <= GSM_CHARS;
    }
    text.encode_utf16().count() <= UNICODE_UNITS
}

fn head(language: Language, wording: Wording, date: NaiveDate) -> String {
    match (language, wording) {
        (Language::Ko, Wording::Settled) => format!("{}월{}일 마감", date.month(), date.day()),
        (Language::Ko, Wording::SoFar) => format!("{}월{}일 현재", date.month(), date.day()),
        (Language::En, Wording::Settled) => format!("{date} closed:"),
        (Language::En, Wording::SoFar) => format!("{date} so far:"),
    }
}

/// The figures, most important first.
fn figures(language: Language, currency: Currency, totals: &DayTotals) -> Vec<String> {
    let amount = |money| amount(language, currency, money);
    let mut figures = match language {
        Language::Ko => vec![format!("매출 {} {}건", amount(totals.net), totals.sales)],
        Language::En => vec![format!("sales {} in {}", amount(totals.net), totals.sales)],
    };
    let (voids, profit) = match language {
        Language::Ko => ("취소", "이익"),
        Language::En => ("voids", "profit"),
    };
    if totals.voids != Money::ZERO {
        figures.push(format!("{voids} {}", amount(totals.voids)));
    }
    figures.push(format!("{profit} {}", amount(totals.profit)));
    figures
}

/// The amount with separators, decimals as the currency has them, and its unit.
fn amount(language: Language, currency: Currency, money: Money) -> String {
    let digits = currency.minor_digits();
    let scale = 10_u64.pow(digits);
    let (whole, rest) = (money.0.unsigned_abs() / scale, money.0.unsigned_abs() % scale);
    let sign = if money.0 < 0 { "-" } else { "" };
    let decimals = if digits == 0 { String::new() } else { format!(".{rest:0width$}", width = digits as usize) };
    let number = format!("{sign}{}{decimals}", grouped(whole));
    match language {
        Language::Ko if currency == Currency::KRW => format!("{number}원"),
        _ => format!("{} {number}", currency.code()),
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
