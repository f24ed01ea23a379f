//! Rows that a snapshot left as bytes: each is decoded when somebody first asks for it, or when all
//! are, a while after the start. Knows nothing of what the rows mean.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, OnceLock};

use ledger_log::Keystore;

use crate::snapshot::StoredRow;

/// Where the bytes of a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub offset: u64,
    pub bytes: u32,
}

/// The bytes that rows are decoded from, and the keys that open their personal values.
pub(crate) struct Source {
    bytes: Vec<u8>,
    keys: Arc<Keystore>,
    failure: OnceLock<String>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of rows", self.bytes.len())
    }
}

impl Source {
    pub(crate) const fn new(bytes: Vec<u8>, keys: Arc<Keystore>) -> Self {
        Self { bytes, keys, failure: OnceLock::new() }
    }

    /// The bytes of one row.
    pub(crate) fn slice(&self, place: Place) -> Option<&[u8]> {
        let from = usize::try_from(place.offset).ok()?;
        let length = usize::try_from(place.bytes).ok()?;
        self.bytes.get(from..from.checked_add(length)?)
    }

    /// Why a row could not be decoded; `None`: all that were asked for could. The bytes are those
    /// that were written, so this is no damage of the file but a row that this version cannot read.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    fn decode<R: StoredRow>(&self, place: Place) -> Option<Arc<R>> {
        let Some(bytes) = self.slice(place) else {
            self.fail("a row lies outside of the snapshot".to_owned());
            return None;
        };
        match R::from_bytes(bytes, &self.keys) {
            Ok(row) => Some(Arc::new(row)),
            Err(unfit) => {
                self.fail(unfit.to_string());
                None
            }
        }
    }

    fn fail(&self, reason: String) {
        // The first reason is the one to tell.
        let _ = self.failure.set(reason);
    }
}

/// One row: its bytes, or what they say once somebody asked.
#[derive(Debug)]
struct Kept<R> {
    /// Where it still is as it was read; empty once it changed.
    place: Option<Place>,
    row: OnceLock<Arc<R>>,
}

impl<R> Kept<R> {
    fn new(row: R) -> Self {
        Self { place: None, row: OnceLock::from(Arc::new(row)) }
    }
}

/// Rows by their key, some of them still bytes.
#[derive(Debug)]
pub(crate) struct Rows<K, R> {
    rows: BTreeMap<K, Kept<R>>,
    source: Option<Arc<Source>>,
}

impl<K, R> Default for Rows<K, R> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), source: None }
    }
}

impl<K: Copy + Ord, R: StoredRow + Clone> Rows<K, R> {
    /// Rows that are all still bytes.
    pub(crate) fn restored(places: Vec<(K, Place)>, source: &Arc<Source>) -> Self {
        let kept = |place| Kept { place: Some(place), row: OnceLock::new() };
        let rows = places.into_iter().map(|(key, place)| (key, kept(place))).collect();
        Self { rows, source: Some(Arc::clone(source)) }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = K> {
        self.rows.keys().copied()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&Arc<R>> {
        self.decoded(self.rows.get(key)?)
    }

    /// A row, to change it.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut R> {
        let kept = self.rows.get_mut(key)?;
        if kept.row.get().is_none() {
            // Nobody else can have put it there: whoever changes rows is alone.
            let _ = kept.row.set(self.source.as_ref()?.decode(kept.place?)?);
        }
        kept.place = None;
        kept.row.get_mut().map(Arc::make_mut)
    }

    /// A row, to change it; `make` makes the one that is not there.
    pub(crate) fn get_or_insert(&mut self, key: K, make: impl FnOnce() -> R) -> Option<&mut R> {
        self.rows.entry(key).or_insert_with(|| Kept::new(make()));
        self.get_mut(&key)
    }

    pub(crate) fn insert(&mut self, key: K, row: R) {
        self.rows.insert(key, Kept::new(row));
    }

    /// The rows in the order of their keys.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        self.rows.values().filter_map(|kept| self.decoded(kept))
    }

    /// The rows with keys in this range, in the order of their keys.
    pub(crate) fn range(
        &self,
        range: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        self.rows.range(range).filter_map(|(_, kept)| self.decoded(kept))
    }

    /// The rows after a key, at most so many, in the order of their keys. Fewer: there are no more.
    pub(crate) fn after(&self, after: Option<K>, limit: usize) -> Vec<(K, Arc<R>)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows.range((from, Bound::Unbounded)).take(limit);
        rows.filter_map(|(key, kept)| Some((*key, Arc::clone(self.decoded(kept)?)))).collect()
    }

    /// At most so many keys, from everywhere.
    pub(crate) fn sample(&self, limit: usize) -> Vec<K> {
        let apart = self.rows.len().div_ceil(limit.max(1)).max(1);
        self.rows.keys().step_by(apart).copied().collect()
    }

    /// All rows for a snapshot: shared, not copied. Those that did not change stay bytes.
    pub(crate) fn freeze(&self) -> FrozenRows<K, R> {
        let rows = self.rows.iter().map(|(key, kept)| {
            let bytes = kept.place.filter(|_| self.source.is_some()).map(FrozenRow::Bytes);
            let row = || kept.row.get().map(|row| FrozenRow::Row(Arc::clone(row)));
            bytes.or_else(row).map(|one| (*key, one))
        });
        FrozenRows { rows: rows.flatten().collect(), source: self.source.clone() }
    }

    /// Lets go of the bytes, once no row needs them any more. Answers whether it did.
    pub(crate) fn release(&mut self) -> bool {
        let all = self.rows.values().all(|kept| kept.row.get().is_some());
        if all {
            self.source = None;
        }
        all
    }

    fn decoded<'a>(&'a self, kept: &'a Kept<R>) -> Option<&'a Arc<R>> {
        if let Some(row) = kept.row.get() {
            return Some(row);
        }
        let row = self.source.as_ref()?.decode(kept.place?)?;
        Some(kept.row.get_or_init(|| row))
    }
}

/// Rows as a snapshot is written from them.
pub(crate) struct FrozenRows<K, R> {
    pub rows: Vec<(K, FrozenRow<R>)>,
    pub source: Option<Arc<Source>>,
}

/// One row of them.
pub(crate) enum FrozenRow<R> {
    /// As it was read.
    Bytes(Place),
    /// Made or changed since.
    Row(Arc<R>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::entitlements::LicenseMeters;

    fn rows(bytes: Vec<u8>, places: Vec<(u8, Place)>) -> Rows<u8, LicenseMeters> {
        let keys = Arc::new(Keystore::in_memory().unwrap());
        Rows::restored(places, &Arc::new(Source::new(bytes, keys)))
    }

    #[test]
    fn a_row_is_decoded_once_and_bytes_only_as_long_as_it_does_not_change() {
        let keys = Keystore::in_memory().unwrap();
        let bytes = LicenseMeters::default().to_bytes(&keys).unwrap();
        let length = u32::try_from(bytes.len()).unwrap();
        let place = |number: usize| Place {
            offset: u64::try_from(number * bytes.len()).unwrap(),
            bytes: length,
        };
        let mut rows = rows(bytes.repeat(2), vec![(1, place(0)), (2, place(1))]);
        let first = Arc::clone(rows.get(&1).unwrap());
        assert!(Arc::ptr_eq(&first, rows.get(&1).unwrap()));
        assert!(rows.get_mut(&1).is_some());
        let frozen = rows.freeze();
        let kinds = frozen.rows.iter().map(|(_, row)| matches!(row, FrozenRow::Bytes(_)));
        assert_eq!(kinds.collect::<Vec<_>>(), [false, true]);
        assert!(!rows.release(), "a row is still bytes");
        assert_eq!(rows.after(None, 9).len(), 2);
        assert!(rows.release());
        assert!(rows.get(&2).is_some());
        assert!(rows.freeze().rows.iter().all(|(_, row)| matches!(row, FrozenRow::Row(_))));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_told_and_never_made_anew() {
        let place = Place { offset: 0, bytes: 1 };
        let mut rows = rows(vec![0xc1], vec![(1, place), (2, Place { offset: 9, bytes: 1 })]);
        assert!(rows.get_or_insert(1, LicenseMeters::default).is_none());
        assert!(rows.source.as_ref().unwrap().failure().is_some());
        assert!(rows.get(&2).is_none());
        assert!(!rows.release());
    }
}
