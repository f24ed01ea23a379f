//! How facts become what the rules remember.

use schemas::license::{
    LicenseEvent, LicenseIssued, LicenseRenewed, SeatsAllocated, UsageOnSwitch,
};
use schemas::{ActivationId, Digest, Timestamp};

use super::state::{
    Activation, ActivationKind, Allocation, AppliedBundle, Ended, Ending, Issued, Renewed, Seat,
    State, Term,
};

pub(super) fn evolve(state: &mut State, event: &LicenseEvent, at: Timestamp) {
    match event {
        LicenseEvent::LicenseIssued(fact) => issued(state, fact, at),
        LicenseEvent::TermStarted(fact) => {
            state.term = Some(Term { from: fact.from, until: fact.until });
        }
        LicenseEvent::LicenseRenewed(fact) => renewed(state, fact),
        LicenseEvent::SeatAssigned(fact) => {
            let before = state.seats.get(&fact.member).map(|seat| seat.assigned_at);
            let (assigned_at, accounts) = (before.unwrap_or(at), fact.accounts.clone());
            state.seats.insert(fact.member, Seat { assigned_at, accounts });
        }
        LicenseEvent::SeatsAllocated(fact) => allocated(state, fact),
        LicenseEvent::SeatUnassigned(fact) => {
            state.seats.remove(&fact.member);
        }
        LicenseEvent::DeviceActivated(fact) => {
            let mut device = bound(ActivationKind::Device, fact.fingerprint, at);
            device.member = fact.member;
            device.version.clone_from(&fact.version);
            state.activations.insert(fact.activation, device);
        }
        LicenseEvent::DeviceSeen(fact) => {
            if let Some(device) = state.activations.get_mut(&fact.activation) {
                device.last_seen_at = at;
                device.version = fact.version.clone().or_else(|| device.version.take());
            }
        }
        LicenseEvent::DeviceDeactivated(fact) => {
            end(state, &[fact.activation], Ending::Deactivated, at);
        }
        LicenseEvent::DevicesRetired(fact) => end(state, &fact.activations, Ending::Retired, at),
        LicenseEvent::DomainActivated(fact) => {
            let domain = bound(ActivationKind::Domain, fact.domain, at);
            state.activations.insert(fact.activation, domain);
        }
        LicenseEvent::DomainDeactivated(fact) => {
            end(state, &[fact.activation], Ending::Deactivated, at);
        }
        LicenseEvent::BlockerSet(fact) => {
            let since = state.blockers.entry(fact.blocker).or_insert(at);
            *since = at.min(*since);
        }
        LicenseEvent::BlockerCleared(fact) => {
            state.blockers.remove(&fact.blocker);
        }
        LicenseEvent::OfferingSwitched(fact) => {
            state.source = Some(fact.source);
            state.grants.clone_from(&fact.grants);
            state.terms = Some(fact.terms);
            if fact.usage == UsageOnSwitch::Restart {
                state.usage_counts_from = Some(at);
            }
        }
        LicenseEvent::BundleApplied(fact) => {
            let applied = AppliedBundle { bundle: fact.bundle, grants: fact.grants.clone(), at };
            state.bundles.insert(fact.bundle.bundle, applied);
        }
        LicenseEvent::BundleRemoved(fact) => {
            state.bundles.remove(&fact.bundle.bundle);
        }
        LicenseEvent::LicenseRevoked(_) => {
            state.revoked = Some(state.revoked.map_or(at, |since| since.min(at)));
        }
        LicenseEvent::LicenseContractSet(fact) => state.contract.clone_from(&fact.contract),
        LicenseEvent::LicenseKeyRevealed(_) => {}
    }
    if !may_come_late(event) {
        state.effective_last = state.effective_last.max(at);
    }
}

/// Blockers and revocation may be true from before facts that are already recorded, so they do not
/// set the pace. Nor does a look at the key: it changes nothing that a later fact could contradict.
fn may_come_late(event: &LicenseEvent) -> bool {
    matches!(
        event,
        LicenseEvent::BlockerSet(_)
            | LicenseEvent::BlockerCleared(_)
            | LicenseEvent::LicenseRevoked(_)
            | LicenseEvent::LicenseKeyRevealed(_)
    )
}

fn issued(state: &mut State, fact: &LicenseIssued, at: Timestamp) {
    state.issued = Some(Issued {
        license: fact.license,
        account: fact.account,
        product: fact.product,
        acquired: fact.acquired,
        key_digest: fact.key_digest,
        source: fact.source,
        at,
    });
    state.source = Some(fact.source);
    state.terms = Some(fact.terms);
    state.grants.clone_from(&fact.grants);
}

/// A term that goes on without a gap keeps its start; after a gap it starts anew.
fn renewed(state: &mut State, fact: &LicenseRenewed) {
    let before = state.term;
    let ended = before.and_then(|term| term.until).unwrap_or(fact.from);
    let from = before.filter(|_| fact.from <= ended).map_or(fact.from, |term| term.from);
    state.term = Some(Term { from, until: Some(fact.until) });
    state.renewed = Some(Renewed { ended, from: fact.from });
}

fn allocated(state: &mut State, fact: &SeatsAllocated) {
    let SeatsAllocated { account, above, seats, capped } = fact.clone();
    if seats == 0 && !capped {
        state.allocations.remove(&account);
    } else {
        state.allocations.insert(account, Allocation { above, seats, capped });
    }
}

fn bound(kind: ActivationKind, digest: Digest, at: Timestamp) -> Activation {
    Activation {
        kind,
        digest,
        member: None,
        version: None,
        activated_at: at,
        last_seen_at: at,
        ended: None,
    }
}

fn end(state: &mut State, activations: &[ActivationId], how: Ending, at: Timestamp) {
    for activation in activations {
        if let Some(one) = state.activations.get_mut(activation) {
            one.ended = Some(Ended { how, at });
        }
    }
}
