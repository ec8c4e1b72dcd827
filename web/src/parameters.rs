//! Query parameters: dates, ranges and positions.

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use chrono::NaiveDate;
use events::Stamp;

use crate::fields::Limit;
use crate::problem::Problem;

/// How many days a question may span: ten years.
pub const RANGE_DAYS: Limit = Limit::new("range_days", 1..=3_660);
/// How many positions `after` may list; a client keeps one per partition.
pub const AFTER_STAMPS: Limit = Limit::new("after_positions", 1..=64);

/// The query parameters as sent. Of a name that comes twice the first counts; unknown ones are ignored.
#[derive(Debug, Clone)]
pub struct Parameters(Vec<(String, String)>);

/// Days from `start` to `end`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateRange {
    /// The first day.
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
}

impl Parameters {
    /// The parameters of a request's address.
    pub fn of(uri: &Uri) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let Query(pairs) = query.map_err(|_| Problem::invalid_field("query", "the query string is not readable"))?;
        Ok(Self(pairs))
    }

    /// The parameter as text, if it is there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A required text, not empty, of so many characters.
    pub fn text(&self, name: &'static str, limit: &Limit) -> Result<&str, Problem> {
        let text = self.get(name).ok_or_else(|| missing(name))?.trim();
        if limit.allows_count(text.chars().count()) {
            return Ok(text);
        }
        let detail = format!("{name} must have at least {} and at most {} characters", limit.least, limit.most);
        Err(Problem::invalid_field(name, detail).limit(limit))
    }

    /// A required day, `YYYY-MM-DD`.
    pub fn date(&self, name: &'static str) -> Result<NaiveDate, Problem> {
        let text = self.get(name).ok_or_else(|| missing(name))?;
        date(text).ok_or_else(|| Problem::invalid_field(name, format!("{name} must be a date, YYYY-MM-DD")))
    }

    /// The required days `start` and `end`, both included.
    pub fn range(&self) -> Result<DateRange, Problem> {
        let range = DateRange { start: self.date("start")?, end: self.date("end")? };
        if range.end < range.start {
            return Err(Problem::invalid_field("end", "end must not be before start"));
        }
        if RANGE_DAYS.allows(range.days()) {
            return Ok(range);
        }
        let detail = format!("start and end must be at most {} days apart", RANGE_DAYS.most);
        Err(Problem::invalid_field("end", detail).limit(&RANGE_DAYS))
    }

    /// The positions that the answer must not be behind: `?after=5f3a90c1-3-1042,…`; none if it is absent or empty.
    pub fn after(&self) -> Result<Vec<Stamp>, Problem> {
        let list = self.get("after").unwrap_or_default();
        let mut stamps = Vec::new();
        for text in list.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            stamps.push(text.parse().map_err(|error| Problem::invalid_field("after", format!("{error}")))?);
            if !AFTER_STAMPS.allows_count(stamps.len()) {
                let detail = format!("after must list at most {} positions", AFTER_STAMPS.most);
                return Err(Problem::invalid_field("after", detail).limit(&AFTER_STAMPS));
            }
        }
        Ok(stamps)
    }
}

impl DateRange {
    /// How many days it has, at least 1.
    pub fn days(&self) -> i64 {
        (self.end - self.start).num_days() + 1
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.uri)
    }
}

fn missing(name: &'static str) -> Problem {
    Problem::invalid_field(name, format!("{name} is required"))
}

/// The day, if it is written in exactly four, two and two digits: nothing else reads as the day that was meant. There
/// is no year 0.
pub fn date(text: &str) -> Option<NaiveDate> {
    let shape =
        |(index, byte): (usize, u8)| if index == 4 || index == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    if text.len() != 10 || text.starts_with("0000") || !text.bytes().enumerate().all(shape) {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}
