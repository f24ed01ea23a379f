//! What goes into a command beside its content, and what comes out of it.

use ledger::authority::Basis;
use schemas::{
    AccountId, Actor, CommandId, CorrelationId, Digest, EventId, LogPosition, Revision, StreamName,
    Timestamp,
};

/// Who commands, under which identity of retry, and with which cautions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandMeta {
    /// Whose command it is; `None` for the vendor's own. Command ids of two tenants never collide.
    pub tenant: Option<AccountId>,
    /// Who acts.
    pub actor: Actor,
    /// By which right; `None`: nobody was asked, as for what the service itself does.
    pub basis: Option<Basis>,
    /// The customer on whose behalf somebody else acts.
    pub on_behalf_of: Option<AccountId>,
    /// The retry identity: the same id is the same intent for ever.
    pub command_id: CommandId,
    /// The digest of the command's meaning: the same id with another digest is refused.
    pub request_digest: Digest,
    /// What ties it to other commands of the same piece of work.
    pub correlation_id: CorrelationId,
    /// The event that caused it.
    pub causation_id: Option<EventId>,
    /// When the facts are true from; `None`: from the decision on.
    pub effective_at: Option<Timestamp>,
    /// The revision the caller saw: when the stream has moved since, the command is refused.
    pub expected_revision: Option<Revision>,
}

impl CommandMeta {
    /// The vendor's own command with this id and meaning, by this actor, effective at once. Whoever holds the data folder
    /// may do everything; of anybody else it has to be said by which right.
    #[must_use]
    pub const fn new(command_id: CommandId, request_digest: Digest, actor: Actor) -> Self {
        let basis = match actor {
            Actor::Operator => Some(Basis::data_folder()),
            Actor::System
            | Actor::Member(_)
            | Actor::Staff(_)
            | Actor::Token(_)
            | Actor::License(_) => None,
        };
        Self {
            tenant: None,
            actor,
            basis,
            on_behalf_of: None,
            command_id,
            request_digest,
            correlation_id: CorrelationId::new(command_id.uuid()),
            causation_id: None,
            effective_at: None,
            expected_revision: None,
        }
    }

    /// The same, of this customer.
    #[must_use]
    pub const fn for_tenant(mut self, tenant: Option<AccountId>) -> Self {
        self.tenant = tenant;
        self
    }

    /// The same, by this right.
    #[must_use]
    pub const fn by(mut self, basis: Basis) -> Self {
        self.basis = Some(basis);
        self
    }

    /// The same, on behalf of this customer.
    #[must_use]
    pub const fn on_behalf_of(mut self, account: AccountId) -> Self {
        self.on_behalf_of = Some(account);
        self
    }

    /// The same, as a part of this piece of work.
    #[must_use]
    pub const fn correlated(mut self, correlation: CorrelationId) -> Self {
        self.correlation_id = correlation;
        self
    }

    /// The same, caused by this event.
    #[must_use]
    pub const fn caused_by(mut self, event: EventId) -> Self {
        self.causation_id = Some(event);
        self
    }

    /// The same, with facts that are true from this instant.
    #[must_use]
    pub const fn effective_at(mut self, at: Timestamp) -> Self {
        self.effective_at = Some(at);
        self
    }

    /// The same, only if the stream still is at this revision.
    #[must_use]
    pub const fn expecting(mut self, revision: Revision) -> Self {
        self.expected_revision = Some(revision);
        self
    }
}

/// The answer to a command that was accepted. Everything in it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt<E> {
    /// The stream.
    pub stream: StreamName,
    /// Where in the log: a read that is at least this new sees what the command did, or what it found done.
    /// `None` when the store does not tell.
    pub position: Option<LogPosition>,
    /// The revision of the first recorded event; `None` when nothing had to be recorded.
    pub first_revision: Option<Revision>,
    /// The revision of the stream after the command; `None` when the stream has no events.
    pub last_revision: Option<Revision>,
    /// What was recorded; empty: what was asked for was already so.
    pub events: Vec<E>,
    /// The command had been accepted before, and this is that answer again.
    pub replayed: bool,
    /// The rule that decided.
    pub rule: String,
}
