//! Terms: renewal on each basis, grace, notices, and the status that is shown at each instant.

use ledger::license::{Command, Issue, LicenseRules, Renew, Term};
use ledger::status::{Displayed, status};
use ledger::timeline::{MilestoneKind, timeline};
use schemas::catalog::{RenewalBasis, Terms};
use schemas::license::Blocker;
use schemas::{Period, Timestamp};

use crate::fixture::*;

fn until(expiry: Timestamp, terms: Terms) -> Story<LicenseRules> {
    let term = Some(Term { from: at("2025-07-31"), until: Some(expiry) });
    let issue = Issue { terms, ..issue(&orbit().state, STARTER, term) };
    let mut story = Story::default();
    story.must(at("2025-07-31"), &Command::Issue(issue));
    story
}

#[test]
fn renewal_counts_from_its_basis() {
    let rows = [
        ("2026-08-05", RenewalBasis::FromExpiry, "2027-07-31"),
        ("2026-08-05", RenewalBasis::FromNow, "2027-08-05"),
        ("2026-08-05", RenewalBasis::FromNowIfExpired, "2027-08-05"),
        ("2026-07-20", RenewalBasis::FromExpiry, "2027-07-31"),
        ("2026-07-20", RenewalBasis::FromNow, "2027-07-20"),
        ("2026-07-20", RenewalBasis::FromNowIfExpired, "2027-07-31"),
    ];
    for (renewed, basis, ends) in rows {
        let mut story = until(at("2026-07-31"), Terms { renewal_basis: basis, ..yearly() });
        story.must(at(renewed), &Command::Renew(Renew::default()));
        let term = story.state.term.unwrap();
        assert_eq!(term.until, Some(at(ends)), "{basis:?} on {renewed}");
        assert!(term.from <= at(renewed), "the renewed license is in its term at once");
    }
}

#[test]
fn renewal_is_refused_for_a_reason() {
    let expiry = at("2026-07-31");
    let now = at("2026-07-01");
    let renew = |renew: Renew| Command::Renew(renew);
    let short = Renew {
        period: Some(Period::days(10)),
        basis: Some(RenewalBasis::FromNow),
        ..Renew::default()
    };
    let other_end = Renew { ending: Some(at("2020-01-01")), ..Renew::default() };
    let mut story = until(expiry, yearly());
    assert_eq!(outcome(&story.ask(now, &renew(short))), Err("RENEWAL_SHORTENS"));
    assert_eq!(outcome(&story.ask(now, &renew(other_end))), Err("TERM_MISMATCH"));
    let this_end = Renew { ending: Some(expiry), ..Renew::default() };
    assert_eq!(outcome(&story.ask(now, &renew(this_end))), Ok(vec!["license_renewed.v1"]));
    assert_eq!(outcome(&story.ask(now, &renew(this_end))), Ok(vec![]), "the same end once");
    let issue = issue(&orbit().state, STARTER, Some(Term { from: t0(), until: None }));
    let mut perpetual = Story::<LicenseRules>::default();
    perpetual.must(t0(), &Command::Issue(issue));
    assert_eq!(outcome(&perpetual.ask(t0(), &renew(Renew::default()))), Err("PERPETUAL"));
    perpetual.must(t0(), &revoke());
    assert_eq!(outcome(&perpetual.ask(t0(), &renew(Renew::default()))), Err("REVOKED"));
}

#[test]
fn grace_extends_use_and_not_the_term() {
    let mut story = l1();
    let expiry = l1_expiry();
    let grace_end = at("2027-02-07");
    let shown = |story: &Story<LicenseRules>, at| status(&story.state, at).displayed;
    assert_eq!(shown(&story, before(expiry)), Displayed::Expiring);
    assert_eq!(shown(&story, expiry), Displayed::Grace);
    assert_eq!(shown(&story, before(grace_end)), Displayed::Grace);
    assert_eq!(shown(&story, grace_end), Displayed::Expired);
    story.must(at("2027-02-03"), &Command::Renew(Renew::default()));
    assert_eq!(story.state.term.unwrap().until, Some(at("2028-01-31")), "from the prior end");
}

#[test]
fn every_displayed_status_is_reachable() {
    let mut story = Story::<LicenseRules>::default();
    let mut shown = vec![(Displayed::Available, status(&story.state, t0()).displayed)];
    let term = Term { from: at("2026-09-01"), until: Some(at("2027-09-01")) };
    story.must(t0(), &Command::Issue(issue(&orbit().state, STARTER, Some(term))));
    let mut see = |expected, story: &Story<LicenseRules>, at| {
        shown.push((expected, status(&story.state, at).displayed));
    };
    see(Displayed::NotStarted, &story, t0());
    see(Displayed::Assigned, &story, at("2026-09-01"));
    story.must(at("2026-09-02"), &device(1, 11));
    see(Displayed::Active, &story, at("2026-09-02"));
    see(Displayed::Expiring, &story, at("2027-08-02"));
    see(Displayed::Grace, &story, at("2027-09-01"));
    see(Displayed::Expired, &story, at("2027-09-08"));
    story.must(at("2026-10-01"), &block(Blocker::Billing));
    see(Displayed::Active, &story, before(at("2026-10-01")));
    see(Displayed::Suspended, &story, at("2026-10-01"));
    story.must(at("2026-11-01"), &revoke());
    see(Displayed::Revoked, &story, at("2026-11-01"));
    for (expected, displayed) in &shown {
        assert_eq!(expected, displayed);
    }
    for status in Displayed::ALL {
        assert!(shown.iter().any(|(_, displayed)| *displayed == status), "{status:?}");
    }
}

#[test]
fn blockers_are_cleared_one_by_one() {
    let mut story = l1();
    story.must(t0(), &device(1, 11));
    story.must(t0(), &block(Blocker::Billing));
    story.must(t0(), &block(Blocker::Abuse));
    assert_eq!(status(&story.state, t0()).blockers.len(), 2, "each is visible");
    story.must(t0(), &Command::ClearBlocker { blocker: Blocker::Billing });
    assert_eq!(status(&story.state, t0()).displayed, Displayed::Suspended);
    story.must(t0(), &Command::ClearBlocker { blocker: Blocker::Abuse });
    assert_eq!(status(&story.state, t0()).displayed, Displayed::Active);
}

#[test]
fn the_timeline_says_what_the_clock_will_show() {
    let mut story = l1();
    story.must(t0(), &device(1, 11));
    let found: Vec<_> = timeline(&story.state)
        .into_iter()
        .map(|milestone| (milestone.at, milestone.kind, milestone.status_after))
        .collect();
    let expected = [
        ("2026-08-01", MilestoneKind::TermStart, Displayed::Active),
        ("2027-01-01", MilestoneKind::Notice { days: 30 }, Displayed::Expiring),
        ("2027-01-24", MilestoneKind::Notice { days: 7 }, Displayed::Expiring),
        ("2027-01-30", MilestoneKind::Notice { days: 1 }, Displayed::Expiring),
        ("2027-01-31", MilestoneKind::Expiry, Displayed::Grace),
        ("2027-02-07", MilestoneKind::GraceEnd, Displayed::Expired),
    ];
    assert_eq!(found, expected.map(|(date, kind, shown)| (at(date), kind, shown)));
    story.must(at("2026-12-20"), &revoke());
    let last = timeline(&story.state);
    let revocation =
        last.iter().find(|milestone| milestone.kind == MilestoneKind::Revocation).unwrap();
    assert_eq!((revocation.at, revocation.status_after), (at("2026-12-20"), Displayed::Revoked));
}
