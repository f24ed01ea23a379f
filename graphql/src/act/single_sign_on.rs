//! Single sign-on of an account: its identity provider is connected and disconnected, and required or not; who a person
//! is there is forgotten. What the provider says is for the sign-in to check.

use async_graphql::{Context, ID, InputObject};
use ledger::account::{AccountRules, Command};
use ledger::authority::Action;
use schemas::account::ProviderSecret;

use super::account::account_after;
use super::{Acted, Asked, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::gate::Reader;
use crate::read::person;
use crate::types::account::Account;
use crate::types::holder::Member;

/// Far more than any provider's, and little enough to show.
const FIELD_CHARACTERS_MAX: usize = 500;

/// Connect the identity provider of an account.
#[derive(Clone, InputObject)]
pub struct AccountConnectIdentityProviderInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// The provider's address, exactly as it calls itself, such as `https://login.example.com`.
    pub issuer: String,
    /// What the provider calls this service.
    pub client_id: String,
    /// The secret that the provider made for it. It is sealed, and never shown again.
    pub client_secret: String,
}

/// Disconnect the identity provider of an account.
#[derive(Debug, Clone, InputObject)]
pub struct AccountDisconnectIdentityProviderInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
}

/// Say whether people of an account come in through its identity provider only.
#[derive(Debug, Clone, InputObject)]
pub struct AccountRequireSingleSignOnInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// Whether they do.
    pub required: bool,
}

/// Forget who a person is at the identity provider of its account.
#[derive(Debug, Clone, InputObject)]
pub struct MemberUnlinkIdentityInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
}

payloads! {
    /// What became of `accountConnectIdentityProvider`.
    AccountConnectIdentityProviderPayload {
        /// The account after it.
        account: Account
    }
    /// What became of `accountDisconnectIdentityProvider`.
    AccountDisconnectIdentityProviderPayload {
        /// The account after it.
        account: Account
    }
    /// What became of `accountRequireSingleSignOn`.
    AccountRequireSingleSignOnPayload {
        /// The account after it.
        account: Account
    }
    /// What became of `memberUnlinkIdentity`.
    MemberUnlinkIdentityPayload {
        /// The person.
        member: Member
    }
}

/// Connects a provider, or says its new client.
///
/// # Errors
/// When it is refused, or fails.
pub async fn connect(
    ctx: &Context<'_>,
    input: AccountConnectIdentityProviderInput,
) -> Acted<Account> {
    let operation = "accountConnectIdentityProvider";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    let issuer = issuer(&input.issuer)?;
    let client = visible("clientId", &input.client_id)?;
    let secret = ProviderSecret { secret: visible("clientSecret", &input.client_secret)? };
    let command = Command::ConnectProvider { issuer, client, secret };
    send(asked, &input.account_id, command).await
}

/// Disconnects it. Who came in through it is out before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn disconnect(
    ctx: &Context<'_>,
    input: AccountDisconnectIdentityProviderInput,
) -> Acted<Account> {
    let operation = "accountDisconnectIdentityProvider";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    send(asked, &input.account_id, Command::DisconnectProvider).await
}

/// Says whether people come in through it only. It holds before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn require(ctx: &Context<'_>, input: AccountRequireSingleSignOnInput) -> Acted<Account> {
    let operation = "accountRequireSingleSignOn";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    let came_through = asked.reader.session().is_some_and(|one| one.single_sign_on.is_some());
    let (asked, account) = asked.proven()?.account(&input.account_id).await?;
    if let Reader::Tenant(scope) = asked.reader
        && input.required
        && !came_through
        && scope.account() == account
    {
        // Else the next thing that this admin does would be refused.
        let error = UserError::about(
            "SINGLE_SIGN_ON_FIRST",
            "required",
            "you did not come in through the identity provider yourself",
            "sign in through it first; that shows that it works",
        );
        return Err(error.into());
    }
    let command = Command::RequireSingleSignOn { required: input.required };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}

/// Forgets who somebody is at the provider. Sessions that the person began there are over before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn unlink(ctx: &Context<'_>, input: MemberUnlinkIdentityInput) -> Acted<Member> {
    let operation = "memberUnlinkIdentity";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    let (asked, member, account) = asked.proven()?.person(&input.member_id).await?;
    let command = Command::UnlinkIdentity { member };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((person(asked.gate, asked.reader, member), done))
}

async fn send(asked: Asked<'_>, account: &ID, command: Command) -> Acted<Account> {
    let (asked, account) = asked.proven()?.account(account).await?;
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}

/// The address as it was typed: the provider calls itself so, to the letter. Where it may be is for the service to say
/// that goes there.
fn issuer(given: &str) -> Result<String, Failure> {
    let given = visible("issuer", given)?;
    let rest = given.strip_prefix("https://").or_else(|| given.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if host.is_empty() || given.contains(['?', '#', '@', '\\']) {
        let words = "expected an address such as `https://login.example.com`";
        return Err(bad_field("issuer", &words));
    }
    Ok(given)
}

fn visible(field: &str, given: &str) -> Result<String, Failure> {
    let given = given.trim();
    let fits = !given.is_empty() && given.len() <= FIELD_CHARACTERS_MAX;
    if !fits || !given.bytes().all(|byte| byte.is_ascii_graphic()) {
        let words = format!("expected 1 to {FIELD_CHARACTERS_MAX} visible characters, no spaces");
        return Err(bad_field(field, &words));
    }
    Ok(given.to_owned())
}
