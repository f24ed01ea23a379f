//! The rows of the entitlement view: a license and the meters of a license, with what people want
//! to know beside what the rules remember. The same fold serves the live view and every look at the
//! past.

use std::collections::BTreeMap;

use ledger::license::{self, ActivationKind, LicenseRules};
use ledger::meter::{self, MeterRules};
use ledger::{Decider, license_key};
use ledger_log::RecordedEvent;
use schemas::license::{
    Blocker, DeviceProfile, DomainProfile, LicenseEvent, LicenseIssued, LicenseSecret, Reason,
};
use schemas::meter::MeterEvent;
use schemas::{
    AccountId, ActivationId, Actor, BundleId, EventId, FeatureKey, LicenseId, MemberId, MeterId,
    Personal, ProductId, Revision, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::personal::{HoldsPersonal, PersonalField};

/// One license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseRow {
    /// The license.
    pub license: LicenseId,
    /// Whose it is.
    pub account: AccountId,
    /// Of which product.
    pub product: ProductId,
    /// What the rules remember of it: status and decisions are computed from this.
    pub state: license::State,
    /// The key and the vendor's number for it. Show the key masked.
    #[serde(skip)]
    pub secret: Personal<LicenseSecret>,
    /// The event that issued it.
    pub issued: Origin,
    /// The event that put it on its present offering or bundle.
    pub source: Origin,
    /// The events that added the bundles it has.
    pub bundles: BTreeMap<BundleId, Origin>,
    /// The events that assigned the seats that are taken.
    pub seats: BTreeMap<MemberId, Origin>,
    /// What is known of the devices and domains that are or were bound.
    pub bindings: BTreeMap<ActivationId, BindingNote>,
    /// The reasons that stop it now.
    pub blockers: BTreeMap<Blocker, ReasonNote>,
    /// Why it was revoked, once it was.
    pub revocation: Option<ReasonNote>,
    /// The revision of its stream.
    pub revision: Revision,
    /// When the ledger recorded its last change.
    pub changed_at: Timestamp,
}

/// The event that made something so, and who caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The event.
    pub event: EventId,
    /// Who acted.
    pub actor: Actor,
    /// From when it is true.
    pub at: Timestamp,
}

/// What is known of a bound device or domain beside what the rules remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingNote {
    /// The event that bound it.
    pub bound: Origin,
    /// What it is.
    pub kind: ActivationKind,
    /// Name, fingerprint and platform, when it is a device.
    #[serde(skip)]
    pub device: Personal<DeviceProfile>,
    /// The domain, when it is one.
    #[serde(skip)]
    pub domain: Personal<DomainProfile>,
}

/// A reason in words, and who gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonNote {
    /// The event that gave it.
    pub given: Origin,
    /// The words.
    #[serde(skip)]
    pub reason: Personal<Reason>,
}

impl Origin {
    fn of(recorded: &RecordedEvent) -> Self {
        let header = &recorded.header;
        Self { event: header.event_id, actor: header.actor, at: header.effective_at }
    }
}

impl BindingNote {
    fn device(recorded: &RecordedEvent, device: &Personal<DeviceProfile>) -> Self {
        let bound = Origin::of(recorded);
        let device = device.clone();
        Self { bound, kind: ActivationKind::Device, device, domain: Personal::default() }
    }

    fn domain(recorded: &RecordedEvent, domain: &Personal<DomainProfile>) -> Self {
        let bound = Origin::of(recorded);
        let domain = domain.clone();
        Self { bound, kind: ActivationKind::Domain, device: Personal::default(), domain }
    }

    /// What its owner calls it: the device's name, or the domain; `None` once it was erased.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self.kind {
            ActivationKind::Device => self.device.value.as_ref().map(|device| device.name.as_str()),
            ActivationKind::Domain => self.domain.value.as_ref().map(|one| one.domain.as_str()),
        }
    }
}

impl LicenseRow {
    /// The row that the first event of a stream begins.
    pub(crate) fn begin(event: &LicenseEvent, recorded: &RecordedEvent) -> Option<Self> {
        let LicenseEvent::LicenseIssued(issued) = event else { return None };
        let mut row = Self::issued(issued, recorded);
        LicenseRules::evolve(&mut row.state, event, recorded.header.effective_at);
        Some(row)
    }

    fn issued(issued: &LicenseIssued, recorded: &RecordedEvent) -> Self {
        Self {
            license: issued.license,
            account: issued.account,
            product: issued.product,
            state: license::State::default(),
            secret: issued.personal.clone(),
            issued: Origin::of(recorded),
            source: Origin::of(recorded),
            bundles: BTreeMap::new(),
            seats: BTreeMap::new(),
            bindings: BTreeMap::new(),
            blockers: BTreeMap::new(),
            revocation: None,
            revision: recorded.header.revision,
            changed_at: recorded.header.recorded_at,
        }
    }

    /// Takes in a later event of the stream.
    pub(crate) fn evolve(&mut self, event: &LicenseEvent, recorded: &RecordedEvent) {
        LicenseRules::evolve(&mut self.state, event, recorded.header.effective_at);
        self.note(event, recorded);
        self.revision = recorded.header.revision;
        self.changed_at = recorded.header.recorded_at;
    }

    fn note(&mut self, event: &LicenseEvent, recorded: &RecordedEvent) {
        let origin = Origin::of(recorded);
        match event {
            // Given again it says only where the person belongs.
            LicenseEvent::SeatAssigned(seat) => _ = self.seats.entry(seat.member).or_insert(origin),
            LicenseEvent::SeatUnassigned(seat) => _ = self.seats.remove(&seat.member),
            LicenseEvent::DeviceActivated(device) => {
                let note = BindingNote::device(recorded, &device.personal);
                self.bindings.insert(device.activation, note);
            }
            LicenseEvent::DomainActivated(domain) => {
                let note = BindingNote::domain(recorded, &domain.personal);
                self.bindings.insert(domain.activation, note);
            }
            LicenseEvent::BlockerSet(set) => {
                let note = ReasonNote { given: origin, reason: set.personal.clone() };
                self.blockers.insert(set.blocker, note);
            }
            LicenseEvent::BlockerCleared(cleared) => _ = self.blockers.remove(&cleared.blocker),
            LicenseEvent::OfferingSwitched(_) => self.source = origin,
            LicenseEvent::BundleApplied(applied) => {
                self.bundles.insert(applied.bundle.bundle, origin);
            }
            LicenseEvent::BundleRemoved(removed) => _ = self.bundles.remove(&removed.bundle.bundle),
            LicenseEvent::LicenseRevoked(revoked) => {
                let note = ReasonNote { given: origin, reason: revoked.personal.clone() };
                self.revocation = Some(note);
            }
            // The rules' state says all there is to say about these.
            LicenseEvent::LicenseIssued(_)
            | LicenseEvent::TermStarted(_)
            | LicenseEvent::LicenseRenewed(_)
            | LicenseEvent::SeatsAllocated(_)
            | LicenseEvent::DeviceSeen(_)
            | LicenseEvent::DeviceDeactivated(_)
            | LicenseEvent::DevicesRetired(_)
            | LicenseEvent::DomainDeactivated(_)
            | LicenseEvent::LicenseContractSet(_)
            | LicenseEvent::LicenseKeyRevealed(_) => {}
        }
    }

    /// Whether the person has a seat, or a device of the person is live.
    #[must_use]
    pub fn serves(&self, member: MemberId) -> bool {
        let bound = |one: &license::Activation| one.member == Some(member) && one.ended.is_none();
        self.state.seats.contains_key(&member) || self.state.activations.values().any(bound)
    }

    /// The accounts that have seats for their own people.
    pub fn with_seats(&self) -> impl Iterator<Item = AccountId> + '_ {
        let allocations = self.state.allocations.iter();
        allocations.filter(|(_, one)| one.seats > 0).map(|(account, _)| *account)
    }

    /// The key with only its first and last group shown; `None` once it was erased.
    #[must_use]
    pub fn masked_key(&self) -> Option<String> {
        self.secret.value.as_ref().map(|secret| license_key::mask(&secret.key))
    }

    /// The vendor's own number for the license.
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        self.secret.value.as_ref()?.external_id.as_deref()
    }

    /// When a device of this seat holder last called home; `None`: no device is known to be the
    /// holder's.
    #[must_use]
    pub fn seat_last_used_at(&self, member: MemberId) -> Option<Timestamp> {
        let own = self.state.activations.values().filter(|one| one.member == Some(member));
        own.map(|one| one.last_seen_at).max()
    }
}

impl HoldsPersonal for LicenseRow {
    fn each_personal(&mut self, visit: &mut dyn FnMut(&mut dyn PersonalField)) {
        visit(&mut self.secret);
        for binding in self.bindings.values_mut() {
            match binding.kind {
                ActivationKind::Device => visit(&mut binding.device),
                ActivationKind::Domain => visit(&mut binding.domain),
            }
        }
        for note in self.blockers.values_mut().chain(&mut self.revocation) {
            visit(&mut note.reason);
        }
    }
}

/// The meters of one license.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseMeters {
    /// What the rules remember, by feature: the form that the evaluator reads.
    pub states: BTreeMap<FeatureKey, meter::State>,
    /// What else is known, by feature.
    pub notes: BTreeMap<FeatureKey, MeterNote>,
}

/// What is known of a meter beside what the rules remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterNote {
    /// The meter.
    pub meter: MeterId,
    /// The revision of its stream.
    pub revision: Revision,
    /// When the ledger recorded its last change.
    pub changed_at: Timestamp,
}

impl LicenseMeters {
    /// What a meter counts.
    pub(crate) fn feature(&self, meter: MeterId) -> Option<&FeatureKey> {
        self.notes.iter().find(|(_, note)| note.meter == meter).map(|(feature, _)| feature)
    }

    /// Takes in an event of the meter of this feature.
    pub(crate) fn evolve(
        &mut self,
        feature: &FeatureKey,
        event: &MeterEvent,
        recorded: &RecordedEvent,
    ) {
        let header = &recorded.header;
        if !self.states.contains_key(feature) {
            self.states.insert(feature.clone(), meter::State::default());
        }
        if let Some(state) = self.states.get_mut(feature) {
            MeterRules::evolve(state, event, header.effective_at);
        }
        let note = MeterNote {
            meter: MeterId::new(header.stream.id),
            revision: header.revision,
            changed_at: header.recorded_at,
        };
        if let Some(kept) = self.notes.get_mut(feature) {
            *kept = note;
        } else {
            self.notes.insert(feature.clone(), note);
        }
    }
}
