//! The rules of the ledger's own stream: that it exists, what was recovered after crashes, what it was copied from, and
//! which key signs it.

use schemas::ledger::{LedgerFact, LedgerForked, LedgerOpened, LogKeyRotated, LogRecovered};
use schemas::{StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::text;
use crate::decider::{self, Context, Decider, Decision};
use crate::proof::rotation::Rotation;

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
    /// Have another key sign the log from here on.
    RotateKey(LogKeyRotated),
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
    /// No key vouches for the new one, or it is not a key of this log.
    #[error("the old key does not vouch for the new one")]
    KeyNotVouchedFor,
    /// Another key than the one that is to be replaced signs the log.
    #[error("another key signs the log already")]
    KeyNotInForce,
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
    /// The newest change of the key that signs it.
    #[serde(default)]
    pub rotated: Option<LogKeyRotated>,
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
            Command::RotateKey(rotated) => rotate_key(state, rotated),
        }
    }

    fn evolve(state: &mut State, event: &LedgerFact, at: Timestamp) {
        match event {
            LedgerFact::LedgerOpened(LedgerOpened { ledger, vendor }) => {
                state.opened = Some(Opened { ledger: ledger.clone(), vendor: vendor.clone(), at });
            }
            LedgerFact::LogRecovered(fact) => state.recovered = Some(fact.clone()),
            LedgerFact::LedgerForked(fact) => state.forked = Some(fact.clone()),
            LedgerFact::LogKeyRotated(fact) => state.rotated = Some(fact.clone()),
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

/// A ledger that went on from a copy of another one has the changes of that one in its past. They are about keys of
/// another name, and its own first key follows none of them.
fn rotate_key(state: &State, rotated: &LogKeyRotated) -> Result<Decision<LedgerFact>, Rejection> {
    const RULE: &str = "ledger.keys_follow_each_other";
    if state.opened.is_none() {
        return Err(Rejection::NotOpen);
    }
    if state.rotated.as_ref() == Some(rotated) {
        return Ok(Decision::already_so(RULE));
    }
    let rotation = Rotation::of(rotated).map_err(|_| Rejection::KeyNotVouchedFor)?;
    let before = state.rotated.as_ref().and_then(|fact| Rotation::of(fact).ok());
    match before {
        Some(before) if before.log() == rotation.log() && before.new != rotation.old => {
            Err(Rejection::KeyNotInForce)
        }
        Some(_) | None => Ok(Decision::record(RULE, [rotated.clone().into()])),
    }
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::AlreadyOpen => "ALREADY_OPEN",
            Self::NotOpen => "NOT_OPEN",
            Self::KeyNotVouchedFor => "KEY_NOT_VOUCHED_FOR",
            Self::KeyNotInForce => "KEY_NOT_IN_FORCE",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "ledger.facts_in_order",
            Self::AlreadyOpen | Self::NotOpen => "ledger.opened_once",
            Self::KeyNotVouchedFor | Self::KeyNotInForce => "ledger.keys_follow_each_other",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::AlreadyOpen => "use another data folder for another ledger".to_owned(),
            Self::NotOpen => "open the ledger first".to_owned(),
            Self::KeyNotVouchedFor => "sign the change with the key that signs the log".to_owned(),
            Self::KeyNotInForce => "restore the newest backup of the folder of keys".to_owned(),
        }
    }
}
