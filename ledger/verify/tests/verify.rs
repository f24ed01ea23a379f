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
    CarriedFact, Checkpoint, ConsistencyProof, FactsProof, InclusionProof, NodeSource, Rotation,
    SignerKey, TreeHash, TrustedKeys, content_root, leaf_entry, leaf_hash,
};
use schemas::ledger::{LedgerFact, LogKeyRotated};
use schemas::{
    Actor, CommandId, CorrelationId, Digest, EventId, FactSet, Header, LogPosition, Part,
    StreamName, Timestamp,
};

const ORIGIN: &str = "ledger.example.com/v1/a";

fn signer(seed: u8) -> SignerKey {
    SignerKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

fn key() -> TrustedKeys {
    TrustedKeys::from(signer(1).verifier())
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
    let other = TrustedKeys::from(signer(2).verifier());
    assert!(ledger_verify::inclusion(&inclusion_of(3, 6), &root(3), &other).is_err());
    let (old, new, proof) = (note(3, &signer(1)), note(6, &signer(1)), consistency_of(3, 6));
    assert!(ledger_verify::consistency(&old, &new, &proof, &other).is_err());
    assert!(ledger_verify::consistency(&new, &old, &proof, &key()).is_err());
    assert!(ledger_verify::consistency(&old, &note(7, &signer(1)), &proof, &key()).is_err());
    let fork = Checkpoint { origin: ORIGIN.to_owned(), size: 3, root: TreeHash([9; 32]) };
    let fork = fork.sign(&[&signer(1)]).unwrap();
    assert!(ledger_verify::consistency(&fork, &new, &proof, &key()).is_err());
}

/// A log whose first event has the second key follow the first, and whose second one has the third follow the second.
struct Rotated {
    leaves: Vec<TreeHash>,
    facts: Vec<(Vec<u8>, Vec<u8>)>,
}

impl NodeSource for Rotated {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<TreeHash, Infallible> {
        let Some(below) = level.checked_sub(1) else {
            return Ok(self.leaves[usize::try_from(index).unwrap()]);
        };
        Ok(node_hash(&self.node(below, 2 * index)?, &self.node(below, 2 * index + 1)?))
    }
}

impl Rotated {
    fn new(changes: &[LogKeyRotated]) -> Self {
        let (mut leaves, mut facts) = (Vec::new(), Vec::new());
        for (position, change) in (0_u64..).zip(changes) {
            let header = header(position);
            let body = LedgerFact::from(change.clone()).encode().public;
            let root = content_root(&header, &[Part::Public(body.clone())]);
            leaves.push(leaf_hash(&leaf_entry(LogPosition(position), &root)));
            facts.push((header.encode(), body));
        }
        leaves.push(leaf_hash(b"an event about something else"));
        Self { leaves, facts }
    }

    fn size(&self) -> u64 {
        u64::try_from(self.leaves.len()).unwrap()
    }

    /// The checkpoint of all of it, signed by these keys.
    fn note(&self, seeds: &[u8]) -> String {
        let root = root_of(self, self.size()).unwrap();
        let signers: Vec<_> = seeds.iter().map(|seed| signer(*seed)).collect();
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: self.size(), root };
        checkpoint.sign(&signers.iter().collect::<Vec<_>>()).unwrap()
    }

    fn file(&self, seeds: &[u8]) -> FactsProof {
        let fact = |(index, (header, body)): (u64, &(Vec<u8>, Vec<u8>))| CarriedFact {
            index,
            header: header.clone(),
            body: body.clone(),
            path: inclusion_path(self, index, self.size()).unwrap(),
        };
        let facts = (0_u64..).zip(&self.facts).map(fact).collect();
        FactsProof { facts, checkpoint: self.note(seeds) }
    }
}

fn header(position: u64) -> Header {
    let id = uuid::Uuid::from_u128(u128::from(position) + 1);
    Header {
        event_id: EventId::new(id),
        tenant: None,
        stream: StreamName::ledger(),
        revision: position,
        previous_root: Digest::ZERO,
        wire_name: "log_key_rotated.v1".to_owned(),
        recorded_at: Timestamp::from_micros(1),
        effective_at: Timestamp::from_micros(1),
        actor: Actor::Operator,
        on_behalf_of: None,
        command_id: CommandId::new(id),
        command_digest: Digest::ZERO,
        correlation_id: CorrelationId::new(id),
        causation_id: None,
        rule: "ledger.keys_follow_each_other".to_owned(),
        policy_digest: None,
        basis: None,
    }
}

fn change(old: u8, new: u8) -> LogKeyRotated {
    Rotation::sign(&signer(old), &signer(new)).unwrap()
}

fn followed(file: &FactsProof, kept: u8) -> Result<TrustedKeys, ledger_verify::Refusal> {
    ledger_verify::followed(&file.to_text(), &signer(kept).verifier())
}

#[test]
fn whoever_kept_an_old_key_is_led_to_the_one_that_signs_now() {
    let log = Rotated::new(&[change(1, 2), change(2, 3)]);
    for kept in [1, 2, 3] {
        let keys = followed(&log.file(&[3]), kept).unwrap();
        assert_eq!(keys.newest(), Some(&signer(3).verifier()));
        ledger_verify::checkpoint(&log.note(&[3]), &keys, "new").unwrap();
        ledger_verify::checkpoint(&log.note(&[3, 2]), &keys, "new").unwrap();
        assert!(ledger_verify::checkpoint(&log.note(&[2]), &keys, "new").is_err());
    }
    // Without it, the old key alone believes what it signed too.
    let old = key();
    assert!(ledger_verify::checkpoint(&log.note(&[3, 1]), &old, "new").is_ok());
    assert!(ledger_verify::checkpoint(&log.note(&[3]), &old, "new").is_err());
    // And where nothing changed, the key that was kept signs now.
    let none = Rotated::new(&[]);
    assert_eq!(followed(&none.file(&[1]), 1).unwrap().newest(), Some(&signer(1).verifier()));
}

#[test]
fn a_new_key_is_refused_that_no_change_leads_to() {
    let log = Rotated::new(&[change(1, 2)]);
    // Signed by a key that the change does not name, by the replaced one alone, or kept was another.
    assert!(followed(&log.file(&[2]), 1).is_ok());
    assert!(followed(&log.file(&[3]), 1).is_err());
    assert!(followed(&log.file(&[1]), 1).is_err());
    assert!(followed(&log.file(&[2]), 9).is_err());
    // A change that somebody else signed, under the names of both keys.
    let statement = change(9, 2).statement;
    let forged = Rotated::new(&[LogKeyRotated { statement, ..change(1, 2) }]);
    assert!(followed(&forged.file(&[2]), 1).is_err());
    // A gap in the chain.
    let gap = Rotated::new(&[change(1, 2), change(3, 4)]);
    assert!(followed(&gap.file(&[4]), 1).is_err());
}

#[test]
fn a_change_is_refused_whose_fact_is_not_in_the_signed_log() {
    let (log, other) = (Rotated::new(&[change(1, 2)]), Rotated::new(&[change(1, 3)]));
    // An honest statement of the old key, in a log that does not hold it.
    let outside = FactsProof { checkpoint: other.note(&[2]), ..log.file(&[2]) };
    assert!(followed(&outside, 1).is_err());
    let mut moved = log.file(&[2]);
    moved.facts[0].index = 1;
    assert!(followed(&moved, 1).is_err());
    let without = FactsProof { facts: vec![], ..log.file(&[2]) };
    assert!(followed(&without, 1).is_err());
}

#[test]
fn no_file_about_keys_holds_with_any_byte_changed_or_its_end_lost() {
    let file = Rotated::new(&[change(1, 2)]).file(&[2]).to_text();
    let kept = signer(1).verifier();
    let mut believed = Vec::new();
    for changed in mutations(&file).step_by(101) {
        if ledger_verify::followed(&changed, &kept).is_ok() {
            believed.push(changed);
        }
    }
    assert_eq!(believed, [""; 0]);
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
    let (vkey, proof) =
        (signer(1).verifier().to_string(), file("event.proof", &inclusion_of(3, 6)));
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

    let log = Rotated::new(&[change(1, 2)]);
    let keys = file("keys", &log.file(&[2]).to_text());
    let other = signer(9).verifier().to_string();
    assert_eq!(end(&["keys", &keys, "--key", &vkey]), 0);
    assert_eq!(end(&["keys", &keys, "--key", &other]), 3);
    assert_eq!(end(&["keys", &proof, "--key", &vkey]), 3);
    let both = file("both", &log.note(&[2]));
    let path = vec![];
    let (old_size, old_root) = (log.size(), root_of(&log, log.size()).unwrap());
    let same = ConsistencyProof { old_size, old_root, path, checkpoint: log.note(&[2]) };
    let same = file("same.proof", &same.to_text());
    let asked = ["consistency", &both, &both, &same, "--key", &vkey];
    assert_eq!(end(&asked), 3);
    assert_eq!(end(&[&asked[..], &["--keys", &keys]].concat()), 0);
    assert_eq!(end(&["consistency", &both, &both, &same, "--keys", &keys]), 2);
}
