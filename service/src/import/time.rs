//! Instants and periods as people write them in tables.

use schemas::{Period, PeriodUnit, Timestamp};

/// The instant a cell names: RFC 3339 with an offset, or a date, or a date and time in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        // A zone in brackets or a lone offset would be passed over by the civil parser below.
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b"-:. T".contains(&b));
        let moment = text.parse::<jiff::civil::DateTime>().ok();
        let zoned = moment.filter(|_| plain)?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    })?;
    Some(Timestamp::from_micros(instant.as_microsecond()))
}

/// The period a cell names: `30 days`, `1 month`, `2 years`, or short `30d`, `1m`, `2y`.
pub(crate) fn period(text: &str) -> Option<Period> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at_checked(digits)?;
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "d" | "day" | "days" => PeriodUnit::Day,
        "m" | "month" | "months" => PeriodUnit::Month,
        "y" | "year" | "years" => PeriodUnit::Year,
        _ => return None,
    };
    let count = count.parse().ok().filter(|count| *count > 0)?;
    Some(Period { count, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_the_forms_tables_have() {
        let midnight = Some(Timestamp::from_micros(1_785_542_400_000_000));
        for text in [
            "2026-08-01",
            "2026-08-01T00:00:00Z",
            "2026-08-01T02:00:00+02:00",
            "2026-08-01 00:00",
            "2026-08-01T00:00:00",
        ] {
            assert_eq!(instant(text), midnight, "{text}");
        }
        for text in
            ["01/08/2026", "46235", "2026-13-01", "2026-08-01 nine", "2026-08-01[Europe/Paris]", ""]
        {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn periods_have_a_count_and_a_unit() {
        assert_eq!(period("30 days"), Some(Period::days(30)));
        assert_eq!(period("1m"), Some(Period::months(1)));
        assert_eq!(period("2 years"), Some(Period::years(2)));
        for text in ["0 days", "days", "7", "1 week", "-1 day", ""] {
            assert_eq!(period(text), None, "{text}");
        }
    }
}
