//! Legal holds: for how long nobody of an account is erased.

use async_graphql::{Context, ID, InputObject};
use ledger::account::{AccountRules, Command};
use ledger::authority::Action;

use super::account::account_after;
use super::{Acted, Asked, payloads};
use crate::types::account::Account;

/// Erase nobody of an account from now on.
#[derive(Debug, Clone, InputObject)]
pub struct LegalHoldPlaceInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// The vendor's own reference of the matter: 1 to 64 visible ASCII characters. It stays in the ledger for good: no names.
    pub matter: String,
}

/// A legal matter is over.
#[derive(Debug, Clone, InputObject)]
pub struct LegalHoldLiftInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// The reference of the matter.
    pub matter: String,
}

payloads! {
    /// What became of `legalHoldPlace`.
    LegalHoldPlacePayload {
        /// The account.
        account: Account
    }
    /// What became of `legalHoldLift`.
    LegalHoldLiftPayload {
        /// The account.
        account: Account
    }
}

/// Places a hold.
///
/// # Errors
/// When it is refused, or fails.
pub async fn place(ctx: &Context<'_>, input: LegalHoldPlaceInput) -> Acted<Account> {
    let operation = "legalHoldPlace";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let (asked, account) = asked.account(&input.account_id).await?;
    let command = Command::PlaceLegalHold { matter: input.matter };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}

/// Lifts one: whoever does shows again who it is, since what is erased then is gone.
///
/// # Errors
/// When it is refused, or fails.
pub async fn lift(ctx: &Context<'_>, input: LegalHoldLiftInput) -> Acted<Account> {
    let operation = "legalHoldLift";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let (asked, account) = asked.proven()?.account(&input.account_id).await?;
    let command = Command::LiftLegalHold { matter: input.matter };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}
