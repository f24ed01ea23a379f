//! The directory: finds licenses, devices and people by what a caller holds in hand (a key, a
//! fingerprint, an e-mail, the vendor's own number), and by the beginning of a name. Digests find
//! exactly; names are searched in memory only and never enter a state hash.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use schemas::{AccountId, ActivationId, Digest, LicenseId, MemberId, SubjectId};

use crate::digest::{Tally, ViewVersion};
use crate::prefix::{PrefixIndex, fold};
use crate::row_text::RowText;
use crate::scope::{Scope, sees_account, sees_license, sees_member};
use crate::views::Views;
use crate::views::accounts::{AccountRow, MemberRow};
use crate::views::entitlements::LicenseRow;
use crate::views::tallied::TalliedView;

/// The most results of one search.
pub const SEARCH_RESULTS_MAX: usize = 50;

/// The most words one search looks at, whatever it may show of what they stand for.
const SEARCH_WORDS_MAX: usize = 10_000;

/// How many characters at the end of a license key can be searched for.
const KEY_END_CHARACTERS: usize = 4;

/// What a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// A customer.
    Account(AccountId),
    /// A person of a customer.
    Member(MemberId),
    /// A license.
    License(LicenseId),
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

/// What can be found, and by what.
#[derive(Debug)]
pub struct Directory {
    by_key: BTreeMap<Digest, LicenseId>,
    by_binding: BTreeMap<Digest, BTreeSet<Bound>>,
    by_email: BTreeMap<Digest, MemberId>,
    by_external_id: HashMap<String, BTreeSet<Found>>,
    words: PrefixIndex<Found>,
    tally: Mutex<Tally<DirectoryKey>>,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            by_key: BTreeMap::new(),
            by_binding: BTreeMap::new(),
            by_email: BTreeMap::new(),
            by_external_id: HashMap::new(),
            words: PrefixIndex::new(Found::Account(AccountId::default())),
            tally: Mutex::new(Tally::new(Self::VERSION)),
        }
    }
}

impl Directory {
    pub(crate) fn add_account(&mut self, row: &AccountRow) {
        let found = Found::Account(row.account);
        for word in account_words(row) {
            self.words.add(row.account, word, found);
        }
        self.add_external_id(external_id_of_account(row), found);
    }

    pub(crate) fn add_member(&mut self, row: &MemberRow) {
        let found = Found::Member(row.member);
        self.by_email.entry(row.email_digest).or_insert(row.member);
        self.tally_mut().touch(DirectoryKey::Email(row.email_digest));
        for word in member_words(row) {
            self.words.add(row.account, word, found);
        }
        self.add_external_id(external_id_of_member(row), found);
    }

    pub(crate) fn add_license(&mut self, row: &LicenseRow) {
        let found = Found::License(row.license);
        if let Some(issued) = &row.state.issued {
            self.by_key.entry(issued.key_digest).or_insert(row.license);
            self.tally_mut().touch(DirectoryKey::Key(issued.key_digest));
        }
        for word in license_words(row) {
            self.words.add(row.account, word, found);
        }
        self.add_external_id(row.external_id(), found);
        for (activation, one) in &row.state.activations {
            self.add_binding(one.digest, Bound { license: row.license, activation: *activation });
        }
    }

    pub(crate) fn add_binding(&mut self, digest: Digest, bound: Bound) {
        self.by_binding.entry(digest).or_default().insert(bound);
        self.tally_mut().touch(DirectoryKey::Binding(digest));
    }

    /// Takes the words of an account and its people out, before their personal values go.
    pub(crate) fn forget_account(&mut self, row: &AccountRow, subject: SubjectId) {
        if row.profile.subject == subject {
            let found = Found::Account(row.account);
            for word in account_words(row) {
                self.words.remove(row.account, word, found);
            }
            self.remove_external_id(external_id_of_account(row), found);
        }
        for member in row.members.values().filter(|member| member.profile.subject == subject) {
            let found = Found::Member(member.member);
            for word in member_words(member) {
                self.words.remove(row.account, word, found);
            }
            self.remove_external_id(external_id_of_member(member), found);
        }
    }

    /// Takes the words of a license out, before its personal values go.
    pub(crate) fn forget_license(&mut self, row: &LicenseRow, subject: SubjectId) {
        if row.secret.subject == subject {
            let found = Found::License(row.license);
            for word in license_words(row) {
                self.words.remove(row.account, word, found);
            }
            self.remove_external_id(row.external_id(), found);
        }
    }

    /// Which license had a key first.
    pub(crate) fn license_keys(&self) -> Vec<(Digest, LicenseId)> {
        self.by_key.iter().map(|(key, license)| (*key, *license)).collect()
    }

    pub(crate) fn restore(
        &mut self,
        keys: Vec<(Digest, LicenseId)>,
        emails: Vec<(Digest, MemberId)>,
    ) {
        self.by_key.extend(keys);
        self.by_email.extend(emails);
    }

    pub(crate) fn license_by_key(&self, key: &Digest) -> Option<LicenseId> {
        self.by_key.get(key).copied()
    }

    fn add_external_id(&mut self, external_id: Option<&str>, found: Found) {
        if let Some(external_id) = external_id {
            self.by_external_id.entry(external_id.to_owned()).or_default().insert(found);
        }
    }

    fn remove_external_id(&mut self, external_id: Option<&str>, found: Found) {
        let Some(external_id) = external_id else { return };
        if let Some(all) = self.by_external_id.get_mut(external_id) {
            all.remove(&found);
            if all.is_empty() {
                self.by_external_id.remove(external_id);
            }
        }
    }
}

fn account_words(row: &AccountRow) -> impl Iterator<Item = &str> {
    let profile = row.profile.value.iter();
    profile
        .flat_map(|profile| [Some(profile.name.as_str()), profile.external_id.as_deref()])
        .flatten()
}

fn external_id_of_account(row: &AccountRow) -> Option<&str> {
    row.profile.value.as_ref()?.external_id.as_deref()
}

fn member_words(row: &MemberRow) -> impl Iterator<Item = &str> {
    let profile = row.profile.value.iter();
    profile
        .flat_map(|person| {
            [Some(person.name.as_str()), Some(person.email.as_str()), person.external_id.as_deref()]
        })
        .flatten()
}

fn external_id_of_member(row: &MemberRow) -> Option<&str> {
    row.profile.value.as_ref()?.external_id.as_deref()
}

fn license_words(row: &LicenseRow) -> impl Iterator<Item = &str> {
    let secret = row.secret.value.iter();
    secret.flat_map(|secret| [key_end(&secret.key), secret.external_id.as_deref()]).flatten()
}

/// The last four characters of a key, as people read them out.
fn key_end(key: &str) -> Option<&str> {
    let (start, _) = key.char_indices().rev().nth(KEY_END_CHARACTERS - 1)?;
    key.get(start..)
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
        let bindings = self.by_binding.keys().copied().map(DirectoryKey::Binding);
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
            DirectoryKey::Binding(digest) => self.by_binding.get(digest).is_some_and(|all| {
                text.start("binding", digest);
                for bound in all {
                    text.field("bound", format_args!("{} {}", bound.license, bound.activation));
                }
                true
            }),
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
        let all = self.directory.by_binding.get(digest).into_iter().flatten().copied();
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
        let all = self.directory.by_external_id.get(external_id).into_iter().flatten().copied();
        all.filter(|found| self.may_find(scope, *found)).take(SEARCH_RESULTS_MAX).collect()
    }

    /// What begins with this: a word of a name, an e-mail, a number of the vendor's own, the last
    /// four characters of a license key. At most `limit` results and never more than 50, in the
    /// order of the words.
    #[must_use]
    pub fn search(&self, scope: &impl Scope, query: &str, limit: usize) -> Vec<Found> {
        let folded = fold(query);
        if folded.is_empty() {
            return Vec::new();
        }
        let words = &self.directory.words;
        let limit = limit.min(SEARCH_RESULTS_MAX);
        match scope.root() {
            None => self.distinct(scope, words.everybody(&folded), limit),
            Some(root) => {
                let tree = self.accounts.tree(root);
                self.distinct(scope, tree.flat_map(|one| words.of_account(one, &folded)), limit)
            }
        }
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
            Found::Account(account) => sees_account(scope, &self.accounts, account),
            Found::Member(member) => self
                .accounts
                .member_row(member)
                .is_some_and(|row| sees_member(scope, &self.accounts, row.account, member)),
            Found::License(license) => self
                .entitlements
                .row(license)
                .is_some_and(|row| sees_license(scope, &self.accounts, row)),
        }
    }
}
