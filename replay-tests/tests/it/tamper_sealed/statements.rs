//! What was signed, itself forged, lost or signed again: with a checkpoint that was kept elsewhere it is found also when
//! everything in the folder fits.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ledger::proof::note::SignerKey;
use ledger::proof::{Checkpoint, leaf_entry, leaf_hash};
use ledger_log::embedded::FindingKind::{
    self, BadSignature, BitRot, Fork, Rollback, Truncated, UnknownKey,
};
use ledger_log::embedded::SystemDisk;
use ledger_log::sealing::{ProveError, Prover};
use replay_tests::chance::Chance;
use replay_tests::sealed::{Sealed, falsify};

use super::{OWN, RELEASE, Said, another_history, checked, checked_with, own, proof_findings};

/// One finding about a checkpoint that was kept elsewhere.
fn of_kept(kind: FindingKind, first: u64, last: u64) -> Vec<Said> {
    vec![(kind, "kept".to_owned(), Some((first, last)))]
}

fn opened(ledger: &Sealed, note: &str) -> Checkpoint {
    Checkpoint::open(note, &[ledger.key.verifier()]).unwrap().0
}

#[test]
fn history_that_the_vendor_signed_again_is_found_by_every_checkpoint_kept_from_there_on() {
    let ledger = Sealed::golden(RELEASE);
    let size = ledger.events.len();
    for from in [0, 3, 31, 63, size - 1] {
        let forged = ledger.copy();
        let mut entries = ledger.entries();
        entries[from..].iter_mut().for_each(|one| falsify(&mut one.event));
        forged.rewrite(entries);
        forged.seal_again();
        assert_ne!(forged.stored()[from..], ledger.events[from..]);
        // Nothing in the folder shows it.
        let alone = checked(&forged, &[]);
        assert!(alone.is_whole(), "{:?} {:?}", alone.log.findings, alone.proofs.findings);
        let prover = Prover::open(Arc::new(SystemDisk), &forged.file("proofs")).unwrap();
        for kept in 1..=size {
            let note = ledger.checkpoint(kept);
            let goes_on = prover.consistency(&opened(&ledger, &note));
            let found = checked(&forged, &[("kept", note)]);
            if kept <= from {
                assert!(
                    found.is_whole() && goes_on.is_ok(),
                    "{kept} events kept, forged from {from}"
                );
            } else {
                let last = u64::try_from(kept - 1).unwrap();
                assert_eq!(proof_findings(&forged, &found), of_kept(Fork, 0, last));
                assert!(matches!(goes_on, Err(ProveError::Fork(_))), "{goes_on:?}");
            }
        }
        // The first that does not hold, after one that does, names the event.
        let pair = [from.max(1), from + 1].map(|kept| ("kept", ledger.checkpoint(kept)));
        let proven = checked(&forged, &pair[..usize::from(from > 0)]).proofs.findings;
        assert_eq!(proven, []);
        assert_eq!(checked(&forged, &pair[1..]).proofs.findings.len(), 1);
    }
}

#[test]
fn history_whose_signatures_were_thrown_away_is_found_by_a_checkpoint_that_was_kept() {
    let ledger = Sealed::golden(RELEASE);
    let kept = [("kept", ledger.checkpoint(40))];
    let mut entries = ledger.entries();
    falsify(&mut entries[39].event);
    ledger.rewrite(entries);
    fs::remove_dir_all(ledger.file("proofs")).unwrap();
    fs::remove_file(ledger.file("keys/log.signed")).unwrap();
    assert!(checked(&ledger, &[]).is_whole(), "a ledger that was never sealed");
    let found = checked(&ledger, &kept);
    assert_eq!(proof_findings(&ledger, &found), of_kept(Fork, 0, 39));
}

#[test]
fn an_earlier_state_of_the_ledger_is_found_by_a_checkpoint_of_a_later_one() {
    let ledger = Sealed::golden(RELEASE);
    let (size, newest) = (ledger.events.len(), ledger.checkpoint(ledger.events.len()));
    for left in [1, 20, 21, 42, 64, size - 1] {
        let old = ledger.copy();
        old.rewrite(ledger.entries()[..left].to_vec());
        old.seal_again();
        let note = fs::read_to_string(old.file("proofs/checkpoint")).unwrap();
        assert_eq!(note, ledger.checkpoint(left), "the very state that there was");
        assert!(checked(&old, &[]).is_whole(), "an earlier state is whole in itself");
        let left_events = u64::try_from(left).unwrap();
        for kept in 1..=size {
            let found = checked(&old, &[("kept", ledger.checkpoint(kept))]);
            if kept <= left {
                assert!(found.is_whole(), "{kept} events kept, {left} left");
            } else {
                let last = u64::try_from(kept - 1).unwrap();
                assert_eq!(proof_findings(&old, &found), of_kept(Rollback, left_events, last));
            }
        }
        // The signer's memory was not rolled back with it.
        fs::write(old.file("keys/log.signed"), &newest).unwrap();
        let found = checked(&old, &[]);
        let said = own(Rollback, left_events, ledger.size() - 1);
        assert_eq!(proof_findings(&old, &found), said[..1]);
    }
}

#[test]
fn a_checkpoint_that_another_key_signed_is_of_an_unknown_key() {
    let ledger = Sealed::golden(RELEASE);
    let size = ledger.events.len();
    let other = SignerKey::from_seed(ledger.key.name(), &[7; 32]).unwrap();
    let theirs = ledger.checkpoint_by(&other, size);
    let unknown = OWN.map(|name| (UnknownKey, name.to_owned(), None));

    let found = checked(&ledger, &[("kept", theirs.clone())]);
    assert_eq!(proof_findings(&ledger, &found), [(UnknownKey, "kept".to_owned(), None)]);
    ledger.put_checkpoint(&theirs);
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), unknown);
    // Also when the public key in the folder was replaced: whoever kept the vendor's is not deceived.
    fs::write(ledger.file("proofs/log.vkey"), format!("{}\n", other.verifier())).unwrap();
    assert!(checked_with(&ledger, None, &[]).is_whole(), "the folder's own key is no witness");
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), unknown);

    // Under the number of the vendor's key, and of another log under the vendor's key.
    let (mine, line) =
        (ledger.checkpoint(size), |note: &str| note.lines().last().unwrap().to_owned());
    let bytes = |note: &str| line(note).rsplit(' ').next().unwrap().to_owned();
    let pasted = [&bytes(&mine)[..6], &bytes(&theirs)[6..]].concat();
    ledger.put_checkpoint(&mine.replace(&bytes(&mine), &pasted));
    let wrong = OWN.map(|name| (BadSignature, name.to_owned(), None));
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), wrong);
    let elsewhere = Checkpoint { origin: "ledger.other/v1/x".to_owned(), ..opened(&ledger, &mine) };
    ledger.put_checkpoint(&elsewhere.sign(&[&ledger.key]).unwrap());
    let other_log = OWN.map(|name| (Fork, name.to_owned(), None));
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), other_log);
}

#[test]
fn every_changed_bit_of_a_checkpoint_is_found_in_its_file() {
    let ledger = Sealed::golden(RELEASE);
    let whole = fs::read(ledger.file("proofs/checkpoint")).unwrap();
    let text = whole.windows(2).position(|two| two == b"\n\n").unwrap() + 1;
    let signature = whole.iter().rposition(|byte| *byte == b' ').unwrap() + 1;
    for name in OWN {
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(ledger.file(name), &bytes).unwrap();
            let found = checked(&ledger, &[]);
            let [(kind, place, None)] = &proof_findings(&ledger, &found)[..] else {
                panic!("bit {bit} of {name}: {:?}", found.proofs.findings);
            };
            assert_eq!(place, name, "bit {bit}");
            // What is no note any more is rot; a note is of another key, or of this one and wrong.
            let expected = match bit / 8 {
                byte if byte < text => [BadSignature, BitRot],
                byte if byte < signature + 5 => [UnknownKey, BitRot],
                byte if byte == signature + 5 => [*kind, BitRot],
                _ => [BadSignature, BitRot],
            };
            assert!(expected.contains(kind), "bit {bit} of {name}: {kind}");
        }
        fs::write(ledger.file(name), &whole).unwrap();
    }
    let changed = |from: &str, to: &str| {
        let note = String::from_utf8(whole.clone()).unwrap();
        assert_eq!(note.matches(from).count(), 1, "`{from}`");
        fs::write(ledger.file("proofs/checkpoint"), note.replacen(from, to, 1)).unwrap();
        let found = checked(&ledger, &[]);
        assert!(found.log.is_whole());
        proof_findings(&ledger, &found).into_iter().map(|one| one.0).collect::<Vec<_>>()
    };
    assert_eq!(changed("\n68\n", "\n67\n"), [BadSignature]);
    assert_eq!(changed("\n68\n", "\n68\n\n"), [BadSignature]);
    assert_eq!(changed("\u{2014} ledger", "\u{2014} ladder"), [UnknownKey]);
    assert_eq!(changed("\u{2014} ", "- "), [BitRot]);
}

/// The tiles of a ledger of 300 events, and how many hashes each has.
const TILES: [(&str, usize); 3] =
    [("proofs/tile/0/000", 256), ("proofs/tile/0/001.p/44", 44), ("proofs/tile/1/000.p/1", 1)];

#[tokio::test]
async fn a_changed_a_cut_and_a_lost_tile_are_found_by_name_and_are_copies() {
    let mut chance = Chance::printed("tiles");
    let ledger = Sealed::long(300).await;
    for (name, hashes) in TILES {
        let path = ledger.file(name);
        let whole = fs::read(&path).unwrap();
        assert_eq!(whole.len(), hashes * 32, "{name}");
        for number in 0..hashes {
            let mut bytes = whole.clone();
            let byte = number * 32 + usize::try_from(chance.below(32)).unwrap();
            bytes[byte] ^= 1 << chance.below(8);
            fs::write(&path, bytes).unwrap();
            let what = format!("another hash at number {number}");
            assert_eq!(expect_copy(&ledger, BitRot, name), what);
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        expect_copy(&ledger, Truncated, name);
        fs::remove_file(&path).unwrap();
        expect_copy(&ledger, Truncated, name);
        fs::write(&path, &whole).unwrap();
    }
    // A backup has none.
    fs::remove_dir_all(ledger.file("proofs/tile")).unwrap();
    let found = checked(&ledger, &[]);
    assert_eq!((found.is_whole(), found.proofs.tiles), (true, 0));
}

/// Expects that only this tile is wrong, and says what was found there.
fn expect_copy(ledger: &Sealed, kind: FindingKind, name: &str) -> String {
    let found = checked(ledger, &[]);
    assert_eq!(proof_findings(ledger, &found), [(kind, name.to_owned(), None)]);
    assert!(found.only_copies_differ() && !found.is_whole());
    found.proofs.findings[0].found.clone()
}

#[tokio::test]
async fn a_tile_that_is_wrong_itself_names_no_event() {
    let ledger = Sealed::long(300).await;
    let forge = |at: usize| {
        let forged = ledger.copy();
        let mut entries = ledger.entries();
        falsify(&mut entries[at].event);
        forged.rewrite(entries);
        forged
    };
    let first = Path::new(TILES[0].0);
    // Rot in one tile does not hide which event was forged in another.
    let forged = forge(290);
    let mut tile = fs::read(forged.file("proofs/tile/0/000")).unwrap();
    tile[10 * 32] ^= 1;
    fs::write(forged.path().join(first), tile).unwrap();
    let found = checked(&forged, &[]);
    assert_eq!(proof_findings(&forged, &found), another_history(300, 290));
    // Whoever forges the tile together with the event is found, and located by checkpoints that were kept.
    let forged = forge(10);
    let event = &forged.stored()[10];
    let leaf = leaf_hash(&leaf_entry(event.position, &event.content_root));
    let mut tile = fs::read(forged.path().join(first)).unwrap();
    tile[10 * 32..11 * 32].copy_from_slice(&leaf.0);
    fs::write(forged.path().join(first), tile).unwrap();
    let found = checked(&forged, &[("kept", ledger.checkpoint(10))]);
    // The next event of its stream that has an honest tile commits to it.
    assert_eq!(proof_findings(&forged, &found), another_history(300, 256));
    let found = checked(&forged, &[("kept", ledger.checkpoint(11))]);
    assert_eq!(proof_findings(&forged, &found)[0], of_kept(Fork, 0, 10)[0]);
}
