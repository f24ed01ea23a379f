//! Streams: one aggregate each, one consistency boundary each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{AccountId, LicenseId, MeterId, ProductId, StaffId};

/// What a stream holds the facts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// The ledger itself: opened, recovered.
    Ledger,
    /// A product: features, editions, plans, offerings, bundles, releases.
    Product,
    /// A customer: profile, place in the tree, members.
    Account,
    /// A license: terms, seats, activations, blockers.
    License,
    /// One metered feature of one license.
    Meter,
    /// A person of the vendor.
    Staff,
    /// The credentials of one principal, and what was denied to it.
    Access,
    /// A value that only one owner may hold, such as a sign-in e-mail.
    Claim,
    /// The vendor's policies, in versions.
    Policy,
    /// What one person was told without asking.
    Notices,
}

impl StreamKind {
    /// Every kind, in the order of its code.
    pub const ALL: [Self; 10] = [
        Self::Ledger,
        Self::Product,
        Self::Account,
        Self::License,
        Self::Meter,
        Self::Staff,
        Self::Access,
        Self::Claim,
        Self::Policy,
        Self::Notices,
    ];

    /// The name that starts a stream's name. It never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Product => "product",
            Self::Account => "account",
            Self::License => "license",
            Self::Meter => "meter",
            Self::Staff => "staff",
            Self::Access => "access",
            Self::Claim => "claim",
            Self::Policy => "policy",
            Self::Notices => "notices",
        }
    }

    /// The byte that stands for the kind in canonical headers. It never changes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ledger => 0,
            Self::Product => 1,
            Self::Account => 2,
            Self::License => 3,
            Self::Meter => 4,
            Self::Staff => 5,
            Self::Access => 6,
            Self::Claim => 7,
            Self::Policy => 8,
            Self::Notices => 9,
        }
    }

    /// The kind with this code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// The name of one stream: its kind and the id of the aggregate, written `license-<uuid>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamName {
    /// What the stream holds.
    pub kind: StreamKind,
    /// Whose stream it is.
    pub id: Uuid,
}

impl StreamName {
    /// The stream of this kind with this id.
    #[must_use]
    pub const fn new(kind: StreamKind, id: Uuid) -> Self {
        Self { kind, id }
    }

    /// The one stream about the ledger itself.
    #[must_use]
    pub const fn ledger() -> Self {
        Self::new(StreamKind::Ledger, Uuid::nil())
    }

    /// The one stream of the vendor's policies.
    #[must_use]
    pub const fn policy() -> Self {
        Self::new(StreamKind::Policy, Uuid::nil())
    }

    /// The claim on the value with this keyed hash.
    #[must_use]
    pub const fn claim(value: Uuid) -> Self {
        Self::new(StreamKind::Claim, value)
    }

    /// The credentials of the person with this id (a member or a person of the vendor).
    #[must_use]
    pub const fn access(principal: Uuid) -> Self {
        Self::new(StreamKind::Access, principal)
    }

    /// What the person with this id (a member or a person of the vendor) was told without asking.
    #[must_use]
    pub const fn notices(person: Uuid) -> Self {
        Self::new(StreamKind::Notices, person)
    }
}

impl From<ProductId> for StreamName {
    fn from(id: ProductId) -> Self {
        Self::new(StreamKind::Product, id.uuid())
    }
}

impl From<AccountId> for StreamName {
    fn from(id: AccountId) -> Self {
        Self::new(StreamKind::Account, id.uuid())
    }
}

impl From<LicenseId> for StreamName {
    fn from(id: LicenseId) -> Self {
        Self::new(StreamKind::License, id.uuid())
    }
}

impl From<MeterId> for StreamName {
    fn from(id: MeterId) -> Self {
        Self::new(StreamKind::Meter, id.uuid())
    }
}

impl From<StaffId> for StreamName {
    fn from(id: StaffId) -> Self {
        Self::new(StreamKind::Staff, id.uuid())
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.name(), self.id)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text does not name a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a stream such as `license-<uuid>`, got `{found}`")]
pub struct ParseStreamError {
    /// The text as given.
    pub found: String,
}

impl FromStr for StreamName {
    type Err = ParseStreamError;

    fn from_str(text: &str) -> Result<Self, ParseStreamError> {
        let refuse = || ParseStreamError { found: text.chars().take(80).collect() };
        let (kind, id) = text.split_once('-').ok_or_else(refuse)?;
        let kind = StreamKind::ALL.into_iter().find(|known| known.name() == kind);
        Ok(Self::new(kind.ok_or_else(refuse)?, Uuid::parse_str(id).map_err(|_| refuse())?))
    }
}
