//! What the rules remember of a product, and how others look things up in it.

use std::collections::BTreeMap;

use schemas::catalog::{BundleRef, FeatureKind, Grant, OfferingRef, SourceRef, Terms};
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
    NoBundle(BundleRef),
    /// A bundle without offerings; none is ever published.
    #[error("the bundle has no offerings")]
    Empty(SourceRef),
}

impl State {
    /// What this source gives.
    ///
    /// # Errors
    /// When the product has no such source.
    pub fn resolve(&self, source: SourceRef) -> Result<Resolved, ResolveError> {
        let product = self.published.as_ref().ok_or(ResolveError::NoProduct)?.product;
        let offerings = match source {
            SourceRef::Offering(offering) => vec![offering],
            SourceRef::Bundle(bundle) => {
                let found = self.bundle_version(bundle).ok_or(ResolveError::NoBundle(bundle))?;
                found.offerings.clone()
            }
        };
        let mut grants = Vec::with_capacity(offerings.len());
        let mut first_terms = None;
        for offering in offerings {
            let (grant, terms) =
                self.grant_of(offering).ok_or(ResolveError::NoOffering(offering))?;
            grants.push(grant);
            // INVARIANT (one bundle, one clock): all offerings of a bundle run on equal terms.
            first_terms.get_or_insert(terms);
        }
        let terms = first_terms.ok_or(ResolveError::Empty(source))?;
        Ok(Resolved { product, grants, terms })
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
    pub fn bundle_version(&self, bundle: BundleRef) -> Option<&BundlePublished> {
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

    /// The offering or bundle with this code, in its newest version. A bundle goes before an
    /// offering.
    #[must_use]
    pub fn source_by_code(&self, code: &Code) -> Option<SourceRef> {
        let bundle = self.bundle_by_code(code).map(|found| {
            SourceRef::Bundle(BundleRef { bundle: found.bundle, version: found.version })
        });
        bundle.or_else(|| {
            let found = self.offering_by_code(code)?;
            let (offering, version) = (found.offering, found.version);
            Some(SourceRef::Offering(OfferingRef { offering, version }))
        })
    }

    /// The features by module; those without one come first, under `None`.
    #[must_use]
    pub fn features_by_module(&self) -> BTreeMap<Option<&str>, BTreeMap<&FeatureKey, &Feature>> {
        let mut modules: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (key, feature) in &self.features {
            modules.entry(feature.module.as_deref()).or_default().insert(key, feature);
        }
        modules
    }

    /// When this release came out; `None`: it is not published.
    #[must_use]
    pub fn released_at(&self, version: &str) -> Option<Timestamp> {
        self.releases.get(version).copied()
    }

    /// How the plan of this offering version lets time run.
    #[must_use]
    pub fn terms_of(&self, offering: OfferingRef) -> Option<Terms> {
        let found = self.offering_version(offering)?;
        Some(self.plans.get(&found.plan)?.get(&found.plan_version)?.terms)
    }

    fn grant_of(&self, offering: OfferingRef) -> Option<(Grant, Terms)> {
        let found = self.offering_version(offering)?;
        let edition = self.editions.get(&found.edition)?.get(&found.edition_version)?;
        let grant = Grant {
            offering,
            values: edition.values.clone(),
            all_features: edition.all_features,
            seats: found.seats,
            devices: found.devices,
            domains: found.domains,
            services: found.services.clone(),
        };
        Some((grant, self.terms_of(offering)?))
    }

    pub(super) fn remember(&mut self, event: &ProductEvent, at: Timestamp) {
        match event {
            ProductEvent::ProductPublished(fact) => {
                let (product, code, name) = (fact.product, fact.code.clone(), fact.name.clone());
                self.published = Some(Published { product, code, name, at });
            }
            ProductEvent::FeatureDefined(fact) => {
                let (name, module) = (fact.name.clone(), fact.module.clone());
                let feature = Feature { name, module, kind: fact.kind.clone(), defined_at: at };
                self.features.insert(fact.feature.clone(), feature);
            }
            ProductEvent::EditionPublished(fact) => {
                let versions = self.editions.entry(fact.edition.clone()).or_default();
                versions.insert(fact.version, fact.clone());
            }
            ProductEvent::PlanPublished(fact) => {
                let versions = self.plans.entry(fact.plan.clone()).or_default();
                versions.insert(fact.version, fact.clone());
            }
            ProductEvent::OfferingPublished(fact) => {
                let versions = self.offerings.entry(fact.offering).or_default();
                versions.insert(fact.version, fact.clone());
            }
            ProductEvent::BundlePublished(fact) => {
                let versions = self.bundles.entry(fact.bundle).or_default();
                versions.insert(fact.version, fact.clone());
            }
            ProductEvent::ReleasePublished(fact) => {
                self.releases.insert(fact.version.clone(), fact.released_at);
            }
        }
        self.effective_last = self.effective_last.max(at);
    }
}

fn newest<T>(versions: Option<&BTreeMap<u32, T>>) -> Option<&T> {
    versions?.last_key_value().map(|(_, newest)| newest)
}
