//! Checks a whole ledger from its bytes alone: every frame, every commitment, every chain. Trusts no index.

use std::collections::HashMap;
use std::path::Path;

use schemas::{Digest, LogPosition, Revision, StoredEvent, StreamName, Timestamp};
use uuid::Uuid;

use super::disk::Access;
use super::finding::{Finding, FindingKind};
use super::folder::Folder;
use super::format::{SegmentHeader, on_disk};
use super::frame::Frame;
use super::opening::events_of;
use super::recovery::{Walked, walk_damaged};
use super::segment::{FIRST_SEGMENT, Segment, first_header};
use super::walk::Chain;
use super::{EmbeddedOptions, OpenError};

/// What a check of a whole ledger found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// The ledger.
    pub ledger: Uuid,
    /// How many segments were read.
    pub segments: u64,
    /// How many batches are whole.
    pub batches: u64,
    /// How many events are in them.
    pub events: u64,
    /// How many streams they belong to.
    pub streams: u64,
    /// The newest event.
    pub newest: Option<LogPosition>,
    /// The hash of the last batch, which all before it lead to.
    pub last_hash: Digest,
    /// What is wrong, in the order of the log. A torn tail is in here too: nothing in it was acknowledged.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// Whether everything that was acknowledged is there as it was written. A torn tail is not damage.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.findings.iter().all(|finding| finding.kind == FindingKind::TornTail)
    }
}

/// Checks the ledger in a folder and shows every event that is whole, in order. Writes nothing.
///
/// # Errors
/// When there is no ledger, a process writes to it, a newer version wrote it, or the system refuses.
pub fn verify(
    folder: &Path,
    options: &EmbeddedOptions,
    each: &mut dyn FnMut(&StoredEvent),
) -> Result<VerifyReport, OpenError> {
    let folder = Folder::new(folder);
    let disk = &*options.disk;
    let ledger = folder.read_format(disk)?;
    let _lock = folder.take(disk, Access::Read)?;
    let numbers = folder.segments(disk)?;
    let last = numbers.last().copied().unwrap_or(FIRST_SEGMENT);
    let mut audit = Audit::new();
    for number in FIRST_SEGMENT..=last {
        if !numbers.contains(&number) {
            let (expected, found) = (format!("segment {number}"), "no such file");
            let place = (number, 0);
            audit.damage(Finding::new(FindingKind::Truncated, place, expected, found));
            audit.end = None;
            continue;
        }
        let segment = match Segment::open(disk, &folder, ledger, number, Access::Read) {
            Ok(segment) => segment,
            Err(OpenError::Damaged { finding }) => {
                audit.damage(*finding);
                audit.end = None;
                continue;
            }
            Err(other) => return Err(other),
        };
        audit.begin(&segment.header);
        let image = segment.image(&folder, Access::Read)?;
        let end =
            walk_damaged(&image, &segment.header, number == last, &mut |walked| match walked {
                Walked::Frame(frame) => audit.frame(&frame, each),
                Walked::Mirrored(frame, finding) => {
                    audit.findings.push(finding);
                    audit.frame(&frame, each);
                }
                Walked::Damage(finding) => audit.damage(finding),
            });
        audit.end = Some(end);
    }
    Ok(audit.report(ledger, on_disk(numbers.len())))
}

struct Audit {
    findings: Vec<Finding>,
    /// Where the segment before ended, when it could be read to its end.
    end: Option<Chain>,
    heads: HashMap<StreamName, Seen>,
    /// The newest event before the last damage: a stream that was seen only before it may lack events since.
    lost_after: Option<Option<LogPosition>>,
    batches: u64,
    events: u64,
    newest: Option<LogPosition>,
    last_hash: Digest,
    recorded_at: Timestamp,
}

/// The newest event of a stream so far.
#[derive(Debug, Clone, Copy)]
struct Seen {
    revision: Revision,
    root: Digest,
    position: LogPosition,
}

impl Audit {
    fn new() -> Self {
        let first = first_header(
            Uuid::nil(),
            super::format::Geometry { segment_bytes: 0, frame_bytes_max: 0 },
        );
        Self {
            findings: Vec::new(),
            end: Some(Chain::at_start(&first)),
            heads: HashMap::new(),
            lost_after: None,
            batches: 0,
            events: 0,
            newest: None,
            last_hash: Digest::ZERO,
            recorded_at: Timestamp::MIN,
        }
    }

    /// A segment must go on where the one before it ends.
    fn begin(&mut self, header: &SegmentHeader) {
        let Some(end) = self.end else { return };
        let said = (header.previous_batch, header.previous_hash, header.first_position);
        let found = (end.batch, end.hash, end.next_position);
        if said != found {
            let kind = if found.0 < said.0 { FindingKind::Truncated } else { FindingKind::Fork };
            let place = (header.segment.saturating_sub(1), end.offset);
            let text =
                |(batch, hash, next)| format!("batch {batch} with hash {hash} before event {next}");
            self.findings.push(Finding::new(kind, place, text(said), text(found)));
        }
    }

    fn frame(&mut self, frame: &Frame, each: &mut dyn FnMut(&StoredEvent)) {
        self.batches += 1;
        self.last_hash = frame.hash;
        match events_of(frame) {
            Err(finding) => self.findings.push(finding),
            Ok(events) => {
                for event in &events {
                    self.event((frame.header.segment, frame.header.offset), event);
                    each(event);
                }
            }
        }
    }

    /// Notes damage that may have taken events.
    fn damage(&mut self, finding: Finding) {
        if finding.kind != FindingKind::TornTail {
            self.lost_after = Some(self.newest);
        }
        self.findings.push(finding);
    }

    fn event(&mut self, place: (u64, u64), event: &StoredEvent) {
        let mut wrong = Vec::new();
        let header = &event.header;
        let root = ledger::proof::content_root(header, &event.parts);
        if root != event.content_root {
            wrong.push((format!("content root {}", event.content_root), root.to_string()));
        }
        let known = self.heads.get(&header.stream).copied();
        let (revision, previous) =
            known.map_or((0, Digest::ZERO), |seen| (seen.revision + 1, seen.root));
        if !(header.revision > revision && self.lost_since(known)) {
            if header.revision != revision {
                wrong.push((format!("revision {revision}"), header.revision.to_string()));
            }
            if header.previous_root != previous {
                let found = header.previous_root.to_string();
                wrong.push((format!("previous root {previous}"), found));
            }
        }
        if header.recorded_at < self.recorded_at {
            let found = format!("{:?}", header.recorded_at);
            wrong.push((format!("a time from {:?} on", self.recorded_at), found));
        }
        for (expected, found) in wrong {
            let finding = Finding::new(FindingKind::Rewrite, place, expected, found);
            self.findings.push(finding.at_event(event));
        }
        let (revision, root) = (header.revision, event.content_root);
        self.heads.insert(header.stream, Seen { revision, root, position: event.position });
        self.recorded_at = self.recorded_at.max(header.recorded_at);
        self.events += 1;
        self.newest = Some(event.position);
    }

    /// Whether damage that was already reported explains a gap after this event.
    fn lost_since(&self, known: Option<Seen>) -> bool {
        self.lost_after.is_some_and(|newest| known.map(|seen| seen.position) <= newest)
    }

    fn report(self, ledger: Uuid, segments: u64) -> VerifyReport {
        VerifyReport {
            ledger,
            segments,
            batches: self.batches,
            events: self.events,
            streams: on_disk(self.heads.len()),
            newest: self.newest,
            last_hash: self.last_hash,
            findings: self.findings,
        }
    }
}
