//! What is found by a name or by the vendor's own number: in memory only, never in a state hash.
//! Names of a snapshot are sealed, so they are gathered after the start: in the background, or by
//! the first search that needs them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use schemas::{AccountId, ActivationId};

use crate::prefix::{PrefixIndex, SortedWords};
use crate::views::accounts::{AccountRow, MemberRow};
use crate::views::directory::{Bound, Found};
use crate::views::entitlements::{BindingNote, LicenseRow};

/// How many characters at the end of a license key can be searched for, as people read them out.
const KEY_END_CHARACTERS: usize = 4;

/// The names and numbers of everything.
#[derive(Debug)]
pub(crate) struct Names {
    /// What came since the snapshot.
    words: PrefixIndex<Found>,
    by_external_id: HashMap<String, BTreeSet<Found>>,
    /// What the rows of the snapshot say; `None`: there was no snapshot.
    old: Option<OnceLock<OldNames>>,
    /// What was forgotten since: its old names find nothing.
    gone: HashSet<Found>,
    /// While a start reads the log, names are not added one by one: all are gathered at once after it.
    is_start: bool,
}

/// The names of the rows of a snapshot. They never change; what is forgotten is left out of answers.
#[derive(Debug)]
pub(crate) struct OldNames {
    words: SortedWords<Found>,
    external_ids: Vec<(Box<str>, Found)>,
}

/// Names that are being gathered, row by row.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    words: Vec<(AccountId, Box<str>, Found)>,
    external_ids: Vec<(Box<str>, Found)>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            words: PrefixIndex::new(Found::Account(AccountId::default())),
            by_external_id: HashMap::new(),
            old: None,
            gone: HashSet::new(),
            is_start: false,
        }
    }
}

impl Names {
    /// The names of rows that are not gathered yet.
    pub(crate) fn restored() -> Self {
        Self { old: Some(OnceLock::new()), ..Self::default() }
    }

    /// The names of rows that a start will read from the log.
    pub(crate) fn to_be_gathered() -> Self {
        Self { is_start: true, ..Self::restored() }
    }

    /// The start has read the log: what comes now is added.
    pub(crate) const fn started(&mut self) {
        self.is_start = false;
    }

    /// Whether the names of the snapshot's rows are still to be gathered.
    pub(crate) fn are_missing(&self) -> bool {
        self.old.as_ref().is_some_and(|old| old.get().is_none())
    }

    /// Takes over what was gathered; what somebody else gathered meanwhile is the same.
    pub(crate) fn put(&self, gathered: OldNames) {
        if let Some(old) = &self.old {
            let _ = old.set(gathered);
        }
    }

    pub(crate) fn add_account(&mut self, row: &AccountRow) {
        each_of_account(row, &mut |name| self.add(name));
    }

    pub(crate) fn add_member(&mut self, row: &MemberRow) {
        each_of_member(row, &mut |name| self.add(name));
    }

    pub(crate) fn add_license(&mut self, row: &LicenseRow) {
        each_of_license(row, &mut |name| self.add(name));
    }

    pub(crate) fn add_binding(&mut self, row: &LicenseRow, activation: ActivationId) {
        each_of_binding(row, activation, &mut |name| self.add(name));
    }

    fn add(&mut self, name: Name<'_>) {
        if self.is_start {
            return;
        }
        let Name { owner, found, text, is_external_id } = name;
        self.words.add(owner, text, found);
        if is_external_id {
            self.by_external_id.entry(text.to_owned()).or_default().insert(found);
        }
    }

    /// From now on nothing finds it.
    pub(crate) fn forget(&mut self, owner: AccountId, found: Found) {
        self.forget_words(owner, found);
        self.by_external_id.retain(|_, all| {
            all.remove(&found);
            !all.is_empty()
        });
    }

    /// The same of what has no number of the vendor's own.
    pub(crate) fn forget_words(&mut self, owner: AccountId, found: Found) {
        self.words.remove(owner, found);
        // Names that a start will gather are those that are so by then.
        if self.old.is_some() && !self.is_start {
            self.gone.insert(found);
        }
    }

    /// What has this number of the vendor's own.
    pub(crate) fn by_external_id(
        &self,
        external_id: &str,
        gather: impl Fn() -> OldNames,
    ) -> BTreeSet<Found> {
        let new = self.by_external_id.get(external_id).into_iter().flatten().copied();
        let old = self.old(gather).map(|old| old.external_ids.as_slice()).unwrap_or_default();
        let from = old.partition_point(|(one, _)| &**one < external_id);
        let old = old.iter().skip(from).take_while(|(one, _)| &**one == external_id);
        let old = old.map(|(_, found)| *found).filter(|found| !self.gone.contains(found));
        old.chain(new).collect()
    }

    /// What a beginning finds among everybody's rows, in the order of the words.
    pub(crate) fn everybody<'a>(
        &'a self,
        folded: &'a str,
        gather: impl Fn() -> OldNames,
    ) -> impl Iterator<Item = Found> + 'a {
        let old = self.old(gather).into_iter();
        let old = old.flat_map(move |old| old.words.everybody(folded));
        self.merged(old, self.words.everybody(folded))
    }

    /// What a beginning finds among the rows of one account, in the order of the words.
    pub(crate) fn of_account<'a>(
        &'a self,
        owner: AccountId,
        folded: &'a str,
        gather: impl Fn() -> OldNames,
    ) -> impl Iterator<Item = Found> + 'a {
        let old = self.old(gather).into_iter();
        let old = old.flat_map(move |old| old.words.of_account(owner, folded));
        self.merged(old, self.words.of_account(owner, folded))
    }

    fn old(&self, gather: impl Fn() -> OldNames) -> Option<&OldNames> {
        self.old.as_ref().map(|old| old.get_or_init(gather))
    }

    fn merged<'a>(
        &'a self,
        old: impl Iterator<Item = (&'a str, Found)> + 'a,
        new: impl Iterator<Item = (&'a str, Found)> + 'a,
    ) -> impl Iterator<Item = Found> + 'a {
        let mut old = old.filter(|(_, found)| !self.gone.contains(found)).peekable();
        let mut new = new.peekable();
        std::iter::from_fn(move || match (old.peek(), new.peek()) {
            (Some(one), Some(other)) if other < one => new.next(),
            // A row that was changed while names were gathered can be in both.
            (Some(one), Some(other)) if other == one => {
                new.next();
                old.next()
            }
            (None, _) => new.next(),
            (Some(_), _) => old.next(),
        })
        .map(|(_, found)| found)
    }
}

impl Gathering {
    /// An account and its people.
    pub(crate) fn account(&mut self, row: &AccountRow) {
        each_of_account(row, &mut |name| self.add(name));
        for member in row.members.values() {
            each_of_member(member, &mut |name| self.add(name));
        }
    }

    /// A license and what is bound to it.
    pub(crate) fn license(&mut self, row: &LicenseRow) {
        each_of_license(row, &mut |name| self.add(name));
        for activation in row.bindings.keys() {
            each_of_binding(row, *activation, &mut |name| self.add(name));
        }
    }

    fn add(&mut self, name: Name<'_>) {
        let Name { owner, found, text, is_external_id } = name;
        self.words.push((owner, text.into(), found));
        if is_external_id {
            self.external_ids.push((text.into(), found));
        }
    }

    /// All that was gathered, in order.
    pub(crate) fn finish(mut self) -> OldNames {
        self.external_ids.sort_unstable();
        OldNames { words: SortedWords::of(self.words), external_ids: self.external_ids }
    }
}

/// A text by which something is found.
struct Name<'a> {
    owner: AccountId,
    found: Found,
    text: &'a str,
    is_external_id: bool,
}

fn each_of_account(row: &AccountRow, take: &mut dyn FnMut(Name<'_>)) {
    let Some(profile) = &row.profile.value else { return };
    let found = Found::Account(row.account);
    each(row.account, found, &[Some(&profile.name)], profile.external_id.as_deref(), take);
}

fn each_of_member(row: &MemberRow, take: &mut dyn FnMut(Name<'_>)) {
    let Some(person) = &row.profile.value else { return };
    let found = Found::Member(row.member);
    let words = [Some(person.name.as_str()), Some(person.email.as_str())];
    each(row.account, found, &words, person.external_id.as_deref(), take);
}

fn each_of_license(row: &LicenseRow, take: &mut dyn FnMut(Name<'_>)) {
    let Some(secret) = &row.secret.value else { return };
    let found = Found::License(row.license);
    let ends = [key_end(&secret.key), long_last_group(&secret.key)];
    each(row.account, found, &ends, secret.external_id.as_deref(), take);
}

fn each_of_binding(row: &LicenseRow, activation: ActivationId, take: &mut dyn FnMut(Name<'_>)) {
    let name = row.bindings.get(&activation).and_then(BindingNote::name);
    let found = Found::Device(Bound { license: row.license, activation });
    each(row.account, found, &[name], None, take);
}

fn each(
    owner: AccountId,
    found: Found,
    words: &[Option<&str>],
    external_id: Option<&str>,
    take: &mut dyn FnMut(Name<'_>),
) {
    for text in words.iter().flatten() {
        take(Name { owner, found, text, is_external_id: false });
    }
    if let Some(text) = external_id {
        take(Name { owner, found, text, is_external_id: true });
    }
}

/// The last group of a key, which is shown of a masked one, where it is longer than its searched end.
fn long_last_group(key: &str) -> Option<&str> {
    let (_, group) = key.rsplit_once('-')?;
    (group.chars().count() > KEY_END_CHARACTERS).then_some(group)
}

/// The last characters of a key.
fn key_end(key: &str) -> Option<&str> {
    let (start, _) = key.char_indices().rev().nth(KEY_END_CHARACTERS - 1)?;
    key.get(start..)
}
