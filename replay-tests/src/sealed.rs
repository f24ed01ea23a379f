//! A ledger that was sealed with its vendor's key, and what somebody who holds its folder can make of it. Knows the
//! published format and the software that everybody has, and nothing of how a forgery is found.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::proof::note::SignerKey;
use ledger::proof::tree::Frontier;
use ledger::proof::{Checkpoint, content_root, leaf_entry, leaf_hash};
use ledger_log::conformance::{Maker, committed};
use ledger_log::embedded::{EmbeddedLog, SystemDisk, verify};
use ledger_log::sealing::{Sealer, create_log_key, open_log_key, origin};
use ledger_log::{EventLog, ExpectedRevision};
use schemas::ledger::LedgerFact;
use schemas::{FactSet, Part, StoredEvent, StreamName};

use crate::forge::{self, Segment};
use crate::golden;

/// A vendor's sealed ledger in a folder that may be changed.
pub struct Sealed {
    folder: tempfile::TempDir,
    /// The vendor's key.
    pub key: SignerKey,
    /// What was written and signed.
    pub events: Vec<StoredEvent>,
}

/// An event, and the segment and the batch within it that hold it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The segment: the first is 0.
    pub segment: usize,
    /// The batch within the segment: the first is 0.
    pub batch: usize,
    /// The event.
    pub event: StoredEvent,
}

impl Sealed {
    /// A release's golden ledger, sealed.
    #[must_use]
    pub fn golden(release: &str) -> Self {
        Self::of(golden::copy_of(release))
    }

    /// A ledger of so many events in three streams, sealed.
    pub async fn long(events: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        EmbeddedLog::create(folder.path(), &golden::options()).unwrap();
        let (log, _) = EmbeddedLog::open(folder.path(), golden::options()).unwrap();
        let mut maker = Maker::of(&log);
        let streams = [maker.stream(), maker.stream(), maker.stream()];
        for (number, stream) in (0..events).zip(streams.iter().cycle()) {
            let before = (number / 3).checked_sub(1);
            let expected = before.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
            let _ = log.append(maker.append(*stream, expected, 1)).await;
        }
        log.close();
        drop(log);
        Self::of(folder)
    }

    fn of(folder: tempfile::TempDir) -> Self {
        let (log, _) = EmbeddedLog::open_read_only(folder.path(), golden::options()).unwrap();
        let origin = origin("Orbit", log.identity().ledger);
        drop(log);
        let keys = folder.path().join("keys");
        fs::create_dir_all(&keys).unwrap();
        let key = create_log_key(&keys, &origin).unwrap();
        let mut sealed = Self { folder, key, events: Vec::new() };
        sealed.seal();
        sealed.events = sealed.stored();
        sealed
    }

    /// The data folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in the data folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// How many events were signed.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(self.events.len()).unwrap()
    }

    /// The ledger again as it was signed, in a folder of its own and with the same key.
    #[must_use]
    pub fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        golden::copy(self.path(), folder.path());
        let key = open_log_key(&folder.path().join("keys")).unwrap().unwrap();
        Self { folder, key, events: self.events.clone() }
    }

    /// Signs what is in the folder with the vendor's key, as a start of the service does.
    pub fn seal(&self) {
        let key = SignerKey::from_text(&self.key.to_text()).unwrap();
        let (log, _) = EmbeddedLog::open_read_only(self.path(), golden::options()).unwrap();
        let (proofs, keys) = (self.file("proofs"), self.file("keys"));
        let mut sealer = Sealer::open(log, Arc::new(SystemDisk), &proofs, &keys, key).unwrap();
        sealer.seal().unwrap();
    }

    /// Removes all that was signed, the signer's memory too, and signs what is there now.
    pub fn seal_again(&self) {
        fs::remove_dir_all(self.file("proofs")).unwrap();
        fs::remove_file(self.file("keys/log.signed")).unwrap();
        self.seal();
    }

    /// Writes this note in both places where a ledger keeps its newest checkpoint.
    pub fn put_checkpoint(&self, note: &str) {
        for name in ["keys/log.signed", "proofs/checkpoint"] {
            fs::write(self.file(name), note).unwrap();
        }
    }

    /// The checkpoint that the vendor's key signed when the ledger had this many events.
    #[must_use]
    pub fn checkpoint(&self, size: usize) -> String {
        self.checkpoint_by(&self.key, size)
    }

    /// The same, signed by this key.
    #[must_use]
    pub fn checkpoint_by(&self, key: &SignerKey, size: usize) -> String {
        self.checkpoint_by_all(&[key], size)
    }

    /// The same, signed by these keys.
    #[must_use]
    pub fn checkpoint_by_all(&self, keys: &[&SignerKey], size: usize) -> String {
        let mut tree = Frontier::default();
        for event in &self.events[..size] {
            let root = content_root(&event.header, &event.parts);
            tree.append(leaf_hash(&leaf_entry(event.position, &root)));
        }
        let origin = self.key.name().to_owned();
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
        checkpoint.sign(keys).unwrap()
    }

    /// Adds a fact about the ledger itself, which is the first one. What was signed stays as it is, without the tiles.
    pub async fn append(&mut self, fact: LedgerFact) {
        let (log, _) = EmbeddedLog::open(self.path(), golden::options()).unwrap();
        let mut maker = Maker::with_seed(uuid::Uuid::from_u128(77));
        let encoded = fact.encode();
        let mut append = maker.append(StreamName::ledger(), ExpectedRevision::NoStream, 1);
        for event in &mut append.events {
            event.wire_name = encoded.wire_name;
            event.parts = vec![Part::Public(encoded.public.clone())];
        }
        committed(log.append(append).await);
        log.close();
        drop(log);
        fs::remove_dir_all(self.file("proofs/tile")).unwrap();
        self.events = self.stored();
    }

    /// The events that a check of the log takes for whole.
    #[must_use]
    pub fn stored(&self) -> Vec<StoredEvent> {
        let mut stored = Vec::new();
        let each = &mut |event: &StoredEvent| stored.push(event.clone());
        verify(self.path(), &golden::options(), each).unwrap();
        stored
    }

    /// All events with their places.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut events = self.events.iter();
        let mut entries = Vec::new();
        for (segment, file) in forge::read(self.path()).iter().enumerate() {
            for (batch, frame) in file.batches.iter().enumerate() {
                let held = events.by_ref().take(frame.records.len()).cloned();
                entries.extend(held.map(|event| Entry { segment, batch, event }));
            }
        }
        entries
    }

    /// Writes the log again with these events. Every checksum and hash of the log is made right, also in the mirrors
    /// and the tail slots; what was signed stays as it is.
    pub fn write(&self, entries: &[Entry]) {
        let mut segments = forge::read(self.path());
        for (segment, file) in segments.iter_mut().enumerate() {
            for (batch, frame) in file.batches.iter_mut().enumerate() {
                let held =
                    entries.iter().filter(|one| (one.segment, one.batch) == (segment, batch));
                frame.records = held.map(|one| forge::record(&one.event)).collect();
            }
            // An index is a copy of what the log says, and is made again when it is not there.
            let _ = fs::remove_file(file.path.with_extension("idx"));
        }
        let last = entries.last().map_or(0, |one| one.segment);
        for unused in segments.drain(last + 1..) {
            fs::remove_file(unused.path).unwrap();
        }
        forge::write(&segments);
    }

    /// Writes the log again with these events, and makes right what they say of themselves and of each other.
    pub fn rewrite(&self, mut entries: Vec<Entry>) {
        forge::recommit(entries.iter_mut().map(|one| &mut one.event));
        self.write(&entries);
    }

    /// The number of the segment and the byte of its frame where the log has this event now.
    #[must_use]
    pub fn place_of(&self, position: u64) -> (u64, u64) {
        let mut left = usize::try_from(position).unwrap();
        for segment in forge::read(self.path()) {
            for batch in &segment.batches {
                if left < batch.records.len() {
                    return (segment.number, u64::try_from(batch.offset).unwrap());
                }
                left -= batch.records.len();
            }
        }
        panic!("the log has no event {position}")
    }

    /// Its segments.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        forge::read(self.path())
    }
}

/// Says that something else happened, in as many bytes.
pub fn falsify(event: &mut StoredEvent) {
    let Some(what) = event.parts.last_mut() else { panic!("an event without parts") };
    let last = match what {
        Part::Public(bytes) | Part::Personal { sealed: bytes, .. } => bytes.last_mut().unwrap(),
        Part::Removed { commitment } => &mut commitment.0[31],
    };
    *last ^= 1;
}
