//! How a catalog file writes instants, lengths of time, quantities and feature values.

use std::collections::BTreeMap;

use schemas::catalog::{Allowance, FeatureKind, FeatureValue};
use schemas::{FeatureKey, Period, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::import::cells::shown;
use crate::import::time;

/// An instant: `2026-11-22` or RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct InstantWord(pub(crate) Timestamp);

impl InstantWord {
    pub(crate) const fn instant(self) -> Timestamp {
        self.0
    }
}

impl TryFrom<String> for InstantWord {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refuse = || format!("`{}` is not a date or an instant", shown(&text));
        time::instant(&text).map(Self).ok_or_else(refuse)
    }
}

/// A length of time: `1 year`, `30 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PeriodWord(pub(crate) Period);

impl TryFrom<String> for PeriodWord {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refuse = || format!("`{}` is not a length of time such as `1 year`", shown(&text));
        time::period(&text).map(Self).ok_or_else(refuse)
    }
}

/// A quantity: a whole number, or `unlimited`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "NumberOrText")]
pub(crate) struct QuantityWord(pub(crate) Quantity);

impl Default for QuantityWord {
    fn default() -> Self {
        Self(Quantity::ZERO)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

impl TryFrom<NumberOrText> for QuantityWord {
    type Error = String;

    fn try_from(word: NumberOrText) -> Result<Self, String> {
        match word {
            NumberOrText::Number(number) => Ok(Self(Quantity::Limited(number))),
            NumberOrText::Text(text) if text == "unlimited" => Ok(Self(Quantity::Unlimited)),
            NumberOrText::Text(text) => {
                Err(format!("`{}` is neither a whole number nor `unlimited`", shown(&text)))
            }
        }
    }
}

/// The value of a feature: `true`, a text, or an allowance. The feature's kind says how a text is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum ValueWord {
    Enabled(bool),
    Text(String),
    Allowance(AllowanceWord),
}

/// How much of a metered feature may be used in each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowanceWord {
    pub(crate) amount: QuantityWord,
    #[serde(default)]
    pub(crate) reset: Option<PeriodWord>,
}

impl ValueWord {
    /// The value, for a feature of this kind.
    pub(crate) fn value(&self, kind: &FeatureKind) -> Result<FeatureValue, String> {
        match (kind, self) {
            (FeatureKind::Boolean, Self::Enabled(enabled)) => Ok(FeatureValue::Enabled(*enabled)),
            (FeatureKind::Config, Self::Text(text)) => Ok(FeatureValue::Config(text.clone())),
            (FeatureKind::Enum { .. }, Self::Text(text)) => Ok(FeatureValue::Choice(text.clone())),
            (FeatureKind::Metered { .. }, Self::Allowance(allowance)) => {
                Ok(FeatureValue::Allowance(Allowance {
                    amount: allowance.amount.0,
                    reset: allowance.reset.map(|reset| reset.0),
                }))
            }
            (FeatureKind::Boolean, _) => Err("expected `true` or `false`".to_owned()),
            (FeatureKind::Config | FeatureKind::Enum { .. }, _) => {
                Err("expected a text".to_owned())
            }
            (FeatureKind::Metered { .. }, _) => {
                Err("expected an allowance such as {\"amount\": 10000, \"reset\": \"1 month\"}"
                    .to_owned())
            }
        }
    }
}

/// The values of an edition, each for the kind its feature has.
pub(crate) fn values<'a>(
    words: &BTreeMap<FeatureKey, ValueWord>,
    kind_of: impl Fn(&FeatureKey) -> Option<&'a FeatureKind>,
) -> Result<BTreeMap<FeatureKey, FeatureValue>, String> {
    let value = |(feature, word): (&FeatureKey, &ValueWord)| {
        let kind = kind_of(feature).ok_or_else(|| format!("feature `{feature}` is not defined"))?;
        let value = word.value(kind).map_err(|why| format!("feature `{feature}`: {why}"))?;
        Ok((feature.clone(), value))
    };
    words.iter().map(value).collect()
}
