//! A place where it is noon, so that no test meets midnight.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike as _, Utc};

/// Where it was noon when the tests began.
pub(crate) static NOON: LazyLock<Noon> = LazyLock::new(Noon::find);

/// A time zone and its date.
pub(crate) struct Noon {
    pub(crate) zone: String,
    pub(crate) today: NaiveDate,
    ahead: TimeDelta,
}

impl Noon {
    #[expect(clippy::disallowed_methods, reason = "the server under test looks at the same clock")]
    fn find() -> Self {
        let now = Utc::now().naive_utc();
        let hours = 12 - i64::from(now.hour());
        // The signs of these zones' names are the other way round.
        let zone = if hours == 0 { "Etc/UTC".to_owned() } else { format!("Etc/GMT{:+}", -hours) };
        let ahead = TimeDelta::hours(hours);
        Self { zone, today: (now + ahead).date(), ahead }
    }

    /// A date so many days from today.
    pub(crate) fn day(&self, days: i64) -> String {
        (self.today + TimeDelta::days(days)).to_string()
    }

    /// Noon of the date so many days from today.
    pub(crate) fn instant(&self, days: i64) -> DateTime<Utc> {
        let noon = (self.today + TimeDelta::days(days)).and_time(NaiveTime::MIN) + TimeDelta::hours(12);
        (noon - self.ahead).and_utc()
    }
}
