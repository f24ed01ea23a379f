//! The rules of one metered feature of one license: units granted beside the allowance, and usage.

use std::collections::BTreeMap;

use schemas::meter::{MeterEvent, MeterOpened, UnitsGranted, UsageRecorded};
use schemas::{AccountId, FeatureKey, LicenseId, Quantity, StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{Window, text};
use crate::decider::{self, Context, Decider, Decision};

/// The rules of a meter.
#[derive(Debug, Clone, Copy)]
pub struct MeterRules;

type Decided = Result<Decision<MeterEvent>, Rejection>;

/// What can be asked of a meter. The first command opens it. Counting knows no
/// "already so": the same quantity twice is twice the usage; a retry is known by its command id.
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
    #[error(
        "{} is before {}, from when the newest fact is true",
        text(*.effective_at),
        text(*.earliest)
    )]
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
    /// What was used in this period. When a switch made periods longer, the shorter ones that
    /// began in it count.
    #[must_use]
    pub fn used_in(&self, period: Window) -> PeriodUsage {
        let later = self.periods.range(period.from..).map(|(from, used)| (*from, *used));
        let within = later.take_while(|(from, _)| period.contains(*from));
        within.fold(PeriodUsage::default(), |sum, (_, used)| PeriodUsage {
            from_allowance: sum.from_allowance.saturating_add(used.from_allowance),
            from_grants: sum.from_grants.saturating_add(used.from_grants),
        })
    }

    /// Where the granted units are at this instant.
    #[must_use]
    pub fn balance(&self, at: Timestamp) -> Balance {
        let mut balance = Balance::default();
        for grant in self.grants.iter().filter(|grant| grant.granted_at <= at) {
            let left = grant.amount.saturating_sub(grant.consumed);
            balance.granted = balance.granted.saturating_add(grant.amount);
            balance.consumed = balance.consumed.saturating_add(grant.consumed);
            if grant.expires_at.is_some_and(|expires_at| expires_at <= at) {
                balance.expired = balance.expired.saturating_add(left);
            } else {
                balance.remaining = balance.remaining.saturating_add(left);
            }
        }
        balance
    }

    /// How many units can be used at this instant in this period; `None`: without bound.
    #[must_use]
    pub fn remaining(&self, allowance: Quantity, period: Window, at: Timestamp) -> Option<u64> {
        let of_allowance = allowance.remaining(self.used_in(period).from_allowance)?;
        Some(of_allowance.saturating_add(self.balance(at).remaining))
    }

    /// Takes units from the live grants, the soonest to expire first, and of those the oldest
    /// first.
    fn burn(&mut self, mut units: u64, at: Timestamp) {
        let mut order: Vec<&mut UnitGrant> = self
            .grants
            .iter_mut()
            .filter(|grant| grant.expires_at.is_none_or(|expires_at| at < expires_at))
            .collect();
        order.sort_by_key(|grant| (grant.expires_at.unwrap_or(Timestamp::MAX), grant.granted_at));
        for grant in order {
            let taken = units.min(grant.amount.saturating_sub(grant.consumed));
            grant.consumed = grant.consumed.saturating_add(taken);
            units -= taken;
        }
    }
}

impl Decider for MeterRules {
    const KIND: StreamKind = StreamKind::Meter;
    type State = State;
    type Command = Command;
    type Event = MeterEvent;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, context: &Context) -> Decided {
        let (meter, quantity) = match command {
            Command::GrantUnits { meter, amount, .. } => (meter, *amount),
            Command::RecordUsage { meter, quantity, .. } => (meter, *quantity),
        };
        guard(state, meter, context)?;
        if quantity == 0 {
            return Err(Rejection::QuantityIsZero);
        }
        let (rule, event) = match command {
            Command::GrantUnits { amount, expires_at, .. } => {
                ("meter.units_granted", grant(*amount, *expires_at, context)?.into())
            }
            Command::RecordUsage { quantity, allowance, period, .. } => {
                ("meter.quota", usage(state, *quantity, *allowance, *period, context)?.into())
            }
        };
        let opened = state.opened.is_none().then(|| opened(meter).into());
        Ok(Decision::record(rule, opened.into_iter().chain([event])))
    }

    fn evolve(state: &mut State, event: &MeterEvent, at: Timestamp) {
        match event {
            MeterEvent::MeterOpened(MeterOpened { license, account, feature }) => {
                let (license, account, feature) = (*license, *account, feature.clone());
                state.opened = Some(Metered { license, account, feature });
            }
            MeterEvent::UnitsGranted(UnitsGranted { amount, expires_at }) => {
                let (amount, expires_at) = (*amount, *expires_at);
                state.grants.push(UnitGrant { amount, consumed: 0, granted_at: at, expires_at });
            }
            MeterEvent::UsageRecorded(fact) => {
                let used = state.periods.entry(fact.period_from).or_default();
                used.from_allowance = used.from_allowance.saturating_add(fact.from_allowance);
                used.from_grants = used.from_grants.saturating_add(fact.from_grants);
                state.burn(fact.from_grants, at);
            }
        }
        state.effective_last = state.effective_last.max(at);
    }
}

fn guard(state: &State, meter: &Metered, context: &Context) -> Result<(), Rejection> {
    let effective_at = context.effective_at;
    if effective_at > context.now {
        return Err(Rejection::EffectiveInFuture { effective_at });
    }
    if state.opened.as_ref().is_some_and(|opened| opened != meter) {
        return Err(Rejection::OtherMeter);
    }
    match decider::out_of_order(context, state.effective_last) {
        Some(earliest) => Err(Rejection::EffectiveOutOfOrder { effective_at, earliest }),
        None => Ok(()),
    }
}

fn opened(meter: &Metered) -> MeterOpened {
    let Metered { license, account, feature } = meter.clone();
    MeterOpened { license, account, feature }
}

fn grant(
    amount: u64,
    expires_at: Option<Timestamp>,
    context: &Context,
) -> Result<UnitsGranted, Rejection> {
    match expires_at.filter(|expires_at| *expires_at <= context.effective_at) {
        Some(expires_at) => Err(Rejection::ExpiresEarly { expires_at }),
        None => Ok(UnitsGranted { amount, expires_at }),
    }
}

/// INVARIANT (quota): what is used never exceeds the period's allowance and the units granted
/// beside it.
fn usage(
    state: &State,
    quantity: u64,
    allowance: Quantity,
    period: Window,
    context: &Context,
) -> Result<UsageRecorded, Rejection> {
    let of_allowance = allowance.remaining(state.used_in(period).from_allowance);
    let from_allowance = of_allowance.map_or(quantity, |left| left.min(quantity));
    let from_grants = quantity - from_allowance;
    let of_grants = state.balance(context.effective_at).remaining;
    if from_grants > of_grants {
        return Err(Rejection::QuotaExceeded {
            requested: quantity,
            remaining: from_allowance.saturating_add(of_grants),
            resets_at: period.until,
        });
    }
    Ok(UsageRecorded { quantity, period_from: period.from, from_allowance, from_grants })
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::OtherMeter => "OTHER_METER",
            Self::EffectiveOutOfOrder { .. } => "EFFECTIVE_OUT_OF_ORDER",
            Self::QuantityIsZero => "QUANTITY_IS_ZERO",
            Self::ExpiresEarly { .. } => "EXPIRES_EARLY",
            Self::QuotaExceeded { .. } => "QUOTA_EXCEEDED",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } | Self::EffectiveOutOfOrder { .. } => {
                "meter.facts_in_order"
            }
            Self::OtherMeter => "meter.one_feature",
            Self::QuantityIsZero | Self::ExpiresEarly { .. } => "meter.units_granted",
            Self::QuotaExceeded { .. } => "meter.quota",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::OtherMeter => "check the license and the feature of the meter".to_owned(),
            Self::EffectiveOutOfOrder { earliest, .. } => {
                format!("give an effective time of {} or later", text(*earliest))
            }
            Self::QuantityIsZero => "give a quantity of at least 1".to_owned(),
            Self::ExpiresEarly { .. } => "give a later end, or none".to_owned(),
            Self::QuotaExceeded { resets_at: Some(resets_at), .. } => {
                format!("wait until {}, or ask for more units", text(*resets_at))
            }
            Self::QuotaExceeded { resets_at: None, .. } => "ask for more units".to_owned(),
        }
    }
}
