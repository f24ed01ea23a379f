//! Passkeys: key pairs whose private half stays with an authenticator. The edge checks what is signed; what is ruled here is
//! which of them count, and that none was copied behind its owner's back.

use schemas::access::{AccessEvent, PasskeyAdded, PasskeyRemoved, PasskeyUsed, TokenRevoked};
use schemas::{Digest, PasskeyId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use super::{Rejection, State};
use crate::decider::Decision;

pub(super) const RULE: &str = "access.passkeys_are_not_copied";

/// How many passkeys somebody may have.
pub const PER_PERSON_MAX: usize = 10;
/// How long its name may be, in characters.
pub const NAME_CHARACTERS_MAX: usize = 60;

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The keyed hash of the id by which the authenticator knows it.
    pub credential: Digest,
    /// How often the authenticator had signed when it was last shown.
    pub counter: u32,
}

type Decided = Result<Decision<AccessEvent>, Rejection>;

pub(super) fn add(state: &State, added: &PasskeyAdded, at: Timestamp) -> Decided {
    if let Some(known) = state.passkeys.get(&added.passkey) {
        return if known.credential == added.credential {
            Ok(Decision::already_so(RULE))
        } else {
            Err(Rejection::PasskeyAlreadyKnown)
        };
    }
    if state.passkeys.values().any(|known| known.credential == added.credential) {
        return Err(Rejection::PasskeyAlreadyKnown);
    }
    if state.passkeys.len() >= PER_PERSON_MAX {
        return Err(Rejection::TooManyPasskeys);
    }
    let name = added.personal.value.as_ref().map_or("", |one| one.name.as_str());
    let characters = name.chars().count();
    let plain = name.trim() == name && !name.chars().any(char::is_control);
    if !plain || characters == 0 || characters > NAME_CHARACTERS_MAX {
        return Err(Rejection::PasskeyName);
    }
    accepted(state, added.token, at)?;
    Ok(Decision::record(RULE, [added.clone().into()]))
}

/// INVARIANT (no copies): the count of an authenticator that counts goes up with each use. One that does not, was copied
/// with its private key; two uses at the same instant cannot both be the next.
pub(super) fn used(state: &State, used: PasskeyUsed) -> Result<AccessEvent, Rejection> {
    let known = state.passkeys.get(&used.passkey).ok_or(Rejection::PasskeyNotFound)?;
    let counts = known.counter > 0 || used.counter > 0;
    if counts && used.counter <= known.counter {
        return Err(Rejection::PasskeyCopied);
    }
    Ok(used.into())
}

pub(super) fn confirm(
    state: &State,
    confirmed: AccessEvent,
    used_now: PasskeyUsed,
    at: Timestamp,
) -> Decided {
    accepted(state, used_now.token, at)?;
    Ok(Decision::record(RULE, [confirmed, used(state, used_now)?]))
}

fn accepted(state: &State, token: TokenId, at: Timestamp) -> Result<(), Rejection> {
    let known = state.tokens.get(&token).filter(|known| known.accepted(at));
    known.map(|_| ()).ok_or(Rejection::TokenNotFound)
}

/// INVARIANT (a passkey that is gone ends its sessions): whoever has the device that was lost is out.
pub(super) fn remove(
    state: &State,
    passkey: PasskeyId,
    kept: Option<TokenId>,
    at: Timestamp,
) -> Decided {
    if !state.passkeys.contains_key(&passkey) {
        return Err(Rejection::PasskeyNotFound);
    }
    let removed = std::iter::once(PasskeyRemoved { passkey }.into());
    Ok(Decision::record(RULE, removed.chain(shown_in(state, passkey, kept, at))))
}

/// What removes all of them, with the sessions they were shown in.
pub(super) fn remove_all(state: &State, at: Timestamp) -> Vec<AccessEvent> {
    let all = state.passkeys.keys();
    let removed = all.map(|passkey| PasskeyRemoved { passkey: *passkey }.into());
    let shown =
        state.tokens.iter().filter(|(_, known)| known.accepted(at) && !known.passkeys.is_empty());
    removed.chain(shown.map(|(token, _)| TokenRevoked { token: *token }.into())).collect()
}

fn shown_in(
    state: &State,
    passkey: PasskeyId,
    kept: Option<TokenId>,
    at: Timestamp,
) -> impl Iterator<Item = AccessEvent> + '_ {
    let shown = state.tokens.iter().filter(move |(token, known)| {
        known.passkeys.contains(&passkey) && known.accepted(at) && Some(**token) != kept
    });
    shown.map(|(token, _)| TokenRevoked { token: *token }.into())
}

pub(super) fn added(state: &mut State, fact: &PasskeyAdded) {
    let passkey = Passkey { credential: fact.credential, counter: fact.counter };
    state.passkeys.insert(fact.passkey, passkey);
    shown(state, fact.token, fact.passkey);
}

pub(super) fn was_used(state: &mut State, fact: PasskeyUsed) {
    if let Some(passkey) = state.passkeys.get_mut(&fact.passkey) {
        passkey.counter = passkey.counter.max(fact.counter);
    }
    shown(state, fact.token, fact.passkey);
}

fn shown(state: &mut State, token: TokenId, passkey: PasskeyId) {
    if let Some(token) = state.tokens.get_mut(&token) {
        token.passkeys.insert(passkey);
    }
}

pub(super) fn removed(state: &mut State, fact: PasskeyRemoved) {
    state.passkeys.remove(&fact.passkey);
    state.tokens.values_mut().for_each(|token| _ = token.passkeys.remove(&fact.passkey));
}
