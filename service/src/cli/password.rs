//! `deedbook password`.

use serde_json::json;

use super::arguments::{BreachedPasswords, Password};
use super::{Exit, Failure, output};
use crate::engine::Engine;
use crate::passwords::known::Breached;
use crate::people::{self, Factors, PersonError};
use crate::tokens;

/// Where a person's password is taken from.
pub const PASSWORD_VARIABLE: &str = "DEEDBOOK_PASSWORD";

/// Gives a person a password to sign in with.
///
/// # Errors
/// When the ledger cannot be opened, or the person or the password is refused.
pub async fn run(asked: &Password) -> Result<Exit, Failure> {
    let breached = breached(&asked.breached)?;
    let (password, made) = given_or_made()?;
    let engine = Engine::open(&asked.data.path, asked.data.sizes()).await?;
    let factors = if asked.remove_second_factor { Factors::Go } else { Factors::Stay };
    let set = people::set_password(&engine, &asked.email, &password, breached.as_ref(), factors);
    let set = set.await;
    engine.close().await;
    set.map_err(|error| refusal(&error))?;
    if asked.json {
        output::json(&json!({ "email": asked.email, "password": made }))?;
        return Ok(Exit::Done);
    }
    output::line(&format!("{} can sign in.", asked.email))?;
    if let Some(password) = made {
        output::line(&format!("Password, shown this once: {password}"))?;
    }
    Ok(Exit::Done)
}

/// The password, and again when it had to be made.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn given_or_made() -> Result<(String, Option<String>), Failure> {
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
        return Ok((password, None));
    }
    let made = tokens::random_text().map_err(|error| Failure::caused("NO_RANDOM", &error))?;
    Ok((made.clone(), Some(made)))
}

/// The list of breached passwords, where one is given.
///
/// # Errors
/// When it cannot be read or is another kind of file.
pub fn breached(given: &BreachedPasswords) -> Result<Option<Breached>, Failure> {
    let opened = given.file.as_deref().map(Breached::open).transpose();
    opened.map_err(|error| {
        Failure::caused("BREACHED_PASSWORDS_UNUSABLE", &error).advice(
            "give the whole list as one file, its lines `SHA-1:count` sorted by the hash; docs/operate.md tells how",
        )
    })
}

/// Why a person has no password.
#[must_use]
pub fn refusal(error: &PersonError) -> Failure {
    match error {
        PersonError::Password(_) => Failure::caused("PASSWORD_REFUSED", error),
        PersonError::Email { .. } => Failure::caused("EMAIL_REFUSED", error),
        PersonError::Nobody { .. } => Failure::caused("NOT_FOUND", error)
            .advice("import or add the person first, with this sign-in e-mail"),
        PersonError::Id(cause) => Failure::caused(cause.code(), error),
        PersonError::Ledger { code, .. } => Failure::caused(code, error),
    }
}
