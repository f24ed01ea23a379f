//! Instants and calendar periods as facts carry them. Knows nothing of a clock.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// An instant: microseconds since 1970-01-01T00:00:00Z, between the years -9999 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Later than every instant that can be recorded.
    pub const MAX: Self = Self(253_402_207_200_999_999);
    /// Earlier than every instant that can be recorded.
    pub const MIN: Self = Self(-377_705_023_201_000_000);

    /// The instant this many microseconds after 1970-01-01T00:00:00Z, kept within the range.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros > Self::MAX.0 {
            Self::MAX
        } else if micros < Self::MIN.0 {
            Self::MIN
        } else {
            Self(micros)
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The instant this many seconds later (earlier when negative), kept within the range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "format": "int64" })
    }
}

/// The unit of a calendar period.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PeriodUnit {
    /// Calendar days: of 24 hours in UTC, and of 23 or 25 where the clock of the contract's time zone is changed.
    Day,
    /// Calendar months: 31 January plus one month is the last day of February.
    Month,
    /// Calendar years: 29 February plus one year is 28 February.
    Year,
}

/// A length of calendar time, such as 365 days or one month.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// How many units; at least 1.
    pub count: u32,
    /// The unit.
    pub unit: PeriodUnit,
}

impl Period {
    /// A period of this many days.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self { count, unit: PeriodUnit::Day }
    }

    /// A period of this many calendar months.
    #[must_use]
    pub const fn months(count: u32) -> Self {
        Self { count, unit: PeriodUnit::Month }
    }

    /// A period of this many calendar years.
    #[must_use]
    pub const fn years(count: u32) -> Self {
        Self { count, unit: PeriodUnit::Year }
    }
}
