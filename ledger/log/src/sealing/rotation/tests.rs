use std::os::unix::fs::PermissionsExt;

use super::super::key::create_log_key;
use super::*;

const LOG: &str = "ledger.orbit/v1/0198";
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

/// A folder with one key of a log.
fn made() -> (tempfile::TempDir, VerifierKey) {
    let keys = tempfile::tempdir().unwrap();
    let key = create_log_key(keys.path(), LOG).unwrap().verifier();
    (keys, key)
}

fn recorded(fact: LogKeyRotated, position: u64) -> RotatedKey {
    RotatedKey { position: LogPosition(position), at: NOW, fact }
}

/// What signs when the log holds these changes.
fn settled(keys: &Path, changes: &[RotatedKey], now: Timestamp) -> Vec<VerifierKey> {
    let settled = settle_log_keys(keys, changes, now).unwrap().unwrap();
    settled.signing().into_iter().map(SignerKey::verifier).collect()
}

fn names(keys: &Path) -> Vec<String> {
    let entries = fs::read_dir(keys).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn days(count: i64) -> Timestamp {
    Timestamp::from_micros(NOW.micros() + count * DAY_MICROS)
}

#[test]
fn a_new_key_signs_with_the_one_before_for_thirty_days_and_then_alone() {
    let (keys, old) = made();
    let changes = [recorded(stage_log_key(keys.path()).unwrap(), 9)];
    let both = settled(keys.path(), &changes, NOW);
    let new: VerifierKey = changes[0].fact.new.parse().unwrap();
    assert_eq!(both, [new.clone(), old.clone()]);
    for name in ["log.key", "log.key.before", "log.former"] {
        let mode = fs::metadata(keys.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(settled(keys.path(), &changes, days(29)), both);
    assert_eq!(settled(keys.path(), &changes, days(30)), std::slice::from_ref(&new));
    assert_eq!(names(keys.path()), ["log.former", "log.key"], "the key before is destroyed");
    let known = LogKeys::open(keys.path()).unwrap().unwrap().known();
    assert_eq!(known, [new, old], "what it signed is still believed");
}

#[test]
fn a_second_change_ends_the_time_of_the_first() {
    let (keys, old) = made();
    let mut changes = vec![recorded(stage_log_key(keys.path()).unwrap(), 9)];
    let first = settled(keys.path(), &changes, NOW);
    changes.push(recorded(stage_log_key(keys.path()).unwrap(), 12));
    let second = settled(keys.path(), &changes, NOW);
    assert_eq!(second[1..], first[..1]);
    let known = LogKeys::open(keys.path()).unwrap().unwrap().known();
    assert_eq!(known, [second[0].clone(), old, first[0].clone()]);
}

#[test]
fn wherever_it_is_interrupted_the_next_start_has_the_old_key_or_the_change() {
    // Before the log holds the fact: the old key alone.
    let (keys, old) = made();
    stage_log_key(keys.path()).unwrap();
    assert_eq!(settled(keys.path(), &[], NOW), [old]);
    assert_eq!(names(keys.path()), ["log.key"]);
    // After it: the change, wherever it stopped.
    for done in 0..=Step::ALL.len() {
        let (keys, old) = made();
        let changes = [recorded(stage_log_key(keys.path()).unwrap(), 9)];
        let own = read_key(&log_key_path(keys.path())).unwrap().unwrap();
        Step::ALL.iter().take(done).for_each(|step| step.run(keys.path(), &own).unwrap());
        let between = LogKeys::open(keys.path()).unwrap().unwrap();
        assert!(between.known().contains(&old), "after {done} steps it believes what it signed");
        let new: VerifierKey = changes[0].fact.new.parse().unwrap();
        assert_eq!(settled(keys.path(), &changes, NOW), [new, old.clone()], "after {done} steps");
        assert_eq!(names(keys.path()), ["log.former", "log.key", "log.key.before"]);
        let former = fs::read_to_string(keys.path().join(FORMER)).unwrap();
        assert_eq!(former, format!("{old}\n"), "once");
    }
}

#[test]
fn what_an_interrupted_write_or_destruction_left_is_taken_away() {
    let (keys, old) = made();
    let secret = fs::read(log_key_path(keys.path())).unwrap();
    fs::write(keys.path().join(PART), secret).unwrap();
    assert_eq!(settled(keys.path(), &[], NOW), [old]);
    assert_eq!(names(keys.path()), ["log.key"]);
}

#[test]
fn keys_that_are_older_or_newer_than_the_log_do_not_sign() {
    let (keys, _) = made();
    let before = fs::read(log_key_path(keys.path())).unwrap();
    let changes = [recorded(stage_log_key(keys.path()).unwrap(), 9)];
    settled(keys.path(), &changes, NOW);
    let refused = settle_log_keys(keys.path(), &[], NOW).unwrap_err();
    assert!(matches!(refused, LogKeyError::Ahead { .. }), "{refused}");
    // A backup of the folder from before the change.
    let older = tempfile::tempdir().unwrap();
    fs::write(log_key_path(older.path()), before).unwrap();
    let refused = settle_log_keys(older.path(), &changes, NOW).unwrap_err();
    assert!(matches!(refused, LogKeyError::Replaced { .. }), "{refused}");
    // And with a staged key that is not the one that the log names.
    stage_log_key(older.path()).unwrap();
    let refused = settle_log_keys(older.path(), &changes, NOW).unwrap_err();
    assert!(matches!(refused, LogKeyError::Replaced { .. }), "{refused}");
}

#[test]
fn a_change_that_nobody_vouches_for_lets_no_key_sign() {
    let (keys, _) = made();
    let fact = stage_log_key(keys.path()).unwrap();
    let (stranger, _) = made();
    let theirs = stage_log_key(stranger.path()).unwrap();
    let forged = LogKeyRotated { statement: theirs.statement, ..fact };
    let refused = settle_log_keys(keys.path(), &[recorded(forged, 9)], NOW).unwrap_err();
    assert!(matches!(refused, LogKeyError::NotVouchedFor { position: 9, .. }), "{refused}");
}

#[test]
fn a_change_of_a_ledger_that_this_one_was_copied_from_is_none_of_its_own() {
    let (keys, own) = made();
    let copied = tempfile::tempdir().unwrap();
    create_log_key(copied.path(), "ledger.orbit/v1/0197").unwrap();
    let changes = [recorded(stage_log_key(copied.path()).unwrap(), 3)];
    assert_eq!(settled(keys.path(), &changes, NOW), [own]);
}
