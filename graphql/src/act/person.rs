//! The account of a person: opened with the person, and made that of an organization.

use async_graphql::{Context, ID, InputObject};
use ledger::account::{AccountRules, Command, Rejection};
use ledger::authority::Action;
use schemas::account::{AccountProfile, Party};
use schemas::{AccountId, MemberId};

use super::account::{
    AccountOpenInput, NAME_CHARACTERS_MAX, account_after, claim_email, claim_on, let_go, profile,
    text,
};
use super::{Acted, Allowed, Asked, Done, payloads};
use crate::error::{Failure, UserError};
use crate::gate::with_scope;
use crate::identity;
use crate::types::account::Account;

/// Make the account of a person that of an organization. It is final.
#[derive(Debug, Clone, InputObject)]
pub struct AccountPromoteInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// What the organization is called.
    pub name: String,
}

payloads! {
    /// What became of `accountPromote`.
    AccountPromotePayload {
        /// The account after it.
        account: Account
    }
}

/// Opens the account of a person. Nothing is asked again: there is nothing in it yet that its new admin could get at.
pub(super) async fn open(
    asked: &Allowed<'_>,
    account: AccountId,
    parent: Option<AccountId>,
    input: &AccountOpenInput,
) -> Result<Done, Failure> {
    let Some(email) = &input.email else {
        return Err(UserError::rejected(&Rejection::PersonMissing).into());
    };
    let profile = profile(&input.name, email, input.external_id.clone())?;
    // The same for every try, also under another command id: opening twice opens once.
    let member: MemberId = identity::person_of(asked.keystore(), account);
    let (claim, email_digest) = claim_on(asked, &profile.email);
    claim_email(asked, claim, member.into()).await?;
    let command = Command::OpenForPerson { account, parent, member, email_digest, profile };
    match asked.run::<AccountRules>(account, Some(account), command).await {
        Ok((_, done)) => Ok(done),
        Err(failure) => Err(let_go(asked, claim, member.into(), failure).await),
    }
}

/// No account is below that of a person. INVARIANT (of one): it only ever becomes an organization's, so that it is enough
/// to look before.
pub(super) fn expect_organization(asked: &Allowed<'_>, parent: AccountId) -> Result<(), Failure> {
    let row = asked
        .gate
        .projections
        .read(|views| with_scope!(asked.reader, |scope| views.account(scope, parent).cloned()));
    if row.is_some_and(|row| row.party_now() == Party::Person) {
        return Err(UserError::rejected(&Rejection::OfOnePerson).into());
    }
    Ok(())
}

/// Nobody joins the account of a person. The rules say so too; here it is told before an e-mail is claimed for nothing.
pub(super) async fn expect_joinable(
    asked: &Allowed<'_>,
    account: AccountId,
) -> Result<(), Failure> {
    let row = asked
        .gate
        .projections
        .read(|views| with_scope!(asked.reader, |scope| views.account(scope, account).cloned()));
    let full = row.is_some_and(|row| row.party_now() == Party::Person && !row.members.is_empty());
    if full && !asked.is_recorded(account).await? {
        return Err(UserError::rejected(&Rejection::OfOnePerson).into());
    }
    Ok(())
}

/// Makes the account of a person that of an organization. Ids, licenses, seats, devices and sessions stay.
///
/// # Errors
/// When it is refused, or fails.
pub async fn promote(ctx: &Context<'_>, input: AccountPromoteInput) -> Acted<Account> {
    let operation = "accountPromote";
    let asked = Asked::new(ctx, Action::ManagePeople, operation, &input, &input.command_id).await?;
    let (asked, account) = asked.proven()?.account(&input.account_id).await?;
    let name = text("name", &input.name, NAME_CHARACTERS_MAX)?;
    let before = asked.gate.projections.read(|views| {
        let row = with_scope!(asked.reader, |scope| views.account(scope, account).cloned())?;
        row.profile.value.clone()
    });
    let external_id = before.and_then(|before| before.external_id);
    let command = Command::Promote { profile: AccountProfile { name, external_id } };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}
