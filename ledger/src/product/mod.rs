//! The rules of a product: features, editions, plans, offerings, bundles and releases.
//! What is published never changes; a new version is published beside it.

mod publish;
mod rejection;
mod state;

use std::collections::BTreeMap;

use schemas::catalog::{FeatureKind, FeatureValue, OfferingRef, Terms};
use schemas::product::ProductEvent;
use schemas::{BundleId, Code, FeatureKey, OfferingId, ProductId, Quantity, StreamKind, Timestamp};

use crate::decider::{Context, Decider, Decision};

pub use publish::NAME_CHARACTERS_MAX;
pub use rejection::{Rejection, kind_text};
pub use state::{Feature, Published, ResolveError, Resolved, State};

/// The rules of a product.
#[derive(Debug, Clone, Copy)]
pub struct ProductRules;

/// What can be asked of a product. Publishing what is already published in the newest version
/// changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Publish the product itself.
    Publish {
        /// The product.
        product: ProductId,
        /// What the vendor calls it.
        code: Code,
        /// Its name for people.
        name: String,
    },
    /// Define a feature. Its kind never changes.
    DefineFeature {
        /// Its name for programs.
        feature: FeatureKey,
        /// Its name for people.
        name: String,
        /// The module it belongs to.
        module: Option<String>,
        /// What kind of value it has.
        kind: FeatureKind,
    },
    /// Publish the next version of an edition.
    PublishEdition {
        /// The edition.
        edition: Code,
        /// Its name for people.
        name: String,
        /// The values it gives.
        values: BTreeMap<FeatureKey, FeatureValue>,
        /// Whether it gives every feature, also those added later.
        all_features: bool,
    },
    /// Publish the next version of a plan.
    PublishPlan {
        /// The plan.
        plan: Code,
        /// Its name for people.
        name: String,
        /// How it lets time run.
        terms: Terms,
    },
    /// Publish the next version of an offering.
    PublishOffering(PublishOffering),
    /// Publish the next version of a bundle.
    PublishBundle {
        /// The bundle.
        bundle: BundleId,
        /// What the vendor calls it.
        code: Code,
        /// Its name for people.
        name: String,
        /// The offerings, the base first.
        offerings: Vec<OfferingRef>,
        /// Whether a customer's admin may add it without asking.
        self_service: bool,
    },
    /// Publish a release of the software.
    PublishRelease {
        /// Its version.
        version: String,
        /// When it came out.
        released_at: Timestamp,
    },
}

/// Publish the next version of an offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishOffering {
    /// The offering.
    pub offering: OfferingId,
    /// Its SKU.
    pub code: Code,
    /// Its name for people.
    pub name: String,
    /// The edition it gives.
    pub edition: Code,
    /// Which version of it; `None`: the newest.
    pub edition_version: Option<u32>,
    /// The plan it runs on.
    pub plan: Code,
    /// Which version of it; `None`: the newest.
    pub plan_version: Option<u32>,
    /// Named seats.
    pub seats: Quantity,
    /// Devices that may be active at a time.
    pub devices: Quantity,
    /// Domains that may be active at a time.
    pub domains: Quantity,
    /// What is given beside software.
    pub services: BTreeMap<String, String>,
}

type Decided = Result<Decision<ProductEvent>, Rejection>;

impl Decider for ProductRules {
    const KIND: StreamKind = StreamKind::Product;
    type State = State;
    type Command = Command;
    type Event = ProductEvent;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, context: &Context) -> Decided {
        publish::decide(state, command, context)
    }

    fn evolve(state: &mut State, event: &ProductEvent, at: Timestamp) {
        state.remember(event, at);
    }
}
