//! Licenses: issue, renew, block, revoke.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject};
use ledger::authority::Action;
use ledger::license::{Command, Issue, LicenseRules, Renew, Term as TermState};
use projections::views::catalog::ProductRow;
use schemas::{Digest, LicenseId, ProductId};

use super::contract::{ContractInput, contract_of};
use super::grants::source_named;
use super::{Acted, Asked, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::gate::with_scope;
use crate::identity;
use crate::scalars::{DateTime, Duration};
use crate::types::catalog::RenewalBasis;
use crate::types::license::{Acquisition, License};
use crate::types::status::BlockerKind;

/// A term that is already known.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct TermInput {
    /// The first instant.
    pub from: DateTime,
    /// The first instant after it; leave it out when perpetual.
    pub until: Option<DateTime>,
}

/// Issue a license to an account.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseIssueInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// Whose it is to be.
    pub account_id: ID,
    /// Of which product.
    pub product_id: ID,
    /// What it is issued from: the id or code of an offering or bundle of the product.
    pub source: String,
    /// How it is acquired; else ordered.
    pub acquired: Option<Acquisition>,
    /// Its key; else one is made.
    pub key: Option<String>,
    /// The vendor's own number for it.
    pub external_id: Option<String>,
    /// A term that is already known; else as the plan says.
    pub term: Option<TermInput>,
    /// On which terms it is contracted; what is left out is as the account says, and a time zone that nobody says is UTC.
    pub contract: Option<ContractInput>,
    /// From when it is true, not later than now; else now.
    pub effective_at: Option<DateTime>,
}

/// Add a further term to a license.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseRenewInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The end of the term that is to be renewed, as the caller saw it: with it, renewing twice
    /// renews once.
    pub ending: Option<DateTime>,
    /// How long the new term is; else as the plan says.
    pub period: Option<Duration>,
    /// Where the new term counts from; else as the plan says.
    pub basis: Option<RenewalBasis>,
    /// From when it is true, not later than now; else now.
    pub effective_at: Option<DateTime>,
}

/// Stop a license for a reason, until that reason is cleared.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseSetBlockerInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The kind of reason.
    pub blocker: BlockerKind,
    /// The reason in words.
    pub reason: String,
    /// From when it is true, not later than now and not before the issue; else now.
    pub effective_at: Option<DateTime>,
}

/// Clear one reason that stops a license; the others stay.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseClearBlockerInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The kind of reason.
    pub blocker: BlockerKind,
}

/// Stop a license for good.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseRevokeInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The reason in words.
    pub reason: String,
    /// From when it is true, not later than now and not before the issue; else now.
    pub effective_at: Option<DateTime>,
}

payloads! {
    /// What became of `licenseIssue`.
    LicenseIssuePayload {
        /// The license.
        license: License
    }
    /// What became of `licenseRenew`.
    LicenseRenewPayload {
        /// The license after it.
        license: License
    }
    /// What became of `licenseSetBlocker`.
    LicenseSetBlockerPayload {
        /// The license after it.
        license: License
    }
    /// What became of `licenseClearBlocker`.
    LicenseClearBlockerPayload {
        /// The license after it.
        license: License
    }
    /// What became of `licenseRevoke`.
    LicenseRevokePayload {
        /// The license after it.
        license: License
    }
}

/// Issues a license.
///
/// # Errors
/// When it is refused, or fails.
pub async fn issue(ctx: &Context<'_>, input: LicenseIssueInput) -> Acted<License> {
    let operation = "licenseIssue";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at).vendor().await?;
    let account = asked.account_named(&input.account_id, "accountId")?;
    let _turn = asked.gate.turn.read().await;
    asked.expect_kept(account, account).await?;
    let product = product_named(&asked, &input.product_id)?;
    let source = source_named(&product, &input.source, "source")?;
    let resolved = product.state.resolve(source).map_err(|error| bad_field("source", &error))?;
    let license = LicenseId::new(asked.made("license"));
    let code = product.code().ok_or_else(|| UserError::not_found("productId"))?;
    let key = match input.key.as_deref().map(ledger::license_key::normalize) {
        Some(key) if key.is_empty() => return Err(bad_field("key", &"expected a license key")),
        Some(key) => key,
        None => identity::license_key(asked.keystore(), code, asked.command),
    };
    let key_digest = asked.keystore().digest("license_key", key.as_bytes());
    refuse_taken_key(&asked, license, &key_digest)?;
    let command = Command::Issue(Issue {
        license,
        account,
        product: product.product,
        acquired: input.acquired.map_or(schemas::license::Acquisition::Order, Into::into),
        key_digest,
        key,
        external_id: input.external_id,
        source,
        grants: resolved.grants,
        terms: resolved.terms,
        term: input.term.map(|term| TermState {
            from: term.from.0,
            until: term.until.map(|DateTime(until)| until),
        }),
        contract: contract_of(&asked, account, input.contract.as_ref())?,
    });
    let (_, done) = asked.run::<LicenseRules>(license, Some(account), command).await?;
    Ok((asked.license_after(license), done))
}

/// A key finds one license only.
fn refuse_taken_key(asked: &Asked<'_>, license: LicenseId, key: &Digest) -> Result<(), Failure> {
    let holder = asked
        .gate
        .projections
        .read(|views| with_scope!(asked.reader, |scope| views.find_license_by_key(scope, key)));
    match holder {
        Some(holder) if holder != license => Err(UserError::about(
            "KEY_TAKEN",
            "key",
            "another license already has this key",
            "give another key, or none",
        )
        .into()),
        Some(_) | None => Ok(()),
    }
}

/// Adds a further term.
///
/// # Errors
/// When it is refused, or fails.
pub async fn renew(ctx: &Context<'_>, input: LicenseRenewInput) -> Acted<License> {
    let asked = Asked::new(ctx, Action::Operate, "licenseRenew", &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at);
    let command = Command::Renew(Renew {
        ending: input.ending.map(|DateTime(at)| at),
        period: input.period.map(|Duration(period)| period),
        basis: input.basis.map(Into::into),
    });
    let _turn = asked.gate.turn.read().await;
    on_license(asked, &input.license_id, command).await
}

/// Stops a license for a reason.
///
/// # Errors
/// When it is refused, or fails.
pub async fn set_blocker(ctx: &Context<'_>, input: LicenseSetBlockerInput) -> Acted<License> {
    let operation = "licenseSetBlocker";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at);
    let command = Command::SetBlocker { blocker: input.blocker.into(), reason: input.reason };
    on_license(asked, &input.license_id, command).await
}

/// Clears one reason.
///
/// # Errors
/// When it is refused, or fails.
pub async fn clear_blocker(ctx: &Context<'_>, input: LicenseClearBlockerInput) -> Acted<License> {
    let operation = "licenseClearBlocker";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let command = Command::ClearBlocker { blocker: input.blocker.into() };
    on_license(asked, &input.license_id, command).await
}

/// Stops a license for good.
///
/// # Errors
/// When it is refused, or fails.
pub async fn revoke(ctx: &Context<'_>, input: LicenseRevokeInput) -> Acted<License> {
    let asked =
        Asked::new(ctx, Action::Operate, "licenseRevoke", &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at);
    let command = Command::Revoke { reason: input.reason };
    on_license(asked, &input.license_id, command).await
}

/// Sends a command to the license that the caller names.
///
/// # Errors
/// When there is none, or the command is refused, or fails.
pub(super) async fn on_license(asked: Asked<'_>, license: &ID, command: Command) -> Acted<License> {
    let (asked, seen) = asked.license(license).await?;
    let row = &seen.facts.license;
    let (_, done) = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    Ok((asked.license_after(row.license), done))
}

/// The product that the caller names by its id.
///
/// # Errors
/// When there is none.
pub fn product_named(asked: &Asked<'_>, id: &ID) -> Result<Arc<ProductRow>, Failure> {
    let product: Option<ProductId> = id.parse().ok();
    let found = product.and_then(|product| {
        asked
            .gate
            .projections
            .read(|views| with_scope!(asked.reader, |scope| views.product(scope, product).cloned()))
    });
    found.ok_or_else(|| UserError::not_found("productId").into())
}
