//! Authentication: the only place where scopes are made. Nobody gets in while the views are
//! stopped.

use std::net::IpAddr;

use schemas::access::Audience;
use schemas::{Actor, Digest, MemberId, StaffId, Timestamp};
use uuid::Uuid;

use crate::scope::{
    AuthenticationError, KeyScope, Program, Session, TenantScope, VendorReader, VendorScope,
};
use crate::views::Views;
use crate::views::access::Principal;

/// What a password is checked against. Made under the lock, checked outside it: hashing takes its
/// time.
#[derive(Debug, Clone)]
pub struct PasswordChallenge {
    principal: Principal,
    phc: String,
}

impl PasswordChallenge {
    /// Checks the password with `verify`, which is given the argon2id hash in PHC form.
    ///
    /// # Errors
    /// When the password is not the right one.
    pub fn verify(
        self,
        verify: impl FnOnce(&str) -> bool,
    ) -> Result<VerifiedPrincipal, AuthenticationError> {
        let right = verify(&self.phc);
        right.then_some(VerifiedPrincipal(self.principal)).ok_or(AuthenticationError::WrongPassword)
    }
}

/// What a code is checked against.
#[derive(Clone)]
pub struct SecondFactor {
    /// What the codes are computed from, in base32.
    pub secret: String,
    /// The newest code that was used, by the number of its 30 seconds.
    pub step: u64,
}

/// Somebody whose password was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedPrincipal(Principal);

impl VerifiedPrincipal {
    /// Who it is.
    #[must_use]
    pub const fn principal(&self) -> Principal {
        self.0
    }
}

impl Views {
    /// What the password of the person with this e-mail is checked against, at the door of this
    /// audience.
    ///
    /// # Errors
    /// When nobody has the e-mail, or nobody has a password for it. Spend the same time as for a
    /// wrong one.
    pub fn password_challenge(
        &self,
        audience: Audience,
        email_digest: &Digest,
    ) -> Result<PasswordChallenge, AuthenticationError> {
        self.running()?;
        let access = &self.access;
        let principal = access.principal_by_email(audience, email_digest);
        self.password_challenge_of(principal.ok_or(AuthenticationError::Unknown)?)
    }

    /// What the password of this person is checked against.
    ///
    /// # Errors
    /// When there is no such person, or nobody has a password for it.
    pub fn password_challenge_of(
        &self,
        principal: Principal,
    ) -> Result<PasswordChallenge, AuthenticationError> {
        self.running()?;
        self.may_come_in(principal)?;
        let access = &self.access;
        let row = access.credentials_row(principal.uuid()).ok_or(AuthenticationError::Unknown)?;
        let hash = row.password.value.as_ref().ok_or(AuthenticationError::Unknown)?;
        Ok(PasswordChallenge { principal, phc: hash.phc.clone() })
    }

    /// The second factor of somebody: what its codes are computed from, in base32. `None`: none is asked for. A
    /// factor whose secret was erased lets nobody in: it answers an empty one.
    ///
    /// # Errors
    /// When the views are stopped.
    pub fn second_factor(
        &self,
        principal: Principal,
    ) -> Result<Option<SecondFactor>, AuthenticationError> {
        self.running()?;
        let row = self.access.credentials_row(principal.uuid());
        Ok(row.and_then(|row| {
            let factor = row.second_factor.as_ref()?;
            let secret = row.second_factor_secret.value.as_ref();
            let secret = secret.map(|secret| secret.secret.clone()).unwrap_or_default();
            Some(SecondFactor { secret, step: factor.step })
        }))
    }

    /// When the password of somebody was set.
    #[must_use]
    pub fn password_set_at(&self, principal: Principal) -> Option<Timestamp> {
        self.access.credentials_row(principal.uuid())?.password_set_at
    }

    /// Whose password may be set by whoever shows this link; `secret` is the hash of what was shown.
    ///
    /// # Errors
    /// When the link is not, or no longer, good, or of the other door.
    pub fn password_link(
        &self,
        audience: Audience,
        principal: Uuid,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<Principal, AuthenticationError> {
        self.running()?;
        let row = self.access.credentials_row(principal).ok_or(AuthenticationError::Unknown)?;
        let link = row.link.filter(|link| link.secret_digest == *secret);
        if link.ok_or(AuthenticationError::Unknown)?.expires_at <= now {
            return Err(AuthenticationError::Expired);
        }
        let found = match audience {
            Audience::Portal => Principal::Member(MemberId::new(principal)),
            Audience::Console => Principal::Staff(StaffId::new(principal)),
        };
        self.may_come_in(found)?;
        Ok(found)
    }

    /// Whether somebody may sign in at all.
    #[must_use]
    pub fn may_sign_in(&self, principal: Principal) -> bool {
        self.running().is_ok() && self.may_come_in(principal).is_ok()
    }

    /// Whether the person is there and not kept out.
    pub(crate) fn may_come_in(&self, principal: Principal) -> Result<(), AuthenticationError> {
        let may = match principal {
            Principal::Member(member) => {
                let row = self.accounts.member_row(member);
                row.is_some_and(|row| row.suspended_at.is_none() && row.erased_at.is_none())
            }
            Principal::Staff(staff) => {
                self.access.staff_row(staff).is_some_and(|row| row.is_there())
            }
        };
        if may { Ok(()) } else { Err(AuthenticationError::Unknown) }
    }

    /// The scope of the member who shows a portal token; `secret` is the hash of what was shown.
    ///
    /// # Errors
    /// When the token is unknown, revoked, of the other door, or its time is over.
    pub fn authenticate_portal_token(
        &self,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<TenantScope, AuthenticationError> {
        self.running()?;
        let (principal, session) = self.access.token(Audience::Portal, secret, now)?;
        self.tenant_scope(principal, Some(session), None, now)
    }

    /// The scope of the person of the vendor who shows a console token.
    ///
    /// # Errors
    /// When the token is unknown, revoked, of the other door, or its time is over.
    pub fn authenticate_console_token(
        &self,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<VendorScope, AuthenticationError> {
        self.running()?;
        let (principal, session) = self.access.token(Audience::Console, secret, now)?;
        self.vendor_scope(principal, Some(session), None)
    }

    /// The scope of a program that shows a token of a person of a customer; `secret` is the keyed hash of it.
    ///
    /// # Errors
    /// When the token is unknown, revoked, of the other door, not for who comes from there, or its time is over.
    pub fn authenticate_portal_program(
        &self,
        secret: &Digest,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<TenantScope, AuthenticationError> {
        self.running()?;
        let (principal, program) = self.access.program(Audience::Portal, secret, from, now)?;
        self.tenant_scope(principal, None, Some(program), now)
    }

    /// The scope of a program that shows a token of a person of the vendor.
    ///
    /// # Errors
    /// When the token is unknown, revoked, of the other door, not for who comes from there, or its time is over.
    pub fn authenticate_console_program(
        &self,
        secret: &Digest,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<VendorScope, AuthenticationError> {
        self.running()?;
        let (principal, program) = self.access.program(Audience::Console, secret, from, now)?;
        self.vendor_scope(principal, None, Some(program))
    }

    /// The scope of a program that shows a license key; `key` is the keyed hash of it.
    ///
    /// # Errors
    /// When no license has that key.
    pub fn authenticate_license_key(&self, key: &Digest) -> Result<KeyScope, AuthenticationError> {
        self.running()?;
        let license = self.directory.license_by_key(key).ok_or(AuthenticationError::Unknown)?;
        let row = self.entitlements.row(license).ok_or(AuthenticationError::Unknown)?;
        Ok(KeyScope { license, account: row.account })
    }

    /// The scope of the operator: whoever holds the data folder may read all that is in it.
    ///
    /// # Errors
    /// When the views are stopped.
    pub fn authenticate_operator(&self) -> Result<VendorScope, AuthenticationError> {
        self.running()?;
        Ok(VendorScope { reader: VendorReader::Operator, session: None, program: None })
    }

    /// What a person who may come in may read now, for whoever tells people of it without being asked: nobody hears of what
    /// it may not read. `None`: the person is kept out, erased or unknown.
    #[must_use]
    pub fn reader_of(
        &self,
        _: &VendorScope,
        member: MemberId,
        now: Timestamp,
    ) -> Option<TenantScope> {
        self.tenant_scope(member.uuid(), None, None, now).ok()
    }

    /// A member's scope, made again for this instant; `None` when it would not be the same: the token does not stand, the
    /// role is another, the person is kept out.
    #[must_use]
    pub fn tenant_scope_again(&self, scope: &TenantScope, now: Timestamp) -> Option<TenantScope> {
        let stands = self.stands(scope.actor(), scope.session, scope.program, now);
        let again =
            self.tenant_scope(scope.member.uuid(), scope.session, scope.program, now).ok()?;
        let same = TenantScope { at: scope.at, ..again } == *scope;
        (stands && same).then_some(again)
    }

    /// Whether a scope of the vendor would be made the same again now.
    #[must_use]
    pub fn is_vendor_scope_current(&self, scope: &VendorScope, now: Timestamp) -> bool {
        match scope.reader {
            VendorReader::Operator => self.running().is_ok(),
            VendorReader::Staff(staff, _) => {
                let (session, program) = (scope.session, scope.program);
                self.stands(scope.actor(), session, program, now)
                    && self.vendor_scope(staff.uuid(), session, program) == Ok(*scope)
            }
        }
    }

    fn stands(
        &self,
        actor: Actor,
        session: Option<Session>,
        program: Option<Program>,
        now: Timestamp,
    ) -> bool {
        let access = &self.access;
        session.is_none_or(|session| now < session.expires_at && access.has(actor, session.token))
            && program.is_none_or(|one| access.scopes_at(actor, one.token, now) == Some(one.scopes))
    }

    fn tenant_scope(
        &self,
        principal: Uuid,
        session: Option<Session>,
        program: Option<Program>,
        now: Timestamp,
    ) -> Result<TenantScope, AuthenticationError> {
        self.running()?;
        let member = MemberId::new(principal);
        self.may_come_in(Principal::Member(member))?;
        if session.is_some_and(|session| !self.counts_by_how_it_began(member, &session, now)) {
            return Err(AuthenticationError::Expired);
        }
        let row = self.accounts.member_row(member).ok_or(AuthenticationError::Unknown)?;
        let said = session.and_then(|session| session.single_sign_on);
        // A passkey counts where it was shown; a program, which shows none, acts for whoever has one.
        let has_factor = said.is_some_and(|said| said.second_factor)
            || session.is_some_and(|session| session.passkey.is_some())
            || self.access.credentials_row(principal).is_some_and(|own| {
                own.second_factor.is_some() || (program.is_some() && !own.passkeys.is_empty())
            });
        let second_factor_missing = !has_factor && self.demands_second_factor(row.account);
        let (account, role) = (row.account, row.role);
        Ok(TenantScope { account, member, role, session, program, second_factor_missing, at: now })
    }

    fn vendor_scope(
        &self,
        principal: Uuid,
        session: Option<Session>,
        program: Option<Program>,
    ) -> Result<VendorScope, AuthenticationError> {
        self.running()?;
        let staff = StaffId::new(principal);
        let row = self.access.staff_row(staff).filter(|row| row.is_there());
        let row = row.ok_or(AuthenticationError::Unknown)?;
        Ok(VendorScope { reader: VendorReader::Staff(staff, row.role), session, program })
    }

    pub(crate) fn running(&self) -> Result<(), AuthenticationError> {
        if self.is_stopped() { Err(AuthenticationError::ViewsStopped) } else { Ok(()) }
    }
}
