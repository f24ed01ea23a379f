//! Sealing on a disk that fails: what was signed is never taken back, never said twice in two ways, and never said of
//! bytes that are not on the disk.

use std::path::PathBuf;
use std::sync::Arc;

use ledger::proof::checkpoint::Checkpoint;
use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::note::{Note, SignerKey};
use ledger::proof::tree::{consistency_path, root_of, verify_consistency, verify_inclusion};
use ledger_log::embedded::FindingKind;
use ledger_log::sealing::{
    Audit, AuditReport, Held, Prover, SealError, Sealer, TileFolder, origin,
};
use ledger_log::{AppendOutcome, AppendRefusal, EmbeddedLog, EmbeddedOptions, EventLog, OpenError};
use uuid::Uuid;

use crate::ledgers::{
    Fatal, all, create, fill, folder, frames, maker_and_streams, new_ledger, open, options_with,
    segment_path, wait,
};
use ledger_log::embedded::simulated::{Random, SimulatedDisk};

fn key() -> SignerKey {
    SignerKey::from_seed(&origin("Orbit", Uuid::from_u128(7)), &[9; 32]).unwrap()
}

fn proofs() -> PathBuf {
    folder().join("proofs")
}

fn keys() -> PathBuf {
    folder().join("keys")
}

fn sealer(log: &EmbeddedLog, disk: &SimulatedDisk) -> Result<Sealer, SealError> {
    Sealer::open(log.clone(), Arc::new(disk.clone()), &proofs(), &keys(), key())
}

fn published(disk: &SimulatedDisk) -> Checkpoint {
    let note = String::from_utf8(disk.read(&proofs().join("checkpoint"))).unwrap();
    let note = Note::parse(&note).unwrap();
    note.verify(&[key().verifier()]).unwrap();
    Checkpoint::parse(&note.text).unwrap()
}

/// What a check of the statements says of the log on this disk.
fn audit(disk: &SimulatedDisk, shown: &[(String, String)]) -> AuditReport {
    let disk: Arc<dyn ledger_log::embedded::Disk> = Arc::new(disk.clone());
    let mut audit = Audit::begin(&disk, (&proofs(), &keys()), &[], shown).unwrap();
    let options = EmbeddedOptions { disk, ..EmbeddedOptions::default() };
    let checked =
        ledger_log::embedded::verify(&folder(), &options, &mut |event| audit.event(event));
    checked.unwrap();
    audit.finish()
}

#[test]
fn a_checkpoint_covers_everything_durable_and_every_event_has_a_proof() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(51);
    let mut sealer = sealer(&log, &disk).unwrap();
    assert!(sealer.seal().unwrap().is_none(), "an empty log has nothing to sign");
    let mut earlier = Vec::new();
    // More than one tile, so that the second level is used.
    for _ in 0..30 {
        fill(&log, &mut maker, &streams, 10);
        earlier.push(sealer.seal().unwrap().unwrap().checkpoint.clone());
        assert_eq!(published(&disk).size, all(&log).len() as u64);
        assert!(sealer.seal().unwrap().is_none(), "signed twice");
    }
    let prover = Prover::open(Arc::new(disk.clone()), &proofs()).unwrap();
    let last = published(&disk);
    assert_eq!(last.size, 300);
    for event in all(&log) {
        assert_eq!(prover.inclusion(&event).unwrap().index, event.position.0);
    }
    for old in &earlier {
        let proof = prover.consistency(old).unwrap();
        verify_consistency(old.size, &old.root, last.size, &last.root, &proof.path).unwrap();
    }
    let report = audit_of_open(&disk);
    assert_eq!(report.findings, []);
    assert_eq!((report.checkpoints, report.newest.unwrap().checkpoint), (2, last));
    // Only the tiles of the newest checkpoint are kept, in the layout that others read.
    let tiles: Vec<_> =
        disk.names().into_iter().filter(|name| name.starts_with(proofs().join("tile"))).collect();
    let expected =
        ["0/000", "0/001.p/44", "1/000.p/1"].map(|name| proofs().join("tile").join(name));
    assert_eq!(tiles, expected);
}

#[test]
fn the_power_goes_at_any_moment_of_sealing() {
    let mut crashes = 0;
    for seed in 0..60 {
        let mut random = Random(seed);
        let mut disk = SimulatedDisk::default();
        create(&disk);
        let mut signed: Vec<Checkpoint> = Vec::new();
        for life in 0..4 {
            let dead_from = disk.operations() + 1 + random.below(90);
            disk.faults(|faults| faults.dead_from = Some(dead_from));
            live(&disk, u128::from(seed * 4 + life), &mut signed);
            crashes += u64::from(disk.operations() >= dead_from);
            disk = disk.after_crash(random.next());
        }
        let held = Held::read(&disk, &proofs(), &keys(), &[key().verifier()]).unwrap();
        let options = EmbeddedOptions {
            promised_events: held.events(),
            ..options_with(&disk, &Fatal::default())
        };
        let (log, _) =
            EmbeddedLog::open(&folder(), options).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let mut sealer = sealer(&log, &disk).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        sealer.seal().unwrap();
        let last = published(&disk);
        let nodes = TileFolder::new(Arc::new(disk.clone()), &proofs());
        for old in &signed {
            assert!(old.size <= last.size, "seed {seed}: {} events were signed", old.size);
            let path = consistency_path(&nodes.nodes(last.size), old.size, last.size).unwrap();
            let verified = verify_consistency(old.size, &old.root, last.size, &last.root, &path);
            verified.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        }
        assert_eq!(root_of(&nodes.nodes(last.size), last.size).unwrap(), last.root);
        log.close();
        drop((log, sealer));
        assert_eq!(audit(&disk, &[]).findings, [], "seed {seed}");
    }
    assert!(crashes > 100, "only {crashes} crashes");
}

/// Appends and seals until the machine is gone; what was signed was shown to somebody.
fn live(disk: &SimulatedDisk, seed: u128, signed: &mut Vec<Checkpoint>) {
    let Ok(held) = Held::read(disk, &proofs(), &keys(), &[key().verifier()]) else {
        panic!("held")
    };
    let options =
        EmbeddedOptions { promised_events: held.events(), ..options_with(disk, &Fatal::default()) };
    let Ok((log, _)) = EmbeddedLog::open(&folder(), options) else { return };
    let Ok(mut sealer) = sealer(&log, disk) else { return };
    signed.extend(sealer.newest().map(|held| held.checkpoint.clone()));
    let (mut maker, streams) = maker_and_streams(seed << 32);
    for number in 0..40 {
        let append = maker.append(
            streams[number % 3],
            ledger_log::ExpectedRevision::NoStream,
            1 + (number as u64 % 4),
        );
        let _ = wait(log.append(append));
        if number % 3 == 0 {
            match sealer.seal() {
                Ok(sealed) => signed.extend(sealed.map(|held| held.checkpoint.clone())),
                Err(SealError::Damaged { finding }) => panic!("{finding}"),
                Err(_) => {}
            }
        }
    }
}

#[test]
fn bytes_that_changed_before_they_were_sealed_are_not_signed() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(52);
    let mut sealer = sealer(&log, &disk).unwrap();
    fill(&log, &mut maker, &streams, 3);
    sealer.seal().unwrap();
    fill(&log, &mut maker, &streams, 3);
    let (at, _) = frames(&disk, &segment_path(1))[4];
    disk.change(&segment_path(1), |bytes| bytes[at + 150] ^= 1);
    assert!(sealer.seal().is_err());
    assert_eq!(published(&disk).size, 3);
    let halted = log.halted().expect("the writing stops");
    assert_eq!((halted.kind, halted.segment), (FindingKind::BitRot, 1));
    let append =
        maker.append(maker_and_streams(53).1[0], ledger_log::ExpectedRevision::NoStream, 1);
    assert_eq!(wait(log.append(append)), AppendOutcome::Rejected(AppendRefusal::Halted));
}

#[test]
fn a_whole_frame_that_is_not_the_one_that_was_written_is_not_signed() {
    // A disk that gives an older state of itself back: every hash in it is right.
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(54);
    let mut sealer = sealer(&log, &disk).unwrap();
    fill(&log, &mut maker, &streams, 3);
    let (other_disk, other) = new_ledger();
    let (mut other_maker, other_streams) = maker_and_streams(55);
    fill(&other, &mut other_maker, &other_streams, 3);
    let theirs = other_disk.read(&segment_path(1));
    disk.change(&segment_path(1), |bytes| *bytes = theirs);
    let refused = sealer.seal();
    assert!(matches!(refused, Err(SealError::Damaged { .. })), "{:?}", refused.err());
    assert!(!disk.has(&proofs().join("checkpoint")));
    assert!(log.halted().is_some());
}

#[test]
fn a_log_that_is_shorter_than_what_was_signed_is_a_rollback_and_no_torn_tail() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(56);
    let mut sealer = sealer(&log, &disk).unwrap();
    fill(&log, &mut maker, &streams, 5);
    let before = disk.copy();
    fill(&log, &mut maker, &streams, 2);
    sealer.seal().unwrap();
    drop((log, sealer));
    for name in ["proofs/checkpoint", "keys/log.signed"] {
        let note = disk.read(&folder().join(name));
        before.put(&folder().join(name), note);
    }
    let held = Held::read(&before, &proofs(), &keys(), &[key().verifier()]).unwrap();
    assert_eq!(held.events(), 7);
    let options = EmbeddedOptions {
        promised_events: held.events(),
        ..options_with(&before, &Fatal::default())
    };
    match EmbeddedLog::open(&folder(), options) {
        Err(OpenError::Damaged { finding }) => {
            assert_eq!(finding.kind, FindingKind::Rollback);
            let (first, last) = finding.positions.unwrap();
            assert_eq!((first.0, last.0), (5, 6));
        }
        other => panic!("{:?}", other.err()),
    }
    let report = audit(&before, &[]);
    assert!(report.findings.iter().all(|one| one.kind == FindingKind::Rollback));
    assert_eq!(report.findings.len(), 2);
}

#[test]
fn one_checkpoint_that_cannot_be_believed_is_replaced_and_two_are_refused() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(57);
    let mut first = sealer(&log, &disk).unwrap();
    fill(&log, &mut maker, &streams, 4);
    first.seal().unwrap();
    let note = disk.read(&proofs().join("checkpoint"));
    for bit in 0..note.len() * 8 {
        disk.change(&proofs().join("checkpoint"), |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        let held = Held::read(&disk, &proofs(), &keys(), &[key().verifier()]).unwrap();
        assert_eq!(held.events(), 4, "bit {bit}");
        assert_eq!(held.doubtful.len(), 1, "bit {bit}");
        disk.change(&keys().join("log.signed"), |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        let refused = Held::read(&disk, &proofs(), &keys(), &[key().verifier()]);
        assert!(matches!(refused, Err(SealError::Checkpoint { .. })), "bit {bit}");
        for path in [proofs().join("checkpoint"), keys().join("log.signed")] {
            disk.change(&path, |bytes| bytes.clone_from(&note));
        }
    }
    // The next start mends the copy.
    disk.change(&proofs().join("checkpoint"), |bytes| bytes[3] ^= 1);
    drop(first);
    let mut again = sealer(&log, &disk).unwrap();
    assert_eq!(published(&disk).size, 4);
    fill(&log, &mut maker, &streams, 1);
    again.seal().unwrap();
    assert_eq!(published(&disk).size, 5);
}

#[test]
fn tiles_that_are_gone_or_wrong_are_made_again_and_a_wrong_log_is_refused() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(58);
    let mut first = sealer(&log, &disk).unwrap();
    fill(&log, &mut maker, &streams, 300);
    first.seal().unwrap();
    drop(first);
    let whole: Vec<_> = tile_files(&disk);
    for path in &whole {
        let bytes = disk.read(path);
        disk.change(path, |bytes| bytes[20] ^= 4);
        let found = audit_of_open(&disk);
        assert!(found.findings.iter().any(|one| one.is_copy), "{}", path.display());
        let edge = !path.ends_with("tile/0/000");
        let again = sealer(&log, &disk).unwrap();
        assert_eq!(again.rebuilt(), edge, "{}", path.display());
        if edge {
            assert_eq!(disk.read(path), bytes);
        } else {
            disk.change(path, |now| *now = bytes);
        }
    }
    for path in &whole {
        disk.forget(path);
    }
    assert!(sealer(&log, &disk).unwrap().rebuilt());
    assert_eq!(tile_files(&disk), whole);
    // The same key and another history.
    let (other_disk, other) = new_ledger();
    let (mut other_maker, other_streams) = maker_and_streams(59);
    fill(&other, &mut other_maker, &other_streams, 300);
    for name in ["proofs/checkpoint", "keys/log.signed"] {
        other_disk.put(&folder().join(name), disk.read(&folder().join(name)));
    }
    match sealer(&other, &other_disk) {
        Err(SealError::Damaged { finding }) => assert_eq!(finding.kind, FindingKind::Fork),
        other => panic!("{:?}", other.err()),
    }
}

fn tile_files(disk: &SimulatedDisk) -> Vec<PathBuf> {
    disk.names().into_iter().filter(|name| name.starts_with(proofs().join("tile"))).collect()
}

/// The audit of a copy: the ledger itself is open.
fn audit_of_open(disk: &SimulatedDisk) -> AuditReport {
    audit(&disk.copy(), &[])
}

#[test]
fn a_checkpoint_that_was_kept_elsewhere_shows_that_history_was_signed_twice() {
    let history = |seed| {
        let (disk, log) = new_ledger();
        let (mut maker, streams) = maker_and_streams(seed);
        let mut sealer = sealer(&log, &disk).unwrap();
        fill(&log, &mut maker, &streams, 6);
        let note = sealer.seal().unwrap().unwrap().note.clone();
        fill(&log, &mut maker, &streams, 3);
        sealer.seal().unwrap();
        (disk.copy(), note)
    };
    let ((disk, kept), (_, other)) = (history(60), history(61));
    let shown = |note: &str| [("kept".to_owned(), note.to_owned())];
    let report = audit(&disk, &shown(&kept));
    assert_eq!((report.findings, report.checkpoints), (Vec::new(), 3));
    let report = audit(&disk, &shown(&other));
    assert_eq!(report.findings.len(), 1);
    assert_eq!((report.findings[0].kind, &*report.findings[0].place), (FindingKind::Fork, "kept"));
    // Signed by somebody else, and not signed at all.
    let stranger = SignerKey::from_seed("stranger", &[1; 32]).unwrap();
    let text = Note::parse(&kept).unwrap().text;
    let foreign = ledger::proof::note::sign(&text, &[&stranger]).unwrap();
    assert_eq!(audit(&disk, &shown(&foreign)).findings[0].kind, FindingKind::UnknownKey);
    let changed = kept.replacen("\n6\n", "\n7\n", 1);
    assert_eq!(audit(&disk, &shown(&changed)).findings[0].kind, FindingKind::BadSignature);
}

#[test]
fn a_ledger_that_was_never_sealed_is_opened_and_sealed_from_its_start() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(62);
    fill(&log, &mut maker, &streams, 20);
    drop(log);
    let (log, _) = open(&disk).unwrap();
    let mut sealer = sealer(&log, &disk).unwrap();
    assert_eq!(sealer.seal().unwrap().unwrap().checkpoint.size, 20);
}

#[test]
fn a_flipped_bit_of_a_tile_never_gives_a_wrong_proof() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(63);
    let mut sealer = sealer(&log, &disk).unwrap();
    fill(&log, &mut maker, &streams, 300);
    sealer.seal().unwrap();
    let (events, last) = (all(&log), published(&disk));
    let (mut refused, mut proven) = (0_u64, 0_u64);
    for path in tile_files(&disk) {
        let bits = disk.read(&path).len() * 8;
        for bit in (0..bits).step_by(97) {
            let copy = disk.copy();
            copy.change(&path, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
            let prover = Prover::open(Arc::new(copy), &proofs()).unwrap();
            for event in events.iter().step_by(37) {
                let Ok(proof) = prover.inclusion(event) else {
                    refused += 1;
                    continue;
                };
                let root = ledger::proof::content_root(&event.header, &event.parts);
                let leaf = leaf_hash(&leaf_entry(event.position, &root));
                verify_inclusion(&leaf, event.position.0, last.size, &proof.path, &last.root)
                    .unwrap_or_else(|error| panic!("{} bit {bit}: {error}", path.display()));
                proven += 1;
            }
        }
    }
    println!("flipped bits of tiles: {proven} proofs are right, {refused} were refused");
    assert!(refused > 0 && proven > 0);
}
