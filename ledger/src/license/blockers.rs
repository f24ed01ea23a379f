//! What stops a license: blockers, each on its own, and revocation.

use schemas::license::Blocker;

use super::{Decided, State};
use crate::decider::Context;

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

pub(super) fn set(_: &State, _: Blocker, _: &str, _: &Context) -> Decided { unimplemented!() }
pub(super) fn clear(_: &State, _: Blocker, _: &Context) -> Decided { unimplemented!() }
pub(super) fn revoke(_: &State, _: &str, _: &Context) -> Decided { unimplemented!() }
