//! Walks the frames of one segment's bytes, each checked by itself and against the one before. Pure.

use memchr::memmem;
use schemas::Digest;

use super::finding::{Finding, FindingKind};
use super::format::{ALIGNMENT_BYTES, SegmentHeader, in_memory, on_disk};
use super::frame::{FRAME_HEADER_BYTES, FRAME_MAGIC, Frame, FrameHeader, salvage};

/// How far a walk came: the last batch, and what must follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain {
    pub batch: u64,
    pub hash: Digest,
    pub next_position: u64,
    /// Where the next frame starts.
    pub offset: u64,
}

/// What stands where the next frame should be.
#[derive(Debug)]
pub(crate) enum Step {
    /// The next frame.
    Frame(Frame),
    /// Nothing: zeros, or the end of the file.
    End,
    /// Something else.
    Bad(Finding),
}

impl Chain {
    pub(crate) const fn at_start(header: &SegmentHeader) -> Self {
        Self {
            batch: header.previous_batch,
            hash: header.previous_hash,
            next_position: header.first_position,
            offset: header.geometry.data_offset(),
        }
    }

    pub(crate) fn advance(&mut self, frame: &Frame) {
        let header = &frame.header;
        self.batch = header.batch;
        self.hash = frame.hash;
        self.next_position = header.first_position + u64::from(header.count);
        self.offset = header.offset + header.frame_bytes();
    }

    /// What stands at the place of the next frame.
    pub(crate) fn step(&self, image: &[u8], segment: &SegmentHeader) -> Step {
        let place = (segment.segment, self.offset);
        let rest = image.get(in_memory(self.offset)..).unwrap_or_default();
        let head = rest.get(..FRAME_HEADER_BYTES).unwrap_or(rest);
        if head.len() < FRAME_HEADER_BYTES || is_zero(head) {
            return Step::End;
        }
        let frame = match Frame::decode(rest) {
            Ok(frame) => frame,
            Err(error) => {
                let finding = Finding::of_format(FindingKind::BitRot, place, &error);
                return Step::Bad(self.locate(finding, rest));
            }
        };
        match self.mismatch(&frame.header, segment) {
            None => Step::Frame(frame),
            Some((expected, found)) => {
                let finding = Finding::new(FindingKind::Fork, place, expected, found);
                Step::Bad(finding.at_frame(&frame.header))
            }
        }
    }

    /// The copy of the next frame in its mirror slot, when that is whole and belongs here.
    pub(crate) fn mirrored(&self, image: &[u8], segment: &SegmentHeader) -> Option<Frame> {
        let slot = mirror_slot(image, segment, self.batch + 1)?;
        let frame = Frame::decode(slot).ok()?;
        self.mismatch(&frame.header, segment).is_none().then_some(frame)
    }

    /// Why this frame is not the next one: expected and found.
    fn mismatch(&self, frame: &FrameHeader, segment: &SegmentHeader) -> Option<(String, String)> {
        let end = frame.offset.saturating_add(frame.frame_bytes());
        let numbers = [
            ("segment", segment.segment, frame.segment),
            ("offset", self.offset, frame.offset),
            ("batch", self.batch + 1, frame.batch),
            ("first position", self.next_position, frame.first_position),
        ];
        let wrong = numbers.into_iter().find(|(_, expected, found)| expected != found);
        if let Some((field, expected, found)) = wrong {
            return Some((format!("{field} {expected}"), found.to_string()));
        }
        if frame.previous_hash != self.hash {
            return Some((
                format!("previous batch {}", self.hash),
                frame.previous_hash.to_string(),
            ));
        }
        if frame.count == 0 || frame.frame_bytes() > segment.geometry.frame_bytes_max {
            return Some(("a frame of allowed size".to_owned(), format!("{frame:?}")));
        }
        (end > segment.geometry.segment_bytes)
            .then(|| ("a frame within the file".to_owned(), format!("an end at {end}")))
    }

    /// Adds to a finding about a broken frame which events it touches, as far as the bytes tell.
    fn locate(&self, finding: Finding, rest: &[u8]) -> Finding {
        let Ok(header) = FrameHeader::decode(rest) else { return finding };
        let finding = finding.at_frame(&header);
        let whole = rest.get(..in_memory(header.frame_bytes())).unwrap_or(rest);
        let broken = salvage(whole, &header).into_iter().find(|event| {
            ledger::proof::content_root(&event.header, &event.parts) != event.content_root
        });
        match broken {
            Some(event) => finding.at_event(&event),
            None => finding,
        }
    }
}

/// The first whole frame of this segment at or after `from` with a batch after `batch`, wherever it chains to.
pub(crate) fn find_later(
    image: &[u8],
    segment: &SegmentHeader,
    from: u64,
    batch: u64,
) -> Option<Frame> {
    let start = in_memory(from).next_multiple_of(ALIGNMENT_BYTES);
    let rest = image.get(start..)?;
    memmem::find_iter(rest, &FRAME_MAGIC).find_map(|at| {
        let offset = on_disk(start + at);
        let header = FrameHeader::decode(rest.get(at..)?).ok()?;
        let belongs = header.segment == segment.segment && header.offset == offset;
        if !belongs || header.batch <= batch {
            return None;
        }
        Frame::decode(rest.get(at..)?).ok()
    })
}

/// The whole frame of a later batch in a mirror slot.
pub(crate) fn find_later_mirrored(
    image: &[u8],
    segment: &SegmentHeader,
    batch: u64,
) -> Option<Frame> {
    [0, 1].into_iter().find_map(|slot| {
        let frame = Frame::decode(mirror_slot(image, segment, slot)?).ok()?;
        let later = frame.header.segment == segment.segment && frame.header.batch > batch;
        later.then_some(frame)
    })
}

/// Whether the mirror of a frame is whole.
pub(crate) fn is_mirrored(image: &[u8], segment: &SegmentHeader, frame: &Frame) -> bool {
    let slot = mirror_slot(image, segment, frame.header.batch);
    slot.is_some_and(|slot| slot.starts_with(&frame.bytes))
}

fn mirror_slot<'a>(image: &'a [u8], segment: &SegmentHeader, batch: u64) -> Option<&'a [u8]> {
    let start = segment.geometry.mirror_offset(batch);
    let end = start + segment.geometry.frame_bytes_max;
    image.get(in_memory(start)..in_memory(end))
}

pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<32>();
    chunks.iter().all(|chunk| *chunk == [0; 32]) && rest.iter().all(|byte| *byte == 0)
}
