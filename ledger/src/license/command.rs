//! What can be asked of a license.

use std::collections::BTreeSet;

use schemas::catalog::{BundleRef, Grant, RenewalBasis, SourceRef, Terms};
use schemas::contract::Contract;
use schemas::license::{Acquisition, Blocker, DeviceProfile, DomainProfile, UsageOnSwitch};
use schemas::{
    AccountId, ActivationId, BundleId, Digest, LicenseId, MemberId, Period, ProductId, Timestamp,
};

use super::state::Term;

/// What can be asked of a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Issue it to an account.
    Issue(Issue),
    /// Add a further term.
    Renew(Renew),
    /// Give a person a seat. The edge has checked that the person belongs to the account, or to one that has seats of it.
    AssignSeat {
        /// The person.
        member: MemberId,
        /// Where the person belongs: its account, then each above that, without the license's own and what is above it.
        accounts: Vec<AccountId>,
    },
    /// Say how many seats are for the people of one account and of those below it.
    AllocateSeats(AllocateSeats),
    /// Take a person's seat back.
    UnassignSeat {
        /// The person.
        member: MemberId,
    },
    /// Bind a device. An active device keeps the activation it has.
    ActivateDevice(ActivateDevice),
    /// Remember that a device called home, at most once a day.
    RecordDeviceSeen {
        /// Its binding.
        activation: ActivationId,
        /// The version of the software on it, when known.
        version: Option<String>,
    },
    /// Free a device's slot.
    DeactivateDevice {
        /// Its binding.
        activation: ActivationId,
    },
    /// Take devices out for good, all or none. Those that are no longer live are passed over.
    RetireDevices {
        /// Their bindings.
        activations: BTreeSet<ActivationId>,
    },
    /// Bind a domain. An active domain keeps the activation it has.
    ActivateDomain(ActivateDomain),
    /// Free a domain's slot.
    DeactivateDomain {
        /// Its binding.
        activation: ActivationId,
    },
    /// Stop the license for a reason, until that reason is cleared. May be backdated to the issue.
    SetBlocker {
        /// The kind of reason.
        blocker: Blocker,
        /// The reason in words.
        reason: String,
    },
    /// Clear one reason; the others stay.
    ClearBlocker {
        /// The kind of reason.
        blocker: Blocker,
    },
    /// Switch to another offering or bundle of the same product.
    SwitchOffering(SwitchOffering),
    /// Add a bundle to what the license grants.
    ApplyBundle(ApplyBundle),
    /// Take a bundle away again, and only what it granted.
    RemoveBundle {
        /// The bundle.
        bundle: BundleId,
    },
    /// Stop the license for good. May be backdated to the issue.
    Revoke {
        /// The reason in words.
        reason: String,
    },
    /// Say on which terms it is contracted from now on. A term that was recorded keeps its end.
    SetContract(Contract),
    /// Show somebody the key in the clear. Each time is remembered, also of a license that is over.
    RevealKey,
}

/// Issue a license to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The license.
    pub license: LicenseId,
    /// Whose it is to be.
    pub account: AccountId,
    /// Of which product.
    pub product: ProductId,
    /// How it was acquired.
    pub acquired: Acquisition,
    /// Its key in the clear.
    pub key: String,
    /// The keyed hash of the key.
    pub key_digest: Digest,
    /// The vendor's own number for it.
    pub external_id: Option<String>,
    /// What it is issued from.
    pub source: SourceRef,
    /// What that gives, from `product::State::resolve`.
    pub grants: Vec<Grant>,
    /// How time runs, from `product::State::resolve`.
    pub terms: Terms,
    /// A term that is already known, for licenses taken over from another system.
    pub term: Option<Term>,
    /// On which terms it is contracted. The edge has taken what was not said from its account.
    pub contract: Contract,
}

/// Add a further term.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Renew {
    /// The end of the term that is to be renewed, as the caller saw it. With it, renewing twice
    /// renews once, whatever the command id; `None`: whatever term the license has.
    pub ending: Option<Timestamp>,
    /// How long the new term is; `None`: as the license's terms say.
    pub period: Option<Period>,
    /// Where it counts from; `None`: as the license's terms say.
    pub basis: Option<RenewalBasis>,
}

/// Say how many seats are for the people of one account and of those below it. The edge has checked that the account is
/// below the license's own, or is that of a customer whom its owner sells to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocateSeats {
    /// The account.
    pub account: AccountId,
    /// The accounts above it, the nearest first, without the license's own and what is above it.
    pub above: Vec<AccountId>,
    /// How many; 0 without a cap: it goes without seats of its own again.
    pub seats: u64,
    /// Whether they are all that these people may have.
    pub capped: bool,
}

/// Bind a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivateDevice {
    /// The id of the binding, if a new one is made.
    pub activation: ActivationId,
    /// The keyed hash of the fingerprint.
    pub fingerprint: Digest,
    /// The seat holder whose device it is, when known.
    pub member: Option<MemberId>,
    /// The version of the software on it, when known.
    pub version: Option<String>,
    /// What the owner calls it, and its fingerprint in the clear.
    pub profile: DeviceProfile,
    /// Which device gives way to it.
    pub replace: Replace,
}

/// Which device gives way to another one, in the same step: nobody takes the slot in between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replace {
    /// None: without a free slot the new one is refused.
    #[default]
    Nothing,
    /// The one that was silent for longest, where no slot is free.
    Oldest,
    /// Every other one.
    All,
    /// This one.
    One(ActivationId),
}

/// Bind a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivateDomain {
    /// The id of the binding, if a new one is made.
    pub activation: ActivationId,
    /// The keyed hash of the normalized domain.
    pub domain: Digest,
    /// The domain, normalized.
    pub profile: DomainProfile,
}

/// Switch to another offering or bundle of the same product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchOffering {
    /// The product it belongs to.
    pub product: ProductId,
    /// What to switch to.
    pub source: SourceRef,
    /// What that gives, from `product::State::resolve`.
    pub grants: Vec<Grant>,
    /// How time runs, from `product::State::resolve`. The current term keeps its end.
    pub terms: Terms,
    /// What becomes of the usage of the current period.
    pub usage: UsageOnSwitch,
}

/// Add a bundle to what the license grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyBundle {
    /// The product it belongs to.
    pub product: ProductId,
    /// The bundle.
    pub bundle: BundleRef,
    /// What it gives, from `product::State::resolve`.
    pub grants: Vec<Grant>,
}
