//! Signing in with a passkey, showing again who one is with it, adding and removing one. A passkey is two factors in one:
//! the device, and the fingerprint, face or PIN that its authenticator always asks for.

use std::net::IpAddr;

use ledger::access::{Command, Rejection};
use ledger_log::{TransactError, derive};
use projections::Principal;
use projections::scope::Session;
use projections::views::access::KnownPasskey;
use schemas::access::{Audience, PasskeyAdded, PasskeyCredential, PasskeyUsed, TokenIssued};
use schemas::{Digest, MemberId, PasskeyId, Personal, StaffId, TokenId};
use serde_json::Value;

use super::{Auth, IssueError, SignedIn, subject};
use crate::passkeys::pending::{self, Asked, Pending};
use crate::passkeys::{
    self, Owner, PublicKeyCredential, Refused, RegisterPublicKeyCredential, RelyingParty, Shown,
};
use crate::tokens::{self, TokenSecret};

/// What a browser is to tell its authenticator.
pub struct AskedFor {
    /// To be shown with the answer, within five minutes.
    pub ceremony: String,
    /// The options, as the browser takes them.
    pub options: Value,
}

/// Who shows a passkey, and where.
#[derive(Clone, Copy)]
pub struct Browser<'a> {
    /// As what this service is called, such as `https://portal.orbit.example`.
    pub origin: &'a str,
    /// From where.
    pub from: IpAddr,
}

/// Why a passkey does not count, or is not added or removed.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// It is not believed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was begun is over, was answered, or was not begun, or not by this session.
    #[error("this was not begun, or too long ago")]
    NotBegun,
    /// Whose passkey it is may not sign in.
    #[error("whose passkey it is may not sign in")]
    KeptOut,
    /// The account lets people in through its identity provider only.
    #[error("the account requires single sign-on")]
    SingleSignOnRequired,
    /// It takes a proof of who one is, not older than five minutes.
    #[error("it takes a proof of who one is, not older than five minutes")]
    ProofNeeded,
    /// There are passkeys, and none was shown in this session.
    #[error("it takes a passkey that is there already")]
    PasskeyNeeded,
    /// The rules refuse it.
    #[error("{0}")]
    Rejected(Rejection),
    /// The ledger did not take it.
    #[error(transparent)]
    Issue(IssueError),
}

impl From<IssueError> for PasskeyError {
    fn from(error: IssueError) -> Self {
        if let IssueError::Ledger(error) = &error
            && let TransactError::Rejected(rejection) = &**error
        {
            return Self::Rejected(rejection.clone());
        }
        Self::Issue(error)
    }
}

impl Auth {
    /// Asks for any passkey, to sign in with it.
    ///
    /// # Errors
    /// When it cannot be asked for.
    pub fn ask_for_passkey(
        &self,
        audience: Audience,
        browser: Browser<'_>,
    ) -> Result<AskedFor, PasskeyError> {
        let (options, state) = party(audience, browser.origin)?.ask_for_any()?;
        self.asked(Asked::ToSignIn(audience, Box::new(state)), options, browser)
    }

    /// Signs in whoever shows a passkey.
    ///
    /// # Errors
    /// When nobody comes in.
    pub async fn sign_in_with_passkey(
        &self,
        audience: Audience,
        ceremony: &str,
        answer: &PublicKeyCredential,
    ) -> Result<SignedIn, PasskeyError> {
        let pending = self.take(ceremony)?;
        let Asked::ToSignIn(asked_at, state) = pending.asked else {
            return Err(PasskeyError::NotBegun);
        };
        if asked_at != audience {
            return Err(PasskeyError::NotBegun);
        }
        let party = party(audience, &pending.origin)?;
        let named = party.named(answer)?;
        let principal = match audience {
            Audience::Portal => Principal::Member(MemberId::new(named)),
            Audience::Console => Principal::Staff(StaffId::new(named)),
        };
        let shown = party.shown(answer, *state, &self.passkeys_of(principal)?)?;
        if self.requires_single_sign_on(principal) {
            return Err(PasskeyError::SingleSignOnRequired);
        }
        let now = self.engine.ledger().clock().now();
        let secret = TokenSecret::random().map_err(|_| IssueError::Random)?;
        let token = TokenId::new(derive::new_uuid(now).map_err(|_| IssueError::Random)?);
        let expires_at = now.plus_seconds(tokens::LIFETIME_SECONDS);
        let secret_digest = secret.digest();
        let issued = TokenIssued { token, audience, secret_digest, expires_at };
        let command = Command::IssueTokenByPasskey { issued, used: used(token, &shown) };
        let parts: [&[u8]; 2] = [&token.bytes(), &secret_digest.0];
        self.record(principal, "sign_in_with_passkey", command, &parts).await?;
        Ok(SignedIn { token: secret.token(audience), expires_at, principal })
    }

    /// Asks somebody who is signed in for one of its passkeys, to show again who it is.
    ///
    /// # Errors
    /// When there is none for this host, or it does not count.
    pub fn ask_to_confirm_with_passkey(
        &self,
        principal: Principal,
        session: Session,
        browser: Browser<'_>,
    ) -> Result<AskedFor, PasskeyError> {
        self.counts(principal)?;
        let known = self.passkeys_of(principal)?;
        let (options, state) = party(session.audience, browser.origin)?.ask_for_one_of(&known)?;
        let asked = Asked::ToConfirm(principal, session.token, Box::new(state));
        self.asked(asked, options, browser)
    }

    /// Remembers that somebody who is signed in showed again who it is, with a passkey.
    ///
    /// # Errors
    /// When it is not believed.
    pub async fn confirm_with_passkey(
        &self,
        principal: Principal,
        session: Session,
        ceremony: &str,
        answer: &PublicKeyCredential,
    ) -> Result<(), PasskeyError> {
        self.counts(principal)?;
        let pending = self.take(ceremony)?;
        let Asked::ToConfirm(whose, token, state) = pending.asked else {
            return Err(PasskeyError::NotBegun);
        };
        if (whose, token) != (principal, session.token) {
            return Err(PasskeyError::NotBegun);
        }
        let party = party(session.audience, &pending.origin)?;
        let shown = party.shown_again(answer, &state, &self.passkeys_of(principal)?)?;
        let command = Command::ConfirmTokenByPasskey(used(token, &shown));
        Ok(self.record(principal, "confirm_with_passkey", command, &[&token.bytes()]).await?)
    }

    /// Asks an authenticator to make a passkey for somebody who is signed in.
    ///
    /// # Errors
    /// When it was not shown lately who it is, or it would not count.
    pub fn ask_to_make_passkey(
        &self,
        principal: Principal,
        session: Session,
        browser: Browser<'_>,
    ) -> Result<AskedFor, PasskeyError> {
        self.counts(principal)?;
        self.proven(principal, &session)?;
        let known = self.passkeys_of(principal)?;
        let mut called = self.known_of(principal).into_iter();
        let (name, email) = (called.next().unwrap_or_default(), called.next().unwrap_or_default());
        let owner = Owner { id: principal.uuid(), email, name };
        let party = party(session.audience, browser.origin)?;
        let (options, state) = party.ask_to_make(&owner, &known)?;
        let asked = Asked::ToMake(principal, session.token, Box::new(state));
        self.asked(asked, options, browser)
    }

    /// Adds the passkey that an authenticator made.
    ///
    /// # Errors
    /// When it is not what was asked for, or the rules refuse it.
    pub async fn add_passkey(
        &self,
        principal: Principal,
        session: Session,
        ceremony: &str,
        name: &str,
        answer: &RegisterPublicKeyCredential,
    ) -> Result<PasskeyId, PasskeyError> {
        self.counts(principal)?;
        self.proven(principal, &session)?;
        let pending = self.take(ceremony)?;
        let Asked::ToMake(whose, token, state) = pending.asked else {
            return Err(PasskeyError::NotBegun);
        };
        if (whose, token) != (principal, session.token) {
            return Err(PasskeyError::NotBegun);
        }
        let party = party(session.audience, &pending.origin)?;
        let made = party.made(answer, &state)?;
        let now = self.engine.ledger().clock().now();
        let passkey = PasskeyId::new(derive::new_uuid(now).map_err(|_| IssueError::Random)?);
        let personal = PasskeyCredential {
            name: name.trim().to_owned(),
            credential: passkeys::text(&made.credential),
            key: made.key,
        };
        let added = PasskeyAdded {
            passkey,
            token,
            relying_party: party.host().to_owned(),
            credential: self.engine.keystore().digest("passkey", &made.credential),
            counter: made.counter,
            backup_eligible: made.backup_eligible,
            backed_up: made.backed_up,
            personal: Personal::new(subject(principal), personal),
        };
        let parts: [&[u8]; 2] = [&passkey.bytes(), &made.credential];
        self.record(principal, "add_passkey", Command::AddPasskey(added), &parts).await?;
        Ok(passkey)
    }

    /// Removes a passkey of somebody who is signed in. Sessions in which it was shown end, but for the one that asks.
    ///
    /// # Errors
    /// When it was not shown lately who it is, with a passkey where there is no other second factor, or there is no such
    /// passkey.
    pub async fn remove_passkey(
        &self,
        principal: Principal,
        session: Session,
        passkey: PasskeyId,
    ) -> Result<(), PasskeyError> {
        // Else whoever learned the password alone would put a passkey of its own in the place of those that go.
        self.proven(principal, &session)?;
        let command = Command::RemovePasskey { passkey, kept: Some(session.token) };
        Ok(self.record(principal, "remove_passkey", command, &[&passkey.bytes()]).await?)
    }

    /// Whether somebody has a passkey for this host that counts.
    #[must_use]
    pub fn has_passkey(&self, principal: Principal, audience: Audience, origin: &str) -> bool {
        let known = self.passkeys_of(principal).unwrap_or_default();
        let host = party(audience, origin).map(|party| party.host().to_owned());
        self.counts(principal).is_ok()
            && host.is_ok_and(|host| known.iter().any(|one| one.relying_party == host))
    }

    /// Whether somebody has any passkey.
    pub(super) fn has_passkeys(&self, principal: Principal) -> bool {
        self.passkeys_of(principal).is_ok_and(|known| !known.is_empty())
    }

    /// Whether a way to sign in may be added: it was shown lately who it is, and with a passkey where there is one and no
    /// other second factor. Else whoever learned the password alone would make itself a second factor.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn proven(
        &self,
        principal: Principal,
        session: &Session,
    ) -> Result<(), PasskeyError> {
        if !self.is_proven(session) {
            return Err(PasskeyError::ProofNeeded);
        }
        if self.passkey_missing(principal, session) {
            return Err(PasskeyError::PasskeyNeeded);
        }
        Ok(())
    }

    /// Whether there are passkeys and no other second factor, and none was shown in this session.
    pub(super) fn passkey_missing(&self, principal: Principal, session: &Session) -> bool {
        let by_provider = session.single_sign_on.is_some_and(|said| said.second_factor);
        session.passkey.is_none()
            && !by_provider
            // Where passkeys do not count, none can be asked for.
            && !self.requires_single_sign_on(principal)
            && !self.has_second_factor(principal)
            && self.passkeys_of(principal).map_or(true, |known| !known.is_empty())
    }

    fn is_proven(&self, session: &Session) -> bool {
        let until =
            session.proven_at.micros().div_euclid(1_000_000) + super::second::TICKET_SECONDS;
        self.now_seconds() <= until
    }

    fn counts(&self, principal: Principal) -> Result<(), PasskeyError> {
        if self.requires_single_sign_on(principal) {
            return Err(PasskeyError::SingleSignOnRequired);
        }
        Ok(())
    }

    fn passkeys_of(&self, principal: Principal) -> Result<Vec<KnownPasskey>, PasskeyError> {
        let known = self.engine.projections().read(|views| views.passkeys(principal));
        known.map_err(|_| PasskeyError::KeptOut)
    }

    fn asked(
        &self,
        asked: Asked,
        options: Value,
        browser: Browser<'_>,
    ) -> Result<AskedFor, PasskeyError> {
        let ceremony = tokens::random_text().map_err(|_| IssueError::Random)?;
        let now = self.engine.ledger().clock().now();
        let until = now.plus_seconds(pending::SECONDS_MAX);
        let (origin, from) = (browser.origin.to_owned(), browser.from);
        let pending = Pending { asked, origin, from, until };
        self.passkeys_pending.keep(holder(&ceremony), pending, now);
        Ok(AskedFor { ceremony, options })
    }

    fn take(&self, ceremony: &str) -> Result<Pending, PasskeyError> {
        let now = self.engine.ledger().clock().now();
        self.passkeys_pending.take(holder(ceremony), now).ok_or(PasskeyError::NotBegun)
    }
}

fn party(audience: Audience, origin: &str) -> Result<RelyingParty, Refused> {
    RelyingParty::called(origin, crate::second_factor::issuer(audience))
}

fn holder(ceremony: &str) -> Digest {
    Digest(blake3::derive_key("deedbook 2026 passkeys under way v1", ceremony.as_bytes()))
}

const fn used(token: TokenId, shown: &Shown) -> PasskeyUsed {
    let Shown { passkey, counter, backed_up } = *shown;
    PasskeyUsed { passkey, token, counter, backed_up }
}
