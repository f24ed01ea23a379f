//! What several rules of a license ask first: is there one, is it final, is it in order, may it be
//! used.

use schemas::Timestamp;

use super::state::{Issued, State};
use super::{ActivationKind, Rejection, Shares};
use crate::decider::{self, Context};
use crate::status::{access_end, blockers};

/// The license exists and is not revoked.
pub(super) fn live<'a>(state: &'a State, context: &Context) -> Result<&'a Issued, Rejection> {
    let issued = exists(state, context)?;
    match state.revoked {
        Some(since) => Err(Rejection::Revoked { since }),
        None => Ok(issued),
    }
}

/// The license exists, and what is decided is not of the future.
pub(super) fn exists<'a>(state: &'a State, context: &Context) -> Result<&'a Issued, Rejection> {
    not_in_future(context)?;
    state.issued.as_ref().ok_or(Rejection::NotFound)
}

pub(super) fn not_in_future(context: &Context) -> Result<(), Rejection> {
    let effective_at = context.effective_at;
    if effective_at > context.now {
        return Err(Rejection::EffectiveInFuture { effective_at });
    }
    Ok(())
}

/// INVARIANT (facts in order): the facts of a license are true in the order in which they are
/// recorded, blockers and revocation aside.
pub(super) fn in_order(state: &State, context: &Context) -> Result<(), Rejection> {
    not_before(state.effective_last, context)
}

/// What is decided is not true from before this instant.
pub(super) fn not_before(earliest: Timestamp, context: &Context) -> Result<(), Rejection> {
    match decider::out_of_order(context, earliest) {
        Some(earliest) => {
            Err(Rejection::EffectiveOutOfOrder { effective_at: context.effective_at, earliest })
        }
        None => Ok(()),
    }
}

/// Nothing stops the license, and its term (or grace) runs or waits for the first activation.
pub(super) fn usable(state: &State, context: &Context) -> Result<(), Rejection> {
    let at = context.effective_at;
    if let Some(blocker) = blockers(state, at).next() {
        return Err(Rejection::Suspended { blocker });
    }
    if let Some(term) = state.term.filter(|term| at < term.from) {
        return Err(Rejection::NotStarted { from: term.from });
    }
    let over = access_end(state).is_some_and(|end| end <= at);
    match state.term.and_then(|term| term.until) {
        Some(ended) if over => Err(Rejection::Expired { at: ended }),
        Some(_) | None => Ok(()),
    }
}

/// INVARIANT (seats fit), (devices fit), (domains fit): what is taken never exceeds what is
/// granted, so nothing that grants may go before enough is freed. `after` is the license as it
/// would be.
pub(super) fn still_fits(after: &State) -> Result<(), Rejection> {
    let (seats, taken) = (after.seats_granted(), Shares::of(after).taken);
    if let Some(granted) = seats.limit().filter(|granted| taken > *granted) {
        let need_to_free = taken - granted;
        return Err(Rejection::SeatsExceedTarget { granted, taken, need_to_free });
    }
    for kind in [ActivationKind::Device, ActivationKind::Domain] {
        let (slots, live) = (after.slots_granted(kind), after.live_count(kind));
        if let Some(granted) = slots.limit().filter(|granted| live > *granted) {
            let need_to_free = live - granted;
            return Err(match kind {
                ActivationKind::Device => {
                    Rejection::DevicesExceedTarget { granted, live, need_to_free }
                }
                ActivationKind::Domain => {
                    Rejection::DomainsExceedTarget { granted, live, need_to_free }
                }
            });
        }
    }
    Ok(())
}
