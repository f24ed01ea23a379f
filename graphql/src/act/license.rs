//! Licenses: issue, renew, block, revoke, switch, add and remove bundles.

use async_graphql::{Context, Enum, ID, InputObject};
use ledger::license::{
    ApplyBundle, Command, Issue, LicenseRules, Renew, SwitchOffering, Term as TermState,
};
use projections::views::catalog::ProductRow;
use schemas::catalog::{BundleRef, SourceRef};
use schemas::license::UsageOnSwitch as UsageFact;
use schemas::{AccountId, BundleId, LicenseId, ProductId};
use std::sync::Arc;

use super::{Acted, Asked, Right, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::gate::{Reader, with_scope};
use crate::identity;
use crate::scalars::{DateTime, Duration};
use crate::types::catalog::RenewalBasis;
use crate::types::license::{Acquisition, License};
use crate::types::status::BlockerKind;

/// What becomes of the usage of the current period when a license is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::license::UsageOnSwitch")]
pub enum UsageOnSwitch {
    /// What was used counts against the new allowance.
    Carry,
    /// Counting starts anew at the switch.
    Restart,
}

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
    /// The end of the term that is to be renewed, as the caller saw it: with it, renewing twice renews once.
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

/// Switch a license to another offering or bundle of its product.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseChangeOfferingInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// What to switch to: the id or code of an offering or bundle of the product.
    pub source: String,
    /// What becomes of the usage of the current period.
    pub usage: UsageOnSwitch,
}

/// Add a bundle to what a license gives.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseApplyBundleInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The id or code of a bundle of the product.
    pub bundle: String,
}

/// Take a bundle away again, and only what it gave.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseRemoveBundleInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The id or code of a bundle of the product.
    pub bundle: String,
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
    /// What became of `licenseChangeOffering`.
    LicenseChangeOfferingPayload {
        /// The license after it.
        license: License
    }
    /// What became of `licenseApplyBundle`.
    LicenseApplyBundlePayload {
        /// The license after it.
        license: License
    }
    /// What became of `licenseRemoveBundle`.
    LicenseRemoveBundlePayload {
        /// The license after it.
        license: License
    }
}

/// Issues a license.
///
/// # Errors
/// When it is refused, or fails.
pub async fn issue(ctx: &Context<'_>, input: LicenseIssueInput) -> Acted<License> {
    let asked = Asked::new(ctx, Right::Operate, "licenseIssue", &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at);
    let account = account_named(&asked, &input.account_id)?;
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
    let command = Command::Issue(Issue {
        license,
        account,
        product: product.product,
        acquired: input.acquired.map_or(schemas::license::Acquisition::Order, Into::into),
        key_digest: asked.keystore().digest("license_key", key.as_bytes()),
        key,
        external_id: input.external_id,
        source,
        grants: resolved.grants,
        terms: resolved.terms,
        term: input.term.map(|term| TermState {
            from: term.from.0,
            until: term.until.map(|DateTime(until)| until),
        }),
    });
    let (_, done) = asked.run::<LicenseRules>(license, Some(account), command).await?;
    Ok((asked.license_after(license), done))
}

/// Adds a further term.
///
/// # Errors
/// When it is refused, or fails.
pub async fn renew(ctx: &Context<'_>, input: LicenseRenewInput) -> Acted<License> {
    let asked = Asked::new(ctx, Right::Operate, "licenseRenew", &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at);
    let command = Command::Renew(Renew {
        ending: input.ending.map(|DateTime(at)| at),
        period: input.period.map(|Duration(period)| period),
        basis: input.basis.map(Into::into),
    });
    on_license(&asked, &input.license_id, command).await
}

/// Stops a license for a reason.
///
/// # Errors
/// When it is refused, or fails.
pub async fn set_blocker(ctx: &Context<'_>, input: LicenseSetBlockerInput) -> Acted<License> {
    let operation = "licenseSetBlocker";
    let asked = Asked::new(ctx, Right::Operate, operation, &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at);
    let command = Command::SetBlocker { blocker: input.blocker.into(), reason: input.reason };
    on_license(&asked, &input.license_id, command).await
}

/// Clears one reason.
///
/// # Errors
/// When it is refused, or fails.
pub async fn clear_blocker(ctx: &Context<'_>, input: LicenseClearBlockerInput) -> Acted<License> {
    let operation = "licenseClearBlocker";
    let asked = Asked::new(ctx, Right::Operate, operation, &input, &input.command_id).await?;
    let command = Command::ClearBlocker { blocker: input.blocker.into() };
    on_license(&asked, &input.license_id, command).await
}

/// Stops a license for good.
///
/// # Errors
/// When it is refused, or fails.
pub async fn revoke(ctx: &Context<'_>, input: LicenseRevokeInput) -> Acted<License> {
    let asked = Asked::new(ctx, Right::Operate, "licenseRevoke", &input, &input.command_id).await?;
    let asked = asked.effective(input.effective_at);
    let command = Command::Revoke { reason: input.reason };
    on_license(&asked, &input.license_id, command).await
}

/// Switches a license to another offering or bundle.
///
/// # Errors
/// When it is refused, or fails.
pub async fn change_offering(
    ctx: &Context<'_>,
    input: LicenseChangeOfferingInput,
) -> Acted<License> {
    let operation = "licenseChangeOffering";
    let asked = Asked::new(ctx, Right::Operate, operation, &input, &input.command_id).await?;
    let seen = asked.license(&input.license_id)?;
    let command = switch(&seen.facts.product, &input.source, input.usage.into())?;
    on_license(&asked, &input.license_id, command).await
}

/// The command that switches to what the caller names.
///
/// # Errors
/// When the product has no such offering or bundle.
pub fn switch(product: &ProductRow, source: &str, usage: UsageFact) -> Result<Command, Failure> {
    let source = source_named(product, source, "source")?;
    let resolved = product.state.resolve(source).map_err(|error| bad_field("source", &error))?;
    Ok(Command::SwitchOffering(SwitchOffering {
        product: resolved.product,
        source,
        grants: resolved.grants,
        terms: resolved.terms,
        usage,
    }))
}

/// Adds a bundle. A customer adds what the vendor published for self-service only.
///
/// # Errors
/// When it is refused, or fails.
pub async fn apply_bundle(ctx: &Context<'_>, input: LicenseApplyBundleInput) -> Acted<License> {
    let operation = "licenseApplyBundle";
    let asked = Asked::new(ctx, Right::Manage, operation, &input, &input.command_id).await?;
    let seen = asked.license(&input.license_id)?;
    let command = application(&seen.facts.product, &input.bundle, asked.reader)?;
    on_license(&asked, &input.license_id, command).await
}

/// The command that adds the bundle that the caller names.
///
/// # Errors
/// When the product has no such bundle, or the customer may not add it.
pub fn application(product: &ProductRow, bundle: &str, reader: Reader) -> Result<Command, Failure> {
    let bundle = bundle_named(product, bundle, reader)?;
    let resolved = product.state.resolve(SourceRef::Bundle(bundle));
    let resolved = resolved.map_err(|error| bad_field("bundle", &error))?;
    Ok(Command::ApplyBundle(ApplyBundle {
        product: resolved.product,
        bundle,
        grants: resolved.grants,
    }))
}

/// Takes a bundle away again.
///
/// # Errors
/// When it is refused, or fails.
pub async fn remove_bundle(ctx: &Context<'_>, input: LicenseRemoveBundleInput) -> Acted<License> {
    let operation = "licenseRemoveBundle";
    let asked = Asked::new(ctx, Right::Manage, operation, &input, &input.command_id).await?;
    let seen = asked.license(&input.license_id)?;
    let bundle = bundle_named(&seen.facts.product, &input.bundle, asked.reader)?;
    let command = Command::RemoveBundle { bundle: bundle.bundle };
    on_license(&asked, &input.license_id, command).await
}

async fn on_license(asked: &Asked<'_>, license: &ID, command: Command) -> Acted<License> {
    let seen = asked.license(license)?;
    let row = &seen.facts.license;
    let (_, done) = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    Ok((asked.license_after(row.license), done))
}

fn account_named(asked: &Asked<'_>, id: &ID) -> Result<AccountId, Failure> {
    let account: Option<AccountId> = id.parse().ok();
    let found = account.filter(|account| {
        asked.gate.projections.read(|views| {
            with_scope!(asked.reader, |scope| views.account(scope, *account).is_some())
        })
    });
    found.ok_or_else(|| UserError::not_found("accountId").into())
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

/// The newest version of the offering or bundle that the caller names by id or code.
///
/// # Errors
/// When the product has none.
pub fn source_named(product: &ProductRow, named: &str, field: &str) -> Result<SourceRef, Failure> {
    let state = &product.state;
    let by_bundle = named.parse::<BundleId>().ok().and_then(|id| state.bundle(id));
    let by_offering = named.parse().ok().and_then(|id| state.offering(id));
    let by_code = named.parse().ok().and_then(|code| state.source_by_code(&code));
    let found = by_bundle
        .map(|one| SourceRef::Bundle(BundleRef { bundle: one.bundle, version: one.version }))
        .or_else(|| {
            by_offering.map(|one| {
                let (offering, version) = (one.offering, one.version);
                SourceRef::Offering(schemas::catalog::OfferingRef { offering, version })
            })
        })
        .or(by_code);
    found.ok_or_else(|| UserError::not_found(field).into())
}

fn bundle_named(product: &ProductRow, named: &str, reader: Reader) -> Result<BundleRef, Failure> {
    let state = &product.state;
    let by_id = named.parse::<BundleId>().ok().and_then(|id| state.bundle(id));
    let by_code = named.parse().ok().and_then(|code| state.bundle_by_code(&code));
    let found = by_id.or(by_code).ok_or_else(|| UserError::not_found("bundle"))?;
    match reader {
        Reader::Tenant(_) if !found.self_service => Err(UserError {
            rule: Some("policy.self_service_bundles".to_owned()),
            ..UserError::about(
                "NOT_SELF_SERVICE",
                "bundle",
                "the vendor did not publish this bundle for self-service",
                "ask the vendor to add it",
            )
        }
        .into()),
        Reader::Tenant(_) | Reader::Vendor(_) => {
            Ok(BundleRef { bundle: found.bundle, version: found.version })
        }
    }
}
