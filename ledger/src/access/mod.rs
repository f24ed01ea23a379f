//! The rules of one principal's credentials, and of what was denied to it. Secrets come hashed.

pub mod api_token;
pub mod notifications;
pub mod passkey;
mod preferences;
mod proof;
mod rejection;
mod second_factor;

use std::collections::{BTreeMap, BTreeSet};

use schemas::access::{
    AccessDenied, AccessEvent, ApiTokenCreated, Audience, PasskeyAdded, PasskeyUsed, PasswordHash,
    PasswordLinkIssued, PasswordSet, Preferences, SingleSignOnUsed, TokenConfirmed, TokenIssued,
    TokenRenewed, TokenRevoked,
};
use schemas::notices::NotificationChoices;
use schemas::{Digest, PasskeyId, Personal, StreamKind, SubjectId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use crate::decider::{Context, Decider, Decision};

pub use rejection::Rejection;

/// The rules of a principal's credentials.
#[derive(Debug, Clone, Copy)]
pub struct AccessRules;

/// What can be asked of a principal's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Set the password. The state does not hold the hash, so this always records; a retry is
    /// known by its command id. All sessions but the one that sets it end.
    SetPassword {
        /// Whose password.
        subject: SubjectId,
        /// The argon2id hash in PHC form.
        phc: String,
        /// The session that sets it.
        kept: Option<TokenId>,
    },
    /// Let whoever holds a secret set the password, once. An older link ends.
    IssuePasswordLink {
        /// The hash of the secret.
        secret_digest: Digest,
        /// The first instant at which it is no longer accepted.
        expires_at: Timestamp,
    },
    /// Set the password as whoever holds the link's secret. All sessions end.
    SetPasswordByLink {
        /// The hash of the secret that was shown.
        secret_digest: Digest,
        /// Whose password.
        subject: SubjectId,
        /// The argon2id hash in PHC form.
        phc: String,
    },
    /// Ask for a code of an authenticator at each sign-in from now on.
    SetSecondFactor {
        /// Whose.
        subject: SubjectId,
        /// What the codes are computed from, in base32.
        secret: String,
        /// The number of the 30 seconds whose code was shown.
        step: u64,
        /// The keyed hashes of the recovery codes.
        recovery: Vec<Digest>,
    },
    /// Use up a code that is right. The edge has checked that it is.
    UseCode {
        /// The number of the 30 seconds whose code it is.
        step: u64,
    },
    /// Use up a recovery code.
    UseRecoveryCode {
        /// Its keyed hash.
        code: Digest,
    },
    /// No longer ask for a code.
    RemoveSecondFactor,
    /// No longer ask for a code, and accept no passkey: for somebody who lost what it showed.
    RemoveAllFactors,
    /// Let the principal sign in with a passkey. The edge has checked what its authenticator signed.
    AddPasskey(PasskeyAdded),
    /// Issue a bearer token to somebody who showed a passkey. The edge has checked what its authenticator signed.
    IssueTokenByPasskey {
        /// The token.
        issued: TokenIssued,
        /// The passkey.
        used: PasskeyUsed,
    },
    /// Remember that whoever holds a token showed a passkey.
    ConfirmTokenByPasskey(PasskeyUsed),
    /// Accept a passkey no longer. The sessions in which it was shown end.
    RemovePasskey {
        /// The passkey.
        passkey: PasskeyId,
        /// The session that goes on.
        kept: Option<TokenId>,
    },
    /// Stop accepting every token but one.
    RevokeOtherTokens {
        /// The one that is kept.
        kept: Option<TokenId>,
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
    /// Issue a bearer token to somebody who came in through the identity provider of the account. The edge has checked
    /// what it said.
    IssueTokenBySingleSignOn {
        /// The token.
        issued: TokenIssued,
        /// What the provider said.
        used: SingleSignOnUsed,
    },
    /// Stop accepting a token.
    RevokeToken {
        /// The token.
        token: TokenId,
    },
    /// Remember that whoever holds a token showed again who it is. The edge has checked it.
    ConfirmToken {
        /// The token.
        token: TokenId,
    },
    /// Let another secret open what a token opens: whoever showed again who it is gets a new one, and whoever else had the
    /// one of before has nothing.
    RenewToken(TokenRenewed),
    /// Let a program act for the principal. That it may not do more than the principal is looked at whenever it does.
    CreateApiToken(ApiTokenCreated),
    /// Stop accepting the token of a program.
    RevokeApiToken {
        /// The token.
        token: TokenId,
    },
    /// Remember that a program used its token: once for each token and day.
    RecordApiTokenUse {
        /// The token.
        token: TokenId,
    },
    /// Remember how the principal wants pages to look.
    SetPreferences {
        /// Who.
        subject: SubjectId,
        /// What it chose.
        preferences: Preferences,
    },
    /// Remember what the principal wants to be told, how and when.
    SetNotificationChoices {
        /// Who.
        subject: SubjectId,
        /// What it chose.
        choices: NotificationChoices,
    },
    /// Remember that the principal was denied an operation: once for each operation and minute.
    RecordDenial {
        /// The operation, as the API names it.
        operation: String,
    },
}

/// What the rules remember of a principal's credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Since when the newest password is set.
    pub password_set: Option<Timestamp>,
    /// The link by which the password may be set, once.
    pub link: Option<Link>,
    /// The second factor.
    pub second_factor: Option<SecondFactor>,
    /// The passkeys that are accepted.
    pub passkeys: BTreeMap<PasskeyId, passkey::Passkey>,
    /// Every token that was issued.
    pub tokens: BTreeMap<TokenId, Token>,
    /// Every token of a program that was made.
    pub api_tokens: BTreeMap<TokenId, api_token::ApiToken>,
    /// The newest minute in which each operation was denied.
    pub denials: BTreeMap<String, Timestamp>,
}

/// A link by which a password may be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The hash of its random bits.
    pub secret_digest: Digest,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The newest code that was used, by the number of its 30 seconds.
    pub step: u64,
    /// The keyed hashes of the recovery codes that are left.
    pub recovery: BTreeSet<Digest>,
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
    /// The passkeys that were shown with it and are accepted still.
    pub passkeys: BTreeSet<PasskeyId>,
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
            Command::SetPassword { subject, phc, kept } => {
                Ok(set_password(state, *subject, phc, *kept, effective_at))
            }
            Command::IssuePasswordLink { secret_digest, expires_at } => {
                issue_link(state, *secret_digest, *expires_at, effective_at)
            }
            Command::SetPasswordByLink { secret_digest, subject, phc } => {
                expect_link(state, *secret_digest, effective_at)?;
                Ok(set_password(state, *subject, phc, None, effective_at))
            }
            Command::SetSecondFactor { subject, secret, step, recovery } => {
                second_factor::set(state, *subject, secret, *step, recovery)
            }
            Command::UseCode { step } => second_factor::use_code(state, *step),
            Command::UseRecoveryCode { code } => second_factor::use_recovery_code(state, *code),
            Command::RemoveSecondFactor => Ok(second_factor::remove(state)),
            Command::RemoveAllFactors => Ok(remove_all_factors(state, effective_at)),
            Command::AddPasskey(added) => passkey::add(state, added, effective_at),
            Command::IssueTokenByPasskey { issued, used } => {
                issue_token_by(state, issued, || passkey::used(state, *used), effective_at)
            }
            Command::ConfirmTokenByPasskey(used) => {
                let confirmed = TokenConfirmed { token: used.token }.into();
                passkey::confirm(state, confirmed, *used, effective_at)
            }
            Command::RemovePasskey { passkey, kept } => {
                passkey::remove(state, *passkey, *kept, effective_at)
            }
            Command::RevokeOtherTokens { kept } => {
                Ok(Decision::record(RULE_REVOKED, others(state, *kept, effective_at)))
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
            Command::IssueTokenBySingleSignOn { issued, used } => {
                issue_token_by(state, issued, || Ok((*used).into()), effective_at)
            }
            Command::RevokeToken { token } => revoke_token(state, *token),
            Command::ConfirmToken { token } => proof::confirm(state, *token, effective_at),
            Command::RenewToken(renewed) => proof::renew(state, *renewed, effective_at),
            Command::CreateApiToken(created) => api_token::create(state, created, effective_at),
            Command::RevokeApiToken { token } => api_token::revoke(state, *token),
            Command::RecordApiTokenUse { token } => {
                api_token::record_use(state, *token, effective_at)
            }
            Command::SetPreferences { subject, preferences } => {
                preferences::set(*subject, preferences)
            }
            Command::SetNotificationChoices { subject, choices } => {
                notifications::set(*subject, choices)
            }
            Command::RecordDenial { operation } => {
                Ok(record_denial(state, operation, effective_at))
            }
        }
    }

    fn evolve(state: &mut State, event: &AccessEvent, at: Timestamp) {
        match event {
            AccessEvent::PasswordSet(PasswordSet { personal: _ }) => {
                state.password_set = Some(at);
                state.link = None;
            }
            AccessEvent::PasswordLinkIssued(fact) => {
                let (secret_digest, expires_at) = (fact.secret_digest, fact.expires_at);
                state.link = Some(Link { secret_digest, expires_at });
            }
            AccessEvent::SecondFactorSet(_)
            | AccessEvent::SecondFactorUsed(_)
            | AccessEvent::RecoveryCodeUsed(_)
            | AccessEvent::SecondFactorRemoved(_) => second_factor::evolve(state, event),
            AccessEvent::TokenIssued(fact) => {
                let issued = Token {
                    audience: fact.audience,
                    secret_digest: fact.secret_digest,
                    issued_at: at,
                    expires_at: fact.expires_at,
                    revoked: None,
                    passkeys: BTreeSet::new(),
                };
                state.tokens.insert(fact.token, issued);
            }
            AccessEvent::TokenRevoked(TokenRevoked { token }) => {
                if let Some(token) = state.tokens.get_mut(token) {
                    token.revoked = Some(at);
                }
            }
            AccessEvent::TokenRenewed(TokenRenewed { token, secret_digest }) => {
                if let Some(token) = state.tokens.get_mut(token) {
                    token.secret_digest = *secret_digest;
                }
            }
            // The views say how long ago it was, and how; no rule depends on it.
            AccessEvent::TokenConfirmed(_)
            | AccessEvent::SingleSignOnUsed(_)
            | AccessEvent::PreferencesSet(_)
            | AccessEvent::NotificationChoicesSet(_) => {}
            AccessEvent::PasskeyAdded(fact) => passkey::added(state, fact),
            AccessEvent::PasskeyUsed(fact) => passkey::was_used(state, *fact),
            AccessEvent::PasskeyRemoved(fact) => passkey::removed(state, *fact),
            AccessEvent::ApiTokenCreated(fact) => api_token::created(state, fact),
            AccessEvent::ApiTokenRevoked(fact) => api_token::revoked(state, *fact),
            AccessEvent::ApiTokenUsed(fact) => api_token::used(state, *fact),
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

/// Issues a token, and says by what whoever holds it came in.
fn issue_token_by(
    state: &State,
    issued: &TokenIssued,
    by: impl FnOnce() -> Result<AccessEvent, Rejection>,
    at: Timestamp,
) -> Result<Decision<AccessEvent>, Rejection> {
    let mut decided = issue_token(state, issued.clone(), at)?;
    if !decided.events.is_empty() {
        decided.events.push(by()?);
    }
    Ok(decided)
}

fn remove_all_factors(state: &State, at: Timestamp) -> Decision<AccessEvent> {
    let mut decided = second_factor::remove(state);
    let passkeys = passkey::remove_all(state, at);
    if passkeys.is_empty() {
        return decided;
    }
    decided.events.extend(passkeys);
    Decision::record(passkey::RULE, decided.events)
}

const RULE_REVOKED: &str = "access.token_revoked";

fn revoke_token(state: &State, token: TokenId) -> Result<Decision<AccessEvent>, Rejection> {
    let known = state.tokens.get(&token).ok_or(Rejection::TokenNotFound)?;
    Ok(match known.revoked {
        Some(_) => Decision::already_so(RULE_REVOKED),
        None => Decision::record(RULE_REVOKED, [TokenRevoked { token }.into()]),
    })
}

/// What ends every token that is still accepted, but one.
fn others(
    state: &State,
    kept: Option<TokenId>,
    at: Timestamp,
) -> impl Iterator<Item = AccessEvent> + '_ {
    let accepted = state.tokens.iter().filter(move |(_, token)| token.accepted(at));
    let ended = accepted.map(|(id, _)| *id).filter(move |token| Some(*token) != kept);
    ended.map(|token| TokenRevoked { token }.into())
}

/// INVARIANT (a new password ends sessions): whoever knew the old one, or holds a stolen token, is out.
fn set_password(
    state: &State,
    subject: SubjectId,
    phc: &str,
    kept: Option<TokenId>,
    at: Timestamp,
) -> Decision<AccessEvent> {
    let personal = Personal::new(subject, PasswordHash { phc: phc.to_owned() });
    let set = AccessEvent::from(PasswordSet { personal });
    Decision::record("access.password", std::iter::once(set).chain(others(state, kept, at)))
}

/// The link with this secret is the newest one, and its time is not over.
fn expect_link(state: &State, secret: Digest, at: Timestamp) -> Result<(), Rejection> {
    let good = |link: &Link| link.secret_digest == secret && at < link.expires_at;
    if state.link.as_ref().is_some_and(good) { Ok(()) } else { Err(Rejection::LinkNotGood) }
}

fn issue_link(
    state: &State,
    secret_digest: Digest,
    expires_at: Timestamp,
    at: Timestamp,
) -> Result<Decision<AccessEvent>, Rejection> {
    const RULE: &str = "access.one_password_link";
    let same = Link { secret_digest, expires_at };
    if state.link.as_ref() == Some(&same) {
        return Ok(Decision::already_so(RULE));
    }
    if expires_at <= at {
        return Err(Rejection::ExpiresEarly { expires_at });
    }
    Ok(Decision::record(RULE, [PasswordLinkIssued { secret_digest, expires_at }.into()]))
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
