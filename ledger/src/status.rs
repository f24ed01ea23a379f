//! The status of a license at an instant: provisioning x term x blockers x finality, computed, never stored.

use std::collections::BTreeSet;

use schemas::Timestamp;
use schemas::license::Blocker;
use serde::{Deserialize, Serialize};

use crate::license;

/// How long before the end of its term a license is shown as expiring, in days.
pub const EXPIRING_DAYS: u32 = 30;

/// The status of a license at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether somebody has it.
    pub provisioning: Provisioning,
    /// Where its term is.
    pub term: TermPhase,
    /// What stops it, each on its own.
    pub blockers: BTreeSet<Blocker>,
    /// Whether it is over for good.
    pub finality: Finality,
    /// The one word that is shown: a total function of the others.
    pub displayed: Displayed,
}

/// Whether somebody has the license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provisioning {
    /// Not issued to anybody yet.
    Available,
    /// Issued to an account, nothing was activated yet.
    Assigned,
    /// Issued to an account and in use.
    Active,
}

/// Where the term of a license is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermPhase {
    /// It lies ahead, or waits for the first activation.
    NotStarted,
    /// It runs, to try before buying.
    Trial,
    /// It runs.
    InTerm,
    /// It is over, use goes on for a while.
    Grace,
    /// It is over.
    Expired,
}

/// Whether a license is over for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// It is not.
    Live,
    /// It was revoked; nothing brings it back.
    Revoked,
}

/// The status that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Displayed {
    /// Not issued to anybody yet.
    Available,
    /// Issued, and nothing was activated yet.
    Assigned,
    /// In use.
    Active,
    /// Its term ends within 30 days.
    Expiring,
    /// Its term is over, use goes on for a while.
    Grace,
    /// Its term is over.
    Expired,
    /// Something stops it for now.
    Suspended,
    /// It was revoked; nothing brings it back.
    Revoked,
    /// Its term starts at a fixed instant that lies ahead.
    NotStarted,
}

impl Displayed {
    /// Every displayed status.
    pub const ALL: [Self; 9] = [
        Self::Available,
        Self::Assigned,
        Self::Active,
        Self::Expiring,
        Self::Grace,
        Self::Expired,
        Self::Suspended,
        Self::Revoked,
        Self::NotStarted,
    ];

    /// The word, as it is written in files and filters: `not_started`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Assigned => "assigned",
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Grace => "grace",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::NotStarted => "not_started",
        }
    }
}

/// The status of a license at this instant.
#[must_use]
pub fn status(_license: &license::State, _at: Timestamp) -> Status {
    unimplemented!()
}

/// The first instant after the grace; `None`: no end, or no grace and then the end of the term counts.
#[must_use]
pub fn grace_end(_license: &license::State) -> Option<Timestamp> {
    unimplemented!()
}

/// The first instant at which newer releases are no longer included; `None`: no end.
#[must_use]
pub fn maintenance_end(_license: &license::State) -> Option<Timestamp> {
    unimplemented!()
}
