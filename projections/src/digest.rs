//! State hashes of views: what a view holds, as one number that does not depend on the order of its
//! rows. The hash of a view is the sum, modulo 2^256, of one keyed hash for each row; so a changed
//! row costs one subtraction and one addition. Rows are hashed from their plain text form, never
//! from bytes of a program.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use schemas::{Digest, LogPosition};

use crate::row_text::RowText;

/// What one view held at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewDigest {
    /// The view and the version of its meaning, written `entitlements@1`.
    pub view: ViewVersion,
    /// How many rows it had.
    pub rows: u64,
    /// The hash of all of them.
    pub digest: Digest,
}

/// What all views held at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// The last event they know; `None`: none.
    pub position: Option<LogPosition>,
    /// One digest for each view, in the order of their names.
    pub views: Vec<ViewDigest>,
}

/// The name of a view, and the version of what its rows mean. A view that changes meaning gets a
/// new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewVersion {
    /// The view.
    pub name: &'static str,
    /// The version of its rows and of their text form.
    pub version: u32,
}

impl fmt::Display for ViewVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// A sum of hashes modulo 2^256, the first limb the least significant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sum([u64; 4]);

impl Sum {
    pub(crate) fn add(&mut self, hash: &[u8; 32]) {
        let (words, _) = hash.as_chunks::<8>();
        let mut carry = false;
        for (limb, word) in self.0.iter_mut().zip(words) {
            (*limb, carry) = limb.carrying_add(u64::from_le_bytes(*word), carry);
        }
    }

    pub(crate) fn subtract(&mut self, hash: &[u8; 32]) {
        let (words, _) = hash.as_chunks::<8>();
        let mut borrow = false;
        for (limb, word) in self.0.iter_mut().zip(words) {
            (*limb, borrow) = limb.borrowing_sub(u64::from_le_bytes(*word), borrow);
        }
    }

    /// The sum that has this digest.
    pub(crate) fn of(digest: &Digest) -> Self {
        let mut sum = Self::default();
        sum.add(&digest.0);
        sum
    }

    pub(crate) fn digest(&self) -> Digest {
        let mut bytes = [0; 32];
        let (words, _) = bytes.as_chunks_mut::<8>();
        for (word, limb) in words.iter_mut().zip(self.0) {
            *word = limb.to_le_bytes();
        }
        Digest(bytes)
    }
}

/// Hashes the rows of one version of one view: equal rows of different views have different hashes.
#[derive(Debug, Clone)]
pub(crate) struct RowHasher(blake3::Hasher);

impl RowHasher {
    pub(crate) fn new(view: ViewVersion) -> Self {
        Self(blake3::Hasher::new_derive_key(&format!("ent-ledger 2026 view v1 {view}")))
    }

    pub(crate) fn hash(&self, row: &RowText) -> [u8; 32] {
        let mut hasher = self.0.clone();
        hasher.update(row.as_str().as_bytes());
        *hasher.finalize().as_bytes()
    }
}

/// The hash of a row, by its key.
pub(crate) type RowHash<K> = (K, [u8; 32]);

/// The running hash of a view whose rows change: changed rows are marked, and hashed when somebody
/// asks.
#[derive(Debug, Clone)]
pub(crate) struct Tally<K> {
    hasher: RowHasher,
    sum: Sum,
    rows: u64,
    /// What a snapshot said, in the order of the keys.
    old: Arc<Vec<RowHash<K>>>,
    /// What is so now of rows that changed since; `None`: there is no such row.
    hashes: HashMap<K, Option<[u8; 32]>>,
    changed: HashSet<K>,
}

impl<K: Copy + Eq + Hash + Ord> Tally<K> {
    pub(crate) fn new(view: ViewVersion) -> Self {
        Self::restored(view, Vec::new())
    }

    /// The tally of rows with these hashes, which come in the order of their keys.
    pub(crate) fn restored(view: ViewVersion, hashes: Vec<RowHash<K>>) -> Self {
        let mut sum = Sum::default();
        hashes.iter().for_each(|(_, hash)| sum.add(hash));
        Self {
            hasher: RowHasher::new(view),
            sum,
            rows: u64::try_from(hashes.len()).unwrap_or(u64::MAX),
            old: Arc::new(hashes),
            hashes: HashMap::new(),
            changed: HashSet::new(),
        }
    }

    /// The row with this key was added, changed or taken away.
    pub(crate) fn touch(&mut self, key: K) {
        self.changed.insert(key);
    }

    /// How many rows wait to be hashed.
    pub(crate) fn pending(&self) -> usize {
        self.changed.len()
    }

    /// Hashes the changed rows. `write` puts a row's text, and answers whether the row is still
    /// there.
    pub(crate) fn settle(&mut self, write: impl FnMut(&K, &mut RowText) -> bool) {
        let changed = std::mem::take(&mut self.changed);
        self.settle_these(changed, write);
    }

    /// Hashes some of the changed rows, at most so many.
    pub(crate) fn settle_some(
        &mut self,
        rows_max: usize,
        write: impl FnMut(&K, &mut RowText) -> bool,
    ) {
        let some: Vec<_> = self.changed.iter().take(rows_max).copied().collect();
        for key in &some {
            self.changed.remove(key);
        }
        self.settle_these(some, write);
    }

    fn settle_these(
        &mut self,
        keys: impl IntoIterator<Item = K>,
        mut write: impl FnMut(&K, &mut RowText) -> bool,
    ) {
        let mut text = RowText::default();
        for key in keys {
            text.clear();
            if let Some(old) = self.hash(&key) {
                self.sum.subtract(&old);
                self.rows = self.rows.saturating_sub(1);
            }
            let hash = write(&key, &mut text).then(|| self.hasher.hash(&text));
            if let Some(hash) = &hash {
                self.sum.add(hash);
                self.rows = self.rows.saturating_add(1);
            }
            self.hashes.insert(key, hash);
        }
    }

    /// What the row with this key was hashed to; `None`: there was none.
    fn hash(&self, key: &K) -> Option<[u8; 32]> {
        self.hashes.get(key).copied().unwrap_or_else(|| {
            let at = self.old.binary_search_by_key(key, |(key, _)| *key).ok()?;
            self.old.get(at).map(|(_, hash)| *hash)
        })
    }

    /// Whether a settled row with this text was hashed to what is kept.
    pub(crate) fn holds(&self, key: &K, text: &RowText) -> bool {
        self.hash(key) == Some(self.hasher.hash(text))
    }

    /// The hashes of all settled rows, in the order of their keys.
    pub(crate) fn settled(&self) -> Vec<RowHash<K>> {
        let unchanged = self.old.iter().filter(|(key, _)| !self.hashes.contains_key(key)).copied();
        let since = self.hashes.iter().filter_map(|(key, hash)| Some((*key, (*hash)?)));
        let mut all: Vec<_> = unchanged.chain(since).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// The hash of all settled rows, and how many there are.
    pub(crate) fn digest(&self, view: ViewVersion) -> ViewDigest {
        ViewDigest { view, rows: self.rows, digest: self.sum.digest() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const VIEW: ViewVersion = ViewVersion { name: "sample", version: 1 };

    fn write(rows: &BTreeMap<u8, u32>, key: u8, text: &mut RowText) -> bool {
        rows.get(&key).is_some_and(|value| {
            text.start("row", key);
            text.field("value", value);
            true
        })
    }

    proptest! {
        #[test]
        fn subtraction_undoes_addition(hashes: Vec<[u8; 32]>, extra: [u8; 32]) {
            let mut sum = Sum::default();
            hashes.iter().for_each(|hash| sum.add(hash));
            let before = sum;
            sum.add(&extra);
            sum.subtract(&extra);
            prop_assert_eq!(sum, before);
            hashes.iter().rev().for_each(|hash| sum.subtract(hash));
            prop_assert_eq!(sum, Sum::default());
        }

        #[test]
        fn the_running_hash_is_the_hash_of_the_rows(
            changes in prop::collection::vec((any::<u8>(), any::<Option<u32>>(), any::<bool>()), 0..200),
        ) {
            let mut rows = BTreeMap::new();
            let mut running = Tally::new(VIEW);
            for (key, value, ask) in changes {
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
                running.touch(key);
                if ask {
                    running.settle_some(2, |key, text| write(&rows, *key, text));
                    running.settle(|key, text| write(&rows, *key, text));
                    let mut anew = Tally::new(VIEW);
                    rows.keys().for_each(|key| anew.touch(*key));
                    anew.settle(|key, text| write(&rows, *key, text));
                    prop_assert_eq!(running.digest(VIEW), anew.digest(VIEW));
                }
            }
        }
    }

    #[test]
    fn carries_run_through_all_limbs() {
        let mut sum = Sum([u64::MAX; 4]);
        let mut one = [0; 32];
        one[0] = 1;
        sum.add(&one);
        assert_eq!(sum, Sum::default());
        sum.subtract(&one);
        assert_eq!(sum, Sum([u64::MAX; 4]));
    }

    #[test]
    fn the_same_row_in_another_version_of_a_view_has_another_hash() {
        let mut text = RowText::default();
        text.start("row", 1);
        let other = ViewVersion { version: 2, ..VIEW };
        assert_ne!(RowHasher::new(VIEW).hash(&text), RowHasher::new(other).hash(&text));
    }
}
