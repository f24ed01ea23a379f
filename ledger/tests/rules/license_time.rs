//! A license: how it is issued, when its term starts, and the order of its facts in time.

use ledger::license::{Command, Issue, LicenseRules, Rejection, Renew, Term};
use schemas::Timestamp;
use schemas::catalog::{TermStart, Terms};
use schemas::license::Blocker;

use crate::fixture::*;

#[test]
fn a_license_is_issued_once_and_soundly() {
    let product = orbit().state;
    let good = issue_l1(&product);
    let backwards = Term { from: t0(), until: Some(t0()) };
    let rows: [(&str, Issue, Expected); 5] = [
        ("with a known term", good.clone(), Ok(&["license_issued.v1", "term_started.v1"])),
        (
            "with a term from its plan",
            Issue { term: None, ..good.clone() },
            Ok(&["license_issued.v1", "term_started.v1"]),
        ),
        (
            "that starts later",
            Issue { term: None, terms: first_activation(), ..good.clone() },
            Ok(&["license_issued.v1"]),
        ),
        (
            "that ends before it starts",
            Issue { term: Some(backwards), ..good.clone() },
            Err("TERM_ENDS_EARLY"),
        ),
        ("with nothing", Issue { grants: vec![], ..good.clone() }, Err("NOTHING_GRANTED")),
    ];
    for (says, issue, expected) in rows {
        let mut story = Story::<LicenseRules>::default();
        let decided = story.ask(t0(), &Command::Issue(issue));
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
    let mut story = l1();
    assert_eq!(story.must(t0(), &Command::Issue(good.clone())), vec![], "again");
    let other = Issue { key_digest: digest(8), ..good };
    assert_eq!(outcome(&story.ask(t0(), &Command::Issue(other))), Err("ALREADY_ISSUED"));
    let mut nothing = Story::<LicenseRules>::default();
    assert_eq!(outcome(&nothing.ask(t0(), &assign(1))), Err("NOT_FOUND"));
}

fn first_activation() -> Terms {
    Terms { starts: TermStart::FirstActivation, ..yearly() }
}

#[test]
fn the_first_activation_starts_the_term_exactly_once() {
    let issue = Issue { term: None, terms: first_activation(), ..issue_l1(&orbit().state) };
    let mut story = Story::<LicenseRules>::default();
    story.must(t0(), &Command::Issue(issue));
    let renew = Command::Renew(Renew::default());
    assert_eq!(outcome(&story.ask(t0(), &renew)), Err("TERM_NOT_STARTED"));
    let events = story.must(at("2026-09-01"), &device(1, 11));
    assert_eq!(
        outcome::<_, Rejection>(&Ok(events)),
        Ok(vec!["term_started.v1", "device_activated.v1"])
    );
    let second = story.must(at("2026-09-02"), &device(2, 12));
    assert_eq!(outcome::<_, Rejection>(&Ok(second)), Ok(vec!["device_activated.v1"]));
    let term = Term { from: at("2026-09-01"), until: Some(at("2027-09-01")) };
    assert_eq!(story.state.term, Some(term));
}

#[test]
fn facts_stand_in_the_order_of_their_time_except_stops() {
    let mut story = l1();
    story.must(at("2026-08-10"), &assign(1));
    let now = at("2026-08-20");
    let rows: [(&str, Timestamp, Command, Expected); 8] = [
        ("the future is not recorded", at("2026-08-21"), assign(2), Err("EFFECTIVE_IN_FUTURE")),
        (
            "nor what comes before the newest fact",
            at("2026-08-09"),
            assign(2),
            Err("EFFECTIVE_OUT_OF_ORDER"),
        ),
        ("at its instant is fine", at("2026-08-10"), assign(2), Ok(&["seat_assigned.v2"])),
        (
            "a stop may come earlier",
            at("2026-08-05"),
            block(Blocker::Billing),
            Ok(&["blocker_set.v1"]),
        ),
        (
            "and not end before it began",
            at("2026-08-04"),
            Command::ClearBlocker { blocker: Blocker::Billing },
            Err("EFFECTIVE_OUT_OF_ORDER"),
        ),
        (
            "revocation not before the issue",
            at("2026-07-31"),
            revoke(),
            Err("EFFECTIVE_OUT_OF_ORDER"),
        ),
        ("but before the newest fact", at("2026-08-02"), revoke(), Ok(&["license_revoked.v1"])),
        ("and once more from earlier", at("2026-08-01"), revoke(), Ok(&["license_revoked.v1"])),
    ];
    for (says, effective_at, command, expected) in rows {
        let decided = story.ask_backdated(now, effective_at, &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
    assert_eq!(story.state.revoked, Some(t0()));
}

#[test]
fn a_license_outside_its_term_takes_nobody() {
    let mut story = l1();
    let after_grace = at("2027-02-07");
    assert_eq!(outcome(&story.ask(before(after_grace), &assign(1))), Ok(vec!["seat_assigned.v2"]));
    for command in [assign(2), device(1, 11), domain(1, 21)] {
        assert_eq!(outcome(&story.ask(after_grace, &command)), Err("EXPIRED"));
    }
    let ahead = Term { from: at("2026-09-01"), until: Some(at("2027-09-01")) };
    let mut story = Story::<LicenseRules>::default();
    story.must(t0(), &Command::Issue(issue(&orbit().state, STARTER, Some(ahead))));
    assert_eq!(outcome(&story.ask(before(ahead.from), &assign(1))), Err("NOT_STARTED"));
    assert_eq!(outcome(&story.ask(ahead.from, &assign(1))), Ok(vec!["seat_assigned.v2"]));
}

#[test]
fn a_stop_may_turn_out_to_be_true_from_earlier_but_not_from_later() {
    let mut story = l1();
    let now = at("2026-08-20");
    let rows = [
        ("2026-08-10", 1, "2026-08-10"),
        ("2026-08-15", 0, "2026-08-10"),
        ("2026-08-05", 1, "2026-08-05"),
    ];
    for (effective_at, recorded, since) in rows {
        let decided = story.ask_backdated(now, at(effective_at), &block(Blocker::Abuse));
        assert_eq!(decided.unwrap().len(), recorded, "{effective_at}");
        assert_eq!(story.state.blockers[&Blocker::Abuse], at(since), "{effective_at}");
    }
}
