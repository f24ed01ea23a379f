//! Who comes in: sign-in with e-mail and password, bearer tokens, sign-out. No header says who one is, and
//! a token of one side opens nothing on the other.

mod idle;
mod license;
pub mod passkey;
mod password;
mod programs;
mod renewal;
mod second;
pub mod single_sign_on;
pub mod vain;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use graphql::api_token::Environment;
use ledger::access::{AccessRules, Command, Rejection};
use ledger::authority::Basis;
use ledger_log::derive;
use ledger_log::{CommandMeta, TransactError};
use projections::VerifiedPrincipal;
use projections::scope::{Scope, Session};
use projections::{AuthenticationError, PasswordChallenge, Principal, TenantScope, VendorScope};
use schemas::access::Audience;
use schemas::{AccountId, Actor, CommandId, StreamName, SubjectId, Timestamp, TokenId};
use zeroize::Zeroizing;

use self::idle::Idle;
pub use self::license::LicenseKeyError;
pub use self::password::{Link, NewPassword, Proof};
use self::programs::Uses;
use crate::budgets::{Budgets, Payer, Purpose, Rates};
use crate::engine::Engine;
use crate::passkeys;
use crate::passwords::known::Breached;
use crate::passwords::{self, PasswordError, Passwords};
use crate::single_sign_on::Providers;
use crate::single_sign_on::networks::Networks;
use crate::single_sign_on::pending::AllPending;
use crate::throttle::Throttle;
use crate::tokens::{self, TokenSecret};
use crate::vain::Bounded;

/// The longest e-mail that is looked at, in bytes (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;

/// The door of both listeners. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    engine: Engine,
    passwords: Passwords,
    breached: Option<Breached>,
    throttle: Arc<Throttle>,
    idle: Idle,
    providers: Providers,
    pending: AllPending,
    passkeys_pending: passkeys::pending::AllPending,
    uses: Uses,
    environment: Environment,
    budgets: Arc<Budgets>,
    vain: Arc<Bounded>,
    console_second_factor: bool,
}

/// What was typed.
pub struct Credentials {
    /// The e-mail.
    pub email: String,
    /// The password; wiped when it is dropped.
    pub password: Zeroizing<String>,
}

/// Somebody came in.
pub struct SignedIn {
    /// The token, shown this once.
    pub token: String,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
    /// Who it is.
    pub principal: Principal,
}

/// Why nobody came in. An unknown e-mail, a wrong password and a person of the other side are one answer.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// This e-mail and password do not open this door.
    #[error("the e-mail and password do not open this door")]
    Refused,
    /// The password is right, and a code of the authenticator is asked for as well.
    #[error("a code of the authenticator is needed")]
    CodeNeeded {
        /// To be shown with the code, within five minutes.
        ticket: String,
    },
    /// The password is right, and the account lets people in through its identity provider only.
    #[error("the account requires single sign-on")]
    SingleSignOnRequired,
    /// Too many failures.
    #[error("too many failed sign-ins: wait {wait:?}")]
    Throttled {
        /// How long.
        wait: Duration,
    },
    /// Too many people sign in at this moment.
    #[error("too many sign-ins at this moment")]
    Busy,
    /// The views that decide access stopped.
    #[error("it cannot be told who has access")]
    ViewsStopped,
    /// The token could not be recorded.
    #[error("the token cannot be recorded")]
    Issue(#[from] IssueError),
}

/// Why a password or a second factor was not set.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The link was used, replaced or never made, or its time is over.
    #[error("the link is not, or no longer, good")]
    LinkNotGood,
    /// The present password is another one.
    #[error("the present password is another one")]
    WrongPassword,
    /// Too many failures.
    #[error("too many failed tries: wait {wait:?}")]
    Throttled {
        /// How long.
        wait: Duration,
    },
    /// The account lets people in through its identity provider only: a password proves nothing.
    #[error("the account requires single sign-on")]
    SingleSignOnRequired,
    /// The code is not, or no longer, right.
    #[error("the code is not right")]
    WrongCode,
    /// The password is right, and a code is asked for as well.
    #[error("a code of the authenticator is needed")]
    CodeNeeded,
    /// What was begun is over, or was not begun.
    #[error("setting up a second factor was not begun, or too long ago")]
    NotBegun,
    /// There are passkeys, and none was shown in this session.
    #[error("it takes a passkey that is there already")]
    PasskeyNeeded,
    /// There is a second factor already, or none.
    #[error("{0}")]
    Refused(Rejection),
    /// The new password is refused.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The ledger did not take it.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// Why a token was not issued or revoked.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The machine has no randomness to give.
    #[error("the machine's random source cannot be read")]
    Random,
    /// The ledger did not take it.
    #[error("the ledger did not take it")]
    Ledger(#[source] Box<TransactError<Rejection>>),
}

impl Auth {
    /// The door of this ledger.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            passwords: Passwords::default(),
            breached: None,
            throttle: Arc::default(),
            idle: Idle::default(),
            providers: Providers::new(Networks::default()),
            pending: AllPending::default(),
            passkeys_pending: passkeys::pending::AllPending::default(),
            uses: Uses::default(),
            environment: Environment::default(),
            budgets: Arc::default(),
            vain: Arc::default(),
            console_second_factor: false,
        }
    }

    /// The same, where nobody chooses a password that is in this list.
    #[must_use]
    pub fn with_breached(mut self, breached: Option<Breached>) -> Self {
        self.breached = breached;
        self
    }

    /// The same, where each may ask for this much.
    #[must_use]
    pub fn with_rates(mut self, rates: Rates) -> Self {
        self.budgets = Arc::new(Budgets::new(rates));
        self
    }

    /// The same, where everybody of the vendor needs a second factor.
    #[must_use]
    pub const fn with_console_second_factor(mut self, demanded: bool) -> Self {
        self.console_second_factor = demanded;
        self
    }

    /// Whether somebody of the vendor may do nothing before it has a second factor, or shows its passkey. A program, which
    /// shows none, acts for whoever has one.
    #[must_use]
    pub fn lacks_second_factor(&self, scope: &VendorScope) -> bool {
        let Some(staff) = crate::http::staff_of(scope).filter(|_| self.console_second_factor)
        else {
            return false;
        };
        let shown = scope.session().is_some_and(|session| session.passkey.is_some());
        let by_program = scope.program().is_some() && self.has_passkeys(staff);
        !shown && !by_program && !self.has_second_factor(staff)
    }

    /// Takes from a customer's person or program what it asks for.
    ///
    /// # Errors
    /// How long to wait, when too much was asked for lately.
    pub fn charge_portal(
        &self,
        purpose: Purpose,
        scope: &TenantScope,
        from: Option<IpAddr>,
        cost: u64,
    ) -> Result<(), Duration> {
        let program = scope.program().map(|program| program.token.uuid());
        let credential = program.unwrap_or_else(|| scope.member().uuid());
        let payer = Payer { credential, tenant: Some(scope.account()), from };
        self.budgets.charge(purpose, payer, cost, Instant::now())
    }

    /// Takes from a person or program of the vendor what it asks for.
    ///
    /// # Errors
    /// How long to wait, when too much was asked for lately.
    pub fn charge_console(
        &self,
        purpose: Purpose,
        scope: &VendorScope,
        from: Option<IpAddr>,
        cost: u64,
    ) -> Result<(), Duration> {
        let program = scope.program().map(|program| program.token.uuid());
        let person = || crate::http::staff_of(scope).map(|staff| staff.uuid());
        let credential = program.or_else(person).unwrap_or_default();
        let payer = Payer { credential, tenant: None, from };
        self.budgets.charge(purpose, payer, cost, Instant::now())
    }

    /// The same, with identity providers where these networks are.
    #[must_use]
    pub fn with_identity_providers(mut self, networks: Networks) -> Self {
        self.providers = Providers::new(networks);
        self
    }

    /// Checks an e-mail and a password at the door of this audience, and issues a token.
    ///
    /// # Errors
    /// When nobody comes in.
    pub async fn sign_in(
        &self,
        audience: Audience,
        credentials: Credentials,
        from: IpAddr,
    ) -> Result<SignedIn, SignInError> {
        let keystore = self.engine.keystore();
        let email = crate::people::email_digest(keystore, &credentials.email);
        self.throttle
            .admit(email.0, from, Instant::now())
            .map_err(|wait| SignInError::Throttled { wait })?;
        let views = self.engine.projections();
        let challenge = views.read(|views| views.password_challenge(audience, &email));
        let challenge = match challenge {
            Ok(challenge) if typed_fits(&credentials) => Some(challenge),
            Err(AuthenticationError::ViewsStopped) => return Err(SignInError::ViewsStopped),
            Ok(_)
            | Err(
                AuthenticationError::Unknown
                | AuthenticationError::Expired
                | AuthenticationError::WrongPassword,
            ) => None,
        };
        let password = credentials.password;
        let checked = self.passwords.admitted(move || check(challenge, &password)).await;
        let verified = checked.map_err(|_| SignInError::Busy)?.ok_or(SignInError::Refused)?;
        self.throttle.succeeded(email.0, from, Instant::now());
        let principal = verified.principal();
        if self.requires_single_sign_on(principal) {
            return Err(SignInError::SingleSignOnRequired);
        }
        let factor = views.read(|views| views.second_factor(principal));
        match factor.map_err(|_| SignInError::ViewsStopped)? {
            Some(_) => Err(SignInError::CodeNeeded { ticket: self.ticket(principal, audience) }),
            None => Ok(self.issue_token(principal, audience).await?),
        }
    }

    /// Issues a token to somebody who is known to be who it is: whose password was right, or who holds the
    /// data folder of a demo.
    ///
    /// # Errors
    /// When the ledger does not take it.
    pub async fn issue_token(
        &self,
        principal: Principal,
        audience: Audience,
    ) -> Result<SignedIn, IssueError> {
        let now = self.engine.ledger().clock().now();
        let secret = TokenSecret::random().map_err(|_| IssueError::Random)?;
        let token = TokenId::new(derive::new_uuid(now).map_err(|_| IssueError::Random)?);
        let expires_at = now.plus_seconds(tokens::LIFETIME_SECONDS);
        let secret_digest = secret.digest();
        let command = Command::IssueToken { token, audience, secret_digest, expires_at };
        let parts: [&[u8]; 2] = [&token.bytes(), &secret_digest.0];
        self.record(principal, "sign_in", command, &parts).await?;
        Ok(SignedIn { token: secret.token(audience), expires_at, principal })
    }

    /// Whether a code is asked for when somebody signs in.
    #[must_use]
    pub fn has_second_factor(&self, principal: Principal) -> bool {
        let views = self.engine.projections();
        // When it cannot be told, one is asked for.
        views.read(|views| views.second_factor(principal)).map_or(true, |factor| factor.is_some())
    }

    /// Ends a session: its token is no longer accepted.
    ///
    /// # Errors
    /// When the ledger does not take it.
    pub async fn sign_out(&self, principal: Principal, session: Session) -> Result<(), IssueError> {
        let token = session.token;
        let command = Command::RevokeToken { token };
        self.record(principal, "sign_out", command, &[&token.bytes()]).await
    }

    /// The scope of whoever shows this bearer token at the portal.
    #[must_use]
    pub fn portal(&self, bearer: &str) -> Option<TenantScope> {
        let (audience, secret) = TokenSecret::parse(bearer)?;
        let (digest, now) = (secret.digest(), self.engine.ledger().clock().now());
        let views = self.engine.projections();
        match audience {
            Audience::Portal => {
                views.read(|views| views.authenticate_portal_token(&digest, now)).ok()
            }
            Audience::Console => refuse_other_side(audience),
        }
    }

    /// The scope of whoever shows this bearer token at the console.
    #[must_use]
    pub fn console(&self, bearer: &str) -> Option<VendorScope> {
        let (audience, secret) = TokenSecret::parse(bearer)?;
        let (digest, now) = (secret.digest(), self.engine.ledger().clock().now());
        let views = self.engine.projections();
        match audience {
            Audience::Console => {
                views.read(|views| views.authenticate_console_token(&digest, now)).ok()
            }
            Audience::Portal => refuse_other_side(audience),
        }
    }

    async fn record(
        &self,
        principal: Principal,
        operation: &'static str,
        command: Command,
        parts: &[&[u8]],
    ) -> Result<(), IssueError> {
        let ledger = self.engine.ledger();
        let now = ledger.clock().now();
        let id = derive::new_uuid(now).map_err(|_| IssueError::Random)?;
        let digest = derive::request_digest(self.engine.keystore(), operation, parts);
        let meta = CommandMeta::new(CommandId::new(id), digest, actor(principal))
            .for_tenant(self.tenant(principal))
            .by(Basis::oneself());
        let stream = StreamName::access(principal.uuid());
        let done = ledger.transact::<AccessRules>(stream, command, meta).await;
        done.map(|_| ()).map_err(|error| IssueError::Ledger(Box::new(error)))
    }

    fn tenant(&self, principal: Principal) -> Option<AccountId> {
        match principal {
            Principal::Staff(_) => None,
            Principal::Member(member) => self.engine.projections().read(|views| {
                let scope = views.authenticate_operator().ok()?;
                views.member(&scope, member).map(|row| row.account)
            }),
        }
    }
}

const fn actor(principal: Principal) -> Actor {
    match principal {
        Principal::Member(member) => Actor::Member(member),
        Principal::Staff(staff) => Actor::Staff(staff),
    }
}

fn subject(principal: Principal) -> SubjectId {
    match principal {
        Principal::Member(member) => member.into(),
        Principal::Staff(staff) => staff.into(),
    }
}

fn typed_fits(credentials: &Credentials) -> bool {
    credentials.email.len() <= EMAIL_BYTES_MAX && credentials.password.len() <= passwords::BYTES_MAX
}

/// Nobody's hash is checked where there is no challenge, so that both cost the same.
fn check(challenge: Option<PasswordChallenge>, password: &str) -> Option<VerifiedPrincipal> {
    let is_right = |phc: Option<&str>| {
        passwords::is_right(phc, password).unwrap_or_else(|error| {
            tracing::error!(%error, "a password could not be checked");
            false
        })
    };
    match challenge {
        Some(challenge) => challenge.verify(|phc| is_right(Some(phc))).ok(),
        None => {
            is_right(None);
            None
        }
    }
}

fn refuse_other_side<T>(audience: Audience) -> Option<T> {
    tracing::warn!(token_of = crate::http::observe::name(audience), "a token of the other side");
    None
}
