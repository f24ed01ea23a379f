//! A moment of the ledger as people write it: a time or a position; and instants as text.

use std::fmt;
use std::str::FromStr;

use schemas::{LogPosition, Timestamp};

/// A moment of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Everything that was recorded by this time.
    Time(Timestamp),
    /// Everything up to this position.
    Position(LogPosition),
}

/// The text names no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is neither a time such as 2026-06-01T00:00:00Z or 2026-06-01 nor a position such as 1042"
)]
pub struct ParseMomentError {
    found: String,
}

impl FromStr for Moment {
    type Err = ParseMomentError;

    fn from_str(text: &str) -> Result<Self, ParseMomentError> {
        let refused = || ParseMomentError { found: text.chars().take(80).collect() };
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let position = text.parse().map_err(|_| refused())?;
            return Ok(Self::Position(LogPosition(position)));
        }
        let time = match text.parse::<jiff::civil::Date>() {
            // A day alone is its first instant, in UTC.
            Ok(day) if text.len() == "2026-06-01".len() => {
                day.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp())
            }
            Ok(_) | Err(_) => text.parse::<jiff::Timestamp>(),
        };
        let time = time.map_err(|_| refused())?;
        Ok(Self::Time(Timestamp::from_micros(time.as_microsecond())))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&rfc3339(*time)),
            Self::Position(position) => write!(f, "{}", position.0),
        }
    }
}

/// An instant as text, in UTC, such as `2026-06-01T00:00:00Z`.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    // INVARIANT (timestamps are in range): `Timestamp` keeps itself within the years that jiff has. In
    // microseconds jiff's own check ends a second early; in nanoseconds it does not.
    let nanos = i128::from(at.micros()) * 1_000;
    jiff::Timestamp::from_nanosecond(nanos).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_days_and_positions_are_told_apart() {
        let june = Moment::Time(Timestamp::from_micros(1_780_272_000_000_000));
        assert_eq!("2026-06-01T00:00:00Z".parse(), Ok(june));
        assert_eq!("2026-06-01T02:00:00+02:00".parse(), Ok(june));
        assert_eq!("2026-06-01".parse(), Ok(june));
        assert_eq!("1042".parse(), Ok(Moment::Position(LogPosition(1042))));
        for text in
            ["", "yesterday", "-1", "2026-06-01T00:00:00", "2026-13-01", "99999999999999999999"]
        {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_instant_is_written_in_utc() {
        assert_eq!(rfc3339(Timestamp::from_micros(1_780_272_000_000_000)), "2026-06-01T00:00:00Z");
        assert!(rfc3339(Timestamp::MAX).starts_with("9999-"));
        assert!(rfc3339(Timestamp::MIN).starts_with("-009999-"));
    }
}
