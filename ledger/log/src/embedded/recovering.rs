//! Opening a ledger for writing: heals and cuts its tail, starts the writer, records what was recovered.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use schemas::LogPosition;
use uuid::Uuid;

use super::background::{Background, Workplace};
use super::disk::{self, Access, Disk, DiskFile};
use super::driving::Hand;
use super::finding::{Finding, FindingKind};
use super::folder::Folder;
use super::format::{Geometry, on_disk};
use super::frame::Frame;
use super::opening::{Opened, RecoveryReport, Source};
use super::queue::Queue;
use super::recovery::{Torn, Unsettled};
use super::segment::{self, Segment, write_zeros};
use super::store::{FramePoint, Store};
use super::tail::TailSlot;
use super::walk::Chain;
use super::writer::Writer;
use super::{
    BACKEND, EmbeddedLog, EmbeddedOptions, OpenError, Shared, append_bytes_max, index_file,
    quarantine,
};
use crate::port::LogIdentity;
use crate::seeded::{self, SeededBug};

pub(crate) fn open(
    path: &Path,
    options: EmbeddedOptions,
) -> Result<(EmbeddedLog, RecoveryReport), OpenError> {
    let folder = Folder::new(path);
    let disk = Arc::clone(&options.disk);
    let ledger = folder.read_format(&*disk)?;
    let lock = folder.take(&*disk, Access::Write)?;
    let source = Source { disk: &*disk, folder: &folder, ledger, access: Access::Write };
    let opened = source.open()?;
    let Opened { index, active, rebuilt, chain, last, previous, healed, torn, unsettled } = opened;
    let last = last.ok_or_else(|| OpenError::NotALedger { path: path.to_owned() })?;
    // Before anything is cut: what was signed was durable.
    refuse_rollback(&chain, last.header.segment, options.promised_events)?;
    mend(&*disk, &folder, &last, &healed, torn.as_ref())?;
    settle(&last, &chain, &unsettled).map_err(OpenError::io("settle", path))?;
    if let Some(previous) = &previous {
        segment::seal(previous, &last.header).map_err(OpenError::io("seal", path))?;
    }
    rebuilt.iter().for_each(|index| keep_index(&*disk, &folder, ledger, index));
    let indexes_rebuilt = rebuilt.iter().map(|index| index.segment).collect();
    let geometry = last.header.geometry;
    let identity = LogIdentity { ledger, backend: BACKEND };
    let place = (Arc::clone(&disk), folder.clone());
    let indexed = (index, FramePoint::at_end(&chain, last.header.segment));
    let store = Arc::new(Store::new(place, identity, indexed, Vec::new(), options.cache_bytes_max));
    let workplace = Workplace {
        disk,
        folder,
        ledger,
        segment_bytes: geometry.segment_bytes,
        reserve_bytes: options.reserve_bytes,
        retry_space: options.retry_space,
    };
    let background = background(workplace, options.driven);
    let background = background.map_err(OpenError::io("start work on", path))?;
    let queue = Arc::new(Queue::default());
    let mut writer = Writer {
        store: Arc::clone(&store),
        queue: Arc::clone(&queue),
        background,
        before_commit: options.before_commit,
        on_fatal: options.on_fatal,
        idle_seal: options.idle_seal,
        header: last.header,
        file: last.file,
        chain,
        active,
        newest_frame_bytes: 0,
        unsealed: true,
        recovering: true,
    };
    for recovered in quarantine::unrecorded(&store)? {
        quarantine::record(&mut writer, recovered, options.clock.now())?;
    }
    writer.recovering = false;
    let report = RecoveryReport {
        segments: writer.header.segment,
        events: store.index().next_position(),
        healed: healed.into_iter().map(|(finding, _)| finding).collect(),
        torn: torn.map(|torn| torn.finding),
        indexes_rebuilt,
        damage: Vec::new(),
    };
    let hand = hand(writer, options.driven).map_err(OpenError::io("write to", path))?;
    let shared = Shared {
        store,
        queue,
        writer: Mutex::new(hand),
        driven: options.driven,
        append_bytes_max: append_bytes_max(geometry),
        _lock: lock,
    };
    Ok((EmbeddedLog { shared: Arc::new(shared) }, report))
}

fn background(place: Workplace, driven: bool) -> io::Result<Background> {
    if driven { Ok(Background::driven(place)) } else { Background::start(place) }
}

fn hand(writer: Writer, driven: bool) -> io::Result<Hand> {
    if driven {
        return Ok(Hand::Caller(Box::new(writer)));
    }
    let thread = std::thread::Builder::new().name("ledger-writer".to_owned());
    thread.spawn(move || writer.run()).map(Hand::Thread)
}

/// A log that is shorter than what was signed is no log whose last write was torn.
fn refuse_rollback(chain: &Chain, segment: u64, promised_events: u64) -> Result<(), OpenError> {
    if chain.next_position >= promised_events || seeded::has(SeededBug::IgnoreSignedSize) {
        return Ok(());
    }
    let expected = format!("{promised_events} events, as a checkpoint says");
    let found = format!("{} events", chain.next_position);
    let finding = Finding::new(FindingKind::Rollback, (segment, chain.offset), expected, found);
    let lost = (LogPosition(chain.next_position), LogPosition(promised_events - 1));
    Err(OpenError::damaged(Finding { positions: Some(lost), ..finding }))
}

/// Writes what the tail of the last segment needs, after its name is durable.
fn mend(
    disk: &dyn Disk,
    folder: &Folder,
    last: &Segment,
    healed: &[(Finding, Frame)],
    torn: Option<&Torn>,
) -> Result<(), OpenError> {
    // A process may have stopped between naming the last segment and making its name durable. Whatever is committed
    // from now on relies on that name.
    disk.sync_folder(&folder.log()).map_err(OpenError::io("sync", &folder.log()))?;
    let path = folder.segment(last.header.segment);
    for (_, frame) in healed {
        heal(&*last.file, frame).map_err(OpenError::io("heal", &path))?;
    }
    let Some(torn) = torn else { return Ok(()) };
    quarantine::keep(disk, folder, last.header.segment, torn)?;
    let end = torn.offset + on_disk(torn.bytes.len());
    write_zeros(&*last.file, torn.offset, end).map_err(OpenError::io("cut", &path))
}

/// INVARIANT (what a start shows stays): the newest batch gets its mirror, then the slot that says that it is durable,
/// before anybody reads it. A process may have stopped between the parts.
fn settle(last: &Segment, chain: &Chain, unsettled: &Unsettled) -> io::Result<()> {
    if seeded::has(SeededBug::ShowUnsettled) {
        return Ok(());
    }
    if let Some(frame) = &unsettled.mirror {
        let mirror = last.header.geometry.mirror_offset(frame.header.batch);
        last.file.write_at(&frame.bytes, mirror)?;
        last.file.sync()?;
    }
    if unsettled.slot {
        let slot = TailSlot::at_end(chain, last.header.segment, false);
        last.file.write_at(&slot.encode(), Geometry::slot_offset(chain.batch))?;
        last.file.sync()?;
    }
    Ok(())
}

/// Writes a frame again that was whole only in its mirror.
fn heal(file: &dyn DiskFile, frame: &Frame) -> io::Result<()> {
    file.write_at(&frame.bytes, frame.header.offset)?;
    file.sync()
}

fn keep_index(disk: &dyn Disk, folder: &Folder, ledger: Uuid, index: &super::index::SegmentIndex) {
    let path = folder.index(index.segment);
    let kept = disk::write_whole(disk, &path, &index_file::encode(ledger, index));
    if let Err(error) = kept {
        tracing::warn!(%error, "the index of a segment was not kept; it is made again when needed");
    }
}
