//! The one writer: takes everybody who waits, puts them into one frame, writes it and its mirror, syncs once,
//! then answers all. One frame is in flight at a time, so a whole frame after a broken one proves damage.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemas::{LogPosition, StoredEvent, StreamName, Timestamp};
use tokio::sync::oneshot;

use super::background::{Background, Next, is_full};
use super::disk::{Access, DiskFile};
use super::driving::Drive;
use super::format::{Geometry, SegmentHeader};
use super::frame::{FrameBuilder, FrameHeader};
use super::index::SegmentIndex;
use super::queue::{Queue, Taken, Waiting};
use super::segment;
use super::store::Store;
use super::tail::TailSlot;
use super::walk::Chain;
use crate::numbering::{self, Head};
use crate::port::{Append, AppendOutcome, AppendRefusal};
use crate::seeded::{self, SeededBug};

/// Runs before every commit; what it makes durable, the commit may rely on.
pub type BeforeCommit = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;
/// Runs when nobody can say any more what is on the disk. The process must end.
pub type OnFatal = Arc<dyn Fn(&str) + Send + Sync>;

pub(crate) struct Writer {
    pub store: Arc<Store>,
    pub queue: Arc<Queue>,
    pub background: Background,
    pub before_commit: BeforeCommit,
    pub on_fatal: OnFatal,
    pub idle_seal: Duration,
    pub header: SegmentHeader,
    pub file: Arc<dyn DiskFile>,
    pub chain: Chain,
    pub active: SegmentIndex,
    /// How many bytes the newest frame took; 0 for none.
    pub newest_frame_bytes: usize,
    /// Whether the newest tail slot waits for a sync.
    pub unsealed: bool,
    /// Whether the reserve may be used up: only while recovery is recorded.
    pub recovering: bool,
}

/// The writer cannot go on: what happened.
#[derive(Debug)]
pub(crate) struct Stopped(pub String);

impl Stopped {
    fn at(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self(format!("cannot {what}: {error}"))
    }
}

impl Writer {
    /// Serves the line until it is closed and empty.
    pub(crate) fn run(mut self) {
        if let Err(stopped) = self.serve_line() {
            self.stop(&stopped);
        }
    }

    /// Does one thing. `false` when the writer has stopped.
    pub(crate) fn drive(&mut self, what: Drive) -> bool {
        let done = match what {
            Drive::Commit if self.queue.waiting() > 0 => match self.queue.take(None) {
                Taken::Appends(line) => self.serve(line),
                Taken::Idle | Taken::Closed => Ok(()),
            },
            Drive::Commit => Ok(()),
            Drive::SealTail => self.seal_tail(),
            Drive::Background => {
                self.background.work();
                Ok(())
            }
        };
        done.inspect_err(|stopped| self.stop(stopped)).is_ok()
    }

    fn stop(&self, Stopped(reason): &Stopped) {
        tracing::error!(reason, "the ledger's writer stops");
        self.queue.close();
        // Whoever still waits hears that nobody knows: dropping the answer says so.
        while let Taken::Appends(line) = self.queue.take(None) {
            drop(line);
        }
        (self.on_fatal)(reason);
    }

    fn serve_line(&mut self) -> Result<(), Stopped> {
        loop {
            match self.queue.take(self.unsealed.then_some(self.idle_seal)) {
                Taken::Appends(line) => self.serve(line)?,
                Taken::Idle => self.seal_tail()?,
                Taken::Closed => return self.seal_tail(),
            }
        }
    }

    /// Commits everybody in line, in as few frames as hold them.
    pub(crate) fn serve(&mut self, line: VecDeque<Waiting>) -> Result<(), Stopped> {
        self.store.progress().committing_since = Some(Instant::now());
        let served = self.commit_all(line);
        self.store.progress().committing_since = None;
        served
    }

    fn commit_all(&mut self, line: VecDeque<Waiting>) -> Result<(), Stopped> {
        let mut batch = self.new_batch();
        for waiting in line {
            let bytes = numbering::append_bytes(&waiting.append);
            if !batch.builder.is_empty() && !self.has_room(&batch, bytes) {
                self.commit(batch)?;
                batch = self.new_batch();
            }
            if !self.has_room(&batch, bytes) {
                let rolled = self.roll().inspect_err(|_| self.queue.close())?;
                self.store.progress().full = !rolled;
                if !rolled {
                    let full = AppendOutcome::Rejected(AppendRefusal::Full);
                    batch.answers.push((waiting.answer, full));
                    continue;
                }
                batch.next_position = self.chain.next_position;
            }
            let head = self.store.index().head(waiting.append.stream);
            batch.admit(waiting, head);
        }
        self.commit(batch)
    }

    fn new_batch(&self) -> Batch {
        Batch {
            // Batches that follow one another are of about one size.
            builder: FrameBuilder::with_capacity(self.newest_frame_bytes),
            events: Vec::new(),
            heads: HashMap::new(),
            answers: Vec::new(),
            next_position: self.chain.next_position,
            recorded_at: self.store.index().recorded_at(),
        }
    }

    /// Whether the frame with this many more bytes fits a mirror slot and the segment.
    fn has_room(&self, batch: &Batch, bytes: usize) -> bool {
        let Geometry { segment_bytes, frame_bytes_max } = self.header.geometry;
        let frame = batch.builder.frame_bytes_with(bytes);
        frame <= frame_bytes_max && self.chain.offset + frame <= segment_bytes
    }

    fn commit(&mut self, mut batch: Batch) -> Result<(), Stopped> {
        match self.record(&mut batch) {
            Ok(true) => batch.answer(),
            Ok(false) if seeded::has(SeededBug::AnswerFullAsWritten) => batch.answer(),
            Ok(false) => batch.refuse(&AppendRefusal::Full),
            Err(stopped) => {
                // Before anybody in the batch hears that nobody knows: whoever comes later is refused.
                self.queue.close();
                return Err(stopped);
            }
        }
        Ok(())
    }

    /// Makes the batch durable. `false` when there is no room for the keys that it needs.
    fn record(&mut self, batch: &mut Batch) -> Result<bool, Stopped> {
        if batch.builder.is_empty() {
            return Ok(true);
        }
        match (self.before_commit)() {
            Ok(()) => {}
            Err(error) if is_full(&error) && !seeded::has(SeededBug::IgnoreLostKeys) => {
                tracing::warn!(%error, "no room for the keys of a commit");
                return Ok(false);
            }
            Err(_) if seeded::has(SeededBug::IgnoreLostKeys) => {}
            Err(error) => return Err(Stopped::at("keep the keys of a commit")(error)),
        }
        // INVARIANT (positions are contiguous): the frame starts where the index ends.
        if self.store.index().next_position() != self.chain.next_position {
            return Err(Stopped("the index and the log disagree on the next position".to_owned()));
        }
        let frame = std::mem::take(&mut batch.builder).finish(FrameHeader {
            batch: self.chain.batch + 1,
            first_position: self.chain.next_position,
            count: 0,
            body_bytes: 0,
            previous_hash: self.chain.hash,
            durable_through: self.chain.batch,
            segment: self.header.segment,
            offset: self.chain.offset,
        });
        self.newest_frame_bytes = frame.bytes.len();
        let mirror = self.header.geometry.mirror_offset(frame.header.batch);
        self.file.write_at(&frame.bytes, frame.header.offset).map_err(Stopped::at("write"))?;
        self.file.write_at(&frame.bytes, mirror).map_err(Stopped::at("write the mirror"))?;
        if seeded::has(SeededBug::SlotBeforeSync) {
            self.chain.advance(&frame);
            self.tell()?;
            self.file.sync().map_err(Stopped::at("sync"))?;
        } else {
            self.sync_frame().map_err(Stopped::at("sync"))?;
            self.chain.advance(&frame);
            self.tell()?;
        }
        self.active.add(&frame, &batch.events);
        let published = self.store.publish(frame, &batch.events);
        published.map_err(|finding| Stopped(finding.to_string()))?;
        Ok(true)
    }

    fn sync_frame(&self) -> io::Result<()> {
        if seeded::has(SeededBug::AnswerBeforeSync) {
            return Ok(());
        }
        let synced = self.file.sync();
        if seeded::has(SeededBug::RetryFailedSync) {
            synced.or_else(|_| self.file.sync())
        } else {
            synced
        }
    }

    /// Writes the tail slot of the newest batch. The next sync makes it durable.
    fn tell(&mut self) -> Result<(), Stopped> {
        let slot = Geometry::slot_offset(self.chain.batch);
        let told = self.slot(false).encode();
        self.file.write_at(&told, slot).map_err(Stopped::at("write the tail slot"))?;
        self.unsealed = true;
        Ok(())
    }

    /// Makes the newest tail slot durable when no commit does it.
    fn seal_tail(&mut self) -> Result<(), Stopped> {
        if self.unsealed {
            self.file.sync().map_err(Stopped::at("sync the tail slot"))?;
            self.unsealed = false;
        }
        Ok(())
    }

    const fn slot(&self, sealed: bool) -> TailSlot {
        TailSlot::at_end(&self.chain, self.header.segment, sealed)
    }

    /// Begins the next segment. `false` when there is no room for one.
    fn roll(&mut self) -> Result<bool, Stopped> {
        let mut next = self.background.next();
        if self.recovering && matches!(next, Next::Full { .. }) {
            let freed = self.background.next_from_reserve();
            next = freed.map_err(Stopped::at("free the reserve"))?;
        }
        match next {
            Next::Ready => {}
            Next::Full { .. } => return Ok(false),
            Next::Working => return Err(Stopped("the next segment is not ready".to_owned())),
            Next::Failed { reason } => return Err(Stopped(reason)),
        }
        let header = SegmentHeader {
            segment: self.header.segment + 1,
            first_position: self.chain.next_position,
            previous_batch: self.chain.batch,
            previous_hash: self.chain.hash,
            ..self.header
        };
        if seeded::has(SeededBug::SealBeforeNext) {
            segment::write_slots(&*self.file, &self.slot(true)).map_err(Stopped::at("seal"))?;
            self.file.sync().map_err(Stopped::at("seal"))?;
        }
        let file = self.begin_file(&header).map_err(Stopped::at("begin the next segment"))?;
        // Only now that the next segment is durable does the full one say that another follows.
        segment::write_slots(&*self.file, &self.slot(true)).map_err(Stopped::at("seal"))?;
        self.file.sync().map_err(Stopped::at("seal"))?;
        self.unsealed = false;
        self.file = file;
        self.header = header;
        self.chain.offset = header.geometry.data_offset();
        self.store.begin_segment(header.segment, header.first_position);
        let active = SegmentIndex::new(header.segment, header.first_position);
        self.background.rolled(std::mem::replace(&mut self.active, active));
        Ok(true)
    }

    fn begin_file(&self, header: &SegmentHeader) -> io::Result<Arc<dyn DiskFile>> {
        let Store { disk, folder, .. } = &*self.store;
        let file = disk.open(&folder.next(), Access::Write)?;
        segment::begin(&*file, header)?;
        disk.rename(&folder.next(), &folder.segment(header.segment))?;
        if !seeded::has(SeededBug::SkipFolderSync) {
            disk.sync_folder(&folder.log())?;
        }
        Ok(file)
    }
}

/// The appends of the next frame.
#[derive(Debug)]
struct Batch {
    builder: FrameBuilder,
    events: Vec<StoredEvent>,
    heads: HashMap<StreamName, Head>,
    answers: Vec<(oneshot::Sender<AppendOutcome>, AppendOutcome)>,
    next_position: u64,
    recorded_at: Timestamp,
}

impl Batch {
    /// Takes an append in at the revision its stream has after those before it, or prepares its refusal.
    fn admit(&mut self, waiting: Waiting, committed: Option<Head>) {
        let Waiting { append, answer } = waiting;
        let head = self.heads.get(&append.stream).copied().or(committed);
        let outcome = match numbering::check_revision(append.expected, head) {
            Ok(()) => self.number(append, head),
            Err(conflict) => conflict,
        };
        self.answers.push((answer, outcome));
    }

    fn number(&mut self, append: Append, head: Option<Head>) -> AppendOutcome {
        let stream = append.stream;
        self.recorded_at = self.recorded_at.max(append.decided_at);
        let next = LogPosition(self.next_position);
        let events = numbering::number(append, head, next, self.recorded_at);
        let committed = numbering::committed(&events);
        for event in events {
            self.next_position += 1;
            let head = Head { revision: event.header.revision, root: event.content_root };
            self.heads.insert(stream, head);
            self.builder.push(&event);
            self.events.push(event);
        }
        let empty = AppendOutcome::Rejected(AppendRefusal::Empty);
        committed.map_or(empty, AppendOutcome::Committed)
    }

    /// Tells everybody. Who stopped waiting is not told.
    fn answer(self) {
        for (answer, outcome) in self.answers {
            let _ = answer.send(outcome);
        }
    }

    /// Tells everybody whose events are not written why.
    fn refuse(self, why: &AppendRefusal) {
        for (answer, outcome) in self.answers {
            let outcome = match outcome {
                AppendOutcome::Committed(_) => AppendOutcome::Rejected(why.clone()),
                // A conflict with events that are not written either: the stream is where it was.
                AppendOutcome::Conflict { .. } => AppendOutcome::Rejected(why.clone()),
                AppendOutcome::Rejected(_) | AppendOutcome::Unknown { .. } => outcome,
            };
            let _ = answer.send(outcome);
        }
    }
}
