//! Tokens of programs: a person makes them for itself and revokes them, and so does whoever manages how the person signs
//! in.

use async_graphql::{Context, ID, InputObject, SimpleObject};
use ledger::access::{AccessRules, Command};
use ledger::authority::Action;
use projections::views::access::ApiTokenRow;
use schemas::access::{ApiTokenCreated, Audience, TokenScope};
use schemas::{AccountId, MemberId, Network, StreamName, TokenId};
use uuid::Uuid;

use super::{Acted, Asked, bad_field, payloads};
use crate::api_token;
use crate::error::{Failure, UserError};
use crate::gate::{Gate, Reader, with_scope};
use crate::scalars::DateTime;
use crate::types::api_token::{ApiToken, ApiTokenScope};

/// For how long a retry is told the text again, in seconds: long enough for a connection that broke.
const RETRY_SECONDS: i64 = 10 * 60;

/// Let a program act for the caller.
#[derive(Debug, Clone, InputObject)]
pub struct ApiTokenCreateInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// Which program has it, in 1 to 80 characters.
    pub name: String,
    /// What the program may do: nothing that the caller may not.
    pub scopes: Vec<ApiTokenScope>,
    /// The first instant at which it is no longer accepted: within a year.
    pub expires_at: DateTime,
    /// From where only it is accepted, such as `203.0.113.0/24`: 20 at most; none: from anywhere.
    pub networks: Option<Vec<String>>,
}

/// No longer let a program act.
#[derive(Debug, Clone, InputObject)]
pub struct ApiTokenRevokeInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The token.
    pub token_id: ID,
    /// Whose token it is, where it is not the caller's own.
    pub member_id: Option<ID>,
}

/// A token that was made.
#[derive(Debug, Clone, SimpleObject)]
pub struct CreatedApiToken {
    /// The token.
    pub token: ApiToken,
    /// What the program sends as `Authorization: Bearer …`. It is told this once, and to retries within ten minutes;
    /// then null.
    pub secret: Option<String>,
}

payloads! {
    /// What became of `apiTokenCreate`.
    ApiTokenCreatePayload {
        /// The token.
        created: CreatedApiToken
    }
    /// What became of `apiTokenRevoke`.
    ApiTokenRevokePayload {
        /// The token, as it was before it was revoked.
        token: ApiToken
    }
}

/// Makes a token for the caller.
///
/// # Errors
/// When it is refused, or fails.
pub async fn create(ctx: &Context<'_>, input: ApiTokenCreateInput) -> Acted<CreatedApiToken> {
    let operation = "apiTokenCreate";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    let asked = asked.proven()?.oneself().await?;
    let (holder, reader) = (Holder::of(asked.reader)?, asked.reader);
    let scopes = scopes_of(asked.gate, reader, &input.scopes)?;
    let networks = networks_of(input.networks.unwrap_or_default())?;
    let (keystore, environment) = (asked.keystore(), asked.gate.environment);
    let secret = api_token::made_by(keystore, environment, holder.principal, asked.command);
    let digest = api_token::digest(keystore, environment, &secret);
    let token = TokenId::new(asked.made("api_token"));
    let command = Command::CreateApiToken(ApiTokenCreated {
        token,
        audience: holder.audience,
        name: input.name.trim().to_owned(),
        scopes,
        networks,
        secret_digest: digest.unwrap_or_default(),
        expires_at: input.expires_at.0,
    });
    let stream = StreamName::access(holder.principal);
    let (_, done) = asked.run::<AccessRules>(stream, holder.tenant, command).await?;
    let row = holder.token(asked.gate, reader, token);
    let created = row.map(|row| {
        let fresh = asked.gate.now() < row.created_at.plus_seconds(RETRY_SECONDS);
        let token = ApiToken::of(token, &row, holder.member);
        CreatedApiToken { token, secret: fresh.then_some(secret) }
    });
    Ok((created, done))
}

/// Revokes a token. It is not accepted any more before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn revoke(ctx: &Context<'_>, input: ApiTokenRevokeInput) -> Acted<ApiToken> {
    let operation = "apiTokenRevoke";
    let action = match &input.member_id {
        Some(_) => Action::ManageSignIn,
        None => Action::BeOneself,
    };
    let asked = Asked::new(ctx, action, operation, &input, &input.command_id).await?;
    let (asked, holder) = match &input.member_id {
        Some(member) => {
            let (asked, member, account) = asked.person(member).await?;
            (asked, Holder::member(member, account))
        }
        None => {
            let asked = asked.oneself().await?;
            let holder = Holder::of(asked.reader)?;
            (asked, holder)
        }
    };
    let unknown = || Failure::from(UserError::not_found("tokenId"));
    let token: TokenId = input.token_id.parse().map_err(|_| unknown())?;
    let row = holder.token(asked.gate, asked.reader, token).ok_or_else(unknown)?;
    let stream = StreamName::access(holder.principal);
    let command = Command::RevokeApiToken { token };
    let (_, done) = asked.run::<AccessRules>(stream, holder.tenant, command).await?;
    Ok((Some(ApiToken::of(token, &row, holder.member)), done))
}

/// Whose token it is.
struct Holder {
    principal: Uuid,
    member: Option<MemberId>,
    tenant: Option<AccountId>,
    audience: Audience,
}

impl Holder {
    fn member(member: MemberId, account: AccountId) -> Self {
        let (principal, audience) = (member.uuid(), Audience::Portal);
        Self { principal, member: Some(member), tenant: Some(account), audience }
    }

    /// Whoever asks. Who holds the data folder has no need of tokens.
    fn of(reader: Reader) -> Result<Self, Failure> {
        match reader {
            Reader::Tenant(scope) => Ok(Self::member(scope.member(), scope.account())),
            Reader::Vendor(_) => {
                let staff = reader.staff().ok_or_else(UserError::forbidden)?;
                let (principal, audience) = (staff.uuid(), Audience::Console);
                Ok(Self { principal, member: None, tenant: None, audience })
            }
        }
    }

    fn token(&self, gate: &Gate, reader: Reader, token: TokenId) -> Option<ApiTokenRow> {
        gate.projections.read(|views| {
            with_scope!(reader, |scope| views.api_token(scope, self.principal, token).cloned())
        })
    }
}

/// Nobody lets a program do what the caller may do nowhere.
fn scopes_of(
    gate: &Gate,
    reader: Reader,
    wanted: &[ApiTokenScope],
) -> Result<Vec<TokenScope>, Failure> {
    let mut scopes: Vec<TokenScope> = wanted.iter().map(|scope| (*scope).into()).collect();
    scopes.sort();
    scopes.dedup();
    let may = |scope: TokenScope| {
        let mut actions = Action::ALL.iter().filter(|action| action.scope() == Some(scope));
        gate.projections.read(|views| {
            actions.any(|action| with_scope!(reader, |scope| views.may_somewhere(scope, *action)))
        })
    };
    if scopes.iter().all(|scope| may(*scope)) {
        return Ok(scopes);
    }
    let (code, field) = ("SCOPE_NOT_YOURS", "scopes");
    let message = "a program may do nothing for you that you may not do yourself";
    Err(UserError::about(code, field, message, "leave out what you may not do").into())
}

fn networks_of(texts: Vec<String>) -> Result<Vec<Network>, Failure> {
    let parsed: Result<Vec<Network>, _> = texts.iter().map(|text| text.trim().parse()).collect();
    let mut networks = parsed.map_err(|error| bad_field("networks", &error))?;
    networks.sort();
    networks.dedup();
    Ok(networks)
}
