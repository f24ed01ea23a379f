//! The past on both axes: the same fold over fewer events, so the present is the past of now.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;

use ledger::evaluate::Request;
use ledger::license::Command;
use projections::{AsOf, Heard, Known, Window};
use proptest::prelude::*;
use schemas::account::MemberRole;
use schemas::license::Blocker;
use support::{
    HOUR, START, Vendor, account, block_on, license, member, operator, product_id, steps,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_present_is_the_past_of_now(history in steps(50)) {
        block_on(async {
            let (vendor, projections) = Vendor::with_projections().await;
            vendor.founded().await;
            for (at, step) in history.into_iter().enumerate() {
                vendor.step(at, step).await;
            }
            let scope = operator(&projections);
            let now = AsOf::at(vendor.now());
            for number in (0..3).chain(100..150) {
                let live = projections.read(|views| views.facts(&scope, license(number)));
                let past = projections.facts_as_of(&scope, license(number), now).await.unwrap();
                assert_eq!(past, live, "license {number}");
                let live = projections.read(|views| views.account(&scope, account(number)).cloned());
                assert_eq!(projections.account_as_of(&scope, account(number), now).await.unwrap(), live);
            }
            let live = projections.read(|views| views.products(&scope, &Window::first(9)).rows);
            assert_eq!(projections.catalog_as_of(&scope, now).await.unwrap(), live);
        });
    }

    #[test]
    fn what_was_known_at_a_position_never_changes(history in steps(40), more in steps(20)) {
        block_on(async {
            let (vendor, projections) = Vendor::with_projections().await;
            vendor.founded().await;
            for (at, step) in history.iter().enumerate() {
                vendor.step(at, *step).await;
            }
            let scope = operator(&projections);
            let position = Known::Position(projections.position().unwrap());
            let then = AsOf { effective: vendor.now(), known: position };
            let recorded = AsOf { effective: vendor.now(), known: Known::Time(vendor.now()) };
            let mut answers = Vec::new();
            for number in 0..3 {
                answers.push(projections.facts_as_of(&scope, license(number), then).await.unwrap());
            }
            vendor.wait(1);
            for (at, step) in more.into_iter().enumerate() {
                vendor.step(history.len() + at, step).await;
            }
            for (number, answer) in (0..3).zip(answers) {
                let by_position = projections.facts_as_of(&scope, license(number), then).await;
                let by_time = projections.facts_as_of(&scope, license(number), recorded).await;
                assert_eq!(by_position.unwrap(), answer);
                assert_eq!(by_time.unwrap(), answer);
            }
        });
    }
}

#[test]
fn random_histories_hold_every_kind_of_event_that_a_view_folds() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        let mut changes = projections.changes();
        vendor.founded().await;
        let script = [
            (0, 0, 0, 0),
            (1, 0, 0, 0),
            (2, 0, 0, 0),
            (3, 0, 0, 0),
            (7, 0, 0, 0),
            (18, 0, 0, 0),
            (13, 0, 0, 0),
            (16, 0, 0, 0),
            (16, 0, 1, 0),
            (17, 0, 1, 0),
            (19, 0, 0, 0),
            (11, 0, 0, 5),
            (11, 0, 0, 5),
            (10, 0, 0, 0),
            (7, 0, 1, 0),
            (12, 0, 1, 0),
            (14, 0, 0, 2),
            (15, 0, 0, 0),
            (6, 0, 0, 0),
            (20, 0, 0, 0),
            (21, 0, 2, 0),
            (20, 5, 3, 1),
        ];
        for (at, step) in script.into_iter().enumerate() {
            vendor.step(at, step).await;
        }
        let mut seen = BTreeSet::new();
        while let Some(Heard::Change(change)) = changes.try_next() {
            seen.insert(change.wire_name);
        }
        for name in [
            "account_opened.v1",
            "member_added.v1",
            "license_issued.v1",
            "term_started.v1",
            "seat_assigned.v2",
            "seats_allocated.v1",
            "seat_unassigned.v1",
            "device_activated.v1",
            "device_seen.v1",
            "device_deactivated.v1",
            "devices_retired.v1",
            "domain_activated.v1",
            "blocker_set.v1",
            "blocker_cleared.v1",
            "bundle_applied.v1",
            "bundle_removed.v1",
            "license_revoked.v1",
            "license_renewed.v1",
            "meter_opened.v1",
            "usage_recorded.v1",
            "token_issued.v1",
            "password_set.v1",
            "staff_added.v1",
            "product_published.v1",
        ] {
            assert!(seen.contains(name), "no `{name}` among {seen:?}");
        }
    });
}

#[test]
fn a_backdated_revocation_denies_by_later_knowledge_and_not_by_earlier() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let scope = operator(&projections);
        vendor.wait(48 * HOUR);
        let first_known = vendor.now();
        let early_position = projections.position().unwrap();
        let revoked_from = first_known.plus_seconds(-24 * HOUR);
        vendor.wait(48 * HOUR);
        let revoke = Command::Revoke { reason: "chargeback".into() };
        let receipt = vendor.on_license(0, 0, revoke, Some(revoked_from)).await.unwrap();
        let second_known = vendor.now();

        let instant = revoked_from.plus_seconds(1);
        for (known, allowed) in [
            (Known::Time(first_known), true),
            (Known::Position(early_position), true),
            (Known::Time(second_known), false),
            (Known::Position(receipt.position.unwrap()), false),
            (Known::Latest, false),
        ] {
            let as_of = AsOf { effective: instant, known };
            let facts = projections.facts_as_of(&scope, license(0), as_of).await.unwrap().unwrap();
            let answer = facts.evaluate(&Request::new(instant));
            assert_eq!(answer.allowed, allowed, "{known:?}: {answer:?}");
        }
        // Before it was true nobody denies it, whatever is known.
        let before = AsOf::at(revoked_from.plus_seconds(-1));
        let facts = projections.facts_as_of(&scope, license(0), before).await.unwrap().unwrap();
        assert!(facts.evaluate(&Request::new(before.effective)).allowed);

        let (earlier, later) = (Known::Time(first_known), Known::Time(second_known));
        let learned = projections.learned_between(&scope, license(0), instant, earlier, later);
        let learned = learned.await.unwrap().unwrap();
        let names: Vec<_> = learned.iter().map(|event| event.event.wire_name()).collect();
        assert_eq!(names, ["license_revoked.v1"]);
    });
}

#[test]
fn before_it_was_issued_a_license_was_not_there() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let scope = operator(&projections);
        let before = AsOf::at(START.plus_seconds(HOUR - 1));
        let past = projections.license_as_of(&scope, license(0), before).await.unwrap();
        assert_eq!(past, None);
        let facts = projections.facts_of_licenses_as_of(&scope, &[license(0)], before).await;
        assert_eq!(facts.unwrap(), []);
        let early = AsOf::at(START.plus_seconds(-1));
        let product = projections.product_as_of(&scope, product_id(), early).await.unwrap();
        assert_eq!(product, None);
    });
}

#[test]
fn licenses_that_are_read_together_are_as_read_one_by_one() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        for number in 1_000..1_600 {
            vendor.issue(number, 0).await.unwrap();
        }
        // Longer than the first trip to the log brings, and than the second.
        for _ in 0..2_500 {
            let (blocker, reason) = (Blocker::VendorHold, "held".to_owned());
            let set = Command::SetBlocker { blocker, reason };
            vendor.on_license(1_001, 0, set, None).await.unwrap();
            let clear = Command::ClearBlocker { blocker };
            vendor.on_license(1_001, 0, clear, None).await.unwrap();
        }
        let now = AsOf::at(vendor.now());
        vendor.wait(HOUR);
        vendor.issue(5, 0).await.unwrap();
        let scope = operator(&projections);
        let asked: Vec<_> = [5, 77].into_iter().chain(1_000..1_600).map(license).collect();
        let together = projections.facts_of_licenses_as_of(&scope, &asked, now).await.unwrap();
        assert_eq!(together.len(), 600, "without the one of later and the one that is not there");
        let mut one_by_one = Vec::new();
        for license in asked {
            one_by_one.extend(projections.facts_as_of(&scope, license, now).await.unwrap());
        }
        assert_eq!(together, one_by_one);
    });
}

#[test]
fn what_a_reader_may_not_see_now_it_may_not_see_in_the_past() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        vendor.add_member(2, 50, MemberRole::OrgAdmin).await.unwrap();
        let foreign = vendor.scope(&projections, 50, 900).await;
        let now = AsOf::at(vendor.now());
        for unknown_or_foreign in [license(0), license(77)] {
            let facts = projections.facts_as_of(&foreign, unknown_or_foreign, now).await.unwrap();
            assert_eq!(facts, None);
            let (earlier, later) = (Known::Time(START), Known::Latest);
            let learned = projections.learned_between(
                &foreign,
                unknown_or_foreign,
                vendor.now(),
                earlier,
                later,
            );
            assert_eq!(learned.await.unwrap(), None);
        }
        for unknown_or_foreign in [account(0), account(77)] {
            let past = projections.account_as_of(&foreign, unknown_or_foreign, now).await.unwrap();
            assert_eq!(past, None);
        }
        assert!(projections.read(|views| views.member(&foreign, member(50)).is_some()));
    });
}
