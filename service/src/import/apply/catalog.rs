//! Items of the catalog. What is published never changes: an item that is there already must be the same.

use ledger::product::{Command, ProductRules, PublishOffering, State};
use schemas::catalog::{FeatureKind, OfferingRef, Terms};
use schemas::{Code, ProductId};

use super::{Importer, Intent};
use crate::import::catalog::{
    BundleItem, EditionItem, FeatureItem, FeatureWord, Item, OfferingItem, PlanItem, values,
};
use crate::import::report::{Fault, codes};
use crate::import::target::{Done, Refusal};

impl Importer {
    pub(super) async fn catalog(&self, intent: &Intent<'_>, item: &Item) -> Result<Done, Refusal> {
        if self.taken(intent, None).await? {
            return Ok(Done::Already);
        }
        let product = self.names.product(item.product());
        let state = self.target.state::<ProductRules>(product.into()).await?;
        let command = match item {
            Item::Product(item) => {
                Command::Publish { product, code: item.product.clone(), name: item.name.clone() }
            }
            Item::Feature(item) => define_feature(item)?,
            Item::Edition(item) => publish_edition(&state, item)?,
            Item::Plan(item) => publish_plan(&state, item)?,
            Item::Offering(item) => self.publish_offering(&state, product, item)?,
            Item::Bundle(item) => self.publish_bundle(&state, product, item)?,
            Item::Release(item) => Command::PublishRelease {
                version: item.release.clone(),
                released_at: item.released_at.instant(),
            },
        };
        let meta = self.meta(intent, None);
        self.target.transact::<ProductRules>(product.into(), command, meta).await
    }

    fn publish_offering(
        &self,
        state: &State,
        product: ProductId,
        item: &OfferingItem,
    ) -> Result<Command, Fault> {
        let known = state.offering_by_code(&item.offering);
        next_version("offering", &item.offering, known.map(|known| known.version), item.version)?;
        let named = known.map(|known| known.offering);
        Ok(Command::PublishOffering(PublishOffering {
            offering: named.unwrap_or_else(|| self.names.offering(product, &item.offering)),
            code: item.offering.clone(),
            name: item.name.clone(),
            edition: item.edition.clone(),
            edition_version: Some(item.edition_version),
            plan: item.plan.clone(),
            plan_version: Some(item.plan_version),
            seats: item.seats.0,
            devices: item.devices.0,
            domains: item.domains.0,
            services: item.services.clone(),
        }))
    }

    fn publish_bundle(
        &self,
        state: &State,
        product: ProductId,
        item: &BundleItem,
    ) -> Result<Command, Fault> {
        let known = state.bundle_by_code(&item.bundle);
        next_version("bundle", &item.bundle, known.map(|known| known.version), item.version)?;
        let named = known.map(|known| known.bundle);
        let offerings = item.offerings.iter().map(|word| {
            let known = state.offering_by_code(&word.offering).ok_or_else(|| {
                let message = format!("there is no offering `{}`", word.offering);
                Fault::new(None, codes::UNKNOWN_REFERENCE, message)
            })?;
            Ok(OfferingRef { offering: known.offering, version: word.version })
        });
        Ok(Command::PublishBundle {
            bundle: named.unwrap_or_else(|| self.names.bundle(product, &item.bundle)),
            code: item.bundle.clone(),
            name: item.name.clone(),
            offerings: offerings.collect::<Result<_, Fault>>()?,
            self_service: item.self_service,
        })
    }
}

fn define_feature(item: &FeatureItem) -> Result<Command, Fault> {
    let bad = |message: &str| Err(Fault::new(None, codes::BAD_VALUE, message));
    let kind = match (item.kind, item.values.is_empty(), &item.unit) {
        (FeatureWord::Boolean, true, None) => FeatureKind::Boolean,
        (FeatureWord::Config, true, None) => FeatureKind::Config,
        (FeatureWord::Enum, false, None) => FeatureKind::Enum { values: item.values.clone() },
        (FeatureWord::Metered, true, Some(unit)) => FeatureKind::Metered { unit: unit.clone() },
        (FeatureWord::Enum, _, _) => return bad("an enum feature has `values` and no `unit`"),
        (FeatureWord::Metered, _, _) => {
            return bad("a metered feature has a `unit` and no `values`");
        }
        (FeatureWord::Boolean | FeatureWord::Config, _, _) => {
            return bad("only an enum feature has `values`, only a metered one a `unit`");
        }
    };
    Ok(Command::DefineFeature {
        feature: item.feature.clone(),
        name: item.name.clone(),
        module: item.module.clone(),
        kind,
    })
}

fn publish_edition(state: &State, item: &EditionItem) -> Result<Command, Fault> {
    let newest = state.edition(&item.edition).map(|known| known.version);
    next_version("edition", &item.edition, newest, item.version)?;
    let kind_of = |feature: &_| state.features.get(feature).map(|feature| &feature.kind);
    let values = values(&item.values, kind_of)
        .map_err(|message| Fault::new(None, codes::BAD_VALUE, message))?;
    Ok(Command::PublishEdition {
        edition: item.edition.clone(),
        name: item.name.clone(),
        values,
        all_features: item.all_features,
    })
}

fn publish_plan(state: &State, item: &PlanItem) -> Result<Command, Fault> {
    let newest = state.plan(&item.plan).map(|known| known.version);
    next_version("plan", &item.plan, newest, item.version)?;
    Ok(Command::PublishPlan {
        plan: item.plan.clone(),
        name: item.name.clone(),
        terms: Terms {
            plan_kind: item.plan_kind,
            term: item.term.map(|term| term.0),
            starts: item.starts,
            renewal_basis: item.renewal_basis,
            grace: item.grace.map(|grace| grace.0),
            maintenance: item.maintenance.map(|maintenance| maintenance.0),
        },
    })
}

/// Versions are published one after another. The newest may be given again: the rules see whether it is the same.
fn next_version(what: &str, code: &Code, newest: Option<u32>, given: u32) -> Result<(), Fault> {
    let newest = newest.unwrap_or(0);
    if given == newest || given == newest.saturating_add(1) {
        return Ok(());
    }
    let message = format!(
        "version {given} of {what} `{code}` does not follow version {newest}, the newest there is"
    );
    Err(Fault::new(None, codes::CONFLICT, message))
}
