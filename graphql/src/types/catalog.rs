//! A product as it is published: features, editions, plans, offerings, bundles, releases.

use async_graphql::{Enum, ID, SimpleObject};
use ledger::product::{self, Feature as FeatureState};
use schemas::FeatureKey;
use schemas::catalog::{FeatureKind, FeatureValue, Terms as TermsFact};
use schemas::product::{BundlePublished, EditionPublished, OfferingPublished, PlanPublished};

use crate::scalars::{DateTime, Duration};
use crate::types::value::{FeatureType, Quantity, Value};

/// The kind of business a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::catalog::PlanKind")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::catalog::TermStart")]
pub enum TermStart {
    /// The issue of the license.
    Issue,
    /// The first activation of a device or domain.
    FirstActivation,
}

/// Where the next term counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::catalog::RenewalBasis")]
pub enum RenewalBasis {
    /// From the end of the term before, even when it is renewed late.
    FromExpiry,
    /// From the moment of renewal.
    FromNow,
    /// From the moment of renewal when the term is over, else from its end.
    FromNowIfExpired,
}

/// How a plan lets time run.
#[derive(Debug, Clone, SimpleObject)]
pub struct Terms {
    /// What kind of business it is.
    pub plan_kind: PlanKind,
    /// The length of a term; null when perpetual.
    pub term: Option<Duration>,
    /// What starts the first term.
    pub starts: TermStart,
    /// Where the next term counts from when it is renewed.
    pub renewal_basis: RenewalBasis,
    /// How long use goes on after the term's end, without extending the term.
    pub grace: Option<Duration>,
    /// How long after the term's start newer releases are included; null: as long as the term.
    pub maintenance: Option<Duration>,
}

impl From<&TermsFact> for Terms {
    fn from(terms: &TermsFact) -> Self {
        Self {
            plan_kind: terms.plan_kind.into(),
            term: terms.term.map(Duration),
            starts: terms.starts.into(),
            renewal_basis: terms.renewal_basis.into(),
            grace: terms.grace.map(Duration),
            maintenance: terms.maintenance.map(Duration),
        }
    }
}

/// A feature of a product.
#[derive(Debug, Clone, SimpleObject)]
pub struct Feature {
    /// Its name for programs.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// The module of the product it belongs to.
    pub module: Option<String>,
    /// What kind of value it has.
    #[graphql(name = "type")]
    pub kind: FeatureType,
    /// The values of an enum feature, least first.
    pub choices: Option<Vec<String>>,
    /// The unit of a metered feature.
    pub unit: Option<String>,
    /// Since when it is defined.
    pub defined_at: DateTime,
}

impl Feature {
    fn new(key: &FeatureKey, feature: &FeatureState) -> Self {
        let (choices, unit) = match &feature.kind {
            FeatureKind::Boolean | FeatureKind::Config => (None, None),
            FeatureKind::Enum { values } => (Some(values.clone()), None),
            FeatureKind::Metered { unit } => (None, Some(unit.clone())),
        };
        Self {
            key: key.to_string(),
            name: feature.name.clone(),
            module: feature.module.clone(),
            kind: (&feature.kind).into(),
            choices,
            unit,
            defined_at: feature.defined_at.into(),
        }
    }
}

/// The value that an edition gives to a feature.
#[derive(Debug, Clone, SimpleObject)]
pub struct EditionValue {
    /// The feature.
    pub feature: String,
    /// The value.
    pub value: Value,
}

/// A published version of an edition: a template of feature values.
#[derive(Debug, Clone, SimpleObject)]
pub struct Edition {
    /// What the vendor calls it.
    pub code: String,
    /// Its version; the first is 1.
    pub version: i32,
    /// Its name for people.
    pub name: String,
    /// The values it gives.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub values: Vec<EditionValue>,
    /// Whether it gives every feature of the product, also those that are added later.
    pub all_features: bool,
}

impl From<&EditionPublished> for Edition {
    fn from(edition: &EditionPublished) -> Self {
        Self {
            code: edition.edition.to_string(),
            version: version(edition.version),
            name: edition.name.clone(),
            values: edition.values.iter().map(edition_value).collect(),
            all_features: edition.all_features,
        }
    }
}

fn edition_value((feature, value): (&FeatureKey, &FeatureValue)) -> EditionValue {
    EditionValue { feature: feature.to_string(), value: value.into() }
}

/// A published version of a plan: a business model.
#[derive(Debug, Clone, SimpleObject)]
pub struct Plan {
    /// What the vendor calls it.
    pub code: String,
    /// Its version; the first is 1.
    pub version: i32,
    /// Its name for people.
    pub name: String,
    /// How it lets time run.
    pub terms: Terms,
}

impl From<&PlanPublished> for Plan {
    fn from(plan: &PlanPublished) -> Self {
        Self {
            code: plan.plan.to_string(),
            version: version(plan.version),
            name: plan.name.clone(),
            terms: (&plan.terms).into(),
        }
    }
}

/// Something that is given beside software.
#[derive(Debug, Clone, SimpleObject)]
pub struct Service {
    /// What it is, such as `support_tier`.
    pub key: String,
    /// Its value, such as `dedicated`.
    pub value: String,
}

/// A published version of an offering: an edition on a plan, the orderable item.
#[derive(Debug, Clone, SimpleObject)]
pub struct Offering {
    /// The offering.
    pub id: ID,
    /// Its SKU.
    pub code: String,
    /// Its version; the first is 1.
    pub version: i32,
    /// Its name for people.
    pub name: String,
    /// The edition it gives.
    pub edition: String,
    /// The version of that edition.
    pub edition_version: i32,
    /// The plan it runs on.
    pub plan: String,
    /// The version of that plan.
    pub plan_version: i32,
    /// Named seats.
    pub seats: Quantity,
    /// Devices that may be active at a time.
    pub devices: Quantity,
    /// Domains that may be active at a time.
    pub domains: Quantity,
    /// What is given beside software.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub services: Vec<Service>,
}

impl From<&OfferingPublished> for Offering {
    fn from(offering: &OfferingPublished) -> Self {
        let services = offering.services.iter();
        Self {
            id: offering.offering.to_string().into(),
            code: offering.code.to_string(),
            version: version(offering.version),
            name: offering.name.clone(),
            edition: offering.edition.to_string(),
            edition_version: version(offering.edition_version),
            plan: offering.plan.to_string(),
            plan_version: version(offering.plan_version),
            seats: offering.seats.into(),
            devices: offering.devices.into(),
            domains: offering.domains.into(),
            services: services
                .map(|(key, value)| Service { key: key.clone(), value: value.clone() })
                .collect(),
        }
    }
}

/// A published version of a bundle: several offerings granted as one.
#[derive(Debug, Clone, SimpleObject)]
pub struct Bundle {
    /// The bundle.
    pub id: ID,
    /// What the vendor calls it.
    pub code: String,
    /// Its version; the first is 1.
    pub version: i32,
    /// Its name for people.
    pub name: String,
    /// The offerings in it, the base first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub offerings: Vec<Offering>,
    /// Whether a customer's admin may add it to a license without asking.
    pub self_service: bool,
}

impl Bundle {
    /// A bundle of this product.
    #[must_use]
    pub fn new(bundle: &BundlePublished, product: &product::State) -> Self {
        let offerings = bundle.offerings.iter();
        Self {
            id: bundle.bundle.to_string().into(),
            code: bundle.code.to_string(),
            version: version(bundle.version),
            name: bundle.name.clone(),
            offerings: offerings
                .filter_map(|offering| product.offering_version(*offering))
                .map(Offering::from)
                .collect(),
            self_service: bundle.self_service,
        }
    }
}

/// A release of the software.
#[derive(Debug, Clone, SimpleObject)]
pub struct Release {
    /// Its version, such as `2.4.0`.
    pub version: String,
    /// When it came out.
    pub released_at: DateTime,
}

/// A product as it is published: the newest version of everything in it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Product {
    /// The product.
    pub id: ID,
    /// What the vendor calls it.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Since when it is published.
    pub published_at: DateTime,
    /// Its features.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub features: Vec<Feature>,
    /// Its editions.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub editions: Vec<Edition>,
    /// Its plans.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub plans: Vec<Plan>,
    /// Its offerings.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub offerings: Vec<Offering>,
    /// Its bundles.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub bundles: Vec<Bundle>,
    /// Its releases.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub releases: Vec<Release>,
}

impl Product {
    /// The product in this state; `None` while it is not published.
    #[must_use]
    pub fn new(state: &product::State) -> Option<Self> {
        let published = state.published.as_ref()?;
        let releases = state.releases.iter();
        Some(Self {
            id: published.product.to_string().into(),
            code: published.code.to_string(),
            name: published.name.clone(),
            published_at: published.at.into(),
            features: state.features.iter().map(|(key, one)| Feature::new(key, one)).collect(),
            editions: state
                .editions
                .keys()
                .filter_map(|code| state.edition(code))
                .map(Edition::from)
                .collect(),
            plans: state.plans.keys().filter_map(|code| state.plan(code)).map(Plan::from).collect(),
            offerings: state.newest_offerings().map(Offering::from).collect(),
            bundles: state.newest_bundles().map(|bundle| Bundle::new(bundle, state)).collect(),
            releases: releases
                .map(|(version, at)| Release {
                    version: version.clone(),
                    released_at: (*at).into(),
                })
                .collect(),
        })
    }
}

/// Versions start at 1 and grow by 1; the bound is never reached.
pub(crate) fn version(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}
