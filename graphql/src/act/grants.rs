//! What a license is given: switch it to another offering, add and remove bundles.

use async_graphql::{Context, Enum, ID, InputObject};
use ledger::authority::Action;
use ledger::license::{ApplyBundle, Command, SwitchOffering};
use projections::views::catalog::ProductRow;
use schemas::BundleId;
use schemas::catalog::{BundleRef, OfferingRef, SourceRef};
use schemas::license::UsageOnSwitch as UsageFact;

use super::license::on_license;
use super::{Acted, Asked, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::gate::Reader;
use crate::types::license::License;

/// What becomes of the usage of the current period when a license is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::license::UsageOnSwitch")]
pub enum UsageOnSwitch {
    /// What was used counts against the new allowance.
    Carry,
    /// Counting starts anew at the switch.
    Restart,
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

/// Switches a license to another offering or bundle.
///
/// # Errors
/// When it is refused, or fails.
pub async fn change_offering(
    ctx: &Context<'_>,
    input: LicenseChangeOfferingInput,
) -> Acted<License> {
    let operation = "licenseChangeOffering";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let seen = asked.seen(&input.license_id).await?;
    let command = switch(&seen.facts.product, &input.source, input.usage.into())?;
    on_license(asked, &input.license_id, command).await
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
    let asked =
        Asked::new(ctx, Action::ManageBundles, operation, &input, &input.command_id).await?;
    let seen = asked.seen(&input.license_id).await?;
    let command = application(&seen.facts.product, &input.bundle, asked.reader)?;
    on_license(asked, &input.license_id, command).await
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
    let asked =
        Asked::new(ctx, Action::ManageBundles, operation, &input, &input.command_id).await?;
    let seen = asked.seen(&input.license_id).await?;
    let bundle = bundle_named(&seen.facts.product, &input.bundle, asked.reader)?;
    let command = Command::RemoveBundle { bundle: bundle.bundle };
    on_license(asked, &input.license_id, command).await
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
                SourceRef::Offering(OfferingRef { offering, version })
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
