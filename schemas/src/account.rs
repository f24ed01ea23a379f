//! The facts of a customer: who it is, where it stands in the tree of accounts, who belongs to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::ContractDefaults;
use crate::envelope::Digest;
use crate::fact::{Personal, facts};
use crate::id::{AccountId, GrantId, LicenseId, MemberId};
use crate::time::Timestamp;

mod single_sign_on;

facts! {
    /// Everything that can happen to an account.
    AccountEvent of Account {
        /// The account exists.
        AccountOpened = "account_opened.v1", personal: AccountProfile;
        /// A person belongs to it.
        MemberAdded = "member_added.v1", personal: PersonProfile;
        /// What a person may do changed.
        MemberRoleChanged = "member_role_changed.v1";
        /// A person is kept out until restored.
        MemberSuspended = "member_suspended.v1";
        /// The person may come in again.
        MemberRestored = "member_restored.v1";
        /// Whether everybody of the account and of those below it needs a second factor.
        SecondFactorRuleSet = "second_factor_rule_set.v1";
        /// The personal data of a person is erased.
        MemberErased = "member_erased.v1";
        /// The name, the e-mail or the number of a person changed.
        MemberProfileChanged = "member_profile_changed.v1", personal: PersonProfile;
        /// The data of the account and of everybody who belongs to it is erased.
        AccountErased = "account_erased.v1";
        /// A person may do more than by its own role, in a part of the customer.
        RoleGranted = "role_granted.v1";
        /// What was given is taken back, or given up.
        RoleGrantEnded = "role_grant_ended.v1";
        /// Another account's people may act for this customer.
        PartnerLinked = "partner_linked.v1";
        /// They may no longer.
        PartnerUnlinked = "partner_unlinked.v1";
        /// People of the account may sign in through its own identity provider.
        IdentityProviderConnected = "identity_provider_connected.v1", personal: ProviderSecret;
        /// Nobody signs in through it any more.
        IdentityProviderDisconnected = "identity_provider_disconnected.v1";
        /// A person of the account is somebody at its provider.
        IdentityLinked = "identity_linked.v1";
        /// People of the account come in through its provider only.
        SingleSignOnRequired = "single_sign_on_required.v1";
        /// They come in with their passwords again, too.
        SingleSignOnNoLongerRequired = "single_sign_on_no_longer_required.v1";
        /// Nothing of the account is erased: a legal matter needs it.
        LegalHoldPlaced = "legal_hold_placed.v1";
        /// That matter is over.
        LegalHoldLifted = "legal_hold_lifted.v1";
        /// A person of the account is nobody at its provider any more.
        IdentityUnlinked = "identity_unlinked.v1";
        /// The account of a person became that of an organization.
        AccountPromoted = "account_promoted.v1", personal: AccountProfile;
        /// On which terms the account contracts from now on.
        ContractDefaultsSet = "contract_defaults_set.v1";
    }
}

pub use self::single_sign_on::{
    IdentityLinked, IdentityProviderConnected, IdentityProviderDisconnected, IdentityUnlinked,
    ProviderSecret, SingleSignOnNoLongerRequired, SingleSignOnRequired,
};

/// The account exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountOpened {
    /// The account.
    pub account: AccountId,
    /// The account it is a sub-account of.
    pub parent: Option<AccountId>,
    /// What kind of party it is.
    pub party: Party,
    /// Its name and the vendor's number for it. The subject is the account; of the account of a person, the person.
    #[serde(skip)]
    pub personal: Personal<AccountProfile>,
}

/// The account of a person became that of an organization, under the same id. The person stays its admin, and others may
/// join. It is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPromoted {
    /// The organization's name, and the vendor's number for the account. The subject is the account.
    #[serde(skip)]
    pub personal: Personal<AccountProfile>,
}

/// On which terms the account contracts from now on. Licenses that are there keep theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractDefaultsSet {
    /// All of them: what is missing is no longer said.
    pub defaults: ContractDefaults,
}

/// A person belongs to the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberAdded {
    /// The person.
    pub member: MemberId,
    /// What the person may do.
    pub role: MemberRole,
    /// The keyed hash of the sign-in e-mail, so that nobody can be added twice.
    pub email_digest: Digest,
    /// Name and e-mail.
    #[serde(skip)]
    pub personal: Personal<PersonProfile>,
}

/// The name, the e-mail or the vendor's number of a person changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberProfileChanged {
    /// The person.
    pub member: MemberId,
    /// The keyed hash of the sign-in e-mail from now on.
    pub email_digest: Digest,
    /// That of the e-mail before, where it is another one: somebody else may have that from now on.
    pub email_before: Option<Digest>,
    /// Name and e-mail.
    #[serde(skip)]
    pub personal: Personal<PersonProfile>,
}

/// What a person may do changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRoleChanged {
    /// The person.
    pub member: MemberId,
    /// What the person may do from now on.
    pub role: MemberRole,
}

/// A person is kept out until restored. Seats and devices stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberSuspended {
    /// The person.
    pub member: MemberId,
}

/// The person may come in again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRestored {
    /// The person.
    pub member: MemberId,
}

/// The personal data of a person is erased: the key that everything about the person was sealed with is destroyed right
/// after this fact, and whenever a copy turns up in which it is not. The person can never come in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberErased {
    /// The person.
    pub member: MemberId,
    /// Why it had to be.
    pub ground: ErasureGround,
}

/// The data of the account and of everybody who belongs to it is erased: the keys that all of it was sealed with are
/// destroyed right after this fact, and whenever a copy turns up in which one is not. Nothing is added to the account
/// any more, and nobody of it can come in again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountErased {
    /// The account.
    pub account: AccountId,
    /// Who belongs to it and was not erased before, in the order of the ids.
    pub members: Vec<MemberId>,
    /// Why it had to be.
    pub ground: ErasureGround,
}

/// Why personal data had to be erased (GDPR, article 17, paragraph 1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ErasureGround {
    /// It is no longer needed for what it was collected for (a).
    NoLongerNeeded,
    /// The person withdrew the consent (b).
    ConsentWithdrawn,
    /// The person objects (c).
    Objection,
    /// It was processed unlawfully (d).
    Unlawful,
    /// The law demands it (e).
    LegalObligation,
}

/// Whether everybody of the account and of those below it needs a second factor: whoever has none is let do nothing but
/// set one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorRuleSet {
    /// Whether it is demanded.
    pub demanded: bool,
}

/// Nobody of the account is erased for as long as a legal matter needs what is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalHoldPlaced {
    /// The vendor's own reference of the matter: 1 to 64 visible ASCII characters, nobody's name.
    pub matter: String,
}

/// A legal matter needs nothing of the account any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalHoldLifted {
    /// Its reference.
    pub matter: String,
}

/// A person may do more than by its own role: in the account of the stream and those below it, or on one license of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGranted {
    /// What was given.
    pub grant: GrantId,
    /// To whom: a person of the same customer.
    pub member: MemberId,
    /// What the person may do there.
    pub role: GrantedRole,
    /// The only license on which; `None`: in the whole account and those below it.
    pub license: Option<LicenseId>,
    /// The first instant at which it no longer counts; `None`: it has no end of its own.
    pub ends_at: Option<Timestamp>,
    /// The grant by which whoever gave it might do so: it counts only as long as that one does. `None`: by a role of
    /// its own.
    pub under: Option<GrantId>,
}

/// What was given is taken back, or given up by whoever had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGrantEnded {
    /// What was given.
    pub grant: GrantId,
}

/// People of another account, a partner, may act for this customer: each as far as its own role there reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerLinked {
    /// The link.
    pub link: GrantId,
    /// The partner.
    pub partner: AccountId,
    /// The most that its people may do here and below.
    pub role: PartnerRole,
    /// The first instant at which it no longer counts; `None`: it has no end of its own.
    pub ends_at: Option<Timestamp>,
}

/// The partner may no longer act for this customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerUnlinked {
    /// The link.
    pub link: GrantId,
}

/// What a partner may do for a customer. Each may also do what those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PartnerRole {
    /// Sees the licenses and what they grant; nobody's name, no history.
    LicenseViewer,
    /// Reads everything, changes nothing.
    Auditor,
    /// Gives and takes seats and devices.
    LicenseManager,
}

/// What a grant lets a person do. Each may also do what those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GrantedRole {
    /// Reads everything, changes nothing.
    Auditor,
    /// Gives and takes seats and devices.
    LicenseManager,
    /// Manages everything: also people and what they may do.
    Admin,
}

/// What kind of party an account is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A company or another organization.
    Organization,
    /// One person.
    Person,
}

/// What a member may do in its account.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Manages everything of the account and its sub-accounts.
    OrgAdmin,
    /// Uses what was assigned to the person.
    Member,
    /// Reads everything of the account and its sub-accounts, changes nothing.
    Auditor,
}

/// The personal fields of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountProfile {
    /// Its name.
    pub name: String,
    /// The vendor's own number for it.
    pub external_id: Option<String>,
}

/// The personal fields of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonProfile {
    /// The person's name.
    pub name: String,
    /// The sign-in e-mail.
    pub email: String,
    /// The vendor's own number for the person.
    pub external_id: Option<String>,
}
