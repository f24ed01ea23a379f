//! What is counted against a bound, by how full it is.

use std::cmp::Reverse;

use async_graphql::{ID, SimpleObject};

use crate::read::Seen;
use crate::scalars::{BigInt, DateTime};
use crate::types::entitlement::Entitlement;
use crate::types::value::FeatureType;

/// A metered feature that has a bound and can be used.
#[derive(Debug, Clone, SimpleObject)]
pub struct Quota {
    /// The license that gives it.
    pub license_id: ID,
    /// The product's name for people.
    pub product_name: String,
    /// The feature's name for programs.
    pub feature: String,
    /// Its name for people.
    pub name: String,
    /// Units used in the current period.
    pub usage: BigInt,
    /// Units allowed in the current period, granted ones included; never 0.
    pub limit: BigInt,
    /// How much of it is used, in percent, rounded down; above 100 when more was used than is allowed.
    pub percent: BigInt,
    /// When the allowance counts anew; null when it does not.
    pub resets_at: Option<DateTime>,
}

/// The quotas of these licenses, the fullest first.
pub(crate) fn quotas(rows: &[Seen]) -> Vec<Quota> {
    let mut found = Vec::new();
    for Seen { facts, at, .. } in rows {
        let product = facts.product.name().unwrap_or_default();
        let given = facts.entitlements(*at);
        found.extend(given.iter().filter_map(|row| quota(product, Entitlement::new(facts, row))));
    }
    found.sort_by_key(|quota| Reverse(quota.percent.0));
    found
}

fn quota(product: &str, one: Entitlement) -> Option<Quota> {
    let limit = one.limit?.limit?;
    let usage = one.usage?;
    if one.kind != FeatureType::Metered || !one.is_granted || limit.0 == 0 {
        return None;
    }
    let percent = u128::from(usage.0) * 100 / u128::from(limit.0);
    Some(Quota {
        license_id: one.license_id,
        product_name: product.to_owned(),
        feature: one.feature,
        name: one.name,
        usage,
        limit,
        percent: BigInt(u64::try_from(percent).unwrap_or(u64::MAX)),
        resets_at: one.resets_at,
    })
}
