//! Tokens of programs: made by a person for itself, for at most a year, revoked, and on which days they were used.

use schemas::access::{AccessEvent, ApiTokenCreated, ApiTokenRevoked, ApiTokenUsed};
use schemas::{Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use super::{Rejection, State};
use crate::decider::Decision;

/// The longest that a token of a program is accepted, in seconds: a year, also a leap one.
pub const LIFETIME_SECONDS_MAX: i64 = 366 * DAY_SECONDS;
/// How many tokens that are accepted one person may have: a person cannot look after more.
pub const PER_PERSON_MAX: usize = 50;
/// The longest name of a token.
pub const NAME_CHARACTERS_MAX: usize = 80;
/// How many networks a token may be bound to.
pub const NETWORKS_MAX: usize = 20;

pub(super) const RULE: &str = "access.api_tokens";

const DAY_SECONDS: i64 = 86_400;
const DAY_MICROS: i64 = DAY_SECONDS * 1_000_000;

/// A token of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The newest day on which it was used.
    pub used_on: Option<Timestamp>,
}

impl ApiToken {
    fn accepted(&self, at: Timestamp) -> bool {
        !self.revoked && at < self.expires_at
    }
}

/// INVARIANT (tokens of programs end): each has an end, at most a year away, and a person has few of them.
pub(super) fn create(
    state: &State,
    created: &ApiTokenCreated,
    at: Timestamp,
) -> Result<Decision<AccessEvent>, Rejection> {
    let ApiTokenCreated { token, name, scopes, networks, expires_at, .. } = created;
    if state.api_tokens.contains_key(token) {
        return Err(Rejection::TokenAlreadyIssued);
    }
    let expires_at = *expires_at;
    if expires_at <= at {
        return Err(Rejection::ExpiresEarly { expires_at });
    }
    if expires_at > at.plus_seconds(LIFETIME_SECONDS_MAX) {
        return Err(Rejection::ExpiresLate { expires_at });
    }
    let unfit = name.trim().is_empty()
        || name.chars().count() > NAME_CHARACTERS_MAX
        || name.chars().any(char::is_control);
    if unfit {
        return Err(Rejection::TokenName);
    }
    let in_order = scopes.windows(2).all(|pair| pair.first() < pair.last());
    if scopes.is_empty() || !in_order {
        return Err(Rejection::TokenScopes);
    }
    if networks.len() > NETWORKS_MAX {
        return Err(Rejection::TokenNetworks);
    }
    let accepted = state.api_tokens.values().filter(|token| token.accepted(at));
    if accepted.count() >= PER_PERSON_MAX {
        return Err(Rejection::TooManyTokens);
    }
    Ok(Decision::record(RULE, [created.clone().into()]))
}

pub(super) fn revoke(state: &State, token: TokenId) -> Result<Decision<AccessEvent>, Rejection> {
    let known = state.api_tokens.get(&token).ok_or(Rejection::TokenNotFound)?;
    Ok(if known.revoked {
        Decision::already_so(RULE)
    } else {
        Decision::record(RULE, [ApiTokenRevoked { token }.into()])
    })
}

// INVARIANT (uses are bounded): a program that asks all day grows the ledger by one fact.
pub(super) fn record_use(
    state: &State,
    token: TokenId,
    at: Timestamp,
) -> Result<Decision<AccessEvent>, Rejection> {
    let known = state.api_tokens.get(&token).filter(|known| known.accepted(at));
    let known = known.ok_or(Rejection::TokenNotFound)?;
    let day = day_of(at);
    if known.used_on.is_some_and(|newest| newest >= day) {
        return Ok(Decision::already_so(RULE));
    }
    Ok(Decision::record(RULE, [ApiTokenUsed { token, day }.into()]))
}

/// The start of the day of an instant, in UTC.
#[must_use]
pub fn day_of(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(DAY_MICROS))
}

pub(super) fn created(state: &mut State, fact: &ApiTokenCreated) {
    let token = ApiToken { expires_at: fact.expires_at, revoked: false, used_on: None };
    state.api_tokens.insert(fact.token, token);
}

pub(super) fn revoked(state: &mut State, fact: ApiTokenRevoked) {
    if let Some(token) = state.api_tokens.get_mut(&fact.token) {
        token.revoked = true;
    }
}

pub(super) fn used(state: &mut State, fact: ApiTokenUsed) {
    if let Some(token) = state.api_tokens.get_mut(&fact.token) {
        token.used_on = Some(fact.day);
    }
}
