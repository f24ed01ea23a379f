//! The rules of a person of the vendor.

use schemas::account::PersonProfile;
use schemas::staff::{StaffAdded, StaffEvent, StaffRole};
use schemas::{Digest, Personal, StaffId, StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::text;
use crate::decider::{self, Context, Decider, Decision};

/// The rules of a person of the vendor.
#[derive(Debug, Clone, Copy)]
pub struct StaffRules;

/// What can be asked of a person of the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Add the person.
    Add {
        /// The person.
        staff: StaffId,
        /// What the person may do.
        role: StaffRole,
        /// The keyed hash of the sign-in e-mail.
        email_digest: Digest,
        /// Name and e-mail.
        profile: PersonProfile,
    },
}

/// Why a command to a person of the vendor may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The person was added with another role or e-mail.
    #[error("the person is already added with another role or e-mail")]
    AlreadyAdded,
}

/// What the rules remember of a person of the vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// That the person works for the vendor; `None`: nobody yet.
    pub added: Option<Added>,
}

/// That a person works for the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// The person.
    pub staff: StaffId,
    /// What the person may do.
    pub role: StaffRole,
    /// The keyed hash of the sign-in e-mail.
    pub email_digest: Digest,
    /// Since when.
    pub at: Timestamp,
}

impl Decider for StaffRules {
    const KIND: StreamKind = StreamKind::Staff;
    type State = State;
    type Command = Command;
    type Event = StaffEvent;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: &Command,
        context: &Context,
    ) -> Result<Decision<StaffEvent>, Rejection> {
        const RULE: &str = "staff.added_once";
        if context.effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
        }
        let Command::Add { staff, role, email_digest, profile } = command;
        if let Some(added) = &state.added {
            let same = (added.staff, added.role, added.email_digest);
            return if same == (*staff, *role, *email_digest) {
                Ok(Decision::already_so(RULE))
            } else {
                Err(Rejection::AlreadyAdded)
            };
        }
        let added = StaffAdded {
            staff: *staff,
            role: *role,
            email_digest: *email_digest,
            personal: Personal::new(*staff, profile.clone()),
        };
        Ok(Decision::record(RULE, [added.into()]))
    }

    fn evolve(state: &mut State, event: &StaffEvent, at: Timestamp) {
        let StaffEvent::StaffAdded(StaffAdded { staff, role, email_digest, personal: _ }) = event;
        state.added = Some(Added { staff: *staff, role: *role, email_digest: *email_digest, at });
    }
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::AlreadyAdded => "ALREADY_ADDED",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "staff.facts_in_order",
            Self::AlreadyAdded => "staff.added_once",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::AlreadyAdded => "add the person under a new id".to_owned(),
        }
    }
}
