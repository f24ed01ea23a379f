//! The catalog as a file of JSON Lines: one object for each product, feature, edition, plan, offering, bundle and
//! release. `docs/import.md` shows each.

mod words;

use std::collections::BTreeMap;

use schemas::catalog::{PlanKind, RenewalBasis, TermStart};
use schemas::{Code, FeatureKey, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use words::{InstantWord, PeriodWord, QuantityWord, ValueWord, values};

/// One object of a catalog file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Item {
    Product(ProductItem),
    Feature(FeatureItem),
    Edition(EditionItem),
    Plan(PlanItem),
    Offering(OfferingItem),
    Bundle(BundleItem),
    Release(ReleaseItem),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductItem {
    pub(crate) product: Code,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) at: Option<InstantWord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeatureItem {
    pub(crate) product: Code,
    pub(crate) feature: FeatureKey,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) module: Option<String>,
    pub(crate) kind: FeatureWord,
    /// The values of an enum feature, least first.
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// The unit of a metered feature.
    #[serde(default)]
    pub(crate) unit: Option<String>,
    #[serde(default)]
    pub(crate) at: Option<InstantWord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FeatureWord {
    Boolean,
    Config,
    Enum,
    Metered,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditionItem {
    pub(crate) product: Code,
    pub(crate) edition: Code,
    #[serde(default = "first")]
    pub(crate) version: u32,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) values: BTreeMap<FeatureKey, ValueWord>,
    #[serde(default)]
    pub(crate) all_features: bool,
    #[serde(default)]
    pub(crate) at: Option<InstantWord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanItem {
    pub(crate) product: Code,
    pub(crate) plan: Code,
    #[serde(default = "first")]
    pub(crate) version: u32,
    pub(crate) name: String,
    #[serde(default = "paid")]
    pub(crate) plan_kind: PlanKind,
    #[serde(default)]
    pub(crate) term: Option<PeriodWord>,
    #[serde(default = "at_issue")]
    pub(crate) starts: TermStart,
    #[serde(default = "from_expiry")]
    pub(crate) renewal_basis: RenewalBasis,
    #[serde(default)]
    pub(crate) grace: Option<PeriodWord>,
    #[serde(default)]
    pub(crate) maintenance: Option<PeriodWord>,
    #[serde(default)]
    pub(crate) at: Option<InstantWord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferingItem {
    pub(crate) product: Code,
    pub(crate) offering: Code,
    #[serde(default = "first")]
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) edition: Code,
    #[serde(default = "first")]
    pub(crate) edition_version: u32,
    pub(crate) plan: Code,
    #[serde(default = "first")]
    pub(crate) plan_version: u32,
    #[serde(default)]
    pub(crate) seats: QuantityWord,
    #[serde(default)]
    pub(crate) devices: QuantityWord,
    #[serde(default)]
    pub(crate) domains: QuantityWord,
    #[serde(default)]
    pub(crate) services: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) at: Option<InstantWord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BundleItem {
    pub(crate) product: Code,
    pub(crate) bundle: Code,
    #[serde(default = "first")]
    pub(crate) version: u32,
    pub(crate) name: String,
    /// The offerings, the base first.
    pub(crate) offerings: Vec<OfferingWord>,
    #[serde(default)]
    pub(crate) self_service: bool,
    #[serde(default)]
    pub(crate) at: Option<InstantWord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferingWord {
    pub(crate) offering: Code,
    #[serde(default = "first")]
    pub(crate) version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseItem {
    pub(crate) product: Code,
    pub(crate) release: String,
    pub(crate) released_at: InstantWord,
}

const fn first() -> u32 {
    1
}

const fn paid() -> PlanKind {
    PlanKind::Paid
}

const fn at_issue() -> TermStart {
    TermStart::Issue
}

const fn from_expiry() -> RenewalBasis {
    RenewalBasis::FromExpiry
}

impl Item {
    /// From when it is true; `None`: from the import.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        let at = match self {
            Self::Product(item) => item.at,
            Self::Feature(item) => item.at,
            Self::Edition(item) => item.at,
            Self::Plan(item) => item.at,
            Self::Offering(item) => item.at,
            Self::Bundle(item) => item.at,
            Self::Release(item) => Some(item.released_at),
        };
        at.map(InstantWord::instant)
    }

    pub(crate) const fn product(&self) -> &Code {
        match self {
            Self::Product(item) => &item.product,
            Self::Feature(item) => &item.product,
            Self::Edition(item) => &item.product,
            Self::Plan(item) => &item.product,
            Self::Offering(item) => &item.product,
            Self::Bundle(item) => &item.product,
            Self::Release(item) => &item.product,
        }
    }

    /// What makes it this item of the catalog and no other.
    pub(crate) fn identity(&self) -> Vec<String> {
        let (kind, code, version) = match self {
            Self::Product(item) => ("product", item.product.to_string(), 1),
            Self::Feature(item) => ("feature", item.feature.to_string(), 1),
            Self::Edition(item) => ("edition", item.edition.to_string(), item.version),
            Self::Plan(item) => ("plan", item.plan.to_string(), item.version),
            Self::Offering(item) => ("offering", item.offering.to_string(), item.version),
            Self::Bundle(item) => ("bundle", item.bundle.to_string(), item.version),
            Self::Release(item) => ("release", item.release.clone(), 1),
        };
        vec![kind.to_owned(), self.product().to_string(), code, version.to_string()]
    }

    /// Items that others build on come first.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Product(_) => 0,
            Self::Feature(_) => 1,
            Self::Edition(_) => 2,
            Self::Plan(_) => 3,
            Self::Offering(_) => 4,
            Self::Bundle(_) => 5,
            Self::Release(_) => 6,
        }
    }
}

/// The item that a line is.
pub(crate) fn parse(line: &[u8]) -> Result<Item, serde_json::Error> {
    serde_json::from_slice(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::{Period, Quantity};

    #[test]
    fn an_offering_says_its_quantities_as_numbers_or_unlimited() {
        let line = br#"{"type":"offering","product":"orbit","offering":"orbit-core","name":"Core",
            "edition":"core","plan":"annual","seats":5,"devices":"unlimited"}"#;
        let Item::Offering(item) = parse(line).unwrap() else { panic!("not an offering") };
        assert_eq!(item.seats.0, Quantity::Limited(5));
        assert_eq!(item.devices.0, Quantity::Unlimited);
        assert_eq!(item.domains.0, Quantity::ZERO);
        assert_eq!((item.version, item.edition_version), (1, 1));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [
            r#"{"type":"plan","product":"orbit","plan":"annual","name":"Annual","termm":"1 year"}"#,
            r#"{"type":"plan","product":"orbit","plan":"annual","name":"Annual","term":"1 week"}"#,
            r#"{"type":"product","product":"Orbit!","name":"Orbit"}"#,
            r#"{"type":"gadget","product":"orbit"}"#,
            r#"{"product":"orbit"}"#,
        ] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
        let line =
            r#"{"type":"plan","product":"orbit","plan":"annual","name":"A","term":"1 year"}"#;
        let Item::Plan(item) = parse(line.as_bytes()).unwrap() else { panic!("not a plan") };
        assert_eq!(item.term.map(|term| term.0), Some(Period::years(1)));
    }
}
