//! A meter: one row for each rejection, burn order, conservation.

use ledger::calendar::Window;
use ledger::meter::{Balance, Command, MeterRules, Metered, Rejection};
use schemas::meter::{MeterEvent, UsageRecorded};
use schemas::{Quantity, Timestamp};

use crate::fixture::*;

fn metered(name: &str) -> Metered {
    Metered { license: license_id(), account: account_id(), feature: key(name) }
}

fn grant(amount: u64, expires_at: Option<Timestamp>) -> Command {
    Command::GrantUnits { meter: metered("api_calls"), amount, expires_at }
}

fn august() -> Window {
    Window { from: t0(), until: Some(at("2026-09-01")) }
}

fn usage(quantity: u64, allowance: u64) -> Command {
    let allowance = Quantity::Limited(allowance);
    Command::RecordUsage { meter: metered("api_calls"), quantity, allowance, period: august() }
}

#[test]
fn each_refusal_has_its_reason() {
    let now = at("2026-08-10");
    let other = Command::GrantUnits { meter: metered("storage"), amount: 1, expires_at: None };
    let rows: [(&str, Timestamp, Command, Expected); 9] = [
        ("the future is not recorded", at("2026-08-11"), usage(1, 9), Err("EFFECTIVE_IN_FUTURE")),
        ("another feature has its own meter", now, other, Err("OTHER_METER")),
        ("facts stand in order", at("2026-08-01"), usage(1, 9), Err("EFFECTIVE_OUT_OF_ORDER")),
        ("nothing is not usage", now, usage(0, 9), Err("QUANTITY_IS_ZERO")),
        ("nothing is not granted", now, grant(0, None), Err("QUANTITY_IS_ZERO")),
        ("what expires at once is no grant", now, grant(5, Some(now)), Err("EXPIRES_EARLY")),
        ("more than there is", now, usage(10, 9), Err("QUOTA_EXCEEDED")),
        ("all there is", now, usage(9, 9), Ok(&["usage_recorded.v1"])),
        ("then nothing is left", now, usage(1, 9), Err("QUOTA_EXCEEDED")),
    ];
    let mut story = Story::<MeterRules>::default();
    let opened = story.ask(at("2026-08-05"), &grant(1, Some(at("2026-08-06"))));
    assert_eq!(outcome(&opened), Ok(vec!["meter_opened.v1", "units_granted.v1"]));
    for (says, effective_at, command, expected) in rows {
        let before = story.state.clone();
        let decided = story.ask_backdated(now, effective_at, &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
        assert_eq!(story.state == before, decided.is_err(), "a refusal records nothing");
    }
}

#[test]
fn a_refused_quota_says_what_is_left_and_when_it_resets() {
    let mut story = Story::<MeterRules>::default();
    story.must(t0(), &usage(9_750, 10_000));
    let refused =
        Rejection::QuotaExceeded { requested: 300, remaining: 250, resets_at: august().until };
    assert_eq!(story.ask(t0(), &usage(300, 10_000)), Err(refused));
    story.must(t0(), &grant(40, None));
    assert_eq!(story.state.remaining(Quantity::Limited(10_000), august(), t0()), Some(290));
    assert_eq!(story.state.remaining(Quantity::Unlimited, august(), t0()), None);
}

#[test]
fn the_allowance_burns_first_then_what_expires_soonest() {
    let mut story = Story::<MeterRules>::default();
    story.must(t0(), &grant(10, None));
    story.must(t0(), &grant(10, Some(at("2026-08-20"))));
    story.must(t0(), &grant(10, Some(at("2026-08-15"))));
    let events = story.must(at("2026-08-02"), &usage(17, 5));
    let expected =
        UsageRecorded { quantity: 17, period_from: t0(), from_allowance: 5, from_grants: 12 };
    assert_eq!(events, [MeterEvent::from(expected)]);
    let consumed: Vec<u64> = story.state.grants.iter().map(|grant| grant.consumed).collect();
    assert_eq!(consumed, [0, 2, 10]);
    let rows = [
        ("2026-08-02", Balance { granted: 30, remaining: 18, consumed: 12, expired: 0 }),
        ("2026-08-19", Balance { granted: 30, remaining: 18, consumed: 12, expired: 0 }),
        ("2026-08-20", Balance { granted: 30, remaining: 10, consumed: 12, expired: 8 }),
        ("2026-07-31", Balance { granted: 0, remaining: 0, consumed: 0, expired: 0 }),
    ];
    for (date, balance) in rows {
        assert_eq!(story.state.balance(at(date)), balance, "{date}");
    }
}

#[test]
fn unlimited_allowance_never_touches_granted_units() {
    let mut story = Story::<MeterRules>::default();
    story.must(t0(), &grant(10, None));
    let unlimited = Command::RecordUsage {
        meter: metered("api_calls"),
        quantity: u64::MAX,
        allowance: Quantity::Unlimited,
        period: august(),
    };
    story.must(t0(), &unlimited);
    assert_eq!(story.state.balance(t0()).remaining, 10);
}
