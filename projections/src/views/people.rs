//! The people of a customer's whole tree of accounts, and the vendor's: who they are, what is demanded of them, who is
//! erased.

use std::sync::Arc;

use schemas::staff::StaffRole;
use schemas::{AccountId, MemberId, StaffId, SubjectId, Timestamp};

use crate::prefix::{fold, has_beginning};
use crate::scope::{Scope, VendorScope};
use crate::views::Views;
use crate::views::access::StaffRow;
use crate::views::accounts::{AccountRow, MemberRow, TREE_DEPTH_MAX};

impl MemberRow {
    /// What sorts people by their names, whatever the case and the accents.
    #[must_use]
    pub fn by_name(&self) -> Vec<u8> {
        let name = self.profile.value.as_ref().map(|profile| fold(&profile.name));
        [name.unwrap_or_default().as_bytes(), &[0], &self.member.bytes()].concat()
    }
}

impl Views {
    /// The account at the top of the tree, as far up as the reader sees.
    #[must_use]
    pub fn top_account(&self, scope: &impl Scope, account: AccountId) -> AccountId {
        let mut top = account;
        for _ in 0..TREE_DEPTH_MAX {
            match self.account(scope, top).and_then(|row| row.parent) {
                Some(parent) if self.account(scope, parent).is_some() => top = parent,
                Some(_) | None => break,
            }
        }
        top
    }

    /// The people of an account and of those below it whose name or e-mail has a word that begins
    /// with the text: everybody where it is empty. Only those that the reader may know; whoever's data
    /// is erased is not among them.
    pub fn people_of_tree(
        &self,
        scope: &impl Scope,
        account: AccountId,
        text: &str,
    ) -> impl Iterator<Item = &Arc<MemberRow>> {
        let folded = fold(text);
        let tree = self.accounts.tree(account).filter_map(|one| self.accounts.row(one));
        let members = tree.flat_map(|row| row.members.values());
        let there = members.filter(move |member| {
            member.erased_at.is_none() && self.sees_person(scope, member.member)
        });
        there.filter(move |member| {
            folded.is_empty()
                || member.profile.value.as_ref().is_some_and(|profile| {
                    has_beginning(&profile.name, &folded) || has_beginning(&profile.email, &folded)
                })
        })
    }

    /// Whose data is erased, accounts and people of customers and of the vendor: the key of none of them may be there any
    /// more.
    pub fn erased_subjects(&self) -> impl Iterator<Item = SubjectId> + '_ {
        let erased = |row: &&Arc<AccountRow>| row.erased_at.is_some();
        let accounts = self.accounts.rows().values().filter(erased);
        let members = self.accounts.rows().values().flat_map(|row| row.members.values());
        let members = members.filter(|member| member.erased_at.is_some());
        let members =
            accounts.map(|row| row.account.into()).chain(members.map(|row| row.member.into()));
        let staff = self.access.staff_rows().filter(|row| row.erased_at.is_some());
        members.chain(staff.map(|row| row.staff.into()))
    }

    /// Whether the data of an account or of a person is erased.
    #[must_use]
    pub fn is_erased(&self, subject: SubjectId) -> bool {
        let member = self.accounts.member_row(MemberId::new(subject.uuid()));
        let staff = self.access.staff_row(StaffId::new(subject.uuid()));
        let account = self.accounts.row(AccountId::new(subject.uuid()));
        account.is_some_and(|row| row.erased_at.is_some())
            || member.is_some_and(|row| row.erased_at.is_some())
            || staff.is_some_and(|row| row.erased_at.is_some())
    }

    /// Whose keys are destroyed when an account is erased: its own, and those of its people.
    #[must_use]
    pub fn erased_with(&self, _: &VendorScope, account: AccountId) -> Vec<SubjectId> {
        let Some(row) = self.accounts.row(account).filter(|row| row.erased_at.is_some()) else {
            return Vec::new();
        };
        let members = row.members.values().filter(|member| member.erased_at.is_some());
        std::iter::once(account.into()).chain(members.map(|one| one.member.into())).collect()
    }

    /// Whether an account below this one is not erased.
    #[must_use]
    pub fn has_accounts_below(&self, _: &VendorScope, account: AccountId) -> bool {
        let mut below = self.accounts.below(account).filter_map(|one| self.accounts.row(one));
        below.any(|row| row.erased_at.is_none())
    }

    /// Whether somebody else of the vendor is left who may do everything.
    #[must_use]
    pub fn others_operate(&self, _: &VendorScope, staff: StaffId) -> bool {
        let operates = |row: &StaffRow| row.role == StaffRole::Operator && row.is_there();
        self.access.staff_rows().any(|row| row.staff != staff && operates(row))
    }

    /// Whether a legal matter needs what is known of some customer.
    #[must_use]
    pub fn has_legal_matters(&self, _: &VendorScope) -> bool {
        self.accounts.rows().values().any(|row| !row.legal_holds.is_empty())
    }

    /// Whether an account, or one above it, demands a second factor of everybody. Whoever sees the account may know
    /// that, whichever account says so.
    #[must_use]
    pub fn demands_second_factor(&self, account: AccountId) -> bool {
        let mut at = Some(account);
        for _ in 0..TREE_DEPTH_MAX {
            let Some(row) = at.and_then(|account| self.accounts.row(account)) else { return false };
            if row.second_factor_demanded {
                return true;
            }
            at = row.parent;
        }
        false
    }

    /// Whether nobody of an account may be erased for a legal matter of one above it.
    #[must_use]
    pub fn is_held_from_above(&self, account: AccountId) -> bool {
        let above = self.accounts.line(account).filter(|one| *one != account);
        let mut rows = above.filter_map(|account| self.accounts.row(account));
        rows.any(|row| !row.legal_holds.is_empty())
    }

    /// Since when a person has a second factor or a passkey; `None` when there is none, or the reader may not see
    /// the person.
    #[must_use]
    pub fn second_factor_since(&self, scope: &impl Scope, member: MemberId) -> Option<Timestamp> {
        self.member(scope, member)?;
        let own = self.access.credentials_row(member.uuid())?;
        let passkeys = own.passkeys.values().map(|passkey| passkey.added_at);
        own.second_factor.as_ref().map(|factor| factor.set_at).into_iter().chain(passkeys).min()
    }
}
