//! How figures are written in a sentence, the same for the plain rules and for the check of what a model wrote.

use events::{Advice, Advisor, Currency, Finding, Language};

use super::figures::{Figure, Figures, Unit};

/// Characters of the text of an advice; beyond, findings are left out.
const TEXT_CHARS: usize = 8_000;

/// The figure as a sentence has it: `1,234원`, `EUR 12.34`, `12.3%`, `7`.
pub(super) fn written(figures: &Figures, figure: &Figure) -> String {
    match figure.unit {
        Unit::Money => money(figures, figure.value),
        Unit::Count => grouped(figure.value.unsigned_abs()),
        Unit::Permille => percent(figure.value),
    }
}

/// An amount with its unit.
pub(super) fn money(figures: &Figures, value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let number = decimal(figures.currency, value.unsigned_abs());
    match figures.language {
        Language::Ko if figures.currency == Currency::KRW => format!("{sign}{number}원"),
        _ => format!("{} {sign}{number}", figures.currency.code()),
    }
}

/// Thousandths as a percentage with one decimal.
pub(super) fn percent(permille: i64) -> String {
    let sign = if permille < 0 { "-" } else { "" };
    format!("{sign}{}.{}%", permille.unsigned_abs() / 10, permille.unsigned_abs() % 10)
}

/// Minor units with the currency's decimals and separators.
pub(super) fn decimal(currency: Currency, value: u64) -> String {
    let digits = currency.minor_digits();
    let scale = 10_u64.pow(digits);
    match digits {
        0 => grouped(value),
        _ => format!("{}.{:0width$}", grouped(value / scale), value % scale, width = digits as usize),
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
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

/// The advice with its text: what is verified first; an opinion under its own heading, without its numbers as fact.
pub(super) fn advice(figures: &Figures, advisor: Advisor, findings: Vec<Finding>) -> Advice {
    let (heading, opinions, who) = match (figures.language, &advisor) {
        (Language::Ko, Advisor::Embedded) => ("매출 분석", "수치가 확인되지 않은 의견", "내장 분석".to_owned()),
        (Language::Ko, Advisor::OpenAi { model }) => ("매출 분석", "수치가 확인되지 않은 의견", model.clone()),
        (Language::En, Advisor::Embedded) => {
            ("Sales analysis", "Opinions, figures not verified", "built-in".to_owned())
        }
        (Language::En, Advisor::OpenAi { model }) => {
            ("Sales analysis", "Opinions, figures not verified", model.clone())
        }
    };
    let mut text = format!("{heading} {} ~ {} ({who})", figures.start, figures.end);
    for finding in findings.iter().filter(|finding| finding.verified) {
        add(&mut text, &format!("\n\n• {}\n  → {}", finding.statement, finding.action));
    }
    if findings.iter().any(|finding| !finding.verified) {
        add(&mut text, &format!("\n\n[{opinions}]"));
    }
    for finding in findings.iter().filter(|finding| !finding.verified) {
        add(&mut text, &format!("\n? {}\n  → {}", finding.statement, finding.action));
    }
    Advice { advisor, findings, text }
}

fn add(text: &mut String, more: &str) {
    if text.chars().count() + more.chars().count() <= TEXT_CHARS {
        text.push_str(more);
    }
}
