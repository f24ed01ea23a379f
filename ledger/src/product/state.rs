//! What the rules remember of a product, and how others look things up in it.

use std::collections::BTreeMap;

use schemas::catalog::{FeatureKind, Grant, OfferingRef, SourceRef, Terms};
use schemas::product::{
    BundlePublished, EditionPublished, OfferingPublished, PlanPublished, ProductEvent,
};
use schemas::{BundleId, Code, FeatureKey, OfferingId, ProductId, Timestamp};
use serde::{Deserialize, Serialize};

/// What the rules remember of a product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// That it exists; `None`: there is no such product yet.
    pub published: Option<Published>,
    /// Its features.
    pub features: BTreeMap<FeatureKey, Feature>,
    /// Every version of its editions.
    pub editions: BTreeMap<Code, BTreeMap<u32, EditionPublished>>,
    /// Every version of its plans.
    pub plans: BTreeMap<Code, BTreeMap<u32, PlanPublished>>,
    /// Every version of its offerings.
    pub offerings: BTreeMap<OfferingId, BTreeMap<u32, OfferingPublished>>,
    /// Every version of its bundles.
    pub bundles: BTreeMap<BundleId, BTreeMap<u32, BundlePublished>>,
    /// Its releases: version and when it came out.
    pub releases: BTreeMap<String, Timestamp>,
    /// The latest instant from which a fact is true.
    pub effective_last: Timestamp,
}

/// That a product exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The product.
    pub product: ProductId,
    /// What the vendor calls it.
    pub code: Code,
    /// Its name for people.
    pub name: String,
    /// Since when.
    pub at: Timestamp,
}

/// A feature of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Its name for people.
    pub name: String,
    /// The module it belongs to.
    pub module: Option<String>,
    /// What kind of value it has.
    pub kind: FeatureKind,
    /// Since when.
    pub defined_at: Timestamp,
}

/// What a source gives, ready to be put into a license command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The product it belongs to.
    pub product: ProductId,
    /// What it gives, one grant for each offering.
    pub grants: Vec<Grant>,
    /// How time runs.
    pub terms: Terms,
}

/// Why a source cannot be resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The product does not exist.
    #[error("there is no such product")]
    NoProduct,
    /// The product has no such offering, or not in this version.
    #[error("the product has no version {} of offering {}", .0.version, .0.offering)]
    NoOffering(OfferingRef),
    /// The product has no such bundle, or not in this version.
    #[error("the product has no version {} of bundle {}", .0.version, .0.bundle)]
    NoBundle(schemas::catalog::BundleRef),
}

impl State {
    /// What this source gives.
    ///
    /// # Errors
    /// When the product has no such source.
    pub fn resolve(&self, source: SourceRef) -> Result<Resolved, ResolveError> {
        unimplemented!("{source:?}")
    }

    /// The newest version of an edition.
    #[must_use]
    pub fn edition(&self, edition: &Code) -> Option<&EditionPublished> {
        newest(self.editions.get(edition))
    }

    /// The newest version of a plan.
    #[must_use]
    pub fn plan(&self, plan: &Code) -> Option<&PlanPublished> {
        newest(self.plans.get(plan))
    }

    /// The newest version of an offering.
    #[must_use]
    pub fn offering(&self, offering: OfferingId) -> Option<&OfferingPublished> {
        newest(self.offerings.get(&offering))
    }

    /// One version of an offering.
    #[must_use]
    pub fn offering_version(&self, offering: OfferingRef) -> Option<&OfferingPublished> {
        self.offerings.get(&offering.offering)?.get(&offering.version)
    }

    /// The newest version of a bundle.
    #[must_use]
    pub fn bundle(&self, bundle: BundleId) -> Option<&BundlePublished> {
        newest(self.bundles.get(&bundle))
    }

    /// One version of a bundle.
    #[must_use]
    pub fn bundle_version(&self, bundle: schemas::catalog::BundleRef) -> Option<&BundlePublished> {
        self.bundles.get(&bundle.bundle)?.get(&bundle.version)
    }

    /// The newest version of the offering with this SKU.
    #[must_use]
    pub fn offering_by_code(&self, code: &Code) -> Option<&OfferingPublished> {
        self.newest_offerings().find(|offering| offering.code == *code)
    }

    /// The newest version of the bundle with this code.
    #[must_use]
    pub fn bundle_by_code(&self, code: &Code) -> Option<&BundlePublished> {
        self.newest_bundles().find(|bundle| bundle.code == *code)
    }

    /// The newest version of every offering, by id.
    pub fn newest_offerings(&self) -> impl Iterator<Item = &OfferingPublished> {
        self.offerings.values().filter_map(|versions| newest(Some(versions)))
    }

    /// The newest version of every bundle, by id.
    pub fn newest_bundles(&self) -> impl Iterator<Item = &BundlePublished> {
        self.bundles.values().filter_map(|versions| newest(Some(versions)))
    }

    /// The offering or bundle with this code, in its newest version. A bundle goes before an offering.
    #[must_use]
    pub fn source_by_code(&self, code: &Code) -> Option<SourceRef> {
        unimplemented!("{code}")
    }

    /// The features by module; those without one come first, under `None`.
    #[must_use]
    pub fn features_by_module(
        &self,
    ) -> BTreeMap<Option<&str>, BTreeMap<&FeatureKey, &Feature>> {
        unimplemented!()
    }

    /// When this release came out; `None`: it is not published.
    #[must_use]
    pub fn released_at(&self, version: &str) -> Option<Timestamp> {
        self.releases.get(version).copied()
    }

    pub(super) fn remember(&mut self, _event: &ProductEvent, _at: Timestamp) {
        unimplemented!()
    }
}

fn newest<T>(versions: Option<&BTreeMap<u32, T>>) -> Option<&T> {
    versions?.last_key_value().map(|(_, newest)| newest)
}
