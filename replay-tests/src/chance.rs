//! Chance that repeats: the same seed gives the same numbers on every machine.

/// A sequence of numbers that only its seed decides (splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that differs from run to run, or the one in `SEED`. It is printed, so that a failure repeats.
    #[must_use]
    pub fn printed(what: &str) -> Self {
        let given = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let random = entropy();
            random % 1_000_000_007
        });
        println!("{what}: seed {seed}; repeat with SEED={seed}");
        Self(seed)
    }

    /// Another sequence that this one decides, for somebody who draws beside it.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self(self.bits())
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
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    /// True once in this many times.
    pub const fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let count = u64::try_from(choices.len()).unwrap();
        &choices[usize::try_from(self.below(count)).unwrap()]
    }

    /// 128 bits as an id.
    pub fn id(&mut self) -> uuid::Uuid {
        let high = u128::from(self.bits()) << 64;
        uuid::Uuid::from_u128(high | u128::from(self.bits()))
    }
}

/// What differs from run to run: the standard library seeds its hash maps by it.
fn entropy() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}
