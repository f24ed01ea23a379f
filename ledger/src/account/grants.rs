//! Roles that are granted: given within what the giver may do, taken back, given up.

use schemas::account::{AccountEvent, RoleGrantEnded, RoleGranted};
use schemas::{Actor, GrantId};

use super::{RULE_GRANTED, Rejection, State, in_order, may_manage};
use crate::decider::{Context, Decision};

/// How many grants that are not over one person may have in an account.
pub const GRANTS_PER_PERSON_MAX: usize = 50;

/// INVARIANT (nobody gives more than they have): that the giver may do so much is decided at the edge, by all accounts;
/// that what it gives stems from the giver's own grant is kept here, and [`crate::authority::verdict`] looks at that one
/// again whenever it is used.
pub(super) fn give(
    state: &State,
    given: RoleGranted,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if state.opened.is_none() {
        return Err(Rejection::NotFound);
    }
    let under = context.basis.and_then(|basis| basis.grant);
    let given = RoleGranted { under, ..given };
    if state.grants.contains_key(&given.grant) {
        return Ok(Decision::already_so(RULE_GRANTED));
    }
    in_order(state, context)?;
    may_manage(state, context)?;
    if context.actor == Actor::Member(given.member) {
        return Err(Rejection::Oneself);
    }
    if given.ends_at.is_some_and(|end| end <= context.now) {
        return Err(Rejection::EndsInPast);
    }
    let live = state.grants.values().filter(|one| one.is_live(context.now));
    if live.filter(|one| one.member == given.member).count() >= GRANTS_PER_PERSON_MAX {
        return Err(Rejection::TooManyGrants);
    }
    Ok(Decision::record(RULE_GRANTED, [given.into()]))
}

/// Whoever has it may always give it up.
pub(super) fn end(
    state: &State,
    grant: GrantId,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    let found = state.grants.get(&grant).ok_or(Rejection::GrantNotFound)?;
    if found.ended_at.is_some() {
        return Ok(Decision::already_so(RULE_GRANTED));
    }
    in_order(state, context)?;
    if context.actor != Actor::Member(found.member) {
        may_manage(state, context)?;
    }
    Ok(Decision::record(RULE_GRANTED, [RoleGrantEnded { grant }.into()]))
}
