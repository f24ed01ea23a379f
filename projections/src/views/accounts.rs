//! Customers: the tree of accounts, their names, who belongs to them.
//! A change in the tree or of a role acts before its command is acknowledged.

mod party;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use ledger::authority::{Grant, PartnerLink};
use ledger_log::RecordedEvent;
use schemas::account::{
    AccountErased, AccountEvent, AccountOpened, AccountProfile, MemberAdded, MemberErased,
    MemberProfileChanged, MemberRestored, MemberRole, MemberRoleChanged, MemberSuspended, Party,
    PersonProfile, ProviderSecret,
};
use schemas::contract::ContractDefaults;
use schemas::{AccountId, Digest, GrantId, MemberId, Personal, Revision, SubjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::{Tally, ViewVersion};
use crate::kept::Rows;
use crate::personal::{HoldsPersonal, PersonalField};
use crate::row_text::RowText;
use crate::views::pairs::Pairs;
use crate::views::single_sign_on::ProviderRow;
use crate::views::tallied::TalliedView;

/// How deep a tree of accounts is followed upwards. The rules keep trees far flatter; this only
/// ends a walk.
pub(super) const TREE_DEPTH_MAX: usize = 64;

/// One customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// The account.
    pub account: AccountId,
    /// The account it is a sub-account of.
    pub parent: Option<AccountId>,
    /// What kind of party it was opened for.
    pub party: Party,
    /// Since when that of a person is an organization's.
    pub promoted_at: Option<Timestamp>,
    /// On which terms it contracts.
    pub contract: ContractDefaults,
    /// Its name and the vendor's number for it.
    #[serde(skip)]
    pub profile: Personal<AccountProfile>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether everybody of it and of the accounts below it needs a second factor.
    pub second_factor_demanded: bool,
    /// Its own identity provider.
    pub provider: Option<ProviderRow>,
    /// The secret that it shares with this service.
    #[serde(skip)]
    pub(crate) provider_secret: Personal<ProviderSecret>,
    /// The people who belong to it.
    pub members: BTreeMap<MemberId, Arc<MemberRow>>,
    /// What was granted in it, also what is over.
    pub grants: BTreeMap<GrantId, Grant>,
    /// Who acts for it, also what is over.
    pub partners: BTreeMap<GrantId, PartnerLink>,
    /// The legal matters for which nobody of it is erased, and since when.
    pub legal_holds: BTreeMap<String, Timestamp>,
    /// Since when its data is erased.
    pub erased_at: Option<Timestamp>,
    /// The revision of its stream.
    pub revision: Revision,
    /// When the ledger recorded its last change.
    pub changed_at: Timestamp,
}

/// One person of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// The person.
    pub member: MemberId,
    /// Where the person belongs.
    pub account: AccountId,
    /// What the person may do.
    pub role: MemberRole,
    /// The keyed hash of the sign-in e-mail.
    pub email_digest: Digest,
    /// Name and e-mail.
    #[serde(skip)]
    pub profile: Personal<PersonProfile>,
    /// When the person was added.
    pub added_at: Timestamp,
    /// Since when the person is kept out.
    pub suspended_at: Option<Timestamp>,
    /// Since when the personal data is erased.
    pub erased_at: Option<Timestamp>,
}

impl AccountRow {
    /// The row that the first event of a stream begins.
    pub(crate) fn begin(event: &AccountEvent, recorded: &RecordedEvent) -> Option<Self> {
        let AccountEvent::AccountOpened(opened) = event else { return None };
        Some(Self::opened(opened, recorded))
    }

    /// Takes in a later event of the stream.
    pub(crate) fn evolve(&mut self, event: &AccountEvent, recorded: &RecordedEvent) {
        let header = &recorded.header;
        match event {
            AccountEvent::AccountOpened(_) => {}
            AccountEvent::MemberAdded(added) => {
                let member = MemberRow::added(self.account, added, header.effective_at);
                self.members.insert(added.member, Arc::new(member));
            }
            AccountEvent::MemberRoleChanged(changed) => {
                self.change(changed.member, |member| member.role = changed.role);
            }
            AccountEvent::MemberProfileChanged(changed) => {
                self.change(changed.member, |member| {
                    member.email_digest = changed.email_digest;
                    member.profile = changed.personal.clone();
                });
                self.call_as(&changed.personal);
            }
            AccountEvent::AccountPromoted(_) | AccountEvent::ContractDefaultsSet(_) => {
                self.evolve_party(event, header.effective_at);
            }
            AccountEvent::MemberSuspended(suspended) => {
                let since = Some(header.effective_at);
                self.change(suspended.member, |member| member.suspended_at = since);
            }
            AccountEvent::MemberRestored(restored) => {
                self.change(restored.member, |member| member.suspended_at = None);
            }
            AccountEvent::MemberErased(erased) => {
                let since = Some(header.effective_at);
                self.change(erased.member, |member| member.erased_at = since);
            }
            AccountEvent::AccountErased(erased) => self.erase(erased, header.effective_at),
            AccountEvent::LegalHoldPlaced(placed) => {
                self.legal_holds.insert(placed.matter.clone(), header.effective_at);
            }
            AccountEvent::LegalHoldLifted(lifted) => {
                self.legal_holds.remove(&lifted.matter);
            }
            AccountEvent::SecondFactorRuleSet(set) => self.second_factor_demanded = set.demanded,
            AccountEvent::RoleGranted(given) => {
                let grant = Grant::of(self.account, given, header.effective_at);
                self.grants.insert(given.grant, grant);
            }
            AccountEvent::RoleGrantEnded(ended) => {
                if let Some(grant) = self.grants.get_mut(&ended.grant) {
                    grant.ended_at = Some(header.effective_at);
                }
            }
            AccountEvent::PartnerLinked(linked) => {
                let link = PartnerLink::of(self.account, linked, header.effective_at);
                self.partners.insert(linked.link, link);
            }
            AccountEvent::PartnerUnlinked(ended) => {
                if let Some(link) = self.partners.get_mut(&ended.link) {
                    link.ended_at = Some(header.effective_at);
                }
            }
            AccountEvent::IdentityProviderConnected(_)
            | AccountEvent::IdentityProviderDisconnected(_)
            | AccountEvent::IdentityLinked(_)
            | AccountEvent::IdentityUnlinked(_)
            | AccountEvent::SingleSignOnRequired(_)
            | AccountEvent::SingleSignOnNoLongerRequired(_) => {
                self.evolve_provider(event, header.effective_at);
            }
        }
        self.revision = header.revision;
        self.changed_at = header.recorded_at;
    }

    fn change(&mut self, member: MemberId, change: impl FnOnce(&mut MemberRow)) {
        if let Some(row) = self.members.get_mut(&member) {
            change(Arc::make_mut(row));
        }
    }

    fn erase(&mut self, erased: &AccountErased, at: Timestamp) {
        self.erased_at = Some(at);
        self.provider = None;
        self.provider_secret = Personal::default();
        for member in &erased.members {
            self.change(*member, |member| member.erased_at = Some(at));
        }
    }

    fn opened(opened: &AccountOpened, recorded: &RecordedEvent) -> Self {
        Self {
            account: opened.account,
            parent: opened.parent,
            party: opened.party,
            promoted_at: None,
            contract: ContractDefaults::default(),
            profile: opened.personal.clone(),
            opened_at: recorded.header.effective_at,
            second_factor_demanded: false,
            legal_holds: BTreeMap::new(),
            erased_at: None,
            provider: None,
            provider_secret: Personal::default(),
            members: BTreeMap::new(),
            grants: BTreeMap::new(),
            partners: BTreeMap::new(),
            revision: recorded.header.revision,
            changed_at: recorded.header.recorded_at,
        }
    }
}

impl MemberRow {
    fn added(account: AccountId, added: &MemberAdded, at: Timestamp) -> Self {
        Self {
            member: added.member,
            account,
            role: added.role,
            email_digest: added.email_digest,
            profile: added.personal.clone(),
            added_at: at,
            suspended_at: None,
            erased_at: None,
        }
    }
}

impl HoldsPersonal for AccountRow {
    fn each_personal(&mut self, visit: &mut dyn FnMut(&mut dyn PersonalField)) {
        visit(&mut self.profile);
        visit(&mut self.provider_secret);
        for member in self.members.values_mut() {
            visit(&mut Arc::make_mut(member).profile);
        }
    }
}

/// The row of a digest: an account, or a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AccountsKey {
    Account(AccountId),
    Member(MemberId),
    Grant(GrantId),
}

/// What a snapshot keeps of them, beside the rows. Lists are in the order of their keys.
pub(crate) struct FrozenAccounts {
    pub children: Vec<(AccountId, AccountId)>,
    pub homes: Vec<(MemberId, AccountId)>,
    pub granted_in: Vec<(GrantId, AccountId)>,
    pub granted_to: Vec<(MemberId, GrantId)>,
    pub customers: Vec<(AccountId, AccountId)>,
    pub hashes: Tally<AccountsKey>,
}

/// All customers.
#[derive(Debug)]
pub struct Accounts {
    rows: Rows<AccountId, AccountRow>,
    /// The accounts directly below each.
    children: Pairs<AccountId, AccountId>,
    homes: BTreeMap<MemberId, AccountId>,
    /// In which account each grant was given.
    granted_in: BTreeMap<GrantId, AccountId>,
    granted_to: BTreeSet<(MemberId, GrantId)>,
    /// The accounts for which each partner acts, or once did.
    customers: Pairs<AccountId, AccountId>,
    tally: Mutex<Tally<AccountsKey>>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            rows: Rows::default(),
            children: Pairs::default(),
            homes: BTreeMap::new(),
            granted_in: BTreeMap::new(),
            granted_to: BTreeSet::new(),
            customers: Pairs::default(),
            tally: Mutex::new(Tally::new(Self::VERSION)),
        }
    }
}

impl Accounts {
    pub(crate) fn apply(&mut self, event: &AccountEvent, recorded: &RecordedEvent) {
        let account = AccountId::new(recorded.header.stream.id);
        if let Some(row) = self.rows.get_mut(&account) {
            row.evolve(event, recorded);
        } else if let Some(row) = AccountRow::begin(event, recorded) {
            if let Some(parent) = row.parent {
                self.children.insert(parent, account);
            }
            self.rows.insert(account, row);
        }
        match event {
            AccountEvent::AccountOpened(_)
            | AccountEvent::AccountPromoted(_)
            | AccountEvent::ContractDefaultsSet(_)
            | AccountEvent::SecondFactorRuleSet(_)
            | AccountEvent::LegalHoldPlaced(_)
            | AccountEvent::LegalHoldLifted(_)
            | AccountEvent::PartnerUnlinked(_)
            | AccountEvent::IdentityProviderConnected(_)
            | AccountEvent::IdentityProviderDisconnected(_)
            | AccountEvent::IdentityLinked(_)
            | AccountEvent::IdentityUnlinked(_)
            | AccountEvent::SingleSignOnRequired(_)
            | AccountEvent::SingleSignOnNoLongerRequired(_) => {}
            AccountEvent::AccountErased(erased) => {
                let tally = self.tally_mut();
                erased.members.iter().for_each(|one| tally.touch(AccountsKey::Member(*one)));
            }
            AccountEvent::PartnerLinked(linked) => self.customers.insert(linked.partner, account),
            AccountEvent::MemberAdded(added) => self.index_member(account, added.member),
            AccountEvent::MemberRoleChanged(MemberRoleChanged { member, .. })
            | AccountEvent::MemberSuspended(MemberSuspended { member })
            | AccountEvent::MemberErased(MemberErased { member, .. })
            | AccountEvent::MemberProfileChanged(MemberProfileChanged { member, .. })
            | AccountEvent::MemberRestored(MemberRestored { member }) => {
                self.tally_mut().touch(AccountsKey::Member(*member));
            }
            AccountEvent::RoleGranted(given) => {
                self.granted_in.insert(given.grant, account);
                self.granted_to.insert((given.member, given.grant));
                self.tally_mut().touch(AccountsKey::Grant(given.grant));
            }
            AccountEvent::RoleGrantEnded(ended) => {
                self.tally_mut().touch(AccountsKey::Grant(ended.grant));
            }
        }
        self.tally_mut().touch(AccountsKey::Account(account));
    }

    /// What a snapshot kept, put back.
    pub(crate) fn restored(frozen: FrozenAccounts, rows: Rows<AccountId, AccountRow>) -> Self {
        Self {
            rows,
            children: Pairs::restored(frozen.children),
            homes: frozen.homes.into_iter().collect(),
            granted_in: frozen.granted_in.into_iter().collect(),
            granted_to: frozen.granted_to.into_iter().collect(),
            customers: Pairs::restored(frozen.customers),
            tally: Mutex::new(frozen.hashes),
        }
    }

    /// All that a snapshot keeps beside the rows.
    pub(crate) fn freeze(&self) -> FrozenAccounts {
        FrozenAccounts {
            children: self.children.all(),
            homes: self.homes.iter().map(|(member, account)| (*member, *account)).collect(),
            granted_in: self.granted_in.iter().map(|(grant, account)| (*grant, *account)).collect(),
            granted_to: self.granted_to.iter().copied().collect(),
            customers: self.customers.all(),
            hashes: self.lock_tally().clone(),
        }
    }

    pub(crate) const fn rows(&self) -> &Rows<AccountId, AccountRow> {
        &self.rows
    }

    pub(crate) const fn rows_mut(&mut self) -> &mut Rows<AccountId, AccountRow> {
        &mut self.rows
    }

    /// Drops the personal values of a subject; answers the row it changed.
    pub(crate) fn forget(&mut self, subject: SubjectId) -> Option<AccountId> {
        let account = AccountId::new(subject.uuid());
        let home = self.homes.get(&MemberId::new(subject.uuid())).copied();
        let changed = home.or_else(|| self.rows.contains(&account).then_some(account))?;
        let row = self.rows.get_mut(&changed)?;
        row.forget(subject);
        Some(changed)
    }

    fn index_member(&mut self, account: AccountId, member: MemberId) {
        self.homes.insert(member, account);
        self.tally_mut().touch(AccountsKey::Member(member));
    }

    pub(crate) fn row(&self, account: AccountId) -> Option<&Arc<AccountRow>> {
        self.rows.get(&account)
    }

    pub(crate) fn member_row(&self, member: MemberId) -> Option<&Arc<MemberRow>> {
        self.rows.get(self.homes.get(&member)?)?.members.get(&member)
    }

    pub(crate) fn grant(&self, grant: GrantId) -> Option<&Grant> {
        self.rows.get(self.granted_in.get(&grant)?)?.grants.get(&grant)
    }

    /// What was granted to a person, also what is over.
    pub(crate) fn grants_to(&self, member: MemberId) -> impl Iterator<Item = &Grant> {
        let least = GrantId::new(uuid::Uuid::nil());
        let greatest = GrantId::new(uuid::Uuid::max());
        let granted = self.granted_to.range((member, least)..=(member, greatest));
        granted.filter_map(|(_, grant)| self.grant(*grant))
    }

    /// The partners of an account and of those above it, also what is over.
    pub(crate) fn partners_of(&self, customer: AccountId) -> impl Iterator<Item = &PartnerLink> {
        let line = self.line(customer).filter_map(|account| self.rows.get(&account));
        line.flat_map(|row| row.partners.values())
    }

    /// The links of partners that are within this account, also what is over.
    pub(crate) fn links_within(&self, root: AccountId) -> impl Iterator<Item = &PartnerLink> {
        let pairs = self.tree(root).flat_map(|partner| {
            self.customers.of(partner).map(move |customer| (partner, customer))
        });
        pairs.flat_map(|(partner, customer)| {
            let row = self.rows.get(&customer).into_iter();
            row.flat_map(|row| row.partners.values()).filter(move |link| link.partner == partner)
        })
    }

    /// The account, and each account above it.
    pub(crate) fn line(&self, account: AccountId) -> impl Iterator<Item = AccountId> {
        let parent = |one: &AccountId| self.rows.get(one).and_then(|row| row.parent);
        std::iter::successors(Some(account), parent).take(TREE_DEPTH_MAX)
    }

    /// The accounts directly below one, in the order of their ids.
    pub(crate) fn below(&self, account: AccountId) -> impl DoubleEndedIterator<Item = AccountId> {
        self.children.of(account)
    }

    /// Whether `account` is `root` or below it.
    pub(crate) fn is_within(&self, account: AccountId, root: AccountId) -> bool {
        let mut at = Some(account);
        for _ in 0..TREE_DEPTH_MAX {
            match at {
                Some(found) if found == root => return self.rows.contains(&root),
                Some(found) => at = self.rows.get(&found).and_then(|row| row.parent),
                None => return false,
            }
        }
        false
    }

    /// The account at the top of the tree that an account is in.
    pub(crate) fn top(&self, account: AccountId) -> AccountId {
        self.line(account).last().unwrap_or(account)
    }

    /// `root` and every account below it, each before those below it.
    pub(crate) fn tree(&self, root: AccountId) -> impl Iterator<Item = AccountId> + '_ {
        let mut open: Vec<AccountId> =
            self.rows.contains(&root).then_some(root).into_iter().collect();
        std::iter::from_fn(move || {
            let next = open.pop()?;
            open.extend(self.children.of(next).rev());
            Some(next)
        })
    }
}

impl TalliedView for Accounts {
    type Key = AccountsKey;
    const VERSION: ViewVersion = ViewVersion { name: "accounts", version: 1 };

    fn tally(&self) -> &Mutex<Tally<AccountsKey>> {
        &self.tally
    }

    fn tally_mutex(&mut self) -> &mut Mutex<Tally<AccountsKey>> {
        &mut self.tally
    }

    fn keys(&self) -> Vec<AccountsKey> {
        let accounts = self.rows.keys().map(AccountsKey::Account);
        let members = self.rows.values().flat_map(|row| row.members.keys().copied());
        let grants = self.granted_in.keys().copied().map(AccountsKey::Grant);
        accounts.chain(members.map(AccountsKey::Member)).chain(grants).collect()
    }

    fn write(&self, key: &AccountsKey, text: &mut RowText) -> bool {
        match key {
            AccountsKey::Account(account) => {
                self.rows.get(account).inspect(|row| text::write_account(row, text)).is_some()
            }
            AccountsKey::Member(member) => {
                self.member_row(*member).inspect(|row| text::write_member(row, text)).is_some()
            }
            AccountsKey::Grant(grant) => {
                self.grant(*grant).inspect(|row| text::write_grant(row, text)).is_some()
            }
        }
    }
}
