//! What to do about the tail of the last segment after a crash. Pure: it reads the segment's bytes and says
//! what to write; nothing is written here.
//!
//! INVARIANT (nothing acknowledged is cut off): where the next frame F is not whole, F is taken from its mirror
//! if that is whole. Else, if any whole frame after F exists, or a tail slot says that F was durable, it is
//! damage. Only what is neither is a torn tail.

use schemas::LogPosition;

use super::finding::{Finding, FindingKind};
use super::format::{FormatError, Geometry, SegmentHeader, in_memory, on_disk};
use super::frame::Frame;
use super::tail::TailSlot;
use super::walk::{Chain, Step, find_later, find_later_mirrored, is_mirrored, is_zero};
use crate::seeded::{self, SeededBug};

/// What the tail needs.
#[derive(Debug)]
pub(crate) struct TailPlan {
    /// Where the log goes on.
    pub chain: Chain,
    /// Frames to write again at their places, from their mirrors, and what was found there.
    pub healed: Vec<(Finding, Frame)>,
    /// The bytes to move to quarantine and overwrite with zeros.
    pub torn: Option<Torn>,
    /// What the newest frame lacks.
    pub unsettled: Unsettled,
}

/// What the newest frame lacks, when the process stopped between its parts. From now on readers see it, so it must be
/// as safe as one that was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    /// The frame, when its mirror is not whole.
    pub mirror: Option<Frame>,
    /// Whether no tail slot says that it is durable.
    pub slot: bool,
}

/// An incomplete last write.
#[derive(Debug)]
pub(crate) struct Torn {
    pub offset: u64,
    pub bytes: Vec<u8>,
    pub finding: Finding,
}

/// Walks a segment that may have been written when the process stopped, and plans its tail.
pub(crate) fn plan_tail(
    image: &[u8],
    segment: &SegmentHeader,
    visit: &mut dyn FnMut(&Frame) -> Result<(), Finding>,
) -> Result<TailPlan, Finding> {
    let slot =
        TailSlot::newest(image, segment.segment).map_err(|error| slot_finding(segment, &error))?;
    if slot.sealed {
        return Err(next_is_missing(segment));
    }
    let mut chain = Chain::at_start(segment);
    let mut healed = Vec::new();
    let mut newest = None;
    let found = loop {
        let step = chain.step(image, segment);
        if seeded::has(SeededBug::ReuseAfterCrash) && chain.batch == slot.durable_through {
            break step;
        }
        if let Step::Frame(frame) = step {
            visit(&frame)?;
            chain.advance(&frame);
            check_slot(&slot, &chain, segment)?;
            newest = Some(frame);
            continue;
        }
        let Some(frame) = chain.mirrored(image, segment) else { break step };
        if seeded::has(SeededBug::IgnoreMirror) {
            break step;
        }
        let finding = bad(step, &chain, segment);
        visit(&frame)?;
        chain.advance(&frame);
        check_slot(&slot, &chain, segment)?;
        healed.push((finding, frame));
        newest = None;
    };
    let torn = refuse_loss(image, segment, &chain, &slot, found)?;
    let mirror = newest.filter(|frame| !is_mirrored(image, segment, frame));
    let unsettled = Unsettled { mirror, slot: slot.durable_through < chain.batch };
    Ok(TailPlan { chain, healed, torn, unsettled })
}

/// Decides between a clean end, a torn tail and damage, where neither the frame nor its mirror is whole.
fn refuse_loss(
    image: &[u8],
    segment: &SegmentHeader,
    chain: &Chain,
    slot: &TailSlot,
    found: Step,
) -> Result<Option<Torn>, Finding> {
    let missing = matches!(found, Step::End);
    let mut finding = bad(found, chain, segment);
    let later = find_later(image, segment, chain.offset + 8, chain.batch)
        .or_else(|| find_later_mirrored(image, segment, chain.batch))
        .filter(|_| !cuts_anything());
    let remembered = slot.durable_through > chain.batch;
    let remembered = remembered && !(cuts_anything() || seeded::has(SeededBug::IgnoreTailSlot));
    if later.is_some() || remembered {
        if missing {
            finding.kind = FindingKind::Truncated;
        }
        return Err(finding);
    }
    let rest = image.get(in_memory(chain.offset)..).unwrap_or_default();
    if is_zero(rest) {
        return Ok(None);
    }
    let length = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let bytes = rest.get(..length).unwrap_or(rest).to_vec();
    finding.kind = FindingKind::TornTail;
    Ok(Some(Torn { offset: chain.offset, bytes, finding }))
}

fn cuts_anything() -> bool {
    seeded::has(SeededBug::CutAtFirstBadFrame) || seeded::has(SeededBug::ReuseAfterCrash)
}

/// The slot must agree with the batch that it names.
fn check_slot(slot: &TailSlot, chain: &Chain, segment: &SegmentHeader) -> Result<(), Finding> {
    if slot.durable_through != chain.batch || (slot.hash == chain.hash && slot.end == chain.offset)
    {
        return Ok(());
    }
    let place = (segment.segment, chain.offset);
    let expected = format!("batch {} with hash {}", slot.durable_through, slot.hash);
    Err(Finding::new(FindingKind::Fork, place, expected, chain.hash.to_string()))
}

fn bad(step: Step, chain: &Chain, segment: &SegmentHeader) -> Finding {
    match step {
        Step::Bad(finding) => finding,
        Step::End | Step::Frame(_) => {
            let place = (segment.segment, chain.offset);
            let expected = format!("batch {}", chain.batch + 1);
            Finding::new(FindingKind::TornTail, place, expected, "zeros")
        }
    }
}

/// Every frame of a segment that must be whole, because a later segment exists.
pub(crate) fn walk_sealed(
    image: &[u8],
    segment: &SegmentHeader,
    visit: &mut dyn FnMut(&Frame) -> Result<(), Finding>,
) -> Result<Chain, Finding> {
    let mut chain = Chain::at_start(segment);
    loop {
        match chain.step(image, segment) {
            Step::Frame(frame) => {
                visit(&frame)?;
                chain.advance(&frame);
            }
            Step::Bad(finding) => return Err(finding),
            Step::End => return Ok(chain),
        }
    }
}

/// What a walk over a segment that may be damaged comes by, in order.
#[derive(Debug)]
pub(crate) enum Walked {
    /// A whole frame.
    Frame(Frame),
    /// A frame that is whole only in its mirror, and what is at its place.
    Mirrored(Frame, Finding),
    /// Something else than a frame.
    Damage(Finding),
}

/// Every whole frame of a segment, and what is wrong between them. Only the last segment may have a torn tail.
pub(crate) fn walk_damaged(
    image: &[u8],
    segment: &SegmentHeader,
    is_last: bool,
    visit: &mut dyn FnMut(Walked),
) -> Chain {
    let mut chain = Chain::at_start(segment);
    loop {
        let step = chain.step(image, segment);
        if let Step::Frame(frame) = step {
            chain.advance(&frame);
            visit(Walked::Frame(frame));
            continue;
        }
        if let Some(frame) = chain.mirrored(image, segment) {
            let finding = bad(step, &chain, segment);
            chain.advance(&frame);
            visit(Walked::Mirrored(frame, finding));
            continue;
        }
        let rest = chain.offset + on_disk(super::format::ALIGNMENT_BYTES);
        let Some(frame) = find_later(image, segment, rest, chain.batch) else {
            if let Some(finding) = judge_end(image, segment, &chain, step, is_last) {
                visit(Walked::Damage(finding));
            }
            return chain;
        };
        visit(Walked::Damage(lost_between(step, &chain, segment, &frame)));
        chain.advance(&frame);
        visit(Walked::Frame(frame));
    }
}

/// What is wrong at the end of a segment, if anything.
fn judge_end(
    image: &[u8],
    segment: &SegmentHeader,
    chain: &Chain,
    step: Step,
    is_last: bool,
) -> Option<Finding> {
    if !is_last {
        return match step {
            Step::Bad(finding) => Some(finding),
            Step::End | Step::Frame(_) => None,
        };
    }
    match TailSlot::newest(image, segment.segment) {
        Ok(slot) if slot.sealed => Some(next_is_missing(segment)),
        Ok(slot) => match refuse_loss(image, segment, chain, &slot, step) {
            Ok(torn) => torn.map(|torn| torn.finding),
            Err(finding) => Some(finding),
        },
        Err(error) => Some(slot_finding(segment, &error)),
    }
}

/// The last segment says that another one follows.
fn next_is_missing(segment: &SegmentHeader) -> Finding {
    let place = (segment.segment + 1, 0);
    Finding::new(FindingKind::Truncated, place, "the next segment", "no such file")
}

fn slot_finding(segment: &SegmentHeader, error: &FormatError) -> Finding {
    let place = (segment.segment, Geometry::slot_offset(0));
    Finding::new(FindingKind::BitRot, place, "a readable tail slot", error.to_string())
}

fn lost_between(step: Step, chain: &Chain, segment: &SegmentHeader, next: &Frame) -> Finding {
    let zeros = matches!(step, Step::End);
    let mut finding = bad(step, chain, segment);
    if zeros {
        finding.kind = FindingKind::BitRot;
    }
    let first = chain.next_position;
    if finding.positions.is_none() && next.header.first_position > first {
        let last = next.header.first_position - 1;
        finding.positions = Some((LogPosition(first), LogPosition(last)));
    }
    finding
}
