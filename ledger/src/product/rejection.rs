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
    /// Something later is already recorded.
    #[error(
        "{} is before {}, from when the newest fact is true",
        text(*.effective_at),
        text(*.earliest)
    )]
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
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::AlreadyPublished => "ALREADY_PUBLISHED",
            Self::NotFound => "NOT_FOUND",
            Self::EffectiveOutOfOrder { .. } => "EFFECTIVE_OUT_OF_ORDER",
            Self::EditionNotFound { .. } => "EDITION_NOT_FOUND",
            Self::PlanNotFound { .. } => "PLAN_NOT_FOUND",
            Self::Name { .. } => "NAME_NOT_ALLOWED",
            Self::FeatureAlreadyDefined { .. } => "FEATURE_ALREADY_DEFINED",
            Self::EnumValues => "ENUM_VALUES",
            Self::FeatureNotFound { .. } => "FEATURE_NOT_FOUND",
            Self::ValueNotAllowed { .. } => "VALUE_NOT_ALLOWED",
            Self::EmptyPeriod { .. } => "EMPTY_PERIOD",
            Self::CodeFixed { .. } => "CODE_FIXED",
            Self::CodeTaken { .. } => "CODE_TAKEN",
            Self::BundleOfferings => "BUNDLE_OFFERINGS",
            Self::OfferingNotFound { .. } => "OFFERING_NOT_FOUND",
            Self::TermsDiffer { .. } => "TERMS_DIFFER",
            Self::ReleaseAlreadyPublished { .. } => "RELEASE_ALREADY_PUBLISHED",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } | Self::EffectiveOutOfOrder { .. } => {
                "product.facts_in_order"
            }
            Self::AlreadyPublished | Self::NotFound => "product.published_once",
            Self::EditionNotFound { .. }
            | Self::PlanNotFound { .. }
            | Self::FeatureNotFound { .. }
            | Self::OfferingNotFound { .. } => "product.references_exist",
            Self::Name { .. } => "product.names",
            Self::FeatureAlreadyDefined { .. } | Self::ReleaseAlreadyPublished { .. } => {
                "product.versions_are_immutable"
            }
            Self::EnumValues | Self::ValueNotAllowed { .. } => "product.values_match_kinds",
            Self::EmptyPeriod { .. } => "product.periods_have_length",
            Self::CodeFixed { .. } | Self::CodeTaken { .. } => "product.codes_are_unique",
            Self::BundleOfferings | Self::TermsDiffer { .. } => "product.one_bundle_one_clock",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::AlreadyPublished => "publish the product under a new id".to_owned(),
            Self::NotFound => "publish the product first, or check its id".to_owned(),
            Self::EffectiveOutOfOrder { earliest, .. } => {
                format!("give an effective time of {} or later", text(*earliest))
            }
            Self::EditionNotFound { .. } => "publish the edition first".to_owned(),
            Self::PlanNotFound { .. } => "publish the plan first".to_owned(),
            Self::Name { characters_max } => {
                format!("give a name of 1 to {characters_max} characters")
            }
            Self::FeatureAlreadyDefined { .. } => {
                "a feature keeps its kind; define a new one under another key".to_owned()
            }
            Self::EnumValues => "list the values from the least to the most, each once".to_owned(),
            Self::FeatureNotFound { .. } => "define the feature first, or check its key".to_owned(),
            Self::ValueNotAllowed { kind, .. } => format!("give it {}", kind_text(kind)),
            Self::EmptyPeriod { .. } => "give a period of at least 1, or none".to_owned(),
            Self::CodeFixed { code } => format!("keep the code `{code}`"),
            Self::CodeTaken { .. } => "choose another code".to_owned(),
            Self::BundleOfferings => "name at least one offering, and none twice".to_owned(),
            Self::OfferingNotFound { .. } => "publish the offering first".to_owned(),
            Self::TermsDiffer { .. } => {
                "choose offerings on plans with the same terms, or put them on one plan".to_owned()
            }
            Self::ReleaseAlreadyPublished { .. } => {
                "publish it under another version; a release keeps its date".to_owned()
            }
        }
    }
}
