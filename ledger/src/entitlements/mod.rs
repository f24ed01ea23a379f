//! What a license gives, feature by feature: value, where it comes from, usage, and until when.

mod granted;

use std::collections::BTreeMap;

use schemas::catalog::{Allowance, BundleRef, FeatureKind, FeatureValue, OfferingRef};
use schemas::{FeatureKey, Quantity, Timestamp};
use serde::Serialize;

use crate::calendar::{Window, text, window_at};
use crate::evaluate::Facts;
use crate::license::blocker_text;
use crate::product::Feature;
use crate::status::{Displayed, Status, access_end, status};
use crate::{license, meter, product};

pub use granted::granted;
pub(crate) use granted::rank;

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
    /// The value that the license's own offering or bundle gives; `None`: only something added
    /// gives it.
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
    /// The end of the term; `None`: it has none, or has not started. Grace may extend use beyond
    /// it.
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
    /// Seats that are for the people of one account and not assigned.
    pub reserved: u64,
    /// Seats left that are for nobody in particular; `None`: without bound.
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

/// What the license gives at this instant, one row for each feature it gives, in the order of
/// feature keys.
#[must_use]
pub fn entitlements(facts: &Facts<'_>, at: Timestamp) -> Vec<Entitlement> {
    if facts.license.issued.as_ref().is_none_or(|issued| at < issued.at) {
        return Vec::new();
    }
    let status = status(facts.license, at);
    let features = facts.product.features.iter();
    features.filter_map(|(key, feature)| row(facts, &status, key, feature, at)).collect()
}

/// How a metered feature is counted at this instant, for `meter::Command::RecordUsage`; `None`: it
/// is no metered feature of the product, or there is no license. What the license gives no
/// allowance of has an allowance of zero: only granted units count. Before the term starts,
/// periods count from the issue.
#[must_use]
pub fn metering(
    license: &license::State,
    product: &product::State,
    feature: &FeatureKey,
    at: Timestamp,
) -> Option<Metering> {
    let issued = license.issued.as_ref()?;
    if !matches!(product.features.get(feature)?.kind, FeatureKind::Metered { .. }) {
        return None;
    }
    let term_from = license.term.map_or(issued.at, |term| term.from);
    let anchor = license.usage_counts_from.map_or(term_from, |restart| restart.max(term_from));
    let (allowance, reset) = match granted(license, product, feature).map(|granted| granted.value) {
        Some(FeatureValue::Allowance(allowance)) => (allowance.amount, allowance.reset),
        Some(FeatureValue::Enabled(_) | FeatureValue::Config(_) | FeatureValue::Choice(_))
        | None => (Quantity::ZERO, None),
    };
    Some(Metering { allowance, period: window_at(anchor, reset, at) })
}

/// What is left of a metered feature at an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Units left; `None`: without bound, or nothing is counted.
    pub remaining: Option<u64>,
    /// When the allowance counts anew; `None`: never.
    pub resets_at: Option<Timestamp>,
}

/// What the license leaves of one feature at this instant: the same as in its row of
/// [`entitlements`], without the other rows. Nothing where there is no such row.
#[must_use]
pub fn left(facts: &Facts<'_>, feature: &FeatureKey, at: Timestamp) -> Left {
    let issued = facts.license.issued.as_ref().is_some_and(|issued| issued.at <= at);
    let counts = issued.then(|| Counts::of(facts, feature, at)).flatten();
    let given = |counts: &Counts| {
        counts.units_granted || granted(facts.license, facts.product, feature).is_some()
    };
    counts.filter(given).map_or_else(Left::default, |counts| Left {
        remaining: counts.remaining,
        resets_at: counts.resets_at,
    })
}

/// What is given beside software, such as `support_tier: dedicated`. An added bundle goes before
/// the base.
#[must_use]
pub fn services(license: &license::State) -> BTreeMap<&str, &str> {
    let all = license.all_grants().flat_map(|grant| &grant.services);
    all.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The seats of a license.
#[must_use]
pub fn seats(license: &license::State) -> Seats {
    let granted = license.seats_granted();
    let (assigned, taken) = (license.seats_assigned(), license::Shares::of(license).taken);
    let reserved = taken.saturating_sub(assigned);
    Seats { granted, assigned, reserved, available: granted.remaining(taken) }
}

fn row(
    facts: &Facts<'_>,
    status: &Status,
    key: &FeatureKey,
    feature: &Feature,
    at: Timestamp,
) -> Option<Entitlement> {
    let counts = Counts::of(facts, key, at);
    let given = granted(facts.license, facts.product, key);
    let beside = counts.is_some_and(|counts| counts.units_granted);
    let mut granted = match given {
        Some(granted) => granted,
        // Units granted to the meter give the feature even where the license itself does not.
        None if beside => Granted { value: no_allowance(), plan_value: None, sources: Vec::new() },
        None => return None,
    };
    if beside {
        granted.sources.push(Source {
            kind: SourceKind::GrantedUnits,
            offering: None,
            bundle: None,
            all_features: false,
        });
    }
    let (state, reason) = state_of(facts.license, status);
    Some(Entitlement {
        feature: key.clone(),
        name: feature.name.clone(),
        module: feature.module.clone(),
        kind: feature.kind.clone(),
        value: granted.value,
        plan_value: granted.plan_value,
        sources: granted.sources,
        usage: counts.map(|counts| counts.used),
        limit: counts.map(|counts| counts.limit),
        remaining: counts.and_then(|counts| counts.remaining),
        resets_at: counts.and_then(|counts| counts.resets_at),
        valid_until: facts.license.term.and_then(|term| term.until),
        state,
        reason,
    })
}

fn no_allowance() -> FeatureValue {
    FeatureValue::Allowance(Allowance { amount: Quantity::ZERO, reset: None })
}

/// The numbers of a metered feature in the period of an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    /// Units used in the period.
    pub(crate) used: u64,
    /// Units that may be used in the period: `used + remaining`, unless a smaller allowance came
    /// since.
    pub(crate) limit: Quantity,
    /// Units left; `None`: without bound.
    pub(crate) remaining: Option<u64>,
    /// When the allowance counts anew.
    pub(crate) resets_at: Option<Timestamp>,
    /// Whether units were ever granted beside the allowance.
    pub(crate) units_granted: bool,
}

impl Counts {
    /// The numbers of this feature; `None`: it is not metered.
    pub(crate) fn of(facts: &Facts<'_>, feature: &FeatureKey, at: Timestamp) -> Option<Self> {
        let Metering { allowance, period } = metering(facts.license, facts.product, feature, at)?;
        let unused = meter::State::default();
        let meter = facts.meters.get(feature).unwrap_or(&unused);
        let (used, balance) = (meter.used_in(period), meter.balance(at));
        let beside = used.from_grants.saturating_add(balance.remaining);
        Some(Self {
            used: used.total(),
            limit: allowance.plus(Quantity::Limited(beside)),
            remaining: meter.remaining(allowance, period, at),
            resets_at: period.until,
            units_granted: balance.granted > 0,
        })
    }
}

fn state_of(license: &license::State, status: &Status) -> (EntitlementState, String) {
    match status.displayed {
        Displayed::Assigned if license.term.is_none() => {
            (EntitlementState::Scheduled, "the term starts with the first activation".to_owned())
        }
        Displayed::Assigned | Displayed::Active => {
            (EntitlementState::Active, "the license is in its term".to_owned())
        }
        Displayed::Expiring => {
            let until = license.term.and_then(|term| term.until);
            (EntitlementState::Expiring, said("the term ends at", until))
        }
        Displayed::Grace => (
            EntitlementState::Expiring,
            said("the term is over, grace ends at", access_end(license)),
        ),
        Displayed::Expired => {
            let until = license.term.and_then(|term| term.until);
            (EntitlementState::Expired, said("the term ended at", until))
        }
        Displayed::Revoked => {
            (EntitlementState::Expired, said("the license was revoked at", license.revoked))
        }
        Displayed::Suspended => {
            let reasons: Vec<&str> = status.blockers.iter().copied().map(blocker_text).collect();
            (
                EntitlementState::Suspended,
                format!("the license is suspended: {}", reasons.join("; ")),
            )
        }
        Displayed::NotStarted | Displayed::Available => {
            let from = license.term.map(|term| term.from);
            (EntitlementState::Scheduled, said("the term starts at", from))
        }
    }
}

fn said(what: &str, at: Option<Timestamp>) -> String {
    at.map_or_else(|| what.to_owned(), |at| format!("{what} {}", text(at)))
}
