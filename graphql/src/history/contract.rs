//! What kind of party an account is, and terms of contracts, in plain words.

use schemas::account::AccountEvent;
use schemas::contract::{Contract, ContractDefaults};

use crate::read::ERASED;

/// What changed of an account beside its people.
pub(super) fn account_text(fact: &AccountEvent) -> String {
    if let AccountEvent::ContractDefaultsSet(set) = fact {
        return defaults_text(&set.defaults);
    }
    let promoted = if let AccountEvent::AccountPromoted(one) = fact {
        one.personal.value.as_ref()
    } else {
        None
    };
    let name = promoted.map_or(ERASED, |profile| profile.name.as_str());
    format!("the account became that of the organization {name}")
}

fn defaults_text(defaults: &ContractDefaults) -> String {
    let ContractDefaults { time_zone, country, currency, locale, data_region } = defaults.clone();
    let region = data_region.map(|region| format!("data region {region}"));
    let common = Contract { time_zone, country, currency, locale, price_minor: None };
    format!("new contracts begin with: {}", listed(&common, region))
}

/// On which terms a license is contracted.
pub(super) fn contract_text(contract: &Contract) -> String {
    let price = contract.price_minor.map(|price| format!("price {price} in the smallest unit"));
    format!("the contract says: {}", listed(contract, price))
}

fn listed(contract: &Contract, also: Option<String>) -> String {
    let said = [
        contract.time_zone.as_ref().map(|zone| format!("time zone {zone}")),
        contract.country.as_ref().map(|country| format!("country {country}")),
        contract.currency.as_ref().map(|currency| format!("currency {currency}")),
        contract.locale.as_ref().map(|locale| format!("written as in {locale}")),
        also,
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    if said.is_empty() { "nothing of its own".to_owned() } else { said.join(", ") }
}
