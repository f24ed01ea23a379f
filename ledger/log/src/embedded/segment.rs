//! Segment files: making, beginning and reading them.

use std::io;
use std::sync::Arc;

use schemas::Digest;
use uuid::Uuid;

use super::OpenError;
use super::disk::{self, Access, Disk, DiskFile};
use super::finding::{Finding, FindingKind};
use super::folder::Folder;
use super::format::{FormatError, Geometry, SEGMENT_HEADER_BYTES, SegmentHeader};
use super::tail::TailSlot;

/// How much is written at a time where zeros are written.
const ZEROS_BYTES: u64 = 1024 * 1024;

/// Makes a durable file of zeros, so that no later commit has to change what the file system knows of it.
pub(crate) fn write_zeros(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; super::format::in_memory(ZEROS_BYTES.min(to.saturating_sub(from)))];
    let mut offset = from;
    while offset < to {
        let length = super::format::in_memory(ZEROS_BYTES.min(to - offset));
        file.write_at(zeros.get(..length).unwrap_or(&zeros), offset)?;
        offset += super::format::on_disk(length);
    }
    file.sync()
}

/// Writes the header and the tail slots of a segment whose file is zeros, and makes them durable.
pub(crate) fn begin(file: &dyn DiskFile, header: &SegmentHeader) -> io::Result<()> {
    file.write_at(&header.encode(), 0)?;
    let slot = TailSlot {
        segment: header.segment,
        durable_through: header.previous_batch,
        end: header.geometry.data_offset(),
        hash: header.previous_hash,
        sealed: false,
    };
    write_slots(file, &slot)?;
    file.sync()
}

/// Writes both tail slots.
pub(crate) fn write_slots(file: &dyn DiskFile, slot: &TailSlot) -> io::Result<()> {
    file.write_at(&slot.encode(), Geometry::slot_offset(0))?;
    file.write_at(&slot.encode(), Geometry::slot_offset(1))
}

/// Says in a full segment that another follows, where a crash came between the two.
pub(crate) fn seal(full: &Segment, next: &SegmentHeader) -> io::Result<()> {
    let mut slots = vec![0; super::format::in_memory(full.header.geometry.data_offset())];
    full.file.read_at(&mut slots, 0)?;
    if TailSlot::newest(&slots, full.header.segment).is_ok_and(|slot| slot.sealed) {
        return Ok(());
    }
    let slot = TailSlot {
        segment: full.header.segment,
        durable_through: next.previous_batch,
        end: full.header.geometry.segment_bytes,
        hash: next.previous_hash,
        sealed: true,
    };
    write_slots(&*full.file, &slot)?;
    full.file.sync()
}

/// The header of the first segment of a ledger.
pub(crate) const fn first_header(ledger: Uuid, geometry: Geometry) -> SegmentHeader {
    SegmentHeader {
        ledger,
        segment: FIRST_SEGMENT,
        geometry,
        first_position: 0,
        previous_batch: 0,
        previous_hash: Digest::ZERO,
    }
}

/// The number of the first segment.
pub(crate) const FIRST_SEGMENT: u64 = 1;

/// An open segment file whose header is right.
pub(crate) struct Segment {
    pub header: SegmentHeader,
    pub file: Arc<dyn DiskFile>,
}

impl Segment {
    /// Opens a segment and reads its header.
    pub(crate) fn open(
        disk: &dyn Disk,
        folder: &Folder,
        ledger: Uuid,
        number: u64,
        access: Access,
    ) -> Result<Self, OpenError> {
        let path = folder.segment(number);
        let file = disk.open(&path, access).map_err(OpenError::io("open", &path))?;
        let bytes = file.bytes().map_err(OpenError::io("measure", &path))?;
        let length = bytes.min(super::format::on_disk(SEGMENT_HEADER_BYTES));
        let mut head = vec![0; super::format::in_memory(length)];
        file.read_at(&mut head, 0).map_err(OpenError::io("read", &path))?;
        let header = SegmentHeader::decode(&head).map_err(|error| header_error(number, &error))?;
        if let Some(finding) = mismatch(&header, ledger, number, bytes) {
            return Err(OpenError::damaged(finding));
        }
        Ok(Self { header, file })
    }

    /// All its bytes. For writing they are read from the medium: what a failed sync left in memory does not count.
    pub(crate) fn image(&self, folder: &Folder, access: Access) -> Result<Vec<u8>, OpenError> {
        let path = folder.segment(self.header.segment);
        if access == Access::Write {
            self.file.sync().map_err(OpenError::io("sync", &path))?;
            self.file.forget_cached().map_err(OpenError::io("forget what is cached of", &path))?;
        }
        disk::read_whole(&*self.file).map_err(OpenError::io("read", &path))
    }
}

fn header_error(number: u64, error: &FormatError) -> OpenError {
    let finding = Finding::of_format(FindingKind::BitRot, (number, 0), error);
    OpenError::damaged(Finding { expected: "a whole segment header".into(), ..finding })
}

fn mismatch(header: &SegmentHeader, ledger: Uuid, number: u64, bytes: u64) -> Option<Finding> {
    let place = (number, 0);
    if header.ledger != ledger {
        let (expected, found) = (format!("ledger {ledger}"), header.ledger.to_string());
        return Some(Finding::new(FindingKind::Fork, place, expected, found));
    }
    if header.segment != number {
        let (expected, found) = (format!("segment {number}"), header.segment.to_string());
        return Some(Finding::new(FindingKind::Fork, place, expected, found));
    }
    let expected = header.geometry.segment_bytes;
    (bytes != expected).then(|| {
        let (expected, found) = (format!("{expected} bytes"), format!("{bytes}"));
        Finding::new(FindingKind::Truncated, (number, bytes), expected, found)
    })
}
