//! What was recorded, in plain words, with who, when, by which rule, and what was so before and
//! after.

use async_graphql::{Enum, ID, SimpleObject};

use crate::page::connection;
use crate::scalars::{DateTime, Digest, LedgerPosition};
use crate::types::partner::OnBehalfOf;

/// What kind of party acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ActorKind {
    /// The service itself.
    System,
    /// A person of a customer.
    Member,
    /// The vendor.
    Vendor,
    /// A program with a token of its own.
    Program,
    /// Software that showed a license key.
    Software,
}

/// Who acted.
#[derive(Debug, Clone, SimpleObject)]
pub struct HistoryActor {
    /// What kind of party.
    pub kind: ActorKind,
    /// Its id; null when the caller has no use for it.
    pub id: Option<ID>,
    /// Its name, or words for it.
    pub name: String,
    /// What the token is called with which a program did it for them; null when no program did.
    pub program: Option<String>,
}

/// One recorded fact.
#[derive(Debug, Clone, SimpleObject)]
pub struct HistoryEntry {
    /// The fact.
    pub id: ID,
    /// What it is about: the id of a license, an account or a product; null for others.
    pub about_id: Option<ID>,
    /// What happened, as programs name it: `seat_assigned`.
    pub fact: String,
    /// What happened, in plain words.
    pub text: String,
    /// What was so before; null when the fact alone says it.
    pub before: Option<String>,
    /// What is so after; null when the fact alone says it.
    pub after: Option<String>,
    /// What would take it back, such as `free the seat of Ann`; null where the caller cannot, or where something
    /// newer was done.
    pub undo: Option<String>,
    /// Who acted.
    pub actor: HistoryActor,
    /// For which customer, where it was somebody of a partner.
    pub on_behalf_of: Option<OnBehalfOf>,
    /// The rule that decided, such as `license.seats_fit`.
    pub rule: String,
    /// By which right whoever acted was allowed to, in plain words; null for what nobody was asked about.
    pub allowed_by: Option<String>,
    /// The same as it is recorded: what was to be done, by which rule, by which grant if it was one.
    pub basis: Option<String>,
    /// The digest of the policy by which it was allowed.
    pub policy_digest: Option<Digest>,
    /// When the ledger recorded it.
    pub recorded_at: DateTime,
    /// From when it is true.
    pub effective_at: DateTime,
    /// Whether it is true from before it was recorded.
    pub backdated: bool,
    /// Its place in the ledger.
    pub position: LedgerPosition,
    /// The command that caused it.
    pub command_id: ID,
    /// The commitment to its content.
    pub digest: Digest,
}

connection! {
    /// Recorded facts, by pages, newest first.
    HistoryConnection, HistoryEdge, HistoryEntry
}
