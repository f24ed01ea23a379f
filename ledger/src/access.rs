//! The rules of one principal's credentials, and of what was denied to it. Secrets come hashed.

use std::collections::BTreeMap;

use schemas::access::{
    AccessDenied, AccessEvent, Audience, PasswordHash, PasswordSet, TokenIssued, TokenRevoked,
};
use schemas::{Digest, Personal, StreamKind, SubjectId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use crate::calendar::text;
use crate::decider::{self, Context, Decider, Decision};

/// The rules of a principal's credentials.
#[derive(Debug, Clone, Copy)]
pub struct AccessRules;

/// What can be asked of a principal's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Set the password. The state does not hold the hash, so this always records; a retry is
    /// known by its command id.
    SetPassword {
        /// Whose password.
        subject: SubjectId,
        /// The argon2id hash in PHC form.
        phc: String,
    },
    /// Issue a bearer token.
    IssueToken {
        /// The token.
        token: TokenId,
        /// Which door it opens.
        audience: Audience,
        /// The hash of its random bits.
        secret_digest: Digest,
        /// The first instant at which it is no longer accepted.
        expires_at: Timestamp,
    },
    /// Stop accepting a token.
    RevokeToken {
        /// The token.
        token: TokenId,
    },
    /// Remember that the principal was denied an operation: once for each operation and minute.
    RecordDenial {
        /// The operation, as the API names it.
        operation: String,
    },
}

/// Why a command to credentials may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The token id is taken by a token with other content.
    #[error("the token is already issued with other content")]
    TokenAlreadyIssued,
    /// The token would never be accepted.
    #[error("the token would expire at {}, which is not after its issue", text(*.expires_at))]
    ExpiresEarly {
        /// When it would expire.
        expires_at: Timestamp,
    },
    /// There is no such token.
    #[error("there is no such token")]
    TokenNotFound,
}

/// What the rules remember of a principal's credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Since when the newest password is set.
    pub password_set: Option<Timestamp>,
    /// Every token that was issued.
    pub tokens: BTreeMap<TokenId, Token>,
    /// The newest minute in which each operation was denied.
    pub denials: BTreeMap<String, Timestamp>,
}

/// A bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Which door it opens.
    pub audience: Audience,
    /// The hash of its random bits.
    pub secret_digest: Digest,
    /// Since when.
    pub issued_at: Timestamp,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
    /// Since when it is no longer accepted.
    pub revoked: Option<Timestamp>,
}

impl Token {
    /// Whether it is accepted at this instant.
    #[must_use]
    pub fn accepted(&self, at: Timestamp) -> bool {
        self.issued_at <= at && at < self.expires_at && self.revoked.is_none_or(|from| at < from)
    }
}

impl Decider for AccessRules {
    const KIND: StreamKind = StreamKind::Access;
    type State = State;
    type Command = Command;
    type Event = AccessEvent;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: &Command,
        context: &Context,
    ) -> Result<Decision<AccessEvent>, Rejection> {
        let effective_at = context.effective_at;
        if effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at });
        }
        match command {
            Command::SetPassword { subject, phc } => {
                let personal = Personal::new(*subject, PasswordHash { phc: phc.clone() });
                Ok(Decision::record("access.password", [PasswordSet { personal }.into()]))
            }
            Command::IssueToken { token, audience, secret_digest, expires_at } => {
                let issued = TokenIssued {
                    token: *token,
                    audience: *audience,
                    secret_digest: *secret_digest,
                    expires_at: *expires_at,
                };
                issue_token(state, issued, effective_at)
            }
            Command::RevokeToken { token } => revoke_token(state, *token),
            Command::RecordDenial { operation } => {
                Ok(record_denial(state, operation, effective_at))
            }
        }
    }

    fn evolve(state: &mut State, event: &AccessEvent, at: Timestamp) {
        match event {
            AccessEvent::PasswordSet(PasswordSet { personal: _ }) => state.password_set = Some(at),
            AccessEvent::TokenIssued(fact) => {
                let issued = Token {
                    audience: fact.audience,
                    secret_digest: fact.secret_digest,
                    issued_at: at,
                    expires_at: fact.expires_at,
                    revoked: None,
                };
                state.tokens.insert(fact.token, issued);
            }
            AccessEvent::TokenRevoked(TokenRevoked { token }) => {
                if let Some(token) = state.tokens.get_mut(token) {
                    token.revoked = Some(at);
                }
            }
            AccessEvent::AccessDenied(AccessDenied { operation, minute }) => {
                state.denials.insert(operation.clone(), *minute);
            }
        }
    }
}

fn issue_token(
    state: &State,
    issued: TokenIssued,
    at: Timestamp,
) -> Result<Decision<AccessEvent>, Rejection> {
    const RULE: &str = "access.token_issued_once";
    if let Some(known) = state.tokens.get(&issued.token) {
        let known = (known.audience, known.secret_digest, known.expires_at);
        return if known == (issued.audience, issued.secret_digest, issued.expires_at) {
            Ok(Decision::already_so(RULE))
        } else {
            Err(Rejection::TokenAlreadyIssued)
        };
    }
    if issued.expires_at <= at {
        return Err(Rejection::ExpiresEarly { expires_at: issued.expires_at });
    }
    Ok(Decision::record(RULE, [issued.into()]))
}

fn revoke_token(state: &State, token: TokenId) -> Result<Decision<AccessEvent>, Rejection> {
    const RULE: &str = "access.token_revoked";
    let known = state.tokens.get(&token).ok_or(Rejection::TokenNotFound)?;
    Ok(match known.revoked {
        Some(_) => Decision::already_so(RULE),
        None => Decision::record(RULE, [TokenRevoked { token }.into()]),
    })
}

// INVARIANT (denials are bounded): a flood of refusals grows the ledger by one fact a minute and
// operation.
fn record_denial(state: &State, operation: &str, at: Timestamp) -> Decision<AccessEvent> {
    const RULE: &str = "access.denials_are_bounded";
    let minute = minute_of(at);
    if state.denials.get(operation).is_some_and(|newest| *newest >= minute) {
        return Decision::already_so(RULE);
    }
    Decision::record(RULE, [AccessDenied { operation: operation.to_owned(), minute }.into()])
}

const MINUTE_MICROS: i64 = 60_000_000;

fn minute_of(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(MINUTE_MICROS))
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::TokenAlreadyIssued => "TOKEN_ALREADY_ISSUED",
            Self::ExpiresEarly { .. } => "EXPIRES_EARLY",
            Self::TokenNotFound => "TOKEN_NOT_FOUND",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "access.facts_in_order",
            Self::TokenAlreadyIssued | Self::ExpiresEarly { .. } => "access.token_issued_once",
            Self::TokenNotFound => "access.token_revoked",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::TokenAlreadyIssued => "issue the token under a new id".to_owned(),
            Self::ExpiresEarly { .. } => "give a later end".to_owned(),
            Self::TokenNotFound => "check the id of the token".to_owned(),
        }
    }
}
