//! The rules of a person of the vendor.

use schemas::account::{ErasureGround, PersonProfile};
use schemas::staff::{
    StaffAdded, StaffErased, StaffEvent, StaffRenamed, StaffRestored, StaffRole, StaffSuspended,
};
use schemas::{Actor, Digest, Personal, StaffId, StreamKind, Timestamp};
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
    /// Call the person otherwise. Only the person itself does.
    Rename {
        /// Name and e-mail, which is the one of before.
        profile: PersonProfile,
    },
    /// Keep the person out until restored.
    Suspend {
        /// Whether somebody else is left who may do everything: this stream knows of nobody else. The edge lets nobody
        /// take that away between looking and the decision.
        others_operate: bool,
    },
    /// Let the person in again.
    Restore,
    /// Erase the personal data of the person, who can never come in again. Whoever sends it destroys the person's key
    /// once this is recorded.
    Erase {
        /// Why it has to be.
        ground: ErasureGround,
        /// Whether a legal matter needs what is known of some customer: whoever worked for it is a part of that.
        held: bool,
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
    /// There is no such person.
    #[error("nobody of the vendor has this id")]
    NotFound,
    /// The person was added with another role or e-mail, or was erased.
    #[error("the person is already added with another role or e-mail")]
    AlreadyAdded,
    /// People do not change what they themselves may do.
    #[error("people do not change what they may do themselves")]
    Oneself,
    /// A name is one's own.
    #[error("people of the vendor change their names themselves")]
    NotOneself,
    /// The person's data is erased.
    #[error("the data of the person is erased")]
    Erased,
    /// Nobody would be left who may do everything.
    #[error("nobody else of the vendor is left who may do everything")]
    LastOperator,
    /// The person may still come in.
    #[error("the person may still come in")]
    NotSuspended,
    /// A legal matter needs what is known.
    #[error("nobody of the vendor may be erased: a legal matter needs what is known")]
    LegalHold,
}

/// What the rules remember of a person of the vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// That the person works for the vendor; `None`: nobody yet.
    pub added: Option<Added>,
    /// Since when the person is kept out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Timestamp>,
    /// Since when the personal data is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Timestamp>,
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

type Decided = Result<Decision<StaffEvent>, Rejection>;

const RULE_ADDED: &str = "staff.added_once";
const RULE_RENAMED: &str = "staff.a_name_is_ones_own";
const RULE_MANAGED: &str = "staff.people_are_managed_by_operators";
const RULE_ERASED: &str = "staff.erased_is_final";

impl Decider for StaffRules {
    const KIND: StreamKind = StreamKind::Staff;
    type State = State;
    type Command = Command;
    type Event = StaffEvent;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, context: &Context) -> Decided {
        if context.effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
        }
        match command {
            Command::Add { staff, role, email_digest, profile } => {
                let (role, email_digest) = (*role, *email_digest);
                let personal = Personal::new(*staff, profile.clone());
                add(state, StaffAdded { staff: *staff, role, email_digest, personal })
            }
            Command::Rename { profile } => rename(state, profile, context),
            Command::Suspend { others_operate } => suspend(state, *others_operate, context),
            Command::Restore => restore(state, context),
            Command::Erase { ground, held } => erase(state, *ground, *held, context),
        }
    }

    fn evolve(state: &mut State, event: &StaffEvent, at: Timestamp) {
        match event {
            StaffEvent::StaffAdded(StaffAdded { staff, role, email_digest, personal: _ }) => {
                let (staff, role, email_digest) = (*staff, *role, *email_digest);
                state.added = Some(Added { staff, role, email_digest, at });
            }
            // No rule depends on what somebody is called.
            StaffEvent::StaffRenamed(_) => {}
            StaffEvent::StaffSuspended(_) => state.suspended = Some(at),
            StaffEvent::StaffRestored(_) => state.suspended = None,
            StaffEvent::StaffErased(_) => state.erased = Some(at),
        }
    }
}

fn add(state: &State, added: StaffAdded) -> Decided {
    let Some(known) = &state.added else {
        return Ok(Decision::record(RULE_ADDED, [added.into()]));
    };
    let same = (known.staff, known.role, known.email_digest)
        == (added.staff, added.role, added.email_digest);
    if same && state.erased.is_none() {
        Ok(Decision::already_so(RULE_ADDED))
    } else {
        Err(Rejection::AlreadyAdded)
    }
}

fn rename(state: &State, profile: &PersonProfile, context: &Context) -> Decided {
    let staff = state.added.as_ref().ok_or(Rejection::NotFound)?.staff;
    if context.actor != Actor::Staff(staff) {
        return Err(Rejection::NotOneself);
    }
    if state.erased.is_some() {
        return Err(Rejection::Erased);
    }
    let personal = Personal::new(staff, profile.clone());
    Ok(Decision::record(RULE_RENAMED, [StaffRenamed { staff, personal }.into()]))
}

/// The person, whom somebody else manages: nobody takes the own rights away.
fn managed<'a>(state: &'a State, context: &Context) -> Result<&'a Added, Rejection> {
    let added = state.added.as_ref().ok_or(Rejection::NotFound)?;
    if context.actor == Actor::Staff(added.staff) {
        return Err(Rejection::Oneself);
    }
    Ok(added)
}

/// The same, whose data is not erased: of whoever is, nothing changes any more.
fn managed_and_there<'a>(state: &'a State, context: &Context) -> Result<&'a Added, Rejection> {
    let added = managed(state, context)?;
    if state.erased.is_some() { Err(Rejection::Erased) } else { Ok(added) }
}

/// INVARIANT (an operator remains): whoever may do everything is suspended only while somebody else is left who may.
fn suspend(state: &State, others_operate: bool, context: &Context) -> Decided {
    let added = managed_and_there(state, context)?;
    if state.suspended.is_some() {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    match added.role {
        StaffRole::Operator if !others_operate => Err(Rejection::LastOperator),
        StaffRole::Operator | StaffRole::Auditor => {
            let staff = added.staff;
            Ok(Decision::record(RULE_MANAGED, [StaffSuspended { staff }.into()]))
        }
    }
}

fn restore(state: &State, context: &Context) -> Decided {
    let staff = managed_and_there(state, context)?.staff;
    if state.suspended.is_none() {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    Ok(Decision::record(RULE_MANAGED, [StaffRestored { staff }.into()]))
}

/// INVARIANT (erased is final): no later fact gives the person anything back. Only who is out already is erased, so an
/// operator remains. INVARIANT (evidence stays): nobody is erased while a legal matter needs what is known.
fn erase(state: &State, ground: ErasureGround, held: bool, context: &Context) -> Decided {
    let staff = managed(state, context)?.staff;
    if state.erased.is_some() {
        return Ok(Decision::already_so(RULE_ERASED));
    }
    if state.suspended.is_none() {
        return Err(Rejection::NotSuspended);
    }
    if held {
        return Err(Rejection::LegalHold);
    }
    Ok(Decision::record(RULE_ERASED, [StaffErased { staff, ground }.into()]))
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyAdded => "ALREADY_ADDED",
            Self::Oneself => "ONESELF",
            Self::NotOneself => "NOT_ONESELF",
            Self::Erased => "STAFF_ERASED",
            Self::LastOperator => "LAST_OPERATOR",
            Self::NotSuspended => "NOT_SUSPENDED",
            Self::LegalHold => "LEGAL_HOLD",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "staff.facts_in_order",
            Self::NotFound | Self::AlreadyAdded => RULE_ADDED,
            Self::NotOneself => RULE_RENAMED,
            Self::Oneself | Self::LastOperator => RULE_MANAGED,
            Self::Erased | Self::NotSuspended => RULE_ERASED,
            Self::LegalHold => "staff.nothing_is_erased_under_a_legal_hold",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed"
            }
            Self::NotFound => "check the id among the people of the vendor",
            Self::AlreadyAdded => "add the person under a new id",
            Self::Oneself => "ask another operator of the vendor",
            Self::NotOneself => "ask the person to change it",
            Self::Erased => "add the person again, as somebody new",
            Self::LastOperator => "add or restore another operator first",
            Self::NotSuspended => "suspend the person first",
            Self::LegalHold => "leave the person suspended until no matter is open any more",
        }
        .to_owned()
    }
}
