//! Fields of bodies whose form is their own: an instant, a day.

use chrono::{DateTime, NaiveDate, Utc};
use web::{Fields, Limit, Problem};

/// Characters of an instant or a day.
const TIME_CHARS: Limit = Limit::new("time_characters", 1..=40);

/// When a terminal that was offline says that it occurred.
pub(super) fn occurred_at(fields: &Fields<'_>) -> Result<Option<DateTime<Utc>>, Problem> {
    let Some(text) = fields.optional_text("occurred_at", &TIME_CHARS)? else { return Ok(None) };
    match DateTime::parse_from_rfc3339(&text) {
        Ok(at) => Ok(Some(at.to_utc())),
        Err(_) => Err(fields.invalid("occurred_at", "must be an instant with its offset, 2026-11-20T19:06:34+09:00")),
    }
}

/// A day.
pub(super) fn day(fields: &Fields<'_>, name: &'static str) -> Result<NaiveDate, Problem> {
    let text = fields.text(name, &TIME_CHARS)?;
    web::parse_date(&text).ok_or_else(|| fields.invalid(name, "must be a date, YYYY-MM-DD"))
}
