//! The status of a license in four independent parts, and the one word that is shown.

use async_graphql::{Enum, SimpleObject};
use ledger::status::{Displayed, Status};

use crate::scalars::DateTime;

/// The one word for how a license stands. New words may be added: keep a default branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "ledger::status::Displayed")]
pub enum LicenseStatus {
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

impl LicenseStatus {
    /// Every word, in the order of the schema.
    pub const ALL: [Displayed; 9] = Displayed::ALL;
}

/// Whether somebody has the license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::status::Provisioning")]
pub enum Provisioning {
    /// Not issued to anybody yet.
    Available,
    /// Issued to an account, nothing was activated yet.
    Assigned,
    /// Issued to an account and in use.
    Active,
}

/// Where the term of a license is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::status::TermPhase")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::status::Finality")]
pub enum Finality {
    /// It is not.
    Live,
    /// It was revoked; nothing brings it back.
    Revoked,
}

/// A reason that stops a license, independent of the others: it is unblocked only when every one is
/// cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::license::Blocker")]
pub enum BlockerKind {
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

/// A reason that stops a license now.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveBlocker {
    /// The kind of reason.
    pub kind: BlockerKind,
    /// Since when.
    pub since: DateTime,
}

/// How a license stands, in four independent parts.
#[derive(Debug, Clone, SimpleObject)]
pub struct StatusParts {
    /// Whether somebody has it.
    pub provisioning: Provisioning,
    /// Where its term is.
    pub term: TermPhase,
    /// What stops it, each on its own.
    pub blockers: Vec<BlockerKind>,
    /// Whether it is over for good.
    pub finality: Finality,
}

impl From<&Status> for StatusParts {
    fn from(status: &Status) -> Self {
        Self {
            provisioning: status.provisioning.into(),
            term: status.term.into(),
            blockers: status.blockers.iter().copied().map(BlockerKind::from).collect(),
            finality: status.finality.into(),
        }
    }
}
