use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;

fn subject(number: u8) -> SubjectId {
    SubjectId::from_bytes([number; 16])
}

fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    (folder, keys)
}

fn clear(keystore: &Keystore, number: u8, sealed: &[u8]) -> Vec<u8> {
    match keystore.open_sealed(subject(number), sealed).unwrap() {
        Opened::Clear(bytes) => bytes,
        Opened::Erased => panic!("subject {number} is erased"),
    }
}

fn is_erased(keystore: &Keystore, number: u8, sealed: &[u8]) -> bool {
    matches!(keystore.open_sealed(subject(number), sealed).unwrap(), Opened::Erased)
}

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn flushed_keys_survive_and_open_what_they_sealed() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    keystore.ensure(&[subject(1), subject(2)]).unwrap();
    let sealed = keystore.seal(subject(1), b"Ada Lovelace").unwrap();
    let (email, id) = (keystore.digest("email", b"a@b"), keystore.derive_id("account", &[b"7"]));
    keystore.flush().unwrap();
    drop(keystore);
    let keystore = Keystore::open(&keys).unwrap();
    assert_eq!(keystore.recovery(), &KeyRecovery::default());
    assert_eq!(keystore.subjects(), 2);
    assert_eq!(clear(&keystore, 1, &sealed), b"Ada Lovelace");
    assert_eq!(keystore.digest("email", b"a@b"), email);
    assert_eq!(keystore.derive_id("account", &[b"7"]), id);
}

#[test]
fn a_flush_with_nothing_new_writes_nothing_and_a_key_is_written_once() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    let sizes = || ["subjects.a", "subjects.b"].map(|name| fs::read(keys.join(name)).unwrap());
    let before = sizes();
    keystore.flush().unwrap();
    assert_eq!(sizes(), before);
    keystore.ensure(&[subject(1)]).unwrap();
    keystore.flush().unwrap();
    let after = sizes();
    assert_eq!(after[0].len(), before[0].len() + record::RECORD_BYTES);
    assert_eq!(after[0], after[1]);
    keystore.ensure(&[subject(1)]).unwrap();
    keystore.flush().unwrap();
    assert_eq!(sizes(), after);
}

#[test]
fn the_hook_of_the_log_flushes() {
    let (_folder, keys) = folder();
    let keystore = Arc::new(Keystore::create(&keys).unwrap());
    keystore.ensure(&[subject(1)]).unwrap();
    let hook = Keystore::before_commit(&keystore);
    hook().unwrap();
    drop((hook, keystore));
    assert_eq!(Keystore::open(&keys).unwrap().subjects(), 1);
}

#[test]
fn keys_that_were_not_flushed_are_gone_and_say_so() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    keystore.ensure(&[subject(1)]).unwrap();
    let sealed = keystore.seal(subject(1), b"x").unwrap();
    drop(keystore);
    let keystore = Keystore::open(&keys).unwrap();
    let missing = keystore.open_sealed(subject(1), &sealed).err().unwrap();
    assert_eq!(missing.code(), "KEY_MISSING");
}

#[test]
fn one_damaged_or_missing_copy_is_healed() {
    for damaged in ["subjects.a", "subjects.b"] {
        for missing in [false, true] {
            let (_folder, keys) = folder();
            let keystore = Keystore::create(&keys).unwrap();
            keystore.ensure(&[subject(1), subject(2)]).unwrap();
            keystore.flush().unwrap();
            let sealed = keystore.seal(subject(2), b"x").unwrap();
            drop(keystore);
            let path = keys.join(damaged);
            let whole = fs::read(&path).unwrap();
            if missing {
                fs::remove_file(&path).unwrap()
            } else {
                flip(&path, 150)
            }
            let keystore = Keystore::open(&keys).unwrap();
            assert_eq!(keystore.recovery().healed, vec![path.clone()], "{damaged}");
            assert_eq!(clear(&keystore, 2, &sealed), b"x");
            assert_eq!(fs::read(&path).unwrap(), whole);
            // The healed copy is the one that is written from now on.
            keystore.ensure(&[subject(3)]).unwrap();
            keystore.flush().unwrap();
            assert_eq!(Keystore::open(&keys).unwrap().recovery(), &KeyRecovery::default());
        }
    }
}

#[test]
fn no_flipped_bit_of_a_copy_loses_or_changes_a_key() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    keystore.ensure(&[subject(1), subject(2)]).unwrap();
    keystore.flush().unwrap();
    let sealed = keystore.seal(subject(2), b"x").unwrap();
    drop(keystore);
    let whole = fs::read(keys.join("subjects.a")).unwrap();
    let (mut healed, mut refused) = (0_u64, 0_u64);
    for bit in (0..whole.len() * 8).step_by(13) {
        for (number, name) in ["subjects.a", "subjects.b"].into_iter().enumerate() {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(keys.join(name), &bytes).unwrap();
            // The second time both copies are wrong at the same bit.
            match Keystore::open(&keys) {
                Ok(opened) => {
                    assert_eq!(clear(&opened, 2, &sealed), b"x", "bit {bit} of {name}");
                    healed += 1;
                }
                Err(_) => refused += 1,
            }
            if number == 0 {
                fs::write(keys.join("subjects.a"), &bytes).unwrap();
            }
        }
        for name in ["subjects.a", "subjects.b"] {
            fs::write(keys.join(name), &whole).unwrap();
        }
    }
    println!("flipped bits of key files: {healed} healed, {refused} refused");
    assert!(healed > 0 && refused > 0);
}

#[test]
fn both_copies_damaged_in_one_place_is_a_typed_refusal() {
    let (_folder, keys) = folder();
    drop(Keystore::create(&keys).unwrap());
    flip(&keys.join("subjects.a"), 60);
    flip(&keys.join("subjects.b"), 61);
    assert_eq!(Keystore::open(&keys).err().unwrap().code(), "KEYSTORE_DAMAGED");
}

#[test]
fn the_key_encryption_key_is_guarded() {
    let (_folder, keys) = folder();
    drop(Keystore::create(&keys).unwrap());
    let kek = keys.join("kek");
    assert_eq!(fs::metadata(&kek).unwrap().permissions().mode() & 0o777, 0o400);
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(Keystore::create(&keys).err().unwrap().code(), "KEYSTORE_EXISTS");
    let right = fs::read(&kek).unwrap();
    fs::remove_file(&kek).unwrap();
    assert_eq!(Keystore::open(&keys).err().unwrap().code(), "KEYSTORE_MISSING");
    fs::write(&kek, [5; 32]).unwrap();
    assert_eq!(Keystore::open(&keys).err().unwrap().code(), "KEYSTORE_WRONG_KEY");
    fs::write(&kek, &right[..31]).unwrap();
    assert_eq!(Keystore::open(&keys).err().unwrap().code(), "KEYSTORE_WRONG_KEY");
    fs::write(&kek, right).unwrap();
    assert!(Keystore::open(&keys).is_ok());
}

#[test]
fn a_creation_that_stopped_half_way_can_be_repeated() {
    let (_folder, keys) = folder();
    drop(Keystore::create(&keys).unwrap());
    // The key-encryption key is written last: without it nothing was created.
    fs::remove_file(keys.join("kek")).unwrap();
    drop(Keystore::create(&keys).unwrap());
    assert!(Keystore::open(&keys).is_ok());
}

#[test]
fn an_erased_subject_stays_erased_and_its_key_is_in_no_file() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    keystore.ensure(&[subject(1), subject(2)]).unwrap();
    let sealed = [1, 2].map(|number| keystore.seal(subject(number), b"x").unwrap());
    keystore.flush().unwrap();
    let key = keystore.read().get(subject(1)).unwrap().wrapped;
    keystore.erase(subject(1)).unwrap();
    keystore.erase(subject(1)).unwrap();
    for name in ["subjects.a", "subjects.b"] {
        let bytes = fs::read(keys.join(name)).unwrap();
        assert!(!bytes.windows(key.len()).any(|window| window == key), "{name}");
    }
    for keystore in [keystore, Keystore::open(&keys).unwrap()] {
        assert!(keystore.is_erased(subject(1)) && !keystore.is_erased(subject(2)));
        assert!(is_erased(&keystore, 1, &sealed[0]));
        assert_eq!(clear(&keystore, 2, &sealed[1]), b"x");
        assert_eq!(keystore.ensure(&[subject(1)]).err().unwrap().code(), "SUBJECT_ERASED");
        assert_eq!(keystore.seal(subject(1), b"y").err().unwrap().code(), "SUBJECT_ERASED");
    }
}

#[test]
fn many_keys_are_destroyed_at_once_and_those_of_others_are_left() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    let all: Vec<_> = (1..=9).map(subject).collect();
    keystore.ensure(&all).unwrap();
    let sealed: Vec<_> = all.iter().map(|one| keystore.seal(*one, b"x").unwrap()).collect();
    keystore.flush().unwrap();
    let gone: Vec<_> = [2, 4, 5, 9, 77].map(subject).to_vec();
    let wrapped: Vec<_> =
        gone.iter().filter_map(|one| Some(keystore.read().get(*one)?.wrapped)).collect();
    assert_eq!(wrapped.len(), 4);
    keystore.erase_all(&gone).unwrap();
    keystore.erase_all(&[]).unwrap();
    for name in ["subjects.a", "subjects.b"] {
        let bytes = fs::read(keys.join(name)).unwrap();
        let held = wrapped.iter().filter(|key| bytes.windows(key.len()).any(|part| part == **key));
        assert_eq!(held.count(), 0, "{name}");
    }
    for keystore in [keystore, Keystore::open(&keys).unwrap()] {
        for (one, sealed) in all.iter().zip(&sealed) {
            let opened = keystore.open_sealed(*one, sealed).unwrap();
            assert_eq!(opened == Opened::Erased, gone.contains(one), "{one}");
        }
        assert!(keystore.is_erased(subject(77)), "who never had a key gets none");
    }
}

#[test]
fn erasing_a_key_that_was_never_written_or_never_made_is_durable_too() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    keystore.ensure(&[subject(1), subject(2)]).unwrap();
    let sealed = keystore.seal(subject(2), b"x").unwrap();
    keystore.erase(subject(1)).unwrap();
    keystore.erase(subject(3)).unwrap();
    drop(keystore);
    let keystore = Keystore::open(&keys).unwrap();
    assert!(keystore.is_erased(subject(1)) && keystore.is_erased(subject(3)));
    assert_eq!(clear(&keystore, 2, &sealed), b"x");
}

#[test]
fn any_flipped_bit_of_sealed_bytes_is_refused() {
    let keystore = Keystore::in_memory().unwrap();
    keystore.ensure(&[subject(1)]).unwrap();
    let sealed = keystore.seal(subject(1), b"Ada").unwrap();
    assert_eq!(sealed.len(), 24 + 3 + 16 + 32);
    for place in 0..sealed.len() {
        let mut flipped = sealed.clone();
        flipped[place] ^= 0x10;
        let refused = keystore.open_sealed(subject(1), &flipped).err().unwrap();
        assert_eq!(refused.code(), "SEAL_BROKEN", "byte {place}");
        assert!(keystore.open_sealed(subject(1), &sealed[..place]).is_err(), "cut at {place}");
    }
}

#[test]
fn what_commits_to_another_key_is_refused_by_its_commitment() {
    let keystore = Keystore::in_memory().unwrap();
    keystore.ensure(&[subject(1), subject(2)]).unwrap();
    let one = keystore.seal(subject(1), b"Ada").unwrap();
    let refused = keystore.open_sealed(subject(2), &one).err().unwrap();
    assert!(matches!(refused, KeystoreError::KeyCommitment { .. }), "{refused}");
    // The ciphertext is right and would open; the commitment is that of another sealing.
    let two = keystore.seal(subject(1), b"Ada").unwrap();
    let mixed = [&one[..one.len() - 32], &two[two.len() - 32..]].concat();
    let refused = keystore.open_sealed(subject(1), &mixed).err().unwrap();
    assert!(matches!(refused, KeystoreError::KeyCommitment { .. }), "{refused}");
}

#[test]
fn records_swapped_between_subjects_do_not_unwrap() {
    let keystore = Keystore::in_memory().unwrap();
    keystore.ensure(&[subject(1), subject(2)]).unwrap();
    let sealed = keystore.seal(subject(1), b"x").unwrap();
    let other = keystore.read().get(subject(2)).unwrap().wrapped;
    let moved = Record { kind: Kind::Subject, subject: subject(1), wrapped: other };
    keystore.write().put(moved).unwrap();
    assert_eq!(keystore.open_sealed(subject(1), &sealed).err().unwrap().code(), "SEAL_BROKEN");
}

#[test]
fn blind_indexes_are_the_golden_ones() {
    // Computed by a second, independent BLAKE3 (plain Python) in keyed mode.
    let kek = [3; 32];
    let index = seal::wrap(&kek, Kind::Index, SubjectId::default(), &[0x31; 32]).unwrap();
    let recovery = KeyRecovery::default();
    let keystore =
        Keystore::of(Zeroizing::new(kek), vec![index], None, recovery, Path::new("")).unwrap();
    assert_eq!(
        keystore.digest("email", b"ada@example.org").to_string(),
        "a509e44e39dd5f74ed4ecb5ca2fd488df01c6db190e1b0df253ae94406fd2121"
    );
    let id = uuid::Uuid::from_bytes(keystore.derive_id("account", &[b"crm", b"42"]));
    assert_eq!(id.to_string(), "1c1166da-0392-84bd-9bac-0c08c75ba152");
    assert_ne!(keystore.digest("email", b"x"), keystore.digest("domain", b"x"));
}

#[test]
fn two_ledgers_have_unrelated_blind_indexes() {
    let [one, two] = [(); 2].map(|()| Keystore::in_memory().unwrap());
    assert_ne!(one.digest("email", b"ada@example.org"), two.digest("email", b"ada@example.org"));
}

#[test]
fn many_threads_agree_on_one_key_for_each_subject() {
    let (_folder, keys) = folder();
    let keystore = Keystore::create(&keys).unwrap();
    let subjects: Vec<_> = (0..100).map(subject).collect();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let (keystore, subjects) = (&keystore, &subjects);
            scope.spawn(move || {
                for number in 0..100 {
                    keystore.ensure(&subjects[usize::from(number)..]).unwrap();
                    let sealed = keystore.seal(subject(number), &[thread, number]).unwrap();
                    assert_eq!(clear(keystore, number, &sealed), [thread, number]);
                    keystore.flush().unwrap();
                }
            });
        }
    });
    let sealed: Vec<_> = subjects.iter().map(|one| keystore.seal(*one, b"x").unwrap()).collect();
    drop(keystore);
    let keystore = Keystore::open(&keys).unwrap();
    assert_eq!((keystore.subjects(), keystore.recovery().torn), (100, 0));
    for (number, sealed) in (0..).zip(&sealed) {
        assert_eq!(clear(&keystore, number, sealed), b"x");
    }
}

#[test]
fn debug_output_shows_no_key() {
    let keystore = Keystore::in_memory().unwrap();
    assert_eq!(format!("{keystore:?}"), "Keystore { subjects: 0, .. }");
}

#[test]
fn a_full_disk_is_still_known_as_one_by_the_log() {
    let error = KeystoreError::Io {
        attempted: "written",
        path: "subjects.a".into(),
        source: io::ErrorKind::StorageFull.into(),
    };
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::StorageFull);
}

proptest! {
    #[test]
    fn what_is_sealed_opens_and_never_looks_the_same(text in prop::collection::vec(any::<u8>(), 0..400)) {
        let keystore = Keystore::in_memory().unwrap();
        keystore.ensure(&[subject(1)]).unwrap();
        let [one, two] = [(); 2].map(|()| keystore.seal(subject(1), &text).unwrap());
        prop_assert_ne!(&one, &two);
        prop_assert_eq!(clear(&keystore, 1, &one), text);
    }

    #[test]
    fn any_bytes_are_opened_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let keystore = Keystore::in_memory().unwrap();
        keystore.ensure(&[subject(1)]).unwrap();
        prop_assert!(keystore.open_sealed(subject(1), &bytes).is_err());
    }
}
