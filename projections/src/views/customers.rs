//! Reads of customers: their accounts, their people, what was granted to whom.

use std::collections::BTreeSet;
use std::ops::RangeBounds;
use std::sync::Arc;

use ledger::authority::{Action, Grant, PartnerLink, Principal, Resource};
use schemas::{AccountId, GrantId, LicenseId, MemberId};

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
        let roots = reach.accounts.iter().chain(&reach.known);
        let trees = roots.flat_map(|root| self.accounts.tree(*root));
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

    /// Who acts for an account and those below it, in the order of the ids, also what is over: for who reads everything of
    /// the account, and for whoever acts by such a link.
    pub fn partners(
        &self,
        scope: &impl Scope,
        account: AccountId,
    ) -> impl Iterator<Item = &PartnerLink> {
        let row = self.accounts.row(account).filter(|_| self.sees_account(scope, account));
        let whole = self.sees_whole_account(scope, account);
        let links = row.into_iter().flat_map(|row| row.partners.values());
        links.filter(move |link| whole || self.sees_whole_account(scope, link.partner))
    }

    /// For whom the people of an account act, in no order that matters, also what is over; for who reads everything of the
    /// account.
    pub fn customers_of(
        &self,
        scope: &impl Scope,
        partner: AccountId,
    ) -> impl Iterator<Item = &PartnerLink> {
        let visible = self.sees_whole_account(scope, partner);
        visible.then(|| self.accounts.links_within(partner)).into_iter().flatten()
    }

    /// The names of the two accounts of a link: the customer's, and the partner's. Whoever sees the link may know both.
    #[must_use]
    pub fn linked_names(&self, link: &PartnerLink) -> (Option<&str>, Option<&str>) {
        (self.account_name(link.customer), self.account_name(link.partner))
    }

    /// By which link of a partner something was done to a license, where it was done by one; for who reads everything of
    /// the license.
    #[must_use]
    pub fn acted_by(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        link: GrantId,
    ) -> Option<&PartnerLink> {
        let owner = self.entitlements.row(license)?.account;
        let found = self.accounts.partners_of(owner).find(|one| one.link == link)?;
        self.sees_whole_license(scope, license).then_some(found)
    }

    /// What somebody is called who acted by a link: its customer knows who acts for it.
    #[must_use]
    pub fn name_of_partner(&self, link: &PartnerLink, member: MemberId) -> Option<&str> {
        let row = self.accounts.member_row(member)?;
        let near = self.accounts.is_within(row.account, self.accounts.top(link.partner));
        let profile = row.profile.value.as_ref().filter(|_| near)?;
        Some(profile.name.as_str())
    }

    fn account_name(&self, account: AccountId) -> Option<&str> {
        let profile = self.accounts.row(account)?.profile.value.as_ref()?;
        Some(profile.name.as_str())
    }

    /// What an account is called that has seats of a license: whoever gave them knows, even if it sees the account no more.
    #[must_use]
    pub fn name_with_seats(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        account: AccountId,
    ) -> Option<&str> {
        let has_some = self.license(scope, license)?.state.allocations.contains_key(&account);
        let given = has_some && self.sees_whole_license(scope, license);
        (given || self.sees_account(scope, account)).then(|| self.account_name(account)).flatten()
    }

    /// The accounts whose own seats of a license are what counts where it is asked for the seats of this account and those
    /// below it, or without one for all that the reader reads; none of them below another. `None`: all seats of the license
    /// count.
    #[must_use]
    pub fn seats_counted_for(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        account: Option<AccountId>,
    ) -> Option<Vec<AccountId>> {
        let row = self.license(scope, license)?;
        let roots = match account {
            Some(root) if self.accounts.is_within(row.account, root) => return None,
            Some(root) => vec![root],
            None if self.sees_whole_license(scope, license) => return None,
            None => self.reach(scope).accounts,
        };
        let within =
            |one: &AccountId| roots.iter().any(|root| self.accounts.is_within(*one, *root));
        let having: Vec<AccountId> = row.with_seats().filter(within).collect();
        let topmost = having.iter().copied().filter(|one| {
            let mut others = having.iter().filter(|other| *other != one);
            !others.any(|other| self.accounts.is_within(*one, *other))
        });
        let topmost: Vec<AccountId> = topmost.collect();
        (!topmost.is_empty()).then_some(topmost)
    }

    /// Where a person belongs who may sit on a license, as the license remembers it: the person's account and those above
    /// it, without the license's own and what is above that. `None`: the reader does not see both, or the person neither
    /// belongs to the license's customer nor to an account that has seats of it.
    #[must_use]
    pub fn seat_line(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        member: MemberId,
    ) -> Option<(AccountId, Vec<AccountId>)> {
        let row = self.license(scope, license)?;
        let home = self.member(scope, member)?.account;
        let same = self.accounts.top(home) == self.accounts.top(row.account);
        let line: Vec<AccountId> =
            self.accounts.line(home).take_while(|one| *one != row.account).collect();
        let has_seats = line.iter().any(|one| row.state.allocations.contains_key(one));
        (same || has_seats).then_some((home, line))
    }

    /// The accounts above one of which seats of a license can be, without the license's own and what is above that; and
    /// whether it is below the license's own. `None`: it is neither that, nor an account whose partner the owner is.
    #[must_use]
    pub fn allocation_line(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        account: AccountId,
    ) -> Option<(Vec<AccountId>, bool)> {
        let row = self.license(scope, license)?;
        let below = account != row.account && self.accounts.is_within(account, row.account);
        let at = scope.at();
        let mut links = self.accounts.partners_of(account);
        let sold_to = links
            .any(|link| link.is_live(at) && self.accounts.is_within(row.account, link.partner));
        let has_some = row.state.allocations.contains_key(&account);
        let known = has_some || self.sees_account(scope, account);
        if !known || !(below || sold_to || has_some || account == row.account) {
            return None;
        }
        let line = self.accounts.line(account).skip(1);
        Some((line.take_while(|one| *one != row.account).collect(), below))
    }

    /// Who may get a seat of a license, by the beginning of a word of the name or the e-mail: people whom the reader may
    /// give one of its seats.
    pub fn may_be_seated(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        text: &str,
    ) -> impl Iterator<Item = &Arc<MemberRow>> {
        let row = self.license(scope, license);
        let own = row.map(|row| self.accounts.top(row.account));
        let others = row.into_iter().flat_map(|row| row.with_seats());
        let others = others.filter(move |one| Some(self.accounts.top(*one)) != own);
        let trees: BTreeSet<AccountId> = own.into_iter().chain(others).collect();
        let people = trees.into_iter().flat_map(move |root| self.people_of_tree(scope, root, text));
        people.filter(move |one| {
            let seats = Resource::Seats(license, one.account);
            self.verdict(scope, Action::ManageSeats, seats).allowed()
        })
    }

    /// Whether the reader may give seats of a license that are for the people of one account.
    #[must_use]
    pub fn may_give_some_seats(&self, scope: &impl Scope, license: LicenseId) -> bool {
        let row = self.license(scope, license).into_iter();
        let mut having = row.flat_map(|row| row.with_seats());
        having.any(|account| {
            let seats = Resource::Seats(license, account);
            self.verdict(scope, Action::ManageSeats, seats).allowed()
        })
    }

    fn sees_grant(&self, scope: &impl Scope, grant: &Grant) -> bool {
        scope.principal() == Principal::Member(grant.member)
            || match grant.license {
                Some(license) => self.sees_whole_license(scope, license),
                None => self.sees_whole_account(scope, grant.account),
            }
    }
}
