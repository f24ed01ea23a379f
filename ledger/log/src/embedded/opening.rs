//! Opening a ledger: reads what is there into the index, strictly for writing, leniently for reading.

use std::sync::Arc;

use schemas::StoredEvent;
use uuid::Uuid;

use super::disk::{self, Access, Disk};
use super::finding::{Finding, FindingKind};
use super::folder::Folder;
use super::format::{FormatError, in_memory};
use super::frame::{Frame, salvage_at};
use super::index::{Index, SegmentIndex};
use super::recovery::{self, TailPlan, Torn, Unsettled, Walked};
use super::segment::{FIRST_SEGMENT, Segment};
use super::walk::Chain;
use super::{OpenError, index_file};
use crate::seeded::{self, SeededBug};

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryReport {
    /// How many segments there are.
    pub segments: u64,
    /// How many events there are, the recovery's own included.
    pub events: u64,
    /// Batches that were written again from their mirrors.
    pub healed: Vec<Finding>,
    /// The incomplete last write that was moved to quarantine.
    pub torn: Option<Finding>,
    /// Segments whose index was missing or wrong and was made again.
    pub indexes_rebuilt: Vec<u64>,
    /// What is wrong; only a ledger that was opened for reading has any.
    pub damage: Vec<Finding>,
}

/// What was read.
pub(crate) struct Opened {
    pub index: Index,
    pub active: SegmentIndex,
    pub rebuilt: Vec<SegmentIndex>,
    pub chain: Chain,
    pub last: Option<Segment>,
    /// The segment before the last.
    pub previous: Option<Segment>,
    pub healed: Vec<(Finding, Frame)>,
    pub torn: Option<Torn>,
    pub unsettled: Unsettled,
}

/// No event takes less in a segment.
const EVENT_BYTES_MIN: u64 = 128;

/// The place that is read.
pub(crate) struct Source<'a> {
    pub disk: &'a dyn Disk,
    pub folder: &'a Folder,
    pub ledger: Uuid,
    pub access: Access,
}

impl Source<'_> {
    /// Reads a ledger that must be whole, except for a tail that a crash explains.
    pub(crate) fn open(&self) -> Result<Opened, OpenError> {
        let mut segments = self.segments()?;
        let events = events_in(&segments);
        let mut index = Index::default();
        let mut rebuilt = Vec::new();
        let full = segments.iter().zip(segments.iter().skip(1)).map(|(segment, next)| {
            let kept = match self.kept_index(segment, next) {
                Some(kept) => kept,
                None => {
                    let made = self.rebuild(segment)?;
                    rebuilt.push(made.clone());
                    made
                }
            };
            check_follows(&kept, next)?;
            Ok(Arc::new(kept))
        });
        if let Some(segment) = index.add_segments(full, events)? {
            let (expected, found) = ("streams without gaps", "a gap");
            let finding = Finding::new(FindingKind::Rewrite, (segment, 0), expected, found);
            return Err(OpenError::damaged(finding));
        }
        let last = segments.pop().ok_or_else(|| self.no_segment())?;
        let previous = segments.pop();
        let image = last.image(self.folder, self.access)?;
        let header = last.header;
        index.begin_segment(header.segment, header.first_position);
        let mut active = SegmentIndex::new(header.segment, header.first_position);
        let plan = recovery::plan_tail(&image, &header, &mut |frame| {
            let events = events_of(frame)?;
            active.add(frame, &events);
            index.add(frame, &events)
        });
        let TailPlan { chain, healed, torn, unsettled } = plan.map_err(OpenError::damaged)?;
        if seeded::has(SeededBug::ForgetCommands) {
            index.forget_commands();
        }
        let last = Some(last);
        Ok(Opened { index, active, rebuilt, chain, last, previous, healed, torn, unsettled })
    }

    /// Reads what can be read of a ledger, damaged or not. Writes nothing.
    pub(crate) fn open_leniently(&self) -> Result<Opened, OpenError> {
        match self.open() {
            Err(OpenError::Damaged { .. }) => self.open_damaged(),
            opened => opened,
        }
    }

    fn open_damaged(&self) -> Result<Opened, OpenError> {
        let numbers = self.folder.segments(self.disk)?;
        let last = numbers.last().copied().ok_or_else(|| self.no_segment())?;
        let mut index = Index::default();
        let mut healed = Vec::new();
        let mut chain = None;
        for number in (FIRST_SEGMENT..=last).filter(|number| !numbers.contains(number)) {
            let found = "no such file";
            let expected = format!("segment {number}");
            let finding = Finding::new(FindingKind::Truncated, (number, 0), expected, found);
            index.add_damage(finding, &[]);
        }
        for number in numbers {
            let opened = Segment::open(self.disk, self.folder, self.ledger, number, self.access);
            let segment = match opened {
                Ok(segment) => segment,
                Err(OpenError::Damaged { finding }) => {
                    index.add_damage(*finding, &[]);
                    continue;
                }
                Err(other) => return Err(other),
            };
            let header = segment.header;
            let image = segment.image(self.folder, self.access)?;
            index.begin_segment(header.segment, header.first_position);
            let end =
                recovery::walk_damaged(
                    &image,
                    &header,
                    number == last,
                    &mut |walked| match walked {
                        Walked::Frame(frame) => add_leniently(&mut index, &frame),
                        Walked::Mirrored(frame, finding) => {
                            add_leniently(&mut index, &frame);
                            healed.push((finding, frame));
                        }
                        Walked::Damage(finding) => {
                            let lost = salvage_at(&image, finding.offset);
                            index.add_damage(finding, &lost);
                        }
                    },
                );
            chain = Some(end);
        }
        let chain = chain.ok_or_else(|| self.no_segment())?;
        let active = SegmentIndex::default();
        Ok(Opened {
            index,
            active,
            rebuilt: Vec::new(),
            chain,
            last: None,
            previous: None,
            healed,
            torn: None,
            unsettled: Unsettled::default(),
        })
    }

    /// Every segment, none missing between the first and the last.
    fn segments(&self) -> Result<Vec<Segment>, OpenError> {
        let numbers = self.folder.segments(self.disk)?;
        let mut segments = Vec::with_capacity(numbers.len());
        for (expected, number) in (FIRST_SEGMENT..).zip(numbers) {
            if expected != number {
                let place = (expected, 0);
                let found = format!("segment {number}");
                let finding = Finding::new(
                    FindingKind::Truncated,
                    place,
                    format!("segment {expected}"),
                    found,
                );
                return Err(OpenError::damaged(finding));
            }
            segments.push(Segment::open(self.disk, self.folder, self.ledger, number, self.access)?);
        }
        Ok(segments)
    }

    /// The index beside a full segment, when it is what the next segment says it should be.
    fn kept_index(&self, segment: &Segment, next: &Segment) -> Option<SegmentIndex> {
        let path = self.folder.index(segment.header.segment);
        let file = self.disk.open(&path, Access::Read).ok()?;
        let kept = index_file::decode(self.ledger, &disk::read_whole(&*file).ok()?).ok()?;
        let (own, next) = (&segment.header, &next.header);
        let right = kept.segment == own.segment
            && kept.first_position == own.first_position
            && kept.last_batch == next.previous_batch
            && kept.last_hash == next.previous_hash;
        right.then_some(kept)
    }

    fn rebuild(&self, segment: &Segment) -> Result<SegmentIndex, OpenError> {
        let header = segment.header;
        let image = segment.image(self.folder, self.access)?;
        let mut made = SegmentIndex::new(header.segment, header.first_position);
        let walked = recovery::walk_sealed(&image, &header, &mut |frame| {
            made.add(frame, &events_of(frame)?);
            Ok(())
        });
        walked.map_err(OpenError::damaged)?;
        Ok(made)
    }

    fn no_segment(&self) -> OpenError {
        let place = (FIRST_SEGMENT, 0);
        let (expected, found) = ("the first segment", "no segment at all");
        OpenError::damaged(Finding::new(FindingKind::Truncated, place, expected, found))
    }
}

/// The next segment must go on where this one ends.
fn check_follows(kept: &SegmentIndex, next: &Segment) -> Result<(), OpenError> {
    let end = kept.frames.last().map_or(kept.first_position, |f| f.first_position + f.count);
    let header = &next.header;
    let said = (header.previous_batch, header.previous_hash, header.first_position);
    let found = (kept.last_batch, kept.last_hash, end);
    if said == found {
        return Ok(());
    }
    let place = (kept.segment, kept.frames.last().map_or(0, |frame| frame.offset + frame.bytes));
    let kind = if found.0 < said.0 { FindingKind::Truncated } else { FindingKind::Fork };
    let text = |(batch, hash, end)| format!("batch {batch} with hash {hash} before event {end}");
    Err(OpenError::damaged(Finding::new(kind, place, text(said), text(found))))
}

pub(crate) fn events_of(frame: &Frame) -> Result<Vec<StoredEvent>, Finding> {
    frame.events().collect::<Result<_, _>>().map_err(|error| not_an_event(frame, &error))
}

/// How many events the full ones of these segments hold, by what the last says; no more than there is room for.
fn events_in(segments: &[Segment]) -> usize {
    let Some(last) = segments.last() else { return 0 };
    let bytes = count(segments).saturating_mul(last.header.geometry.segment_bytes);
    in_memory(last.header.first_position.min(bytes / EVENT_BYTES_MIN))
}

/// What it means when a frame whose hash is right holds something that is not an event.
pub(crate) fn not_an_event(frame: &Frame, error: &FormatError) -> Finding {
    let place = (frame.header.segment, frame.header.offset);
    Finding::of_format(FindingKind::Rewrite, place, error).at_frame(&frame.header)
}

fn add_leniently(index: &mut Index, frame: &Frame) {
    let added = events_of(frame).and_then(|events| index.add(frame, &events));
    if let Err(finding) = added {
        index.add_damage(finding, &[]);
    }
}

pub(crate) fn count<T>(of: &[T]) -> u64 {
    super::format::on_disk(of.len())
}
