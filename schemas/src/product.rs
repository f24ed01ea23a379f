//! The facts of a product: its features, editions, plans, offerings, bundles and releases.
//! What is published never changes: a new version is published beside it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{FeatureKind, FeatureValue, OfferingRef, Terms};
use crate::fact::facts;
use crate::id::{BundleId, Code, FeatureKey, OfferingId, ProductId};
use crate::quantity::Quantity;
use crate::time::Timestamp;

facts! {
    /// Everything that can happen to a product.
    ProductEvent of Product {
        /// The product exists.
        ProductPublished = "product_published.v1";
        /// The product has a feature.
        FeatureDefined = "feature_defined.v1";
        /// An edition has a new version.
        EditionPublished = "edition_published.v1";
        /// A plan has a new version.
        PlanPublished = "plan_published.v1";
        /// An offering has a new version.
        OfferingPublished = "offering_published.v1";
        /// A bundle has a new version.
        BundlePublished = "bundle_published.v1";
        /// A release of the software is out.
        ReleasePublished = "release_published.v1";
    }
}

/// The product exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductPublished {
    /// The product.
    pub product: ProductId,
    /// What the vendor calls it.
    pub code: Code,
    /// Its name for people.
    pub name: String,
}

/// The product has a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureDefined {
    /// Its name for programs.
    pub feature: FeatureKey,
    /// Its name for people.
    pub name: String,
    /// The module of the product it belongs to, for grouping.
    pub module: Option<String>,
    /// What kind of value it has.
    pub kind: FeatureKind,
}

/// An edition has a new version: a template of feature values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditionPublished {
    /// The edition.
    pub edition: Code,
    /// Its version; the first is 1.
    pub version: u32,
    /// Its name for people.
    pub name: String,
    /// The values it gives.
    pub values: BTreeMap<FeatureKey, FeatureValue>,
    /// Whether it gives every feature of the product, also those that are added later.
    pub all_features: bool,
}

/// A plan has a new version: a business model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanPublished {
    /// The plan.
    pub plan: Code,
    /// Its version; the first is 1.
    pub version: u32,
    /// Its name for people.
    pub name: String,
    /// How it lets time run.
    pub terms: Terms,
}

/// An offering has a new version: an edition on a plan, the orderable item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferingPublished {
    /// The offering.
    pub offering: OfferingId,
    /// Its SKU.
    pub code: Code,
    /// Its version; the first is 1.
    pub version: u32,
    /// Its name for people.
    pub name: String,
    /// The edition it gives.
    pub edition: Code,
    /// The version of that edition.
    pub edition_version: u32,
    /// The plan it runs on.
    pub plan: Code,
    /// The version of that plan.
    pub plan_version: u32,
    /// Named seats.
    pub seats: Quantity,
    /// Devices that may be active at a time.
    pub devices: Quantity,
    /// Domains that may be active at a time.
    pub domains: Quantity,
    /// What is given beside software, such as `support_tier: dedicated`.
    pub services: BTreeMap<String, String>,
}

/// A bundle has a new version: several offerings granted as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundlePublished {
    /// The bundle.
    pub bundle: BundleId,
    /// What the vendor calls it.
    pub code: Code,
    /// Its version; the first is 1.
    pub version: u32,
    /// Its name for people.
    pub name: String,
    /// The offerings, the base first.
    pub offerings: Vec<OfferingRef>,
    /// Whether a customer's admin may add it to a license without asking.
    pub self_service: bool,
}

/// A release of the software is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasePublished {
    /// Its version, such as `2.4.0`.
    pub version: String,
    /// When it came out.
    pub released_at: Timestamp,
}
