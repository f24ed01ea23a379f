//! The instants at which a license's status changes or its holder is told.

use async_graphql::{Enum, SimpleObject};
use ledger::timeline::{Milestone, MilestoneKind};

use crate::scalars::DateTime;
use crate::types::status::LicenseStatus;

/// What happens at an instant in the life of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TimelineKind {
    /// The term starts.
    TermStart,
    /// The holder is told that the term ends soon.
    Notice,
    /// Newer releases are no longer included.
    MaintenanceEnd,
    /// The term is over.
    Expiry,
    /// The time of grace after the term is over.
    GraceEnd,
    /// The license was stopped for good.
    Revocation,
}

/// An instant in the life of a license.
#[derive(Debug, Clone, SimpleObject)]
pub struct TimelineEntry {
    /// When.
    pub at: DateTime,
    /// What.
    pub kind: TimelineKind,
    /// For a notice: how many days before the end of the term.
    pub days_before: Option<i32>,
    /// How the license stands from that instant on.
    pub status_after: LicenseStatus,
    /// Whether the instant has passed.
    pub passed: bool,
}

impl TimelineEntry {
    /// The entry of a milestone, looked at from `now`.
    #[must_use]
    pub fn new(milestone: &Milestone, now: schemas::Timestamp) -> Self {
        let (kind, days_before) = match milestone.kind {
            MilestoneKind::TermStart => (TimelineKind::TermStart, None),
            MilestoneKind::Notice { days } => (TimelineKind::Notice, i32::try_from(days).ok()),
            MilestoneKind::MaintenanceEnd => (TimelineKind::MaintenanceEnd, None),
            MilestoneKind::Expiry => (TimelineKind::Expiry, None),
            MilestoneKind::GraceEnd => (TimelineKind::GraceEnd, None),
            MilestoneKind::Revocation => (TimelineKind::Revocation, None),
        };
        Self {
            at: milestone.at.into(),
            kind,
            days_before,
            status_after: milestone.status_after.into(),
            passed: milestone.at <= now,
        }
    }
}
