//! The rules of one metered feature of one license: units granted beside the allowance, and usage.

use std::collections::BTreeMap;

use schemas::meter::MeterEvent;
use schemas::{AccountId, FeatureKey, LicenseId, Quantity, StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{Window, text};
use crate::decider::{self, Context, Decider, Decision};

/// The rules of a meter.
#[derive(Debug, Clone, Copy)]
pub struct MeterRules;

/// What can be asked of a meter. The first command opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Grant units beside the allowance.
    GrantUnits {
        /// What is metered.
        meter: Metered,
        /// How many units.
        amount: u64,
        /// The first instant at which what is left of them is gone; `None`: they stay.
        expires_at: Option<Timestamp>,
    },
    /// Count usage: the period's allowance first, then granted units, the soonest to expire first.
    RecordUsage {
        /// What is metered.
        meter: Metered,
        /// How many units.
        quantity: u64,
        /// What the license allows in the period, from `entitlements::metering`.
        allowance: Quantity,
        /// The period, from `entitlements::metering`.
        period: Window,
    },
}

/// What a meter counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metered {
    /// The license it counts for.
    pub license: LicenseId,
    /// Whose license it is.
    pub account: AccountId,
    /// The metered feature.
    pub feature: FeatureKey,
}

/// Why a command to a meter may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The meter counts something else.
    #[error("the meter counts another feature or license")]
    OtherMeter,
    /// Something later is already recorded.
    #[error("{} is before {}, from when the newest fact is true", text(*.effective_at), text(*.earliest))]
    EffectiveOutOfOrder {
        /// From when it was to be true.
        effective_at: Timestamp,
        /// The earliest instant that is possible.
        earliest: Timestamp,
    },
    /// A quantity of nothing.
    #[error("the quantity is zero")]
    QuantityIsZero,
    /// The units would be gone when they are granted.
    #[error("the units would expire at {}, which is not after the grant", text(*.expires_at))]
    ExpiresEarly {
        /// When they would expire.
        expires_at: Timestamp,
    },
    /// More than is left.
    #[error("{requested} units were asked for, {remaining} are left")]
    QuotaExceeded {
        /// Units asked for.
        requested: u64,
        /// Units left: of the allowance and of granted units.
        remaining: u64,
        /// When the allowance counts anew; `None`: never.
        resets_at: Option<Timestamp>,
    },
}

/// What the rules remember of a meter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What it counts; `None`: nothing was granted or used yet.
    pub opened: Option<Metered>,
    /// The units granted beside the allowance, in the order they were granted.
    pub grants: Vec<UnitGrant>,
    /// What was used, by the start of its period.
    pub periods: BTreeMap<Timestamp, PeriodUsage>,
    /// The latest instant from which a fact is true.
    pub effective_last: Timestamp,
}

/// Units granted beside the allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitGrant {
    /// How many.
    pub amount: u64,
    /// How many of them were used.
    pub consumed: u64,
    /// Since when.
    pub granted_at: Timestamp,
    /// The first instant at which what is left of them is gone; `None`: they stay.
    pub expires_at: Option<Timestamp>,
}

/// What was used in one period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodUsage {
    /// Units that the allowance covered.
    pub from_allowance: u64,
    /// Units that granted units covered.
    pub from_grants: u64,
}

impl PeriodUsage {
    /// Both together.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.from_allowance.saturating_add(self.from_grants)
    }
}

/// Where granted units are. Conservation: `granted = remaining + consumed + expired`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// All units granted so far.
    pub granted: u64,
    /// Those that can still be used.
    pub remaining: u64,
    /// Those that were used.
    pub consumed: u64,
    /// Those that expired unused.
    pub expired: u64,
}

impl State {
    /// What was used in the period that starts at this instant.
    #[must_use]
    pub fn used_in(&self, period_from: Timestamp) -> PeriodUsage {
        self.periods.get(&period_from).copied().unwrap_or_default()
    }

    /// Where the granted units are at this instant.
    #[must_use]
    pub fn balance(&self, at: Timestamp) -> Balance {
        unimplemented!("{at:?}")
    }

    /// How many units can be used at this instant in this period; `None`: without bound.
    #[must_use]
    pub fn remaining(&self, allowance: Quantity, period: Window, at: Timestamp) -> Option<u64> {
        unimplemented!("{allowance:?}{period:?}{at:?}")
    }
}

impl Decider for MeterRules {
    const KIND: StreamKind = StreamKind::Meter;
    type State = State;
    type Command = Command;
    type Event = MeterEvent;
    type Rejection = Rejection;

    fn decide(_: &State, _: &Command, _: &Context) -> Result<Decision<MeterEvent>, Rejection> {
        unimplemented!()
    }

    fn evolve(_: &mut State, _: &MeterEvent, _: Timestamp) {
        unimplemented!()
    }
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        unimplemented!()
    }

    fn rule(&self) -> &'static str {
        unimplemented!()
    }

    fn advice(&self) -> String {
        unimplemented!()
    }
}
