//! The scalars of both schemas. Names and forms are those of the npm package graphql-scalars where
//! it has them.

use std::fmt::{Display, Write as _};

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use schemas::{LogPosition, Period, PeriodUnit, Timestamp};

/// An instant in RFC 3339, such as `2027-01-31T00:00:00Z`. Answers are in UTC; inputs need `Z` or
/// an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(pub Timestamp);

/// A place in the ledger's total order, as text: it can be larger than what a JSON number holds.
/// Compare two of them for equality only; give one back as `atLeast` or `asOf.position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerPosition(pub LogPosition);

/// A hash, such as `blake3:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub schemas::Digest);

/// A whole number from 0 to 18446744073709551615, as text in answers: it can be larger than what a
/// JSON number holds exactly. Inputs may be text or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BigInt(pub u64);

/// A length of calendar time in ISO 8601: `P365D`, `P1M`, `P1Y`. One unit at a time: days, weeks,
/// months or years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(pub Period);

impl From<Timestamp> for DateTime {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl From<LogPosition> for LedgerPosition {
    fn from(position: LogPosition) -> Self {
        Self(position)
    }
}

impl From<schemas::Digest> for Digest {
    fn from(digest: schemas::Digest) -> Self {
        Self(digest)
    }
}

impl From<u64> for BigInt {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<Period> for Duration {
    fn from(period: Period) -> Self {
        Self(period)
    }
}

/// An instant in RFC 3339, such as `2027-01-31T00:00:00Z`. Answers are in UTC; inputs need `Z` or
/// an offset.
#[Scalar(
    name = "DateTime",
    use_type_description = false,
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let expected = "an instant such as `2027-01-31T00:00:00Z`";
        text_of(&value).and_then(parse_instant).map(Self).ok_or_else(|| expects(expected))
    }

    fn is_valid(value: &Value) -> bool {
        text_of(value).is_some_and(|text| parse_instant(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(instant_text(self.0))
    }
}

/// A place in the ledger's total order, as text: it can be larger than what a JSON number holds.
/// Compare two of them for equality only; give one back as `atLeast` or `asOf.position`.
#[Scalar(name = "LedgerPosition")]
impl ScalarType for LedgerPosition {
    fn parse(value: Value) -> InputValueResult<Self> {
        let expected = "a position as text, such as `\"4711\"`";
        let position = text_of(&value).and_then(parse_number).ok_or_else(|| expects(expected))?;
        Ok(Self(LogPosition(position)))
    }

    fn is_valid(value: &Value) -> bool {
        text_of(value).is_some_and(|text| parse_number(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A hash, such as `blake3:` and 64 hexadecimal digits.
#[Scalar(name = "Digest")]
impl ScalarType for Digest {
    fn parse(value: Value) -> InputValueResult<Self> {
        text_of(&value)
            .and_then(|text| text.strip_prefix("blake3:"))
            .and_then(|text| text.parse().ok())
            .map(Self)
            .ok_or_else(|| expects("`blake3:` and 64 hexadecimal digits"))
    }

    fn to_value(&self) -> Value {
        Value::String(format!("blake3:{}", self.0))
    }
}

/// A whole number from 0 to 18446744073709551615, as text in answers: it can be larger than what a
/// JSON number holds exactly. Inputs may be text or a number.
#[Scalar(name = "BigInt")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        big_int_of(&value).map(Self).ok_or_else(|| expects("a whole number from 0"))
    }

    fn is_valid(value: &Value) -> bool {
        big_int_of(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A length of calendar time in ISO 8601: `P365D`, `P1M`, `P1Y`. One unit at a time: days, weeks,
/// months or years.
#[Scalar(
    name = "Duration",
    specified_by_url = "https://www.iso.org/iso-8601-date-and-time-format.html"
)]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let expected = "a calendar length such as `P365D`, `P1M` or `P1Y`";
        text_of(&value).and_then(parse_period).map(Self).ok_or_else(|| expects(expected))
    }

    fn is_valid(value: &Value) -> bool {
        text_of(value).is_some_and(|text| parse_period(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(period_text(self.0))
    }
}

/// An instant as answers show it.
#[must_use]
pub fn instant_text(at: Timestamp) -> String {
    ledger::calendar::text(at)
}

/// A calendar length as answers show it.
#[must_use]
pub fn period_text(period: Period) -> String {
    let unit = match period.unit {
        PeriodUnit::Day => 'D',
        PeriodUnit::Month => 'M',
        PeriodUnit::Year => 'Y',
    };
    let mut text = String::from("P");
    // Writing to a string does not fail.
    let _ = write!(text, "{}{unit}", period.count);
    text
}

fn expects<T: async_graphql::InputType>(expected: impl Display) -> InputValueError<T> {
    InputValueError::custom(format!("expected {expected}"))
}

fn text_of(value: &Value) -> Option<&str> {
    if let Value::String(text) = value { Some(text) } else { None }
}

fn parse_instant(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_micros(instant.as_microsecond()))
}

fn parse_number(text: &str) -> Option<u64> {
    // `parse` takes a leading plus sign; we do not.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn big_int_of(value: &Value) -> Option<u64> {
    if let Value::Number(number) = value {
        return number.as_u64();
    }
    text_of(value).and_then(parse_number)
}

fn parse_period(text: &str) -> Option<Period> {
    let body = text.strip_prefix('P')?;
    let unit = body.chars().next_back()?;
    let count: u32 = u32::try_from(parse_number(body.strip_suffix(unit)?)?).ok()?;
    if count == 0 {
        return None;
    }
    match unit {
        'D' => Some(Period::days(count)),
        'W' => count.checked_mul(7).map(Period::days),
        'M' => Some(Period::months(count)),
        'Y' => Some(Period::years(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_back_as_it_was_written() {
        let at = parse_instant("2027-01-31T01:00:00+01:00").expect("an instant");
        assert_eq!(instant_text(at), "2027-01-31T00:00:00Z");
        assert_eq!(parse_instant(&instant_text(at)), Some(at));
        assert_eq!(parse_instant("2027-01-31"), None, "a day is not an instant");
        assert_eq!(parse_instant(&instant_text(Timestamp::MIN)), Some(Timestamp::MIN));
    }

    #[test]
    fn a_calendar_length_has_one_unit_and_is_not_empty() {
        for (text, period) in [
            ("P365D", Some(Period::days(365))),
            ("P2W", Some(Period::days(14))),
            ("P1M", Some(Period::months(1))),
            ("P1Y", Some(Period::years(1))),
            ("P0D", None),
            ("P1Y2M", None),
            ("PT5M", None),
            ("P+1D", None),
            ("P", None),
            ("P1é", None),
        ] {
            assert_eq!(parse_period(text), period, "{text}");
        }
        assert_eq!(period_text(Period::days(14)), "P14D");
    }

    #[test]
    fn whole_numbers_keep_every_digit() {
        let largest = u64::MAX.to_string();
        assert_eq!(big_int_of(&Value::String(largest)), Some(u64::MAX));
        assert_eq!(big_int_of(&Value::Number(7.into())), Some(7));
        for wrong in ["-1", "+1", "1.0", "", "18446744073709551616"] {
            assert_eq!(big_int_of(&Value::String(wrong.to_owned())), None, "{wrong}");
        }
    }
}
