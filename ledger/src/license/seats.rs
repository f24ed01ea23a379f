//! Named seats.

use schemas::license::{SeatAssigned, SeatUnassigned};
use schemas::{AccountId, MemberId};

use super::{Decided, Rejection, Shares, State, guard};
use crate::decider::{Context, Decision};

const RULE: &str = "license.seats_fit";

/// INVARIANT (seats fit): seats assigned and seats that are for one account alone never exceed seats granted.
/// Where a person belongs who got a seat before that was recorded, is told by giving the seat again.
pub(super) fn assign(
    state: &State,
    member: MemberId,
    accounts: &[AccountId],
    context: &Context,
) -> Decided {
    guard::live(state, context)?;
    let seated = state.seats.get(&member);
    if seated.is_some_and(|seat| seat.accounts.is_some() || accounts.is_empty()) {
        return Ok(Decision::already_so(RULE));
    }
    guard::in_order(state, context)?;
    guard::usable(state, context)?;
    let shares = Shares::with(state, member, accounts);
    if let Some((account, share)) = shares.over_its_cap() {
        return Err(Rejection::AllocationUsedUp { account, seats: share.seats });
    }
    if let Some(granted) = state.seats_granted().limit().filter(|granted| shares.taken > *granted) {
        return Err(Rejection::NoSeatAvailable { granted, assigned: state.seats_assigned() });
    }
    let accounts = Some(accounts.to_vec());
    Ok(Decision::record(RULE, [SeatAssigned { member, accounts }.into()]))
}

/// A seat can always be freed, also on a license that is suspended or expired.
pub(super) fn unassign(state: &State, member: MemberId, context: &Context) -> Decided {
    guard::live(state, context)?;
    if !state.seats.contains_key(&member) {
        return Ok(Decision::already_so(RULE));
    }
    guard::in_order(state, context)?;
    Ok(Decision::record(RULE, [SeatUnassigned { member }.into()]))
}
