//! Whether a finding says what the table says: every figure it cites stands there as cited, and its sentence holds no
//! number that is none of these.

use std::collections::BTreeSet;

use events::Finding;

use super::figures::{Figure, Figures, Unit};
use super::wording::{decimal, percent};

/// Whether the finding holds against the table.
pub(super) fn is_verified(figures: &Figures, finding: &Finding) -> bool {
    let stands = |name: &str, value| figures.get(name).is_some_and(|figure| figure.value == value);
    let cited = !finding.figures.is_empty() && finding.figures.iter().all(|cited| stands(&cited.name, cited.value));
    cited && [&finding.statement, &finding.action].into_iter().all(|text| has_no_other_number(figures, finding, text))
}

fn has_no_other_number(figures: &Figures, finding: &Finding, text: &str) -> bool {
    let mut allowed = BTreeSet::new();
    for cited in &finding.figures {
        if let Some(figure) = figures.get(&cited.name) {
            allowed.extend(forms(figures, figure));
        }
        // `hour.14.net_sales` speaks of 14 o'clock.
        allowed.extend(cited.name.strip_prefix("hour.").and_then(|rest| rest.split('.').next()).map(str::to_owned));
    }
    numbers(&without_names(figures, text)).iter().all(|number| allowed.contains(number))
}

/// The ways in which a figure may be written, without separators.
fn forms(figures: &Figures, figure: &Figure) -> Vec<String> {
    let value = figure.value.unsigned_abs();
    let plain = |text: String| text.replace(',', "");
    match figure.unit {
        Unit::Count => vec![value.to_string()],
        Unit::Money => vec![value.to_string(), plain(decimal(figures.currency, value))],
        Unit::Permille => {
            let exact = percent(figure.value).trim_matches(['-', '%']).to_owned();
            let whole = exact.strip_suffix(".0").map(str::to_owned);
            [Some(exact), whole].into_iter().flatten().collect()
        }
    }
}

/// The text without the names of items and the period's dates, whose digits are no figures.
fn without_names(figures: &Figures, text: &str) -> String {
    let mut names: Vec<String> = figures.items.values().cloned().collect();
    names.extend([figures.start.to_string(), figures.end.to_string()]);
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.iter().filter(|name| !name.is_empty()).fold(text.to_owned(), |text, name| text.replace(name, " "))
}

/// Every number in the text, without separators.
fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut number = String::new();
    for c in text.chars().chain([' ']) {
        let inside = !number.is_empty() && (c == ',' || c == '.');
        if c.is_numeric() || inside {
            number.push(c);
        } else if !number.is_empty() {
            let plain = number.trim_end_matches([',', '.']).replace(',', "");
            found.push(plain);
            number.clear();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_with_their_separators_and_without_a_sentences_end() {
        assert_eq!(numbers("순매출은 1,234,567원, 12.3%입니다. 7."), ["1234567", "12.3", "7"]);
        assert_eq!(numbers("none at all"), Vec::<String>::new());
        assert_eq!(numbers("３개"), ["３"], "digits of any script are numbers");
    }
}
