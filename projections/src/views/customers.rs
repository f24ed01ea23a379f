//! Reads of customers: their accounts, their people, what was granted to whom.

use std::collections::BTreeSet;
use std::ops::RangeBounds;
use std::sync::Arc;

use ledger::authority::{Grant, Principal};
use schemas::{AccountId, GrantId, MemberId};

use crate::page::{Page, Window};
use crate::scope::Scope;
use crate::views::Views;
use crate::views::accounts::{AccountRow, MemberRow};

/// Reads of customers.
impl Views {
    /// An account that the reader may see.
    #[must_use]
    pub fn account(&self, scope: &impl Scope, account: AccountId) -> Option<&Arc<AccountRow>> {
        let visible = self.sees_account(scope, account);
        self.accounts.row(account).filter(|_| visible)
    }

    /// A person that the reader may see.
    #[must_use]
    pub fn member(&self, scope: &impl Scope, member: MemberId) -> Option<&Arc<MemberRow>> {
        let row = self.accounts.member_row(member)?;
        self.sees_person(scope, member).then_some(row)
    }

    /// The people of an account, in the order of their ids; `None` when the reader may not see the
    /// account.
    #[must_use]
    pub fn members(
        &self,
        scope: &impl Scope,
        account: AccountId,
        window: &Window<MemberId>,
    ) -> Option<Page<Arc<MemberRow>>> {
        let row = self.account(scope, account)?;
        let seen = |member: MemberId| self.sees_person(scope, member);
        Some(window.range().map_or_else(Page::empty, |range| {
            let rows = row.members.range(range).filter(|(member, _)| seen(**member));
            window.fill(rows.map(|(_, row)| Arc::clone(row)))
        }))
    }

    /// The accounts directly below one, in the order of their ids; `None` when the reader may not
    /// see it.
    #[must_use]
    pub fn sub_accounts(
        &self,
        scope: &impl Scope,
        account: AccountId,
        window: &Window<AccountId>,
    ) -> Option<Page<Arc<AccountRow>>> {
        if !self.sees_whole_account(scope, account) {
            return self.account(scope, account).map(|_| Page::empty());
        }
        self.accounts.row(account)?;
        Some(window.range().map_or_else(Page::empty, |range| {
            let below = self.accounts.below(account).filter(|id| range.contains(id));
            let rows = below.filter_map(|id| self.accounts.row(id));
            window.fill(rows.cloned())
        }))
    }

    /// Every account the reader may see, in the order of their ids; only those without a parent if
    /// `roots`.
    #[must_use]
    pub fn accounts(
        &self,
        scope: &impl Scope,
        roots: bool,
        window: &Window<AccountId>,
    ) -> Page<Arc<AccountRow>> {
        let Some(range) = window.range() else { return Page::empty() };
        let wanted = |row: &&Arc<AccountRow>| {
            (!roots || row.parent.is_none()) && self.sees_account(scope, row.account)
        };
        let rows = self.accounts.rows().range(range).filter(wanted);
        window.fill(rows.cloned())
    }

    /// The account and every account below it that the reader may see, the account first.
    pub fn account_tree(
        &self,
        scope: &impl Scope,
        account: AccountId,
    ) -> impl Iterator<Item = &Arc<AccountRow>> {
        let visible = self.sees_whole_account(scope, account).then_some(account);
        let tree = visible.into_iter().flat_map(|root| self.accounts.tree(root));
        tree.filter_map(|account| self.accounts.row(account))
    }

    /// How many accounts the reader may see; with `roots`, only those that have no account above them.
    #[must_use]
    pub fn account_count(&self, scope: &impl Scope, roots: bool) -> usize {
        if roots {
            // Counted here: a page of them has a bound.
            let seen = |row: &&Arc<AccountRow>| self.sees_account(scope, row.account);
            let all = self.accounts.rows().values().filter(|row| row.parent.is_none());
            return all.filter(seen).count();
        }
        if self.reach(scope).everything {
            self.accounts.rows().len()
        } else {
            self.known(scope).len()
        }
    }

    /// The accounts that a reader may know who does not read everything there is: where the reader belongs, what is within
    /// its reach, and whose licenses it looks after or uses.
    pub(crate) fn known(&self, scope: &impl Scope) -> BTreeSet<AccountId> {
        let reach = self.reach(scope);
        let trees = reach.accounts.iter().flat_map(|root| self.accounts.tree(*root));
        let owners = reach.licenses.iter().filter_map(|license| self.entitlements.row(*license));
        let owners = owners.map(|row| row.account);
        let home = match scope.principal() {
            Principal::Member(member) => self.accounts.member_row(member).map(|row| row.account),
            Principal::Staff(_) | Principal::Operator | Principal::LicenseKey(_) => None,
        };
        trees.chain(owners).chain(home).collect()
    }

    /// What was granted in an account, also what is over, in the order of the ids: to people that the reader may know.
    pub fn grants_in(
        &self,
        scope: &impl Scope,
        account: AccountId,
    ) -> impl Iterator<Item = &Grant> {
        let row = self.accounts.row(account);
        let grants = row.into_iter().flat_map(|row| row.grants.values());
        grants.filter(|grant| self.sees_grant(scope, grant))
    }

    /// The same of an account and those below it.
    pub fn grants_in_tree(
        &self,
        scope: &impl Scope,
        account: AccountId,
    ) -> impl Iterator<Item = &Grant> {
        self.accounts.tree(account).flat_map(move |one| self.grants_in(scope, one))
    }

    /// What was granted to a person, also what is over, in the order of the ids, as far as the reader may know it.
    pub fn grants_of(&self, scope: &impl Scope, member: MemberId) -> impl Iterator<Item = &Grant> {
        self.accounts.grants_to(member).filter(|grant| self.sees_grant(scope, grant))
    }

    /// A grant that the reader may know: its own, and what reaches into what the reader reads everything of.
    #[must_use]
    pub fn granted(&self, scope: &impl Scope, grant: GrantId) -> Option<&Grant> {
        self.accounts.grant(grant).filter(|grant| self.sees_grant(scope, grant))
    }

    fn sees_grant(&self, scope: &impl Scope, grant: &Grant) -> bool {
        scope.principal() == Principal::Member(grant.member)
            || match grant.license {
                Some(license) => self.sees_whole_license(scope, license),
                None => self.sees_whole_account(scope, grant.account),
            }
    }
}
