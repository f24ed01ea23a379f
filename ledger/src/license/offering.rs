//! What a license grants: switching its offering, adding and removing bundles.

use schemas::license::{BundleApplied, BundleRemoved, OfferingSwitched};
use schemas::{BundleId, ProductId};

use super::{ApplyBundle, Decided, Issued, Rejection, State, SwitchOffering, guard};
use crate::decider::{Context, Decision};

const RULE_BUNDLES: &str = "license.bundles";

pub(super) fn switch(state: &State, switch: &SwitchOffering, context: &Context) -> Decided {
    const RULE: &str = "license.switch_fits";
    let issued = guard::live(state, context)?;
    let same = (state.source, state.terms) == (Some(switch.source), Some(switch.terms))
        && state.grants == switch.grants;
    if same {
        return Ok(Decision::already_so(RULE));
    }
    guard::in_order(state, context)?;
    if switch.grants.is_empty() {
        return Err(Rejection::NothingGranted);
    }
    same_product(issued, switch.product)?;
    let after = State { grants: switch.grants.clone(), ..state.clone() };
    guard::still_fits(&after)?;
    let switched = OfferingSwitched {
        source: switch.source,
        grants: switch.grants.clone(),
        terms: switch.terms,
        usage: switch.usage,
    };
    Ok(Decision::record(RULE, [switched.into()]))
}

pub(super) fn apply(state: &State, apply: &ApplyBundle, context: &Context) -> Decided {
    let issued = guard::live(state, context)?;
    let applied = state.bundles.get(&apply.bundle.bundle).map(|applied| applied.bundle);
    if applied == Some(apply.bundle) {
        return Ok(Decision::already_so(RULE_BUNDLES));
    }
    guard::in_order(state, context)?;
    if apply.grants.is_empty() {
        return Err(Rejection::NothingGranted);
    }
    same_product(issued, apply.product)?;
    guard::usable(state, context)?;
    if let Some(other) = applied {
        return Err(Rejection::BundleVersionApplied { version: other.version });
    }
    let event = BundleApplied { bundle: apply.bundle, grants: apply.grants.clone() };
    Ok(Decision::record(RULE_BUNDLES, [event.into()]))
}

pub(super) fn remove(state: &State, bundle: BundleId, context: &Context) -> Decided {
    guard::live(state, context)?;
    let Some(applied) = state.bundles.get(&bundle) else {
        return Ok(Decision::already_so(RULE_BUNDLES));
    };
    guard::in_order(state, context)?;
    let mut after = state.clone();
    after.bundles.remove(&bundle);
    guard::still_fits(&after)?;
    Ok(Decision::record(RULE_BUNDLES, [BundleRemoved { bundle: applied.bundle }.into()]))
}

fn same_product(issued: &Issued, product: ProductId) -> Result<(), Rejection> {
    if issued.product == product { Ok(()) } else { Err(Rejection::ProductMismatch) }
}
