//! A limit with its name, so that a refusal can say which one it was.

use std::ops::RangeInclusive;

/// What a number, a text's characters or a list's entries may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The name that a problem gives, with its unit: `name_characters`, `price_minor_units`.
    pub name: &'static str,
    /// The least.
    pub least: i64,
    /// The most.
    pub most: i64,
}

impl Limit {
    /// The limit of this name.
    pub const fn new(name: &'static str, range: RangeInclusive<i64>) -> Self {
        Self { name, least: *range.start(), most: *range.end() }
    }

    /// Whether the number is within it.
    pub const fn allows(&self, number: i64) -> bool {
        self.least <= number && number <= self.most
    }

    /// Whether so many entries or characters are within it.
    pub(crate) fn allows_count(&self, count: usize) -> bool {
        i64::try_from(count).is_ok_and(|count| self.allows(count))
    }
}
