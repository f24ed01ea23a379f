//! `deedbook init`.

use serde_json::json;

use super::arguments::Init;
use super::{Exit, Failure, output, password};
use crate::engine::Engine;
use crate::passwords::known::Breached;
use crate::people;

/// Makes a new ledger, and its first person when asked.
///
/// # Errors
/// When the folder is taken or the person is refused.
pub async fn run(asked: &Init) -> Result<Exit, Failure> {
    let breached = password::breached(&asked.breached)?;
    let engine = Engine::create(&asked.data.path, &asked.vendor, asked.data.sizes()).await?;
    let added = first_person(&engine, asked, breached.as_ref()).await;
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
async fn first_person(
    engine: &Engine,
    asked: &Init,
    breached: Option<&Breached>,
) -> Result<Option<String>, Failure> {
    let Some(email) = &asked.email else { return Ok(None) };
    let (password, made) = password::given_or_made()?;
    match people::add_operator(engine, &asked.name, email, &password, breached).await {
        Ok(_) => Ok(made),
        Err(error) => Err(password::refusal(&error)
            .advice("the ledger was made; remove the folder and run `deedbook init` again")),
    }
}
