//! The rules of what one person was told without asking: each fact once by each way.

use std::collections::BTreeMap;

use schemas::notices::{
    Channel, Notice, NoticesEvent, NotificationFailed, NotificationSent, NotificationsRead, Topic,
};
use schemas::{EventId, StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::text;
use crate::decider::{self, Context, Decider, Decision};

/// For how long it is remembered what was told, in days: far longer than anything waits to be told.
pub const REMEMBERED_DAYS: i64 = 60;
const DAY_MICROS: i64 = 86_400_000_000;

/// The rules of what a person is told.
#[derive(Debug, Clone, Copy)]
pub struct NoticesRules;

/// What can be asked of what a person was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Remember that the person was told: of one fact, or of several in one mail.
    RecordSent(Vec<NotificationSent>),
    /// Remember that the person could not be told.
    RecordFailed(NotificationFailed),
    /// Remember that the person has seen the list.
    MarkRead {
        /// The number of the newest that was seen.
        up_to: u64,
    },
}

/// Why a command may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// Nobody has seen what was not told yet.
    #[error("there is no notification with the number {up_to}")]
    NotificationNotFound {
        /// The number.
        up_to: u64,
    },
}

/// One telling: of a fact, with a text, by a way.
pub type Told = (EventId, Notice, Channel);

/// What the rules remember of what a person was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What was told or failed lately, and when.
    pub told: BTreeMap<Told, Timestamp>,
    /// How many facts there are: the number of the next.
    pub facts: u64,
    /// The number of the newest that was seen.
    pub read: Option<u64>,
}

/// Of which topic a text is.
#[must_use]
pub const fn topic(notice: Notice) -> Topic {
    match notice {
        Notice::PasswordSet
        | Notice::SecondFactorSet
        | Notice::SecondFactorRemoved
        | Notice::RecoveryCodeUsed
        | Notice::PasskeyAdded
        | Notice::PasskeyRemoved
        | Notice::SignInEmailChanged
        | Notice::IdentityLinked
        | Notice::IdentityUnlinked => Topic::Credentials,
        Notice::RoleChanged | Notice::RoleGranted | Notice::RoleEnded => Topic::Rights,
        Notice::ProgramTokenMade => Topic::Programs,
        Notice::SeatGiven | Notice::SeatTaken => Topic::Seats,
        Notice::DeviceAdded => Topic::Devices,
        Notice::LicenseEndsInAMonth | Notice::LicenseEndsInAWeek | Notice::LicenseEndsTomorrow => {
            Topic::LicenseEnds
        }
        Notice::LicenseSuspended
        | Notice::LicenseResumed
        | Notice::LicenseRenewed
        | Notice::LicenseSwitched
        | Notice::LicenseRevoked => Topic::LicenseChanges,
    }
}

const RULE: &str = "notices.once";
const RULE_READ: &str = "notices.read";

impl Decider for NoticesRules {
    const KIND: StreamKind = StreamKind::Notices;
    type State = State;
    type Command = Command;
    type Event = NoticesEvent;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: &Command,
        context: &Context,
    ) -> Result<Decision<NoticesEvent>, Rejection> {
        if context.effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
        }
        // INVARIANT (told once): what was told, or failed for good, is not recorded again.
        let is_new = |told: &Told| !state.told.contains_key(told);
        match command {
            Command::RecordSent(sent) => {
                let new = sent.iter().filter(|one| is_new(&(one.cause, one.notice, one.channel)));
                Ok(Decision::record(RULE, new.cloned().map(Into::into)))
            }
            Command::RecordFailed(failed) => {
                let told = (failed.cause, failed.notice, failed.channel);
                let new = Some(failed).filter(|_| is_new(&told));
                Ok(Decision::record(RULE, new.cloned().map(Into::into)))
            }
            Command::MarkRead { up_to } if *up_to >= state.facts => {
                Err(Rejection::NotificationNotFound { up_to: *up_to })
            }
            Command::MarkRead { up_to } if state.read >= Some(*up_to) => {
                Ok(Decision::already_so(RULE_READ))
            }
            Command::MarkRead { up_to } => {
                Ok(Decision::record(RULE_READ, [NotificationsRead { up_to: *up_to }.into()]))
            }
        }
    }

    fn evolve(state: &mut State, event: &NoticesEvent, at: Timestamp) {
        state.facts += 1;
        let told = match event {
            NoticesEvent::NotificationSent(sent) => (sent.cause, sent.notice, sent.channel),
            NoticesEvent::NotificationFailed(failed) => {
                (failed.cause, failed.notice, failed.channel)
            }
            NoticesEvent::NotificationsRead(NotificationsRead { up_to }) => {
                state.read = Some(*up_to);
                return;
            }
        };
        let since = at.micros().saturating_sub(REMEMBERED_DAYS * DAY_MICROS);
        state.told.retain(|_, told_at| told_at.micros() >= since);
        state.told.insert(told, at);
    }
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::NotificationNotFound { .. } => "NOTIFICATION_NOT_FOUND",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "notices.facts_in_order",
            Self::NotificationNotFound { .. } => RULE_READ,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::NotificationNotFound { .. } => "look at the list again".to_owned(),
        }
    }
}
