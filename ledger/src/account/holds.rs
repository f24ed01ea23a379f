//! Legal holds: while a legal matter needs what is known of an account's people, none of them is erased.

use schemas::account::{AccountEvent, LegalHoldLifted, LegalHoldPlaced};

use super::{Rejection, State, in_order};
use crate::decider::{Context, Decision};

pub(super) const RULE: &str = "account.nothing_is_erased_under_a_legal_hold";

/// The most legal matters of one account at the same time.
pub const MATTERS_MAX: usize = 20;
/// The longest reference of a matter, in characters.
pub const MATTER_CHARACTERS_MAX: usize = 64;

type Decided = Result<Decision<AccountEvent>, Rejection>;

pub(super) fn place(state: &State, matter: &str, context: &Context) -> Decided {
    may_hold(state, context)?;
    let is_reference = (1..=MATTER_CHARACTERS_MAX).contains(&matter.len())
        && matter.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_reference {
        return Err(Rejection::MatterRefused);
    }
    if state.legal_holds.contains(matter) {
        return Ok(Decision::already_so(RULE));
    }
    if state.legal_holds.len() >= MATTERS_MAX {
        return Err(Rejection::TooManyMatters);
    }
    let placed = LegalHoldPlaced { matter: matter.to_owned() };
    Ok(Decision::record(RULE, [placed.into()]))
}

pub(super) fn lift(state: &State, matter: &str, context: &Context) -> Decided {
    may_hold(state, context)?;
    // Else somebody who mistypes it believes that it is lifted.
    if !state.legal_holds.contains(matter) {
        return Err(Rejection::MatterNotFound);
    }
    let lifted = LegalHoldLifted { matter: matter.to_owned() };
    Ok(Decision::record(RULE, [lifted.into()]))
}

fn may_hold(state: &State, context: &Context) -> Result<(), Rejection> {
    if state.opened.is_none() {
        return Err(Rejection::NotFound);
    }
    in_order(state, context)
}

pub(super) fn place_in(state: &mut State, fact: &LegalHoldPlaced) {
    state.legal_holds.insert(fact.matter.clone());
}

pub(super) fn lift_in(state: &mut State, fact: &LegalHoldLifted) {
    state.legal_holds.remove(&fact.matter);
}
