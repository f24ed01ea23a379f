//! The names people sign in with, as the ledger keeps them, and the first person of a new ledger.

use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::claim::{ClaimRules, Command as ClaimCommand};
use ledger::decider::Decider;
use ledger::staff::{Command as StaffCommand, StaffRules};
use ledger_log::{CommandMeta, Keystore, KeystoreError, derive};
use schemas::account::PersonProfile;
use schemas::claim::ClaimPurpose;
use schemas::staff::StaffRole;
use schemas::{Actor, CommandId, CorrelationId, Digest, StaffId, StreamName};
use uuid::Uuid;

use crate::engine::Engine;
use crate::passwords::{self, PasswordError};

/// What the e-mails' blind index is called.
const EMAIL_PURPOSE: &str = "email";

/// Why a person was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
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
) -> Result<StaffId, AddError> {
    let email = normal_form(email);
    if !is_email(&email) {
        return Err(AddError::Email { email });
    }
    let phc = passwords::hash(password)?;
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
    let set = AccessCommand::SetPassword { subject: owner, phc };
    let access = StreamName::access(staff.uuid());
    step::<AccessRules>(engine, work, "password", access, set).await?;
    Ok(staff)
}

async fn step<D: Decider>(
    engine: &Engine,
    work: CommandId,
    name: &'static str,
    stream: StreamName,
    command: D::Command,
) -> Result<(), AddError> {
    let id = derive::step_command(work, name);
    // The id is new and nobody repeats it: what it stands for need not be told apart further.
    let digest = derive::request_digest(engine.keystore(), "addOperator", &[&id.bytes()]);
    let meta =
        CommandMeta::new(id, digest, Actor::Operator).correlated(CorrelationId::new(work.uuid()));
    match engine.ledger().transact::<D>(stream, command, meta).await {
        Ok(_) => Ok(()),
        Err(error) => Err(AddError::Ledger { code: error.code(), reason: error.to_string() }),
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
