//! Partners, whose people act for a customer: linked, and parted with.

use schemas::GrantId;
use schemas::account::{AccountEvent, PartnerLinked, PartnerUnlinked};

use super::{RULE_PARTNERS, Rejection, State, in_order, may_manage};
use crate::decider::{Context, Decision};

/// How many partners that are not over an account may have.
pub const PARTNERS_MAX: usize = 20;

/// A customer lets people of another account act for it, as far as that goes.
pub(super) fn link(
    state: &State,
    linked: PartnerLinked,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    let opened = state.opened.as_ref().ok_or(Rejection::NotFound)?;
    if state.partners.contains_key(&linked.link) {
        return Ok(Decision::already_so(RULE_PARTNERS));
    }
    in_order(state, context)?;
    may_manage(state, context)?;
    if linked.partner == opened.account {
        return Err(Rejection::PartnerIsItself);
    }
    if linked.ends_at.is_some_and(|end| end <= context.now) {
        return Err(Rejection::EndsInPast);
    }
    let live = || state.partners.values().filter(|one| one.is_live(context.now));
    if live().any(|one| one.partner == linked.partner) {
        return Err(Rejection::AlreadyLinked);
    }
    if live().count() >= PARTNERS_MAX {
        return Err(Rejection::TooManyPartners);
    }
    Ok(Decision::record(RULE_PARTNERS, [linked.into()]))
}

/// A customer may always part with a partner.
pub(super) fn unlink(
    state: &State,
    link: GrantId,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    let found = state.partners.get(&link).ok_or(Rejection::LinkNotFound)?;
    if found.ended_at.is_some() {
        return Ok(Decision::already_so(RULE_PARTNERS));
    }
    in_order(state, context)?;
    may_manage(state, context)?;
    Ok(Decision::record(RULE_PARTNERS, [PartnerUnlinked { link }.into()]))
}
