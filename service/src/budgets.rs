//! How much each may ask for: a program's token or a person, a customer, an address. What is asked for is owed for a while;
//! whoever owes too much waits. Asking whether something may be used (`/v1/check`) is counted apart from all else, so that
//! neither stands in the way of the other. Knows the time only as it is told.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use schemas::AccountId;
use uuid::Uuid;

use crate::throttle::network;

/// How much may be asked for at once, as so much time of the steady rate.
pub const BURST: Duration = Duration::from_secs(30);
/// How much more than one program or person a whole customer may ask for, and an address, and whoever is of the vendor.
pub const SHARED_BY: u64 = 4;
/// How many of all these are counted at the same time.
pub const COUNTED_MAX: usize = 100_000;

/// How much a program or person may ask for in a second, in the long run; 0: as much as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Points of GraphQL: one for each field, times the rows of the lists around it; 20 more to change something.
    pub management: u64,
    /// Questions whether something may be used; and, counted apart, what software does with a license key.
    pub validation: u64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { management: 5_000, validation: 1_000 }
    }
}

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To see and change what is in the ledger.
    Management,
    /// To ask whether something may be used.
    Validation,
    /// What software does that shows a license key.
    Licensing,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Payer {
    /// The program's token, or the person.
    pub credential: Uuid,
    /// The customer; `None`: the vendor.
    pub tenant: Option<AccountId>,
    /// From where, where that is known.
    pub from: Option<IpAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owing {
    Credential(Uuid),
    Tenant(AccountId),
    Address(IpAddr),
}

impl Owing {
    const fn name(self) -> &'static str {
        match self {
            Self::Credential(_) => "credential",
            Self::Tenant(_) => "tenant",
            Self::Address(_) => "address",
        }
    }
}

/// What everybody owes.
#[derive(Debug, Default)]
pub struct Budgets {
    rates: Rates,
    /// When nothing is owed any more.
    free_at: Mutex<HashMap<(Purpose, Owing), Instant>>,
}

impl Budgets {
    /// Nobody owes anything yet.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self { rates, free_at: Mutex::default() }
    }

    /// Takes this much from whoever asks. The last that is let through may owe more than the bound.
    ///
    /// # Errors
    /// How long to wait. What is turned away is not owed.
    pub fn charge(
        &self,
        purpose: Purpose,
        payer: Payer,
        cost: u64,
        now: Instant,
    ) -> Result<(), Duration> {
        let rate = match purpose {
            Purpose::Management => self.rates.management,
            Purpose::Validation | Purpose::Licensing => self.rates.validation,
        };
        if rate == 0 {
            return Ok(());
        }
        let shared = rate.saturating_mul(SHARED_BY);
        // The vendor acts for all customers.
        let own = if payer.tenant.is_some() { rate } else { shared };
        let owing = [
            Some((Owing::Credential(payer.credential), own)),
            payer.tenant.map(|tenant| (Owing::Tenant(tenant), shared)),
            payer.from.map(|from| (Owing::Address(network(from)), shared)),
        ];
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        for (owing, _) in owing.into_iter().flatten() {
            let owed = free_at
                .get(&(purpose, owing))
                .map_or(Duration::ZERO, |free_at| free_at.saturating_duration_since(now));
            if let Some(wait) = owed.checked_sub(BURST).filter(|wait| !wait.is_zero()) {
                let by = owing.name();
                metrics::counter!("deedbook_rate_limited_total", "by" => by).increment(1);
                return Err(wait);
            }
        }
        for (owing, rate) in owing.into_iter().flatten() {
            if !has_room(&mut free_at, &(purpose, owing), now) {
                continue;
            }
            let since = free_at.entry((purpose, owing)).or_insert(now);
            *since = (*since).max(now) + time_of(cost, rate);
        }
        Ok(())
    }
}

/// How long it takes at this rate until that much is no longer owed.
fn time_of(cost: u64, rate: u64) -> Duration {
    Duration::from_nanos(cost.saturating_mul(1_000_000_000) / rate.max(1))
}

/// Whether this one is counted. Who owes nothing is forgotten for it; and addresses where that is not enough, of which one
/// may have many.
fn has_room(
    free_at: &mut HashMap<(Purpose, Owing), Instant>,
    wanted: &(Purpose, Owing),
    now: Instant,
) -> bool {
    if free_at.len() < COUNTED_MAX || free_at.contains_key(wanted) {
        return true;
    }
    free_at.retain(|_, free_at| *free_at > now);
    if free_at.len() >= COUNTED_MAX {
        free_at.retain(|(_, owing), _| !matches!(owing, Owing::Address(_)));
    }
    free_at.len() < COUNTED_MAX
}

#[cfg(test)]
mod tests;
