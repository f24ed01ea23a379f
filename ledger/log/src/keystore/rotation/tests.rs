use std::os::unix::fs::PermissionsExt;

use schemas::SubjectId;

use super::super::Opened;
use super::*;

fn subject(number: u8) -> SubjectId {
    SubjectId::from_bytes([number; 16])
}

/// A keystore with three subjects, one of them erased, and what was sealed for the first.
fn made(dir: &Path) -> (Vec<u8>, schemas::Digest) {
    let keystore = Keystore::create(dir).unwrap();
    keystore.ensure(&[subject(1), subject(2), subject(3)]).unwrap();
    let sealed = keystore.seal(subject(1), b"Ada Lovelace").unwrap();
    keystore.flush().unwrap();
    keystore.erase(subject(3)).unwrap();
    (sealed, keystore.digest("email", b"a@b"))
}

fn is_whole(dir: &Path, sealed: &[u8], email: schemas::Digest) -> KeyInventory {
    let keystore = Keystore::open(dir).unwrap();
    let opened = keystore.open_sealed(subject(1), sealed).unwrap();
    assert!(matches!(opened, Opened::Clear(clear) if clear == b"Ada Lovelace"));
    assert!(keystore.is_erased(subject(3)));
    assert_eq!(keystore.digest("email", b"a@b"), email, "hashes that the log holds stay right");
    assert!(!dir.join(NEXT_KEK).exists());
    keystore.inventory()
}

#[test]
fn all_keys_are_wrapped_anew_and_the_key_before_opens_nothing_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("keys");
    let (sealed, email) = made(&dir);
    let before = is_whole(&dir, &sealed, email);
    let old = fs::read(kek_path(&dir)).unwrap();
    let rotated = Keystore::rotate_key_encryption(&dir).unwrap();
    let now = is_whole(&dir, &sealed, email);
    assert_eq!((rotated.before, rotated.now), (before.key_encryption, now.key_encryption));
    assert_ne!(rotated.before, rotated.now);
    assert_eq!(rotated.wrapped, 3, "the index and two subjects");
    assert_eq!((now.index, now.subjects, now.erased), (before.index, 2, 1));
    let mode = fs::metadata(kek_path(&dir)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o400);
    fs::remove_file(kek_path(&dir)).unwrap();
    fs::write(kek_path(&dir), old).unwrap();
    assert!(matches!(Keystore::open(&dir), Err(KeystoreError::KekWrong { .. })));
}

#[test]
fn wherever_it_is_interrupted_the_next_start_has_all_keys_and_it_can_be_done_again() {
    for done in 0..=Step::ALL.len() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("keys");
        let (sealed, email) = made(&dir);
        let (before, rotation) = Rotation::prepare(&dir).unwrap();
        Step::ALL.iter().take(done).for_each(|step| rotation.run(*step).unwrap());
        let found = is_whole(&dir, &sealed, email).key_encryption;
        let next = KeyId::of("key-encryption", &rotation.kek);
        assert_eq!(found, if done < 2 { before } else { next }, "after {done} steps");
        let rotated = Keystore::rotate_key_encryption(&dir).unwrap();
        assert_eq!(rotated.before, found);
        is_whole(&dir, &sealed, email);
    }
}

#[test]
fn a_next_key_that_was_half_written_is_dropped_and_none_is_where_neither_fits() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("keys");
    let (sealed, email) = made(&dir);
    fs::write(dir.join(NEXT_KEK), [7; 12]).unwrap();
    is_whole(&dir, &sealed, email);
    fs::write(dir.join(NEXT_KEK), [7; 32]).unwrap();
    let present = fs::read(kek_path(&dir)).unwrap();
    fs::remove_file(kek_path(&dir)).unwrap();
    fs::write(kek_path(&dir), [8; 32]).unwrap();
    assert!(matches!(Keystore::open(&dir), Err(KeystoreError::KekWrong { .. })));
    assert!(dir.join(NEXT_KEK).exists(), "it may be the one that is needed");
    fs::write(kek_path(&dir), present).unwrap();
    is_whole(&dir, &sealed, email);
}

#[test]
fn who_opens_the_keys_between_the_steps_takes_none_away() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("keys");
    let (sealed, email) = made(&dir);
    let (_, rotation) = Rotation::prepare(&dir).unwrap();
    for step in Step::ALL {
        rotation.run(step).unwrap();
        is_whole(&dir, &sealed, email);
    }
    let found = is_whole(&dir, &sealed, email).key_encryption;
    assert_eq!(found, KeyId::of("key-encryption", &rotation.kek));
}

#[test]
fn a_copy_that_is_damaged_between_the_steps_is_healed_from_the_other() {
    for damaged in [0, 1] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("keys");
        let (sealed, email) = made(&dir);
        let (_, rotation) = Rotation::prepare(&dir).unwrap();
        Step::ALL.iter().take(3).for_each(|step| rotation.run(*step).unwrap());
        let path = dir.join(NAMES[damaged]);
        let mut bytes = fs::read(&path).unwrap();
        bytes[HEADER_BYTES + 20] ^= 1;
        fs::write(&path, bytes).unwrap();
        let found = is_whole(&dir, &sealed, email).key_encryption;
        assert_eq!(found, KeyId::of("key-encryption", &rotation.kek));
    }
}
