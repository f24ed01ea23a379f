//! The facts of one metered feature of one license: what was granted beside the allowance, what was used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::facts;
use crate::id::{AccountId, FeatureKey, LicenseId};
use crate::time::Timestamp;

facts! {
    /// Everything that can happen to a meter.
    MeterEvent of Meter {
        /// The meter exists.
        MeterOpened = "meter_opened.v1";
        /// Units were granted beside the allowance.
        UnitsGranted = "units_granted.v1";
        /// Units were used.
        UsageRecorded = "usage_recorded.v1";
    }
}

/// The meter exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeterOpened {
    /// The license it counts for.
    pub license: LicenseId,
    /// Whose license it is.
    pub account: AccountId,
    /// The metered feature.
    pub feature: FeatureKey,
}

/// Units were granted beside the allowance of the license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitsGranted {
    /// How many; at least 1.
    pub amount: u64,
    /// The first instant at which what is left of them is gone; `None`: they stay.
    pub expires_at: Option<Timestamp>,
}

/// Units were used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageRecorded {
    /// How many; at least 1.
    pub quantity: u64,
    /// The start of the allowance period they count in.
    pub period_from: Timestamp,
    /// How many of them the period's allowance covered.
    pub from_allowance: u64,
    /// How many of them granted units covered, the soonest to expire first.
    pub from_grants: u64,
}
