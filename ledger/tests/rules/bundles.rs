//! The three bundles: what each gives, switching between them, adding and taking away.

use std::collections::BTreeMap;

use ledger::entitlements::{self, EntitlementState, SourceKind, entitlements, metering, services};
use ledger::evaluate::{Facts, Request, evaluate};
use ledger::license::{Command, LicenseRules, Term};
use ledger::meter::{self, MeterRules, Metered};
use ledger::product;
use schemas::catalog::{Allowance, FeatureKind, FeatureValue};
use schemas::license::UsageOnSwitch;
use schemas::{FeatureKey, Quantity, Timestamp};

use crate::fixture::*;

fn issued(product: &product::State, number: u128) -> Story<LicenseRules> {
    let term = Some(Term { from: t0(), until: Some(l1_expiry()) });
    let mut story = Story::default();
    story.must(t0(), &Command::Issue(issue(product, number, term)));
    story
}

fn value(
    story: &Story<LicenseRules>,
    product: &product::State,
    name: &str,
) -> Option<FeatureValue> {
    entitlements::granted(&story.state, product, &key(name)).map(|granted| granted.value)
}

fn use_calls(
    license: &Story<LicenseRules>,
    product: &product::State,
    meter: &mut Story<MeterRules>,
    now: Timestamp,
    quantity: u64,
) -> Result<Vec<schemas::meter::MeterEvent>, meter::Rejection> {
    let feature = key("api_calls");
    let counted = metering(&license.state, product, &feature, now).unwrap();
    let (allowance, period) = (counted.allowance, counted.period);
    let meter_of = Metered { license: license_id(), account: account_id(), feature };
    let usage = meter::Command::RecordUsage { meter: meter_of, quantity, allowance, period };
    meter.ask(now, &usage)
}

#[test]
fn each_bundle_gives_what_it_says() {
    let product = orbit().state;
    let starter = issued(&product, STARTER);
    assert_eq!(value(&starter, &product, "core"), Some(FeatureValue::Enabled(true)));
    assert_eq!(value(&starter, &product, "api_calls"), Some(monthly_allowance(10_000)));
    assert_eq!(value(&starter, &product, "advanced_analytics"), None);
    assert_eq!(starter.state.seats_granted(), Quantity::Limited(5));

    let growth = issued(&product, GROWTH);
    assert_eq!(value(&growth, &product, "advanced_analytics"), Some(FeatureValue::Enabled(true)));
    assert_eq!(value(&growth, &product, "api_calls"), Some(monthly_allowance(100_000)));
    assert_eq!(growth.state.seats_granted(), Quantity::Limited(25));

    let enterprise = issued(&product, ENTERPRISE);
    assert_eq!(enterprise.state.seats_granted(), Quantity::Unlimited);
    assert_eq!(services(&enterprise.state), BTreeMap::from([("support_tier", "dedicated")]));
    for name in ["core", "advanced_analytics"] {
        assert_eq!(value(&enterprise, &product, name), Some(FeatureValue::Enabled(true)));
    }
    let full = Some(FeatureValue::Choice("full".to_owned()));
    assert_eq!(value(&enterprise, &product, "reports"), full);
    let unbound = Allowance { amount: Quantity::Unlimited, reset: None };
    assert_eq!(value(&enterprise, &product, "api_calls"), Some(FeatureValue::Allowance(unbound)));
}

#[test]
fn all_features_include_one_that_is_defined_later() {
    let mut product = orbit();
    let enterprise = issued(&product.state, ENTERPRISE);
    let starter = issued(&product.state, STARTER);
    product.must(t0(), &feature("forecasts", FeatureKind::Boolean));
    let meters = BTreeMap::new();
    let request = Request { feature: Some(key("forecasts")), ..Request::new(t0()) };
    let allowed = |license| {
        let facts = Facts { license, product: &product.state, meters: &meters };
        evaluate(&facts, &request).allowed
    };
    assert!(allowed(&enterprise.state));
    assert!(!allowed(&starter.state));
    let granted = entitlements::granted(&enterprise.state, &product.state, &key("forecasts"));
    assert!(granted.unwrap().sources[0].all_features, "and it says so");
}

#[test]
fn a_switch_carries_the_usage_of_the_period_or_restarts_it() {
    let product = orbit().state;
    for (usage, counted) in [(UsageOnSwitch::Carry, 7_300), (UsageOnSwitch::Restart, 0)] {
        let mut license = issued(&product, STARTER);
        let mut meter = Story::<MeterRules>::default();
        for number in 1..=4 {
            license.must(t0(), &assign(number));
        }
        use_calls(&license, &product, &mut meter, at("2026-08-10"), 7_300).unwrap();
        license.must(at("2026-08-15"), &switch_to(&product, GROWTH, usage));
        let seats = entitlements::seats(&license.state);
        assert_eq!((seats.assigned, seats.granted), (4, Quantity::Limited(25)));
        let meters = BTreeMap::from([(key("api_calls"), meter.state)]);
        let facts = Facts { license: &license.state, product: &product, meters: &meters };
        let rows = entitlements(&facts, at("2026-08-16"));
        let calls = rows.iter().find(|row| row.feature == key("api_calls")).unwrap();
        assert_eq!(calls.usage, Some(counted), "{usage:?}");
        assert_eq!(calls.limit, Some(Quantity::Limited(100_000)));
        assert_eq!(calls.remaining, Some(100_000 - counted));
    }
}

#[test]
fn an_added_bundle_adds_up_and_takes_away_only_its_own() {
    let product = orbit().state;
    let mut license = issued(&product, STARTER);
    let before_it = license.state.clone();
    license.must(at("2026-08-02"), &apply(&product, EXTRA_CALLS));
    let granted = entitlements::granted(&license.state, &product, &key("api_calls")).unwrap();
    assert_eq!(granted.value, monthly_allowance(15_000));
    assert_eq!(granted.plan_value, Some(monthly_allowance(10_000)));
    let kinds: Vec<_> = granted.sources.iter().map(|source| source.kind).collect();
    assert_eq!(kinds, [SourceKind::Plan, SourceKind::AddOn]);
    license.must(at("2026-08-03"), &remove(EXTRA_CALLS));
    assert_eq!(license.state.grants, before_it.grants);
    assert_eq!(license.state.bundles, before_it.bundles);
}

#[test]
fn rows_say_what_is_given_where_from_and_until_when() {
    let product = orbit().state;
    let license = l1();
    let meters = BTreeMap::new();
    let facts = Facts { license: &license.state, product: &product, meters: &meters };
    let rows = entitlements(&facts, t0());
    let features: Vec<&FeatureKey> = rows.iter().map(|row| &row.feature).collect();
    assert_eq!(features, [&key("api_calls"), &key("core"), &key("reports")]);
    for row in &rows {
        assert_eq!(row.valid_until, Some(l1_expiry()));
        assert_eq!(row.state, EntitlementState::Active);
        assert_eq!(row.plan_value.as_ref(), Some(&row.value));
        assert_eq!(row.sources.len(), 1);
    }
    assert_eq!(rows[0].resets_at, Some(at("2026-09-01")));
    assert_eq!(rows[0].remaining, Some(10_000));
    assert_eq!(entitlements(&facts, before(t0())), vec![], "not before the issue");
    let states =
        [("2027-01-01", EntitlementState::Expiring), ("2027-02-07", EntitlementState::Expired)];
    for (date, state) in states {
        assert!(entitlements(&facts, at(date)).iter().all(|row| row.state == state), "{date}");
    }
}

#[test]
fn an_offering_switch_keeps_the_allowance_of_the_month_apart_from_the_next() {
    let product = orbit().state;
    let license = issued(&product, STARTER);
    let mut meter = Story::<MeterRules>::default();
    use_calls(&license, &product, &mut meter, at("2026-08-10"), 10_000).unwrap();
    let refused = use_calls(&license, &product, &mut meter, before(at("2026-09-01")), 1);
    let none_left = meter::Rejection::QuotaExceeded {
        requested: 1,
        remaining: 0,
        resets_at: Some(at("2026-09-01")),
    };
    assert_eq!(refused, Err(none_left));
    assert!(use_calls(&license, &product, &mut meter, at("2026-09-01"), 10_000).is_ok());
}

#[test]
fn sources_of_one_feature_add_up_whichever_comes_first() {
    let mut product = orbit();
    product.must(t0(), &edition("off", &[("core", FeatureValue::Enabled(false))], false));
    let off = offering(60, "off", Quantity::ZERO);
    product.must(t0(), &product::Command::PublishOffering(off));
    product.must(t0(), &bundle(60, "off"));
    let product = product.state;
    let choice = |text: &str| Some(FeatureValue::Choice(text.to_owned()));
    let on = Some(FeatureValue::Enabled(true));
    let unbound = |reset| {
        let amount = Quantity::Unlimited;
        Some(FeatureValue::Allowance(Allowance { amount, reset }))
    };
    let monthly = Some(schemas::Period::months(1));
    let rows = [
        (STARTER, 60, "core", on.clone()),
        (60, STARTER, "core", on),
        (STARTER, ENTERPRISE, "reports", choice("full")),
        (ENTERPRISE, STARTER, "reports", choice("full")),
        (STARTER, GROWTH, "reports", choice("plus")),
        (STARTER, GROWTH, "api_calls", Some(monthly_allowance(110_000))),
        (STARTER, ENTERPRISE, "api_calls", unbound(monthly)),
        (ENTERPRISE, STARTER, "api_calls", unbound(monthly)),
        (ENTERPRISE, STARTER, "theme", Some(FeatureValue::Config(String::new()))),
        (STARTER, GROWTH, "theme", None),
    ];
    for (base, added, name, expected) in rows {
        let mut license = issued(&product, base);
        license.must(t0(), &apply(&product, added));
        assert_eq!(value(&license, &product, name), expected, "{base} + {added}: {name}");
    }
}

#[test]
fn what_is_left_of_one_feature_is_what_its_row_says() {
    let product = orbit().state;
    let mut counted = 0;
    for number in [STARTER, GROWTH] {
        let license = issued(&product, number);
        let mut meter = Story::<MeterRules>::default();
        use_calls(&license, &product, &mut meter, at("2026-08-10"), 7_300).unwrap();
        let meters = BTreeMap::from([(key("api_calls"), meter.state)]);
        let facts = Facts { license: &license.state, product: &product, meters: &meters };
        for instant in [before(t0()), t0(), at("2026-08-16"), at("2026-09-02"), at("2027-02-07")] {
            let rows = entitlements(&facts, instant);
            for feature in product.features.keys().chain([&key("no_such")]) {
                let row = rows.iter().find(|row| row.feature == *feature);
                let shown = row.map(|row| (row.remaining, row.resets_at)).unwrap_or_default();
                let left = entitlements::left(&facts, feature, instant);
                assert_eq!((left.remaining, left.resets_at), shown, "{feature} at {instant:?}");
                counted += usize::from(left.remaining.is_some());
            }
        }
    }
    assert!(counted >= 4, "{counted}: hardly anything was counted");
}
