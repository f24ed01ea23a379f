//! A product: one row for each rejection, versions, and looking things up.

use std::collections::{BTreeMap, BTreeSet};

use ledger::product::{Command, ProductRules, PublishOffering, ResolveError};
use schemas::catalog::{
    Allowance, BundleRef, FeatureKind, FeatureValue, OfferingRef, SourceRef, Terms,
};
use schemas::{OfferingId, Period, ProductId, Quantity};

use crate::fixture::*;

fn publish(number: u128, name: &str) -> Command {
    Command::Publish {
        product: ProductId::new(uuid(number)),
        code: code("orbit"),
        name: name.to_owned(),
    }
}

fn bundle_of(number: u128, name: &str, offerings: &[(OfferingId, u32)]) -> Command {
    let offerings = offerings.iter();
    Command::PublishBundle {
        bundle: bundle_id(number),
        code: code(name),
        name: name.to_owned(),
        offerings: offerings
            .map(|(offering, version)| OfferingRef { offering: *offering, version: *version })
            .collect(),
        self_service: false,
    }
}

fn release(version: &str, date: &str) -> Command {
    Command::PublishRelease { version: version.to_owned(), released_at: at(date) }
}

#[test]
fn each_refusal_has_its_reason() {
    let starter = offering(STARTER, "starter", Quantity::Limited(5));
    let offer = |offering: PublishOffering| Command::PublishOffering(offering);
    let no_period = Allowance { amount: Quantity::ZERO, reset: Some(Period::days(0)) };
    let on = FeatureValue::Enabled(true);
    let enum_of = |values: &[&str]| FeatureKind::Enum {
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let rows: Vec<(Command, &str)> = vec![
        (publish(1, "Other"), "ALREADY_PUBLISHED"),
        (plan("yearly", Terms { term: Some(Period::days(0)), ..yearly() }), "EMPTY_PERIOD"),
        (plan("yearly", Terms { grace: Some(Period::days(0)), ..yearly() }), "EMPTY_PERIOD"),
        (plan("yearly", Terms { maintenance: Some(Period::days(0)), ..yearly() }), "EMPTY_PERIOD"),
        (
            edition("new", &[("api_calls", FeatureValue::Allowance(no_period))], false),
            "EMPTY_PERIOD",
        ),
        (feature("unnamed", FeatureKind::Boolean).named(""), "NAME_NOT_ALLOWED"),
        (feature("core", FeatureKind::Config), "FEATURE_ALREADY_DEFINED"),
        (feature("sizes", enum_of(&[])), "ENUM_VALUES"),
        (feature("sizes", enum_of(&["s", "s"])), "ENUM_VALUES"),
        (edition("new", &[("teleport", on.clone())], false), "FEATURE_NOT_FOUND"),
        (edition("new", &[("api_calls", on.clone())], false), "VALUE_NOT_ALLOWED"),
        (
            edition("new", &[("reports", FeatureValue::Choice("huge".into()))], false),
            "VALUE_NOT_ALLOWED",
        ),
        (edition("new", &[("core", FeatureValue::Config("x".into()))], false), "VALUE_NOT_ALLOWED"),
        (offer(PublishOffering { edition: code("nope"), ..starter.clone() }), "EDITION_NOT_FOUND"),
        (
            offer(PublishOffering { edition_version: Some(9), ..starter.clone() }),
            "EDITION_NOT_FOUND",
        ),
        (offer(PublishOffering { plan: code("nope"), ..starter.clone() }), "PLAN_NOT_FOUND"),
        (offer(PublishOffering { code: code("new"), ..starter.clone() }), "CODE_FIXED"),
        (offer(PublishOffering { offering: offering_id(99), ..starter.clone() }), "CODE_TAKEN"),
        (bundle_of(99, "growth", &[(offering_id(STARTER), 1)]), "CODE_TAKEN"),
        (bundle_of(STARTER, "other", &[(offering_id(STARTER), 1)]), "CODE_FIXED"),
        (bundle_of(99, "empty", &[]), "BUNDLE_OFFERINGS"),
        (
            bundle_of(99, "twice", &[(offering_id(STARTER), 1), (offering_id(STARTER), 1)]),
            "BUNDLE_OFFERINGS",
        ),
        (bundle_of(99, "ghost", &[(offering_id(STARTER), 7)]), "OFFERING_NOT_FOUND"),
        (
            bundle_of(99, "mixed", &[(offering_id(STARTER), 1), (offering_id(50), 1)]),
            "TERMS_DIFFER",
        ),
        (release("2.3.0", "2026-04-01"), "RELEASE_ALREADY_PUBLISHED"),
    ];
    let mut seen = BTreeSet::new();
    for (command, expected) in rows {
        let mut story = with_a_monthly_offering();
        let before = story.state.clone();
        assert_eq!(outcome(&story.ask(t0(), &command)), Err(expected), "{command:?}");
        assert_eq!(story.state, before);
        seen.insert(expected);
    }
    let mut story = orbit();
    let early = at("2025-12-31");
    let new = feature("new", FeatureKind::Boolean);
    assert_eq!(outcome(&story.ask_backdated(t0(), early, &new)), Err("EFFECTIVE_OUT_OF_ORDER"));
    assert_eq!(outcome(&story.ask_backdated(early, t0(), &new)), Err("EFFECTIVE_IN_FUTURE"));
    let mut nothing = Story::<ProductRules>::default();
    assert_eq!(outcome(&nothing.ask(t0(), &new)), Err("NOT_FOUND"));
    assert_eq!(seen.len() + 3, 18, "every rejection has a row");
}

trait Named {
    fn named(self, name: &str) -> Self;
}

impl Named for Command {
    fn named(self, called: &str) -> Self {
        let Self::DefineFeature { feature, module, kind, .. } = self else { panic!("a feature") };
        Self::DefineFeature { feature, name: called.to_owned(), module, kind }
    }
}

/// `orbit` with offering 50, which runs on other terms.
fn with_a_monthly_offering() -> Story<ProductRules> {
    let mut story = orbit();
    story.must(t0(), &plan("monthly", Terms { term: Some(Period::months(1)), ..yearly() }));
    let monthly = offering(STARTER, "starter", Quantity::Limited(5));
    let monthly = PublishOffering {
        offering: offering_id(50),
        code: code("off-monthly"),
        plan: code("monthly"),
        ..monthly
    };
    story.must(t0(), &Command::PublishOffering(monthly));
    story
}

#[test]
fn publishing_again_changes_nothing_and_a_change_is_the_next_version() {
    let mut story = orbit();
    let before = story.state.clone();
    for command in orbit_commands() {
        assert_eq!(story.must(t0(), &command), vec![], "{command:?}");
    }
    assert_eq!(story.state, before);
    story.must(t0(), &edition("starter", &[("core", FeatureValue::Enabled(true))], false));
    assert_eq!(story.state.edition(&code("starter")).unwrap().version, 2);
    assert_eq!(story.state.editions[&code("starter")][&1].values.len(), 3, "version 1 stays");
    let newest = offering(STARTER, "starter", Quantity::Limited(5));
    story.must(t0(), &Command::PublishOffering(newest.clone()));
    let offering = story.state.offering(offering_id(STARTER)).unwrap();
    assert_eq!((offering.version, offering.edition_version), (2, 2));
    let pinned = PublishOffering { edition_version: Some(1), ..newest };
    story.must(t0(), &Command::PublishOffering(pinned));
    let offering = story.state.offering(offering_id(STARTER)).unwrap();
    assert_eq!((offering.version, offering.edition_version), (3, 1));
}

#[test]
fn sources_are_found_by_code_and_resolved() {
    let product = orbit().state;
    let starter = product.source_by_code(&code("starter")).unwrap();
    assert_eq!(starter, SourceRef::Bundle(bundle_ref(STARTER)));
    let single = product.source_by_code(&code("off-starter")).unwrap();
    let version_1 = OfferingRef { offering: offering_id(STARTER), version: 1 };
    assert_eq!(single, SourceRef::Offering(version_1));
    assert_eq!(product.source_by_code(&code("nope")), None);
    let resolved = product.resolve(starter).unwrap();
    assert_eq!(resolved, product.resolve(single).unwrap(), "the bundle has this one offering");
    assert_eq!((resolved.product, resolved.terms), (product_id(), yearly()));
    let no_bundle = BundleRef { bundle: bundle_id(STARTER), version: 2 };
    let refused = product.resolve(SourceRef::Bundle(no_bundle));
    assert_eq!(refused, Err(ResolveError::NoBundle(no_bundle)));
    let no_offering = OfferingRef { version: 2, ..version_1 };
    let refused = product.resolve(SourceRef::Offering(no_offering));
    assert_eq!(refused, Err(ResolveError::NoOffering(no_offering)));
    let nothing = ledger::product::State::default();
    assert_eq!(nothing.resolve(single), Err(ResolveError::NoProduct));
}

#[test]
fn features_are_grouped_by_module() {
    let mut story = orbit();
    let Command::DefineFeature { feature, name, kind, .. } = feature("loose", FeatureKind::Boolean)
    else {
        panic!("a feature")
    };
    story.must(t0(), &Command::DefineFeature { feature, name, module: None, kind });
    let modules = story.state.features_by_module();
    let counts: BTreeMap<_, _> =
        modules.iter().map(|(module, features)| (*module, features.len())).collect();
    assert_eq!(counts, BTreeMap::from([(None, 1), (Some("base"), 5)]));
}
