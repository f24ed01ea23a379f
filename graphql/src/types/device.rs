//! Devices and domains that are or were bound to a license.

use async_graphql::{Enum, ID, SimpleObject};
use ledger::license::{Activation, Ending};
use ledger::status::Displayed;
use projections::evaluation::EvaluationFacts;
use schemas::{ActivationId, Timestamp};

use crate::page::connection;
use crate::scalars::DateTime;

/// How long a device may be silent before it counts as dormant, in days.
pub const DORMANT_AFTER_DAYS: u32 = 30;
/// How long a device may be silent before it counts as dead, in days.
pub const DEAD_AFTER_DAYS: u32 = 90;

/// What a license can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::license::ActivationKind")]
pub enum BindingKind {
    /// A device, by its fingerprint.
    Device,
    /// A domain, by its normalized name.
    Domain,
}

/// How a bound device or domain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DeviceStatus {
    /// It is bound and calls home.
    Active,
    /// It is bound and was silent for more than 30 days.
    Dormant,
    /// It is bound and was silent for more than 90 days.
    Dead,
    /// It is bound, and the license is suspended.
    Suspended,
    /// Its owner freed the slot.
    Deactivated,
    /// It was taken out for good; it may be activated again when a slot is free.
    Retired,
}

/// A device or domain that is or was bound to a license.
#[derive(Debug, Clone, SimpleObject)]
pub struct Device {
    /// The binding.
    pub id: ID,
    /// The license it is bound to.
    pub license_id: ID,
    /// The name of the product.
    pub product_name: String,
    /// The license key with only its first and last group shown.
    pub license_key_masked: Option<String>,
    /// Whether it is a device or a domain.
    pub kind: BindingKind,
    /// What its owner calls it, or the domain; null once it was erased.
    pub name: Option<String>,
    /// The fingerprint as the device gave it; null for a domain.
    pub fingerprint: Option<String>,
    /// Its operating system or platform, when known.
    pub platform: Option<String>,
    /// The version of the software on it, when known.
    pub version: Option<String>,
    /// The seat holder whose device it is, when known.
    pub member_id: Option<ID>,
    /// When it was bound.
    pub first_seen_at: DateTime,
    /// When it last called home.
    pub last_seen_at: DateTime,
    /// When the binding ended; null while it is bound.
    pub ended_at: Option<DateTime>,
    /// The first instant at which its lease is over; null while it holds none.
    pub lease_ends_at: Option<DateTime>,
    /// The first instant at which its newest offline file is no longer good; null while it has none.
    pub offline_file_ends_at: Option<DateTime>,
    /// How it stands.
    pub status: DeviceStatus,
}

impl Device {
    /// The binding with this id, looked at from `at`.
    #[must_use]
    pub fn new(facts: &EvaluationFacts, id: ActivationId, at: Timestamp) -> Option<Self> {
        let row = &facts.license;
        let activation = row.state.activations.get(&id)?;
        let note = row.bindings.get(&id);
        let profile = note.and_then(|note| note.device.value.as_ref());
        Some(Self {
            id: id.to_string().into(),
            license_id: row.license.to_string().into(),
            product_name: facts.product.name().unwrap_or_default().to_owned(),
            license_key_masked: row.masked_key(),
            kind: activation.kind.into(),
            name: note.and_then(|note| note.name()).map(str::to_owned),
            fingerprint: profile.map(|profile| profile.fingerprint.clone()),
            platform: profile.and_then(|profile| profile.platform.clone()),
            version: activation.version.clone(),
            member_id: activation.member.map(|member| member.to_string().into()),
            first_seen_at: activation.activated_at.into(),
            last_seen_at: activation.last_seen_at.into(),
            ended_at: activation.ended.map(|ended| ended.at.into()),
            // Neither leases nor offline files are given out yet.
            lease_ends_at: None,
            offline_file_ends_at: None,
            status: device_status(facts, activation, at),
        })
    }
}

/// How a binding stands at an instant.
#[must_use]
pub fn device_status(facts: &EvaluationFacts, one: &Activation, at: Timestamp) -> DeviceStatus {
    match one.ended.filter(|ended| ended.at <= at).map(|ended| ended.how) {
        Some(Ending::Deactivated) => return DeviceStatus::Deactivated,
        Some(Ending::Retired) => return DeviceStatus::Retired,
        None => {}
    }
    if facts.status(at).displayed == Displayed::Suspended {
        DeviceStatus::Suspended
    } else if one.last_seen_at < days_before(at, DEAD_AFTER_DAYS) {
        DeviceStatus::Dead
    } else if one.last_seen_at < days_before(at, DORMANT_AFTER_DAYS) {
        DeviceStatus::Dormant
    } else {
        DeviceStatus::Active
    }
}

/// The instant so many days of 24 hours earlier.
#[must_use]
pub fn days_before(at: Timestamp, days: u32) -> Timestamp {
    at.plus_seconds(-i64::from(days) * 86_400)
}

connection! {
    /// Devices and domains, by pages.
    DeviceConnection, DeviceEdge, Device
}
