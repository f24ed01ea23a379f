//! How often the log is told that somebody asks in vain: so often from one address in a minute, then it is only counted. So
//! nobody fills the log, or hides in it what somebody else tries. Knows the time only as it is told.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::throttle::network;

/// How many lines one address has in a minute.
pub const LINES_MAX: u32 = 30;
/// How long a minute is.
pub const MINUTE: Duration = Duration::from_secs(60);
/// How many addresses are counted apart; others share one count.
pub const COUNTED_MAX: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Told {
    since: Instant,
    lines: u32,
    untold: u64,
}

/// What was told lately.
#[derive(Debug, Default)]
pub struct Bounded {
    // `None`: those that are not counted apart, and those that nobody knows.
    told: Mutex<HashMap<Option<IpAddr>, Told>>,
}

impl Bounded {
    /// Whether the log is told now; and how often it was not, since it was told last.
    #[must_use]
    pub fn tell(&self, from: Option<IpAddr>, now: Instant) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |one: &Told| now.saturating_duration_since(one.since) >= MINUTE;
        let mut key = from.map(network);
        if told.len() >= COUNTED_MAX && !told.contains_key(&key) {
            told.retain(|_, one| !is_over(one));
            if told.len() >= COUNTED_MAX {
                key = None;
            }
        }
        let one = told.entry(key).or_insert(Told { since: now, lines: 0, untold: 0 });
        if is_over(one) {
            (one.since, one.lines) = (now, 0);
        }
        if one.lines >= LINES_MAX {
            one.untold = one.untold.saturating_add(1);
            return None;
        }
        one.lines += 1;
        Some(std::mem::take(&mut one.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> Option<IpAddr> {
        Some(IpAddr::V4(number.into()))
    }

    fn told(all: &Bounded, from: Option<IpAddr>, at: Instant) -> usize {
        (0..100).filter_map(|_| all.tell(from, at)).count()
    }

    #[test]
    fn one_address_has_its_lines_in_a_minute_and_the_next_tells_what_was_left_out() {
        let (all, start) = (Bounded::default(), Instant::now());
        assert_eq!(told(&all, address(1), start), 30);
        assert_eq!(told(&all, address(2), start), 30, "another address has its own");
        assert_eq!(all.tell(address(1), start + MINUTE - Duration::from_nanos(1)), None);
        assert_eq!(all.tell(address(1), start + MINUTE), Some(71));
        assert_eq!(all.tell(address(1), start + MINUTE), Some(0));
    }

    #[test]
    fn more_addresses_than_are_counted_share_one_count() {
        let (all, start) = (Bounded::default(), Instant::now());
        let count = u32::try_from(COUNTED_MAX).unwrap();
        (0..count).for_each(|number| _ = all.tell(address(number), start));
        let others = (count..2 * count).filter_map(|number| all.tell(address(number), start));
        assert_eq!(others.count(), 30);
        assert!(all.told.lock().unwrap().len() <= COUNTED_MAX + 1);
        assert_eq!(all.tell(address(2 * count), start + MINUTE), Some(0), "there is room again");
    }
}
