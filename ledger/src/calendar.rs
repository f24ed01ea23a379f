//! Calendar arithmetic in UTC: adding periods, finding the allowance period of an instant. Knows no clock.

use schemas::{Period, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch of time, half-open: `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it; `None`: it never ends.
    pub until: Option<Timestamp>,
}

/// The instant this much calendar time later, in UTC, kept within the range of instants.
#[must_use]
pub fn plus(_at: Timestamp, _period: Period) -> Timestamp {
    unimplemented!()
}

/// The period that contains `at` when periods of this length are counted from `anchor`. Before the anchor it is
/// the first one.
#[must_use]
pub fn window_at(_anchor: Timestamp, _length: Option<Period>, _at: Timestamp) -> Window {
    unimplemented!()
}

/// The instant as RFC 3339 text in UTC.
#[must_use]
pub fn text(_at: Timestamp) -> String {
    unimplemented!()
}
