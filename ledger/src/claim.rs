//! The rules of a value that only one owner may hold, such as a sign-in e-mail.

use schemas::claim::{ClaimEvent, ClaimPurpose, ClaimReleased, ValueClaimed};
use schemas::{StreamKind, SubjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::text;
use crate::decider::{self, Context, Decider, Decision};

/// The rules of a claim.
#[derive(Debug, Clone, Copy)]
pub struct ClaimRules;

/// What can be asked of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Claim the value.
    Claim {
        /// What kind of value it is.
        purpose: ClaimPurpose,
        /// For whom.
        owner: SubjectId,
    },
    /// Let the value go.
    Release {
        /// Who holds it.
        owner: SubjectId,
    },
}

/// Why a command to a claim may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// Somebody else holds the value.
    #[error("the value is already taken")]
    ValueTaken,
}

/// What the rules remember of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Who holds the value; `None`: it is free.
    pub holder: Option<Holder>,
}

/// Who holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What kind of value it is.
    pub purpose: ClaimPurpose,
    /// Who holds it.
    pub owner: SubjectId,
    /// Since when.
    pub since: Timestamp,
}

impl Decider for ClaimRules {
    const KIND: StreamKind = StreamKind::Claim;
    type State = State;
    type Command = Command;
    type Event = ClaimEvent;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: &Command,
        context: &Context,
    ) -> Result<Decision<ClaimEvent>, Rejection> {
        const RULE: &str = "claim.one_owner";
        if context.effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
        }
        let holder = state.holder.map(|holder| (holder.purpose, holder.owner));
        match (command, holder) {
            (Command::Claim { purpose, owner }, None) => {
                let claimed = ValueClaimed { purpose: *purpose, owner: *owner };
                Ok(Decision::record(RULE, [claimed.into()]))
            }
            (Command::Claim { purpose, owner }, Some(holder)) if holder == (*purpose, *owner) => {
                Ok(Decision::already_so(RULE))
            }
            (Command::Release { .. }, None) => Ok(Decision::already_so(RULE)),
            (Command::Release { owner }, Some((_, holder))) if holder == *owner => {
                Ok(Decision::record(RULE, [ClaimReleased {}.into()]))
            }
            (Command::Claim { .. } | Command::Release { .. }, Some(_)) => {
                Err(Rejection::ValueTaken)
            }
        }
    }

    fn evolve(state: &mut State, event: &ClaimEvent, at: Timestamp) {
        state.holder = match event {
            ClaimEvent::ValueClaimed(ValueClaimed { purpose, owner }) => {
                Some(Holder { purpose: *purpose, owner: *owner, since: at })
            }
            ClaimEvent::ClaimReleased(ClaimReleased {}) => None,
        };
    }
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::ValueTaken => "VALUE_TAKEN",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "claim.facts_in_order",
            Self::ValueTaken => "claim.one_owner",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::ValueTaken => "use another value".to_owned(),
        }
    }
}
