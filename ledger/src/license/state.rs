//! What the rules remember of a license. It knows ids and digests only, never a personal value.

use std::collections::BTreeMap;

use schemas::catalog::{BundleRef, Grant, SourceRef, Terms};
use schemas::contract::Contract;
use schemas::license::{Acquisition, Blocker};
use schemas::{
    AccountId, ActivationId, BundleId, Digest, LicenseId, MemberId, ProductId, Quantity, Timestamp,
};
use serde::{Deserialize, Serialize};

/// What the rules remember of a license.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// That and how it was issued; `None`: there is no such license yet.
    pub issued: Option<Issued>,
    /// What it is on now.
    pub source: Option<SourceRef>,
    /// How its time runs.
    pub terms: Option<Terms>,
    /// What its source gives, one grant for each offering.
    pub grants: Vec<Grant>,
    /// The bundles that were added to it.
    pub bundles: BTreeMap<BundleId, AppliedBundle>,
    /// Its term; `None`: not started.
    pub term: Option<Term>,
    /// The newest renewal.
    pub renewed: Option<Renewed>,
    /// Who has a seat.
    pub seats: BTreeMap<MemberId, Seat>,
    /// Which accounts have seats of their own, and how many.
    pub allocations: BTreeMap<AccountId, Allocation>,
    /// Every device and domain that is or was bound.
    pub activations: BTreeMap<ActivationId, Activation>,
    /// What stops it, and since when.
    pub blockers: BTreeMap<Blocker, Timestamp>,
    /// Since when it is stopped for good.
    pub revoked: Option<Timestamp>,
    /// Since when usage counts, when a switch restarted it; else it counts from the term's start.
    pub usage_counts_from: Option<Timestamp>,
    /// On which terms it is contracted.
    pub contract: Contract,
    /// The latest instant from which a fact is true, revocation and blockers aside.
    pub effective_last: Timestamp,
}

/// That and how a license was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The license.
    pub license: LicenseId,
    /// Whose it is.
    pub account: AccountId,
    /// Of which product.
    pub product: ProductId,
    /// How it was acquired.
    pub acquired: Acquisition,
    /// The keyed hash of its key.
    pub key_digest: Digest,
    /// What it was issued from; a switch does not alter it.
    pub source: SourceRef,
    /// When.
    pub at: Timestamp,
}

/// The time a license runs, half-open: `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it; `None`: perpetual.
    pub until: Option<Timestamp>,
}

/// The newest renewal of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// The end of the term that was renewed.
    pub ended: Timestamp,
    /// Where the new term counts from.
    pub from: Timestamp,
}

/// A bundle that was added to a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedBundle {
    /// Which version.
    pub bundle: BundleRef,
    /// What it gives.
    pub grants: Vec<Grant>,
    /// Since when.
    pub at: Timestamp,
}

/// A seat that a person has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Since when.
    pub assigned_at: Timestamp,
    /// Where the person belongs: its account, then each above that, without the license's own and what is above it;
    /// `None`: it was not recorded.
    pub accounts: Option<Vec<AccountId>>,
}

impl Seat {
    /// Where the person belongs, as far as it was recorded.
    pub(super) fn accounts(&self) -> &[AccountId] {
        self.accounts.as_deref().unwrap_or_default()
    }
}

/// The seats that are for the people of one account and of those below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The accounts above it, the nearest first, without the license's own and what is above it.
    pub above: Vec<AccountId>,
    /// How many.
    pub seats: u64,
    /// Whether they are all that these people may have.
    pub capped: bool,
}

/// A device or domain that is or was bound to a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// What is bound.
    pub kind: ActivationKind,
    /// The keyed hash of the fingerprint or of the normalized domain.
    pub digest: Digest,
    /// The seat holder whose device it is, when known.
    pub member: Option<MemberId>,
    /// The version of the software on it, when known.
    pub version: Option<String>,
    /// Since when it is bound.
    pub activated_at: Timestamp,
    /// When it last called home.
    pub last_seen_at: Timestamp,
    /// How and when the binding ended; `None`: it is live.
    pub ended: Option<Ended>,
}

/// What a license can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationKind {
    /// A device, by its fingerprint.
    Device,
    /// A domain, by its normalized name.
    Domain,
}

/// How and when a binding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub how: Ending,
    /// When.
    pub at: Timestamp,
}

/// How a binding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its owner freed the slot.
    Deactivated,
    /// It was taken out for good.
    Retired,
}

impl State {
    /// Every grant: those of the source first, then those of the bundles.
    pub fn all_grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().chain(self.bundles.values().flat_map(|applied| &applied.grants))
    }

    /// The seats granted, of all sources together.
    #[must_use]
    pub fn seats_granted(&self) -> Quantity {
        total(self.all_grants(), |grant| grant.seats)
    }

    /// The devices granted, of all sources together.
    #[must_use]
    pub fn devices_granted(&self) -> Quantity {
        total(self.all_grants(), |grant| grant.devices)
    }

    /// The domains granted, of all sources together.
    #[must_use]
    pub fn domains_granted(&self) -> Quantity {
        total(self.all_grants(), |grant| grant.domains)
    }

    /// What is granted of this kind of binding.
    #[must_use]
    pub fn slots_granted(&self, kind: ActivationKind) -> Quantity {
        match kind {
            ActivationKind::Device => self.devices_granted(),
            ActivationKind::Domain => self.domains_granted(),
        }
    }

    /// How many seats are assigned.
    #[must_use]
    pub fn seats_assigned(&self) -> u64 {
        count(self.seats.len())
    }

    /// The live bindings of this kind.
    pub fn live(
        &self,
        kind: ActivationKind,
    ) -> impl Iterator<Item = (ActivationId, &Activation)> + '_ {
        let bound = self.activations.iter().map(|(id, activation)| (*id, activation));
        bound.filter(move |(_, one)| one.kind == kind && one.ended.is_none())
    }

    /// How many live bindings of this kind there are.
    #[must_use]
    pub fn live_count(&self, kind: ActivationKind) -> u64 {
        count(self.live(kind).count())
    }

    /// The newest binding of this kind to the thing with this digest, live or ended.
    #[must_use]
    pub fn newest_of(
        &self,
        kind: ActivationKind,
        digest: &Digest,
    ) -> Option<(ActivationId, &Activation)> {
        let all = self.activations.iter().map(|(id, activation)| (*id, activation));
        all.filter(|(_, one)| one.kind == kind && one.digest == *digest)
            .max_by_key(|(id, one)| (one.ended.is_none(), one.activated_at, *id))
    }
}

/// The sum of one quantity over grants.
pub(crate) fn total<'a>(
    grants: impl IntoIterator<Item = &'a Grant>,
    of: impl Fn(&Grant) -> Quantity,
) -> Quantity {
    grants.into_iter().fold(Quantity::ZERO, |sum, grant| sum.plus(of(grant)))
}

/// A length as a quantity; a length always fits.
pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
