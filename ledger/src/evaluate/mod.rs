//! The one evaluator: may this principal use this feature now, and why? A pure function of facts, time and scope.
//! A diagnosis is the same function: it always runs every check and reports those that passed too.

use std::collections::BTreeMap;

use schemas::catalog::FeatureValue;
use schemas::{ActivationId, Digest, FeatureKey, MemberId, Timestamp};
use serde::Serialize;

use crate::status::Status;
use crate::{license, meter, product};

/// The facts that a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The license.
    pub license: &'a license::State,
    /// Its product.
    pub product: &'a product::State,
    /// Its meters, by feature. A feature without a meter has no usage yet.
    pub meters: &'a BTreeMap<FeatureKey, meter::State>,
}

/// What is asked. What is `None` is not checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// At which instant.
    pub at: Timestamp,
    /// Which feature.
    pub feature: Option<FeatureKey>,
    /// Who.
    pub member: Option<MemberId>,
    /// On which device: the keyed hash of its fingerprint.
    pub device: Option<Digest>,
    /// On which domain: the keyed hash of its normalized name.
    pub domain: Option<Digest>,
    /// In which version of the software.
    pub version: Option<String>,
    /// How many units of a metered feature.
    pub quantity: Option<u64>,
    /// Which value of an enum feature, at least.
    pub choice: Option<String>,
}

impl Request {
    /// A question about the license alone, at this instant.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self { at, ..Self::default() }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// Whether every check passed.
    pub allowed: bool,
    /// The first check that failed; `None`: allowed.
    pub code: Option<Code>,
    /// Every check that applies, passing or failing, in order of precedence.
    pub checks: Vec<Check>,
    /// What to know although it is allowed. Empty when it is denied.
    pub warnings: Vec<Warning>,
    /// The value that the license gives to the feature that was asked for.
    pub value: Option<FeatureValue>,
    /// The live activation of the device or domain that was asked for.
    pub activation: Option<ActivationId>,
    /// The status of the license at that instant.
    pub status: Status,
}

impl Evaluation {
    /// The checks that failed, in order of precedence.
    pub fn failing(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }
}

/// One check and how it came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it denies when it fails.
    pub code: Code,
    /// Whether it passed.
    pub passed: bool,
    /// The rule behind it, such as `license.in_term`.
    pub rule: &'static str,
    /// What is so, in plain words.
    pub message: String,
    /// The numbers it looked at; instants in microseconds since 1970.
    pub numbers: BTreeMap<&'static str, i64>,
    /// What makes it pass; `None` when it passed, or when nothing does.
    pub fix: Option<Fix>,
}

/// Why something is denied, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// There is no such license at that instant.
    NotFound,
    /// It is stopped for good.
    Revoked,
    /// Something stops it for now.
    Suspended,
    /// Its term lies ahead, or waits for the first activation.
    NotStarted,
    /// Its term and grace are over.
    Expired,
    /// The version came out after maintenance ended, or is not a release.
    VersionNotEntitled,
    /// The person has no seat.
    UserNotSeated,
    /// The device was taken out for good.
    Retired,
    /// No device (or domain) is activated.
    NoActivation,
    /// Devices are activated, this is none of them.
    FingerprintMismatch,
    /// Domains are activated, this is none of them.
    DomainMismatch,
    /// The device would need a slot and every slot is taken.
    TooManyDevices,
    /// The domain would need a slot and every slot is taken.
    TooManyDomains,
    /// The product has no such feature.
    FeatureNotFound,
    /// The license does not give the feature.
    FeatureNotEntitled,
    /// A quantity or value was asked of a feature of another kind.
    FeatureTypeMismatch,
    /// The license gives less than the value that was asked for.
    ValueNotAllowed,
    /// More units were asked for than are left.
    QuotaExceeded,
}

impl Code {
    /// Every code, in order of precedence.
    pub const ALL: [Self; 18] = [
        Self::NotFound,
        Self::Revoked,
        Self::Suspended,
        Self::NotStarted,
        Self::Expired,
        Self::VersionNotEntitled,
        Self::UserNotSeated,
        Self::Retired,
        Self::NoActivation,
        Self::FingerprintMismatch,
        Self::DomainMismatch,
        Self::TooManyDevices,
        Self::TooManyDomains,
        Self::FeatureNotFound,
        Self::FeatureNotEntitled,
        Self::FeatureTypeMismatch,
        Self::ValueNotAllowed,
        Self::QuotaExceeded,
    ];

    /// The stable code, such as `TOO_MANY_DEVICES`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Revoked => "REVOKED",
            Self::Suspended => "SUSPENDED",
            Self::NotStarted => "NOT_STARTED",
            Self::Expired => "EXPIRED",
            Self::VersionNotEntitled => "VERSION_NOT_ENTITLED",
            Self::UserNotSeated => "USER_NOT_SEATED",
            Self::Retired => "RETIRED",
            Self::NoActivation => "NO_ACTIVATION",
            Self::FingerprintMismatch => "FINGERPRINT_MISMATCH",
            Self::DomainMismatch => "DOMAIN_MISMATCH",
            Self::TooManyDevices => "TOO_MANY_DEVICES",
            Self::TooManyDomains => "TOO_MANY_DOMAINS",
            Self::FeatureNotFound => "FEATURE_NOT_FOUND",
            Self::FeatureNotEntitled => "FEATURE_NOT_ENTITLED",
            Self::FeatureTypeMismatch => "FEATURE_TYPE_MISMATCH",
            Self::ValueNotAllowed => "VALUE_NOT_ALLOWED",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
        }
    }
}

/// What to know although it is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Which warning.
    pub code: WarningCode,
    /// What is so, in plain words.
    pub message: String,
    /// The numbers behind it; instants in microseconds since 1970.
    pub numbers: BTreeMap<&'static str, i64>,
}

/// Which warning rides with an allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WarningCode {
    /// The term is over, use goes on for a while.
    Grace,
    /// The term ends within 30 days.
    Expiring,
    /// Four fifths of an allowance are used.
    NearLimit,
}

impl WarningCode {
    /// The stable code, such as `NEAR_LIMIT`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grace => "GRACE",
            Self::Expiring => "EXPIRING",
            Self::NearLimit => "NEAR_LIMIT",
        }
    }
}

/// What makes a failed check pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fix {
    /// Check the license key or id.
    CheckLicense,
    /// Ask the vendor for a new license.
    GetLicense,
    /// Have the blocker cleared.
    ClearBlocker,
    /// Wait until the term starts.
    Wait,
    /// Activate a device or domain.
    Activate,
    /// Renew the license.
    Renew,
    /// Use a version that is included, or renew maintenance.
    UseIncludedVersion,
    /// Give the person a seat.
    AssignSeat,
    /// Free a seat, or get more, then give it to the person.
    FreeSeat,
    /// Free a device, or get more.
    FreeDevice,
    /// Free a domain, or get more.
    FreeDomain,
    /// Check the name of the feature.
    CheckFeature,
    /// Upgrade to an offering that gives it.
    Upgrade,
    /// Ask in the way this kind of feature is asked for.
    CheckRequest,
    /// Wait for the reset, or get more units.
    GetUnits,
}

impl Fix {
    /// The stable code, such as `FREE_DEVICE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CheckLicense => "CHECK_LICENSE",
            Self::GetLicense => "GET_LICENSE",
            Self::ClearBlocker => "CLEAR_BLOCKER",
            Self::Wait => "WAIT",
            Self::Activate => "ACTIVATE",
            Self::Renew => "RENEW",
            Self::UseIncludedVersion => "USE_INCLUDED_VERSION",
            Self::AssignSeat => "ASSIGN_SEAT",
            Self::FreeSeat => "FREE_SEAT",
            Self::FreeDevice => "FREE_DEVICE",
            Self::FreeDomain => "FREE_DOMAIN",
            Self::CheckFeature => "CHECK_FEATURE",
            Self::Upgrade => "UPGRADE",
            Self::CheckRequest => "CHECK_REQUEST",
            Self::GetUnits => "GET_UNITS",
        }
    }

    /// What to do, in plain words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::CheckLicense => "check the license key or id",
            Self::GetLicense => "ask the vendor for a new license",
            Self::ClearBlocker => "have every block cleared by whoever set it",
            Self::Wait => "wait until the term starts",
            Self::Activate => "activate it on this license",
            Self::Renew => "renew the license",
            Self::UseIncludedVersion => "use a version that is included, or renew maintenance",
            Self::AssignSeat => "ask an admin of your organization to assign a seat",
            Self::FreeSeat => "free a seat that is no longer used, or ask for more seats",
            Self::FreeDevice => {
                "deactivate a device that is no longer used, or ask for more devices"
            }
            Self::FreeDomain => {
                "deactivate a domain that is no longer used, or ask for more domains"
            }
            Self::CheckFeature => "check the name of the feature",
            Self::Upgrade => "upgrade to an offering that gives it",
            Self::CheckRequest => "ask in the way that this kind of feature is asked for",
            Self::GetUnits => "wait until the allowance counts anew, or get more units",
        }
    }
}

/// Whether this is allowed, and why.
#[must_use]
pub fn evaluate(_facts: &Facts<'_>, _request: &Request) -> Evaluation {
    unimplemented!()
}
