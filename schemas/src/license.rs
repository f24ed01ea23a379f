//! The facts of a license: what it grants, for how long, who sits on it, where it is activated, what blocks it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{BundleRef, Grant, RenewalBasis, SourceRef, Terms};
use crate::contract::Contract;
use crate::envelope::Digest;
use crate::fact::{Personal, facts};
use crate::id::{AccountId, ActivationId, LicenseId, MemberId, ProductId};
use crate::time::{Period, Timestamp};

facts! {
    /// Everything that can happen to a license.
    LicenseEvent of License {
        /// The license exists and belongs to an account.
        LicenseIssued = "license_issued.v1", personal: LicenseSecret;
        /// The first term runs.
        TermStarted = "term_started.v1";
        /// A further term was added.
        LicenseRenewed = "license_renewed.v1";
        /// A person has a seat.
        SeatAssigned = "seat_assigned.v2", was: v1::SeatAssigned as "seat_assigned.v1";
        /// The person's seat is free again.
        SeatUnassigned = "seat_unassigned.v1";
        /// So many seats are for the people of one account.
        SeatsAllocated = "seats_allocated.v1";
        /// A device is bound to the license.
        DeviceActivated = "device_activated.v1", personal: DeviceProfile;
        /// The device called home.
        DeviceSeen = "device_seen.v1";
        /// The device is no longer bound; its slot is free.
        DeviceDeactivated = "device_deactivated.v1";
        /// Devices were taken out for good; their slots are free.
        DevicesRetired = "devices_retired.v1";
        /// A domain is bound to the license.
        DomainActivated = "domain_activated.v1", personal: DomainProfile;
        /// The domain is no longer bound; its slot is free.
        DomainDeactivated = "domain_deactivated.v1";
        /// A reason stops the license until its owner clears it.
        BlockerSet = "blocker_set.v1", personal: Reason;
        /// That reason no longer stops it.
        BlockerCleared = "blocker_cleared.v1";
        /// The license was switched to another offering or bundle of the product.
        OfferingSwitched = "offering_switched.v1";
        /// A bundle was added to what the license grants.
        BundleApplied = "bundle_applied.v1";
        /// The bundle was taken away again.
        BundleRemoved = "bundle_removed.v1";
        /// The license is stopped for good.
        LicenseRevoked = "license_revoked.v1", personal: Reason;
        /// Somebody was shown the license key in the clear.
        LicenseKeyRevealed = "license_key_revealed.v1";
        /// On which terms the license is contracted from now on.
        LicenseContractSet = "license_contract_set.v1";
    }
}

/// The license exists and belongs to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseIssued {
    /// The license.
    pub license: LicenseId,
    /// Whose it is.
    pub account: AccountId,
    /// Of which product.
    pub product: ProductId,
    /// How it was acquired.
    pub acquired: Acquisition,
    /// The keyed hash of the license key.
    pub key_digest: Digest,
    /// What it was issued from.
    pub source: SourceRef,
    /// What that gives, one grant for each offering.
    pub grants: Vec<Grant>,
    /// How time runs.
    pub terms: Terms,
    /// The key and the vendor's number for it. The subject is the account.
    #[serde(skip)]
    pub personal: Personal<LicenseSecret>,
}

/// How a license was acquired.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Acquisition {
    /// Ordered.
    Order,
    /// Taken over from another system.
    Import,
    /// Given for goodwill or promotion.
    Promotion,
    /// To try before buying.
    Trial,
}

/// The first term runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermStarted {
    /// The first instant of the term.
    pub from: Timestamp,
    /// The first instant after it; `None`: perpetual.
    pub until: Option<Timestamp>,
}

/// A further term was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseRenewed {
    /// Where the new term counts from.
    pub basis: RenewalBasis,
    /// How long the new term is.
    pub period: Period,
    /// The first instant of the new term.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

/// A person has a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatAssigned {
    /// The person.
    pub member: MemberId,
    /// Where the person belongs: its account, then each above that, without the license's own account and what is above
    /// it. Empty: to the license's own account. `None`: it was not recorded, as before version 2.
    pub accounts: Option<Vec<AccountId>>,
}

/// So many seats are for the people of one account, and of those below it. It replaces what was said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatsAllocated {
    /// The account: below the license's own account, or that of a customer whom its owner sells to.
    pub account: AccountId,
    /// The accounts above it, the nearest first, without the license's own account and what is above it.
    pub above: Vec<AccountId>,
    /// How many.
    pub seats: u64,
    /// Whether they are all that these people may have; else they also take seats that are for nobody in particular.
    pub capped: bool,
}

/// The person's seat is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatUnassigned {
    /// The person.
    pub member: MemberId,
}

/// A device is bound to the license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceActivated {
    /// The binding.
    pub activation: ActivationId,
    /// The keyed hash of the device's fingerprint.
    pub fingerprint: Digest,
    /// The seat holder whose device it is, when known.
    pub member: Option<MemberId>,
    /// The version of the software on it, when known.
    pub version: Option<String>,
    /// What the owner calls it. The subject is the account.
    #[serde(skip)]
    pub personal: Personal<DeviceProfile>,
}

/// The device called home. Recorded at most once a day for each device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceSeen {
    /// The binding.
    pub activation: ActivationId,
    /// The version of the software on it, when known.
    pub version: Option<String>,
}

/// The device is no longer bound; its slot is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceDeactivated {
    /// The binding.
    pub activation: ActivationId,
}

/// Devices were taken out for good; their slots are free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DevicesRetired {
    /// The bindings, sorted.
    pub activations: Vec<ActivationId>,
}

/// A domain is bound to the license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainActivated {
    /// The binding.
    pub activation: ActivationId,
    /// The keyed hash of the normalized domain.
    pub domain: Digest,
    /// The domain. The subject is the account.
    #[serde(skip)]
    pub personal: Personal<DomainProfile>,
}

/// The domain is no longer bound; its slot is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainDeactivated {
    /// The binding.
    pub activation: ActivationId,
}

/// A reason that stops a license, independent of the others.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Blocker {
    /// Something is not paid.
    Billing,
    /// It is being abused.
    Abuse,
    /// The vendor holds it back.
    VendorHold,
    /// The customer holds it back.
    CustomerHold,
    /// The law or a sanction stops it.
    Compliance,
}

/// A reason stops the license until its owner clears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockerSet {
    /// The kind of reason.
    pub blocker: Blocker,
    /// The reason in words. The subject is the account.
    #[serde(skip)]
    pub personal: Personal<Reason>,
}

/// That reason no longer stops the license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockerCleared {
    /// The kind of reason.
    pub blocker: Blocker,
}

/// The license was switched to another offering or bundle of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferingSwitched {
    /// What it is on now.
    pub source: SourceRef,
    /// What that gives.
    pub grants: Vec<Grant>,
    /// How time runs from now on. The current term keeps its end.
    pub terms: Terms,
    /// What becomes of the usage of the current period.
    pub usage: UsageOnSwitch,
}

/// What becomes of the usage of the current period when the offering is switched.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UsageOnSwitch {
    /// What was used counts against the new allowance.
    Carry,
    /// Counting starts anew at the switch.
    Restart,
}

/// A bundle was added to what the license grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleApplied {
    /// The bundle.
    pub bundle: BundleRef,
    /// What it gives, one grant for each offering.
    pub grants: Vec<Grant>,
}

/// The bundle was taken away again, and only what it granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleRemoved {
    /// The bundle.
    pub bundle: BundleRef,
}

/// The license is stopped for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseRevoked {
    /// The reason in words. The subject is the account.
    #[serde(skip)]
    pub personal: Personal<Reason>,
}

/// Somebody was shown the license key in the clear: whoever the envelope names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseKeyRevealed {}

/// On which terms the license is contracted from now on. A term that was recorded before keeps its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseContractSet {
    /// All of them: what is missing is no longer said.
    pub contract: Contract,
}

/// The personal fields of a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseSecret {
    /// The license key.
    pub key: String,
    /// The vendor's own number for the license.
    pub external_id: Option<String>,
}

/// The personal fields of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceProfile {
    /// What its owner calls it.
    pub name: String,
    /// The fingerprint as the device gave it.
    pub fingerprint: String,
    /// Its operating system or platform, when known.
    pub platform: Option<String>,
}

/// The personal fields of a domain binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainProfile {
    /// The domain, normalized.
    pub domain: String,
}

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The words.
    pub text: String,
}

// Frozen: what earlier versions wrote. It is read for ever and never written again.

mod v1 {
    use serde::{Deserialize, Serialize};

    use crate::id::MemberId;

    /// A person has a seat; where the person belongs was not recorded.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct SeatAssigned {
        pub(super) member: MemberId,
    }

    crate::fact::fact_personal!(SeatAssigned);

    impl From<SeatAssigned> for super::SeatAssigned {
        fn from(old: SeatAssigned) -> Self {
            Self { member: old.member, accounts: None }
        }
    }
}
