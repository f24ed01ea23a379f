//! What the sources of a license give to one feature together. Sources add up: on beats off, the
//! higher choice and the sum of allowances count; of texts, the one added last.

use schemas::FeatureKey;
use schemas::Quantity;
use schemas::catalog::{Allowance, FeatureKind, FeatureValue, Grant};

use super::{Granted, Source, SourceKind};
use crate::{license, product};

/// What the license gives to this feature; `None`: nothing. Time and blockers are not looked at.
#[must_use]
pub fn granted(
    license: &license::State,
    product: &product::State,
    feature: &FeatureKey,
) -> Option<Granted> {
    let kind = &product.features.get(feature)?.kind;
    let plan = license.grants.iter().map(|grant| (grant, SourceKind::Plan, None));
    let added = license.bundles.values().flat_map(|applied| {
        let bundle = Some(applied.bundle);
        applied.grants.iter().map(move |grant| (grant, SourceKind::AddOn, bundle))
    });
    let mut all: Option<Granted> = None;
    for (grant, source, bundle) in plan.chain(added) {
        let Some((value, all_features)) = given(grant, feature, kind) else { continue };
        let from = Source { kind: source, offering: Some(grant.offering), bundle, all_features };
        let mut sum = match all.take() {
            None => Granted { value, plan_value: None, sources: Vec::new() },
            Some(Granted { value: before, plan_value, sources }) => {
                Granted { value: together(kind, before, value), plan_value, sources }
            }
        };
        sum.sources.push(from);
        if source == SourceKind::Plan {
            sum.plan_value = Some(sum.value.clone());
        }
        all = Some(sum);
    }
    all
}

/// What one grant gives, and whether only because it gives every feature. A value that it names
/// goes first.
fn given(grant: &Grant, feature: &FeatureKey, kind: &FeatureKind) -> Option<(FeatureValue, bool)> {
    match grant.values.get(feature) {
        Some(value) => Some((value.clone(), false)),
        None => grant.all_features.then(|| (everything(kind), true)),
    }
}

/// What a grant of all features gives to a feature that it does not name. It looks at the product
/// as it is now: a feature that was added later is included. A text has no most; it is given, and
/// empty.
fn everything(kind: &FeatureKind) -> FeatureValue {
    match kind {
        FeatureKind::Boolean => FeatureValue::Enabled(true),
        FeatureKind::Config => FeatureValue::Config(String::new()),
        FeatureKind::Enum { values } => {
            FeatureValue::Choice(values.last().cloned().unwrap_or_default())
        }
        FeatureKind::Metered { .. } => {
            FeatureValue::Allowance(Allowance { amount: Quantity::Unlimited, reset: None })
        }
    }
}

fn together(kind: &FeatureKind, one: FeatureValue, two: FeatureValue) -> FeatureValue {
    match (one, two) {
        (FeatureValue::Enabled(one), FeatureValue::Enabled(two)) => {
            FeatureValue::Enabled(one || two)
        }
        (FeatureValue::Choice(one), FeatureValue::Choice(two)) => {
            let higher = rank(kind, &two) > rank(kind, &one);
            FeatureValue::Choice(if higher { two } else { one })
        }
        (FeatureValue::Allowance(one), FeatureValue::Allowance(two)) => {
            let amount = one.amount.plus(two.amount);
            FeatureValue::Allowance(Allowance { amount, reset: one.reset.or(two.reset) })
        }
        (FeatureValue::Config(one), FeatureValue::Config(two)) => {
            FeatureValue::Config(if two.is_empty() { one } else { two })
        }
        // INVARIANT (values match kinds): a published value has the kind of its feature, so both
        // are of one kind.
        (
            one @ (FeatureValue::Enabled(_)
            | FeatureValue::Choice(_)
            | FeatureValue::Allowance(_)
            | FeatureValue::Config(_)),
            _,
        ) => one,
    }
}

/// The place of a choice among the values of its feature, least first; `None`: it is none of them.
pub(crate) fn rank(kind: &FeatureKind, choice: &str) -> Option<usize> {
    match kind {
        FeatureKind::Enum { values } => values.iter().position(|value| value == choice),
        FeatureKind::Boolean | FeatureKind::Config | FeatureKind::Metered { .. } => None,
    }
}
