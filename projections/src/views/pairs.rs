//! Which things belong to which, as sorted pairs: small, and made from a sorted list without
//! searching. Knows nothing of what they are.

use std::collections::BTreeSet;

use schemas::{AccountId, ActivationId, LicenseId};
use uuid::Uuid;

use crate::views::directory::Bound;

/// Something that has a least and a greatest value.
pub(crate) trait Extremes {
    const LEAST: Self;
    const GREATEST: Self;
}

impl Extremes for AccountId {
    const LEAST: Self = Self::new(Uuid::nil());
    const GREATEST: Self = Self::new(Uuid::max());
}

impl Extremes for LicenseId {
    const LEAST: Self = Self::new(Uuid::nil());
    const GREATEST: Self = Self::new(Uuid::max());
}

impl Extremes for Bound {
    const LEAST: Self =
        Self { license: LicenseId::LEAST, activation: ActivationId::new(Uuid::nil()) };
    const GREATEST: Self =
        Self { license: LicenseId::GREATEST, activation: ActivationId::new(Uuid::max()) };
}

/// A set of things for each key.
#[derive(Debug, Clone)]
pub(crate) struct Pairs<K, T>(BTreeSet<(K, T)>);

impl<K, T> Default for Pairs<K, T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<K: Copy + Ord, T: Copy + Ord + Extremes> Pairs<K, T> {
    pub(crate) fn restored(pairs: Vec<(K, T)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    pub(crate) fn insert(&mut self, key: K, thing: T) {
        self.0.insert((key, thing));
    }

    pub(crate) fn remove(&mut self, key: K, thing: T) {
        self.0.remove(&(key, thing));
    }

    /// The things of a key, in their order.
    pub(crate) fn of(&self, key: K) -> impl DoubleEndedIterator<Item = T> {
        self.0.range((key, T::LEAST)..=(key, T::GREATEST)).map(|(_, thing)| *thing)
    }

    /// The keys that have things, in their order.
    pub(crate) fn keys(&self) -> Vec<K> {
        let mut keys: Vec<K> = self.0.iter().map(|(key, _)| *key).collect();
        keys.dedup();
        keys
    }

    /// All pairs, in their order.
    pub(crate) fn all(&self) -> Vec<(K, T)> {
        self.0.iter().copied().collect()
    }
}
