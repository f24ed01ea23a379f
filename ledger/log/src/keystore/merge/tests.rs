use super::*;
use crate::keystore::record::WRAPPED_BYTES;
use schemas::SubjectId;

const STORE: [u8; 16] = [9; 16];

fn record(number: u8) -> Record {
    let kind = if number == 0 { Kind::Index } else { Kind::Subject };
    Record { kind, subject: SubjectId::from_bytes([number; 16]), wrapped: [number; WRAPPED_BYTES] }
}

fn file(records: &[Record]) -> Vec<u8> {
    Merged { store: STORE, records: records.to_vec(), torn: 0 }.encode()
}

fn three() -> Vec<Record> {
    (0..3).map(record).collect()
}

fn assert_heals(a: &[u8], b: &[u8], expected: &[Record], case: &str) {
    let merged = merge(a, b).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(merged.encode(), file(expected), "{case}");
}

#[test]
fn any_flipped_bit_in_one_copy_is_healed_from_the_other() {
    let whole = file(&three());
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << bit;
            assert_heals(&flipped, &whole, &three(), &format!("a: byte {place} bit {bit}"));
            assert_heals(&whole, &flipped, &three(), &format!("b: byte {place} bit {bit}"));
        }
    }
}

#[test]
fn a_copy_cut_anywhere_or_grown_is_healed_from_the_other() {
    let whole = file(&three());
    for length in 0..whole.len() {
        assert_heals(&whole[..length], &whole, &three(), &format!("a cut at {length}"));
        assert_heals(&whole, &whole[..length], &three(), &format!("b cut at {length}"));
    }
    let grown = [whole.clone(), vec![0; 200]].concat();
    assert_heals(&grown, &whole, &three(), "a grown");
    assert_heals(&whole, &grown, &three(), "b grown");
}

#[test]
fn a_record_that_was_half_written_when_the_machine_stopped_is_left_out() {
    let (before, after) = (file(&three()[..2]), file(&three()));
    for length in before.len()..after.len() {
        assert_heals(&after[..length], &before, &three()[..2], &format!("torn at {length}"));
    }
    assert_heals(&after, &before, &three(), "written to a only");
    // Two new records, of which the later one reached the disk first.
    let mut four = file(&(0..4).map(record).collect::<Vec<_>>());
    let hole = before.len();
    four[hole + 5] ^= 1;
    assert_heals(&four, &before, &[record(0), record(1), record(3)], "a hole");
    assert_eq!(merge(&four, &before).map(|merged| merged.torn).ok(), Some(1));
}

#[test]
fn the_same_record_damaged_in_both_is_a_typed_refusal() {
    let whole = file(&three());
    let (mut a, mut b) = (whole.clone(), whole);
    let offset = HEADER_BYTES + RECORD_BYTES;
    a[offset + 20] ^= 4;
    b[offset + 70] ^= 1;
    let found = merge(&a, &b).err();
    let expected = offset_of(1);
    assert!(matches!(found, Some(KeystoreError::Damaged { offset }) if offset == expected));
}

#[test]
fn both_headers_damaged_is_a_typed_refusal() {
    let mut whole = file(&three());
    whole[0] ^= 1;
    assert!(matches!(merge(&whole, &whole).err(), Some(KeystoreError::Damaged { offset: 0 })));
    assert!(matches!(merge(&[], &[]).err(), Some(KeystoreError::Damaged { offset: 0 })));
}

#[test]
fn an_erasure_that_reached_one_copy_is_completed() {
    let key = file(&three());
    let mut records = three();
    records[1] = Record::erased(records[1].subject);
    let erased = file(&records);
    assert_heals(&erased, &key, &records, "a erased");
    assert_heals(&key, &erased, &records, "b erased");
}

#[test]
fn copies_of_different_ledgers_or_times_are_refused() {
    let mine = file(&three());
    let other = Merged { store: [8; 16], records: three(), torn: 0 }.encode();
    assert!(matches!(merge(&mine, &other).err(), Some(KeystoreError::CopiesDisagree)));
    let mut records = three();
    records[2].wrapped = [77; WRAPPED_BYTES];
    let later = file(&records);
    assert!(matches!(merge(&mine, &later).err(), Some(KeystoreError::CopiesDisagree)));
    records[2] = Record::erased(SubjectId::from_bytes([5; 16]));
    let foreign = file(&records);
    assert!(matches!(merge(&mine, &foreign).err(), Some(KeystoreError::CopiesDisagree)));
}

#[test]
fn a_newer_format_is_refused_with_its_number() {
    let mut newer = file(&three());
    newer[7] = VERSION + 1;
    let check = crc32c::crc32c(&newer[..24]).to_be_bytes();
    newer[24..28].copy_from_slice(&check);
    let found = merge(&newer, &newer).err();
    assert!(matches!(found, Some(KeystoreError::Version { found: 2, newest: 1 })));
}
