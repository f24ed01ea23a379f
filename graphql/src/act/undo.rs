//! Taking a fact back: not by removing it, but by the act that reverses it.

use async_graphql::{Context, ID, InputObject};
use ledger::authority::Action;
use ledger::license::LicenseRules;
use schemas::EventId;

use super::{Acted, Asked, payloads};
use crate::error::{Failure, UserError};
use crate::history;
use crate::types::license::License;

/// Reverse what was recorded about a license.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseUndoInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The entry of its history whose `undo` is not null.
    pub entry_id: ID,
}

payloads! {
    /// What became of `licenseUndo`.
    LicenseUndoPayload {
        /// The license after it.
        license: License
    }
}

/// Reverses what was recorded. The fact stays in the history, with the one that reverses it after it.
///
/// # Errors
/// When it is refused, or fails.
pub async fn undo(ctx: &Context<'_>, input: LicenseUndoInput) -> Acted<License> {
    let operation = "licenseUndo";
    let asked = Asked::new(ctx, Action::ManageSeats, operation, &input, &input.command_id).await?;
    let seen = asked.seen(&input.license_id).await?;
    let row = &seen.facts.license;
    let entry: EventId = input.entry_id.parse().map_err(|_| UserError::not_found("entryId"))?;
    let repeated = asked.is_recorded(row.account).await?;
    let found = history::undo_of(asked.gate, asked.reader, row.license, entry).await;
    let undo = found.map_err(Failure::Ours)?.filter(|undo| undo.stands || repeated);
    let Some(undo) = undo else {
        return Err(UserError::about(
            "NOT_UNDOABLE",
            "entryId",
            "this cannot be taken back, or no longer: something newer was done",
            "look at the license as it is now and change that",
        )
        .into());
    };
    let asked = asked.doing(undo.action).decided(undo.resource, "licenseId").await?;
    let (license, account) = (row.license, Some(row.account));
    let (_, done) = asked.run::<LicenseRules>(license, account, undo.command).await?;
    Ok((asked.license_after(license), done))
}
