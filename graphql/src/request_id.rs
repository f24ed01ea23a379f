//! The name of one request, in answers and in the log, so that a report from a customer finds its
//! lines.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The name of one request: 16 hexadecimal digits, unique in the process and hard to guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId([u8; PREFIX.len() + DIGITS]);

const PREFIX: &[u8] = b"req_";
const DIGITS: usize = 16;

impl RequestId {
    /// The next name.
    #[must_use]
    pub fn next() -> Self {
        static SEED: OnceLock<RandomState> = OnceLock::new();
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut rest = SEED.get_or_init(RandomState::new).hash_one(count);
        let mut text = [b'0'; PREFIX.len() + DIGITS];
        let (prefix, digits) = text.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        for digit in digits.iter_mut().rev() {
            let [low, ..] = (rest % 16).to_le_bytes();
            *digit = if low < 10 { b'0' + low } else { b'a' + (low - 10) };
            rest /= 16;
        }
        Self(text)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is made of ASCII letters only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_sixteen_hexadecimal_digits_and_never_the_same() {
        let names: std::collections::BTreeSet<String> =
            (0..1_000).map(|_| RequestId::next().to_string()).collect();
        assert_eq!(names.len(), 1_000);
        for name in names {
            let digits = name.strip_prefix("req_").expect("the prefix");
            assert_eq!(digits.len(), 16, "{name}");
            assert!(digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
        }
    }
}
