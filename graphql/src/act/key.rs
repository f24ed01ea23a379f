//! The license key in the clear. Nobody is shown one without a fact that says so.

use async_graphql::{Context, ID, InputObject};
use ledger::authority::Action;
use ledger::license::{Command, LicenseRules};

use super::{Acted, Asked, payloads};
use crate::error::UserError;

/// Show the key of a license in the clear.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseRevealKeyInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
}

payloads! {
    /// What became of `licenseRevealKey`.
    LicenseRevealKeyPayload {
        /// The key in the clear.
        key: String
    }
}

/// Shows the key.
///
/// # Errors
/// When it is refused, or fails.
pub async fn reveal(ctx: &Context<'_>, input: LicenseRevealKeyInput) -> Acted<String> {
    let operation = "licenseRevealKey";
    let asked =
        Asked::new(ctx, Action::RevealKey, operation, &input, &input.command_id).await?.proven()?;
    let (asked, seen) = asked.license(&input.license_id).await?;
    let row = &seen.facts.license;
    let Some(secret) = &row.secret.value else {
        return Err(UserError::about(
            "KEY_ERASED",
            "licenseId",
            "the key was erased together with the personal data of its owner",
            "ask the vendor for a new license",
        )
        .into());
    };
    let key = secret.key.clone();
    let command = Command::RevealKey;
    let (_, done) = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    Ok((Some(key), done))
}
