//! Whose data is asked for: somebody of a customer, or of the vendor. Both may ask (GDPR, articles 15 and 20).

use std::fmt;
use std::str::FromStr;

use schemas::id::ParseIdError;
use schemas::{Actor, MemberId, StaffId, SubjectId};
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// A person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Of a customer.
    Member(MemberId),
    /// Of the vendor.
    Staff(StaffId),
}

impl Person {
    /// The person as whoever did something.
    #[must_use]
    pub const fn actor(self) -> Actor {
        match self {
            Self::Member(member) => Actor::Member(member),
            Self::Staff(staff) => Actor::Staff(staff),
        }
    }

    /// The person as whose data it is.
    #[must_use]
    pub fn subject(self) -> SubjectId {
        match self {
            Self::Member(member) => member.into(),
            Self::Staff(staff) => staff.into(),
        }
    }

    /// The id that names the person's own streams.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Member(member) => member.uuid(),
            Self::Staff(staff) => staff.uuid(),
        }
    }
}

impl FromStr for Person {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let staff = text.parse().map(Self::Staff);
        staff.or_else(|_| text.parse().map(Self::Member))
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(member) => member.fmt(f),
            Self::Staff(staff) => staff.fmt(f),
        }
    }
}

impl Serialize for Person {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
