//! Keys that follow each other, honestly and not: whoever kept the old public key goes on to believe what the new one signs,
//! and nothing that no fact of the signed log vouches for.

use std::fs;

use deedbook_service::log_check::Checked;
use ledger::proof::note::SignerKey;
use ledger::proof::rotation::Rotation;
use ledger_log::embedded::FindingKind::{BadSignature, Fork, UnknownKey};
use replay_tests::sealed::{Sealed, falsify};
use schemas::ledger::LogKeyRotated;

use super::{OWN, Said, checked, checked_with, proof_findings};

/// How many events the ledger has before the change, which is the next one.
const BEFORE: usize = 20;

fn another(ledger: &Sealed, seed: u8) -> SignerKey {
    SignerKey::from_seed(ledger.key.name(), &[seed; 32]).unwrap()
}

/// A ledger in which this change is the newest fact.
async fn changed(change: impl FnOnce(&Sealed) -> LogKeyRotated) -> Sealed {
    let mut ledger = Sealed::long(u64::try_from(BEFORE).unwrap()).await;
    let fact = change(&ledger);
    ledger.append(fact.into()).await;
    ledger
}

async fn rotated() -> (Sealed, SignerKey) {
    let ledger = changed(|ledger| Rotation::sign(&ledger.key, &another(ledger, 8)).unwrap()).await;
    let new = another(&ledger, 8);
    sign(&ledger, &[&new, &ledger.key]);
    (ledger, new)
}

/// Signs all of the ledger by these keys, the first of them published beside it.
fn sign(ledger: &Sealed, keys: &[&SignerKey]) {
    ledger.put_checkpoint(&ledger.checkpoint_by_all(keys, ledger.events.len()));
    fs::write(ledger.file("proofs/log.vkey"), format!("{}\n", keys[0].verifier())).unwrap();
}

fn whole(found: &Checked) -> bool {
    assert_eq!((&found.log.findings, &found.proofs.findings), (&vec![], &vec![]));
    found.is_whole()
}

fn own_unknown() -> Vec<Said> {
    OWN.map(|name| (UnknownKey, name.to_owned(), None)).to_vec()
}

/// What is found about the change itself.
fn in_the_log(kind: ledger_log::embedded::FindingKind) -> Said {
    let at = u64::try_from(BEFORE).unwrap();
    (kind, "the log".to_owned(), Some((at, at)))
}

#[tokio::test]
async fn whoever_kept_the_old_key_or_the_new_one_or_none_finds_the_ledger_whole() {
    let (ledger, new) = rotated().await;
    let kept: Vec<_> = (1..=BEFORE).map(|size| ("kept", ledger.checkpoint(size))).collect();
    for key in [Some(ledger.key.verifier()), Some(new.verifier()), None] {
        let found = checked_with(&ledger, key, &kept);
        assert!(whole(&found));
        assert_eq!(found.proofs.checkpoints, ledger.size() - 1 + 2);
        assert_eq!(found.proofs.key, Some(new.verifier().to_string()));
    }
    // When its time is over, the old key signs no more and is still enough to have kept.
    sign(&ledger, &[&new]);
    assert!(whole(&checked(&ledger, &kept)));
}

#[tokio::test]
async fn what_the_replaced_key_alone_signs_after_the_change_is_not_believed() {
    let (ledger, new) = rotated().await;
    let late = ledger.checkpoint(BEFORE + 1);
    for key in [ledger.key.verifier(), new.verifier()] {
        let found = checked_with(&ledger, Some(key), &[("kept", late.clone())]);
        assert_eq!(proof_findings(&ledger, &found), [(UnknownKey, "kept".to_owned(), None)]);
    }
    // Nor what the new one signs about a time when it was not there.
    let early = ledger.checkpoint_by(&new, BEFORE);
    let found = checked(&ledger, &[("kept", early)]);
    assert_eq!(proof_findings(&ledger, &found), [(UnknownKey, "kept".to_owned(), None)]);
}

#[tokio::test]
async fn a_change_whose_fact_is_not_in_what_was_signed_lets_nobody_sign() {
    let (ledger, new) = rotated().await;
    // The fact is in the log, and not under the checkpoint.
    ledger.put_checkpoint(&ledger.checkpoint_by(&new, BEFORE));
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), own_unknown());
    // No fact at all.
    let without = Sealed::long(u64::try_from(BEFORE).unwrap()).await;
    let stranger = another(&without, 8);
    sign(&without, &[&stranger]);
    assert_eq!(proof_findings(&without, &checked(&without, &[])), own_unknown());
}

#[tokio::test]
async fn a_change_that_somebody_else_signed_is_named_and_makes_nobody_believed() {
    let forged = |ledger: &Sealed| {
        let (new, theirs) = (another(ledger, 8), another(ledger, 9));
        let honest = Rotation::sign(&ledger.key, &new).unwrap();
        let statement = Rotation::sign(&theirs, &new).unwrap().statement;
        LogKeyRotated { statement, ..honest }
    };
    let ledger = changed(forged).await;
    sign(&ledger, &[&another(&ledger, 8)]);
    let mut said = own_unknown();
    said.push(in_the_log(BadSignature));
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), said);
    // Nor when the vendor's own key signs on: the log holds what nobody vouched for.
    sign(&ledger, &[&ledger.key]);
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), [in_the_log(BadSignature)]);
}

#[tokio::test]
async fn a_chain_that_begins_with_another_key_leads_nowhere() {
    let theirs =
        |ledger: &Sealed| Rotation::sign(&another(ledger, 9), &another(ledger, 8)).unwrap();
    let ledger = changed(theirs).await;
    sign(&ledger, &[&another(&ledger, 8), &another(&ledger, 9)]);
    let mut said = own_unknown();
    said.push(in_the_log(UnknownKey));
    assert_eq!(proof_findings(&ledger, &checked(&ledger, &[])), said);
    let alone = checked_with(&ledger, None, &[]);
    assert!(alone.is_whole(), "the folder's own key is no witness");
}

#[tokio::test]
async fn history_before_a_change_is_found_rewritten_by_what_the_old_key_signed() {
    let (ledger, new) = rotated().await;
    let mut entries = ledger.entries();
    falsify(&mut entries[5].event);
    let mut forged = ledger.copy();
    forged.rewrite(entries);
    forged.events = forged.stored();
    sign(&forged, &[&new]);
    assert!(whole(&checked(&forged, &[])), "nothing in the folder shows it");
    let found = checked(&forged, &[("kept", ledger.checkpoint(BEFORE))]);
    let last = u64::try_from(BEFORE - 1).unwrap();
    assert_eq!(proof_findings(&forged, &found), [(Fork, "kept".to_owned(), Some((0, last)))]);
}
