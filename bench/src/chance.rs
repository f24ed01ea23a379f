//! Chance that repeats (splitmix64), and the ids that it gives: the same run makes the same ledger.

use uuid::Uuid;

/// A sequence of numbers that only its seed decides.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this bound, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.bits() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// 128 bits as an id.
    pub fn id(&mut self) -> Uuid {
        Uuid::from_u128((u128::from(self.bits()) << 64) | u128::from(self.bits()))
    }

    /// An id that sorts after those made before it, as a UUIDv7 does: what is kindest to the other stores' trees.
    pub fn id_in_order(&mut self, number: u64) -> Uuid {
        Uuid::from_u128((u128::from(number) << 64) | u128::from(self.bits()))
    }
}
