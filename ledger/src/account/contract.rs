//! On which terms an account contracts: what its licenses begin with.

use schemas::account::{AccountEvent, ContractDefaultsSet};
use schemas::contract::ContractDefaults;

use super::{Rejection, State, in_order};
use crate::calendar::zone_named;
use crate::decider::{Context, Decision};

pub(super) const RULE: &str = "account.contracts_begin_with_defaults";

/// Licenses that are there keep the terms that they were issued on.
pub(super) fn set(
    state: &State,
    defaults: &ContractDefaults,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if state.opened.is_none() {
        return Err(Rejection::NotFound);
    }
    in_order(state, context)?;
    let mut defaults = defaults.clone();
    if let Some(name) = &defaults.time_zone {
        defaults.time_zone = Some(zone_named(name).ok_or(Rejection::TimeZoneUnknown)?);
    }
    if state.contract == defaults {
        return Ok(Decision::already_so(RULE));
    }
    Ok(Decision::record(RULE, [ContractDefaultsSet { defaults }.into()]))
}
