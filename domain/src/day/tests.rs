//! Business dates around cut-offs and clock changes.

use chrono::{DateTime, Days as CalendarDays, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use events::business_date;
use proptest::prelude::*;

use crate::tests::{date, instant};

fn at_cut_off(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()
}

#[test]
fn a_day_lasts_until_its_cut_off() {
    let seoul = |at| business_date(instant(at), Tz::Asia__Seoul, at_cut_off(5, 30));
    assert_eq!(seoul("2026-11-20T23:59:59+09:00"), date("2026-11-20"));
    assert_eq!(seoul("2026-11-21T05:29:59+09:00"), date("2026-11-20"));
    assert_eq!(seoul("2026-11-21T05:30:00+09:00"), date("2026-11-21"));
    assert_eq!(seoul("2026-01-01T05:29:59+09:00"), date("2025-12-31"));
}

#[test]
fn a_night_whose_clock_is_put_forward_keeps_its_dates() {
    // In Berlin 02:00 became 03:00 on 29 March 2026; with a cut-off in the gap, the day begins where the gap ends.
    let berlin = |at| business_date(instant(at), Tz::Europe__Berlin, at_cut_off(2, 30));
    assert_eq!(berlin("2026-03-29T01:59:59+01:00"), date("2026-03-28"));
    assert_eq!(berlin("2026-03-29T03:00:00+02:00"), date("2026-03-29"));
}

#[test]
fn a_clock_put_back_over_the_cut_off_takes_the_date_back_with_it() {
    // In Berlin 03:00 became 02:00 on 25 October 2026: the half hour from 02:30 is there twice.
    let berlin = |at| business_date(instant(at), Tz::Europe__Berlin, at_cut_off(2, 30));
    assert_eq!(berlin("2026-10-25T02:29:59+02:00"), date("2026-10-24"));
    assert_eq!(berlin("2026-10-25T02:30:00+02:00"), date("2026-10-25"));
    assert_eq!(berlin("2026-10-25T02:00:00+01:00"), date("2026-10-24"));
    assert_eq!(berlin("2026-10-25T02:30:00+01:00"), date("2026-10-25"));
}

#[test]
fn an_instant_beyond_the_calendar_has_a_date_nevertheless() {
    for zone in [Tz::Asia__Seoul, Tz::America__New_York] {
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            business_date(at, zone, at_cut_off(23, 59));
        }
    }
}

fn zones() -> impl Strategy<Value = Tz> {
    // With an hour's change, half an hour's (Lord Howe), at midnight (Beirut, Santiago), a skipped date (Apia), none.
    prop::sample::select(vec![
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Asia__Beirut,
        Tz::America__Santiago,
        Tz::Pacific__Apia,
        Tz::Asia__Seoul,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What the till's own wall clock says decides: the local date, or the one before while it is not yet day.
    #[test]
    fn the_wall_clock_decides(zone in zones(), minute in 0_i64..60 * 24 * 365 * 30, begins in 0_u32..24 * 60) {
        let at = instant("2005-01-01T00:00:00Z") + TimeDelta::minutes(minute);
        let begins = at_cut_off(begins / 60, begins % 60);
        let local = at.with_timezone(&zone).naive_local();
        let not_yet = local.time() < begins;
        let expected = if not_yet { local.date() - CalendarDays::new(1) } else { local.date() };
        prop_assert_eq!(business_date(at, zone, begins), expected);
    }

    /// Going through a night of clock changes minute by minute, no date is ever more than one away from its neighbours,
    /// but where the calendar itself skips one.
    #[test]
    fn dates_go_on_one_by_one(zone in zones(), hour in 0_i64..24 * 365 * 30, begins in 0_u32..24 * 60) {
        let from = instant("2005-01-01T00:00:00Z") + TimeDelta::hours(hour);
        let begins = at_cut_off(begins / 60, begins % 60);
        let on = |minute| business_date(from + TimeDelta::minutes(minute), zone, begins);
        for minute in 0..180 {
            let step = (on(minute + 1) - on(minute)).num_days();
            let skipped = zone == Tz::Pacific__Apia && step == 2;
            prop_assert!((-1..=1).contains(&step) || skipped, "{step} at {}", from + TimeDelta::minutes(minute));
        }
    }
}
