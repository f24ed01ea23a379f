//! Named seats.

use schemas::MemberId;
use schemas::license::{SeatAssigned, SeatUnassigned};

use super::{Decided, Rejection, State, guard};
use crate::decider::{Context, Decision};

const RULE: &str = "license.seats_fit";

/// INVARIANT (seats fit): seats assigned never exceed seats granted.
pub(super) fn assign(state: &State, member: MemberId, context: &Context) -> Decided {
    guard::live(state, context)?;
    if state.seats.contains_key(&member) {
        return Ok(Decision::already_so(RULE));
    }
    guard::in_order(state, context)?;
    guard::usable(state, context)?;
    let (seats, assigned) = (state.seats_granted(), state.seats_assigned());
    if let Some(granted) = seats.limit().filter(|granted| assigned >= *granted) {
        return Err(Rejection::NoSeatAvailable { granted, assigned });
    }
    Ok(Decision::record(RULE, [SeatAssigned { member }.into()]))
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
