//! Values of features and bounds of quantities, as answers show them and inputs give them.

use async_graphql::{Enum, InputObject, SimpleObject};
use schemas::catalog::{Allowance, FeatureKind, FeatureValue};

use crate::error::UserError;
use crate::scalars::{BigInt, Duration, period_text};

/// A bound. Unlimited is said in words, never by a big number.
#[derive(Debug, Clone, SimpleObject)]
pub struct Quantity {
    /// Whether there is no bound.
    pub unlimited: bool,
    /// The bound; null when there is none.
    pub limit: Option<BigInt>,
}

impl From<schemas::Quantity> for Quantity {
    fn from(quantity: schemas::Quantity) -> Self {
        let limit = quantity.limit().map(BigInt);
        Self { unlimited: limit.is_none(), limit }
    }
}

/// A bound: a limit, or unlimited.
#[derive(Debug, Clone, Default, InputObject)]
pub struct QuantityInput {
    /// At most this many; leave it out when unlimited.
    pub limit: Option<BigInt>,
    /// Whether there is no bound.
    #[graphql(default)]
    pub unlimited: bool,
}

impl QuantityInput {
    /// The bound.
    ///
    /// # Errors
    /// When neither or both are given.
    pub fn quantity(&self, field: &str) -> Result<schemas::Quantity, UserError> {
        match (self.limit, self.unlimited) {
            (Some(BigInt(limit)), false) => Ok(schemas::Quantity::Limited(limit)),
            (None, true) => Ok(schemas::Quantity::Unlimited),
            (Some(_), true) | (None, false) => Err(UserError::about(
                "BAD_USER_INPUT",
                field,
                "a quantity is either limited or unlimited",
                "give `limit`, or `unlimited: true`",
            )),
        }
    }
}

/// What kind of value a feature has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FeatureType {
    /// On or off.
    Boolean,
    /// A configuration value, kept as text.
    Config,
    /// One of several, from the least to the most.
    Enum,
    /// Used up in units.
    Metered,
}

impl From<&FeatureKind> for FeatureType {
    fn from(kind: &FeatureKind) -> Self {
        match kind {
            FeatureKind::Boolean => Self::Boolean,
            FeatureKind::Config => Self::Config,
            FeatureKind::Enum { .. } => Self::Enum,
            FeatureKind::Metered { .. } => Self::Metered,
        }
    }
}

/// The value of a feature: the field of its type is set, the others are null.
#[derive(Debug, Clone, SimpleObject)]
pub struct Value {
    /// The type.
    #[graphql(name = "type")]
    pub kind: FeatureType,
    /// Of a boolean feature.
    pub enabled: Option<bool>,
    /// Of a configuration feature.
    pub config: Option<String>,
    /// Of an enum feature.
    pub choice: Option<String>,
    /// Of a metered feature: units for each period.
    pub allowance: Option<Quantity>,
    /// Of a metered feature: how long a period is; null when it never resets.
    pub reset_every: Option<Duration>,
    /// The value in words.
    pub text: String,
}

impl From<&FeatureValue> for Value {
    fn from(value: &FeatureValue) -> Self {
        let mut shown = Self {
            kind: FeatureType::Boolean,
            enabled: None,
            config: None,
            choice: None,
            allowance: None,
            reset_every: None,
            text: value_text(value),
        };
        match value {
            FeatureValue::Enabled(enabled) => shown.enabled = Some(*enabled),
            FeatureValue::Config(text) => {
                shown.kind = FeatureType::Config;
                shown.config = Some(text.clone());
            }
            FeatureValue::Choice(choice) => {
                shown.kind = FeatureType::Enum;
                shown.choice = Some(choice.clone());
            }
            FeatureValue::Allowance(Allowance { amount, reset }) => {
                shown.kind = FeatureType::Metered;
                shown.allowance = Some((*amount).into());
                shown.reset_every = reset.map(Duration);
            }
        }
        shown
    }
}

/// A value in words.
#[must_use]
pub fn value_text(value: &FeatureValue) -> String {
    match value {
        FeatureValue::Enabled(true) => "on".to_owned(),
        FeatureValue::Enabled(false) => "off".to_owned(),
        FeatureValue::Config(text) | FeatureValue::Choice(text) => text.clone(),
        FeatureValue::Allowance(Allowance { amount, reset }) => {
            let amount = quantity_text(*amount);
            reset.map_or_else(
                || amount.clone(),
                |every| format!("{amount} per {}", period_text(every)),
            )
        }
    }
}

/// A bound in words.
#[must_use]
pub fn quantity_text(quantity: schemas::Quantity) -> String {
    quantity.limit().map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}
