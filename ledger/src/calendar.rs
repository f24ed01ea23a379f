//! Calendar arithmetic in UTC: adding periods, finding the allowance period of an instant. Knows
//! no clock.

use jiff::Span;
use jiff::tz::Offset;
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
    let count = i64::from(period.count);
    let span = match period.unit {
        PeriodUnit::Day => Span::new().try_days(count),
        PeriodUnit::Month => Span::new().try_months(count),
        PeriodUnit::Year => Span::new().try_years(count),
    };
    let later = jiff::Timestamp::from_microsecond(at.micros()).and_then(|instant| {
        let civil = Offset::UTC.to_datetime(instant).checked_add(span?)?;
        Offset::UTC.to_timestamp(civil)
    });
    later.map_or(Timestamp::MAX, |later| Timestamp::from_micros(later.as_microsecond()))
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
    // INVARIANT (instants fit): the range of `Timestamp` is that of jiff; the fallback is never
    // taken.
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default().to_string()
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
