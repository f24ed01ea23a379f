//! The streams that were used last, with their states. Bounded by count; those unused longest go first.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::StreamName;

/// A stream as one rule book sees it.
pub(super) type CacheKey = (StreamName, TypeId);

type Cached = Arc<dyn Any + Send + Sync>;

/// The cache. What is over the bound goes a sixteenth at a time, so that a use costs no bookkeeping but a number.
#[derive(Debug)]
pub(super) struct Cache {
    kept: Mutex<Kept>,
    streams_max: usize,
}

#[derive(Debug, Default)]
struct Kept {
    streams: HashMap<CacheKey, Use>,
    clock: u64,
}

#[derive(Debug)]
struct Use {
    cached: Cached,
    /// When it was used last.
    at: u64,
}

impl Cache {
    pub fn new(streams_max: usize) -> Self {
        Self { kept: Mutex::default(), streams_max }
    }

    /// The cached stream, or a new empty one.
    pub fn get<T: Any + Send + Sync + Default>(&self, key: CacheKey) -> Arc<T> {
        let mut kept = self.lock();
        kept.clock += 1;
        let at = kept.clock;
        if let Some(found) = kept.streams.get_mut(&key)
            && let Ok(stream) = Arc::clone(&found.cached).downcast::<T>()
        {
            found.at = at;
            return stream;
        }
        let stream = Arc::<T>::default();
        kept.streams.insert(key, Use { cached: stream.clone(), at });
        kept.shrink(self.streams_max);
        stream
    }

    /// Forgets this stream, unless another one has taken its place already.
    pub fn forget<T: Any + Send + Sync>(&self, key: CacheKey, stream: &Arc<T>) {
        let mut kept = self.lock();
        let same = kept.streams.get(&key).is_some_and(|found| {
            std::ptr::addr_eq(Arc::as_ptr(&found.cached), Arc::as_ptr(stream))
        });
        if same {
            kept.streams.remove(&key);
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
    /// Drops what was unused longest, once too much is kept. A stream in use stays: its pending events are known
    /// nowhere else.
    fn shrink(&mut self, streams_max: usize) {
        if self.streams.len() <= streams_max {
            return;
        }
        let kept_then = streams_max - streams_max / 16;
        let excess = self.streams.len().saturating_sub(kept_then);
        let idle = |one: &Use| Arc::strong_count(&one.cached) == 1;
        let mut uses: Vec<_> =
            self.streams.values().filter(|one| idle(one)).map(|one| one.at).collect();
        let last = excess.min(uses.len()).checked_sub(1);
        let Some(last) = last else { return };
        let (_, newest_to_go, _) = uses.select_nth_unstable(last);
        let newest_to_go = *newest_to_go;
        self.streams.retain(|_, one| one.at > newest_to_go || !idle(one));
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
