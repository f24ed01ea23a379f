//! The evaluator: every code with its numbers and its fix, and warnings that ride with an allow.

use std::collections::{BTreeMap, BTreeSet};

use ledger::evaluate::{Code, Evaluation, Facts, Fix, Request, WarningCode, evaluate};
use ledger::license::{Command, Issue, LicenseRules, Term};
use ledger::meter::{self, MeterRules, Metered};
use schemas::catalog::{TermStart, Terms};
use schemas::license::Blocker;
use schemas::{FeatureKey, Period, Quantity};

use crate::fixture::*;

fn asked(story: &Story<LicenseRules>, request: &Request) -> Evaluation {
    asked_with(story, &BTreeMap::new(), request)
}

fn asked_with(
    story: &Story<LicenseRules>,
    meters: &BTreeMap<FeatureKey, meter::State>,
    request: &Request,
) -> Evaluation {
    let product = orbit().state;
    let facts = Facts { license: &story.state, product: &product, meters };
    let evaluation = evaluate(&facts, request);
    assert_eq!(evaluation.allowed, evaluation.failing().next().is_none());
    assert!(evaluation.checks.is_sorted_by_key(|check| check.code), "in order of precedence");
    for check in &evaluation.checks {
        assert!(!check.message.is_empty() && check.rule.contains('.'));
        assert_eq!(check.fix.is_some(), !check.passed, "{check:?}");
    }
    evaluation
}

/// The codes of the checks that fail, each with its fix.
type Denials = Vec<(Code, Fix)>;

fn codes(evaluation: &Evaluation) -> Denials {
    evaluation.failing().map(|check| (check.code, check.fix.unwrap())).collect()
}

/// L1 with one seat taken, two devices and a domain active.
fn busy() -> Story<LicenseRules> {
    let mut story = l1();
    for command in [assign(1), device(1, 11), device(2, 12), domain(1, 21)] {
        story.must(t0(), &command);
    }
    story
}

fn of(name: &str) -> Request {
    Request { feature: Some(key(name)), ..Request::new(t0()) }
}

#[test]
fn what_is_in_order_is_allowed_with_every_check_shown() {
    let request = Request {
        member: Some(member(1)),
        device: Some(digest(1)),
        domain: Some(digest(1)),
        version: Some("2.3.0".to_owned()),
        quantity: Some(300),
        ..of("api_calls")
    };
    let evaluation = asked(&busy(), &request);
    assert!(evaluation.allowed, "{:?}", codes(&evaluation));
    assert_eq!(evaluation.code, None);
    assert_eq!(evaluation.value, Some(monthly_allowance(10_000)));
    assert!(evaluation.checks.len() >= 12, "{:?}", evaluation.checks);
    assert_eq!(evaluation.warnings, vec![]);
}

#[test]
fn each_code_comes_with_its_fix() {
    let retired = |mut story: Story<LicenseRules>| {
        let activations = BTreeSet::from([activation(11)]);
        story.must(t0(), &Command::RetireDevices { activations });
        story
    };
    let blocked = |mut story: Story<LicenseRules>| {
        story.must(t0(), &block(Blocker::Billing));
        story
    };
    let revoked = |mut story: Story<LicenseRules>| {
        story.must(t0(), &revoke());
        story
    };
    let on = |date: &str| Request::new(at(date));
    let device = |number| Request { device: Some(digest(number)), ..Request::new(t0()) };
    let domain = |number| Request { domain: Some(digest(number)), ..Request::new(t0()) };
    let person = |number| Request { member: Some(member(number)), ..Request::new(t0()) };
    let version = |text: &str| Request { version: Some(text.to_owned()), ..Request::new(t0()) };
    let rows: Vec<(Story<LicenseRules>, Request, Denials)> = vec![
        (l1(), on("2026-07-31"), vec![(Code::NotFound, Fix::CheckLicense)]),
        (revoked(busy()), on("2026-08-01"), vec![(Code::Revoked, Fix::GetLicense)]),
        (blocked(busy()), on("2026-08-01"), vec![(Code::Suspended, Fix::ClearBlocker)]),
        (waiting(), on("2026-08-01"), vec![(Code::NotStarted, Fix::Activate)]),
        (ahead(), on("2026-08-01"), vec![(Code::NotStarted, Fix::Wait)]),
        (busy(), on("2027-02-07"), vec![(Code::Expired, Fix::Renew)]),
        (busy(), version("3.0.0"), vec![(Code::VersionNotEntitled, Fix::UseIncludedVersion)]),
        (busy(), version("9.9.9"), vec![(Code::VersionNotEntitled, Fix::UseIncludedVersion)]),
        (busy(), person(2), vec![(Code::UserNotSeated, Fix::AssignSeat)]),
        (retired(busy()), device(1), vec![(Code::Retired, Fix::Activate)]),
        (l1(), device(1), vec![(Code::NoActivation, Fix::Activate)]),
        (
            busy(),
            device(3),
            vec![
                (Code::FingerprintMismatch, Fix::Activate),
                (Code::TooManyDevices, Fix::FreeDevice),
            ],
        ),
        (
            busy(),
            domain(2),
            vec![(Code::DomainMismatch, Fix::Activate), (Code::TooManyDomains, Fix::FreeDomain)],
        ),
        (busy(), of("teleport"), vec![(Code::FeatureNotFound, Fix::CheckFeature)]),
        (busy(), of("advanced_analytics"), vec![(Code::FeatureNotEntitled, Fix::Upgrade)]),
        (
            busy(),
            Request { quantity: Some(1), ..of("core") },
            vec![(Code::FeatureTypeMismatch, Fix::CheckRequest)],
        ),
        (
            busy(),
            Request { choice: Some("full".to_owned()), ..of("reports") },
            vec![(Code::ValueNotAllowed, Fix::Upgrade)],
        ),
        (
            busy(),
            Request { quantity: Some(10_001), ..of("api_calls") },
            vec![(Code::QuotaExceeded, Fix::GetUnits)],
        ),
    ];
    let mut seen = BTreeSet::new();
    for (story, request, expected) in rows {
        let evaluation = asked(&story, &request);
        assert_eq!(codes(&evaluation), expected, "{request:?}");
        assert_eq!(evaluation.code, expected.first().map(|(code, _)| *code));
        seen.extend(expected.into_iter().map(|(code, _)| code));
    }
    assert_eq!(seen, Code::ALL.into_iter().collect(), "every code has a row");
}

fn waiting() -> Story<LicenseRules> {
    let terms = Terms { starts: TermStart::FirstActivation, ..yearly() };
    let mut story = Story::default();
    let issue = Issue { term: None, terms, ..issue_l1(&orbit().state) };
    story.must(t0(), &Command::Issue(issue));
    story
}

fn ahead() -> Story<LicenseRules> {
    let term = Term { from: at("2026-09-01"), until: None };
    let mut story = Story::default();
    story.must(t0(), &Command::Issue(issue(&orbit().state, STARTER, Some(term))));
    story
}

#[test]
fn a_lower_choice_and_no_quantity_are_allowed() {
    for choice in ["basic", "plus"] {
        assert!(
            asked(&busy(), &Request { choice: Some(choice.to_owned()), ..of("reports") }).allowed
        );
    }
    let unknown = Request { choice: Some("galactic".to_owned()), ..of("reports") };
    assert_eq!(codes(&asked(&busy(), &unknown)), [(Code::ValueNotAllowed, Fix::CheckRequest)]);
    assert!(asked(&busy(), &of("api_calls")).allowed, "one unit is asked for");
}

#[test]
fn all_failing_checks_are_shown_not_only_the_first() {
    let mut story = busy();
    story.must(t0(), &block(Blocker::Billing));
    story.must(t0(), &block(Blocker::Abuse));
    let request = Request {
        member: Some(member(2)),
        device: Some(digest(3)),
        version: Some("3.0.0".to_owned()),
        at: at("2027-03-02"),
        ..of("advanced_analytics")
    };
    let found: Vec<Code> = asked(&story, &request).failing().map(|check| check.code).collect();
    let expected = [
        Code::Suspended,
        Code::Suspended,
        Code::Expired,
        Code::VersionNotEntitled,
        Code::UserNotSeated,
        Code::FingerprintMismatch,
        Code::TooManyDevices,
        Code::FeatureNotEntitled,
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_denial_carries_its_numbers_and_its_fix_really_fixes_it() {
    let mut story = busy();
    let request = Request { device: Some(digest(3)), ..Request::new(t0()) };
    let evaluation = asked(&story, &request);
    let too_many = evaluation.checks.iter().find(|check| check.code == Code::TooManyDevices);
    let numbers = &too_many.unwrap().numbers;
    assert_eq!(numbers, &BTreeMap::from([("devices_active", 2), ("devices_granted", 2)]));
    story.must(t0(), &Command::DeactivateDevice { activation: activation(11) });
    story.must(t0(), &device(3, 13));
    let fixed = asked(&story, &request);
    assert!(fixed.allowed);
    assert_eq!(fixed.activation, Some(activation(13)));
}

#[test]
fn full_seats_are_freed_before_one_is_assigned() {
    let mut story = busy();
    for number in 2..=5 {
        story.must(t0(), &assign(number));
    }
    let request = Request { member: Some(member(6)), ..Request::new(t0()) };
    assert_eq!(codes(&asked(&story, &request)), [(Code::UserNotSeated, Fix::FreeSeat)]);
}

#[test]
fn the_end_of_the_term_is_its_first_instant_outside() {
    let expiry = l1_expiry();
    let grace_end = at("2027-02-07");
    let rows = [
        (before(at("2027-01-01")), true, None),
        (at("2027-01-01"), true, Some(WarningCode::Expiring)),
        (before(expiry), true, Some(WarningCode::Expiring)),
        (expiry, true, Some(WarningCode::Grace)),
        (before(grace_end), true, Some(WarningCode::Grace)),
        (grace_end, false, None),
    ];
    for (instant, allowed, warning) in rows {
        let evaluation = asked(&busy(), &Request::new(instant));
        assert_eq!(evaluation.allowed, allowed, "{instant:?}");
        let warnings: Vec<_> = evaluation.warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(warnings, warning.into_iter().collect::<Vec<_>>(), "{instant:?}");
    }
}

#[test]
fn a_past_instant_is_judged_by_what_was_so_then() {
    let mut story = busy();
    story.must(at("2026-09-01"), &block(Blocker::Billing));
    story.must(at("2026-10-01"), &revoke());
    let then = |date: &str| codes(&asked(&story, &Request::new(at(date))));
    assert_eq!(then("2026-08-31"), []);
    assert_eq!(then("2026-09-01"), [(Code::Suspended, Fix::ClearBlocker)]);
    assert_eq!(then("2026-10-01")[0], (Code::Revoked, Fix::GetLicense));
}

#[test]
fn maintenance_bounds_the_releases_that_are_included() {
    let product = orbit().state;
    let terms = Terms { maintenance: Some(Period::months(1)), ..yearly() };
    let mut story = Story::<LicenseRules>::default();
    story.must(t0(), &Command::Issue(Issue { terms, ..issue(&product, STARTER, None) }));
    let version =
        |text: &str| Request { version: Some(text.to_owned()), ..Request::new(at("2026-10-01")) };
    assert!(asked(&story, &version("2.3.0")).allowed, "came out before");
    let at_the_end = asked(&story, &version("2.4.0"));
    assert_eq!(at_the_end.code, Some(Code::VersionNotEntitled), "maintenance is half-open");
}

#[test]
fn units_near_the_limit_warn_and_granted_units_count() {
    let meter_of =
        Metered { license: license_id(), account: account_id(), feature: key("api_calls") };
    let license = busy();
    let counted =
        ledger::entitlements::metering(&license.state, &orbit().state, &key("api_calls"), t0());
    let counted = counted.unwrap();
    let (allowance, period) = (counted.allowance, counted.period);
    let mut meter = Story::<MeterRules>::default();
    let usage = |quantity| meter::Command::RecordUsage {
        meter: meter_of.clone(),
        quantity,
        allowance,
        period,
    };
    meter.must(t0(), &usage(9_750));
    let meters = BTreeMap::from([(key("api_calls"), meter.state.clone())]);
    let ask = |quantity| Request { quantity: Some(quantity), ..of("api_calls") };
    let near = asked_with(&license, &meters, &ask(250));
    assert!(near.allowed);
    assert_eq!(near.warnings[0].code, WarningCode::NearLimit);
    let denied = asked_with(&license, &meters, &ask(300));
    let quota = denied.failing().next().unwrap();
    assert_eq!(quota.code, Code::QuotaExceeded);
    assert_eq!(quota.numbers["remaining"], 250);
    assert_eq!(quota.numbers["resets_at"], at("2026-09-01").micros());
    assert_eq!(denied.warnings, vec![], "warnings ride with allows only");
    meter.must(
        t0(),
        &meter::Command::GrantUnits { meter: meter_of.clone(), amount: 50, expires_at: None },
    );
    let meters = BTreeMap::from([(key("api_calls"), meter.state)]);
    assert!(asked_with(&license, &meters, &ask(300)).allowed);
}

#[test]
fn granted_units_give_a_feature_that_the_license_does_not() {
    let mut product = orbit();
    let metered = schemas::catalog::FeatureKind::Metered { unit: "export".to_owned() };
    product.must(t0(), &feature("exports", metered));
    let mut meter = Story::<MeterRules>::default();
    let meter_of =
        Metered { license: license_id(), account: account_id(), feature: key("exports") };
    meter.must(t0(), &meter::Command::GrantUnits { meter: meter_of, amount: 3, expires_at: None });
    let license = busy();
    let empty = BTreeMap::new();
    let meters = BTreeMap::from([(key("exports"), meter.state)]);
    let facts = Facts { license: &license.state, product: &product.state, meters: &empty };
    assert_eq!(evaluate(&facts, &of("exports")).code, Some(Code::FeatureNotEntitled));
    let facts = Facts { meters: &meters, ..facts };
    assert!(evaluate(&facts, &Request { quantity: Some(3), ..of("exports") }).allowed);
    let four = evaluate(&facts, &Request { quantity: Some(4), ..of("exports") });
    assert_eq!(four.code, Some(Code::QuotaExceeded));
    let rows = ledger::entitlements::entitlements(&facts, t0());
    let exports = rows.iter().find(|row| row.feature == key("exports")).unwrap();
    assert_eq!((exports.limit, exports.remaining), (Some(Quantity::Limited(3)), Some(3)));
}
