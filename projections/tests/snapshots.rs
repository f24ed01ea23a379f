//! Snapshots affect cost, never meaning: with one, with several, with a broken one, the state is
//! the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_log::{Codec, EventLog, Keystore};
use projections::{Options, Projections, SnapshotReport};
use proptest::prelude::*;
use schemas::{LogPosition, SubjectId};
use support::{Vendor, account, block_on, license, member, operator, steps, uuid};

/// Writes a snapshot of what the vendor's log holds.
async fn snapshot(vendor: &Vendor, folder: &Path) -> SnapshotReport {
    let projections = vendor.project(Options::in_folder(folder.to_owned())).await;
    projections.close().await.unwrap().expect("there is something new")
}

async fn from_folder(vendor: &Vendor, folder: &Path) -> Projections {
    vendor.project(Options::in_folder(folder.to_owned())).await
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    files.sort();
    files
}

fn assert_same(one: &Projections, other: &Projections) {
    assert_eq!(one.digests(), other.digests());
    let texts = |projections: &Projections| projections.read(|views| views.texts());
    assert_eq!(texts(one), texts(other));
    let scope = operator(one);
    let personal = |projections: &Projections| {
        projections.read(|views| {
            let accounts = (0..3).map(|number| views.account(&scope, account(number)).cloned());
            let licenses = (0..3).map(|number| views.license(&scope, license(number)).cloned());
            let found = views.search(&scope, "acme", 50);
            let by_number = views.find_by_external_id(&scope, "L-1");
            (accounts.collect::<Vec<_>>(), licenses.collect::<Vec<_>>(), found, by_number)
        })
    };
    assert_eq!(personal(one), personal(other));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_snapshot_and_the_tail_give_the_state_of_the_whole_log(
        history in steps(50), cuts in prop::collection::btree_set(0usize..50, 0..4), last in any::<bool>(),
    ) {
        block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let vendor = Vendor::new();
            vendor.founded().await;
            let mut written = None;
            let mut newest: Option<LogPosition> = None;
            for (at, step) in history.into_iter().enumerate() {
                vendor.step(at, step).await;
                let durable = *vendor.log.durable().borrow();
                if cuts.contains(&at) && durable > newest {
                    written = Some(snapshot(&vendor, folder.path()).await.position);
                    newest = durable;
                }
            }
            if last && *vendor.log.durable().borrow() > newest {
                written = Some(snapshot(&vendor, folder.path()).await.position);
            }
            let full = vendor.project(Options::in_memory()).await;
            let resumed = from_folder(&vendor, folder.path()).await;
            assert_eq!(resumed.health().snapshot, written);
            assert_eq!(resumed.health().discarded, []);
            assert_same(&full, &resumed);
            assert!(resumed.scrub().is_ok());
            // What comes after the snapshot is folded as if there had been none.
            vendor.wait(support::HOUR);
            vendor.step(900, (3, 0, 0, 0)).await;
            vendor.step(901, (17, 0, 1, 0)).await;
            let full = vendor.project(Options::in_memory()).await;
            assert_same(&full, &from_folder(&vendor, folder.path()).await);
        });
    }
}

#[test]
fn two_snapshots_are_kept_and_nothing_unfinished() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::new();
        vendor.founded().await;
        let mut reports = Vec::new();
        for number in 20..24 {
            fs::write(folder.path().join("00000000000000000009.tmp"), b"half").unwrap();
            vendor.open(number, None).await.unwrap();
            reports.push(snapshot(&vendor, folder.path()).await);
        }
        let kept: Vec<_> = reports.iter().skip(2).map(|report| report.file.clone()).collect();
        assert_eq!(files(folder.path()), kept);
        let sizes: Vec<_> = kept.iter().map(|file| fs::metadata(file).unwrap().len()).collect();
        assert_eq!(sizes, [reports[2].bytes, reports[3].bytes]);
    });
}

#[test]
fn nothing_new_is_not_written_again() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::new();
        vendor.founded().await;
        snapshot(&vendor, folder.path()).await;
        let projections = from_folder(&vendor, folder.path()).await;
        assert_eq!(projections.close().await.unwrap(), None);
    });
}

#[test]
fn a_damaged_snapshot_is_discarded_wherever_the_damage_is() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::new();
        vendor.founded().await;
        let full = vendor.project(Options::in_memory()).await;
        let file = snapshot(&vendor, folder.path()).await.file;
        let good = fs::read(&file).unwrap();
        let places =
            [0, 7, 9, 11, 40, good.len() / 2, good.len() - 70, good.len() - 40, good.len() - 1];
        for place in places {
            let mut bad = good.clone();
            bad[place] ^= 0x40;
            fs::write(&file, &bad).unwrap();
            let projections = from_folder(&vendor, folder.path()).await;
            let health = projections.health();
            assert_eq!(health.discarded.len(), 1, "byte {place}");
            assert_eq!(health.discarded[0].file, file);
            assert!(!health.discarded[0].reason.is_empty());
            assert!(!file.exists());
            assert_same(&full, &projections);
        }
        for length in [0, 5, 11, 80, good.len() - 1] {
            fs::write(&file, &good[..length]).unwrap();
            let projections = from_folder(&vendor, folder.path()).await;
            assert_eq!(projections.health().discarded.len(), 1, "cut to {length} bytes");
            assert_same(&full, &projections);
        }
        fs::write(&file, &good).unwrap();
        assert_eq!(from_folder(&vendor, folder.path()).await.health().discarded, []);
    });
}

#[test]
fn a_snapshot_of_another_ledger_history_or_keystore_is_discarded_with_the_reason() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::new();
        vendor.founded().await;
        let file = snapshot(&vendor, folder.path()).await.file;
        let bytes = fs::read(&file).unwrap();
        let reason = |log: Arc<dyn EventLog>, codec: Arc<Codec>| {
            fs::write(&file, &bytes).unwrap();
            let options = Options::in_folder(folder.path().to_owned());
            async move {
                let started = Projections::start(log, codec, options).await.unwrap();
                started.health().discarded.pop().expect("it is discarded").reason
            }
        };

        let other_ledger = Arc::new(ledger_log::MemoryLog::of_ledger(uuid(0, 78)));
        let codec = Arc::clone(&vendor.codec);
        assert!(reason(other_ledger, Arc::clone(&codec)).await.starts_with("it is of ledger"));

        let restored = Arc::new(ledger_log::MemoryLog::of_ledger(uuid(0, 77)));
        let ahead = reason(restored, Arc::clone(&codec)).await;
        assert!(ahead.starts_with("it is ahead of the log"), "{ahead}");

        let forked = Vendor::new();
        forked.founded().await;
        forked.open(9, None).await.unwrap();
        let fork = reason(Arc::clone(&forked.log) as Arc<dyn EventLog>, codec).await;
        assert_eq!(fork, "the log has another event at its position");

        let other_keys = Arc::new(Codec::new(Arc::new(Keystore::in_memory().unwrap())));
        let empty = Arc::new(ledger_log::MemoryLog::of_ledger(uuid(0, 77)));
        let keys = reason(empty, other_keys).await;
        assert_eq!(keys, "it was not written with the keys of this ledger");
    });
}

#[test]
fn personal_values_are_sealed_in_the_file_and_erased_subjects_come_back_erased() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::new();
        vendor.founded().await;
        vendor.on_license(0, 0, vendor.activate(1, 1, Some(0)), None).await.unwrap();
        vendor.password(member(0).uuid(), "$argon2id$secret").await.unwrap();
        let file = snapshot(&vendor, folder.path()).await.file;
        let bytes = fs::read(&file).unwrap();
        for personal in ["Acme", "Ann", "person0@", "CRM-", "ORBT-", "Laptop", "argon2id"] {
            let found = bytes.windows(personal.len()).any(|window| window == personal.as_bytes());
            assert!(!found, "`{personal}` lies in the snapshot in the clear");
        }

        let erased: [SubjectId; 2] = [member(0).into(), account(1).into()];
        for subject in erased {
            vendor.keys.erase(subject).unwrap();
        }
        let projections = from_folder(&vendor, folder.path()).await;
        assert!(projections.health().snapshot.is_some());
        let scope = operator(&projections);
        projections.read(|views| {
            assert_eq!(views.member(&scope, member(0)).unwrap().profile.value, None);
            assert!(views.member(&scope, member(3)).unwrap().profile.value.is_some());
            assert_eq!(views.account(&scope, account(1)).unwrap().profile.value, None);
            assert_eq!(views.license(&scope, license(1)).unwrap().masked_key(), None);
            assert!(views.license(&scope, license(0)).unwrap().masked_key().is_some());
            assert_eq!(views.search(&scope, "person0", 5), []);
            assert_eq!(views.find_by_external_id(&scope, "CRM-1"), []);
        });
        // Erasing changes no state hash: hashes never depended on personal values.
        assert_same(&vendor.project(Options::in_memory()).await, &projections);
    });
}

#[test]
fn a_subject_that_is_forgotten_before_its_rows_are_decoded_is_never_shown() {
    block_on(async {
        for searched_first in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let vendor = Vendor::new();
            vendor.founded().await;
            snapshot(&vendor, folder.path()).await;
            let projections = from_folder(&vendor, folder.path()).await;
            let scope = operator(&projections);
            if searched_first {
                let found = projections.read(|views| views.search(&scope, "person0", 5));
                assert_eq!(found.len(), 1);
            }
            let erased: [SubjectId; 2] = [member(0).into(), account(1).into()];
            for subject in erased {
                vendor.keys.erase(subject).unwrap();
                projections.forget(subject);
            }
            let assert_gone = || {
                projections.read(|views| {
                    assert_eq!(views.search(&scope, "person0", 5), []);
                    assert_eq!(views.find_by_external_id(&scope, "CRM-1"), []);
                    assert_eq!(views.find_by_external_id(&scope, "L-1"), []);
                    assert_eq!(views.find_by_external_id(&scope, "L-0").len(), 1);
                    assert_eq!(views.license(&scope, license(1)).unwrap().masked_key(), None);
                    assert_eq!(views.member(&scope, member(0)).unwrap().profile.value, None);
                });
            };
            assert_gone();
            projections.thawed().await;
            assert_gone();
            assert!(projections.scrub().is_ok());
        }
    });
}

#[test]
fn rows_that_were_never_decoded_go_on_into_the_next_snapshot() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::new();
        vendor.founded().await;
        snapshot(&vendor, folder.path()).await;
        for number in 30..33 {
            vendor.open(number, None).await.unwrap();
            let resumed = from_folder(&vendor, folder.path()).await;
            let written = resumed.snapshot_now().await.unwrap();
            assert!(written.is_some());
            resumed.thawed().await;
            assert_same(&vendor.project(Options::in_memory()).await, &resumed);
        }
        let resumed = from_folder(&vendor, folder.path()).await;
        assert_eq!(resumed.health().discarded, []);
        assert_same(&vendor.project(Options::in_memory()).await, &resumed);
        assert!(resumed.scrub().is_ok());
    });
}
