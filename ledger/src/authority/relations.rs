//! What the decision knows: the tree of accounts, who belongs where, what was granted.

use schemas::account::{MemberRole, PartnerLinked, PartnerRole, RoleGranted};
use schemas::{AccountId, GrantId, LicenseId, MemberId, Timestamp};
use serde::{Deserialize, Serialize};

use super::policy::{CHAIN_MAX, Role};

/// What is so now. A view answers it.
pub trait Relations {
    /// Whether `account` is `root` or below it, and both are there.
    fn is_within(&self, account: AccountId, root: AccountId) -> bool;
    /// The account at the top of the tree that an account is in.
    fn top(&self, account: AccountId) -> AccountId;
    /// A person of a customer.
    fn person(&self, member: MemberId) -> Option<Person>;
    /// Whose license it is.
    fn owner(&self, license: LicenseId) -> Option<AccountId>;
    /// Whether the license serves the person: by a seat, or by a device of the person's.
    fn serves(&self, license: LicenseId, member: MemberId) -> bool;
    /// The accounts that have seats of the license for their own people.
    fn with_seats(&self, license: LicenseId) -> impl Iterator<Item = AccountId>;
    /// The partners of a customer and of the accounts above it, also what is over.
    fn partners_of(&self, customer: AccountId) -> impl Iterator<Item = &PartnerLink>;
    /// The links of partners that are within this account, also what is over.
    fn links_within(&self, root: AccountId) -> impl Iterator<Item = &PartnerLink>;
    /// What was granted under this id.
    fn grant(&self, grant: GrantId) -> Option<&Grant>;
    /// What was granted to a person, in the order of the ids.
    fn grants_to(&self, member: MemberId) -> impl Iterator<Item = &Grant>;
}

/// A person of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Where the person belongs.
    pub account: AccountId,
    /// What the person may do there and below.
    pub role: MemberRole,
    /// Whether the person is suspended, or erased.
    pub kept_out: bool,
}

impl Person {
    /// The role that the person has by itself; `None`: none beside what is its own.
    #[must_use]
    pub const fn home_role(&self) -> Option<Role> {
        match self.role {
            MemberRole::OrgAdmin => Some(Role::Admin),
            MemberRole::Auditor => Some(Role::Auditor),
            MemberRole::Member => None,
        }
    }
}

/// That people of one account, a partner, act for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerLink {
    /// Its id.
    pub link: GrantId,
    /// For whom: this account and those below it.
    pub customer: AccountId,
    /// The partner.
    pub partner: AccountId,
    /// The most that its people may do.
    pub role: PartnerRole,
    /// The first instant at which it no longer counts.
    pub ends_at: Option<Timestamp>,
    /// Since when.
    pub linked_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
}

impl PartnerLink {
    /// What was linked by this fact.
    #[must_use]
    pub const fn of(customer: AccountId, linked: &PartnerLinked, at: Timestamp) -> Self {
        let PartnerLinked { link, partner, role, ends_at } = *linked;
        Self { link, customer, partner, role, ends_at, linked_at: at, ended_at: None }
    }

    /// Whether it counts.
    #[must_use]
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.ended_at.is_none() && self.ends_at.is_none_or(|end| at < end)
    }
}

/// A role that was given to a person, in a part of a customer and for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub grant: GrantId,
    /// In which account and those below it; or whose license it is.
    pub account: AccountId,
    /// Who got it.
    pub member: MemberId,
    /// What it lets the person do.
    pub role: Role,
    /// The only license on which.
    pub license: Option<LicenseId>,
    /// The first instant at which it no longer counts.
    pub ends_at: Option<Timestamp>,
    /// The grant it stems from.
    pub under: Option<GrantId>,
    /// Since when.
    pub given_at: Timestamp,
    /// When it was taken back or given up.
    pub ended_at: Option<Timestamp>,
}

impl Grant {
    /// What was given by this fact.
    #[must_use]
    pub const fn of(account: AccountId, given: &RoleGranted, at: Timestamp) -> Self {
        let RoleGranted { grant, member, role, license, ends_at, under } = *given;
        Self { grant, account, member, role, license, ends_at, under, given_at: at, ended_at: None }
    }

    /// Whether it was neither taken back nor is over, by itself.
    #[must_use]
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.ended_at.is_none() && self.ends_at.is_none_or(|end| at < end)
    }

    /// Whether it counts: neither it nor any grant it stems from is over, none of them exceeds the one it stems from, and
    /// nobody along the way is kept out.
    pub fn counts(&self, relations: &impl Relations, at: Timestamp) -> bool {
        let mut one = self;
        for _ in 0..CHAIN_MAX {
            let kept_out = relations.person(one.member).is_none_or(|person| person.kept_out);
            if kept_out || !one.is_live(at) {
                return false;
            }
            let Some(under) = one.under else { return true };
            match relations.grant(under) {
                Some(above) if above.exceeds_or_equals(relations, one) => one = above,
                Some(_) | None => return false,
            }
        }
        false
    }

    /// This grant and those that it stems from, the nearest first; one more than there may be at most.
    fn chain<'a>(&'a self, relations: &'a impl Relations) -> impl Iterator<Item = &'a Self> {
        let above = |one: &&Self| one.under.and_then(|under| relations.grant(under));
        std::iter::successors(Some(self), above).take(CHAIN_MAX + 1)
    }

    /// How many grants there are from the first to this one.
    pub fn depth(&self, relations: &impl Relations) -> usize {
        self.chain(relations).count()
    }

    /// Whether it stems from a grant that this person has.
    pub fn stems_from_one_of(&self, relations: &impl Relations, member: MemberId) -> bool {
        self.chain(relations).skip(1).any(|one| one.member == member)
    }

    /// Whether a license is within its reach.
    pub fn reaches_license(&self, relations: &impl Relations, license: LicenseId) -> bool {
        let Some(owner) = relations.owner(license) else { return false };
        match self.license {
            Some(only) => only == license && owner == self.account,
            None => relations.is_within(owner, self.account),
        }
    }

    /// Whether a whole account is within its reach.
    pub fn reaches_account(&self, relations: &impl Relations, account: AccountId) -> bool {
        self.license.is_none() && relations.is_within(account, self.account)
    }

    fn exceeds_or_equals(&self, relations: &impl Relations, below: &Self) -> bool {
        let reaches = match below.license {
            Some(license) => self.reaches_license(relations, license),
            None => self.reaches_account(relations, below.account),
        };
        let outlasts = match (self.ends_at, below.ends_at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(end), Some(below)) => below <= end,
        };
        reaches && outlasts && self.role >= below.role && self.role >= Role::LicenseManager
    }
}
