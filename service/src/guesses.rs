//! Slows down guessing of license keys: whoever showed many that nobody has waits before it may show another one. Keys that
//! are right cost nothing, however many show them from one address. Knows the time only as it is told.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::throttle::network;

/// What one wrong key costs: so often one may be shown from an address in the long run.
pub const COST: Duration = Duration::from_secs(6);
/// How many wrong keys may be shown from an address at once.
pub const AT_ONCE: u32 = 10;
/// How many addresses are counted at the same time; the one that owes least is forgotten for another.
pub const ADDRESSES_MAX: usize = 100_000;

/// Who showed wrong keys lately.
#[derive(Debug, Default)]
pub struct Guesses {
    /// When nothing is owed any more.
    free_at: Mutex<HashMap<IpAddr, Instant>>,
}

impl Guesses {
    /// Whether a key may be shown from this address.
    ///
    /// # Errors
    /// How long to wait. It is not told whether the key would have been right.
    pub fn admit(&self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let owed = free_at.get(&network(from)).map(|free| free.saturating_duration_since(now));
        let wait = owed.and_then(|owed| owed.checked_sub(COST * (AT_ONCE - 1)));
        wait.filter(|wait| !wait.is_zero()).map_or(Ok(()), Err)
    }

    /// A wrong key was shown from this address.
    pub fn wrong(&self, from: IpAddr, now: Instant) {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network(from);
        if free_at.len() >= ADDRESSES_MAX && !free_at.contains_key(&from) {
            free_at.retain(|_, free| *free > now);
            let least = free_at.iter().min_by_key(|(_, free)| **free).map(|(from, _)| *from);
            if let Some(least) = least.filter(|_| free_at.len() >= ADDRESSES_MAX) {
                free_at.remove(&least);
            }
        }
        let free = free_at.entry(from).or_insert(now);
        *free = (*free).max(now) + COST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_guesses_waits_and_nobody_else_does() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        let [guesser, neighbour] = ["198.51.100.7", "198.51.100.8"].map(|ip| ip.parse().unwrap());
        for _ in 0..AT_ONCE {
            assert_eq!(guesses.admit(guesser, start), Ok(()));
            guesses.wrong(guesser, start);
        }
        assert_eq!(guesses.admit(guesser, start), Err(COST));
        assert_eq!(guesses.admit(neighbour, start), Ok(()));
        assert_eq!(guesses.admit(guesser, start + COST), Ok(()));
        guesses.wrong(guesser, start + COST);
        assert_eq!(guesses.admit(guesser, start + COST), Err(COST));
    }

    #[test]
    fn one_network_of_many_addresses_is_one_guesser() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        for n in 0..AT_ONCE {
            guesses.wrong(format!("2001:db8::{n:x}").parse().unwrap(), start);
        }
        assert!(guesses.admit("2001:db8::ffff".parse().unwrap(), start).is_err());
        assert!(guesses.admit("2001:db8:0:1::1".parse().unwrap(), start).is_ok());
    }
}
