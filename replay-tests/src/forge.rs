//! An insider with an editor: reads and writes the published format of segments without the ledger's own code, and
//! makes every checksum and hash along the way right again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::proof::content_root;
use schemas::{Digest, Part, StoredEvent, StreamName};

const BLOCK: usize = 4096;
const MAGIC: [u8; 8] = *b"DEEDBAT\x01";
const TAIL_MAGIC: [u8; 8] = *b"DEEDTAIL";
const FRAME_HEADER: usize = 96;
const HASH: usize = 32;
/// Where the fields of a segment's header stand.
const FRAME_BYTES_MAX_AT: usize = 48;
const FIRST_POSITION_AT: usize = 56;
const PREVIOUS_BATCH_AT: usize = 64;
const PREVIOUS_HASH_AT: usize = 72;
const SEGMENT_HEADER: usize = 104;

/// One batch of events.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Where its frame starts in the file.
    pub offset: usize,
    /// How long the frame is.
    pub length: usize,
    /// What the frame says was durable when it was written.
    pub durable_through: u64,
    /// The records of its events, each with its length in front.
    pub records: Vec<Vec<u8>>,
}

/// One segment file.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its file.
    pub path: PathBuf,
    /// Its number.
    pub number: u64,
    /// Its bytes as they were read.
    pub bytes: Vec<u8>,
    /// Its batches, in order.
    pub batches: Vec<Batch>,
}

impl Segment {
    fn read(path: PathBuf) -> Self {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let number = name.strip_prefix("segment-").unwrap().parse().unwrap();
        let mut batches = Vec::new();
        let mut offset = data_offset(&bytes);
        while offset + FRAME_HEADER < bytes.len() && bytes[offset..offset + 8] == MAGIC {
            let batch = Batch::read(&bytes, offset);
            offset += batch.length;
            batches.push(batch);
        }
        Self { path, number, bytes, batches }
    }

    /// Where the frames begin.
    #[must_use]
    pub fn data_offset(&self) -> usize {
        data_offset(&self.bytes)
    }

    /// Where the last frame ends.
    #[must_use]
    pub fn end(&self) -> usize {
        self.batches.last().map_or(self.data_offset(), |last| last.offset + last.length)
    }
}

fn data_offset(segment: &[u8]) -> usize {
    BLOCK * 3 + usize::try_from(number_at(segment, FRAME_BYTES_MAX_AT)).unwrap() * 2
}

impl Batch {
    fn read(segment: &[u8], offset: usize) -> Self {
        let frame = &segment[offset..];
        let count = u32::from_be_bytes(frame[24..28].try_into().unwrap());
        let body = u32::from_be_bytes(frame[28..32].try_into().unwrap());
        let mut at = FRAME_HEADER;
        let mut records = Vec::new();
        for _ in 0..count {
            let length = u32::from_be_bytes(frame[at..at + 4].try_into().unwrap());
            let end = at + 4 + usize::try_from(length).unwrap();
            records.push(frame[at..end].to_vec());
            at = end;
        }
        let length = FRAME_HEADER + usize::try_from(body).unwrap() + HASH;
        Self { offset, length, durable_through: number_at(frame, 64), records }
    }
}

fn number_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// All segments of the ledger in this folder, in order.
#[must_use]
pub fn read(ledger: &Path) -> Vec<Segment> {
    let files = crate::golden::files(&ledger.join("log"));
    let segments = files.iter().filter(|file| file.starts_with("segment-"));
    let logs = segments.filter(|file| file.ends_with(".log"));
    logs.map(|file| Segment::read(ledger.join("log").join(file))).collect()
}

/// The record of an event, with its length in front.
#[must_use]
pub fn record(event: &StoredEvent) -> Vec<u8> {
    let mut body = Vec::new();
    put(&mut body, &event.header.encode());
    body.extend_from_slice(&event.content_root.0);
    body.extend_from_slice(&length_of(event.parts.len()));
    for part in &event.parts {
        match part {
            Part::Public(bytes) => {
                body.push(Part::PUBLIC);
                put(&mut body, bytes);
            }
            Part::Personal { subject, sealed } => {
                body.push(Part::PERSONAL);
                body.extend_from_slice(&subject.bytes());
                put(&mut body, sealed);
            }
            Part::Removed { commitment } => {
                body.push(Part::REMOVED);
                body.extend_from_slice(&commitment.0);
            }
        }
    }
    [&length_of(body.len())[..], &body].concat()
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length_of(bytes.len()));
    out.extend_from_slice(bytes);
}

fn length_of(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap().to_be_bytes()
}

/// Makes right what events say of themselves and of the one before in their stream: numbers and roots.
pub fn recommit<'a>(events: impl Iterator<Item = &'a mut StoredEvent>) {
    let mut heads: BTreeMap<StreamName, (u64, Digest)> = BTreeMap::new();
    for event in events {
        let head = heads.entry(event.header.stream).or_insert((0, Digest::ZERO));
        (event.header.revision, event.header.previous_root) = *head;
        event.content_root = content_root(&event.header, &event.parts);
        *head = (head.0 + 1, event.content_root);
    }
}

/// How the chain of frames stands after the frames that were written.
struct Chain {
    position: u64,
    batch: u64,
    hash: [u8; 32],
}

/// Writes the segments again with the batches that they have now: numbers, places, checksums, hashes, mirrors and
/// tail slots are all made right, batches without events are left out, so that only what the events themselves commit to can be wrong.
pub fn write(segments: &[Segment]) {
    let mut chain = Chain { position: 0, batch: 0, hash: [0; 32] };
    for (place, segment) in segments.iter().enumerate() {
        let mut bytes = segment.bytes.clone();
        let start = segment.data_offset();
        bytes[BLOCK..].fill(0);
        if place == 0 {
            chain.position = number_at(&bytes, FIRST_POSITION_AT);
        }
        bytes[FIRST_POSITION_AT..FIRST_POSITION_AT + 8]
            .copy_from_slice(&chain.position.to_be_bytes());
        bytes[PREVIOUS_BATCH_AT..PREVIOUS_BATCH_AT + 8].copy_from_slice(&chain.batch.to_be_bytes());
        bytes[PREVIOUS_HASH_AT..SEGMENT_HEADER].copy_from_slice(&chain.hash);
        let seal = hash(&bytes[..SEGMENT_HEADER]);
        bytes[SEGMENT_HEADER..SEGMENT_HEADER + HASH].copy_from_slice(&seal);

        let mut offset = start;
        let last = place + 1 == segments.len();
        for batch in segment.batches.iter().filter(|batch| !batch.records.is_empty()) {
            let frame = frame(batch, segment.number, offset, &chain);
            chain.batch += 1;
            chain.hash = frame[frame.len() - HASH..].try_into().unwrap();
            chain.position += u64::try_from(batch.records.len()).unwrap();
            bytes[offset..offset + frame.len()].copy_from_slice(&frame);
            let parity = usize::try_from(chain.batch % 2).unwrap();
            let slot_bytes = (start - BLOCK * 3) / 2;
            let mirror = BLOCK * 3 + slot_bytes * parity;
            bytes[mirror..mirror + slot_bytes].fill(0);
            bytes[mirror..mirror + frame.len()].copy_from_slice(&frame);
            offset += frame.len();
            let slot = tail_slot(segment.number, &chain, offset, !last);
            let at = BLOCK * (1 + parity);
            bytes[at..at + slot.len()].copy_from_slice(&slot);
        }
        fs::write(&segment.path, bytes).unwrap();
    }
}

fn frame(batch: &Batch, segment: u64, offset: usize, chain: &Chain) -> Vec<u8> {
    let mut body = batch.records.concat();
    body.resize(body.len().next_multiple_of(8), 0);
    let mut frame = MAGIC.to_vec();
    frame.extend_from_slice(&(chain.batch + 1).to_be_bytes());
    frame.extend_from_slice(&chain.position.to_be_bytes());
    frame.extend_from_slice(&u32::try_from(batch.records.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&chain.hash);
    frame.extend_from_slice(&batch.durable_through.min(chain.batch).to_be_bytes());
    frame.extend_from_slice(&segment.to_be_bytes());
    frame.extend_from_slice(&u64::try_from(offset).unwrap().to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    let checksum = crc32c::crc32c(&frame);
    frame.extend_from_slice(&checksum.to_be_bytes());
    frame.append(&mut body);
    let seal = hash(&frame);
    frame.extend_from_slice(&seal);
    frame
}

fn tail_slot(segment: u64, chain: &Chain, end: usize, sealed: bool) -> Vec<u8> {
    let mut slot = TAIL_MAGIC.to_vec();
    for number in [segment, chain.batch, u64::try_from(end).unwrap(), u64::from(sealed)] {
        slot.extend_from_slice(&number.to_be_bytes());
    }
    slot.extend_from_slice(&chain.hash);
    let seal = hash(&slot);
    slot.extend_from_slice(&seal);
    slot
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}
