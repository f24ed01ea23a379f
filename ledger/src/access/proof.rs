//! Whoever holds a session shows again who it is, and goes on with another secret.

use schemas::access::{AccessEvent, TokenConfirmed, TokenRenewed};
use schemas::{Timestamp, TokenId};

use super::{Rejection, State};
use crate::decider::Decision;

/// Remembers that whoever holds the token showed it.
pub(super) fn confirm(
    state: &State,
    token: TokenId,
    at: Timestamp,
) -> Result<Decision<AccessEvent>, Rejection> {
    let known = state.tokens.get(&token).filter(|known| known.accepted(at));
    known.ok_or(Rejection::TokenNotFound)?;
    Ok(Decision::record("access.token_confirmed", [TokenConfirmed { token }.into()]))
}

/// INVARIANT (one secret at a time): what opened the session before opens nothing from this fact on.
pub(super) fn renew(
    state: &State,
    renewed: TokenRenewed,
    at: Timestamp,
) -> Result<Decision<AccessEvent>, Rejection> {
    const RULE: &str = "access.token_renewed";
    let known = state.tokens.get(&renewed.token).filter(|known| known.accepted(at));
    if known.ok_or(Rejection::TokenNotFound)?.secret_digest == renewed.secret_digest {
        return Ok(Decision::already_so(RULE));
    }
    Ok(Decision::record(RULE, [renewed.into()]))
}
