//! The streams that were used last, with their states. Bounded by count; the one unused longest goes first.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::StreamName;

/// A stream as one rule book sees it.
pub(super) type CacheKey = (StreamName, TypeId);

type Cached = Arc<dyn Any + Send + Sync>;

/// The cache.
#[derive(Debug)]
pub(super) struct Cache {
    kept: Mutex<Kept>,
    streams_max: usize,
}

#[derive(Debug, Default)]
struct Kept {
    streams: HashMap<CacheKey, (Cached, u64)>,
    /// When each was used last, the oldest first.
    uses: BTreeMap<u64, CacheKey>,
    clock: u64,
}

impl Cache {
    pub fn new(streams_max: usize) -> Self {
        Self { kept: Mutex::default(), streams_max }
    }

    /// The cached stream, or a new empty one.
    pub fn get<T: Any + Send + Sync + Default>(&self, key: CacheKey) -> Arc<T> {
        let mut kept = self.lock();
        kept.clock += 1;
        let now = kept.clock;
        let found = kept.streams.get_mut(&key).and_then(|(cached, used)| {
            let typed = Arc::clone(cached).downcast::<T>().ok()?;
            Some((typed, std::mem::replace(used, now)))
        });
        let (stream, before) = if let Some((stream, before)) = found {
            (stream, Some(before))
        } else {
            let stream = Arc::<T>::default();
            let before = kept.streams.insert(key, (stream.clone(), now));
            (stream, before.map(|(_, used)| used))
        };
        if let Some(before) = before {
            kept.uses.remove(&before);
        }
        kept.uses.insert(now, key);
        kept.shrink(self.streams_max);
        stream
    }

    /// Forgets this stream, unless another one has taken its place already.
    pub fn forget<T: Any + Send + Sync>(&self, key: CacheKey, stream: &Arc<T>) {
        let mut kept = self.lock();
        let same = kept
            .streams
            .get(&key)
            .is_some_and(|(cached, _)| std::ptr::addr_eq(Arc::as_ptr(cached), Arc::as_ptr(stream)));
        if same {
            kept.remove(key);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.lock().streams.len()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn remove(&mut self, key: CacheKey) {
        if let Some((_, used)) = self.streams.remove(&key) {
            self.uses.remove(&used);
        }
    }

    /// Drops what was unused longest. A stream in use stays: its pending events are known nowhere else.
    fn shrink(&mut self, streams_max: usize) {
        let excess = self.streams.len().saturating_sub(streams_max);
        if excess == 0 {
            return;
        }
        let idle = |key: &&CacheKey| {
            self.streams.get(key).is_some_and(|(cached, _)| Arc::strong_count(cached) == 1)
        };
        let oldest: Vec<_> = self.uses.values().filter(idle).take(excess).copied().collect();
        for key in oldest {
            self.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::StreamKind;
    use uuid::Uuid;

    fn key(number: u128) -> CacheKey {
        (StreamName::new(StreamKind::License, Uuid::from_u128(number)), TypeId::of::<u8>())
    }

    #[test]
    fn the_stream_unused_longest_goes_first() {
        let cache = Cache::new(2);
        let first = Arc::downgrade(&cache.get::<Mutex<u8>>(key(1)));
        let second = Arc::downgrade(&cache.get::<Mutex<u8>>(key(2)));
        cache.get::<Mutex<u8>>(key(1));
        cache.get::<Mutex<u8>>(key(3));
        assert_eq!(cache.len(), 2);
        assert!(first.upgrade().is_some() && second.upgrade().is_none());
    }

    #[test]
    fn a_stream_in_use_is_not_dropped() {
        let cache = Cache::new(1);
        let used = cache.get::<Mutex<u8>>(key(1));
        for number in 2..50 {
            cache.get::<Mutex<u8>>(key(number));
        }
        assert!(Arc::ptr_eq(&used, &cache.get::<Mutex<u8>>(key(1))));
        drop(used);
        cache.get::<Mutex<u8>>(key(50));
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn only_the_stream_that_is_meant_is_forgotten() {
        let cache = Cache::new(8);
        let old = cache.get::<Mutex<u8>>(key(1));
        cache.forget(key(1), &old);
        let new = cache.get::<Mutex<u8>>(key(1));
        assert!(!Arc::ptr_eq(&old, &new));
        cache.forget(key(1), &old);
        assert!(Arc::ptr_eq(&new, &cache.get::<Mutex<u8>>(key(1))));
    }
}
