//! The status of a license at an instant: provisioning x term x blockers x finality, computed,
//! never stored.

use std::collections::BTreeSet;

use schemas::catalog::PlanKind;
use schemas::license::Blocker;
use schemas::{Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{days_before, plus_in};
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
pub fn status(license: &license::State, at: Timestamp) -> Status {
    let provisioning = provisioning(license, at);
    let term = term_phase(license, at);
    let blockers: BTreeSet<Blocker> = blockers(license, at).collect();
    let finality = match license.revoked {
        Some(since) if since <= at => Finality::Revoked,
        Some(_) | None => Finality::Live,
    };
    let displayed = displayed(license, at, provisioning, term, !blockers.is_empty(), finality);
    Status { provisioning, term, blockers, finality, displayed }
}

/// The first instant after the grace; `None`: the term has no end, or there is no grace.
#[must_use]
pub fn grace_end(license: &license::State) -> Option<Timestamp> {
    let zone = license.contract.time_zone.as_ref();
    Some(plus_in(zone, license.term?.until?, license.terms?.grace?))
}

/// The first instant at which use ends, grace included; `None`: no end.
#[must_use]
pub fn access_end(license: &license::State) -> Option<Timestamp> {
    grace_end(license).or(license.term?.until)
}

/// The first instant at which newer releases are no longer included; `None`: no end. Maintenance
/// counts from the start of the newest term; when the plan does not bound it, it lasts as long as
/// the term.
#[must_use]
pub fn maintenance_end(license: &license::State) -> Option<Timestamp> {
    let term = license.term?;
    let from = license.renewed.map_or(term.from, |renewed| renewed.from.max(term.from));
    match license.terms?.maintenance {
        Some(maintenance) => Some(plus_in(license.contract.time_zone.as_ref(), from, maintenance)),
        None => term.until,
    }
}

/// What stops the license at this instant.
pub(crate) fn blockers(
    license: &license::State,
    at: Timestamp,
) -> impl Iterator<Item = Blocker> + '_ {
    license.blockers.iter().filter(move |(_, since)| **since <= at).map(|(blocker, _)| *blocker)
}

fn provisioning(license: &license::State, at: Timestamp) -> Provisioning {
    if license.issued.as_ref().is_none_or(|issued| at < issued.at) {
        return Provisioning::Available;
    }
    let activated = license.activations.values().any(|one| one.activated_at <= at);
    // A license that grants no device and no domain has nothing to activate: it is in use once its
    // term runs.
    let nothing_to_activate = license.devices_granted() == Quantity::ZERO
        && license.domains_granted() == Quantity::ZERO
        && license.term.is_some_and(|term| term.from <= at);
    if activated || nothing_to_activate { Provisioning::Active } else { Provisioning::Assigned }
}

fn term_phase(license: &license::State, at: Timestamp) -> TermPhase {
    let Some(term) = license.term.filter(|term| term.from <= at) else {
        return TermPhase::NotStarted;
    };
    let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= at);
    if !over(term.until) {
        return match license.terms.map(|terms| terms.plan_kind) {
            Some(PlanKind::Trial) => TermPhase::Trial,
            Some(
                PlanKind::Paid
                | PlanKind::Free
                | PlanKind::Beta
                | PlanKind::Internal
                | PlanKind::NotForResale,
            )
            | None => TermPhase::InTerm,
        };
    }
    if over(access_end(license)) { TermPhase::Expired } else { TermPhase::Grace }
}

fn displayed(
    license: &license::State,
    at: Timestamp,
    provisioning: Provisioning,
    term: TermPhase,
    blocked: bool,
    finality: Finality,
) -> Displayed {
    match (provisioning, finality, term) {
        (Provisioning::Available, _, _) => Displayed::Available,
        (_, Finality::Revoked, _) => Displayed::Revoked,
        (_, Finality::Live, _) if blocked => Displayed::Suspended,
        (_, _, TermPhase::Expired) => Displayed::Expired,
        (_, _, TermPhase::Grace) => Displayed::Grace,
        // A term without a date waits for the first activation: the license is simply assigned.
        (_, _, TermPhase::NotStarted) if license.term.is_some() => Displayed::NotStarted,
        (_, _, TermPhase::InTerm | TermPhase::Trial) if expiring(license, at) => {
            Displayed::Expiring
        }
        (Provisioning::Assigned, _, _) => Displayed::Assigned,
        (Provisioning::Active, _, _) => Displayed::Active,
    }
}

fn expiring(license: &license::State, at: Timestamp) -> bool {
    let until = license.term.and_then(|term| term.until);
    until.is_some_and(|until| days_before(until, EXPIRING_DAYS) <= at)
}
