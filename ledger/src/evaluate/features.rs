//! The checks on a feature: it exists, the license gives it, in the value and the quantity that
//! were asked for.

use std::collections::BTreeMap;

use schemas::catalog::{FeatureKind, FeatureValue};
use schemas::{FeatureKey, Quantity};

use super::{Code, Facts, Findings, Fix, Request, WarningCode, bound, number};
use crate::calendar::text;
use crate::entitlements::{Counts, granted, rank};

const RULE_GIVEN: &str = "license.grants_feature";

pub(super) fn check(facts: &Facts<'_>, request: &Request, findings: &mut Findings) {
    let Some(key) = &request.feature else { return };
    let Some(feature) = facts.product.features.get(key) else {
        let message = format!("the product has no feature `{key}`");
        let (rule, fix) = ("product.references_exist", Fix::CheckFeature);
        return findings.fail(Code::FeatureNotFound, rule, message, BTreeMap::new(), fix);
    };
    let message = format!("the product has the feature `{key}`");
    findings.pass(Code::FeatureNotFound, "product.references_exist", message, BTreeMap::new());
    let counts = Counts::of(facts, key, request.at);
    findings.value = granted(facts.license, facts.product, key).map(|granted| granted.value);
    let beside = counts.is_some_and(|counts| counts.units_granted);
    if !check_given(key, beside, findings) {
        return;
    }
    check_kind(key, &feature.kind, request, findings);
    check_choice(key, &feature.kind, request, findings);
    if let Some(counts) = counts {
        check_quota(key, counts, request, findings);
    }
}

fn check_given(key: &FeatureKey, beside: bool, findings: &mut Findings) -> bool {
    let given = match &findings.value {
        Some(FeatureValue::Enabled(on)) => *on,
        Some(FeatureValue::Config(_) | FeatureValue::Choice(_) | FeatureValue::Allowance(_)) => {
            true
        }
        None => beside,
    };
    if given {
        let message = format!("the license gives `{key}`");
        findings.pass(Code::FeatureNotEntitled, RULE_GIVEN, message, BTreeMap::new());
    } else {
        let message = format!("the license does not give `{key}`");
        let (numbers, fix) = (BTreeMap::new(), Fix::Upgrade);
        findings.fail(Code::FeatureNotEntitled, RULE_GIVEN, message, numbers, fix);
    }
    given
}

/// Quantities are asked of metered features, values of enum features.
fn check_kind(key: &FeatureKey, kind: &FeatureKind, request: &Request, findings: &mut Findings) {
    const RULE: &str = "product.values_match_kinds";
    let metered = matches!(kind, FeatureKind::Metered { .. });
    let choice = matches!(kind, FeatureKind::Enum { .. });
    let misfit = if request.quantity.is_some() && !metered {
        Some(format!("`{key}` is not counted, so a quantity means nothing"))
    } else if request.choice.is_some() && !choice {
        Some(format!("`{key}` has no values to choose from"))
    } else {
        None
    };
    let numbers = BTreeMap::new();
    match misfit {
        Some(message) => {
            findings.fail(Code::FeatureTypeMismatch, RULE, message, numbers, Fix::CheckRequest);
        }
        None if request.quantity.is_some() || request.choice.is_some() => {
            let message = format!("`{key}` can be asked for that way");
            findings.pass(Code::FeatureTypeMismatch, RULE, message, numbers);
        }
        None => {}
    }
}

/// A choice includes every lower one.
fn check_choice(key: &FeatureKey, kind: &FeatureKind, request: &Request, findings: &mut Findings) {
    let (Some(asked), FeatureKind::Enum { .. }) = (&request.choice, kind) else { return };
    let Some(FeatureValue::Choice(given)) = &findings.value else { return };
    let (needed, given_rank) = (rank(kind, asked), rank(kind, given));
    let numbers = BTreeMap::new();
    let allowed = needed.is_some() && needed <= given_rank;
    if allowed {
        let message = format!("the license gives `{key}` up to `{given}`");
        return findings.pass(Code::ValueNotAllowed, RULE_GIVEN, message, numbers);
    }
    let (message, fix) = match needed {
        Some(_) => {
            (format!("the license gives `{key}` up to `{given}`, not `{asked}`"), Fix::Upgrade)
        }
        None => (format!("`{key}` has no value `{asked}`"), Fix::CheckRequest),
    };
    findings.fail(Code::ValueNotAllowed, RULE_GIVEN, message, numbers, fix);
}

/// Without a quantity one unit is asked for: what may not be used at all is not allowed.
fn check_quota(key: &FeatureKey, counts: Counts, request: &Request, findings: &mut Findings) {
    const RULE: &str = "meter.quota";
    let requested = request.quantity.unwrap_or(1);
    let mut numbers =
        BTreeMap::from([("requested", number(requested)), ("used", number(counts.used))]);
    numbers.extend(bound("limit", counts.limit));
    numbers.extend(counts.remaining.map(|remaining| ("remaining", number(remaining))));
    numbers.extend(counts.resets_at.map(|resets_at| ("resets_at", resets_at.micros())));
    let reset = counts.resets_at.map(|at| format!(", counting starts anew at {}", text(at)));
    let reset = reset.unwrap_or_default();
    let Some(remaining) = counts.remaining else {
        let message = format!("`{key}` is without bound, {} used", counts.used);
        return findings.pass(Code::QuotaExceeded, RULE, message, numbers);
    };
    if requested > remaining {
        let message = format!("{requested} of `{key}` were asked for, {remaining} are left{reset}");
        return findings.fail(Code::QuotaExceeded, RULE, message, numbers, Fix::GetUnits);
    }
    let message = format!("{remaining} of `{key}` are left{reset}");
    if near_limit(counts.used, counts.limit) {
        findings.warn(WarningCode::NearLimit, message.clone(), numbers.clone());
    }
    findings.pass(Code::QuotaExceeded, RULE, message, numbers);
}

/// Four fifths are used.
fn near_limit(used: u64, limit: Quantity) -> bool {
    limit.limit().is_some_and(|limit| limit > 0 && u128::from(used) * 5 >= u128::from(limit) * 4)
}
