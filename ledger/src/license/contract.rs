//! On which terms a license is contracted: in which zone its days end, which country's rules count.

use schemas::contract::Contract;
use schemas::license::LicenseContractSet;

use super::{Decided, Rejection, State, guard};
use crate::calendar::zone_named;
use crate::decider::{Context, Decision};

pub(super) const RULE: &str = "license.contracted_in_a_zone";

/// What was recorded stays: the term keeps its end, and the next one is counted in the new zone.
pub(super) fn set(state: &State, contract: &Contract, context: &Context) -> Decided {
    guard::live(state, context)?;
    guard::in_order(state, context)?;
    let contract = checked(contract)?;
    if state.contract == contract {
        return Ok(Decision::already_so(RULE));
    }
    Ok(Decision::record(RULE, [LicenseContractSet { contract }.into()]))
}

/// The contract, its zone as IANA spells it.
pub(super) fn checked(contract: &Contract) -> Result<Contract, Rejection> {
    if contract.price_minor.is_some() && contract.currency.is_none() {
        return Err(Rejection::PriceWithoutCurrency);
    }
    let mut contract = contract.clone();
    if let Some(name) = &contract.time_zone {
        contract.time_zone = Some(zone_named(name).ok_or(Rejection::TimeZoneUnknown)?);
    }
    Ok(contract)
}
