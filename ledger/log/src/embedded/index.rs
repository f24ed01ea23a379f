//! Where everything is: which frame holds a position, which positions a stream has, what a command recorded.
//! All in memory, a view of the log.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use schemas::{
    AccountId, CommandId, Digest, LogPosition, Revision, StoredEvent, StreamName, Timestamp,
};

use super::finding::{Finding, FindingKind};
use super::format::{in_memory, on_disk};
use super::frame::Frame;
use super::sharded::Sharded;
use crate::numbering::Head;

/// Where a frame is in its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FramePlace {
    pub offset: u64,
    pub bytes: u64,
    pub first_position: u64,
    pub count: u64,
}

impl FramePlace {
    pub(crate) fn of(frame: &Frame) -> Self {
        Self {
            offset: frame.header.offset,
            bytes: frame.header.frame_bytes(),
            first_position: frame.header.first_position,
            count: u64::from(frame.header.count),
        }
    }
}

/// What the index keeps of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventEntry {
    pub stream: StreamName,
    pub revision: Revision,
    pub tenant: Option<AccountId>,
    pub command_id: CommandId,
}

impl From<&StoredEvent> for EventEntry {
    fn from(event: &StoredEvent) -> Self {
        Self {
            stream: event.header.stream,
            revision: event.header.revision,
            tenant: event.header.tenant,
            command_id: event.header.command_id,
        }
    }
}

/// What the index keeps of one segment, to be written beside it when it is full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SegmentIndex {
    pub segment: u64,
    pub first_position: u64,
    pub frames: Vec<FramePlace>,
    pub events: Vec<EventEntry>,
    /// The content root of the newest event of each stream in this segment.
    pub roots: HashMap<StreamName, Digest>,
    pub last_batch: u64,
    pub last_hash: Digest,
    pub recorded_at: Timestamp,
}

impl SegmentIndex {
    pub(crate) fn new(segment: u64, first_position: u64) -> Self {
        Self { segment, first_position, recorded_at: Timestamp::MIN, ..Self::default() }
    }

    pub(crate) fn add(&mut self, frame: &Frame, events: &[StoredEvent]) {
        self.frames.push(FramePlace::of(frame));
        self.events.extend(events.iter().map(EventEntry::from));
        self.roots.extend(events.iter().map(|event| (event.header.stream, event.content_root)));
        self.last_batch = frame.header.batch;
        self.last_hash = frame.hash;
        if let Some(event) = events.last() {
            self.recorded_at = event.header.recorded_at;
        }
    }
}

/// A command identifier is unique within a customer.
type CommandKey = (Option<AccountId>, CommandId);

/// Where a command's events are. They are contiguous: a command is one append.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: u64,
    count: u32,
}

#[derive(Debug, Default)]
struct StreamIndex {
    /// Positions by revision; `LOST` where a damaged frame held the event.
    positions: Vec<u64>,
    root: Digest,
}

const LOST: u64 = u64::MAX;

#[derive(Debug)]
struct SegmentFrames {
    segment: u64,
    first_position: u64,
    frames: Vec<FramePlace>,
}

/// The whole index.
#[derive(Debug)]
pub(crate) struct Index {
    segments: Vec<SegmentFrames>,
    streams: Sharded<StreamName, StreamIndex>,
    commands: Sharded<CommandKey, Span>,
    next_position: u64,
    recorded_at: Timestamp,
    /// What is wrong with the log; empty unless it was opened although damaged.
    damage: Vec<Finding>,
}

/// How many segments are read ahead of what puts them together.
const SEGMENTS_AHEAD: usize = 2;

/// Adds the events of a segment to their streams. `false` when one does not follow.
fn add_to_streams(streams: &mut Sharded<StreamName, StreamIndex>, kept: &SegmentIndex) -> bool {
    for (entry, position) in kept.events.iter().zip(kept.first_position..) {
        let stream = streams.entry(entry.stream).or_default();
        if in_memory(entry.revision) != stream.positions.len() {
            return false;
        }
        stream.positions.push(position);
    }
    for (name, root) in &kept.roots {
        if let Some(stream) = streams.get_mut(name) {
            stream.root = *root;
        }
    }
    true
}

/// Adds the events of a segment to their commands, those of one append at once.
fn add_to_commands(commands: &mut Sharded<CommandKey, Span>, kept: &SegmentIndex) {
    let mut position = kept.first_position;
    let key = |entry: &EventEntry| (entry.tenant, entry.command_id);
    for events in kept.events.chunk_by(|one, other| key(one) == key(other)) {
        let count = on_disk(events.len());
        if let Some(first) = events.first() {
            let span = commands.entry(key(first)).or_insert(Span { first: position, count: 0 });
            if span.first + u64::from(span.count) == position {
                span.count = span.count.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
        position += count;
    }
}

/// What a thread did. Its panic goes on here.
fn done<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A frame to read, and which of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub segment: u64,
    pub frame: FramePlace,
    pub number: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            segments: Vec::new(),
            streams: Sharded::default(),
            commands: Sharded::default(),
            next_position: 0,
            recorded_at: Timestamp::MIN,
            damage: Vec::new(),
        }
    }
}

impl Index {
    /// Opens the next segment.
    pub(crate) fn begin_segment(&mut self, segment: u64, first_position: u64) {
        self.segments.push(SegmentFrames { segment, first_position, frames: Vec::new() });
    }

    /// Adds a batch to the newest segment.
    ///
    /// # Errors
    /// A finding when an event does not follow the one before it in its stream.
    pub(crate) fn add(&mut self, frame: &Frame, events: &[StoredEvent]) -> Result<(), Finding> {
        let place = FramePlace::of(frame);
        let segment = self.add_frame(place);
        for (event, position) in events.iter().zip(place.first_position..) {
            let entry = EventEntry::from(event);
            if !self.add_event(&entry, position) {
                let found = format!("revision {}", entry.revision);
                let at = (segment, place.offset);
                let finding = Finding::new(FindingKind::Rewrite, at, "the next revision", found);
                return Err(finding.at_event(event));
            }
            if let Some(stream) = self.streams.get_mut(&entry.stream) {
                stream.root = event.content_root;
            }
            self.recorded_at = self.recorded_at.max(event.header.recorded_at);
        }
        Ok(())
    }

    /// Adds whole segments, the first of the log, from what was kept beside them. Streams and commands are put
    /// together side by side: a start waits for this. They hold about this many events. Answers the first segment
    /// that does not follow.
    ///
    /// # Errors
    /// The first error that the segments came with.
    pub(crate) fn add_segments<E>(
        &mut self,
        kept: impl Iterator<Item = Result<Arc<SegmentIndex>, E>>,
        events: usize,
    ) -> Result<Option<u64>, E> {
        let mut streams = std::mem::take(&mut self.streams);
        let mut commands = std::mem::take(&mut self.commands);
        let (read, gap) = thread::scope(|scope| {
            let (to_streams, segments) = mpsc::sync_channel::<Arc<SegmentIndex>>(SEGMENTS_AHEAD);
            let gap = scope.spawn(|| {
                segments
                    .into_iter()
                    .find(|kept| !add_to_streams(&mut streams, kept))
                    .map(|kept| kept.segment)
            });
            let (to_commands, segments) = mpsc::sync_channel::<Arc<SegmentIndex>>(SEGMENTS_AHEAD);
            let commanded = scope.spawn(|| {
                let mut segments = segments.into_iter();
                if let Some(first) = segments.next() {
                    add_to_commands(&mut commands, &first);
                    // Other segments have as many commands for their events, about.
                    let others = events.saturating_sub(first.events.len());
                    let known = commands.len().saturating_mul(others);
                    commands.reserve(known.checked_div(first.events.len()).unwrap_or(0));
                }
                segments.for_each(|kept| add_to_commands(&mut commands, &kept));
            });
            let read = kept.into_iter().try_for_each(|kept| {
                let kept = kept?;
                self.begin_segment(kept.segment, kept.first_position);
                kept.frames.iter().for_each(|place| _ = self.add_frame(*place));
                self.recorded_at = self.recorded_at.max(kept.recorded_at);
                // Nobody takes more once there was a gap; then it is what is answered.
                let _ = to_streams.send(Arc::clone(&kept));
                let _ = to_commands.send(kept);
                Ok(())
            });
            drop((to_streams, to_commands));
            done(commanded);
            (read, done(gap))
        });
        self.streams = streams;
        self.commands = commands;
        // A gap is in a segment before the one that came with an error.
        if gap.is_none() { read.map(|()| None) } else { Ok(gap) }
    }

    /// Marks events that a damaged frame held, as far as they are known, so that no reader takes the stream for
    /// shorter than it is.
    pub(crate) fn add_damage(&mut self, finding: Finding, lost: &[StoredEvent]) {
        for event in lost {
            let stream = self.streams.entry(event.header.stream).or_default();
            let revision = in_memory(event.header.revision);
            if revision == stream.positions.len() {
                stream.positions.push(LOST);
            }
        }
        if let Some((_, last)) = finding.positions {
            self.next_position = self.next_position.max(last.0 + 1);
        }
        self.damage.push(finding);
    }

    fn add_frame(&mut self, place: FramePlace) -> u64 {
        self.next_position = place.first_position + place.count;
        self.segments.last_mut().map_or(0, |newest| {
            newest.frames.push(place);
            newest.segment
        })
    }

    fn add_event(&mut self, entry: &EventEntry, position: u64) -> bool {
        let stream = self.streams.entry(entry.stream).or_default();
        let revision = in_memory(entry.revision);
        if revision > stream.positions.len() && !self.damage.is_empty() {
            stream.positions.resize(revision, LOST);
        }
        if revision != stream.positions.len() {
            return false;
        }
        stream.positions.push(position);
        let key = (entry.tenant, entry.command_id);
        let span = self.commands.entry(key).or_insert(Span { first: position, count: 0 });
        if span.first + u64::from(span.count) == position {
            span.count += 1;
        }
        true
    }

    /// Forgets what commands recorded. Nobody wants that, but the bug that is put in to be found.
    pub(crate) fn forget_commands(&mut self) {
        self.commands.clear();
    }

    /// The newest event of a stream.
    pub(crate) fn head(&self, stream: StreamName) -> Option<Head> {
        let found = self.streams.get(&stream)?;
        let revision = on_disk(found.positions.len()).checked_sub(1)?;
        Some(Head { revision, root: found.root })
    }

    pub(crate) const fn next_position(&self) -> u64 {
        self.next_position
    }

    /// The newest position.
    pub(crate) fn newest(&self) -> Option<LogPosition> {
        self.next_position.checked_sub(1).map(LogPosition)
    }

    pub(crate) const fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    pub(crate) fn damage(&self) -> &[Finding] {
        &self.damage
    }

    /// Where the events of a stream after a revision are.
    pub(crate) fn stream_places(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> Result<Vec<Place>, Finding> {
        let positions = self.streams.get(&stream).map(|s| s.positions.as_slice());
        let first = after.map_or(0, |after| in_memory(after.saturating_add(1)));
        let wanted = positions.unwrap_or_default().iter().skip(first).take(limit);
        wanted.map(|position| self.place(*position)).collect()
    }

    /// Where the events after a position are.
    pub(crate) fn log_places(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> Result<Vec<Place>, Finding> {
        let first = after.map_or(0, |after| after.0.saturating_add(1));
        let end = self.next_position.min(first.saturating_add(on_disk(limit)));
        (first..end).map(|position| self.place(position)).collect()
    }

    /// The batches from the one that holds a position on.
    pub(crate) fn frame_places(
        &self,
        from: LogPosition,
        frames_max: usize,
    ) -> Result<Vec<Place>, Finding> {
        let (mut places, mut position) = (Vec::new(), from.0);
        while position < self.next_position && places.len() < frames_max {
            let place = self.place(position)?;
            position = place.frame.first_position + place.frame.count;
            places.push(place);
        }
        Ok(places)
    }

    /// Where the first and the last event of a command are.
    pub(crate) fn command_places(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> Result<Option<(Place, Place)>, Finding> {
        let Some(span) = self.commands.get(&(tenant, command_id)) else { return Ok(None) };

        let last = span.first + u64::from(span.count.max(1)) - 1;
        Ok(Some((self.place(span.first)?, self.place(last)?)))
    }

    fn place(&self, position: u64) -> Result<Place, Finding> {
        self.find(position).ok_or_else(|| self.damage_at(position))
    }

    fn find(&self, position: u64) -> Option<Place> {
        let after = self.segments.partition_point(|segment| segment.first_position <= position);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        let after = segment.frames.partition_point(|frame| frame.first_position <= position);
        let frame = *segment.frames.get(after.checked_sub(1)?)?;
        let number = position - frame.first_position;
        let place = Place { segment: segment.segment, frame, number: in_memory(number) };
        (number < frame.count).then_some(place)
    }

    /// The damage that took this position, or the first when it is not known which did.
    fn damage_at(&self, position: u64) -> Finding {
        let covers = |finding: &&Finding| {
            finding.positions.is_some_and(|(first, last)| (first.0..=last.0).contains(&position))
        };
        let known = self.damage.iter().find(covers).or_else(|| self.damage.first());
        known.cloned().unwrap_or_else(|| {
            let found = format!("no frame that holds position {position}");
            Finding::new(FindingKind::Truncated, (0, 0), "a frame", found)
        })
    }
}
