//! Lists of numbers by key, which only grow: what a snapshot said as one long list cut into pieces,
//! and what came since. Knows nothing of what is numbered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::Arc;

use crate::snapshot::Unfit;
use crate::snapshot::fixed::{Fixed, Reader, put_list};

/// The numbers of every key.
#[derive(Debug, Clone)]
pub(crate) struct Postings<K> {
    old: Arc<Old<K>>,
    new: HashMap<K, New>,
    /// The keys that came since the snapshot, in the order in which they came.
    came: Vec<K>,
}

/// What came since the snapshot.
#[derive(Debug, Clone, Default)]
struct New {
    numbers: Vec<u32>,
    /// The number of the key itself, see [`Postings::push`].
    key: u32,
}

/// What a snapshot said.
#[derive(Debug)]
struct Old<K> {
    /// In their order.
    keys: Vec<K>,
    /// Where the numbers of each key end in the list of all.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

/// The numbers of one key, in the order in which they came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers<'a> {
    old: &'a [u32],
    new: &'a [u32],
}

impl Numbers<'_> {
    pub(crate) const fn len(&self) -> usize {
        self.old.len().saturating_add(self.new.len())
    }

    pub(crate) fn get(&self, at: usize) -> Option<u32> {
        self.old.get(at).or_else(|| self.new.get(at.checked_sub(self.old.len())?)).copied()
    }

    /// How many of them are less than this one. They must have come in rising order.
    pub(crate) fn below(&self, number: u32) -> usize {
        let of = |part: &[u32]| part.partition_point(|one| *one < number);
        of(self.old).saturating_add(of(self.new))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.old.iter().chain(self.new).copied()
    }
}

impl<K> Default for Postings<K> {
    fn default() -> Self {
        let old = Old { keys: Vec::new(), ends: Vec::new(), numbers: Vec::new() };
        Self { old: Arc::new(old), new: HashMap::new(), came: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash + Ord> Postings<K> {
    /// Adds a number to a key. Keys are numbered too: those of the snapshot in their order, then the others as they
    /// came. Answers the number of the key; `None` when they are too many.
    pub(crate) fn push(&mut self, key: K, number: u32) -> Option<u32> {
        let new = match self.new.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => {
                let rank = self.old.keys.binary_search(&key).ok();
                let next = self.old.keys.len().checked_add(self.came.len())?;
                let number = u32::try_from(rank.unwrap_or(next)).ok()?;
                if rank.is_none() {
                    self.came.push(key);
                }
                vacant.insert(New { numbers: Vec::new(), key: number })
            }
        };
        new.numbers.push(number);
        Some(new.key)
    }

    pub(crate) fn of(&self, key: &K) -> Numbers<'_> {
        let new = self.new.get(key).map(|new| new.numbers.as_slice()).unwrap_or_default();
        Numbers { old: self.old.of(key), new }
    }

    /// The key with this number.
    pub(crate) fn key(&self, number: u32) -> Option<&K> {
        let number = usize::try_from(number).ok()?;
        let old = &self.old.keys;
        old.get(number).or_else(|| self.came.get(number.checked_sub(old.len())?))
    }

    /// All keys, by their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = &K> {
        self.old.keys.iter().chain(&self.came)
    }

    /// How many numbers of a key the snapshot had.
    pub(crate) fn restored(&self, key: &K) -> usize {
        self.old.of(key).len()
    }

    /// Every key, in their order.
    pub(crate) fn keys(&self) -> Vec<K> {
        let mut keys: Vec<K> = self.numbered().copied().collect();
        keys.sort_unstable();
        keys
    }
}

impl<K: Copy + Eq + Hash + Ord> Old<K> {
    fn of(&self, key: &K) -> &[u32] {
        self.keys.binary_search(key).ok().and_then(|at| self.at(at)).unwrap_or_default()
    }

    fn at(&self, at: usize) -> Option<&[u32]> {
        let from = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let until = *self.ends.get(at)?;
        self.numbers.get(usize::try_from(from).ok()?..usize::try_from(until).ok()?)
    }
}

impl<K: Copy + Eq + Hash + Ord + Fixed> Postings<K> {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        let keys = self.keys();
        let mut ends = Vec::with_capacity(keys.len());
        let mut numbers = Vec::with_capacity(self.old.numbers.len());
        for key in &keys {
            numbers.extend(self.of(key).iter());
            // No more numbers than events, which are numbered with as many bits.
            ends.push(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
        }
        put_list(out, keys.into_iter());
        put_list(out, ends.into_iter());
        put_list(out, numbers.into_iter());
    }

    /// Reads what was put. No number is `end` or more.
    pub(crate) fn take(reader: &mut Reader<'_>, end: usize) -> Result<Self, Unfit> {
        let old = Old { keys: reader.list()?, ends: reader.list()?, numbers: reader.list()? };
        let whole = old.keys.is_sorted_by(|one, other| one < other)
            && old.keys.len() == old.ends.len()
            && old.ends.is_sorted()
            && old.ends.last().map_or(0, |end| usize::try_from(*end).unwrap_or(usize::MAX))
                == old.numbers.len()
            && old.numbers.iter().all(|one| usize::try_from(*one).is_ok_and(|one| one < end));
        if whole {
            Ok(Self { old: Arc::new(old), new: HashMap::new(), came: Vec::new() })
        } else {
            Err(Unfit::Damaged)
        }
    }
}
