//! What a license gives, feature by feature: value, where it comes from, usage, and until when.

use std::collections::BTreeMap;

use schemas::catalog::{BundleRef, FeatureKind, FeatureValue, OfferingRef};
use schemas::{FeatureKey, Quantity, Timestamp};
use serde::Serialize;

use crate::calendar::Window;
use crate::evaluate::Facts;
use crate::{license, product};

/// One feature of a product as a license gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entitlement {
    /// The feature's name for programs.
    pub feature: FeatureKey,
    /// Its name for people.
    pub name: String,
    /// The module it belongs to.
    pub module: Option<String>,
    /// What kind of value it has.
    pub kind: FeatureKind,
    /// The value that counts, of all sources together.
    pub value: FeatureValue,
    /// The value that the license's own offering or bundle gives; `None`: only added bundles give it.
    pub plan_value: Option<FeatureValue>,
    /// Where it comes from, the base first.
    pub sources: Vec<Source>,
    /// Units used in the current period, for a metered feature.
    pub usage: Option<u64>,
    /// Units allowed in the current period and still granted beside, for a metered feature.
    pub limit: Option<Quantity>,
    /// Units left, for a metered feature with a bound.
    pub remaining: Option<u64>,
    /// When the allowance counts anew, for a metered feature that resets.
    pub resets_at: Option<Timestamp>,
    /// The first instant at which it is no longer given; `None`: no end is known.
    pub valid_until: Option<Timestamp>,
    /// Whether it can be used.
    pub state: EntitlementState,
    /// Why, in plain words.
    pub reason: String,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Source {
    /// What gives it.
    pub kind: SourceKind,
    /// The offering version that gives it; `None` for units granted to the meter.
    pub offering: Option<OfferingRef>,
    /// The added bundle it came with.
    pub bundle: Option<BundleRef>,
    /// Whether it comes from a grant of all features, also those added later.
    pub all_features: bool,
}

/// What gives a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// What the license is on.
    Plan,
    /// A bundle that was added.
    AddOn,
    /// Units granted to the meter.
    GrantedUnits,
}

/// Whether an entitlement can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntitlementState {
    /// It can.
    Active,
    /// It will: the term lies ahead.
    Scheduled,
    /// It can, and ends within 30 days, or is in grace.
    Expiring,
    /// Its time is over, or the license was revoked.
    Expired,
    /// Something stops the license for now.
    Suspended,
}

/// Seats as they are counted: `assigned + available = granted` while there is a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Seats {
    /// Seats granted.
    pub granted: Quantity,
    /// Seats assigned.
    pub assigned: u64,
    /// Seats left; `None`: without bound.
    pub available: Option<u64>,
}

/// What a license gives to one feature, of all sources together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Granted {
    /// The value that counts.
    pub value: FeatureValue,
    /// The value that the license's own offering or bundle gives.
    pub plan_value: Option<FeatureValue>,
    /// Where it comes from, the base first.
    pub sources: Vec<Source>,
}

/// How a metered feature is counted for a license at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Metering {
    /// Units allowed in the period.
    pub allowance: Quantity,
    /// The period.
    pub period: Window,
}

/// What the license gives at this instant, one row for each feature it gives, in the order of feature keys.
#[must_use]
pub fn entitlements(_facts: &Facts<'_>, _at: Timestamp) -> Vec<Entitlement> {
    unimplemented!()
}

/// What the license gives to this feature; `None`: nothing. Time and blockers are not looked at.
#[must_use]
pub fn granted(
    _license: &license::State,
    _product: &product::State,
    _feature: &FeatureKey,
) -> Option<Granted> {
    unimplemented!()
}

/// How a metered feature is counted at this instant, for `meter::Command::RecordUsage`; `None`: the license gives
/// no allowance of it. Before the term starts, periods count from the issue.
#[must_use]
pub fn metering(
    _license: &license::State,
    _product: &product::State,
    _feature: &FeatureKey,
    _at: Timestamp,
) -> Option<Metering> {
    unimplemented!()
}

/// What is given beside software, such as `support_tier: dedicated`. An added bundle goes before the base.
#[must_use]
pub fn services(_license: &license::State) -> BTreeMap<&str, &str> {
    unimplemented!()
}

/// The seats of a license.
#[must_use]
pub fn seats(license: &license::State) -> Seats {
    let granted = license.seats_granted();
    let assigned = license.seats_assigned();
    Seats { granted, assigned, available: granted.remaining(assigned) }
}
