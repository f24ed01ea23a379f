//! What stops a license: blockers, each on its own, and revocation.

use schemas::Personal;
use schemas::license::{Blocker, BlockerCleared, BlockerSet, LicenseRevoked, Reason};

use super::{Decided, State, guard};
use crate::decider::{Context, Decision};

const RULE_BLOCKERS: &str = "license.no_blocker";

/// The reason in plain words.
#[must_use]
pub const fn blocker_text(blocker: Blocker) -> &'static str {
    match blocker {
        Blocker::Billing => "something is not paid",
        Blocker::Abuse => "it is being abused",
        Blocker::VendorHold => "the vendor holds it back",
        Blocker::CustomerHold => "the customer holds it back",
        Blocker::Compliance => "the law or a sanction stops it",
    }
}

/// What clears the reason, in plain words.
#[must_use]
pub const fn blocker_advice(blocker: Blocker) -> &'static str {
    match blocker {
        Blocker::Billing => "settle the open invoice, then ask the vendor to clear the block",
        Blocker::Abuse | Blocker::VendorHold | Blocker::Compliance => {
            "ask the vendor to clear the block"
        }
        Blocker::CustomerHold => "ask the organization's admin to clear the block",
    }
}

/// Setting a blocker again with an earlier start moves its start; it never moves later.
pub(super) fn set(state: &State, blocker: Blocker, reason: &str, context: &Context) -> Decided {
    let issued = guard::live(state, context)?;
    let known = state.blockers.get(&blocker);
    if known.is_some_and(|since| *since <= context.effective_at) {
        return Ok(Decision::already_so(RULE_BLOCKERS));
    }
    guard::not_before(issued.at, context)?;
    let personal = Personal::new(issued.account, Reason { text: reason.to_owned() });
    Ok(Decision::record(RULE_BLOCKERS, [BlockerSet { blocker, personal }.into()]))
}

pub(super) fn clear(state: &State, blocker: Blocker, context: &Context) -> Decided {
    guard::live(state, context)?;
    let Some(since) = state.blockers.get(&blocker) else {
        return Ok(Decision::already_so(RULE_BLOCKERS));
    };
    guard::not_before(*since, context)?;
    Ok(Decision::record(RULE_BLOCKERS, [BlockerCleared { blocker }.into()]))
}

/// INVARIANT (revoked is final): no rule takes a revocation back. It may turn out to be true from
/// earlier.
pub(super) fn revoke(state: &State, reason: &str, context: &Context) -> Decided {
    const RULE: &str = "license.revoked_is_final";
    let issued = guard::exists(state, context)?;
    if state.revoked.is_some_and(|since| since <= context.effective_at) {
        return Ok(Decision::already_so(RULE));
    }
    guard::not_before(issued.at, context)?;
    let personal = Personal::new(issued.account, Reason { text: reason.to_owned() });
    Ok(Decision::record(RULE, [LicenseRevoked { personal }.into()]))
}
