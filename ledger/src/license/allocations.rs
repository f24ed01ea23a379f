//! Seats that are for the people of one account, and how all seats of a license are shared out.

use std::collections::BTreeMap;

use schemas::license::SeatsAllocated;
use schemas::{AccountId, MemberId, Quantity};

use super::state::count;
use super::{AllocateSeats, Allocation, Decided, Rejection, Seat, State, guard};
use crate::decider::{Context, Decision};

const RULE: &str = "license.allocations_fit";

/// INVARIANT (allocations fit): what the accounts below one have never exceeds what it has itself, and all of it never
/// exceeds what is granted, whatever is given, taken or switched.
pub(super) fn allocate(state: &State, asked: &AllocateSeats, context: &Context) -> Decided {
    let issued = guard::live(state, context)?;
    let AllocateSeats { account, ref above, seats, capped } = *asked;
    if account == issued.account {
        return Err(Rejection::AllocatedToOwner);
    }
    let gone = seats == 0 && !capped;
    let same = match state.allocations.get(&account) {
        None => gone,
        Some(found) => !gone && (found.seats, found.capped) == (seats, capped),
    };
    if same {
        return Ok(Decision::already_so(RULE));
    }
    guard::in_order(state, context)?;
    let mut after = state.clone();
    if gone {
        after.allocations.remove(&account);
    } else {
        let above = above.clone();
        after.allocations.insert(account, Allocation { above, seats, capped });
    }
    let shares = Shares::of(&after);
    if let Some((account, share)) = shares.over_its_cap() {
        let (seats, taken) = (share.seats, share.taken);
        return Err(Rejection::AllocationInUse { account, seats, taken });
    }
    if let Some((account, share)) = shares.over_by_those_below() {
        let (seats, below) = (share.seats, share.below);
        return Err(Rejection::AllocationsExceed { account, seats, below });
    }
    if let Some(granted) = state.seats_granted().limit().filter(|granted| shares.taken > *granted) {
        return Err(Rejection::SeatsNotFree { granted, taken: shares.taken });
    }
    let allocated = SeatsAllocated { account, above: above.clone(), seats, capped };
    Ok(Decision::record(RULE, [allocated.into()]))
}

/// What one account has of the seats of a license.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// The seats that are for its people and for those of the accounts below it.
    pub seats: u64,
    /// Whether they are all that these people may have.
    pub capped: bool,
    /// The nearest account above it that has seats of its own too.
    pub above: Option<AccountId>,
    /// How many of its people, and of those below it, have a seat.
    pub assigned: u64,
    /// How many of its seats are taken: by people of its own, and by accounts below it, whether they use them or not.
    /// More than it has: the rest is taken from what is above it.
    pub taken: u64,
    /// How many the accounts right below it have together.
    pub below: u64,
}

/// How the seats of a license are shared out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares {
    /// What each account has that has seats of its own.
    pub accounts: BTreeMap<AccountId, Share>,
    /// How many seats are taken of those granted: assigned, or for one account alone.
    pub taken: u64,
}

impl Shares {
    /// How the seats of this license are shared out.
    #[must_use]
    pub fn of(state: &State) -> Self {
        Self::counted(state, state.seats.values().map(Seat::accounts))
    }

    /// The same if a person who belongs there had a seat too.
    pub(super) fn with(state: &State, member: MemberId, accounts: &[AccountId]) -> Self {
        let others = state.seats.iter().filter(|(seated, _)| **seated != member);
        let others = others.map(|(_, seat)| seat.accounts());
        Self::counted(state, others.chain([accounts]))
    }

    fn counted<'a>(state: &State, seated: impl Iterator<Item = &'a [AccountId]>) -> Self {
        if state.allocations.is_empty() {
            return Self { taken: count(seated.count()), ..Self::default() };
        }
        let nearest = |line: &[AccountId]| {
            line.iter().copied().find(|account| state.allocations.contains_key(account))
        };
        let mut shares = Self::default();
        for (account, allocation) in &state.allocations {
            let Allocation { above, seats, capped } = allocation;
            let above = nearest(above);
            let share = Share { seats: *seats, capped: *capped, above, ..Share::default() };
            shares.accounts.insert(*account, share);
        }
        for accounts in seated {
            match nearest(accounts).and_then(|account| shares.accounts.get_mut(&account)) {
                Some(share) => share.taken = share.taken.saturating_add(1),
                None => shares.taken = shares.taken.saturating_add(1),
            }
            for account in accounts {
                if let Some(share) = shares.accounts.get_mut(account) {
                    share.assigned = share.assigned.saturating_add(1);
                }
            }
        }
        // From the deepest up: what an account has, or takes beyond it, is taken from the one above.
        let mut deepest_first: Vec<_> = state.allocations.iter().collect();
        deepest_first.sort_by_key(|(_, allocation)| std::cmp::Reverse(allocation.above.len()));
        for (account, _) in deepest_first {
            let Some(share) = shares.accounts.get(account).copied() else { continue };
            let takes = share.seats.max(share.taken);
            match share.above.and_then(|above| shares.accounts.get_mut(&above)) {
                Some(above) => {
                    above.taken = above.taken.saturating_add(takes);
                    above.below = above.below.saturating_add(share.seats);
                }
                None => shares.taken = shares.taken.saturating_add(takes),
            }
        }
        shares
    }

    /// How many more people of an account may get a seat: of its own seats, then of those above as far as it may, in the
    /// end of what is for nobody in particular. `None`: without bound.
    #[must_use]
    pub fn free(&self, account: AccountId, granted: Quantity) -> Option<u64> {
        let mut free: u64 = 0;
        let mut at = Some(account);
        while let Some(share) = at.and_then(|account| self.accounts.get(&account)) {
            free = free.saturating_add(share.seats.saturating_sub(share.taken));
            if share.capped {
                return Some(free);
            }
            at = share.above;
        }
        granted.remaining(self.taken).map(|rest| rest.saturating_add(free))
    }

    /// An account whose people have more seats than it may have.
    #[must_use]
    pub fn over_its_cap(&self) -> Option<(AccountId, Share)> {
        self.first(|share| share.capped && share.taken > share.seats)
    }

    /// An account that has fewer seats than those below it have together.
    #[must_use]
    pub fn over_by_those_below(&self) -> Option<(AccountId, Share)> {
        self.first(|share| share.below > share.seats)
    }

    fn first(&self, wanted: impl Fn(&Share) -> bool) -> Option<(AccountId, Share)> {
        let found = self.accounts.iter().find(|(_, share)| wanted(share));
        found.map(|(account, share)| (*account, *share))
    }
}
