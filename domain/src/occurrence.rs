//! When something occurred: a terminal that was offline says so afterwards.

use chrono::{DateTime, TimeDelta, Utc};
use events::Envelope;

use crate::limits::{OCCURRED_AHEAD_MINUTES, OCCURRED_BACK_DAYS};
use crate::rejection::Rejection;

/// The instant at which it occurred. A clock that is a little ahead means now.
pub(crate) fn instant(stated: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Rejection> {
    let Some(stated) = stated.map(Envelope::instant) else { return Ok(now) };
    if stated > now + TimeDelta::minutes(OCCURRED_AHEAD_MINUTES) {
        return Err(Rejection::OccursInTheFuture { limit: OCCURRED_AHEAD_MINUTES });
    }
    if stated < now - TimeDelta::days(OCCURRED_BACK_DAYS) {
        return Err(Rejection::OccurredTooLongAgo { limit: OCCURRED_BACK_DAYS });
    }
    Ok(stated.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::instant as at;

    #[test]
    fn an_instant_may_lie_a_week_back_and_minutes_ahead() {
        let now = at("2026-11-20T19:00:00+09:00");
        let of = |stated: &str| instant(Some(at(stated)), now);
        assert_eq!(instant(None, now), Ok(now));
        assert_eq!(of("2026-11-13T19:00:00+09:00"), Ok(at("2026-11-13T19:00:00+09:00")));
        assert_eq!(of("2026-11-13T18:59:59+09:00"), Err(Rejection::OccurredTooLongAgo { limit: 7 }));
        assert_eq!(of("2026-11-20T19:05:00+09:00"), Ok(now));
        assert_eq!(of("2026-11-20T19:05:01+09:00"), Err(Rejection::OccursInTheFuture { limit: 5 }));
    }
}
