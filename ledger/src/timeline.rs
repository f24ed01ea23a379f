//! The instants at which a license's status changes or its holder is told, with the status after each.

use schemas::Timestamp;
use serde::{Deserialize, Serialize};

use crate::license;
use crate::status::Displayed;

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

/// Every milestone of a license, in order of time.
#[must_use]
pub fn timeline(_license: &license::State) -> Vec<Milestone> {
    unimplemented!()
}
