//! `deedbook init`.

use serde_json::json;

use super::arguments::Init;
use super::{Exit, Failure, output};
use crate::engine::Engine;
use crate::people::{self, AddError};
use crate::tokens;

/// Where the first person's password is taken from.
pub const PASSWORD_VARIABLE: &str = "DEEDBOOK_PASSWORD";

/// Makes a new ledger, and its first person when asked.
///
/// # Errors
/// When the folder is taken or the person is refused.
pub async fn run(asked: &Init) -> Result<Exit, Failure> {
    let engine = Engine::create(&asked.data.path, &asked.vendor, asked.data.sizes()).await?;
    let added = first_person(&engine, asked).await;
    let ledger = engine.ledger().log().identity().ledger.to_string();
    engine.close().await;
    let made = added?;
    let folder = asked.data.path.display().to_string();
    if asked.json {
        output::json(&json!({
            "folder": folder, "ledger": ledger, "vendor": asked.vendor,
            "email": asked.email, "password": made,
        }))?;
        return Ok(Exit::Done);
    }
    output::line(&format!("A ledger for {} is in {folder} (ledger {ledger}).", asked.vendor))?;
    if let Some(email) = &asked.email {
        output::line(&format!("{email} can sign in to the vendor console."))?;
    }
    if let Some(password) = made {
        output::line(&format!("Password, shown this once: {password}"))?;
    }
    output::line(&format!("Back up {folder}/keys apart from the rest, then:"))?;
    output::line(&format!("  deedbook serve --data {folder}"))?;
    Ok(Exit::Done)
}

/// Adds the first person; the password when it had to be made.
async fn first_person(engine: &Engine, asked: &Init) -> Result<Option<String>, Failure> {
    let Some(email) = &asked.email else { return Ok(None) };
    let given = std::env::var(PASSWORD_VARIABLE).ok();
    let (password, made) = match given {
        Some(password) => (password, None),
        None => {
            let made =
                tokens::random_text().map_err(|error| Failure::caused("NO_RANDOM", &error))?;
            (made.clone(), Some(made))
        }
    };
    match people::add_operator(engine, &asked.name, email, &password).await {
        Ok(_) => Ok(made),
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &AddError) -> Failure {
    let advice = "the ledger was made; remove the folder and run `deedbook init` again";
    match error {
        AddError::Password(_) => Failure::caused("PASSWORD_REFUSED", error).advice(advice),
        AddError::Email { .. } => Failure::caused("EMAIL_REFUSED", error).advice(advice),
        AddError::Id(cause) => Failure::caused(cause.code(), error).advice(advice),
        AddError::Ledger { code, .. } => Failure::caused(code, error).advice(advice),
    }
}
