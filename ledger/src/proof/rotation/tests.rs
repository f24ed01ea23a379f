use super::*;

const LOG: &str = "ledger.orbit/v1/0198";

fn key(seed: u8) -> SignerKey {
    SignerKey::from_seed(LOG, &[seed; 32]).unwrap()
}

fn rotated(old: u8, new: u8) -> LogKeyRotated {
    Rotation::sign(&key(old), &key(new)).unwrap()
}

#[test]
fn a_new_key_is_believed_when_the_old_one_vouches_for_it() {
    let fact = rotated(1, 2);
    let rotation = Rotation::of(&fact).unwrap();
    assert_eq!((rotation.old, rotation.new), (key(1).verifier(), key(2).verifier()));
    assert!(fact.statement.starts_with("deedbook.log-key-rotation@v1\nledger.orbit/v1/0198\n"));
}

#[test]
fn a_change_that_the_old_key_did_not_sign_is_refused() {
    let (honest, forged) = (rotated(1, 2), rotated(3, 2));
    // Somebody else's signature under the names of the two keys.
    let pasted = LogKeyRotated { statement: forged.statement, ..honest.clone() };
    assert_eq!(Rotation::of(&pasted), Err(RotationError::OtherStatement));
    let text = honest.statement.split("\n\n").next().unwrap();
    let by = |signer: &SignerKey| {
        let statement = note::sign(&format!("{text}\n"), &[signer]).unwrap();
        Rotation::of(&LogKeyRotated { statement, ..honest.clone() })
    };
    for signer in [key(1), key(2), key(3)] {
        assert_eq!(by(&signer), Err(RotationError::NotSigned(NoteError::Unsigned)), "{signer:?}");
    }
    for at in 0..honest.statement.len() {
        let mut bytes = honest.statement.clone().into_bytes();
        bytes[at] ^= 1;
        let statement = String::from_utf8_lossy(&bytes).into_owned();
        assert!(Rotation::of(&LogKeyRotated { statement, ..honest.clone() }).is_err(), "byte {at}");
    }
}

#[test]
fn keys_of_two_logs_and_a_key_that_follows_itself_are_refused() {
    let other = SignerKey::from_seed("ledger.orbit/v1/0199", &[2; 32]).unwrap();
    assert_eq!(Rotation::sign(&key(1), &other), Err(RotationError::NotTwoOfOneLog));
    assert_eq!(Rotation::sign(&key(1), &key(1)), Err(RotationError::NotTwoOfOneLog));
}

#[test]
fn a_statement_of_a_change_is_no_checkpoint() {
    let statement = rotated(1, 2).statement;
    let opened = crate::proof::Checkpoint::open(&statement, &[key(1).verifier()]);
    assert_eq!(opened.unwrap_err(), crate::proof::CheckpointError::Size);
}

#[test]
fn each_size_has_one_key_that_must_have_signed() {
    let mut chain = KeyChain::default();
    assert_eq!((chain.in_force(9), chain.newest()), (None, None));
    chain.take(LogPosition(4), &rotated(1, 2)).unwrap();
    chain.take(LogPosition(7), &rotated(2, 3)).unwrap();
    let in_force = |events| chain.in_force(events).cloned().unwrap();
    // A checkpoint of four events does not hold the event at position 4, which is the fifth.
    assert_eq!([1, 4].map(in_force), [1, 1].map(|seed| key(seed).verifier()));
    assert_eq!([5, 7].map(in_force), [2, 2].map(|seed| key(seed).verifier()));
    assert_eq!([8, 99].map(in_force), [3, 3].map(|seed| key(seed).verifier()));
    assert_eq!(chain.keys(), [1, 2, 3].map(|seed| key(seed).verifier()));
}

#[test]
fn a_chain_takes_no_key_that_its_newest_does_not_vouch_for_and_none_twice() {
    let mut chain = KeyChain::default();
    chain.take(LogPosition(4), &rotated(1, 2)).unwrap();
    let before = chain.clone();
    let at = LogPosition(9);
    assert_eq!(chain.take(at, &rotated(1, 3)), Err(RotationError::NotInForce));
    assert_eq!(chain.take(at, &rotated(4, 5)), Err(RotationError::NotInForce));
    assert_eq!(chain.take(at, &rotated(2, 1)), Err(RotationError::Again));
    assert_eq!(chain, before);
}
