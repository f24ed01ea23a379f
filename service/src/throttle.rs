//! Slows down guessing of passwords: per account and address together, per address, and per account.
//! Knows the time only as it is told, and names only by their hash.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures of one account from one address that cost nothing.
pub const FREE_FOR_PAIR: u32 = 5;
/// Failures from one address, whatever the account, that cost nothing.
pub const FREE_FOR_ADDRESS: u32 = 30;
/// Failures of one account, whatever the address, that cost nothing. It is high, and its wait short, so
/// that strangers cannot lock a person out.
pub const FREE_FOR_ACCOUNT: u32 = 50;
/// The longest wait after failures of a pair or an address.
pub const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// The longest wait after failures of an account from anywhere.
pub const ACCOUNT_WAIT_MAX: Duration = Duration::from_secs(60);
/// After this long without a try, failures are forgotten.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);
/// How many counters are kept; the oldest is dropped for the next one.
pub const COUNTERS_MAX: usize = 100_000;

/// The hash of a sign-in name, so that no name is kept.
pub type AccountHash = [u8; 32];

/// Counts failed sign-ins and says how long to wait.
#[derive(Debug, Default)]
pub struct Throttle {
    counters: Mutex<BTreeMap<Key, Counter>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Pair(AccountHash, IpAddr),
    Address(IpAddr),
    Account(AccountHash),
}

#[derive(Debug, Clone, Copy)]
struct Counter {
    failures: u32,
    last: Instant,
    open_at: Instant,
}

impl Throttle {
    /// Takes one try, counted as a failure until it is known to be none: tries made at the same moment
    /// count too.
    ///
    /// # Errors
    /// How long to wait, when there were too many failures. A try that is turned away does not count.
    pub fn admit(&self, account: AccountHash, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(account, from);
        let wait = keys
            .iter()
            .filter_map(|key| counters.get(key))
            .map(|counter| counter.open_at.saturating_duration_since(now))
            .max()
            .unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        for key in keys {
            make_room(&mut counters, key, now);
            let counter =
                counters.entry(key).or_insert(Counter { failures: 0, last: now, open_at: now });
            if now.saturating_duration_since(counter.last) >= FORGOTTEN_AFTER {
                counter.failures = 0;
            }
            counter.failures = counter.failures.saturating_add(1);
            counter.last = now;
            counter.open_at = now + wait_after(key, counter.failures);
        }
        Ok(())
    }

    /// The try was a success: the account's failures from this address are forgotten, and the try no
    /// longer counts against the others.
    pub fn succeeded(&self, account: AccountHash, from: IpAddr, now: Instant) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network(from);
        counters.remove(&Key::Pair(account, from));
        for key in [Key::Address(from), Key::Account(account)] {
            if let Some(counter) = counters.get_mut(&key) {
                counter.failures = counter.failures.saturating_sub(1);
                counter.open_at = now;
            }
        }
    }
}

fn keys(account: AccountHash, from: IpAddr) -> [Key; 3] {
    let from = network(from);
    [Key::Pair(account, from), Key::Address(from), Key::Account(account)]
}

/// One household or office: an IPv4 address, or the /64 network of an IPv6 address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            IpAddr::V6(std::net::Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)))
        }
    }
}

fn wait_after(key: Key, failures: u32) -> Duration {
    let (free, wait_max) = match key {
        Key::Pair(..) => (FREE_FOR_PAIR, WAIT_MAX),
        Key::Address(_) => (FREE_FOR_ADDRESS, WAIT_MAX),
        Key::Account(_) => (FREE_FOR_ACCOUNT, ACCOUNT_WAIT_MAX),
    };
    if failures < free {
        return Duration::ZERO;
    }
    let doublings = (failures - free).min(16);
    Duration::from_secs(1_u64 << doublings).min(wait_max)
}

fn make_room(counters: &mut BTreeMap<Key, Counter>, key: Key, now: Instant) {
    if counters.len() < COUNTERS_MAX || counters.contains_key(&key) {
        return;
    }
    counters.retain(|_, counter| now.saturating_duration_since(counter.last) < FORGOTTEN_AFTER);
    while counters.len() >= COUNTERS_MAX {
        let oldest = counters.iter().min_by_key(|(_, counter)| counter.last).map(|(key, _)| *key);
        match oldest {
            Some(oldest) => counters.remove(&oldest),
            None => break,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const ANA: AccountHash = [1; 32];
    const BEN: AccountHash = [2; 32];

    fn home() -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))
    }

    fn away() -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9))
    }

    #[test]
    fn the_wait_doubles_after_five_failures_and_has_an_end() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        for _ in 0..FREE_FOR_PAIR {
            assert_eq!(throttle.admit(ANA, home(), now), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = throttle.admit(ANA, home(), now).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(throttle.admit(ANA, home(), now), Ok(()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn a_thousand_guesses_are_nearly_all_turned_away() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let taken = (0..1_000_u32)
            .filter(|n| {
                throttle.admit(ANA, home(), start + Duration::from_millis(3_600) * *n).is_ok()
            })
            .count();
        assert!(taken <= 30, "{taken} of 1000 guesses within an hour were taken");
    }

    #[test]
    fn a_stranger_s_failures_do_not_lock_the_owner_out() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..FREE_FOR_PAIR {
            assert_eq!(throttle.admit(ANA, away(), now), Ok(()));
        }
        assert!(throttle.admit(ANA, away(), now).is_err());
        assert_eq!(throttle.admit(ANA, home(), now), Ok(()));
    }

    #[test]
    fn one_address_that_tries_many_accounts_is_slowed_down() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for name in 0..FREE_FOR_ADDRESS {
            let account = [u8::try_from(name + 10).unwrap(); 32];
            assert_eq!(throttle.admit(account, away(), now), Ok(()));
        }
        assert!(throttle.admit(BEN, away(), now).is_err());
        assert_eq!(throttle.admit(BEN, home(), now), Ok(()));
    }

    #[test]
    fn a_success_forgets_the_failures() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..3 {
            for _ in 0..FREE_FOR_PAIR {
                assert_eq!(throttle.admit(ANA, home(), now), Ok(()));
            }
            throttle.succeeded(ANA, home(), now);
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for host in 0..FREE_FOR_PAIR {
            let from = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, u16::try_from(host).unwrap());
            assert_eq!(throttle.admit(ANA, IpAddr::V6(from), now), Ok(()));
        }
        let next = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 9, 9, 9, 9);
        assert!(throttle.admit(ANA, IpAddr::V6(next), now).is_err());
    }

    #[test]
    fn counters_are_bounded_and_the_oldest_goes_first() {
        let now = Instant::now();
        let mut counters = BTreeMap::new();
        for n in 0..COUNTERS_MAX {
            let address = IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(n).unwrap()));
            let last = now + Duration::from_millis(u64::try_from(n).unwrap());
            counters.insert(Key::Address(address), Counter { failures: 1, last, open_at: last });
        }
        make_room(&mut counters, Key::Account(ANA), now);
        assert_eq!(counters.len(), COUNTERS_MAX - 1);
        assert!(!counters.contains_key(&Key::Address(IpAddr::V4(Ipv4Addr::from_bits(0)))));
    }
}
