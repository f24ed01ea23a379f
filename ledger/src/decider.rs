//! The shape of every rule book: a command and the state it needs go in, facts or one typed
//! refusal come out. Pure: whatever a rule needs to know (time, actor, ids, prices) arrives inside
//! the command or the context.

use crate::authority::Basis;
use schemas::{Actor, FactSet, LedgerEvent, StreamKind, Timestamp};

/// What a rule may know beside the command and the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The instant at which the ledger decides.
    pub now: Timestamp,
    /// The instant from which the facts are to be true. Never later than `now`.
    pub effective_at: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// By which right; `None`: nobody was asked, as for what the service itself does.
    pub basis: Option<Basis>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<E> {
    /// The facts to record; none means that what was asked for is already so, which is a success.
    pub events: Vec<E>,
    /// The rule that decided, such as `license.seats_fit`. It is recorded with each fact.
    pub rule: &'static str,
}

impl<E> Decision<E> {
    /// These facts, by this rule.
    pub fn record(rule: &'static str, events: impl IntoIterator<Item = E>) -> Self {
        Self { events: events.into_iter().collect(), rule }
    }

    /// What was asked for is already so.
    #[must_use]
    pub const fn already_so(rule: &'static str) -> Self {
        Self { events: Vec::new(), rule }
    }
}

/// The rules of one kind of stream.
pub trait Decider: Send + Sync + 'static {
    /// The kind of stream these rules are for.
    const KIND: StreamKind;
    /// What the rules remember of the past: only what some rule reads.
    type State: Default + Clone + Send + Sync + 'static;
    /// What can be asked for.
    type Command: Send + Sync + 'static;
    /// What can happen.
    type Event: FactSet + Into<LedgerEvent> + TryFrom<LedgerEvent>;
    /// Why it may be refused.
    type Rejection: Rejection;

    /// Decides a command. The first refusal that applies, in the order of the rejection's enum, is
    /// the answer.
    ///
    /// # Errors
    /// When the rules refuse the command; then nothing happened.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context,
    ) -> Result<Decision<Self::Event>, Self::Rejection>;

    /// Remembers a fact. It never refuses and never computes policy. `at` is when the fact is true
    /// from.
    fn evolve(state: &mut Self::State, event: &Self::Event, at: Timestamp);
}

/// A refusal: stable code, what is so, and what to do about it.
pub trait Rejection: std::error::Error + Clone + Send + Sync + 'static {
    /// The stable code, upper case with underscores, such as `NO_SEAT_AVAILABLE`.
    fn code(&self) -> &'static str;
    /// The rule that refused, such as `license.seats_fit`.
    fn rule(&self) -> &'static str;
    /// What the user can do next, as one sentence in plain words.
    fn advice(&self) -> String;
}

/// The earliest effective time that is possible, when what is decided would be true before the
/// newest fact of its stream. Only backdating can be out of order: what is true from now on simply
/// comes next, even when two callers read the clock in another order than they are decided.
pub(crate) fn out_of_order(context: &Context, newest: Timestamp) -> Option<Timestamp> {
    (context.effective_at < context.now && context.effective_at < newest).then_some(newest)
}
