//! Numbers that only depend on a seed, also in place of the machine's own.

use std::cell::RefCell;

/// A sequence of numbers (splitmix64).
#[derive(Debug, Clone, Default)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this bound, which is at least 1.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A place among this many, at least 1.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }
}

thread_local! {
    static IN_PLACE_OF_THE_MACHINE: RefCell<Option<Random>> = const { RefCell::new(None) };
}

/// From now on ids, keys and nonces made on this thread follow from a seed; `None`: from the machine again.
pub fn seed_this_thread(seed: Option<u64>) {
    IN_PLACE_OF_THE_MACHINE.set(seed.map(Random));
}

/// Whether this thread has a seed.
pub(crate) fn is_seeded() -> bool {
    IN_PLACE_OF_THE_MACHINE.with_borrow(Option::is_some)
}

/// Fills in bytes that follow from this thread's seed. Whether it has one.
pub(crate) fn fill_seeded(bytes: &mut [u8]) -> bool {
    IN_PLACE_OF_THE_MACHINE.with_borrow_mut(|random| {
        let Some(random) = random else { return false };
        for chunk in bytes.chunks_mut(8) {
            let number = random.next().to_be_bytes();
            chunk.iter_mut().zip(number).for_each(|(byte, from)| *byte = from);
        }
        true
    })
}
