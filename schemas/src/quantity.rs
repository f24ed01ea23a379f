//! How many of something a grant allows. Unlimited is a variant of its own, never a big number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bound on seats, devices or metered units.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// At most this many.
    Limited(u64),
    /// No bound.
    Unlimited,
}

impl Quantity {
    /// None at all.
    pub const ZERO: Self = Self::Limited(0);

    /// Both together: sources of the same right add up, and unlimited stays unlimited.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Limited(one), Self::Limited(two)) => Self::Limited(one.saturating_add(two)),
            (Self::Unlimited, _) | (_, Self::Unlimited) => Self::Unlimited,
        }
    }

    /// Whether `used` fits.
    #[must_use]
    pub const fn covers(self, used: u64) -> bool {
        match self {
            Self::Limited(limit) => used <= limit,
            Self::Unlimited => true,
        }
    }

    /// What is left when `used` is taken; `None` when unlimited.
    #[must_use]
    pub const fn remaining(self, used: u64) -> Option<u64> {
        match self {
            Self::Limited(limit) => Some(limit.saturating_sub(used)),
            Self::Unlimited => None,
        }
    }

    /// The bound as a number; `None` when unlimited.
    #[must_use]
    pub const fn limit(self) -> Option<u64> {
        match self {
            Self::Limited(limit) => Some(limit),
            Self::Unlimited => None,
        }
    }
}
