//! The instants at which a license's status changes or its holder is told, with the status after
//! each.

use schemas::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::days_before;
use crate::license;
use crate::status::{Displayed, grace_end, maintenance_end, status};

/// How many days before the end of a term its holder is told.
pub const NOTICE_DAYS: [u32; 3] = [30, 7, 1];

/// An instant in the life of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: MilestoneKind,
    /// The status from that instant on.
    pub status_after: Displayed,
}

/// What happens at a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MilestoneKind {
    /// The term starts.
    TermStart,
    /// The holder is told that the term ends in so many days.
    Notice {
        /// Days before the end.
        days: u32,
    },
    /// Newer releases are no longer included.
    MaintenanceEnd,
    /// The term is over.
    Expiry,
    /// The grace is over.
    GraceEnd,
    /// The license was stopped for good.
    Revocation,
}

/// Every milestone of a license that is known now, in order of time.
#[must_use]
pub fn timeline(license: &license::State) -> Vec<Milestone> {
    let mut found = Vec::new();
    if let Some(term) = license.term {
        found.push((term.from, MilestoneKind::TermStart));
        if let Some(until) = term.until {
            let notices =
                NOTICE_DAYS.map(|days| (days_before(until, days), MilestoneKind::Notice { days }));
            // A notice that would come before the term began would tell nobody.
            found.extend(notices.into_iter().filter(|(at, _)| term.from <= *at));
            found.push((until, MilestoneKind::Expiry));
        }
    }
    found.extend(grace_end(license).map(|at| (at, MilestoneKind::GraceEnd)));
    if license.terms.is_some_and(|terms| terms.maintenance.is_some()) {
        found.extend(maintenance_end(license).map(|at| (at, MilestoneKind::MaintenanceEnd)));
    }
    found.extend(license.revoked.map(|at| (at, MilestoneKind::Revocation)));
    found.sort_unstable();
    let milestone =
        |(at, kind)| Milestone { at, kind, status_after: status(license, at).displayed };
    found.into_iter().map(milestone).collect()
}
