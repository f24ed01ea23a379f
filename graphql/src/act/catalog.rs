//! The catalog: publish products, features, editions, plans, offerings, bundles, releases. What is
//! published never changes: publishing again makes the next version.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject};
use ledger::product::{Command, ProductRules, PublishOffering};
use projections::views::catalog::ProductRow;
use schemas::catalog::{Allowance, FeatureKind, FeatureValue, OfferingRef, Terms as TermsFact};
use schemas::{Code, FeatureKey, ProductId};

use super::license::product_named;
use super::{Acted, Allowed, Asked, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::gate::with_scope;
use crate::identity;
use crate::scalars::{DateTime, Duration};
use crate::types::catalog::{PlanKind, Product, RenewalBasis, TermStart};
use crate::types::value::{FeatureType, QuantityInput};

/// Publish a product.
#[derive(Debug, Clone, InputObject)]
pub struct ProductPublishInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// What the vendor calls it, for programs: `orbit`.
    pub code: String,
    /// Its name for people.
    pub name: String,
}

/// Define a feature of a product. Its type never changes.
#[derive(Debug, Clone, InputObject)]
pub struct FeatureDefineInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The product.
    pub product_id: ID,
    /// Its name for programs: `api_calls`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// The module of the product it belongs to.
    pub module: Option<String>,
    /// What kind of value it has.
    #[graphql(name = "type")]
    pub kind: FeatureType,
    /// The values of an enum feature, least first.
    pub choices: Option<Vec<String>>,
    /// The unit of a metered feature.
    pub unit: Option<String>,
}

/// The value that an edition gives to a feature: the field of its type is set.
#[derive(Debug, Clone, InputObject)]
pub struct EditionValueInput {
    /// The feature.
    pub feature: String,
    /// For a boolean feature.
    pub enabled: Option<bool>,
    /// For a configuration feature.
    pub config: Option<String>,
    /// For an enum feature.
    pub choice: Option<String>,
    /// For a metered feature: units for each period.
    pub allowance: Option<QuantityInput>,
    /// For a metered feature: how long a period is; leave it out when it never resets.
    pub reset_every: Option<Duration>,
}

/// Publish the next version of an edition.
#[derive(Debug, Clone, InputObject)]
pub struct EditionPublishInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The product.
    pub product_id: ID,
    /// What the vendor calls it.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// The values it gives.
    #[graphql(default)]
    pub values: Vec<EditionValueInput>,
    /// Whether it gives every feature of the product, also those that are added later.
    #[graphql(default)]
    pub all_features: bool,
}

/// Publish the next version of a plan.
#[derive(Debug, Clone, InputObject)]
pub struct PlanPublishInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The product.
    pub product_id: ID,
    /// What the vendor calls it.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What kind of business it is.
    pub plan_kind: PlanKind,
    /// The length of a term; leave it out when perpetual.
    pub term: Option<Duration>,
    /// What starts the first term; else the issue.
    pub starts: Option<TermStart>,
    /// Where the next term counts from when it is renewed; else from the end of the term before.
    pub renewal_basis: Option<RenewalBasis>,
    /// How long use goes on after the term's end.
    pub grace: Option<Duration>,
    /// How long after the term's start newer releases are included; leave it out for as long as the
    /// term.
    pub maintenance: Option<Duration>,
}

/// Something that is given beside software.
#[derive(Debug, Clone, InputObject)]
pub struct ServiceInput {
    /// What it is, such as `support_tier`.
    pub key: String,
    /// Its value, such as `dedicated`.
    pub value: String,
}

/// Publish the next version of an offering: an edition on a plan.
#[derive(Debug, Clone, InputObject)]
pub struct OfferingPublishInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The product.
    pub product_id: ID,
    /// Its SKU.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// The edition it gives, in its newest version.
    pub edition: String,
    /// The plan it runs on, in its newest version.
    pub plan: String,
    /// Named seats.
    pub seats: QuantityInput,
    /// Devices that may be active at a time; else none.
    pub devices: Option<QuantityInput>,
    /// Domains that may be active at a time; else none.
    pub domains: Option<QuantityInput>,
    /// What is given beside software.
    #[graphql(default)]
    pub services: Vec<ServiceInput>,
}

/// Publish the next version of a bundle: several offerings granted as one.
#[derive(Debug, Clone, InputObject)]
pub struct BundlePublishInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The product.
    pub product_id: ID,
    /// What the vendor calls it.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// The codes of the offerings in it, the base first, in their newest versions.
    pub offerings: Vec<String>,
    /// Whether a customer's admin may add it to a license without asking.
    #[graphql(default)]
    pub self_service: bool,
}

/// Publish a release of the software.
#[derive(Debug, Clone, InputObject)]
pub struct ReleasePublishInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The product.
    pub product_id: ID,
    /// Its version, such as `2.4.0`.
    pub version: String,
    /// When it came out; else now.
    pub released_at: Option<DateTime>,
}

payloads! {
    /// What became of `productPublish`.
    ProductPublishPayload {
        /// The product after it.
        product: Product
    }
    /// What became of `featureDefine`.
    FeatureDefinePayload {
        /// The product after it.
        product: Product
    }
    /// What became of `editionPublish`.
    EditionPublishPayload {
        /// The product after it.
        product: Product
    }
    /// What became of `planPublish`.
    PlanPublishPayload {
        /// The product after it.
        product: Product
    }
    /// What became of `offeringPublish`.
    OfferingPublishPayload {
        /// The product after it.
        product: Product
    }
    /// What became of `bundlePublish`.
    BundlePublishPayload {
        /// The product after it.
        product: Product
    }
    /// What became of `releasePublish`.
    ReleasePublishPayload {
        /// The product after it.
        product: Product
    }
}

/// Publishes a product.
///
/// # Errors
/// When it is refused, or fails.
pub async fn publish_product(ctx: &Context<'_>, input: ProductPublishInput) -> Acted<Product> {
    let asked = Asked::operator(ctx, "productPublish", &input, &input.command_id).await?;
    let code = code("code", &input.code)?;
    let product = identity::product_id(asked.keystore(), &code);
    run(&asked, product, Command::Publish { product, code, name: input.name }).await
}

/// Defines a feature.
///
/// # Errors
/// When it is refused, or fails.
pub async fn define_feature(ctx: &Context<'_>, input: FeatureDefineInput) -> Acted<Product> {
    let asked = Asked::operator(ctx, "featureDefine", &input, &input.command_id).await?;
    let product = product_named(&asked, &input.product_id)?;
    let kind = match (input.kind, input.choices, input.unit) {
        (FeatureType::Boolean, None, None) => FeatureKind::Boolean,
        (FeatureType::Config, None, None) => FeatureKind::Config,
        (FeatureType::Enum, Some(values), None) => FeatureKind::Enum { values },
        (FeatureType::Metered, None, Some(unit)) => FeatureKind::Metered { unit },
        (FeatureType::Enum, _, _) => {
            return Err(bad_field("choices", &"an enum feature has choices and no unit"));
        }
        (FeatureType::Metered, _, _) => {
            return Err(bad_field("unit", &"a metered feature has a unit and no choices"));
        }
        (FeatureType::Boolean | FeatureType::Config, _, _) => {
            return Err(bad_field(
                "type",
                &"only enum and metered features have choices or a unit",
            ));
        }
    };
    let feature = feature("key", &input.key)?;
    let command = Command::DefineFeature { feature, name: input.name, module: input.module, kind };
    run(&asked, product.product, command).await
}

/// Publishes an edition.
///
/// # Errors
/// When it is refused, or fails.
pub async fn publish_edition(ctx: &Context<'_>, input: EditionPublishInput) -> Acted<Product> {
    let asked = Asked::operator(ctx, "editionPublish", &input, &input.command_id).await?;
    let product = product_named(&asked, &input.product_id)?;
    let mut values = BTreeMap::new();
    for given in &input.values {
        values.insert(feature("values", &given.feature)?, value(given)?);
    }
    let command = Command::PublishEdition {
        edition: code("code", &input.code)?,
        name: input.name,
        values,
        all_features: input.all_features,
    };
    run(&asked, product.product, command).await
}

fn value(given: &EditionValueInput) -> Result<FeatureValue, Failure> {
    match (given.enabled, &given.config, &given.choice, &given.allowance) {
        (Some(enabled), None, None, None) => Ok(FeatureValue::Enabled(enabled)),
        (None, Some(text), None, None) => Ok(FeatureValue::Config(text.clone())),
        (None, None, Some(choice), None) => Ok(FeatureValue::Choice(choice.clone())),
        (None, None, None, Some(amount)) => Ok(FeatureValue::Allowance(Allowance {
            amount: amount.quantity("values")?,
            reset: given.reset_every.map(|Duration(period)| period),
        })),
        _ => Err(bad_field("values", &format!("give `{}` exactly one value", given.feature))),
    }
}

/// Publishes a plan.
///
/// # Errors
/// When it is refused, or fails.
pub async fn publish_plan(ctx: &Context<'_>, input: PlanPublishInput) -> Acted<Product> {
    let asked = Asked::operator(ctx, "planPublish", &input, &input.command_id).await?;
    let product = product_named(&asked, &input.product_id)?;
    let period = |length: Option<Duration>| length.map(|Duration(period)| period);
    let terms = TermsFact {
        plan_kind: input.plan_kind.into(),
        term: period(input.term),
        starts: input.starts.unwrap_or(TermStart::Issue).into(),
        renewal_basis: input.renewal_basis.unwrap_or(RenewalBasis::FromExpiry).into(),
        grace: period(input.grace),
        maintenance: period(input.maintenance),
    };
    let plan = code("code", &input.code)?;
    run(&asked, product.product, Command::PublishPlan { plan, name: input.name, terms }).await
}

/// Publishes an offering.
///
/// # Errors
/// When it is refused, or fails.
pub async fn publish_offering(ctx: &Context<'_>, input: OfferingPublishInput) -> Acted<Product> {
    let operation = "offeringPublish";
    let asked = Asked::operator(ctx, operation, &input, &input.command_id).await?;
    let product = product_named(&asked, &input.product_id)?.product;
    let code = self::code("code", &input.code)?;
    let bound = |given: &Option<QuantityInput>, field: &str| match given {
        None => Ok(schemas::Quantity::ZERO),
        Some(given) => given.quantity(field),
    };
    let command = Command::PublishOffering(PublishOffering {
        offering: identity::offering_id(asked.keystore(), product, &code),
        code,
        name: input.name,
        edition: self::code("edition", &input.edition)?,
        edition_version: None,
        plan: self::code("plan", &input.plan)?,
        plan_version: None,
        seats: input.seats.quantity("seats")?,
        devices: bound(&input.devices, "devices")?,
        domains: bound(&input.domains, "domains")?,
        services: input.services.into_iter().map(|one| (one.key, one.value)).collect(),
    });
    run(&asked, product, command).await
}

/// Publishes a bundle.
///
/// # Errors
/// When it is refused, or fails.
pub async fn publish_bundle(ctx: &Context<'_>, input: BundlePublishInput) -> Acted<Product> {
    let asked = Asked::operator(ctx, "bundlePublish", &input, &input.command_id).await?;
    let product = product_named(&asked, &input.product_id)?;
    let code = self::code("code", &input.code)?;
    let offerings: Result<Vec<_>, _> =
        input.offerings.iter().map(|named| offering(&product, named)).collect();
    let command = Command::PublishBundle {
        bundle: identity::bundle_id(asked.keystore(), product.product, &code),
        code,
        name: input.name,
        offerings: offerings?,
        self_service: input.self_service,
    };
    run(&asked, product.product, command).await
}

fn offering(product: &ProductRow, named: &str) -> Result<OfferingRef, Failure> {
    let code = code("offerings", named)?;
    let found = product.state.offering_by_code(&code);
    let found = found.ok_or_else(|| UserError::not_found("offerings"))?;
    Ok(OfferingRef { offering: found.offering, version: found.version })
}

/// Publishes a release.
///
/// # Errors
/// When it is refused, or fails.
pub async fn publish_release(ctx: &Context<'_>, input: ReleasePublishInput) -> Acted<Product> {
    let asked = Asked::operator(ctx, "releasePublish", &input, &input.command_id).await?;
    let product = product_named(&asked, &input.product_id)?;
    let released_at = input.released_at.map_or_else(|| asked.gate.now(), |DateTime(at)| at);
    let command = Command::PublishRelease { version: input.version, released_at };
    run(&asked, product.product, command).await
}

async fn run(asked: &Allowed<'_>, product: ProductId, command: Command) -> Acted<Product> {
    let (_, done) = asked.run::<ProductRules>(product, None, command).await?;
    let row = asked
        .gate
        .projections
        .read(|views| with_scope!(asked.reader, |scope| views.product(scope, product).cloned()));
    Ok((row.and_then(|row| Product::new(&row.state)), done))
}

fn code(field: &str, given: &str) -> Result<Code, Failure> {
    given.parse().map_err(|error| bad_field(field, &error))
}

fn feature(field: &str, given: &str) -> Result<FeatureKey, Failure> {
    given.parse().map_err(|error| bad_field(field, &error))
}
