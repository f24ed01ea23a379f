//! Why a command to a product may be refused, the first that applies first.

use schemas::catalog::{FeatureKind, OfferingRef};
use schemas::{Code, FeatureKey, Timestamp};

use crate::calendar::text;
use crate::decider;

/// Why a command to a product may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The product is published with other content.
    #[error("the product is already published with another code or name")]
    AlreadyPublished,
    /// There is no such product.
    #[error("there is no such product")]
    NotFound,
    /// Something later is already recorded.
    #[error("{} is before {}, from when the newest fact is true", text(*.effective_at), text(*.earliest))]
    EffectiveOutOfOrder {
        /// From when it was to be true.
        effective_at: Timestamp,
        /// The earliest instant that is possible.
        earliest: Timestamp,
    },
    /// The name for people is empty or too long.
    #[error("a name has 1 to {characters_max} characters")]
    Name {
        /// The most characters it may have.
        characters_max: usize,
    },
    /// The feature has another name, module or kind.
    #[error("feature `{feature}` is already defined differently")]
    FeatureAlreadyDefined {
        /// The feature.
        feature: FeatureKey,
    },
    /// An enum has no values, or one twice.
    #[error("an enum feature needs values, each of them once")]
    EnumValues,
    /// The product has no such feature.
    #[error("the product has no feature `{feature}`")]
    FeatureNotFound {
        /// The feature.
        feature: FeatureKey,
    },
    /// The value does not match the kind of the feature.
    #[error("the value given to `{feature}` does not match its kind, {}", kind_text(.kind))]
    ValueNotAllowed {
        /// The feature.
        feature: FeatureKey,
        /// Its kind.
        kind: FeatureKind,
    },
    /// A period of no length.
    #[error("the {what} has no length")]
    EmptyPeriod {
        /// Which period.
        what: &'static str,
    },
    /// The product has no such edition, or not in this version.
    #[error("the product has no edition `{edition}`{}", version_text(*.version))]
    EditionNotFound {
        /// The edition.
        edition: Code,
        /// The version, when one was named.
        version: Option<u32>,
    },
    /// The product has no such plan, or not in this version.
    #[error("the product has no plan `{plan}`{}", version_text(*.version))]
    PlanNotFound {
        /// The plan.
        plan: Code,
        /// The version, when one was named.
        version: Option<u32>,
    },
    /// An offering or bundle keeps its code.
    #[error("it is published under the code `{code}`, which never changes")]
    CodeFixed {
        /// Its code.
        code: Code,
    },
    /// Another offering or bundle has the code.
    #[error("the code `{code}` belongs to another offering or bundle")]
    CodeTaken {
        /// The code.
        code: Code,
    },
    /// A bundle of nothing, or with an offering twice.
    #[error("a bundle needs offerings, each of them once")]
    BundleOfferings,
    /// The product has no such offering, or not in this version.
    #[error("the product has no version {} of offering {}", .offering.version, .offering.offering)]
    OfferingNotFound {
        /// The offering.
        offering: OfferingRef,
    },
    /// The offerings of a bundle run on different terms.
    #[error("offering {} runs on other terms than the bundle's first", .offering.offering)]
    TermsDiffer {
        /// The first that differs.
        offering: OfferingRef,
    },
    /// The release has another date.
    #[error("release `{version}` is already published, with {}", text(*.released_at))]
    ReleaseAlreadyPublished {
        /// The version.
        version: String,
        /// When it came out.
        released_at: Timestamp,
    },
}

fn version_text(version: Option<u32>) -> String {
    version.map(|version| format!(" in version {version}")).unwrap_or_default()
}

/// The kind of a feature in plain words.
#[must_use]
pub fn kind_text(kind: &FeatureKind) -> String {
    match kind {
        FeatureKind::Boolean => "on or off".to_owned(),
        FeatureKind::Config => "a text".to_owned(),
        FeatureKind::Enum { values } => format!("one of {}", values.join(", ")),
        FeatureKind::Metered { unit } => format!("an allowance in units of {unit}"),
    }
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        unimplemented!()
    }

    fn rule(&self) -> &'static str {
        unimplemented!()
    }

    fn advice(&self) -> String {
        unimplemented!()
    }
}
