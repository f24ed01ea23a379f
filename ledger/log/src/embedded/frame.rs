//! One batch of events as it lies in a segment: a frame that says which batch it is and where it belongs,
//! with a checksum over its header and a hash over all of it. Pure.

use std::ops::Range;

use schemas::{Digest, Header, LogPosition, Part, StoredEvent, SubjectId};

use super::format::{ALIGNMENT_BYTES, Cursor, FormatError, in_memory, on_disk};
use crate::seeded::{self, SeededBug};

/// What every frame starts with.
pub(crate) const FRAME_MAGIC: [u8; 8] = *b"DEEDBAT\x01";
/// How many bytes the header of a frame takes, with its checksum.
pub(crate) const FRAME_HEADER_BYTES: usize = 8 + 8 * 5 + 4 * 4 + 32;
const HASH_BYTES: usize = 32;
/// What a frame takes beside its events, with the padding.
pub(crate) const FRAME_OVERHEAD_BYTES: usize = FRAME_HEADER_BYTES + HASH_BYTES + ALIGNMENT_BYTES;

/// Which batch a frame holds and where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// The first batch of a ledger is 1.
    pub batch: u64,
    pub first_position: u64,
    pub count: u32,
    /// The bytes of the events, with the padding.
    pub body_bytes: u32,
    pub previous_hash: Digest,
    /// The newest batch that was known to be durable when this one was written; 0 for none.
    pub durable_through: u64,
    pub segment: u64,
    /// Where the frame starts in its file. A frame found elsewhere was misdirected.
    pub offset: u64,
}

impl FrameHeader {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FRAME_HEADER_BYTES);
        out.extend_from_slice(&FRAME_MAGIC);
        out.extend_from_slice(&self.batch.to_be_bytes());
        out.extend_from_slice(&self.first_position.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
        out.extend_from_slice(&self.body_bytes.to_be_bytes());
        out.extend_from_slice(&self.previous_hash.0);
        out.extend_from_slice(&self.durable_through.to_be_bytes());
        out.extend_from_slice(&self.segment.to_be_bytes());
        out.extend_from_slice(&self.offset.to_be_bytes());
        out.extend_from_slice(&[0; 4]);
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_be_bytes());
        out
    }

    /// The header at the start of these bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let fields = bytes.get(..FRAME_HEADER_BYTES).ok_or(FormatError::Truncated)?;
        let (covered, checksum) = fields.split_last_chunk::<4>().ok_or(FormatError::Truncated)?;
        let mut rest = Cursor(covered);
        if rest.array()? != FRAME_MAGIC {
            return Err(FormatError::Magic);
        }
        let (expected, found) = (crc32c::crc32c(covered), u32::from_be_bytes(*checksum));
        if expected != found && !seeded::has(SeededBug::AcceptBadHash) {
            return Err(FormatError::Checksum { expected, found });
        }
        Ok(Self {
            batch: rest.u64()?,
            first_position: rest.u64()?,
            count: rest.u32()?,
            body_bytes: rest.u32()?,
            previous_hash: Digest(rest.array()?),
            durable_through: rest.u64()?,
            segment: rest.u64()?,
            offset: rest.u64()?,
        })
    }

    /// The bytes of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        on_disk(FRAME_HEADER_BYTES + HASH_BYTES) + u64::from(self.body_bytes)
    }
}

/// A whole frame whose hash is right.
#[derive(Debug)]
pub(crate) struct Frame {
    pub header: FrameHeader,
    pub hash: Digest,
    pub bytes: Vec<u8>,
    events: Vec<Range<usize>>,
}

/// Collects events into the frame of the next batch.
#[derive(Debug)]
pub(crate) struct FrameBuilder {
    /// Begins with room for the header.
    bytes: Vec<u8>,
    events: Vec<Range<usize>>,
}

impl Default for FrameBuilder {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl FrameBuilder {
    /// An empty frame with room for this many bytes. It may grow over that.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut started = Vec::with_capacity(bytes.max(FRAME_HEADER_BYTES));
        started.resize(FRAME_HEADER_BYTES, 0);
        Self { bytes: started, events: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// An upper bound of the frame's bytes, with `more` bytes of events.
    pub(crate) fn frame_bytes_with(&self, more: usize) -> u64 {
        on_disk(HASH_BYTES + ALIGNMENT_BYTES + self.bytes.len() + more)
    }

    pub(crate) fn push(&mut self, event: &StoredEvent) {
        let start = self.bytes.len();
        encode_event(event, &mut self.bytes);
        self.events.push(start..self.bytes.len());
    }

    /// The frame. `header.count` and `header.body_bytes` are filled in here.
    pub(crate) fn finish(mut self, mut header: FrameHeader) -> Frame {
        let body_bytes = (self.bytes.len() - FRAME_HEADER_BYTES).next_multiple_of(ALIGNMENT_BYTES);
        self.bytes.resize(FRAME_HEADER_BYTES + body_bytes, 0);
        // INVARIANT (frames are small): the writer keeps a frame below `frame_bytes_max`, which is a u32.
        header.count = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        header.body_bytes = u32::try_from(body_bytes).unwrap_or(u32::MAX);
        if let Some(place) = self.bytes.get_mut(..FRAME_HEADER_BYTES) {
            place.copy_from_slice(&header.encode());
        }
        let hash = Digest(*blake3::hash(&self.bytes).as_bytes());
        self.bytes.extend_from_slice(&hash.0);
        Frame { header, hash, bytes: self.bytes, events: self.events }
    }
}

impl Frame {
    /// The frame at the start of these bytes, when it is whole.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let header = FrameHeader::decode(bytes)?;
        let whole = bytes.get(..in_memory(header.frame_bytes())).ok_or(FormatError::Truncated)?;
        Self::whole(header, whole.to_vec())
    }

    /// The same when the bytes hold the frame and nothing else.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Result<Self, FormatError> {
        let header = FrameHeader::decode(&bytes)?;
        if on_disk(bytes.len()) == header.frame_bytes() {
            Self::whole(header, bytes)
        } else {
            Err(FormatError::Truncated)
        }
    }

    fn whole(header: FrameHeader, bytes: Vec<u8>) -> Result<Self, FormatError> {
        if !seeded::has(SeededBug::AcceptBadHash) {
            super::format::unseal(&bytes)?;
        }
        let (_, hash) = bytes.split_last_chunk::<HASH_BYTES>().ok_or(FormatError::Truncated)?;
        let (hash, events) = (Digest(*hash), split_events(&bytes, header.count)?);
        Ok(Self { header, hash, bytes, events })
    }

    /// The event with this number within the frame.
    pub(crate) fn event(&self, number: usize) -> Result<StoredEvent, FormatError> {
        let record = self.events.get(number).and_then(|range| self.bytes.get(range.clone()));
        let record = record.ok_or(FormatError::Truncated)?;
        decode_event(record, LogPosition(self.header.first_position + on_disk(number)))
    }

    /// All events, in order.
    pub(crate) fn events(&self) -> impl Iterator<Item = Result<StoredEvent, FormatError>> + '_ {
        (0..self.events.len()).map(|number| self.event(number))
    }
}

/// What can still be read of a frame whose hash is wrong, to say which streams it touched. Never served.
pub(crate) fn salvage(bytes: &[u8], header: &FrameHeader) -> Vec<StoredEvent> {
    let Ok(records) = split_events(bytes, header.count) else { return Vec::new() };
    let decoded = records.into_iter().zip(header.first_position..).filter_map(|(range, at)| {
        bytes.get(range).and_then(|record| decode_event(record, LogPosition(at)).ok())
    });
    decoded.collect()
}

/// What can still be read of the broken frame at this place of a segment.
pub(crate) fn salvage_at(image: &[u8], offset: u64) -> Vec<StoredEvent> {
    let rest = image.get(in_memory(offset)..).unwrap_or_default();
    let Ok(header) = FrameHeader::decode(rest) else { return Vec::new() };
    let whole = rest.get(..in_memory(header.frame_bytes())).unwrap_or(rest);
    salvage(whole, &header)
}

/// Where the records of the events are in a frame's bytes.
fn split_events(frame: &[u8], count: u32) -> Result<Vec<Range<usize>>, FormatError> {
    let body_end = frame.len().saturating_sub(HASH_BYTES);
    let mut at = FRAME_HEADER_BYTES;
    // Every record takes some bytes: a count that was made up reserves no more than there is.
    let mut events = Vec::with_capacity(in_memory(u64::from(count)).min(frame.len() / 64));
    for _ in 0..count {
        let mut rest = Cursor(frame.get(at..body_end).ok_or(FormatError::Truncated)?);
        let length = in_memory(u64::from(rest.u32()?));
        rest.take(length)?;
        let end = at + 4 + length;
        events.push(at..end);
        at = end;
    }
    Ok(events)
}

fn encode_event(event: &StoredEvent, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let header = event.header.encode();
    put_bytes(out, &header);
    out.extend_from_slice(&event.content_root.0);
    put_length(out, event.parts.len());
    for part in &event.parts {
        match part {
            Part::Public(bytes) => {
                out.push(Part::PUBLIC);
                put_bytes(out, bytes);
            }
            Part::Personal { subject, sealed } => {
                out.push(Part::PERSONAL);
                out.extend_from_slice(&subject.bytes());
                put_bytes(out, sealed);
            }
            Part::Removed { commitment } => {
                out.push(Part::REMOVED);
                out.extend_from_slice(&commitment.0);
            }
        }
    }
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length);
    }
}

fn decode_event(record: &[u8], position: LogPosition) -> Result<StoredEvent, FormatError> {
    let mut rest = Cursor(record);
    rest.take(4)?;
    let header = Header::decode(take_bytes(&mut rest)?)
        .map_err(|error| FormatError::Event { what: error.to_string() })?;
    let content_root = Digest(rest.array()?);
    let mut parts = Vec::new();
    for _ in 0..rest.u32()? {
        parts.push(match rest.byte()? {
            Part::PUBLIC => Part::Public(take_bytes(&mut rest)?.to_vec()),
            Part::PERSONAL => {
                let subject = SubjectId::from_bytes(rest.array()?);
                Part::Personal { subject, sealed: take_bytes(&mut rest)?.to_vec() }
            }
            Part::REMOVED => Part::Removed { commitment: Digest(rest.array()?) },
            kind => {
                return Err(FormatError::Event { what: format!("unknown kind of part {kind}") });
            }
        });
    }
    if rest.0.is_empty() {
        Ok(StoredEvent { position, header, parts, content_root })
    } else {
        Err(FormatError::Event { what: "bytes follow the last part".to_owned() })
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    // INVARIANT (frames are small): what is in a frame is shorter than a u32.
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn take_bytes<'a>(rest: &mut Cursor<'a>) -> Result<&'a [u8], FormatError> {
    let length = rest.u32()?;
    rest.take(in_memory(u64::from(length)))
}

#[cfg(test)]
mod tests {
    use super::super::format::SegmentHeader;
    use super::super::index_file;
    use super::super::tail::TailSlot;
    use super::*;
    use crate::conformance::Maker;
    use crate::numbering::number;
    use crate::port::ExpectedRevision;
    use proptest::prelude::*;
    use schemas::Timestamp;
    use uuid::Uuid;

    fn frame(count: u64) -> (Frame, Vec<StoredEvent>) {
        let mut maker = Maker::with_seed(Uuid::nil());
        let stream = maker.stream();
        let append = maker.append(stream, ExpectedRevision::NoStream, count);
        let events = number(append, None, LogPosition(70), Timestamp::from_micros(5));
        let mut builder = FrameBuilder::default();
        for event in &events {
            builder.push(event);
        }
        let frame = builder.finish(FrameHeader {
            batch: 9,
            first_position: 70,
            count: 0,
            body_bytes: 0,
            previous_hash: Digest([1; 32]),
            durable_through: 8,
            segment: 2,
            offset: 4096,
        });
        (frame, events)
    }

    #[test]
    fn a_frame_reads_back_as_it_was_built() {
        let (built, events) = frame(5);
        assert!(built.bytes.len().is_multiple_of(ALIGNMENT_BYTES));
        assert_eq!(on_disk(built.bytes.len()), built.header.frame_bytes());
        let mut longer = built.bytes.clone();
        longer.extend([0xaa; 99]);
        let read = Frame::decode(&longer).unwrap();
        assert_eq!((read.header, read.hash, &read.bytes), (built.header, built.hash, &built.bytes));
        assert_eq!(read.events().collect::<Result<Vec<_>, _>>(), Ok(events));
    }

    #[test]
    fn every_flipped_bit_of_a_frame_is_noticed() {
        let (built, _) = frame(2);
        for bit in 0..built.bytes.len() * 8 {
            let mut bytes = built.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Frame::decode(&bytes).is_err(), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, at in 0_usize..700, with: [u8; 8]) {
            let _ = Frame::decode(&bytes);
            let _ = SegmentHeader::decode(&bytes);
            let _ = TailSlot::decode(&bytes);
            let _ = index_file::decode(Uuid::nil(), &bytes);
            // What is salvaged from is not protected by the frame's hash.
            let (built, _) = frame(2);
            let mut bytes = built.bytes.clone();
            if let Some(place) = bytes.get_mut(at..at + 8) {
                place.copy_from_slice(&with);
            }
            let _ = salvage(&bytes, &built.header);
            let _ = salvage(bytes.get(..at).unwrap_or_default(), &built.header);
        }
    }
}
