//! One file of a simulated disk: what readers see, what is durable, and what a crash may make of the difference.
#![expect(
    clippy::indexing_slicing,
    reason = "a test fixture: a range outside of a file is a bug of the simulation"
)]

use super::faults::{FaultCounts, FaultKind};
use super::random::Random;

/// What a medium writes as one.
pub const SECTOR_BYTES: usize = 512;

#[derive(Default, Clone)]
pub(super) struct Content {
    /// What a reader sees.
    pub bytes: Vec<u8>,
    pub durable: Vec<u8>,
    unsynced: Vec<Write>,
    /// What the last sync wrote over.
    before: Vec<Write>,
    /// Whether memory holds what the medium does not, and does not know it.
    diverged: bool,
}

#[derive(Clone)]
struct Write {
    at: usize,
    bytes: Vec<u8>,
    /// Never reaches the medium.
    lost: bool,
}

impl Content {
    pub fn of_durable(bytes: Vec<u8>) -> Self {
        Self { durable: bytes.clone(), bytes, ..Self::default() }
    }

    pub fn write(&mut self, at: usize, bytes: &[u8], lost: bool) {
        let end = at + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(bytes);
        self.unsynced.push(Write { at, bytes: bytes.to_vec(), lost });
    }

    pub fn sync(&mut self) {
        self.durable.resize(self.bytes.len(), 0);
        self.before.clear();
        for write in std::mem::take(&mut self.unsynced) {
            if write.lost {
                self.diverged = true;
                continue;
            }
            let end = write.at + write.bytes.len();
            let old = self.durable[write.at..end].to_vec();
            self.before.push(Write { at: write.at, bytes: old, lost: false });
            self.durable[write.at..end].copy_from_slice(&write.bytes);
        }
    }

    /// Some of what was written is on the medium; the system takes all of it for written.
    pub fn fail_sync(&mut self, dropped: bool, random: &mut Random) {
        self.durable = self.settle(random, &mut FaultCounts::default());
        self.durable.resize(self.bytes.len(), 0);
        self.unsynced.clear();
        self.diverged = true;
        if dropped {
            self.forget_cached();
        }
    }

    /// What a reader sees from now on comes from the medium.
    pub fn forget_cached(&mut self) {
        if !std::mem::take(&mut self.diverged) {
            return;
        }
        self.bytes.clone_from(&self.durable);
        for write in &self.unsynced {
            let end = write.at + write.bytes.len();
            if self.bytes.len() < end {
                self.bytes.resize(end, 0);
            }
            self.bytes[write.at..end].copy_from_slice(&write.bytes);
        }
    }

    /// What was there before the last sync.
    pub fn stale(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        bytes.resize(self.bytes.len(), 0);
        for write in self.before.iter().rev() {
            bytes[write.at..write.at + write.bytes.len()].copy_from_slice(&write.bytes);
        }
        bytes
    }

    /// What the medium holds after a crash.
    pub fn settle(&self, random: &mut Random, counts: &mut FaultCounts) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        if self.bytes.len() > bytes.len() {
            if random.below(3) == 0 {
                counts.add(FaultKind::GrowthLost);
            } else {
                counts.add(FaultKind::GrowthKept);
                bytes.resize(self.bytes.len(), 0);
            }
        }
        if self.unsynced.is_empty() {
            return bytes;
        }
        let writes = self.unsynced.len() as u64;
        match random.below(6) {
            0 => counts.add(FaultKind::SettledNothing),
            1 => {
                counts.add(FaultKind::SettledEverything);
                self.unsynced.iter().for_each(|write| write.put(&mut bytes, |_| true));
            }
            2 => {
                counts.add(FaultKind::SettledReordered);
                for write in &self.unsynced {
                    if random.below(2) == 0 {
                        write.put(&mut bytes, |_| true);
                    }
                }
            }
            3 => {
                counts.add(FaultKind::SettledTorn);
                let last = random.below(writes);
                for (number, write) in (0..).zip(&self.unsynced) {
                    let sectors = if number < last {
                        usize::MAX
                    } else if number == last {
                        random.index(write.sectors() + 1)
                    } else {
                        0
                    };
                    write.put(&mut bytes, |sector| sector < sectors);
                }
            }
            _ => {
                counts.add(FaultKind::SettledSectors);
                for write in &self.unsynced {
                    write.put(&mut bytes, |_| random.below(2) == 0);
                }
            }
        }
        bytes
    }
}

impl Write {
    fn sectors(&self) -> usize {
        (self.at + self.bytes.len()).div_ceil(SECTOR_BYTES) - self.at / SECTOR_BYTES
    }

    /// Puts those of its sectors that are kept on the medium, as far as the file reaches.
    fn put(&self, medium: &mut [u8], mut keeps: impl FnMut(usize) -> bool) {
        if self.lost {
            return;
        }
        let (mut from, end) = (self.at, self.at + self.bytes.len());
        let mut sector = 0;
        while from < end {
            let to = ((from / SECTOR_BYTES + 1) * SECTOR_BYTES).min(end);
            if keeps(sector) && to <= medium.len() {
                medium[from..to].copy_from_slice(&self.bytes[from - self.at..to - self.at]);
            }
            (from, sector) = (to, sector + 1);
        }
    }
}
