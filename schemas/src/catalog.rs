//! The words of the catalog that more than one stream uses: feature kinds and values, grants, terms.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{BundleId, FeatureKey, OfferingId};
use crate::quantity::Quantity;
use crate::time::Period;

/// What kind of value a feature has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FeatureKind {
    /// On or off.
    Boolean,
    /// A configuration value, kept as text.
    Config,
    /// One of these, from the least to the most.
    Enum {
        /// The values, least first.
        values: Vec<String>,
    },
    /// Used up in units.
    Metered {
        /// The unit, such as `call` or `GB`.
        unit: String,
    },
}

/// The value that a grant gives to a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FeatureValue {
    /// For a boolean feature.
    Enabled(bool),
    /// For a configuration feature.
    Config(String),
    /// For an enum feature.
    Choice(String),
    /// For a metered feature.
    Allowance(Allowance),
}

/// How much of a metered feature may be used, and when counting starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Units for each period.
    pub amount: Quantity,
    /// How long a period is, counted from the start of the term; `None`: it never resets.
    pub reset: Option<Period>,
}

/// A published version of an offering.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct OfferingRef {
    /// The offering.
    pub offering: OfferingId,
    /// Which published version; the first is 1.
    pub version: u32,
}

/// A published version of a bundle.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct BundleRef {
    /// The bundle.
    pub bundle: BundleId,
    /// Which published version; the first is 1.
    pub version: u32,
}

/// What a license was issued from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceRef {
    /// An offering.
    Offering(OfferingRef),
    /// A bundle of offerings.
    Bundle(BundleRef),
}

/// What one offering version gives to a license, resolved when it is granted. The version is immutable, so
/// the resolved values stay true; only `all_features` looks at the product as it is when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Which offering version gives it.
    pub offering: OfferingRef,
    /// The values it gives to features.
    pub values: BTreeMap<FeatureKey, FeatureValue>,
    /// Whether it gives every feature of the product, also those that are added later.
    pub all_features: bool,
    /// Named seats.
    pub seats: Quantity,
    /// Devices that may be active at a time.
    pub devices: Quantity,
    /// Domains that may be active at a time.
    pub domains: Quantity,
    /// What is given beside software, such as `support_tier: dedicated`.
    pub services: BTreeMap<String, String>,
}

/// How a plan lets time run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What kind of business it is.
    pub plan_kind: PlanKind,
    /// The length of a term; `None`: perpetual.
    pub term: Option<Period>,
    /// What starts the first term.
    pub starts: TermStart,
    /// Where the next term counts from when it is renewed.
    pub renewal_basis: RenewalBasis,
    /// How long use goes on after the term's end, without extending the term.
    pub grace: Option<Period>,
    /// How long after the term's start newer releases are included; `None`: as long as the term.
    pub maintenance: Option<Period>,
}

/// The kind of business a plan is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// Paid for.
    Paid,
    /// To try before buying.
    Trial,
    /// Given without payment.
    Free,
    /// For testing unreleased software.
    Beta,
    /// For the vendor's own people.
    Internal,
    /// For partners, not for sale.
    NotForResale,
}

/// What starts the first term.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TermStart {
    /// The issue of the license.
    Issue,
    /// The first activation of a device or domain.
    FirstActivation,
}

/// Where the next term counts from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RenewalBasis {
    /// From the end of the term before, even when it is renewed late.
    FromExpiry,
    /// From the moment of renewal.
    FromNow,
    /// From the moment of renewal when the term is over, else from its end.
    FromNowIfExpired,
}
