//! The directory: finds licenses, devices and people by what a caller holds in hand (a key, a
//! fingerprint, an e-mail, the vendor's own number), and by the beginning of a name. Digests find
//! exactly; names are searched in memory only and never enter a state hash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use ledger::authority::{Principal, Relations};
use schemas::{AccountId, ActivationId, Digest, LicenseId, MemberId, SubjectId};

use crate::digest::{Tally, ViewVersion};
use crate::prefix::fold;
use crate::row_text::RowText;
use crate::scope::Scope;
use crate::views::Views;
use crate::views::accounts::{AccountRow, MemberRow};
use crate::views::entitlements::LicenseRow;
use crate::views::names::{Gathering, Names, OldNames};
use crate::views::pairs::Pairs;
use crate::views::tallied::TalliedView;

/// The most results of one search.
pub const SEARCH_RESULTS_MAX: usize = 50;

/// The most words one search looks at, whatever it may show of what they stand for.
const SEARCH_WORDS_MAX: usize = 10_000;

/// What a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// A customer.
    Account(AccountId),
    /// A person of a customer.
    Member(MemberId),
    /// A license.
    License(LicenseId),
    /// A device or domain.
    Device(Bound),
}

/// A device or domain on a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bound {
    /// The license.
    pub license: LicenseId,
    /// The binding.
    pub activation: ActivationId,
}

/// The row of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum DirectoryKey {
    Key(Digest),
    Binding(Digest),
    Email(Digest),
}

/// What a snapshot keeps of it. Lists are in the order of their keys.
pub(crate) struct FrozenDirectory {
    /// Which license had a key first.
    pub by_key: Vec<(Digest, LicenseId)>,
    pub by_binding: Vec<(Digest, Bound)>,
    pub by_email: Vec<(Digest, MemberId)>,
    pub hashes: Tally<DirectoryKey>,
}

/// What can be found, and by what.
#[derive(Debug)]
pub struct Directory {
    by_key: BTreeMap<Digest, LicenseId>,
    by_binding: Pairs<Digest, Bound>,
    by_email: BTreeMap<Digest, MemberId>,
    names: Names,
    tally: Mutex<Tally<DirectoryKey>>,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            by_key: BTreeMap::new(),
            by_binding: Pairs::default(),
            by_email: BTreeMap::new(),
            names: Names::default(),
            tally: Mutex::new(Tally::new(Self::VERSION)),
        }
    }
}

impl Directory {
    pub(crate) fn add_account(&mut self, row: &AccountRow) {
        self.names.add_account(row);
    }

    /// From now on an account is found by another name only.
    pub(crate) fn change_account(&mut self, row: &AccountRow) {
        self.names.forget(row.account, Found::Account(row.account));
        self.names.add_account(row);
    }

    pub(crate) fn add_member(&mut self, row: &MemberRow) {
        self.by_email.entry(row.email_digest).or_insert(row.member);
        self.tally_mut().touch(DirectoryKey::Email(row.email_digest));
        self.names.add_member(row);
    }

    /// From now on somebody is found by another name and e-mail only.
    pub(crate) fn change_member(&mut self, row: &MemberRow) {
        self.names.forget(row.account, Found::Member(row.member));
        self.add_member(row);
    }

    /// Whoever is erased, or has another one, is no longer found by an e-mail, and somebody else may have it.
    pub(crate) fn remove_email(&mut self, email: Digest, member: MemberId) {
        if self.by_email.get(&email) == Some(&member) {
            self.by_email.remove(&email);
            self.tally_mut().touch(DirectoryKey::Email(email));
        }
    }

    pub(crate) fn add_license(&mut self, row: &LicenseRow) {
        if let Some(issued) = &row.state.issued {
            self.by_key.entry(issued.key_digest).or_insert(row.license);
            self.tally_mut().touch(DirectoryKey::Key(issued.key_digest));
        }
        self.names.add_license(row);
        for (activation, one) in &row.state.activations {
            self.add_binding(one.digest, Bound { license: row.license, activation: *activation });
        }
    }

    pub(crate) fn add_binding(&mut self, digest: Digest, bound: Bound) {
        self.by_binding.insert(digest, bound);
        self.tally_mut().touch(DirectoryKey::Binding(digest));
    }

    pub(crate) fn name_binding(&mut self, row: &LicenseRow, activation: ActivationId) {
        self.names.add_binding(row, activation);
    }

    /// Takes the names of an account and its people out.
    pub(crate) fn forget_account(&mut self, row: &AccountRow, subject: SubjectId) {
        if row.profile.subject == subject {
            self.names.forget(row.account, Found::Account(row.account));
        }
        for member in row.members.values().filter(|member| member.profile.subject == subject) {
            self.names.forget(row.account, Found::Member(member.member));
        }
    }

    /// Takes the names of a license, and of what is bound to it, out.
    pub(crate) fn forget_license(&mut self, row: &LicenseRow, subject: SubjectId) {
        if row.secret.subject == subject {
            self.names.forget(row.account, Found::License(row.license));
        }
        for (activation, note) in &row.bindings {
            if note.device.subject == subject || note.domain.subject == subject {
                let bound = Bound { license: row.license, activation: *activation };
                self.names.forget_words(row.account, Found::Device(bound));
            }
        }
    }

    /// What a snapshot kept, put back. The names are sealed in the rows, and gathered later.
    pub(crate) fn restored(frozen: FrozenDirectory) -> Self {
        Self {
            by_key: frozen.by_key.into_iter().collect(),
            by_binding: Pairs::restored(frozen.by_binding),
            by_email: frozen.by_email.into_iter().collect(),
            names: Names::restored(),
            tally: Mutex::new(frozen.hashes),
        }
    }

    /// All that a snapshot keeps.
    pub(crate) fn freeze(&self) -> FrozenDirectory {
        FrozenDirectory {
            by_key: self.by_key.iter().map(|(key, license)| (*key, *license)).collect(),
            by_binding: self.by_binding.all(),
            by_email: self.by_email.iter().map(|(email, member)| (*email, *member)).collect(),
            hashes: self.lock_tally().clone(),
        }
    }

    pub(crate) const fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) const fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    pub(crate) fn license_by_key(&self, key: &Digest) -> Option<LicenseId> {
        self.by_key.get(key).copied()
    }
}

impl TalliedView for Directory {
    type Key = DirectoryKey;
    const VERSION: ViewVersion = ViewVersion { name: "directory", version: 1 };

    fn tally(&self) -> &Mutex<Tally<DirectoryKey>> {
        &self.tally
    }

    fn tally_mutex(&mut self) -> &mut Mutex<Tally<DirectoryKey>> {
        &mut self.tally
    }

    fn keys(&self) -> Vec<DirectoryKey> {
        let keys = self.by_key.keys().copied().map(DirectoryKey::Key);
        let bindings = self.by_binding.keys().into_iter().map(DirectoryKey::Binding);
        let emails = self.by_email.keys().copied().map(DirectoryKey::Email);
        keys.chain(bindings).chain(emails).collect()
    }

    fn write(&self, key: &DirectoryKey, text: &mut RowText) -> bool {
        match key {
            DirectoryKey::Key(digest) => self.by_key.get(digest).is_some_and(|license| {
                text.start("key", digest);
                text.field("license", license);
                true
            }),
            DirectoryKey::Binding(digest) => {
                let mut all = self.by_binding.of(*digest).peekable();
                let is_there = all.peek().is_some();
                if is_there {
                    text.start("binding", digest);
                }
                for bound in all {
                    text.field("bound", format_args!("{} {}", bound.license, bound.activation));
                }
                is_there
            }
            DirectoryKey::Email(digest) => self.by_email.get(digest).is_some_and(|member| {
                text.start("email", digest);
                text.field("member", member);
                true
            }),
        }
    }
}

/// Finding. What the reader may not see is not found.
impl Views {
    /// The license whose key has this keyed hash.
    #[must_use]
    pub fn find_license_by_key(&self, scope: &impl Scope, key: &Digest) -> Option<LicenseId> {
        let license = self.directory.license_by_key(key)?;
        self.license(scope, license).map(|row| row.license)
    }

    /// Where the device or domain with this keyed hash is or was bound, at most 50 places.
    #[must_use]
    pub fn find_bindings(&self, scope: &impl Scope, digest: &Digest) -> Vec<Bound> {
        let all = self.directory.by_binding.of(*digest);
        all.filter(|bound| self.license(scope, bound.license).is_some())
            .take(SEARCH_RESULTS_MAX)
            .collect()
    }

    /// The person whose sign-in e-mail has this keyed hash.
    #[must_use]
    pub fn find_member_by_email(&self, scope: &impl Scope, email: &Digest) -> Option<MemberId> {
        let member = *self.directory.by_email.get(email)?;
        self.member(scope, member).map(|row| row.member)
    }

    /// What the vendor knows under this number of its own, at most 50.
    #[must_use]
    pub fn find_by_external_id(&self, scope: &impl Scope, external_id: &str) -> Vec<Found> {
        let all = self.directory.names.by_external_id(external_id, || self.gather_names());
        all.into_iter()
            .filter(|found| self.may_find(scope, *found))
            .take(SEARCH_RESULTS_MAX)
            .collect()
    }

    /// What begins with this: a word of a name, an e-mail, a domain, a number of the vendor's own, the
    /// last four characters of a license key. At most `limit` results and never more than 50, in the
    /// order of the words.
    #[must_use]
    pub fn search(&self, scope: &impl Scope, query: &str, limit: usize) -> Vec<Found> {
        let folded = fold(query);
        if folded.is_empty() {
            return Vec::new();
        }
        let names = &self.directory.names;
        let gather = || self.gather_names();
        let limit = limit.min(SEARCH_RESULTS_MAX);
        if self.reach(scope).everything {
            return self.distinct(scope, names.everybody(&folded, gather), limit);
        }
        let mut known = self.known(scope);
        if let Principal::Member(member) = scope.principal() {
            let served = self.entitlements.of_member(member);
            known.extend(served.filter_map(|license| self.owner(license)));
        }
        let known = known.into_iter();
        self.distinct(scope, known.flat_map(|one| names.of_account(one, &folded, gather)), limit)
    }

    /// The names of all rows, for a search that cannot wait until they were gathered in the
    /// background.
    fn gather_names(&self) -> OldNames {
        let mut gathering = Gathering::default();
        self.accounts.rows().values().for_each(|row| gathering.account(row));
        self.entitlements.licenses().values().for_each(|row| gathering.license(row));
        gathering.finish()
    }

    fn distinct(
        &self,
        scope: &impl Scope,
        found: impl Iterator<Item = Found>,
        limit: usize,
    ) -> Vec<Found> {
        let mut seen = BTreeSet::new();
        found
            .take(SEARCH_WORDS_MAX)
            .filter(|found| seen.insert(*found) && self.may_find(scope, *found))
            .take(limit)
            .collect()
    }

    fn may_find(&self, scope: &impl Scope, found: Found) -> bool {
        match found {
            Found::Account(account) => self.sees_account(scope, account),
            Found::Member(member) => self.sees_person(scope, member),
            Found::License(license) => self.sees_license(scope, license),
            // Whoever only sits on a license, or has seats of it, does not find the devices of others.
            Found::Device(Bound { license, activation }) => {
                let holder = self.entitlements.row(license).and_then(|row| {
                    row.state.activations.get(&activation).and_then(|one| one.member)
                });
                let own = holder.map(Principal::Member) == Some(scope.principal());
                self.sees_whole_license(scope, license)
                    || (own && self.sees_license(scope, license))
            }
        }
    }
}
