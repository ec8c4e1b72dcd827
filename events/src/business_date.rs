//! Which business date an instant belongs to.

use chrono::{DateTime, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// The date on the clock of `zone`, set back by the time at which the day begins.
pub fn business_date(at: DateTime<Utc>, zone: Tz, day_begins: NaiveTime) -> NaiveDate {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let set_back = TimeDelta::seconds(i64::from(day_begins.num_seconds_from_midnight()));
    let local = at.naive_utc().checked_add_offset(offset).and_then(|local| local.checked_sub_signed(set_back));
    // Beyond the calendar's ends, a quarter of a million years from now, there is no local time.
    local.map_or(at.date_naive(), |local| local.date())
}
