//! Recently used frames, bounded by their bytes. A frame in here was verified when it came in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::frame::Frame;

/// Which frame: its segment and its offset.
pub(crate) type FrameKey = (u64, u64);

/// Two generations: what is used moves to the young one, and when that is full the old one is dropped.
#[derive(Debug)]
pub(crate) struct FrameCache {
    generations: Mutex<Generations>,
    generation_bytes_max: usize,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<FrameKey, Arc<Frame>>,
    young_bytes: usize,
    old: HashMap<FrameKey, Arc<Frame>>,
}

impl FrameCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { generations: Mutex::default(), generation_bytes_max: bytes_max / 2 }
    }

    pub(crate) fn get(&self, key: FrameKey) -> Option<Arc<Frame>> {
        let mut kept = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = kept.young.get(&key) {
            return Some(Arc::clone(frame));
        }
        let frame = kept.old.remove(&key)?;
        kept.put(key, Arc::clone(&frame), self.generation_bytes_max);
        Some(frame)
    }

    pub(crate) fn put(&self, key: FrameKey, frame: Arc<Frame>) {
        let mut kept = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        kept.put(key, frame, self.generation_bytes_max);
    }
}

impl Generations {
    fn put(&mut self, key: FrameKey, frame: Arc<Frame>, bytes_max: usize) {
        let bytes = frame.bytes.len();
        if self.young_bytes + bytes > bytes_max {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if self.young.insert(key, frame).is_none() {
            self.young_bytes += bytes;
        }
    }
}
