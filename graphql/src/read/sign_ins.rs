//! The times that somebody came in, read from the facts of its credentials.

use std::collections::{BTreeMap, VecDeque};

use async_graphql::Result;
use projections::views::access::CredentialsRow;
use schemas::access::AccessEvent;
use schemas::{LedgerEvent, StreamName, TokenId};

use crate::error::fault;
use crate::gate::Gate;
use crate::types::session::{SignIn, SignInBy};

/// How far back it is told when somebody came in.
const SECONDS_MAX: i64 = 90 * 86_400;
/// How many of the newest facts are looked through: a program that signs in for each request has very many, and nobody
/// must be able to hide a sign-in behind other facts.
const FACTS_MAX: u64 = 20_000;
/// How many are read at a time.
const FACTS_AT_ONCE: u64 = 500;
/// How many are told.
const TOLD_MAX: usize = 100;

/// The times that somebody came in during the last 90 days, the newest first.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn sign_ins(gate: &Gate, own: &CredentialsRow) -> Result<Vec<SignIn>> {
    let since = gate.now().plus_seconds(-SECONDS_MAX);
    let stream = StreamName::access(own.principal);
    let limit = usize::try_from(FACTS_AT_ONCE).unwrap_or(usize::MAX);
    let mut facts = VecDeque::new();
    let mut end = Some(own.revision);
    for _ in 0..FACTS_MAX / FACTS_AT_ONCE {
        let Some(last) = end else { break };
        let after = last.checked_sub(FACTS_AT_ONCE);
        let stored = gate.ledger.log().read_stream(stream, after, limit).await;
        for event in stored.map_err(|error| fault(&error))?.into_iter().rev() {
            let recorded = gate.ledger.codec().decode(&event).map_err(|error| fault(&error))?;
            facts.push_front(recorded);
        }
        let oldest = facts.front().map(|fact| fact.header.effective_at);
        end = after.filter(|_| oldest.is_some_and(|oldest| since <= oldest));
    }
    let mut found = BTreeMap::new();
    for recorded in &facts {
        if let LedgerEvent::Access(fact) = &recorded.event {
            take(&mut found, fact, SignIn::came(recorded.header.effective_at));
        }
    }
    let mut told: Vec<SignIn> = found.into_values().filter(|one| one.at.0 >= since).collect();
    told.sort_by_key(|one| std::cmp::Reverse(one.at));
    told.truncate(TOLD_MAX);
    Ok(told)
}

fn take(found: &mut BTreeMap<TokenId, SignIn>, fact: &AccessEvent, now: SignIn) {
    match fact {
        AccessEvent::TokenIssued(one) => _ = found.insert(one.token, now),
        AccessEvent::SingleSignOnUsed(one) => {
            if let Some(came) = found.get_mut(&one.token) {
                came.by = SignInBy::Organization;
            }
        }
        AccessEvent::PasskeyUsed(one) => {
            // Later ones only show again who it is.
            if let Some(came) = found.get_mut(&one.token).filter(|came| came.at == now.at) {
                came.by = SignInBy::Passkey;
            }
        }
        AccessEvent::TokenRevoked(one) => {
            if let Some(came) = found.get_mut(&one.token) {
                came.ended_at = Some(now.at);
            }
        }
        AccessEvent::PasswordSet(_)
        | AccessEvent::PasswordLinkIssued(_)
        | AccessEvent::SecondFactorSet(_)
        | AccessEvent::SecondFactorUsed(_)
        | AccessEvent::RecoveryCodeUsed(_)
        | AccessEvent::SecondFactorRemoved(_)
        | AccessEvent::TokenConfirmed(_)
        | AccessEvent::TokenRenewed(_)
        | AccessEvent::ApiTokenCreated(_)
        | AccessEvent::ApiTokenRevoked(_)
        | AccessEvent::ApiTokenUsed(_)
        | AccessEvent::PasskeyAdded(_)
        | AccessEvent::PasskeyRemoved(_)
        | AccessEvent::PreferencesSet(_)
        | AccessEvent::NotificationChoicesSet(_)
        | AccessEvent::AccessDenied(_) => {}
    }
}
