//! Copies the first events of a ledger into a new folder: for going back to a moment, and for going on from a copy
//! under another id. Whole batches are copied byte for byte; only the last one may become shorter.

use std::path::{Path, PathBuf};

use schemas::StoredEvent;
use uuid::Uuid;

use super::OpenError;
use super::disk::{Access, Disk};
use super::folder::Folder;
use super::format::{Geometry, SegmentHeader, in_memory};
use super::frame::{Frame, FrameBuilder};
use super::opening::events_of;
use super::segment::Segment;
use super::tail::TailSlot;
use super::walk::{Chain, Step};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The ledger cannot be read, or the copy not be written.
    #[error("the log cannot be copied")]
    Log(#[from] OpenError),
    /// There is something at the place of the copy.
    #[error("`{}` holds a ledger already", path.display())]
    Taken {
        /// The place.
        path: PathBuf,
    },
    /// Nothing would be left.
    #[error("the copy would have no events")]
    Empty,
}

/// Copies a ledger's first `events` events, or all when there are fewer, under the id `ledger`. A command whose
/// events would be copied only in part is left out. Gives how many events were copied. The log must be whole.
///
/// # Errors
/// When the ledger cannot be read, the copy not be written, or nothing would be left.
pub fn copy_first(
    disk: &dyn Disk,
    from: &Path,
    to: &Path,
    events: u64,
    ledger: Uuid,
) -> Result<u64, CopyError> {
    let (from, to) = (Folder::new(from), Folder::new(to));
    let own = from.read_format(disk)?;
    let _lock = from.take(disk, Access::Read)?;
    if to.is_taken(disk)? {
        return Err(CopyError::Taken { path: to.root().to_owned() });
    }
    disk.create_folder(&to.quarantine()).map_err(OpenError::io("make", to.root()))?;
    let numbers = from.segments(disk)?;
    let mut copied = 0;
    for (number, next) in numbers.iter().zip(numbers.iter().skip(1).map(Some).chain([None])) {
        let segment = Segment::open(disk, &from, own, *number, Access::Read)?;
        let image = segment.image(&from, Access::Read)?;
        let mut copy = Copy::of(&segment.header, ledger);
        let cut = copy.take(&image, &segment.header, events)?;
        copied = copy.chain.next_position;
        // The next segment may hold nothing that is wanted.
        let is_last = cut || next.is_none() || copied >= events;
        if copied > 0 {
            copy.write(disk, &to, is_last)?;
        }
        if is_last {
            break;
        }
    }
    if copied == 0 {
        return Err(CopyError::Empty);
    }
    disk.sync_folder(&to.log()).map_err(OpenError::io("sync", &to.log()))?;
    disk.sync_folder(to.root()).map_err(OpenError::io("sync", to.root()))?;
    to.write_format(disk, ledger)?;
    Ok(copied)
}

/// One segment of the copy.
struct Copy {
    header: SegmentHeader,
    chain: Chain,
    image: Vec<u8>,
    newest: Option<Frame>,
}

impl Copy {
    fn of(header: &SegmentHeader, ledger: Uuid) -> Self {
        let header = SegmentHeader { ledger, ..*header };
        let image = vec![0; in_memory(header.geometry.segment_bytes)];
        Self { header, chain: Chain::at_start(&header), image, newest: None }
    }

    /// Takes the batches of a segment up to this many events of the ledger. Whether some were left out.
    fn take(
        &mut self,
        image: &[u8],
        segment: &SegmentHeader,
        events: u64,
    ) -> Result<bool, OpenError> {
        loop {
            let frame = match self.chain.step(image, segment) {
                Step::Frame(frame) => frame,
                Step::Bad(finding) => match self.chain.mirrored(image, segment) {
                    Some(frame) => frame,
                    None => return Err(OpenError::damaged(finding)),
                },
                Step::End => match self.chain.mirrored(image, segment) {
                    Some(frame) => frame,
                    None => return Ok(false),
                },
            };
            let end = frame.header.first_position + u64::from(frame.header.count);
            if end <= events {
                self.put(frame);
                continue;
            }
            let all = events_of(&frame).map_err(OpenError::damaged)?;
            let kept = whole_commands(&all, events);
            if !kept.is_empty() {
                let mut builder = FrameBuilder::default();
                kept.iter().for_each(|event| builder.push(event));
                self.put(builder.finish(frame.header));
            }
            return Ok(true);
        }
    }

    fn put(&mut self, frame: Frame) {
        let start = in_memory(frame.header.offset);
        if let Some(place) = self.image.get_mut(start..start + frame.bytes.len()) {
            place.copy_from_slice(&frame.bytes);
        }
        self.chain.advance(&frame);
        self.newest = Some(frame);
    }

    fn write(mut self, disk: &dyn Disk, to: &Folder, is_last: bool) -> Result<(), OpenError> {
        self.lay(0, &self.header.encode());
        let slot = TailSlot {
            segment: self.header.segment,
            durable_through: self.chain.batch,
            end: self.chain.offset,
            hash: self.chain.hash,
            sealed: !is_last,
        };
        for batch in [0, 1] {
            self.lay(Geometry::slot_offset(batch), &slot.encode());
        }
        if let Some(newest) = self.newest.take() {
            let mirror = self.header.geometry.mirror_offset(newest.header.batch);
            self.lay(mirror, &newest.bytes);
        }
        let path = to.segment(self.header.segment);
        let written = disk.create(&path).and_then(|file| {
            file.write_at(&self.image, 0)?;
            file.sync()
        });
        written.map_err(OpenError::io("write", &path))
    }

    fn lay(&mut self, offset: u64, bytes: &[u8]) {
        let start = in_memory(offset);
        if let Some(place) = self.image.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

/// The events before this position, without those of a command that goes on after it.
fn whole_commands(events: &[StoredEvent], end: u64) -> &[StoredEvent] {
    let before = events.partition_point(|event| event.position.0 < end);
    let (kept, cut) = events.split_at_checked(before).unwrap_or((events, &[]));
    let Some(torn) = cut.first() else { return kept };
    let same = |event: &&StoredEvent| {
        event.header.command_id == torn.header.command_id
            && event.header.stream == torn.header.stream
    };
    let part = kept.iter().rev().take_while(same).count();
    kept.get(..kept.len() - part).unwrap_or(kept)
}
