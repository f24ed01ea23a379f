//! What a license gives, feature by feature, with its sources, usage and state.

use async_graphql::{Enum, ID, SimpleObject};
use ledger::entitlements::{self, Source};
use ledger::license::Share;
use projections::evaluation::EvaluationFacts;

use crate::scalars::{BigInt, DateTime};
use crate::types::value::{FeatureType, Quantity, Value};

/// Whether an entitlement can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::entitlements::EntitlementState")]
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

/// What gives a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::entitlements::SourceKind")]
pub enum SourceKind {
    /// What the license is on.
    Plan,
    /// A bundle that was added.
    AddOn,
    /// Units granted to the meter.
    GrantedUnits,
}

/// Where a value comes from.
#[derive(Debug, Clone, SimpleObject)]
pub struct EntitlementSource {
    /// What gives it.
    pub kind: SourceKind,
    /// The offering that gives it; null for granted units.
    pub offering_id: Option<ID>,
    /// The SKU of the offering.
    pub offering_code: Option<String>,
    /// Which published version of the offering.
    pub offering_version: Option<i32>,
    /// The added bundle it came with.
    pub bundle_id: Option<ID>,
    /// Whether it comes from a grant of all features, also those added later.
    pub all_features: bool,
    /// The fact that gave it; null for granted units, which may be of several.
    pub event_id: Option<ID>,
}

/// One feature of a product as a license gives it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Entitlement {
    /// The license that gives it.
    pub license_id: ID,
    /// The feature's name for programs.
    pub feature: String,
    /// Its name for people.
    pub name: String,
    /// The module of the product it belongs to.
    pub module: Option<String>,
    /// What kind of value it has.
    #[graphql(name = "type")]
    pub kind: FeatureType,
    /// Whether it can be used now.
    pub is_granted: bool,
    /// The value that counts, of all sources together.
    pub value: Value,
    /// The value that the license's own offering or bundle gives; null when only added bundles give
    /// it.
    pub plan_value: Option<Value>,
    /// Where it comes from, the base first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub sources: Vec<EntitlementSource>,
    /// Units used in the current period, for a metered feature.
    pub usage: Option<BigInt>,
    /// Units allowed in the current period, granted ones included, for a metered feature.
    pub limit: Option<Quantity>,
    /// Units left, for a metered feature with a bound.
    pub remaining: Option<BigInt>,
    /// When the allowance counts anew, for a metered feature that resets.
    pub resets_at: Option<DateTime>,
    /// The end of the term; null when it has none, or has not started. Grace may extend use beyond it.
    pub valid_until: Option<DateTime>,
    /// Whether it can be used.
    pub state: EntitlementState,
    /// Why, in plain words.
    pub reason: String,
}

impl Entitlement {
    /// The row of this entitlement.
    #[must_use]
    pub fn new(facts: &EvaluationFacts, entitlement: &entitlements::Entitlement) -> Self {
        let state = EntitlementState::from(entitlement.state);
        let sources = entitlement.sources.iter().map(|source| source_of(source, facts)).collect();
        Self {
            license_id: facts.license.license.to_string().into(),
            feature: entitlement.feature.to_string(),
            name: entitlement.name.clone(),
            module: entitlement.module.clone(),
            kind: (&entitlement.kind).into(),
            is_granted: matches!(state, EntitlementState::Active | EntitlementState::Expiring),
            value: (&entitlement.value).into(),
            plan_value: entitlement.plan_value.as_ref().map(Value::from),
            sources,
            usage: entitlement.usage.map(BigInt),
            limit: entitlement.limit.map(Quantity::from),
            remaining: entitlement.remaining.map(BigInt),
            resets_at: entitlement.resets_at.map(DateTime),
            valid_until: entitlement.valid_until.map(DateTime),
            state,
            reason: entitlement.reason.clone(),
        }
    }
}

fn source_of(source: &Source, facts: &EvaluationFacts) -> EntitlementSource {
    let product = &facts.product.state;
    let published = source.offering.and_then(|offering| product.offering_version(offering));
    let given = match source.kind {
        entitlements::SourceKind::Plan => Some(facts.license.source.event),
        entitlements::SourceKind::AddOn => source
            .bundle
            .and_then(|one| facts.license.bundles.get(&one.bundle))
            .map(|origin| origin.event),
        entitlements::SourceKind::GrantedUnits => None,
    };
    EntitlementSource {
        kind: source.kind.into(),
        offering_id: source.offering.map(|one| one.offering.to_string().into()),
        offering_code: published.map(|offering| offering.code.to_string()),
        offering_version: source.offering.and_then(|one| i32::try_from(one.version).ok()),
        bundle_id: source.bundle.map(|one| one.bundle.to_string().into()),
        all_features: source.all_features,
        event_id: given.map(|event| event.to_string().into()),
    }
}

/// Entitlements of one module of a product.
#[derive(Debug, Clone, SimpleObject)]
pub struct ModuleEntitlements {
    /// The module; null for features that belong to none.
    pub module: Option<String>,
    /// Its features, each as each license gives it.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub features: Vec<Entitlement>,
}

/// Entitlements of one product.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProductEntitlements {
    /// The product.
    pub product_id: ID,
    /// What the vendor calls it.
    pub product_code: String,
    /// Its name for people.
    pub product_name: String,
    /// Its modules; what belongs to none comes first.
    #[graphql(complexity = "crate::page::group_weight(child_complexity)")]
    pub modules: Vec<ModuleEntitlements>,
}

/// Seats as they are counted: assigned and available together are purchased, less reserved, plus
/// overdraft.
#[derive(Debug, Clone, SimpleObject)]
pub struct SeatCounts {
    /// Whether there is no bound.
    pub unlimited: bool,
    /// Seats that were bought; null when unlimited.
    pub purchased: Option<BigInt>,
    /// Seats that people have.
    pub assigned: BigInt,
    /// Seats left; null when unlimited.
    pub available: Option<BigInt>,
    /// Seats assigned beyond those bought.
    pub overdraft_used: BigInt,
    /// Seats set aside for somebody.
    pub reserved: BigInt,
}

impl From<entitlements::Seats> for SeatCounts {
    fn from(seats: entitlements::Seats) -> Self {
        let purchased = seats.granted.limit();
        Self {
            unlimited: purchased.is_none(),
            purchased: purchased.map(BigInt),
            assigned: BigInt(seats.assigned),
            available: seats.available.map(BigInt),
            overdraft_used: BigInt(
                purchased.map_or(0, |bound| seats.assigned.saturating_sub(bound)),
            ),
            reserved: BigInt(seats.reserved),
        }
    }
}

/// What is for the people of one account.
impl From<Share> for SeatCounts {
    fn from(share: Share) -> Self {
        Self {
            unlimited: false,
            purchased: Some(BigInt(share.seats)),
            assigned: BigInt(share.assigned),
            available: Some(BigInt(share.seats.saturating_sub(share.taken))),
            overdraft_used: BigInt(share.assigned.saturating_sub(share.seats)),
            reserved: BigInt(share.taken.min(share.seats).saturating_sub(share.assigned)),
        }
    }
}

impl SeatCounts {
    /// No seats.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            unlimited: false,
            purchased: Some(BigInt(0)),
            assigned: BigInt(0),
            available: Some(BigInt(0)),
            overdraft_used: BigInt(0),
            reserved: BigInt(0),
        }
    }

    /// These and those.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let sum = |one: &BigInt, other: &BigInt| BigInt(one.0.saturating_add(other.0));
        let both = |one: &Option<BigInt>, other: &Option<BigInt>| {
            Some(sum(one.as_ref()?, other.as_ref()?))
        };
        Self {
            unlimited: self.unlimited || other.unlimited,
            purchased: both(&self.purchased, &other.purchased),
            assigned: sum(&self.assigned, &other.assigned),
            available: both(&self.available, &other.available),
            overdraft_used: sum(&self.overdraft_used, &other.overdraft_used),
            reserved: sum(&self.reserved, &other.reserved),
        }
    }
}

/// Seats of a license that are for the people of one account and of those below it.
#[derive(Debug, Clone, SimpleObject)]
pub struct SeatAllocation {
    /// The account.
    pub account_id: ID,
    /// What it is called; null when the caller may not know, or it was erased.
    pub account_name: Option<String>,
    /// How many.
    pub seats: BigInt,
    /// Whether they are all that these people may have; else they also take seats that are for nobody in particular.
    pub capped: bool,
    /// How many people there have a seat.
    pub assigned: BigInt,
    /// How many more may get one, of these seats and of others as far as they may; null: without bound.
    pub available: Option<BigInt>,
    /// Whether the caller may change how many there are.
    pub may_change: bool,
}
