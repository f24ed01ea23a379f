//! Passwords of who is known: chosen by a link, changed, and shown again before what matters most.

use std::net::IpAddr;
use std::time::Instant;

use ledger::access::Command;
use projections::Principal;
use projections::scope::Session;
use schemas::access::Audience;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Auth, CredentialError, check, subject};
use crate::passwords;

/// A link by which a password may be set, as its holder shows it.
pub struct Link {
    /// The id of the person.
    pub who: Uuid,
    /// The secret.
    pub code: Zeroizing<String>,
}

/// What was typed to change a password.
pub struct NewPassword {
    /// The one that holds now.
    pub present: Zeroizing<String>,
    /// The one that is to hold.
    pub new: Zeroizing<String>,
    /// A code of the authenticator, or a recovery code, where a second factor is set up.
    pub code: Option<Zeroizing<String>>,
}

/// What somebody shows who is signed in and proves it again.
pub struct Proof {
    /// The password.
    pub password: Zeroizing<String>,
    /// A code of the authenticator, or a recovery code.
    pub code: Option<Zeroizing<String>>,
}

impl Auth {
    /// Whose password may be set by whoever holds this link.
    #[must_use]
    pub fn link_holder(&self, audience: Audience, link: &Link) -> Option<Principal> {
        let digest = graphql::identity::password_code_digest(&link.code);
        let now = self.engine.ledger().clock().now();
        let views = self.engine.projections();
        views.read(|views| views.password_link(audience, link.who, &digest, now)).ok()
    }

    /// Sets the password of whoever holds a link. The link is used up, and every session is over.
    ///
    /// # Errors
    /// When the link is not good, the password is refused, or the ledger does not take it.
    pub async fn set_password_by_link(
        &self,
        audience: Audience,
        link: &Link,
        password: Zeroizing<String>,
    ) -> Result<Principal, CredentialError> {
        let principal = self.link_holder(audience, link).ok_or(CredentialError::LinkNotGood)?;
        let phc = self.hash(principal, password).await?;
        let secret_digest = graphql::identity::password_code_digest(&link.code);
        let subject = subject(principal);
        let parts: [&[u8]; 1] = [phc.as_bytes()];
        let command = Command::SetPasswordByLink { secret_digest, subject, phc: phc.clone() };
        self.record(principal, "set_password_by_link", command, &parts).await?;
        Ok(principal)
    }

    /// Changes the password of somebody who is signed in and knows the present one, with a code where a second factor is
    /// set up. Every other session is over.
    ///
    /// # Errors
    /// When the present password or the code is wrong, the new one is refused, or the ledger does not take it.
    pub async fn change_password(
        &self,
        principal: Principal,
        session: Session,
        typed: NewPassword,
        from: IpAddr,
    ) -> Result<(), CredentialError> {
        // Else whoever learned the password alone would put its owner out, who has a passkey.
        if self.passkey_missing(principal, &session) {
            return Err(CredentialError::PasskeyNeeded);
        }
        self.check_present(principal, typed.present, from).await?;
        let phc = self.hash(principal, typed.new).await?;
        // Last: a code that was used is not good again.
        self.check_code(principal, typed.code, from).await?;
        let parts: [&[u8]; 1] = [phc.as_bytes()];
        let (subject, kept) = (subject(principal), Some(session.token));
        let command = Command::SetPassword { subject, phc: phc.clone(), kept };
        Ok(self.record(principal, "change_password", command, &parts).await?)
    }

    /// Remembers that somebody who is signed in showed again who it is: with the password and, where one is set up, the
    /// second factor.
    ///
    /// # Errors
    /// When the password or the code is wrong, or the ledger does not take it.
    pub async fn confirm(
        &self,
        principal: Principal,
        session: Session,
        shown: Proof,
        from: IpAddr,
    ) -> Result<(), CredentialError> {
        self.check_present(principal, shown.password, from).await?;
        self.check_code(principal, shown.code, from).await?;
        let token = session.token;
        let command = Command::ConfirmToken { token };
        Ok(self.record(principal, "confirm", command, &[&token.bytes()]).await?)
    }

    /// Whether somebody who is signed in knows the present password. Whoever found an open browser must not be able to
    /// guess on.
    pub(super) async fn check_present(
        &self,
        principal: Principal,
        present: Zeroizing<String>,
        from: IpAddr,
    ) -> Result<(), CredentialError> {
        if self.requires_single_sign_on(principal) {
            return Err(CredentialError::SingleSignOnRequired);
        }
        let account = blake3::hash(principal.uuid().as_bytes()).into();
        let admitted = self.throttle.admit(account, from, Instant::now());
        admitted.map_err(|wait| CredentialError::Throttled { wait })?;
        let views = self.engine.projections();
        let challenge = views.read(|views| views.password_challenge_of(principal));
        let challenge = challenge.map_err(|_| CredentialError::WrongPassword)?;
        let checked = self.passwords.admitted(move || check(Some(challenge), &present)).await?;
        checked.ok_or(CredentialError::WrongPassword)?;
        self.throttle.succeeded(account, from, Instant::now());
        Ok(())
    }

    async fn check_code(
        &self,
        principal: Principal,
        code: Option<Zeroizing<String>>,
        from: IpAddr,
    ) -> Result<(), CredentialError> {
        if self.has_second_factor(principal) {
            let code = code.ok_or(CredentialError::CodeNeeded)?;
            self.use_code(principal, &code, from).await?;
        }
        Ok(())
    }

    pub(super) async fn hash(
        &self,
        principal: Principal,
        password: Zeroizing<String>,
    ) -> Result<String, CredentialError> {
        let (known, breached) = (self.known_of(principal), self.breached.clone());
        let hashed = self.passwords.admitted(move || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            passwords::hash_of_chosen(&password, &known, breached.as_ref())
        });
        Ok(hashed.await??)
    }

    /// What a stranger would try first: the person's name and e-mail, and the organization's name.
    pub(super) fn known_of(&self, principal: Principal) -> Vec<String> {
        self.engine.projections().read(|views| {
            let Ok(scope) = views.authenticate_operator() else { return Vec::new() };
            let member = |member| {
                let row = views.member(&scope, member)?;
                let account = views.account(&scope, row.account)?;
                let account = account.profile.value.as_ref().map(|one| one.name.clone());
                Some((row.profile.value.clone(), account))
            };
            let (person, account) = match principal {
                Principal::Member(id) => member(id).unwrap_or_default(),
                Principal::Staff(id) => {
                    (views.staff(&scope, id).and_then(|row| row.profile.value.clone()), None)
                }
            };
            person.into_iter().flat_map(|one| [one.name, one.email]).chain(account).collect()
        })
    }
}
