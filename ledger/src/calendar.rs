//! Calendar arithmetic: adding periods in UTC or in the time zone of a contract, finding the
//! allowance period of an instant. Knows no clock.

use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemas::contract::ZoneName;
use schemas::{Period, PeriodUnit, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch of time, half-open: `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it; `None`: it never ends.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether the instant lies in it.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The instant this much calendar time later, in UTC, kept within the range of instants.
#[must_use]
pub fn plus(at: Timestamp, period: Period) -> Timestamp {
    moved(None, at, period, 1)
}

/// The instant this much calendar time later by the clocks of a zone: at the same local time, also
/// where the clocks were changed meanwhile. A local time that is left out counts as so much later,
/// one that comes twice as the first of the two. Without a zone, in UTC.
#[must_use]
pub fn plus_in(zone: Option<&ZoneName>, at: Timestamp, period: Period) -> Timestamp {
    moved(zone, at, period, 1)
}

/// The instant this many calendar days earlier by the clocks of a zone.
#[must_use]
pub fn days_before_in(zone: Option<&ZoneName>, at: Timestamp, days: u32) -> Timestamp {
    moved(zone, at, Period::days(days), -1)
}

/// The instant this much calendar time after `at`, where the periods before it were counted from
/// `anchor`: monthly from 31 January goes on to 31 March, although February ended on the 28th.
#[must_use]
pub fn plus_counted_from(
    zone: Option<&ZoneName>,
    anchor: Timestamp,
    at: Timestamp,
    period: Period,
) -> Timestamp {
    let months = |count: u32| plus_in(zone, anchor, Period::months(count));
    let unit = match period.unit {
        PeriodUnit::Day => return plus_in(zone, at, period),
        PeriodUnit::Month => 1,
        PeriodUnit::Year => 12,
    };
    let least = whole_periods_at_least(anchor, Period::months(1), at);
    // No 31 days hold more than one end of a month: the true number is at most a few above.
    let most = least.saturating_add(least / 31).saturating_add(2);
    let counted = (least..=most).find(|count| months(*count) == at);
    match counted {
        Some(count) => months(count.saturating_add(period.count.saturating_mul(unit))),
        None => plus_in(zone, at, period),
    }
}

/// The name of a zone as IANA spells it; `None`: there is no such zone.
#[must_use]
pub fn zone_named(name: &ZoneName) -> Option<ZoneName> {
    zone_of(name)?.iana_name()?.parse().ok()
}

/// The local time of an instant by the clocks of a zone, to the second, with how far they are ahead
/// of UTC: `2026-12-31T23:59:59+01:00`.
#[must_use]
pub fn local_text(zone: Option<&ZoneName>, at: Timestamp) -> String {
    let instant = instant(at);
    let zone = zone.and_then(zone_of).unwrap_or(TimeZone::UTC);
    let offset = zone.to_offset(instant);
    let (civil, seconds) = (offset.to_datetime(instant), offset.seconds());
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    let date = format!("{:04}-{:02}-{:02}", civil.year(), civil.month(), civil.day());
    let time = format!("{:02}:{:02}:{:02}", civil.hour(), civil.minute(), civil.second());
    format!("{date}T{time}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The last second that lies before an instant, where terms end: they are half-open.
#[must_use]
pub fn last_second_before(at: Timestamp) -> Timestamp {
    const SECOND: i64 = 1_000_000;
    let micros = at.micros().saturating_sub(1);
    Timestamp::from_micros(micros.saturating_sub(micros.rem_euclid(SECOND)))
}

/// The instant this many days of 24 hours earlier.
#[must_use]
pub fn days_before(at: Timestamp, days: u32) -> Timestamp {
    at.plus_seconds(-SECONDS_A_DAY * i64::from(days))
}

/// The period that contains `at` when periods of this length are counted from `anchor`. Before the
/// anchor it is the first one. Every boundary is counted from the anchor, so that a month from 31
/// January, twice, is 31 March.
#[must_use]
pub fn window_at(anchor: Timestamp, length: Option<Period>, at: Timestamp) -> Window {
    let Some(length) = length.filter(|length| length.count > 0) else {
        return Window { from: anchor, until: None };
    };
    let boundary = |number: u32| {
        let count = length.count.saturating_mul(number);
        plus(anchor, Period { count, unit: length.unit })
    };
    let mut number = whole_periods_at_least(anchor, length, at);
    loop {
        let until = boundary(number.saturating_add(1));
        if at < until || until == Timestamp::MAX {
            return Window { from: boundary(number), until: Some(until) };
        }
        number = number.saturating_add(1);
    }
}

/// The instant as RFC 3339 text in UTC.
#[must_use]
pub fn text(at: Timestamp) -> String {
    instant(at).to_string()
}

/// INVARIANT (instants fit): the range of `Timestamp` is that of jiff; the fallback is never taken.
fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default()
}

/// INVARIANT (zones are known): a zone was looked up when it was chosen, and the zones that come with
/// the program only become more. They come with it so that a term ends at the same instant on every
/// machine.
fn zone_of(name: &ZoneName) -> Option<TimeZone> {
    let zone = TimeZoneDatabase::bundled().get(name.as_str()).ok()?;
    (!zone.is_unknown()).then_some(zone)
}

/// The instant this much calendar time away, `sign` 1 or -1.
fn moved(zone: Option<&ZoneName>, at: Timestamp, period: Period, sign: i64) -> Timestamp {
    let count = sign.saturating_mul(i64::from(period.count));
    let span = match period.unit {
        PeriodUnit::Day => Span::new().try_days(count),
        PeriodUnit::Month => Span::new().try_months(count),
        PeriodUnit::Year => Span::new().try_years(count),
    };
    let zone = zone.and_then(zone_of).unwrap_or(TimeZone::UTC);
    let instant = jiff::Timestamp::from_microsecond(at.micros());
    let civil = instant.and_then(|instant| zone.to_datetime(instant).checked_add(span?));
    let there = civil.and_then(|civil: DateTime| zone.to_timestamp(civil));
    let beyond = if sign < 0 { Timestamp::MIN } else { Timestamp::MAX };
    there.map_or(beyond, |there| Timestamp::from_micros(there.as_microsecond()))
}

const SECONDS_A_DAY: i64 = 86_400;
const MICROS_A_DAY: i64 = SECONDS_A_DAY * 1_000_000;

/// A number of whole periods that surely lie between both instants, at most a few below the true
/// one: it counts every month as 31 days and every year as 366.
fn whole_periods_at_least(anchor: Timestamp, length: Period, at: Timestamp) -> u32 {
    let days_most = match length.unit {
        PeriodUnit::Day => 1,
        PeriodUnit::Month => 31,
        PeriodUnit::Year => 366,
    };
    let micros_most = MICROS_A_DAY * days_most * i64::from(length.count);
    let elapsed = at.micros().saturating_sub(anchor.micros()).max(0);
    u32::try_from(elapsed.checked_div(micros_most).unwrap_or(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn calendar_periods_end_on_the_last_day_that_exists() {
        let rows = [
            ("2026-01-31T00:00:00Z", Period::months(1), "2026-02-28T00:00:00Z"),
            ("2024-01-31T10:30:00Z", Period::months(1), "2024-02-29T10:30:00Z"),
            ("2024-02-29T00:00:00Z", Period::years(1), "2025-02-28T00:00:00Z"),
            ("2026-07-31T00:00:00Z", Period::days(365), "2027-07-31T00:00:00Z"),
            ("2027-07-31T00:00:00Z", Period::days(365), "2028-07-30T00:00:00Z"),
        ];
        for (from, period, expected) in rows {
            assert_eq!(text(plus(at(from), period)), expected, "{from} + {period:?}");
        }
    }

    fn zone(name: &str) -> Option<ZoneName> {
        (name != "UTC").then(|| name.parse().unwrap())
    }

    #[test]
    fn in_a_zone_a_period_ends_at_the_local_time_at_which_it_began() {
        let rows = [
            // Summer time ends on 2026-10-25 in Paris: that day has 25 hours.
            ("Europe/Paris", "2026-10-24T22:00:00Z", Period::days(1), "2026-10-26T00:00:00+01:00"),
            (
                "Europe/Paris",
                "2026-10-01T07:30:00Z",
                Period::months(1),
                "2026-11-01T09:30:00+01:00",
            ),
            // A quarter past two comes twice; the first of the two counts.
            ("Europe/Paris", "2026-10-24T00:15:00Z", Period::days(1), "2026-10-25T02:15:00+02:00"),
            // A quarter past two is left out on 2027-03-28, it counts as a quarter past three.
            ("Europe/Paris", "2027-03-27T01:15:00Z", Period::days(1), "2027-03-28T03:15:00+02:00"),
            (
                "Europe/Paris",
                "2026-01-30T23:00:00Z",
                Period::months(1),
                "2026-02-28T00:00:00+01:00",
            ),
            ("Europe/Paris", "2026-03-31T22:00:00Z", Period::years(1), "2027-04-01T00:00:00+02:00"),
            ("Europe/Berlin", "2026-10-24T22:00:00Z", Period::days(1), "2026-10-26T00:00:00+01:00"),
            (
                "America/New_York",
                "2026-10-31T04:00:00Z",
                Period::days(2),
                "2026-11-02T00:00:00-05:00",
            ),
            ("Asia/Tokyo", "2026-10-24T15:00:00Z", Period::months(1), "2026-11-25T00:00:00+09:00"),
            ("UTC", "2026-10-24T22:00:00Z", Period::days(1), "2026-10-25T22:00:00+00:00"),
        ];
        for (name, from, period, expected) in rows {
            let zone = zone(name);
            let until = plus_in(zone.as_ref(), at(from), period);
            assert_eq!(local_text(zone.as_ref(), until), expected, "{name}: {from} + {period:?}");
        }
    }

    #[test]
    fn periods_that_go_on_are_counted_from_where_the_first_began() {
        let paris = zone("Europe/Paris");
        for (name, anchor, expected) in [
            (None, "2026-01-31T00:00:00Z", ["02-28", "03-31", "04-30", "05-31"]),
            (paris.as_ref(), "2026-01-30T23:00:00Z", ["02-28", "03-31", "04-30", "05-31"]),
            (None, "2026-01-15T00:00:00Z", ["02-15", "03-15", "04-15", "05-15"]),
        ] {
            let (anchor, month) = (at(anchor), Period::months(1));
            let mut until = plus_in(name, anchor, month);
            for day in expected {
                assert_eq!(&local_text(name, until)[5..19], format!("{day}T00:00:00"));
                until = plus_counted_from(name, anchor, until, month);
            }
        }
        // From the 29th of February, every fourth year is one again.
        let leap = at("2024-02-29T00:00:00Z");
        let ends = |until| plus_counted_from(None, leap, until, Period::years(1));
        let fourth = ends(ends(ends(plus(leap, Period::years(1)))));
        assert_eq!(text(fourth), "2028-02-29T00:00:00Z");
        // What was not counted from there goes on from itself.
        let odd = at("2026-02-28T00:00:00Z");
        let month = Period::months(1);
        assert_eq!(
            plus_counted_from(None, at("2026-01-02T03:04:05Z"), odd, month),
            at("2026-03-28T00:00:00Z")
        );
    }

    #[test]
    fn a_term_is_told_by_its_last_second_in_its_zone() {
        let rows = [
            ("Europe/Paris", "2026-12-31T23:00:00Z", "2026-12-31T23:59:59+01:00"),
            ("Europe/Paris", "2026-10-25T01:00:00Z", "2026-10-25T02:59:59+02:00"),
            ("Asia/Kolkata", "2026-12-31T18:30:00Z", "2026-12-31T23:59:59+05:30"),
            ("America/New_York", "2027-01-01T05:00:00Z", "2026-12-31T23:59:59-05:00"),
            ("UTC", "2027-01-01T00:00:00.5Z", "2027-01-01T00:00:00+00:00"),
        ];
        for (name, until, expected) in rows {
            let shown = local_text(zone(name).as_ref(), last_second_before(at(until)));
            assert_eq!(shown, expected, "{name}");
        }
    }

    #[test]
    fn zones_are_those_that_iana_names() {
        let named = |name: &str| zone_named(&name.parse().unwrap()).map(|name| name.to_string());
        assert_eq!(named("europe/paris").as_deref(), Some("Europe/Paris"));
        for wrong in ["Europe/Pariss", "Etc/Unknown", "+01-00"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn windows_count_from_the_anchor_and_are_half_open() {
        let anchor = at("2026-01-31T00:00:00Z");
        let rows = [
            ("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"),
            ("2026-02-27T23:59:59Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"),
            ("2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"),
            ("2026-04-15T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"),
        ];
        for (instant, from, until) in rows {
            let window = window_at(anchor, Some(Period::months(1)), at(instant));
            assert_eq!(
                (text(window.from), window.until.map(text)),
                (from.into(), Some(until.into()))
            );
        }
        assert_eq!(window_at(anchor, None, anchor), Window { from: anchor, until: None });
    }

    #[test]
    fn the_ends_of_time_are_kept() {
        let endless = Period { count: u32::MAX, unit: PeriodUnit::Year };
        assert_eq!(plus(Timestamp::MAX, Period::days(1)), Timestamp::MAX);
        assert_eq!(plus(Timestamp::MIN, endless), Timestamp::MAX);
        let last = window_at(Timestamp::MIN, Some(Period::days(1)), Timestamp::MAX);
        assert_eq!(last.until, Some(Timestamp::MAX));
    }

    const UNITS: [PeriodUnit; 3] = [PeriodUnit::Day, PeriodUnit::Month, PeriodUnit::Year];

    proptest! {
        #[test]
        fn every_instant_from_the_anchor_on_lies_in_its_window(
            anchor in 0i64..4_000_000_000_000_000,
            after in 0i64..4_000_000_000_000_000,
            count in 1u32..40,
            unit in prop::sample::select(UNITS.to_vec()),
        ) {
            let anchor = Timestamp::from_micros(anchor);
            let instant = Timestamp::from_micros(anchor.micros() + after);
            let window = window_at(anchor, Some(Period { count, unit }), instant);
            prop_assert!(window.contains(instant), "{window:?} {instant:?}");
            let next = window_at(anchor, Some(Period { count, unit }), window.until.unwrap());
            prop_assert_eq!(Some(next.from), window.until);
        }
    }
}
