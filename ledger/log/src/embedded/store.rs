//! What writer and readers share: the index, the open files, the recently used frames, how far it is durable.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use schemas::{Digest, LogPosition, StoredEvent};
use tokio::sync::watch;

use super::cache::FrameCache;
use super::disk::{Access, Disk, DiskFile};
use super::finding::{Finding, FindingKind};
use super::folder::Folder;
use super::format::{FormatError, in_memory};
use super::frame::Frame;
use super::index::{FramePlace, Index, Place};
use super::walk::Chain;
use crate::port::{CommandRecord, LogIdentity, ReadError};

pub(crate) struct Store {
    pub disk: Arc<dyn Disk>,
    pub folder: Folder,
    pub identity: LogIdentity,
    pub durable: watch::Sender<Option<LogPosition>>,
    /// The newest durable batch, as the writer holds it in memory.
    newest_frame: Mutex<FramePoint>,
    index: RwLock<Index>,
    cache: FrameCache,
    /// Frames that are whole only in their mirrors, of a log that was opened for reading.
    mirrored: HashMap<(u64, u64), Arc<Frame>>,
    files: Mutex<HashMap<u64, Arc<dyn DiskFile>>>,
    halted: OnceLock<Finding>,
    progress: Mutex<Progress>,
}

/// What the writer is doing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub committing_since: Option<Instant>,
    pub full: bool,
}

/// A batch: where it is, which hash it has, and where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramePoint {
    /// In which segment.
    pub segment: u64,
    /// At which byte of its file.
    pub offset: u64,
    /// Its number; 0 before the first.
    pub batch: u64,
    /// Its hash, which all before it lead to.
    pub hash: Digest,
    /// The position of the event that follows it.
    pub next_position: u64,
}

impl FramePoint {
    fn of(frame: &Frame) -> Self {
        let header = &frame.header;
        let next_position = header.first_position + u64::from(header.count);
        let (segment, offset, batch) = (header.segment, header.offset, header.batch);
        Self { segment, offset, batch, hash: frame.hash, next_position }
    }

    /// The last batch that a walk came by.
    pub(crate) fn at_end(chain: &Chain, segment: u64) -> Self {
        let Chain { batch, hash, next_position, offset } = *chain;
        Self { segment, offset, batch, hash, next_position }
    }
}

/// A batch that was read back from its file.
#[derive(Debug)]
pub struct ReadBackFrame {
    /// Which one.
    pub point: FramePoint,
    /// The hash of the batch before it, as it says.
    pub previous_hash: Digest,
    frame: Frame,
}

impl ReadBackFrame {
    fn of(frame: Frame) -> Self {
        Self { point: FramePoint::of(&frame), previous_hash: frame.header.previous_hash, frame }
    }

    /// Its events, each decoded when it is its turn.
    pub fn events(&self) -> impl Iterator<Item = Result<StoredEvent, ReadError>> + '_ {
        self.frame.events().map(|event| {
            event.map_err(|error| super::opening::not_an_event(&self.frame, &error).read_error())
        })
    }
}

impl Store {
    pub(crate) fn new(
        (disk, folder): (Arc<dyn Disk>, Folder),
        identity: LogIdentity,
        (index, newest_frame): (Index, FramePoint),
        mirrored: Vec<Frame>,
        cache_bytes_max: usize,
    ) -> Self {
        let (durable, _) = watch::channel(index.newest());
        let halted = OnceLock::new();
        if let Some(damage) = index.damage().first() {
            // A new cell is empty.
            let _ = halted.set(damage.clone());
        }
        let mirrored = mirrored
            .into_iter()
            .map(|frame| ((frame.header.segment, frame.header.offset), Arc::new(frame)));
        Self {
            disk,
            folder,
            identity,
            durable,
            newest_frame: Mutex::new(newest_frame),
            index: RwLock::new(index),
            cache: FrameCache::new(cache_bytes_max),
            mirrored: mirrored.collect(),
            files: Mutex::default(),
            halted,
            progress: Mutex::default(),
        }
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin_segment(&self, segment: u64, first_position: u64) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.begin_segment(segment, first_position);
    }

    /// Makes a durable batch visible to readers.
    pub(crate) fn publish(&self, frame: Frame, events: &[StoredEvent]) -> Result<(), Finding> {
        let key = (frame.header.segment, frame.header.offset);
        let point = FramePoint::of(&frame);
        let newest = {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            index.add(&frame, events)?;
            index.newest()
        };
        self.cache.put(key, Arc::new(frame));
        *self.newest_frame.lock().unwrap_or_else(PoisonError::into_inner) = point;
        self.durable.send_replace(newest);
        Ok(())
    }

    /// The newest durable batch, as the writer holds it in memory.
    pub(crate) fn newest_frame(&self) -> FramePoint {
        *self.newest_frame.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Halts the writing because of damage that was found elsewhere. The first finding stays.
    pub(crate) fn halt(&self, finding: Finding) {
        tracing::error!(%finding, "the ledger is damaged, writing stops");
        let _ = self.halted.set(finding);
    }

    /// Batches read from their files and not from memory, from the one that holds this position on.
    pub(crate) fn read_back(
        &self,
        from: LogPosition,
        frames_max: usize,
    ) -> Result<Vec<ReadBackFrame>, ReadError> {
        let places = self.index().frame_places(from, frames_max);
        let places = places.map_err(|finding| finding.read_error())?;
        places.iter().map(|place| self.frame_from_file(place).map(ReadBackFrame::of)).collect()
    }

    /// What stopped the writing, if damage did.
    pub(crate) fn halted(&self) -> Option<&Finding> {
        self.halted.get()
    }

    /// The events at these places when all of their frames are in memory.
    pub(crate) fn cached_events(&self, places: &[Place]) -> Option<Vec<StoredEvent>> {
        self.collect(places, |place| self.cache.get(key(place)).ok_or(())).ok()?.ok()
    }

    /// The events at these places.
    pub(crate) fn events(&self, places: &[Place]) -> Result<Vec<StoredEvent>, ReadError> {
        let events = self.collect(places, |place| self.frame(place))?;
        events.map_err(|(place, error)| self.damaged(&place, &error))
    }

    /// What the command whose first and last event are here recorded.
    pub(crate) fn command(&self, first: Place, last: Place) -> Result<CommandRecord, ReadError> {
        let events = self.events(&[first, last])?;
        crate::numbering::command_record(&events).ok_or_else(|| ReadError::Unavailable {
            reason: "the command's events were not found".to_owned(),
        })
    }

    fn collect<E>(
        &self,
        places: &[Place],
        frame_of: impl Fn(&Place) -> Result<Arc<Frame>, E>,
    ) -> Result<Result<Vec<StoredEvent>, (Place, FormatError)>, E> {
        let mut events = Vec::with_capacity(places.len());
        let mut held: Option<((u64, u64), Arc<Frame>)> = None;
        for place in places {
            let frame = match held.take() {
                Some((at, frame)) if at == key(place) => frame,
                Some(_) | None => frame_of(place)?,
            };
            match frame.event(place.number) {
                Ok(event) => events.push(event),
                Err(error) => return Ok(Err((*place, error))),
            }
            held = Some((key(place), frame));
        }
        Ok(Ok(events))
    }

    /// The frame at a place, verified when it comes from the disk.
    fn frame(&self, place: &Place) -> Result<Arc<Frame>, ReadError> {
        if let Some(frame) = self.mirrored.get(&key(place)) {
            return Ok(Arc::clone(frame));
        }
        if let Some(frame) = self.cache.get(key(place)) {
            return Ok(frame);
        }
        let frame = Arc::new(self.frame_from_file(place)?);
        self.cache.put(key(place), Arc::clone(&frame));
        Ok(frame)
    }

    /// The frame at a place, from its file.
    fn frame_from_file(&self, place: &Place) -> Result<Frame, ReadError> {
        let mut bytes = vec![0; in_memory(place.frame.bytes)];
        let read = self.file(place.segment).and_then(|f| f.read_at(&mut bytes, place.frame.offset));
        match read {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(self.damaged(place, &FormatError::Truncated));
            }
            Err(error) => return Err(ReadError::Unavailable { reason: error.to_string() }),
        }
        let frame = Frame::from_bytes(bytes).map_err(|error| self.damaged(place, &error))?;
        let header = frame.header;
        let misplaced = header.segment != place.segment || FramePlace::of(&frame) != place.frame;
        if misplaced {
            let error = FormatError::Field {
                field: "place",
                expected: format!("{:?}", place.frame),
                found: format!("{header:?}"),
            };
            return Err(self.damaged(place, &error));
        }
        Ok(frame)
    }

    fn file(&self, segment: u64) -> io::Result<Arc<dyn DiskFile>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&segment) {
            return Ok(Arc::clone(file));
        }
        let file = self.disk.open(&self.folder.segment(segment), Access::Read)?;
        files.insert(segment, Arc::clone(&file));
        Ok(file)
    }

    /// Halts the writing: on a damaged log nothing is decided. Streams elsewhere stay readable.
    fn damaged(&self, place: &Place, error: &FormatError) -> ReadError {
        let at = (place.segment, place.frame.offset);
        let mut finding = Finding::of_format(FindingKind::BitRot, at, error);
        let first = place.frame.first_position;
        finding.positions = Some((LogPosition(first), LogPosition(first + place.frame.count - 1)));
        self.halt(finding.clone());
        finding.read_error()
    }
}

fn key(place: &Place) -> (u64, u64) {
    (place.segment, place.frame.offset)
}
