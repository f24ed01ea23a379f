//! The second step of signing in, and setting it up. What lies between two requests is in a ticket that only this ledger
//! can have made, so that nothing is kept for whoever never comes back.

use std::net::IpAddr;
use std::time::Instant;

use ledger::access::{Command, Rejection};
use ledger_log::TransactError;
use projections::Principal;
use projections::scope::{SaidByProvider, Session};
use schemas::access::Audience;
use schemas::{MemberId, StaffId, Timestamp};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Auth, CredentialError, IssueError, SignInError, SignedIn, subject};
use crate::second_factor::{self, is_recovery_code, recovery_digest};

/// How long a proof of who one is counts.
pub(super) const TICKET_SECONDS: i64 = 5 * 60;
const SETUP_SECONDS: i64 = 10 * 60;

/// What an authenticator is told.
pub struct Setup {
    /// The secret, for whoever types it.
    pub secret: String,
    /// The same as an address, for whoever shows it as a picture.
    pub address: String,
    /// To be shown again with the first code, within ten minutes.
    pub setup: String,
}

impl Auth {
    /// Proves for five minutes that somebody typed the right password at this door.
    pub(super) fn ticket(&self, principal: Principal, audience: Audience) -> String {
        let until = self.now_seconds() + TICKET_SECONDS;
        self.signed(principal, audience, until, "sign_in_ticket")
    }

    /// Signs in with a ticket and a code of the authenticator, or a recovery code.
    ///
    /// # Errors
    /// When nobody comes in.
    pub async fn sign_in_with_code(
        &self,
        audience: Audience,
        ticket: &str,
        code: Zeroizing<String>,
        from: IpAddr,
    ) -> Result<SignedIn, SignInError> {
        let by_provider = self.shown_to_provider(audience, ticket);
        let principal = by_provider
            .map(|(principal, _)| principal)
            .or_else(|| self.holder(audience, ticket, "sign_in_ticket"));
        let principal = principal.ok_or(SignInError::Refused)?;
        self.use_code(principal, &code, from).await.map_err(|error| match error {
            CredentialError::Throttled { wait } => SignInError::Throttled { wait },
            CredentialError::Issue(error) => SignInError::Issue(error),
            CredentialError::LinkNotGood
            | CredentialError::WrongPassword
            | CredentialError::SingleSignOnRequired
            | CredentialError::WrongCode
            | CredentialError::CodeNeeded
            | CredentialError::NotBegun
            | CredentialError::PasskeyNeeded
            | CredentialError::Refused(_)
            | CredentialError::Password(_) => SignInError::Refused,
        })?;
        if let Some((Principal::Member(member), said)) = by_provider {
            return Ok(self.issue_by_provider(member, said).await?);
        }
        if self.requires_single_sign_on(principal) {
            return Err(SignInError::SingleSignOnRequired);
        }
        Ok(self.issue_token(principal, audience).await?)
    }

    /// Proves for five minutes that somebody came from the provider of its account, and when it showed who it is there.
    pub(super) fn ticket_by_provider(&self, principal: Principal, said: SaidByProvider) -> String {
        let until = self.now_seconds() + TICKET_SECONDS;
        let shown = said.authenticated_at.micros();
        let ticket = self.signed(principal, Audience::Portal, until, &provider_purpose(shown));
        format!("{shown}:{ticket}")
    }

    fn shown_to_provider(
        &self,
        audience: Audience,
        ticket: &str,
    ) -> Option<(Principal, SaidByProvider)> {
        let (shown, ticket) = ticket.split_once(':')?;
        let shown: i64 = shown.parse().ok()?;
        let principal = self.holder(audience, ticket, &provider_purpose(shown))?;
        let authenticated_at = Timestamp::from_micros(shown);
        Some((principal, SaidByProvider { second_factor: false, authenticated_at }))
    }

    /// Begins to set up a second factor: nothing is asked for until the first code is shown.
    ///
    /// # Errors
    /// When the password is wrong, or there is a second factor already.
    pub async fn begin_second_factor(
        &self,
        principal: Principal,
        session: Session,
        present: Zeroizing<String>,
        from: IpAddr,
    ) -> Result<Setup, CredentialError> {
        let audience = session.audience;
        if !self.just_came_from_provider(&session) {
            self.check_present(principal, present, from).await?;
        }
        // Else whoever learned the password alone would make itself a second factor.
        if self.passkey_missing(principal, &session) {
            return Err(CredentialError::PasskeyNeeded);
        }
        let views = self.engine.projections();
        if views.read(|views| views.second_factor(principal)).is_ok_and(|known| known.is_some()) {
            return Err(CredentialError::Refused(Rejection::SecondFactorAlreadySet));
        }
        let until = self.now_seconds() + SETUP_SECONDS;
        let nonce = crate::tokens::random_text().map_err(|_| IssueError::Random)?;
        let setup = self.signed(principal, audience, until, &purpose_of(&nonce));
        let secret = self.secret_of(principal, &nonce);
        let email = self.known_of(principal).into_iter().find(|known| known.contains('@'));
        let issuer = second_factor::issuer(audience);
        let address = second_factor::address(&secret, issuer, &email.unwrap_or_default());
        Ok(Setup { secret, address, setup: format!("{nonce}.{setup}") })
    }

    /// Sets up the second factor with the first code of the authenticator; answers the recovery codes, this once.
    ///
    /// # Errors
    /// When it was not begun, the code is wrong, or the ledger does not take it.
    pub async fn confirm_second_factor(
        &self,
        principal: Principal,
        audience: Audience,
        setup: &str,
        code: &str,
    ) -> Result<Vec<Zeroizing<String>>, CredentialError> {
        let (nonce, ticket) = setup.split_once('.').ok_or(CredentialError::NotBegun)?;
        let holder = self.holder(audience, ticket, &purpose_of(nonce));
        if holder != Some(principal) {
            return Err(CredentialError::NotBegun);
        }
        let secret = self.secret_of(principal, nonce);
        let now = u64::try_from(self.now_seconds()).unwrap_or_default();
        let step = second_factor::step(&secret, code, now, 0).ok_or(CredentialError::WrongCode)?;
        let codes = second_factor::recovery_codes().map_err(|_| IssueError::Random)?;
        let keystore = self.engine.keystore();
        let recovery = codes.iter().map(|code| recovery_digest(keystore, code)).collect();
        let subject = subject(principal);
        let command = Command::SetSecondFactor { subject, secret, step, recovery };
        self.tell(principal, "set_second_factor", command, setup.as_bytes()).await?;
        Ok(codes)
    }

    /// No longer asks for a code, for somebody who knows the password and shows one.
    ///
    /// # Errors
    /// When the password or the code is wrong, or the ledger does not take it.
    pub async fn remove_second_factor(
        &self,
        principal: Principal,
        session: Session,
        present: Zeroizing<String>,
        code: &str,
        from: IpAddr,
    ) -> Result<(), CredentialError> {
        if !self.just_came_from_provider(&session) {
            self.check_present(principal, present, from).await?;
        }
        self.use_code(principal, code, from).await?;
        let command = Command::RemoveSecondFactor;
        self.tell(principal, "remove_second_factor", command, code.as_bytes()).await
    }

    /// Uses up a code of the authenticator, or a recovery code.
    pub(super) async fn use_code(
        &self,
        principal: Principal,
        code: &str,
        from: IpAddr,
    ) -> Result<(), CredentialError> {
        let mut account = blake3::Hasher::new_derive_key("deedbook 2026 throttled codes v1");
        let account = account.update(principal.uuid().as_bytes()).finalize().into();
        let admitted = self.throttle.admit(account, from, Instant::now());
        admitted.map_err(|wait| CredentialError::Throttled { wait })?;
        let factor = self.engine.projections().read(|views| views.second_factor(principal));
        let factor = factor.ok().flatten().ok_or(CredentialError::WrongCode)?;
        let command = if is_recovery_code(code) {
            Command::UseRecoveryCode { code: recovery_digest(self.engine.keystore(), code) }
        } else {
            let now = u64::try_from(self.now_seconds()).unwrap_or_default();
            let step = second_factor::step(&factor.secret, code, now, factor.step);
            Command::UseCode { step: step.ok_or(CredentialError::WrongCode)? }
        };
        let used = self.tell(principal, "use_code", command, code.as_bytes()).await;
        used.map_err(|error| {
            let refused = matches!(error, CredentialError::Refused(_));
            if refused { CredentialError::WrongCode } else { error }
        })?;
        self.throttle.succeeded(account, from, Instant::now());
        Ok(())
    }

    async fn tell(
        &self,
        principal: Principal,
        operation: &'static str,
        command: Command,
        part: &[u8],
    ) -> Result<(), CredentialError> {
        let done = self.record(principal, operation, command, &[part]).await;
        if let Err(IssueError::Ledger(error)) = &done
            && let TransactError::Rejected(rejection) = &**error
        {
            return Err(CredentialError::Refused(rejection.clone()));
        }
        Ok(done?)
    }

    pub(super) fn now_seconds(&self) -> i64 {
        self.engine.ledger().clock().now().micros().div_euclid(1_000_000)
    }

    /// Whether somebody showed the provider who it is in the last five minutes: that stands for the password.
    pub fn just_came_from_provider(&self, session: &Session) -> bool {
        let until = session.proven_at.micros().div_euclid(1_000_000) + TICKET_SECONDS;
        session.single_sign_on.is_some() && self.now_seconds() <= until
    }

    fn secret_of(&self, principal: Principal, nonce: &str) -> String {
        let of = [principal.uuid().as_bytes(), nonce.as_bytes()].concat();
        let digest = self.engine.keystore().digest("second_factor_secret", &of);
        second_factor::secret(digest.0.first_chunk().unwrap_or(&[0; 20]))
    }

    /// `who.until.mark`. A password that is set meanwhile makes it worthless.
    fn signed(
        &self,
        principal: Principal,
        audience: Audience,
        until: i64,
        purpose: &str,
    ) -> String {
        let who = principal.uuid();
        let set_at = self.engine.projections().read(|views| views.password_set_at(principal));
        let side = crate::http::observe::name(audience);
        let said = format!("{who}.{until}.{side}.{:?}", set_at.map(|at| at.micros()));
        let mark = self.engine.keystore().digest(purpose, said.as_bytes());
        format!("{}.{until}.{mark}", who.simple())
    }

    /// Whose ticket it is, while it is good.
    fn holder(&self, audience: Audience, ticket: &str, purpose: &str) -> Option<Principal> {
        let mut parts = ticket.split('.');
        let (who, until, _) = (parts.next()?, parts.next()?, parts.next()?);
        let (who, until): (Uuid, i64) = (who.parse().ok()?, until.parse().ok()?);
        let principal = match audience {
            Audience::Portal => Principal::Member(MemberId::new(who)),
            Audience::Console => Principal::Staff(StaffId::new(who)),
        };
        let expected = self.signed(principal, audience, until, purpose);
        // Hashed first, so that how long it takes says nothing of how much was right.
        let same = blake3::hash(expected.as_bytes()) == blake3::hash(ticket.as_bytes());
        (same && self.now_seconds() < until).then_some(principal)
    }
}

fn provider_purpose(shown: i64) -> String {
    format!("single_sign_on_ticket {shown}")
}

fn purpose_of(nonce: &str) -> String {
    format!("second_factor_setup {nonce}")
}
