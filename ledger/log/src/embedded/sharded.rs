//! A hash map in many parts. One big map moves all its entries at once when it grows, while everybody who commits or
//! reads waits: with millions of entries that takes hundreds of milliseconds. Parts grow one by one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use schemas::{AccountId, CommandId, StreamName};

/// As many as a byte tells apart.
const SHARDS: usize = 256;

/// What says in which part a key is. Any byte will do; one that is spread evenly does best.
pub(crate) trait ShardKey: Eq + Hash {
    fn shard(&self) -> u8;
}

impl ShardKey for StreamName {
    fn shard(&self) -> u8 {
        let [.., last] = *self.id.as_bytes();
        last
    }
}

impl ShardKey for (Option<AccountId>, CommandId) {
    fn shard(&self) -> u8 {
        let [.., last] = self.1.bytes();
        last
    }
}

/// The map.
#[derive(Debug)]
pub(crate) struct Sharded<K, V> {
    shards: Box<[HashMap<K, V>; SHARDS]>,
}

impl<K, V> Default for Sharded<K, V> {
    fn default() -> Self {
        Self { shards: Box::new(std::array::from_fn(|_| HashMap::new())) }
    }
}

impl<K: ShardKey, V> Sharded<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.shards.get(usize::from(key.shard()))?.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.shards.get_mut(usize::from(key.shard()))?.get_mut(key)
    }

    pub(crate) fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        let [first, others @ ..] = &mut *self.shards;
        let other = usize::from(key.shard()).checked_sub(1);
        other.and_then(|other| others.get_mut(other)).unwrap_or(first).entry(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(HashMap::len).sum()
    }

    /// Makes room for this many more keys, spread evenly.
    pub(crate) fn reserve(&mut self, keys: usize) {
        let each = keys.div_ceil(SHARDS);
        self.shards.iter_mut().for_each(|shard| shard.reserve(each));
    }

    pub(crate) fn clear(&mut self) {
        self.shards.iter_mut().for_each(HashMap::clear);
    }
}
