//! State hashes: kept incrementally, computed anew and replayed from the log, they are the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use projections::replay::{Until, replay};
use projections::{Digests, Options, Views};
use proptest::prelude::*;
use support::{Vendor, block_on, steps};

async fn replayed(vendor: &Vendor, until: Until) -> Views {
    replay(&*vendor.log, &vendor.codec, until, |_| ()).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn live_hashes_equal_those_of_a_replay_at_every_moment_that_was_asked(
        history in steps(60), ask in prop::collection::vec(0usize..60, 0..6),
    ) {
        block_on(async {
            let (vendor, projections) = Vendor::with_projections().await;
            vendor.founded().await;
            let mut said: Vec<(Digests, schemas::Timestamp)> = Vec::new();
            for (at, step) in history.into_iter().enumerate() {
                vendor.step(at, step).await;
                if ask.contains(&at) {
                    said.push((projections.digests(), vendor.now()));
                }
            }
            said.push((projections.digests(), vendor.now()));
            for (digests, now) in said {
                let by_position = replayed(&vendor, Until::Position(digests.position.unwrap())).await;
                assert_eq!(by_position.digests(), digests);
                assert_eq!(by_position.digests_recomputed(), digests);
                assert_eq!(replayed(&vendor, Until::Time(now)).await.digests(), digests);
            }
            let live = projections.read(|views| views.texts());
            assert_eq!(replayed(&vendor, Until::Tail).await.texts(), live);
            assert!(projections.scrub().is_ok());
        });
    }
}

#[test]
fn no_personal_value_is_in_the_text_that_is_hashed() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        vendor.on_license(0, 0, vendor.activate(1, 1, Some(0)), None).await.unwrap();
        vendor.password(support::member(0).uuid(), "$argon2id$secret").await.unwrap();
        let texts = projections.read(|views| views.texts());
        for (view, text) in texts {
            assert!(!text.as_str().is_empty(), "{view} has rows");
            for personal in
                ["Acme", "Robotics", "Ann", "@", "CRM-", "ORBT", "Laptop", "fp-", "argon2id"]
            {
                assert!(!text.as_str().contains(personal), "{view} shows `{personal}`");
            }
        }
    });
}

#[test]
fn a_change_of_one_row_changes_the_hash_of_its_view_and_of_the_audit_trail_only() {
    block_on(async {
        let (vendor, projections) = Vendor::with_projections().await;
        vendor.founded().await;
        let before = projections.digests();
        let seat = ledger::license::Command::AssignSeat {
            member: support::member(0),
            accounts: Vec::new(),
        };
        vendor.on_license(0, 0, seat, None).await.unwrap();
        let after = projections.digests();
        let changed: Vec<&str> = before
            .views
            .iter()
            .zip(&after.views)
            .filter(|(one, other)| one.digest != other.digest)
            .map(|(one, _)| one.view.name)
            .collect();
        assert_eq!(changed, ["audit", "entitlements"]);
        let other = vendor.project(Options::in_memory()).await;
        assert_eq!(other.digests(), after);
    });
}
