//! Who may read what. Every read takes a scope, and a scope is made only by authentication, so a
//! read cannot be written that forgets to ask. An id that is unknown and an id that is somebody
//! else's read the same: `None`.

use schemas::access::Audience;
use schemas::account::MemberRole;
use schemas::staff::StaffRole;
use schemas::{AccountId, Actor, LicenseId, MemberId, StaffId, Timestamp, TokenId};

use crate::views::accounts::Accounts;
use crate::views::entitlements::LicenseRow;

/// What a reader may see. Implemented here and nowhere else.
pub trait Scope: sealed::Sealed {
    /// The only account in whose tree rows can be; `None`: every account.
    fn root(&self) -> Option<AccountId>;
    /// Whether everything in those accounts is visible, not only what was assigned to one person.
    fn sees_everything_there(&self) -> bool;
    /// The only member whose own things are visible, when not everything is.
    fn only_member(&self) -> Option<MemberId>;
    /// The only license that is visible, when it is one.
    fn only_license(&self) -> Option<LicenseId>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// Whether an account is in the reader's tree.
fn is_in_tree(scope: &impl Scope, accounts: &Accounts, account: AccountId) -> bool {
    scope.root().is_none_or(|root| accounts.is_within(account, root))
}

/// Whether the reader may know the account: its own, and those below it when it sees everything
/// there.
pub(crate) fn sees_account(scope: &impl Scope, accounts: &Accounts, account: AccountId) -> bool {
    scope.root() == Some(account) || sees_all_of(scope, accounts, account)
}

/// Whether a person of this account is visible to the reader.
pub(crate) fn sees_member(
    scope: &impl Scope,
    accounts: &Accounts,
    account: AccountId,
    member: MemberId,
) -> bool {
    let may = scope.sees_everything_there() || scope.only_member() == Some(member);
    may && is_in_tree(scope, accounts, account)
}

/// Whether everything of an account is visible to the reader.
pub(crate) fn sees_all_of(scope: &impl Scope, accounts: &Accounts, account: AccountId) -> bool {
    scope.sees_everything_there() && is_in_tree(scope, accounts, account)
}

/// Whether a license is visible to the reader.
pub(crate) fn sees_license(scope: &impl Scope, accounts: &Accounts, license: &LicenseRow) -> bool {
    let may = scope.sees_everything_there()
        || scope.only_license() == Some(license.license)
        || scope.only_member().is_some_and(|member| license.serves(member));
    may && is_in_tree(scope, accounts, license.account)
}

/// What one person of a customer may read: an admin and an auditor everything of the account and
/// its sub-accounts, a member what was assigned to the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantScope {
    pub(crate) account: AccountId,
    pub(crate) member: MemberId,
    pub(crate) role: MemberRole,
    pub(crate) session: Option<Session>,
    pub(crate) second_factor_missing: bool,
}

impl TenantScope {
    /// The account the person belongs to.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The person.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// What the person may do.
    #[must_use]
    pub const fn role(&self) -> MemberRole {
        self.role
    }

    /// The person, as the ledger records who acted.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::Member(self.member)
    }

    /// Whether the organization demands a second factor and the person has none: doors let such a
    /// person do nothing but set one up.
    #[must_use]
    pub const fn second_factor_missing(&self) -> bool {
        self.second_factor_missing
    }

    /// The token that was shown, when it was one.
    #[must_use]
    pub const fn session(&self) -> Option<Session> {
        self.session
    }
}

impl sealed::Sealed for TenantScope {}

impl Scope for TenantScope {
    fn root(&self) -> Option<AccountId> {
        Some(self.account)
    }

    fn sees_everything_there(&self) -> bool {
        match self.role {
            MemberRole::OrgAdmin | MemberRole::Auditor => true,
            MemberRole::Member => false,
        }
    }

    fn only_member(&self) -> Option<MemberId> {
        (!self.sees_everything_there()).then_some(self.member)
    }

    fn only_license(&self) -> Option<LicenseId> {
        None
    }
}

/// What the vendor's people and its operator may read: everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorScope {
    pub(crate) reader: VendorReader,
    pub(crate) session: Option<Session>,
}

/// Who reads for the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VendorReader {
    /// A person of the vendor.
    Staff(StaffId, StaffRole),
    /// Whoever holds the data folder, at the command line.
    Operator,
}

impl VendorScope {
    /// Whoever reads.
    #[must_use]
    pub const fn reader(&self) -> VendorReader {
        self.reader
    }

    /// The reader, as the ledger records who acted.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        match self.reader {
            VendorReader::Staff(staff, _) => Actor::Staff(staff),
            VendorReader::Operator => Actor::Operator,
        }
    }

    /// Whether the reader may also change things.
    #[must_use]
    pub const fn may_operate(&self) -> bool {
        match self.reader {
            VendorReader::Staff(_, StaffRole::Operator) | VendorReader::Operator => true,
            VendorReader::Staff(_, StaffRole::Auditor) => false,
        }
    }

    /// The token that was shown, when it was one.
    #[must_use]
    pub const fn session(&self) -> Option<Session> {
        self.session
    }
}

impl sealed::Sealed for VendorScope {}

impl Scope for VendorScope {
    fn root(&self) -> Option<AccountId> {
        None
    }

    fn sees_everything_there(&self) -> bool {
        true
    }

    fn only_member(&self) -> Option<MemberId> {
        None
    }

    fn only_license(&self) -> Option<LicenseId> {
        None
    }
}

/// What a program that shows a license key may read: that license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyScope {
    pub(crate) license: LicenseId,
    pub(crate) account: AccountId,
}

impl KeyScope {
    /// The license whose key was shown.
    #[must_use]
    pub const fn license(&self) -> LicenseId {
        self.license
    }

    /// Whose license it is.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }
}

impl sealed::Sealed for KeyScope {}

impl Scope for KeyScope {
    fn root(&self) -> Option<AccountId> {
        Some(self.account)
    }

    fn sees_everything_there(&self) -> bool {
        false
    }

    fn only_member(&self) -> Option<MemberId> {
        None
    }

    fn only_license(&self) -> Option<LicenseId> {
        Some(self.license)
    }
}

/// The token behind a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The token.
    pub token: TokenId,
    /// Which door it opens.
    pub audience: Audience,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
    /// When whoever holds it last showed who it is, with the password and, where one is set up, the
    /// second factor.
    pub proven_at: Timestamp,
}

/// Why nobody was authenticated. The user hears one answer for all but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// Nothing is known by this secret, e-mail or key, or it opens another door.
    #[error("the credentials are not known here")]
    Unknown,
    /// The token's time is over.
    #[error("the token has expired")]
    Expired,
    /// The password is not the right one.
    #[error("the password is wrong")]
    WrongPassword,
    /// The views that decide access stopped; nobody gets in on old knowledge.
    #[error("the service cannot tell who has access: its views stopped, see its health")]
    ViewsStopped,
}

impl AuthenticationError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown | Self::Expired | Self::WrongPassword => "UNAUTHENTICATED",
            Self::ViewsStopped => "VIEWS_STOPPED",
        }
    }
}
