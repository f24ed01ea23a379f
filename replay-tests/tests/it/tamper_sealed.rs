//! Behind a checkpoint also the newest events are safe: whoever rewrites a sealed ledger is found by `deedbook verify`,
//! with every checksum made right and even with the vendor's own key, and the finding says which event and which file.

mod rotations;
mod statements;

use std::collections::BTreeSet;
use std::fs;

use deedbook_service::data_folder::DataFolder;
use deedbook_service::log_check::{CheckError, Checked, Trust, check};
use ledger::proof::{VerifierKey, content_root};
use ledger_log::embedded::Finding;
use ledger_log::embedded::FindingKind::{self, Fork, Rewrite, Rollback, Truncated};
use replay_tests::forge::{self, Segment};
use replay_tests::sealed::{Entry, Sealed, falsify};
use schemas::{StreamKind, StreamName};

const RELEASE: &str = env!("CARGO_PKG_VERSION");
/// Where a ledger keeps its newest checkpoint, in the order in which they are judged.
const OWN: [&str; 2] = ["keys/log.signed", "proofs/checkpoint"];

/// What `deedbook verify` says with these checkpoints that were kept elsewhere.
fn checked(ledger: &Sealed, kept: &[(&str, String)]) -> Checked {
    checked_with(ledger, Some(ledger.key.verifier()), kept)
}

/// The same, with another key, or with the one in the folder.
fn checked_with(ledger: &Sealed, key: Option<VerifierKey>, kept: &[(&str, String)]) -> Checked {
    let kept = kept.iter().map(|(name, note)| ((*name).to_owned(), note.clone())).collect();
    let trust = Trust { keys: key.into_iter().collect(), checkpoints: kept };
    match check(&DataFolder::at(ledger.path()), &trust, &mut |_| {}) {
        Ok(checked) => checked,
        Err(CheckError::Damaged(checked)) => *checked,
        Err(CheckError::Open(error)) => panic!("it does not open: {error:?}"),
    }
}

/// One finding about what was signed: its kind, where, and from which event to which.
type Said = (FindingKind, String, Option<(u64, u64)>);

/// The findings about what was signed, with names of files from the data folder.
fn proof_findings(ledger: &Sealed, checked: &Checked) -> Vec<Said> {
    let root = format!("{}/", ledger.path().display());
    let findings = checked.proofs.findings.iter();
    let said = findings.map(|one| {
        let positions = one.positions.map(|(first, last)| (first.0, last.0));
        (one.kind, one.place.replace(&root, ""), positions)
    });
    said.collect()
}

/// The findings about the log: kind, segment, byte, and the event where one is named.
fn log_findings(checked: &Checked) -> Vec<(FindingKind, u64, u64, Option<u64>)> {
    let event = |one: &Finding| one.event.map(|event| event.position.0);
    checked.log.findings.iter().map(|one| (one.kind, one.segment, one.offset, event(one))).collect()
}

/// Both of the ledger's own checkpoints say otherwise.
fn own(kind: FindingKind, first: u64, last: u64) -> Vec<Said> {
    OWN.map(|name| (kind, name.to_owned(), Some((first, last)))).to_vec()
}

/// Another history than was signed, and the first event that is not the one that was.
fn another_history(signed: u64, at: usize) -> Vec<Said> {
    let at = u64::try_from(at).unwrap();
    let mut said = own(Fork, 0, signed - 1);
    said.push((Rewrite, "the log".to_owned(), Some((at, at))));
    said
}

/// Whether the event is the newest of its stream: no later one commits to it.
fn is_head(entries: &[Entry], at: usize) -> bool {
    let stream = entries[at].event.header.stream;
    entries[at + 1..].iter().all(|later| later.event.header.stream != stream)
}

/// Whether so many more bytes fit into the segment.
fn has_room(segment: &Segment, bytes: usize) -> bool {
    segment.end() + bytes <= segment.bytes.len()
}

#[test]
fn a_ledger_that_nobody_touched_is_whole_and_every_checkpoint_kept_of_it_holds() {
    let ledger = Sealed::golden(RELEASE);
    let newest = fs::read_to_string(ledger.file("proofs/checkpoint")).unwrap();
    assert_eq!(newest, ledger.checkpoint(ledger.events.len()), "the sealer signs another tree");
    let kept: Vec<_> =
        (1..ledger.events.len()).map(|size| ("kept", ledger.checkpoint(size))).collect();
    let whole = checked(&ledger, &kept);
    assert!(whole.is_whole(), "{:?} {:?}", whole.log.findings, whole.proofs.findings);
    assert_eq!((whole.proofs.checkpoints, whole.proofs.tiles), (ledger.size() + 1, 1));
    // The forger knows the format: what it writes without a change is what was there.
    ledger.rewrite(ledger.entries());
    assert!(checked(&ledger, &kept).is_whole());
    assert_eq!(ledger.stored(), ledger.events);
}

#[test]
fn a_forged_event_that_is_the_newest_of_its_stream_is_found_by_the_checkpoint_over_it() {
    let ledger = Sealed::golden(RELEASE);
    let entries = ledger.entries();
    let last = entries.len() - 1;
    let heads: Vec<_> = (0..entries.len()).filter(|at| is_head(&entries, *at)).collect();
    let in_last = heads.iter().filter(|at| entries[**at].segment == entries[last].segment).count();
    assert!(heads.contains(&last) && in_last > 1 && heads.len() > in_last + 3, "{heads:?}");
    for at in heads {
        let forged = ledger.copy();
        let mut entries = entries.clone();
        falsify(&mut entries[at].event);
        forged.rewrite(entries);
        let found = checked(&forged, &[]);
        // Frames, mirrors and streams all fit: without the checkpoint nothing would show.
        assert_eq!(log_findings(&found), [], "event {at}");
        assert_eq!(
            proof_findings(&forged, &found),
            another_history(ledger.size(), at),
            "event {at}"
        );
    }
}

#[test]
fn a_forged_event_in_the_middle_is_found_by_the_one_after_it_and_by_the_checkpoint() {
    let ledger = Sealed::golden(RELEASE);
    let whole = ledger.entries();
    let mut segments = BTreeSet::new();
    for at in (0..whole.len()).filter(|at| !is_head(&whole, *at)) {
        let forged = ledger.copy();
        let mut entries = whole.clone();
        let event = &mut entries[at].event;
        falsify(event);
        event.content_root = content_root(&event.header, &event.parts);
        let stream = event.header.stream;
        let mut later = entries.iter().skip(at + 1);
        let next = later.find(|one| one.event.header.stream == stream).unwrap().event.position.0;
        forged.write(&entries);
        let found = checked(&forged, &[]);
        let (segment, byte) = forged.place_of(next);
        assert_eq!(log_findings(&found), [(Rewrite, segment, byte, Some(next))], "event {at}");
        assert_eq!(
            proof_findings(&forged, &found),
            another_history(ledger.size(), at),
            "event {at}"
        );
        segments.insert(entries[at].segment);
    }
    assert_eq!(segments.len(), ledger.segments().len(), "not in every segment: {segments:?}");
}

#[test]
fn one_batch_made_right_by_itself_is_found_where_the_next_one_should_follow() {
    let ledger = Sealed::golden(RELEASE);
    let segments = ledger.segments();
    let mut tried = 0;
    for (at, entry) in ledger.entries().iter().enumerate() {
        let segment = &segments[entry.segment];
        // The newest two of a segment are in its mirrors, too.
        let Some(next) = segment.batches.get(entry.batch + 1) else { continue };
        if entry.batch + 2 >= segment.batches.len() {
            continue;
        }
        let forged = ledger.copy();
        let mut entries = ledger.entries();
        falsify(&mut entries[at].event);
        forged.rewrite(entries);
        let name = segment.path.file_name().unwrap();
        let theirs = fs::read(forged.file("log").join(name)).unwrap();
        let frame = segment.batches[entry.batch].offset..next.offset;
        for file in &segments {
            let name = file.path.file_name().unwrap();
            fs::write(forged.file("log").join(name), &file.bytes).unwrap();
        }
        let mut bytes = segment.bytes.clone();
        bytes[frame.clone()].copy_from_slice(&theirs[frame]);
        fs::write(forged.file("log").join(name), bytes).unwrap();
        let found = checked(&forged, &[]);
        let byte = u64::try_from(next.offset).unwrap();
        let said = log_findings(&found);
        assert_eq!(said[0], (Fork, segment.number, byte, None), "event {at}");
        // A later segment may hold the next event of the stream: it commits to what was forged.
        let stream = entry.event.header.stream;
        let next = |one: &Finding| one.event.is_some_and(|place| place.stream == stream);
        let later = &found.log.findings[1..];
        assert!(later.len() < 2 && later.iter().all(next), "event {at}: {said:?}");
        // What comes after the break cannot be compared with what was signed.
        let held = |one: &&Entry| (one.segment, one.batch) <= (entry.segment, entry.batch);
        let left = u64::try_from(ledger.entries().iter().filter(held).count()).unwrap();
        let said = proof_findings(&forged, &found);
        assert_eq!(said, own(Truncated, left, ledger.size() - 1), "event {at}");
        tried += 1;
    }
    assert!(tried > 40, "only {tried} batches");
}

#[test]
fn two_swapped_events_are_found_where_the_first_of_them_was() {
    let ledger = Sealed::golden(RELEASE);
    let (whole, segments) = (ledger.entries(), ledger.segments());
    let mut swaps = 0;
    for at in 0..whole.len() - 1 {
        let segment = whole[at].segment;
        if whole[at + 1].segment != segment || !has_room(&segments[segment], 16) {
            continue;
        }
        let forged = ledger.copy();
        let mut entries = whole.clone();
        let times = [at, at + 1].map(|at| entries[at].event.header.recorded_at);
        let one = entries[at].event.clone();
        entries[at].event = std::mem::replace(&mut entries[at + 1].event, one);
        for (place, time) in [at, at + 1].into_iter().zip(times) {
            entries[place].event.header.recorded_at = time;
        }
        forged.rewrite(entries);
        let found = checked(&forged, &[]);
        assert_eq!(log_findings(&found), [], "events {at} and the next");
        assert_eq!(
            proof_findings(&forged, &found),
            another_history(ledger.size(), at),
            "event {at}"
        );
        swaps += 1;
    }
    assert!(swaps > 50, "only {swaps} swaps");
}

#[test]
fn an_added_event_is_found_where_it_was_put() {
    let ledger = Sealed::golden(RELEASE);
    let (whole, segments) = (ledger.entries(), ledger.segments());
    let stream = StreamName::new(StreamKind::License, uuid::Uuid::from_u128(5));
    let mut added = 0;
    for at in 0..whole.len() {
        let bytes = forge::record(&whole[at].event).len() + 8;
        if !has_room(&segments[whole[at].segment], bytes) {
            continue;
        }
        // An event of a stream of its own, and one more of the same stream.
        for other in [true, false] {
            let forged = ledger.copy();
            let mut entries = whole.clone();
            let mut more = entries[at].clone();
            if other {
                more.event.header.stream = stream;
            }
            falsify(&mut more.event);
            entries.insert(at, more);
            forged.rewrite(entries);
            let found = checked(&forged, &[]);
            assert_eq!((log_findings(&found), found.log.events), (vec![], ledger.size() + 1));
            let said = proof_findings(&forged, &found);
            assert_eq!(said, another_history(ledger.size(), at), "before event {at}");
            added += 1;
        }
    }
    assert!(added > 50, "only {added} events were added");
    // What no checkpoint covers yet is not proven, and not damage: the next one covers it.
    let grown = ledger.copy();
    let mut entries = ledger.entries();
    entries.push(entries[entries.len() - 1].clone());
    grown.rewrite(entries);
    let found = checked(&grown, &[]);
    assert!(found.is_whole());
    assert_eq!(found.proofs.proven.unwrap().size + 1, found.log.events);
}

#[test]
fn a_removed_event_is_found_where_it_was() {
    let ledger = Sealed::golden(RELEASE);
    let last = ledger.size() - 1;
    for at in 0..ledger.events.len() {
        let forged = ledger.copy();
        let mut entries = ledger.entries();
        entries.remove(at);
        forged.rewrite(entries);
        let found = checked(&forged, &[]);
        assert_eq!((log_findings(&found), found.log.events), (vec![], last), "event {at}");
        assert_eq!(proof_findings(&forged, &found), shorter(ledger.size(), last, at), "event {at}");
    }
}

/// Fewer events than were signed, and the first that is not the one that was, unless those left are a beginning.
fn shorter(signed: u64, left: u64, at: usize) -> Vec<Said> {
    let mut said = own(Rollback, left, signed - 1);
    let at = u64::try_from(at).unwrap();
    if at < left {
        said.push((Rewrite, "the log".to_owned(), Some((at, at))));
    }
    said
}

#[tokio::test]
async fn a_long_log_is_located_in_as_well_within_a_full_tile_and_across_tiles() {
    let ledger = Sealed::long(300).await;
    assert_eq!((checked(&ledger, &[]).is_whole(), ledger.size()), (true, 300));
    for at in [0, 10, 255, 256, 290, 299] {
        let forged = ledger.copy();
        let mut entries = ledger.entries();
        falsify(&mut entries[at].event);
        forged.rewrite(entries);
        let found = checked(&forged, &[]);
        assert_eq!(log_findings(&found), []);
        assert_eq!(proof_findings(&forged, &found), another_history(300, at), "event {at}");

        let forged = ledger.copy();
        let mut entries = ledger.entries();
        entries.remove(at);
        // And so many of the end that what is left fills no tile.
        entries.truncate(if at < 255 { 255 } else { 299 });
        let left = u64::try_from(entries.len()).unwrap();
        forged.rewrite(entries);
        let found = checked(&forged, &[]);
        assert_eq!((log_findings(&found), found.log.events), (vec![], left));
        assert_eq!(proof_findings(&forged, &found), shorter(300, left, at), "event {at}");
    }
}

#[test]
fn a_tail_that_was_cut_off_is_found_with_the_events_that_it_held() {
    let ledger = Sealed::golden(RELEASE);
    let (whole, signed) = (ledger.entries(), ledger.size());
    // With a cut file, and with a lost one: nothing of it is taken for whole.
    for (number, segment) in ledger.segments().iter().enumerate() {
        let first = whole.iter().position(|one| one.segment == number).unwrap();
        let first = u64::try_from(first).unwrap();
        let is_last = number + 1 == ledger.segments().len();
        let kind = if is_last { Rollback } else { Truncated };
        for batch in &segment.batches {
            fs::write(&segment.path, &segment.bytes[..batch.offset]).unwrap();
            let found = checked(&ledger, &[]);
            let byte = u64::try_from(batch.offset).unwrap();
            assert_eq!(log_findings(&found), [(Truncated, segment.number, byte, None)]);
            assert_eq!(proof_findings(&ledger, &found), own(kind, first, signed - 1));
        }
        fs::remove_file(&segment.path).unwrap();
        let found = checked(&ledger, &[]);
        if !is_last {
            assert_eq!(log_findings(&found), [(Truncated, segment.number, 0, None)]);
        }
        assert_eq!(proof_findings(&ledger, &found), own(kind, first, signed - 1));
        fs::write(&segment.path, &segment.bytes).unwrap();
    }
    // With what is left made right.
    for left in 1..whole.len() {
        let cut = ledger.copy();
        cut.rewrite(whole[..left].to_vec());
        let found = checked(&cut, &[]);
        let left = u64::try_from(left).unwrap();
        assert_eq!((log_findings(&found), found.log.events), (vec![], left));
        assert_eq!(proof_findings(&cut, &found), own(Rollback, left, signed - 1));
    }
}
