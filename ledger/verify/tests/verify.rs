//! The verifier as a stranger uses it: what holds is whole, and no changed byte of a proof is.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test binary: what cannot be is a failed test"
)]

use std::convert::Infallible;
use std::fs;
use std::process::Command;

use ledger::proof::tree::{consistency_path, inclusion_path, node_hash, root_of};
use ledger::proof::{
    Checkpoint, ConsistencyProof, InclusionProof, NodeSource, SignerKey, TreeHash, VerifierKey,
    leaf_entry, leaf_hash,
};
use schemas::{Digest, LogPosition};

const ORIGIN: &str = "ledger.example.com/v1/a";

fn signer(seed: u8) -> SignerKey {
    SignerKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

fn key() -> VerifierKey {
    signer(1).verifier()
}

fn root(position: u8) -> Digest {
    Digest([position; 32])
}

/// A log whose event at each position has the content root of that number.
struct Leaves;

impl NodeSource for Leaves {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<TreeHash, Infallible> {
        let Some(below) = level.checked_sub(1) else {
            let content = root(u8::try_from(index).unwrap());
            return Ok(leaf_hash(&leaf_entry(LogPosition(index), &content)));
        };
        Ok(node_hash(&self.node(below, 2 * index)?, &self.node(below, 2 * index + 1)?))
    }
}

fn note(size: u64, signer: &SignerKey) -> String {
    let root = root_of(&Leaves, size).unwrap();
    Checkpoint { origin: ORIGIN.to_owned(), size, root }.sign(&[signer]).unwrap()
}

fn inclusion_of(index: u64, size: u64) -> String {
    let path = inclusion_path(&Leaves, index, size).unwrap();
    InclusionProof { index, path, checkpoint: note(size, &signer(1)) }.to_text()
}

fn consistency_of(old_size: u64, size: u64) -> String {
    let path = consistency_path(&Leaves, old_size, size).unwrap();
    let old_root = root_of(&Leaves, old_size).unwrap();
    let checkpoint = note(size, &signer(1));
    ConsistencyProof { old_size, old_root, path, checkpoint }.to_text()
}

/// Every text that differs in one byte, and every one that lost its end, read as the command reads it.
fn mutations(text: &str) -> impl Iterator<Item = String> + '_ {
    let changed = (0..text.len()).flat_map(move |at| {
        (1..=u8::MAX).map(move |bits| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= bits;
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    let shorter = (0..text.len())
        .map(|length| String::from_utf8_lossy(&text.as_bytes()[..length]).into_owned());
    changed.chain(shorter)
}

#[test]
fn every_event_and_every_earlier_checkpoint_is_proven() {
    for size in 1..20 {
        for (index, byte) in (0..size).zip(0..) {
            let proof = inclusion_of(index, size);
            let (position, signed) = ledger_verify::inclusion(&proof, &root(byte), &key()).unwrap();
            assert_eq!((position, signed.size), (LogPosition(index), size));
            assert!(ledger_verify::inclusion(&proof, &root(byte + 1), &key()).is_err());
        }
        for old in 1..=size {
            let (before, after) = (note(old, &signer(1)), note(size, &signer(1)));
            let proof = consistency_of(old, size);
            ledger_verify::consistency(&before, &after, &proof, &key()).unwrap();
        }
    }
}

#[test]
fn no_proof_of_an_event_holds_with_any_byte_changed_or_its_end_lost() {
    let proof = inclusion_of(3, 6);
    let (mut tried, mut believed) = (0, Vec::new());
    for changed in mutations(&proof) {
        tried += 1;
        if ledger_verify::inclusion(&changed, &root(3), &key()).is_ok() {
            believed.push(changed);
        }
    }
    assert_eq!((tried, believed), (proof.len() * 256, vec![]), "of {tried} changed proofs");
}

#[test]
fn no_proof_of_going_on_holds_with_any_byte_changed_or_its_end_lost() {
    let (old, new) = (note(3, &signer(1)), note(6, &signer(1)));
    let proof = consistency_of(3, 6);
    let (mut tried, mut believed) = (0, Vec::new());
    for changed in mutations(&proof) {
        tried += 1;
        if ledger_verify::consistency(&old, &new, &changed, &key()).is_ok() {
            believed.push(changed);
        }
    }
    assert_eq!((tried, believed), (proof.len() * 256, vec![]), "of {tried} changed proofs");
}

#[test]
fn another_key_another_history_and_another_order_are_refused() {
    let other = signer(2).verifier();
    assert!(ledger_verify::inclusion(&inclusion_of(3, 6), &root(3), &other).is_err());
    let (old, new, proof) = (note(3, &signer(1)), note(6, &signer(1)), consistency_of(3, 6));
    assert!(ledger_verify::consistency(&old, &new, &proof, &other).is_err());
    assert!(ledger_verify::consistency(&new, &old, &proof, &key()).is_err());
    assert!(ledger_verify::consistency(&old, &note(7, &signer(1)), &proof, &key()).is_err());
    let fork = Checkpoint { origin: ORIGIN.to_owned(), size: 3, root: TreeHash([9; 32]) };
    let fork = fork.sign(&[&signer(1)]).unwrap();
    assert!(ledger_verify::consistency(&fork, &new, &proof, &key()).is_err());
}

#[test]
fn the_command_ends_with_0_when_whole_3_when_refused_2_when_misused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let end = |words: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_ledger-verify")).args(words).output().unwrap();
        run.status.code().unwrap()
    };
    let (vkey, proof) = (key().to_string(), file("event.proof", &inclusion_of(3, 6)));
    let held = file("log.vkey", &format!("{vkey}\n"));
    let (right, wrong) = (root(3).to_string(), root(4).to_string());
    assert_eq!(end(&["proof", &proof, "--root", &right, "--key", &vkey]), 0);
    assert_eq!(end(&["proof", &proof, "--key", &held, "--root", &right]), 0);
    assert_eq!(end(&["proof", &proof, "--root", &wrong, "--key", &vkey]), 3);
    let (old, new) = (file("old", &note(3, &signer(1))), file("new", &note(6, &signer(1))));
    let since = file("since.proof", &consistency_of(3, 6));
    assert_eq!(end(&["consistency", &old, &new, &since, "--key", &held]), 0);
    assert_eq!(end(&["consistency", &new, &old, &since, "--key", &held]), 3);
    assert_eq!(end(&["consistency", &old, &new, &since, "--key", "no such file"]), 2);
    assert_eq!(end(&["proof", &proof, "--root", "12", "--key", &vkey]), 2);
    assert_eq!(end(&["proof", &proof]), 2);
}
