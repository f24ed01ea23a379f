//! The vocabulary of decisions: why something is denied, what makes it pass, what rides with an
//! allow.

use serde::Serialize;

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
