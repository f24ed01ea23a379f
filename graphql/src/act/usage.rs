//! Metered features: grant units, record usage.

use async_graphql::{Context, ID, InputObject, SimpleObject};
use ledger::authority::Action;
use ledger::calendar::Window;
use ledger::entitlements::{Metering, metering};
use ledger::evaluate::Request;
use ledger::meter::{Command, MeterRules, Metered};
use schemas::{FeatureKey, Quantity, StreamName};

use super::{Acted, Allowed, Asked, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::identity;
use crate::read::Seen;
use crate::scalars::{BigInt, DateTime};
use crate::types::entitlement::Entitlement;
use crate::types::license::License;

/// Grant units of a metered feature beside the allowance.
#[derive(Debug, Clone, InputObject)]
pub struct UnitsGrantInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The metered feature.
    pub feature: String,
    /// How many units.
    pub amount: BigInt,
    /// The first instant at which what is left of them is gone; leave it out when they stay.
    pub expires_at: Option<DateTime>,
}

/// Record that units of a metered feature were used.
#[derive(Debug, Clone, InputObject)]
pub struct UsageRecordInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The metered feature.
    pub feature: String,
    /// How many units.
    pub quantity: BigInt,
}

/// A metered feature after its meter moved.
#[derive(Debug, Clone, SimpleObject)]
pub struct MeterReading {
    /// The feature, with usage, limit and what is left; null when the license gives none of it.
    pub entitlement: Option<Entitlement>,
    /// The license.
    pub license: License,
}

payloads! {
    /// What became of `unitsGrant`.
    UnitsGrantPayload {
        /// The feature after it.
        reading: MeterReading
    }
    /// What became of `usageRecord`.
    UsageRecordPayload {
        /// The feature after it.
        reading: MeterReading
    }
}

/// Grants units.
///
/// # Errors
/// When it is refused, or fails.
pub async fn grant(ctx: &Context<'_>, input: UnitsGrantInput) -> Acted<MeterReading> {
    let operation = "unitsGrant";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let (asked, seen, meter) = metered(asked, &input.license_id, &input.feature).await?;
    let expires_at = input.expires_at.map(|DateTime(at)| at);
    let command = Command::GrantUnits { meter: meter.clone(), amount: input.amount.0, expires_at };
    run(&asked, &seen, meter, command).await
}

/// Records usage. What the license does not allow is refused with the evaluator's reason.
///
/// # Errors
/// When it is refused, or fails.
pub async fn record(ctx: &Context<'_>, input: UsageRecordInput) -> Acted<MeterReading> {
    let operation = "usageRecord";
    let asked = Asked::new(ctx, Action::RecordUsage, operation, &input, &input.command_id).await?;
    let (asked, seen, meter) = metered(asked, &input.license_id, &input.feature).await?;
    let request = Request { feature: Some(meter.feature.clone()), ..Request::new(seen.at) };
    let evaluation = seen.facts.evaluate(&request);
    let facts = &seen.facts;
    let allowed = metering(&facts.license.state, &facts.product.state, &meter.feature, seen.at);
    // A retry gets the stored answer, whatever became of the license since: nothing is decided.
    let retried = asked.is_recorded(meter.account).await?;
    if let Some(check) = evaluation.failing().next().filter(|_| !retried) {
        return Err(UserError {
            code: check.code.name().to_owned(),
            message: check.message.clone(),
            field: None,
            advice: check.fix.map_or("", |fix| fix.text()).to_owned(),
            rule: Some(check.rule.to_owned()),
        }
        .into());
    }
    let nothing =
        Metering { allowance: Quantity::ZERO, period: Window { from: seen.at, until: None } };
    let Some(allowed) = allowed.or(retried.then_some(nothing)) else {
        return Err(bad_field("feature", &"the feature is not metered on this license"));
    };
    let command = Command::RecordUsage {
        meter: meter.clone(),
        quantity: input.quantity.0,
        allowance: allowed.allowance,
        period: allowed.period,
    };
    run(&asked, &seen, meter, command).await
}

async fn metered<'a>(
    asked: Asked<'a>,
    license: &ID,
    feature: &str,
) -> Result<(Allowed<'a>, Seen, Metered), Failure> {
    let feature: FeatureKey = feature.parse().map_err(|error| bad_field("feature", &error))?;
    let (asked, seen) = asked.license(license).await?;
    if !seen.facts.product.state.features.contains_key(&feature) {
        return Err(UserError::not_found("feature").into());
    }
    let row = &seen.facts.license;
    let meter = Metered { license: row.license, account: row.account, feature };
    Ok((asked, seen, meter))
}

async fn run(
    asked: &Allowed<'_>,
    seen: &Seen,
    meter: Metered,
    command: Command,
) -> Acted<MeterReading> {
    let row = &seen.facts.license;
    let id = identity::meter_id(asked.keystore(), row.license, &meter.feature);
    let (_, done) =
        asked.run::<MeterRules>(StreamName::from(id), Some(row.account), command).await?;
    let reading = asked.license_after(row.license).map(|license| {
        let facts = &license.seen.facts;
        let rows = facts.entitlements(license.seen.at);
        let row = rows.iter().find(|row| row.feature == meter.feature);
        let entitlement = row.map(|row| Entitlement::new(facts, row));
        MeterReading { entitlement, license }
    });
    Ok((reading, done))
}
