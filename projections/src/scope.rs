//! Who may read what. Every read takes a scope, and a scope is made only by authentication, so a
//! read cannot be written that forgets to ask. An id that is unknown and an id that is somebody
//! else's read the same: `None`.

use ledger::authority::{
    self, Action, Circumstances, Grant, PartnerLink, Person, Principal, Reach, Relations, Resource,
    Scopes, Verdict,
};
use schemas::access::Audience;
use schemas::account::MemberRole;
use schemas::staff::StaffRole;
use schemas::{
    AccountId, Actor, GrantId, LicenseId, MemberId, PasskeyId, StaffId, Timestamp, TokenId,
};

use crate::views::Views;

/// Who reads, as [`ledger::authority`] judges. Implemented here and nowhere else.
pub trait Scope: sealed::Sealed {
    /// Who it is.
    fn principal(&self) -> Principal;
    /// The instant at which it is asked what the reader may see: what was granted for a time counts by it.
    fn at(&self) -> Timestamp;
    /// The program that reads for that principal, if one does: it may do less.
    fn program(&self) -> Option<Program> {
        None
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// What each read asks before it shows anything.
impl Views {
    /// Whether the reader may do something, and by which rule.
    #[must_use]
    pub fn verdict(&self, scope: &impl Scope, action: Action, resource: Resource) -> Verdict {
        self.verdict_until(scope, action, resource, None)
    }

    /// The same for what shall last until an instant; `None`: without an end.
    #[must_use]
    pub fn verdict_until(
        &self,
        scope: &impl Scope,
        action: Action,
        resource: Resource,
        until: Option<Timestamp>,
    ) -> Verdict {
        let circumstances = Circumstances { until, ..circumstances(scope) };
        authority::verdict(self, scope.principal(), action, resource, circumstances)
    }

    /// Whether the reader may end a grant, and by which rule.
    #[must_use]
    pub fn verdict_on_ending(&self, scope: &impl Scope, grant: &Grant) -> Verdict {
        authority::verdict_on_ending(self, scope.principal(), grant, circumstances(scope))
    }

    /// Whether there can be anything at all with which the reader may do this.
    #[must_use]
    pub fn may_somewhere(&self, scope: &impl Scope, action: Action) -> bool {
        scope.program().is_none_or(|program| program.scopes.allow(action))
            && authority::may_somewhere(self, scope.principal(), action, scope.at())
    }

    /// What the reader may read everything of.
    #[must_use]
    pub fn reach(&self, scope: &impl Scope) -> Reach {
        authority::reach(self, scope.principal(), scope.at())
    }

    /// Whether the reader may know the account.
    #[must_use]
    pub fn sees_account(&self, scope: &impl Scope, account: AccountId) -> bool {
        self.verdict(scope, Action::SeeAccount, Resource::Account(account)).allowed()
    }

    /// Whether the reader may read everything of the account.
    #[must_use]
    pub fn sees_whole_account(&self, scope: &impl Scope, account: AccountId) -> bool {
        self.verdict(scope, Action::SeeWholeAccount, Resource::Account(account)).allowed()
    }

    /// Whether the reader may know who a person is.
    #[must_use]
    pub fn sees_person(&self, scope: &impl Scope, member: MemberId) -> bool {
        self.verdict(scope, Action::SeePerson, Resource::Person(member)).allowed()
    }

    /// Whether the reader may know the license.
    #[must_use]
    pub fn sees_license(&self, scope: &impl Scope, license: LicenseId) -> bool {
        self.verdict(scope, Action::SeeLicense, Resource::License(license)).allowed()
    }

    /// Whether the reader may read everything of the license, not only what is the reader's own.
    #[must_use]
    pub fn sees_whole_license(&self, scope: &impl Scope, license: LicenseId) -> bool {
        self.verdict(scope, Action::SeeWholeLicense, Resource::License(license)).allowed()
    }
}

fn circumstances(scope: &impl Scope) -> Circumstances {
    let scopes = scope.program().map(|program| program.scopes);
    Circumstances { scopes, ..Circumstances::at(scope.at()) }
}

/// What the decision knows is what the views know.
impl Relations for Views {
    fn is_within(&self, account: AccountId, root: AccountId) -> bool {
        self.accounts.is_within(account, root)
    }

    fn top(&self, account: AccountId) -> AccountId {
        self.accounts.top(account)
    }

    fn person(&self, member: MemberId) -> Option<Person> {
        let row = self.accounts.member_row(member)?;
        let kept_out = row.suspended_at.is_some() || row.erased_at.is_some();
        Some(Person { account: row.account, role: row.role, kept_out })
    }

    fn owner(&self, license: LicenseId) -> Option<AccountId> {
        self.entitlements.row(license).map(|row| row.account)
    }

    fn serves(&self, license: LicenseId, member: MemberId) -> bool {
        self.entitlements.row(license).is_some_and(|row| row.serves(member))
    }

    fn with_seats(&self, license: LicenseId) -> impl Iterator<Item = AccountId> {
        self.entitlements.row(license).into_iter().flat_map(|row| row.with_seats())
    }

    fn partners_of(&self, customer: AccountId) -> impl Iterator<Item = &PartnerLink> {
        self.accounts.partners_of(customer)
    }

    fn links_within(&self, root: AccountId) -> impl Iterator<Item = &PartnerLink> {
        self.accounts.links_within(root)
    }

    fn grant(&self, grant: GrantId) -> Option<&Grant> {
        self.accounts.grant(grant)
    }

    fn grants_to(&self, member: MemberId) -> impl Iterator<Item = &Grant> {
        self.accounts.grants_to(member)
    }
}

/// A person of a customer who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantScope {
    pub(crate) account: AccountId,
    pub(crate) member: MemberId,
    pub(crate) role: MemberRole,
    pub(crate) session: Option<Session>,
    pub(crate) program: Option<Program>,
    pub(crate) second_factor_missing: bool,
    pub(crate) at: Timestamp,
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

    /// What the person may do in that account by itself.
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

    /// The session of a person whose token was shown, when it was one.
    #[must_use]
    pub const fn session(&self) -> Option<Session> {
        self.session
    }
}

impl sealed::Sealed for TenantScope {}

impl Scope for TenantScope {
    fn principal(&self) -> Principal {
        Principal::Member(self.member)
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn program(&self) -> Option<Program> {
        self.program
    }
}

/// What the vendor's people and its operator may read: everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorScope {
    pub(crate) reader: VendorReader,
    pub(crate) session: Option<Session>,
    pub(crate) program: Option<Program>,
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

    /// The session of a person whose token was shown, when it was one.
    #[must_use]
    pub const fn session(&self) -> Option<Session> {
        self.session
    }
}

impl sealed::Sealed for VendorScope {}

impl Scope for VendorScope {
    fn principal(&self) -> Principal {
        match self.reader {
            VendorReader::Staff(_, role) => Principal::Staff(role),
            VendorReader::Operator => Principal::Operator,
        }
    }

    /// No right of the vendor's is for a time.
    fn at(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }

    fn program(&self) -> Option<Program> {
        self.program
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
    fn principal(&self) -> Principal {
        Principal::LicenseKey(self.license)
    }

    /// A key is good for as long as there is one.
    fn at(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }
}

/// A program that acts for a person, with a token of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The token.
    pub token: TokenId,
    /// What it lets the program do, of what the person may.
    pub scopes: Scopes,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
}

/// The token of a person who signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The token.
    pub token: TokenId,
    /// Which door it opens.
    pub audience: Audience,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
    /// When whoever holds it last showed who it is, with the password and, where one is set up, the
    /// second factor; or at the identity provider.
    pub proven_at: Timestamp,
    /// What the identity provider said, when whoever holds it came in through that.
    pub single_sign_on: Option<SaidByProvider>,
    /// A passkey that whoever holds it showed, and that is accepted still.
    pub passkey: Option<PasskeyId>,
}

/// What an identity provider said of how somebody showed there who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SaidByProvider {
    /// Whether it asked for a second factor.
    pub second_factor: bool,
    /// When it was shown.
    pub authenticated_at: Timestamp,
}

impl SaidByProvider {
    pub(crate) fn of(fact: &schemas::access::SingleSignOnUsed) -> Self {
        Self { second_factor: fact.second_factor, authenticated_at: fact.authenticated_at }
    }
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
