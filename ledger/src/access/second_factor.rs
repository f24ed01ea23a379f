//! A second factor: codes of an authenticator, each used once, and recovery codes for whoever lost it.

use schemas::access::{
    AccessEvent, RecoveryCodeUsed, SecondFactorRemoved, SecondFactorSecret, SecondFactorSet,
    SecondFactorUsed,
};
use schemas::{Digest, Personal, SubjectId};

use super::{Rejection, SecondFactor, State};
use crate::decider::Decision;

pub(super) const RULE: &str = "access.each_code_once";

type Decided = Result<Decision<AccessEvent>, Rejection>;

pub(super) fn set(
    state: &State,
    subject: SubjectId,
    secret: &str,
    step: u64,
    recovery: &[Digest],
) -> Decided {
    if state.second_factor.is_some() {
        return Err(Rejection::SecondFactorAlreadySet);
    }
    let personal = Personal::new(subject, SecondFactorSecret { secret: secret.to_owned() });
    let set = SecondFactorSet { step, recovery: recovery.to_vec(), personal };
    Ok(Decision::record(RULE, [set.into()]))
}

/// INVARIANT (each code once): a code is good for one sign-in, also when two show it at the same instant, and also
/// after a restart. A code of an earlier time is no longer good once a later one was used.
pub(super) fn use_code(state: &State, step: u64) -> Decided {
    let factor = state.second_factor.as_ref().ok_or(Rejection::NoSecondFactor)?;
    if step <= factor.step {
        return Err(Rejection::CodeUsedUp);
    }
    Ok(Decision::record(RULE, [SecondFactorUsed { step }.into()]))
}

pub(super) fn use_recovery_code(state: &State, code: Digest) -> Decided {
    let factor = state.second_factor.as_ref().ok_or(Rejection::NoSecondFactor)?;
    if !factor.recovery.contains(&code) {
        return Err(Rejection::RecoveryCodeUnknown);
    }
    Ok(Decision::record(RULE, [RecoveryCodeUsed { code }.into()]))
}

pub(super) fn remove(state: &State) -> Decision<AccessEvent> {
    match state.second_factor {
        None => Decision::already_so(RULE),
        Some(_) => Decision::record(RULE, [SecondFactorRemoved {}.into()]),
    }
}

pub(super) fn evolve(state: &mut State, event: &AccessEvent) {
    match event {
        AccessEvent::SecondFactorSet(fact) => {
            let recovery = fact.recovery.iter().copied().collect();
            state.second_factor = Some(SecondFactor { step: fact.step, recovery });
        }
        AccessEvent::SecondFactorUsed(fact) => {
            if let Some(factor) = &mut state.second_factor {
                factor.step = factor.step.max(fact.step);
            }
        }
        AccessEvent::RecoveryCodeUsed(fact) => {
            if let Some(factor) = &mut state.second_factor {
                factor.recovery.remove(&fact.code);
            }
        }
        AccessEvent::SecondFactorRemoved(_) => state.second_factor = None,
        AccessEvent::PasswordSet(_)
        | AccessEvent::PasswordLinkIssued(_)
        | AccessEvent::TokenIssued(_)
        | AccessEvent::TokenRevoked(_)
        | AccessEvent::TokenConfirmed(_)
        | AccessEvent::TokenRenewed(_)
        | AccessEvent::SingleSignOnUsed(_)
        | AccessEvent::PreferencesSet(_)
        | AccessEvent::NotificationChoicesSet(_)
        | AccessEvent::PasskeyAdded(_)
        | AccessEvent::PasskeyUsed(_)
        | AccessEvent::PasskeyRemoved(_)
        | AccessEvent::ApiTokenCreated(_)
        | AccessEvent::ApiTokenRevoked(_)
        | AccessEvent::ApiTokenUsed(_)
        | AccessEvent::AccessDenied(_) => {}
    }
}
