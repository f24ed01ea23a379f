//! Roles that are granted: to whom, over what, until when; taken back and given up.

use async_graphql::{Context, ID, InputObject};
use ledger::account::{AccountRules, Command};
use ledger::authority::{Action, Grant};
use schemas::account::RoleGranted;
use schemas::{AccountId, GrantId, LicenseId};

use super::{Acted, Allowed, Asked, payloads};
use crate::error::{Failure, UserError};
use crate::gate::with_scope;
use crate::read;
use crate::scalars::DateTime;
use crate::types::role::{GrantedRole, RoleGrant};

/// Let a person do more than by its own role, in a part of the customer and for a time.
#[derive(Debug, Clone, InputObject)]
pub struct RoleGrantInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// Who gets it: a person of the same customer, not the caller.
    pub member_id: ID,
    /// What the person may do.
    pub role: GrantedRole,
    /// In this account and those below it. Either this or `licenseId`.
    pub account_id: Option<ID>,
    /// On this license only.
    pub license_id: Option<ID>,
    /// The first instant at which it no longer counts; none: it has no end of its own.
    pub ends_at: Option<DateTime>,
}

/// Take back what was granted, or give up what one has.
#[derive(Debug, Clone, InputObject)]
pub struct RoleGrantEndInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// What was granted.
    pub grant_id: ID,
}

payloads! {
    /// What became of `roleGrant`.
    RoleGrantPayload {
        /// What was granted.
        grant: RoleGrant
    }
    /// What became of `roleGrantEnd`.
    RoleGrantEndPayload {
        /// What was granted, as it was before it ended.
        grant: RoleGrant
    }
}

/// Grants a role. It counts before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn give(ctx: &Context<'_>, input: RoleGrantInput) -> Acted<RoleGrant> {
    let operation = "roleGrant";
    let role = input.role.into();
    let action = Action::grant(role);
    let asked = Asked::new(ctx, action, operation, &input, &input.command_id).await?.proven()?;
    let ends_at = input.ends_at.map(|DateTime(at)| at);
    let (asked, account, license) =
        over(asked.lasting(ends_at), input.account_id.as_ref(), input.license_id.as_ref()).await?;
    let member = asked.member(&input.member_id, account)?;
    let erased = read::person(asked.gate, asked.reader, member).and_then(|one| one.erased_at);
    if erased.is_some() {
        return Err(UserError::not_found("memberId").into());
    }
    let grant = GrantId::new(asked.made("grant"));
    let given = RoleGranted { grant, member, role, license, ends_at, under: None };
    let command = Command::GrantRole(given);
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((read::grant(asked.gate, asked.reader, grant), done))
}

/// What it is granted over: an account, or one license of it.
async fn over<'a>(
    asked: Asked<'a>,
    account: Option<&ID>,
    license: Option<&ID>,
) -> Result<(Allowed<'a>, AccountId, Option<LicenseId>), Failure> {
    match (account, license) {
        (Some(account), None) => {
            let (asked, account) = asked.account(account).await?;
            Ok((asked, account, None))
        }
        (None, Some(license)) => {
            let (asked, seen) = asked.license(license).await?;
            let row = &seen.facts.license;
            Ok((asked, row.account, Some(row.license)))
        }
        (None, None) | (Some(_), Some(_)) => Err(UserError::about(
            "BAD_USER_INPUT",
            "accountId",
            "a role is granted either over an account or over one license",
            "give one of `accountId` and `licenseId`",
        )
        .into()),
    }
}

/// Ends a grant. It no longer counts before the answer is given, nor does what stems from it.
///
/// # Errors
/// When it is refused, or fails.
pub async fn end(ctx: &Context<'_>, input: RoleGrantEndInput) -> Acted<RoleGrant> {
    let operation = "roleGrantEnd";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    let found = granted(&asked, &input.grant_id)?;
    let shown = read::grant(asked.gate, asked.reader, found.grant);
    let asked = asked.ending(&found).await?;
    let command = Command::EndGrant { grant: found.grant };
    let (_, done) = asked.run::<AccountRules>(found.account, Some(found.account), command).await?;
    let after = read::grant(asked.gate, asked.reader, found.grant);
    Ok((after.or(shown), done))
}

fn granted(asked: &Asked<'_>, id: &ID) -> Result<Grant, Failure> {
    let grant: Option<GrantId> = id.parse().ok();
    let found = grant.and_then(|grant| {
        asked
            .gate
            .projections
            .read(|views| with_scope!(asked.reader, |scope| views.granted(scope, grant).cloned()))
    });
    found.ok_or_else(|| UserError::not_found("grantId").into())
}
