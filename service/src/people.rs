//! The names people sign in with, as the ledger keeps them, and the first person of a new ledger.

use std::sync::Arc;

use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::claim::{ClaimRules, Command as ClaimCommand};
use ledger::decider::Decider;
use ledger::staff::{Command as StaffCommand, StaffRules};
use ledger_log::{CommandMeta, Keystore, KeystoreError, derive};
use projections::Views;
use projections::views::access::StaffRow;
use schemas::account::PersonProfile;
use schemas::claim::ClaimPurpose;
use schemas::staff::StaffRole;
use schemas::{AccountId, Actor, CommandId, CorrelationId, Digest, StaffId, StreamName, SubjectId};
use uuid::Uuid;

use crate::engine::Engine;
use crate::passwords::known::Breached;
use crate::passwords::{self, PasswordError};

/// What the e-mails' blind index is called.
const EMAIL_PURPOSE: &str = "email";

/// Why a person was not added, or has no new password.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// The password cannot be set.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// There is no new id to be had.
    #[error("no new id can be made")]
    Id(#[from] KeystoreError),
    /// The text is no e-mail.
    #[error("`{email}` is not an e-mail")]
    Email {
        /// The text.
        email: String,
    },
    /// Nobody signs in with this e-mail.
    #[error("nobody in the ledger has the e-mail `{email}`")]
    Nobody {
        /// The e-mail.
        email: String,
    },
    /// The ledger refused or failed.
    #[error("the ledger did not take it: {reason}")]
    Ledger {
        /// The stable code.
        code: &'static str,
        /// What happened.
        reason: String,
    },
}

/// The keyed hash of a sign-in e-mail. Case and surrounding spaces make no difference.
#[must_use]
pub fn email_digest(keystore: &Keystore, email: &str) -> Digest {
    keystore.digest(EMAIL_PURPOSE, normal_form(email).as_bytes())
}

/// The stream that says who holds the e-mail with this hash.
#[must_use]
pub fn claim_stream(email: Digest) -> StreamName {
    let mut id = [0; 16];
    id.iter_mut().zip(email.0).for_each(|(to, from)| *to = from);
    StreamName::claim(Uuid::from_bytes(id))
}

/// Adds a person of the vendor who may do everything, with a password to sign in with.
///
/// # Errors
/// When the e-mail or the password is not accepted, or the ledger refuses.
pub async fn add_operator(
    engine: &Engine,
    name: &str,
    email: &str,
    password: &str,
    breached: Option<&Breached>,
) -> Result<StaffId, PersonError> {
    let email = normal_form(email);
    if !is_email(&email) {
        return Err(PersonError::Email { email });
    }
    let phc = passwords::hash_of_chosen(password, &[name, &email], breached)?;
    let keystore = engine.keystore();
    let now = engine.ledger().clock().now();
    let staff = StaffId::new(derive::new_uuid(now)?);
    let work = CommandId::new(derive::new_uuid(now)?);
    let email_digest = email_digest(keystore, &email);
    let owner = staff.into();
    let claim = ClaimCommand::Claim { purpose: ClaimPurpose::SignInEmail, owner };
    step::<ClaimRules>(engine, work, "claim", claim_stream(email_digest), claim).await?;
    let profile = PersonProfile { name: name.to_owned(), email, external_id: None };
    let add = StaffCommand::Add { staff, role: StaffRole::Operator, email_digest, profile };
    step::<StaffRules>(engine, work, "add", staff.into(), add).await?;
    let set = AccessCommand::SetPassword { subject: owner, phc, kept: None };
    let access = StreamName::access(staff.uuid());
    step::<AccessRules>(engine, work, "password", access, set).await?;
    Ok(staff)
}

/// What becomes of codes and passkeys when somebody gets a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factors {
    /// They are asked for as before.
    Stay,
    /// They go, for who lost them all.
    Go,
}

/// Gives the person with this e-mail, a customer's or the vendor's, a password to sign in with.
///
/// # Errors
/// When there is no such person, the password is not accepted, or the ledger refuses.
pub async fn set_password(
    engine: &Engine,
    email: &str,
    password: &str,
    breached: Option<&Breached>,
    factors: Factors,
) -> Result<(), PersonError> {
    let digest = email_digest(engine.keystore(), email);
    let (subject, tenant) = engine
        .projections()
        .read(|views| person(views, &digest))
        .ok_or_else(|| PersonError::Nobody { email: normal_form(email) })?;
    let phc = passwords::hash_of_chosen(password, &[email], breached)?;
    let work = CommandId::new(derive::new_uuid(engine.ledger().clock().now())?);
    let set = AccessCommand::SetPassword { subject, phc, kept: None };
    let stream = StreamName::access(subject.uuid());
    step_for::<AccessRules>(engine, tenant, work, "password", stream, set).await?;
    match factors {
        Factors::Stay => Ok(()),
        Factors::Go => {
            let remove = AccessCommand::RemoveAllFactors;
            step_for::<AccessRules>(engine, tenant, work, "factors", stream, remove).await
        }
    }
}

/// Whose e-mail it is, and of which customer the person is.
fn person(views: &Views, email: &Digest) -> Option<(SubjectId, Option<AccountId>)> {
    let scope = views.authenticate_operator().ok()?;
    let member = views.find_member_by_email(&scope, email);
    let member = member.and_then(|member| views.member(&scope, member));
    let has_it = |row: &&Arc<StaffRow>| row.email_digest == *email && row.erased_at.is_none();
    let staff = || views.all_staff(&scope).find(has_it);
    member
        .map(|row| (row.member.into(), Some(row.account)))
        .or_else(|| staff().map(|row| (row.staff.into(), None)))
}

/// A step of the vendor's own.
async fn step<D: Decider>(
    engine: &Engine,
    work: CommandId,
    name: &'static str,
    stream: StreamName,
    command: D::Command,
) -> Result<(), PersonError> {
    step_for::<D>(engine, None, work, name, stream, command).await
}

async fn step_for<D: Decider>(
    engine: &Engine,
    tenant: Option<AccountId>,
    work: CommandId,
    name: &'static str,
    stream: StreamName,
    command: D::Command,
) -> Result<(), PersonError> {
    let id = derive::step_command(work, name);
    // The id is new and nobody repeats it: what it stands for need not be told apart further.
    let digest = derive::request_digest(engine.keystore(), "person", &[&id.bytes()]);
    let meta = CommandMeta::new(id, digest, Actor::Operator)
        .for_tenant(tenant)
        .correlated(CorrelationId::new(work.uuid()));
    match engine.ledger().transact::<D>(stream, command, meta).await {
        Ok(_) => Ok(()),
        Err(error) => Err(PersonError::Ledger { code: error.code(), reason: error.to_string() }),
    }
}

fn normal_form(email: &str) -> String {
    email.trim().to_lowercase()
}

fn is_email(email: &str) -> bool {
    let spaced = email.chars().any(|c| c.is_whitespace() || c.is_control());
    !spaced
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
}
