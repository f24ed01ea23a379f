//! How a product is published: a version is the last one plus 1, and the same content again is no
//! new version.

use std::collections::{BTreeMap, BTreeSet};

use schemas::catalog::{FeatureKind, FeatureValue, OfferingRef, Terms};
use schemas::product::{
    BundlePublished, EditionPublished, FeatureDefined, OfferingPublished, PlanPublished,
    ProductEvent, ProductPublished, ReleasePublished,
};
use schemas::{BundleId, Code, FeatureKey, Period, ProductId, Timestamp};

use super::{Command, Decided, PublishOffering, Rejection, State};
use crate::decider::{self, Context, Decision};

/// The most characters of a name for people: it must fit a line of a table.
pub const NAME_CHARACTERS_MAX: usize = 200;

const RULE: &str = "product.versions_are_immutable";

pub(super) fn decide(state: &State, command: &Command, context: &Context) -> Decided {
    if context.effective_at > context.now {
        return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
    }
    if let Command::Publish { product, code, name } = command {
        return publish(state, *product, code, name);
    }
    if state.published.is_none() {
        return Err(Rejection::NotFound);
    }
    let Some(event) = asked(state, command)? else {
        return Ok(Decision::already_so(RULE));
    };
    if let Some(earliest) = decider::out_of_order(context, state.effective_last) {
        let effective_at = context.effective_at;
        return Err(Rejection::EffectiveOutOfOrder { effective_at, earliest });
    }
    sound(state, &event)?;
    Ok(Decision::record(RULE, [event]))
}

fn publish(state: &State, product: ProductId, code: &Code, name: &str) -> Decided {
    const RULE: &str = "product.published_once";
    if let Some(published) = &state.published {
        let known = (published.product, &published.code, published.name.as_str());
        return if known == (product, code, name) {
            Ok(Decision::already_so(RULE))
        } else {
            Err(Rejection::AlreadyPublished)
        };
    }
    check_name(name)?;
    let published = ProductPublished { product, code: code.clone(), name: name.to_owned() };
    Ok(Decision::record(RULE, [published.into()]))
}

/// The fact that was asked for; `None`: it is already so.
fn asked(state: &State, command: &Command) -> Result<Option<ProductEvent>, Rejection> {
    let event = match command {
        // Already handled: publishing the product itself needs no product.
        Command::Publish { .. } => None,
        Command::DefineFeature { feature, name, module, kind } => {
            let (name, module) = (name.clone(), module.clone());
            let fact =
                FeatureDefined { feature: feature.clone(), name, module, kind: kind.clone() };
            let same = state.features.get(feature).is_some_and(|known| {
                (&known.name, &known.module, &known.kind) == (&fact.name, &fact.module, &fact.kind)
            });
            (!same).then(|| fact.into())
        }
        Command::PublishEdition { edition, name, values, all_features } => {
            edition_version(state, edition, name, values, *all_features)
        }
        Command::PublishPlan { plan, name, terms } => plan_version(state, plan, name, *terms),
        Command::PublishOffering(offering) => offering_version(state, offering)?,
        Command::PublishBundle { bundle, code, name, offerings, self_service } => {
            bundle_version(state, *bundle, code, name, offerings, *self_service)
        }
        Command::PublishRelease { version, released_at } => {
            let fact = ReleasePublished { version: version.clone(), released_at: *released_at };
            (state.released_at(version) != Some(*released_at)).then(|| fact.into())
        }
    };
    Ok(event)
}

/// The next version of something, unless the newest one already says the same.
fn next<T: Clone + PartialEq + Into<ProductEvent>>(
    newest: Option<&T>,
    version_of: impl Fn(&T) -> u32,
    content: impl Fn(u32) -> T,
) -> Option<ProductEvent> {
    match newest {
        None => Some(content(1).into()),
        Some(newest) if content(version_of(newest)) == *newest => None,
        Some(newest) => Some(content(version_of(newest).saturating_add(1)).into()),
    }
}

fn edition_version(
    state: &State,
    edition: &Code,
    name: &str,
    values: &BTreeMap<FeatureKey, FeatureValue>,
    all_features: bool,
) -> Option<ProductEvent> {
    next(
        state.edition(edition),
        |known| known.version,
        |version| EditionPublished {
            edition: edition.clone(),
            version,
            name: name.to_owned(),
            values: values.clone(),
            all_features,
        },
    )
}

fn plan_version(state: &State, plan: &Code, name: &str, terms: Terms) -> Option<ProductEvent> {
    next(
        state.plan(plan),
        |known| known.version,
        |version| PlanPublished { plan: plan.clone(), version, name: name.to_owned(), terms },
    )
}

fn offering_version(
    state: &State,
    offering: &PublishOffering,
) -> Result<Option<ProductEvent>, Rejection> {
    let edition_version = pick(state.editions.get(&offering.edition), offering.edition_version)
        .ok_or_else(|| Rejection::EditionNotFound {
            edition: offering.edition.clone(),
            version: offering.edition_version,
        })?;
    let plan_version =
        pick(state.plans.get(&offering.plan), offering.plan_version).ok_or_else(|| {
            Rejection::PlanNotFound { plan: offering.plan.clone(), version: offering.plan_version }
        })?;
    let content = |version| OfferingPublished {
        offering: offering.offering,
        code: offering.code.clone(),
        version,
        name: offering.name.clone(),
        edition: offering.edition.clone(),
        edition_version,
        plan: offering.plan.clone(),
        plan_version,
        seats: offering.seats,
        devices: offering.devices,
        domains: offering.domains,
        services: offering.services.clone(),
    };
    Ok(next(state.offering(offering.offering), |known| known.version, content))
}

/// The version that was named if it exists, else the newest.
fn pick<T>(versions: Option<&BTreeMap<u32, T>>, named: Option<u32>) -> Option<u32> {
    let versions = versions?;
    match named {
        Some(version) => versions.contains_key(&version).then_some(version),
        None => versions.last_key_value().map(|(newest, _)| *newest),
    }
}

fn bundle_version(
    state: &State,
    bundle: BundleId,
    code: &Code,
    name: &str,
    offerings: &[OfferingRef],
    self_service: bool,
) -> Option<ProductEvent> {
    next(
        state.bundle(bundle),
        |known| known.version,
        |version| BundlePublished {
            bundle,
            code: code.clone(),
            version,
            name: name.to_owned(),
            offerings: offerings.to_vec(),
            self_service,
        },
    )
}

/// Whether what is to be published refers only to what exists, and fits it.
fn sound(state: &State, event: &ProductEvent) -> Result<(), Rejection> {
    match event {
        ProductEvent::ProductPublished(_) => Ok(()),
        ProductEvent::FeatureDefined(fact) => check_feature(state, fact),
        ProductEvent::EditionPublished(fact) => {
            check_name(&fact.name)?;
            let mut values = fact.values.iter();
            values.try_for_each(|(feature, value)| check_value(state, feature, value))
        }
        ProductEvent::PlanPublished(fact) => {
            check_name(&fact.name)?;
            check_period("term", fact.terms.term)?;
            check_period("grace", fact.terms.grace)?;
            check_period("maintenance", fact.terms.maintenance)
        }
        ProductEvent::OfferingPublished(fact) => {
            check_name(&fact.name)?;
            check_code(
                &fact.code,
                state.offering(fact.offering).map(|known| &known.code),
                state.source_by_code(&fact.code).is_some(),
            )
        }
        ProductEvent::BundlePublished(fact) => {
            check_name(&fact.name)?;
            let known = state.bundle(fact.bundle).map(|known| &known.code);
            check_code(&fact.code, known, state.source_by_code(&fact.code).is_some())?;
            check_bundle(state, &fact.offerings)
        }
        ProductEvent::ReleasePublished(fact) => check_release(state, fact),
    }
}

fn check_name(name: &str) -> Result<(), Rejection> {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
        return Err(Rejection::Name { characters_max: NAME_CHARACTERS_MAX });
    }
    Ok(())
}

fn check_feature(state: &State, fact: &FeatureDefined) -> Result<(), Rejection> {
    check_name(&fact.name)?;
    if state.features.contains_key(&fact.feature) {
        return Err(Rejection::FeatureAlreadyDefined { feature: fact.feature.clone() });
    }
    match &fact.kind {
        FeatureKind::Enum { values } => {
            let distinct: BTreeSet<&String> = values.iter().collect();
            let sound = !values.is_empty() && distinct.len() == values.len();
            if sound { Ok(()) } else { Err(Rejection::EnumValues) }
        }
        FeatureKind::Boolean | FeatureKind::Config | FeatureKind::Metered { .. } => Ok(()),
    }
}

fn check_value(state: &State, feature: &FeatureKey, value: &FeatureValue) -> Result<(), Rejection> {
    let missing = || Rejection::FeatureNotFound { feature: feature.clone() };
    let kind = &state.features.get(feature).ok_or_else(missing)?.kind;
    let matches = match (kind, value) {
        (FeatureKind::Boolean, FeatureValue::Enabled(_))
        | (FeatureKind::Config, FeatureValue::Config(_)) => true,
        (FeatureKind::Enum { values }, FeatureValue::Choice(choice)) => values.contains(choice),
        (FeatureKind::Metered { .. }, FeatureValue::Allowance(allowance)) => {
            check_period("allowance period", allowance.reset)?;
            true
        }
        (
            FeatureKind::Boolean
            | FeatureKind::Config
            | FeatureKind::Enum { .. }
            | FeatureKind::Metered { .. },
            _,
        ) => false,
    };
    if matches {
        return Ok(());
    }
    Err(Rejection::ValueNotAllowed { feature: feature.clone(), kind: kind.clone() })
}

fn check_period(what: &'static str, period: Option<Period>) -> Result<(), Rejection> {
    match period {
        Some(Period { count: 0, .. }) => Err(Rejection::EmptyPeriod { what }),
        Some(_) | None => Ok(()),
    }
}

/// A code is given once and stays: people order by it.
fn check_code(code: &Code, known: Option<&Code>, taken: bool) -> Result<(), Rejection> {
    match known {
        Some(known) if known == code => Ok(()),
        Some(known) => Err(Rejection::CodeFixed { code: known.clone() }),
        None if taken => Err(Rejection::CodeTaken { code: code.clone() }),
        None => Ok(()),
    }
}

/// INVARIANT (one bundle, one clock): all offerings of a bundle run on equal terms, as a license
/// has one term.
fn check_bundle(state: &State, offerings: &[OfferingRef]) -> Result<(), Rejection> {
    let distinct: BTreeSet<_> = offerings.iter().map(|offering| offering.offering).collect();
    if offerings.is_empty() || distinct.len() != offerings.len() {
        return Err(Rejection::BundleOfferings);
    }
    let mut first = None;
    for offering in offerings {
        let missing = Rejection::OfferingNotFound { offering: *offering };
        let terms = state.terms_of(*offering).ok_or(missing)?;
        if *first.get_or_insert(terms) != terms {
            return Err(Rejection::TermsDiffer { offering: *offering });
        }
    }
    Ok(())
}

fn check_release(state: &State, fact: &ReleasePublished) -> Result<(), Rejection> {
    check_name(&fact.version)?;
    let known: Option<Timestamp> = state.released_at(&fact.version);
    match known {
        Some(released_at) => {
            let version = fact.version.clone();
            Err(Rejection::ReleaseAlreadyPublished { version, released_at })
        }
        None => Ok(()),
    }
}
