//! The rules of the ledger's own stream: that it exists, what was recovered after crashes, and what it was copied from.

use schemas::ledger::{LedgerFact, LedgerForked, LedgerOpened, LogRecovered};
use schemas::{StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::text;
use crate::decider::{self, Context, Decider, Decision};

/// The rules of the ledger's own stream.
#[derive(Debug, Clone, Copy)]
pub struct LedgerRules;

/// What can be asked of the ledger's own stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open the ledger.
    Open {
        /// Its own id, a UUID.
        ledger: String,
        /// The vendor that runs it.
        vendor: String,
    },
    /// Remember that a torn tail was cut off after a crash.
    RecordRecovery {
        /// The segment it was found in.
        segment: u64,
        /// Where in the segment's file it began, in bytes.
        offset: u64,
        /// How many bytes were moved to quarantine.
        bytes: u64,
    },
    /// Go on from a copy of another ledger.
    Fork(LedgerForked),
}

/// Why a command to the ledger's own stream may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The ledger is open under another id or for another vendor.
    #[error("the ledger is already open under another id or for another vendor")]
    AlreadyOpen,
    /// The ledger is not open yet.
    #[error("the ledger is not open yet")]
    NotOpen,
}

/// What the rules remember of the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// That it is open.
    pub opened: Option<Opened>,
    /// The newest recovery.
    pub recovered: Option<LogRecovered>,
    /// What it was copied from last.
    pub forked: Option<LedgerForked>,
}

/// That a ledger is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its own id, a UUID.
    pub ledger: String,
    /// The vendor that runs it.
    pub vendor: String,
    /// Since when.
    pub at: Timestamp,
}

impl Decider for LedgerRules {
    const KIND: StreamKind = StreamKind::Ledger;
    type State = State;
    type Command = Command;
    type Event = LedgerFact;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: &Command,
        context: &Context,
    ) -> Result<Decision<LedgerFact>, Rejection> {
        if context.effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
        }
        match command {
            Command::Open { ledger, vendor } => open(state, ledger, vendor),
            Command::RecordRecovery { segment, offset, bytes } => {
                let (segment, offset, bytes) = (*segment, *offset, *bytes);
                record_recovery(state, LogRecovered { segment, offset, bytes })
            }
            Command::Fork(forked) => fork(state, forked),
        }
    }

    fn evolve(state: &mut State, event: &LedgerFact, at: Timestamp) {
        match event {
            LedgerFact::LedgerOpened(LedgerOpened { ledger, vendor }) => {
                state.opened = Some(Opened { ledger: ledger.clone(), vendor: vendor.clone(), at });
            }
            LedgerFact::LogRecovered(fact) => state.recovered = Some(fact.clone()),
            LedgerFact::LedgerForked(fact) => state.forked = Some(fact.clone()),
        }
    }
}

fn open(state: &State, ledger: &str, vendor: &str) -> Result<Decision<LedgerFact>, Rejection> {
    const RULE: &str = "ledger.opened_once";
    match &state.opened {
        Some(opened) if opened.ledger == ledger && opened.vendor == vendor => {
            Ok(Decision::already_so(RULE))
        }
        Some(_) => Err(Rejection::AlreadyOpen),
        None => {
            let opened = LedgerOpened { ledger: ledger.to_owned(), vendor: vendor.to_owned() };
            Ok(Decision::record(RULE, [opened.into()]))
        }
    }
}

fn record_recovery(
    state: &State,
    recovered: LogRecovered,
) -> Result<Decision<LedgerFact>, Rejection> {
    const RULE: &str = "ledger.recoveries_are_recorded";
    if state.opened.is_none() {
        return Err(Rejection::NotOpen);
    }
    // The fact itself is written where the torn tail began, so no later tail begins at the same
    // place.
    if state.recovered.as_ref() == Some(&recovered) {
        return Ok(Decision::already_so(RULE));
    }
    Ok(Decision::record(RULE, [recovered.into()]))
}

fn fork(state: &State, forked: &LedgerForked) -> Result<Decision<LedgerFact>, Rejection> {
    const RULE: &str = "ledger.forks_are_recorded";
    if state.opened.is_none() {
        return Err(Rejection::NotOpen);
    }
    if state.forked.as_ref() == Some(forked) {
        return Ok(Decision::already_so(RULE));
    }
    Ok(Decision::record(RULE, [forked.clone().into()]))
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::AlreadyOpen => "ALREADY_OPEN",
            Self::NotOpen => "NOT_OPEN",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "ledger.facts_in_order",
            Self::AlreadyOpen | Self::NotOpen => "ledger.opened_once",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::AlreadyOpen => "use another data folder for another ledger".to_owned(),
            Self::NotOpen => "open the ledger first".to_owned(),
        }
    }
}
